"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from benchmarks.contenders import environment, find_program

__all__ = ["describe_machine"]

_PACKAGES = ("libarchive-c", "archi", "isal", "backports.zstd", "xxhash", "blake3", "msgspec")


def describe_machine() -> list[tuple[str, str]]:
    """Return (what, value) rows: hardware, kernel, and the versions of everything timed."""
    return [
        ("CPU", f"{_cpu_model()}, {os.cpu_count()} cores"),
        ("memory", f"{_memory_bytes() / 1e9:.1f} GB"),
        ("kernel", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("layerscope", _first_line([sys.executable, "-m", "layerscope", "--version"])),
        ("packages", ", ".join(_package_versions())),
        ("dive", _first_line([find_program("dive") or "dive", "--version"])),
        ("bsdtar", _first_line(["bsdtar", "--version"])),
    ]


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    fields = dict(line.partition(":")[::2] for line in lines if ":" in line)
    names = {key.strip(): value.strip() for key, value in fields.items()}
    return f"{names.get('model name', platform.processor())} (model {names.get('model', '?')})"


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _package_versions() -> list[str]:
    versions = []
    for package in _PACKAGES:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            versions.append(f"no {package}")
    return versions


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"not available ({type(error).__name__})"
    return (done.stdout.strip() or done.stderr.strip()).splitlines()[0]
