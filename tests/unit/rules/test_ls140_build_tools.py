"""LS140: tools for building, in the final image."""

from __future__ import annotations

import pytest

from layerscope.rules.finding import Severity
from tests.builders import Member, analyzed, file, layer
from tests.rule_cases import claimed, findings, on_base
from tests.unit.packages.records import apk_package, dpkg_package

PROGRAM = b"x" * 100


def deb(*names: str, known: tuple[str, ...] = ()) -> bytes:
    """A layer in which dpkg installs these packages, with a program each; `known` were there before."""
    members: list[Member] = [
        file("var/lib/dpkg/status", "".join(map(dpkg_package, (*known, *names))).encode()),
    ]
    for name in names:
        members.append(file(f"var/lib/dpkg/info/{name}.list", f"/usr/bin/{name}\n".encode()))
        members.append(file(f"usr/bin/{name}", PROGRAM))
    return layer(*members)


@pytest.mark.parametrize(
    "name",
    [
        *("gcc", "gcc-12", "g++", "g++-12", "cpp-12", "gcc-12-x86-64-linux-gnu", "clang-14", "llvm-14-tools"),
        *("make", "cmake", "cmake-data", "ninja-build", "autoconf", "libtool", "pkg-config", "pkgconf-bin"),
        *("build-essential", "dpkg-dev", "libssl-dev", "python3-dev", "linux-libc-dev", "libgcc-12-dev"),
        *(
            "binutils",
            "binutils-x86-64-linux-gnu",
            "libasan8",
            "libcc1-0",
            "golang-1.19-go",
            "rustc",
            "cargo",
        ),
        *("openjdk-17-jdk-headless", "default-jdk", "maven"),
    ],
)
def test_a_tool_for_building_is_found(name: str) -> None:
    assert claimed("LS140", analyzed(deb(name))) == {f"usr/bin/{name}": 100}


@pytest.mark.parametrize(
    "name",
    [
        *(
            "gcc-12-base",
            "libgcc-s1",
            "libstdc++6",
            "libgomp1",
            "libatomic1",
            "libllvm14",
            "perl-base",
            "udev",
        ),
        *(
            "openjdk-17-jre-headless",
            "python3",
            "makedev",
            "clang-format-doc",
            "golang-docker",
            "libc6",
            "tar",
        ),
        *("llvm-libs", "gitlab-runner", "patchelf-libs", "cargo-cult", "developers-reference"),
    ],
)
def test_what_programs_run_with_is_not(name: str) -> None:
    assert findings("LS140", analyzed(deb(name))) == ()


def test_tools_of_the_base_are_the_bases() -> None:
    image = analyzed(deb("gcc"), deb("make", known=("gcc",)))
    assert claimed("LS140", on_base(image)) == {"usr/bin/make": 100}


def test_one_finding_names_the_tools_and_how_this_package_manager_removes_them() -> None:
    (found,) = findings("LS140", analyzed(deb("gcc", "make", "cpp", "bison", "flex", "tar")))
    assert found.message == "tools for building are installed: bison, cpp, flex, gcc and 1 more"
    assert found.severity is Severity.WARNING
    assert (found.freed_bytes, found.wasted_bytes) == (500, 0)
    assert "apt-get purge" in found.fix.example


def test_tools_that_fetch_sources_are_for_information() -> None:
    build, fetch = sorted(
        findings("LS140", analyzed(deb("git", "make"))), key=lambda each: each.severity, reverse=True
    )
    assert (build.message, build.severity) == ("tools for building are installed: make", Severity.WARNING)
    assert (fetch.message, fetch.severity) == ("tools that fetch sources are installed: git", Severity.INFO)


def test_apk_is_told_of_virtual_packages() -> None:
    database = apk_package("gcc", "12", {"usr/bin": ["gcc"]}) + apk_package("musl", "1", {"lib": ["ld"]})
    image = analyzed(
        layer(
            file("lib/apk/db/installed", database.encode()),
            file("usr/bin/gcc", PROGRAM),
            file("lib/ld", PROGRAM),
        )
    )
    (found,) = findings("LS140", image)
    assert found.freed_bytes == 100
    assert "--virtual" in found.fix.example


def test_what_only_compilers_need_goes_with_them() -> None:
    assert claimed("LS140", analyzed(deb("libmpfr6"))) == {}
    assert sum(claimed("LS140", analyzed(deb("gcc-12", "libmpfr6"))).values()) == 200


def test_a_name_that_is_made_to_be_compared_for_ever_is_compared_at_once() -> None:
    assert findings("LS140", analyzed(deb("gcc" + "-a-linux-gnu" * 18 + "!"))) == ()


def test_compilers_for_other_machines_are_found() -> None:
    for name in ("gcc-aarch64-linux-gnu", "gcc-c++-x86_64-linux-gnu", "g++-12-arm-linux-gnueabihf"):
        assert claimed("LS140", analyzed(deb(name))) == {f"usr/bin/{name}": 100}
