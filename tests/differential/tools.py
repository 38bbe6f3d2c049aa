"""The programs that layerscope is compared with, and what to do where one is missing."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

__all__ = ["STRICT", "require", "require_module", "run", "unmount_below"]

STRICT = "LAYERSCOPE_REQUIRE_TOOLS"
"""Set to 1, a missing program is a failure: so .ci/run says that every comparison was made."""


def require(*programs: str, root: bool = True) -> None:
    """Skip the test, or fail it where nothing may be missing, unless all programs are there."""
    missing = [program for program in programs if shutil.which(program) is None]
    if root and os.geteuid() != 0:
        missing.append("root (owners and devices can be made by root alone)")
    if not missing:
        return
    reason = f"missing: {', '.join(missing)}"
    if os.environ.get(STRICT) == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a program; its output, or a failure that shows what it said."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.fail(f"{command[0]} exited {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def require_module(name: str) -> ModuleType:
    """A Python package that is compared with: skip the test, or fail it as above, unless it is there."""
    try:
        return importlib.import_module(name)
    except ImportError:
        if os.environ.get(STRICT) == "1":
            pytest.fail(f"missing: the Python package {name}")
        pytest.skip(f"missing: the Python package {name}")


def unmount_below(directory: Path) -> None:
    """Take away what the overlay driver leaves mounted, so that pytest can remove its old directories."""
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in reversed(mounted):
        if place.startswith(f"{directory}/"):
            subprocess.run(["umount", place], check=True)
