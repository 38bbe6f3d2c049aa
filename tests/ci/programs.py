"""Programs for the shells of recipes: the real layerscope, or a stand-in that writes down its calls."""

from __future__ import annotations

import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["REPOSITORY", "StandIn", "program_path", "real_layerscope", "stand_in"]

REPOSITORY = Path(__file__).resolve().parents[2]

_STAND_IN = """#!{python}
import json, pathlib, sys
arguments = sys.argv[1:]
with pathlib.Path({calls!r}).open("a") as calls:
    calls.write(json.dumps(arguments) + "\\n")
for value in [b for a, b in zip(arguments, arguments[1:]) if a in ("--output", "-o")]:
    name, _, file = value.partition("=")
    if {writes!r}:
        pathlib.Path(file or name).write_text({text!r})
print({says!r})
sys.exit({code!r})
"""


@dataclass(frozen=True)
class StandIn:
    """A program that does nothing but what it was told to."""

    calls_file: Path

    @property
    def calls(self) -> list[list[str]]:
        """Arguments of each call, in order."""
        if not self.calls_file.exists():
            return []
        return [json.loads(line) for line in self.calls_file.read_text(encoding="utf-8").splitlines()]


def _write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    (folder / name).chmod(0o755)


def stand_in(
    folder: Path, name: str, *, code: int = 0, writes: bool = True, text: str = "x", says: str = ""
) -> StandIn:
    """Put one into `folder`: it writes `text` to each --output, prints `says`, and exits with `code`."""
    calls = folder / f"{name}.calls"
    given = {"python": sys.executable, "calls": str(calls), "writes": writes, "text": text}
    _write(folder, name, _STAND_IN.format(code=code, says=says, **given))
    return StandIn(calls)


def real_layerscope(folder: Path) -> None:
    """Put the layerscope of this repository into `folder`."""
    command = f"PYTHONPATH={shlex.quote(str(REPOSITORY))} exec {shlex.quote(sys.executable)}"
    _write(folder, "layerscope", f'#!/bin/sh\n{command} -m layerscope "$@"\n')


def program_path(folder: Path) -> str:
    """A PATH on which the programs of `folder` come first."""
    return f"{folder}:{os.environ['PATH']}"
