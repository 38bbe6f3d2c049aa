"""Runs `layerscope` as a process of its own: exit codes, pipes and locales are what these tests are about."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["COMMAND", "Ended", "environment", "layerscope"]

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "layerscope"]


@dataclass(frozen=True)
class Ended:
    """What a process left behind."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode()


def environment(**variables: str) -> dict[str, str]:
    """This environment without what changes the output, and with `variables`."""
    dropped = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "LAYERSCOPE_DEBUG", "PYTHONUTF8", "PYTHONIOENCODING")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return kept | {"PYTHONPATH": str(REPOSITORY), "TERM": "dumb"} | variables


def layerscope(*arguments: object, env: dict[str, str] | None = None, **options: Any) -> Ended:
    """Run it to its end."""
    options.setdefault("stdin", subprocess.DEVNULL)
    if options.get("input") is not None:
        del options["stdin"]
    options.setdefault("stdout", subprocess.PIPE)
    done = subprocess.run(
        [*COMMAND, *map(os.fspath, arguments)],  # type: ignore[call-overload]
        env=env or environment(),
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
        **options,
    )
    return Ended(done.returncode, done.stdout or b"", done.stderr.decode())
