"""What pip would install on machines that are not this one."""

from __future__ import annotations

import tomllib

import pytest
from packaging.requirements import Requirement

from tests.architecture.house import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]

MACHINES: dict[str, tuple[str, str, str, str]] = {
    "debian 12": ("linux", "x86_64", "6.1.0-13-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1"),
    "cloud kernel, ARM": ("linux", "aarch64", "6.5.0-1022-azure", "#23~22.04.1-Ubuntu SMP"),
    "WSL 2": ("linux", "x86_64", "5.15.90.1-microsoft-standard-WSL2", "#1 SMP"),
    "windows": ("win32", "AMD64", "10", "10.0.19045"),
    "windows, ARM": ("win32", "ARM64", "11", "10.0.22631"),
    "windows, 32 bits": ("win32", "x86", "10", "10.0.19045"),
    "macOS 15, ARM": ("darwin", "arm64", "24.0.0", "Darwin Kernel Version 24.0.0: x"),
    "macOS 14, ARM": ("darwin", "arm64", "23.1.0", "Darwin Kernel Version 23.1.0: x"),
    "macOS 13, ARM": ("darwin", "arm64", "22.6.0", "Darwin Kernel Version 22.6.0: x"),
    "macOS 12, ARM": ("darwin", "arm64", "21.6.0", "Darwin Kernel Version 21.6.0: x"),
    "macOS 14, Intel": ("darwin", "x86_64", "23.1.0", "Darwin Kernel Version 23.1.0: x"),
    "POWER": ("linux", "ppc64le", "6.1.0-13-powerpc64le", "#1 SMP"),
    "RISC-V": ("linux", "riscv64", "6.6.0+", "#1 SMP"),
    "FreeBSD": ("freebsd14", "amd64", "14.0-RELEASE-p3", "FreeBSD 14.0-RELEASE-p3"),
}
"""What sys_platform, platform_machine, platform_release and platform_version are on each."""

# The platforms for which each package publishes wheels, as seen when the dependency was taken
# (docs/decisions/0001-dependencies.md). A name that pip cannot install here must not be asked for.
WITH_ARCHI = {
    "debian 12", "cloud kernel, ARM", "WSL 2", "windows", "windows, ARM", "macOS 15, ARM", "macOS 14, ARM"
}  # fmt: skip
WITH_ISAL = (WITH_ARCHI | {"macOS 13, ARM", "macOS 12, ARM", "macOS 14, Intel"}) - {"windows, ARM"}


def required_on(machine: str, python: str = "3.12") -> set[str]:
    """Names of the dependencies that pip installs on a machine."""
    system, processor, release, version = MACHINES[machine]
    environment = {
        "sys_platform": system,
        "platform_machine": processor,
        "platform_release": release,
        "platform_version": version,
        "python_version": python,
    }
    requirements = map(Requirement, PROJECT["dependencies"])
    return {r.name for r in requirements if r.marker is None or r.marker.evaluate(environment)}


@pytest.mark.parametrize("machine", MACHINES)
def test_compiled_packages_are_asked_for_only_where_they_have_wheels(machine: str) -> None:
    required = required_on(machine)
    # isal's condition names processors alone: FreeBSD's is spelled "amd64" and stays without
    assert ("archi" in required, "isal" in required) == (machine in WITH_ARCHI, machine in WITH_ISAL)


def test_no_marker_compares_the_kernel_release_as_a_version() -> None:
    """pip with packaging 22 to 25 stops with InvalidVersion on `6.1.0-13-amd64`, whatever else is said."""
    assert [line for line in PROJECT["dependencies"] if "platform_release" in line] == []


@pytest.mark.parametrize(("python", "asked"), [("3.11", True), ("3.13", True), ("3.14", False)])
def test_zstd_comes_from_the_standard_library_where_it_has_one(python: str, asked: bool) -> None:
    assert ("backports.zstd" in required_on("debian 12", python)) is asked


def test_the_package_says_that_it_is_typed() -> None:
    assert (REPOSITORY / "layerscope" / "py.typed").is_file()
    assert "Typing :: Typed" in PROJECT["classifiers"]


def test_extras_and_groups_are_the_same() -> None:
    """The extras serve pip of Debian 12, the groups serve uv and newer pips; two lists must not drift."""
    groups = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    extras = dict(PROJECT["optional-dependencies"])
    chunks = extras.pop("chunks")
    assert extras == groups
    assert set(chunks) <= set(groups["test"])
