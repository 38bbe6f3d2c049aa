"""The programs that are timed, and the command each one is given for an image."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.images.archive import image_layers

__all__ = ["CONTENDERS", "Contender", "environment", "find_program"]

_REPOSITORY = Path(__file__).resolve().parent.parent
_NOT_INHERITED = {"CI", "FORCE_COLOR", "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True)
class Contender:
    """One program. `command` gives its arguments for an image; None if the program is not here."""

    name: str
    about: str
    command: Callable[[Path], tuple[str, ...] | None]
    accepted_exit_codes: tuple[int, ...] = (0,)
    wasted_bytes: Callable[[bytes], int | None] = lambda _: None
    """Reads the program's own answer from its output."""


def environment() -> dict[str, str]:
    """Return the environment of all runs: this checkout first on Python's path, no color, no progress, no
    cache of layers. Bytecode is kept, as installing compiles it: without, every start takes 0.1 s more."""
    inherited = {key: value for key, value in os.environ.items() if key not in _NOT_INHERITED}
    path = os.pathsep.join(filter(None, [str(_REPOSITORY), os.environ.get("PYTHONPATH")]))
    return inherited | {"PYTHONPATH": path, "NO_COLOR": "1", "LAYERSCOPE_CACHE_SIZE": "0"}


def find_program(name: str) -> str | None:
    """Find a program on PATH, or beside the running Python (a virtual environment that is not activated)."""
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def _read(image: Path) -> tuple[str, ...]:
    return ("dd", f"if={image}", "of=/dev/null", "bs=1M", "status=none")


def _bsdtar(image: Path) -> tuple[str, ...] | None:
    if find_program("bsdtar") is None:
        return None
    layers, _ = image_layers(image)
    names = dict.fromkeys(layer.name for layer in layers)
    lists = (f"bsdtar -xqOf {shlex.quote(str(image))} {shlex.quote(name)} | bsdtar -tf -" for name in names)
    return ("sh", "-c", "; ".join(lists))


def _layerscope(image: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "layerscope", "inspect", "--format", "json", str(image))


def _unverified(image: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "layerscope", "inspect", "--no-verify", "--format", "json", str(image))


def _without_findings(image: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "layerscope", "inspect", "--no-findings", "--format", "json", str(image))


def _without_rules(image: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "benchmarks.packages_only", str(image))


def _layerscope_answer(output: bytes) -> int | None:
    value = json.loads(output)["totals"]["wasted_bytes"]
    return int(value)


def _dive(image: Path) -> tuple[str, ...] | None:
    program = find_program("dive")
    return (program, "--ci", f"docker-archive://{image}") if program else None


def _dive_answer(output: bytes) -> int | None:
    found = re.search(rb"wastedBytes: (\d+) bytes", output)
    return int(found[1]) if found else None


CONTENDERS = (
    Contender("read", "`dd if=IMAGE of=/dev/null bs=1M`: the bytes, and nothing done with them", _read),
    Contender(
        "bsdtar",
        "`bsdtar -xqOf IMAGE LAYER | bsdtar -tf -` for each layer: names only, nothing computed",
        _bsdtar,
    ),
    Contender(
        "layerscope",
        "`python -m layerscope inspect --format json IMAGE`: digests verified, contents hashed, every byte "
        "accounted for, every wasted file listed, every rule asked",
        _layerscope,
        wasted_bytes=_layerscope_answer,
    ),
    Contender(
        "layerscope --no-findings",
        "the same with `--no-findings`: no package is looked for and no rule is asked",
        _without_findings,
        wasted_bytes=_layerscope_answer,
    ),
    Contender(
        "layerscope without rules",
        "`python -m benchmarks.packages_only IMAGE`: packages are looked for, and no rule is asked",
        _without_rules,
        wasted_bytes=_layerscope_answer,
    ),
    Contender(
        "layerscope --no-verify",
        "the same with `--no-verify`: no digests, as dive computes none",
        _unverified,
        wasted_bytes=_layerscope_answer,
    ),
    Contender(
        "dive",
        "`dive --ci docker-archive://IMAGE`: contents hashed, wasted paths listed; it exits 1 on waste",
        _dive,
        accepted_exit_codes=(0, 1),
        wasted_bytes=_dive_answer,
    ),
)
