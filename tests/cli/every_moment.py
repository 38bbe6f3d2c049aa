"""Runs `layerscope optimize` again and again, each time ended at another line of the code that writes.

A program of its own: it forks, which a test process with threads must not. Called with the signal's name, how
many moments there are to be, the directory for the output, and the arguments, it tells how many lines there
are to be ended at, and then what was wrong, one line each.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from layerscope.cli.main import run

WRITING = ("/sinks/", "/optimizer/run.py", "/optimizer/spool.py", "/optimizer/normalize.py", "/optimizing.py")
WRITING += ("/commands/optimize.py",)
OLD = b"what was there before"


def traced(at_line: Callable[[], None]) -> None:
    """Call a function at each line of the code that writes."""

    def local(_frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            at_line()
        return local

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:
        return local if any(part in frame.f_code.co_filename for part in WRITING) else None

    sys.settrace(enter)


def in_child(arguments: list[str], number: int, moment: int) -> tuple[int, int]:
    """Run it in a child that gets the signal at a line; its exit status, and how many lines it came by."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        lines = 0

        def at_line() -> None:
            nonlocal lines
            lines += 1
            if lines == moment:
                os.kill(os.getpid(), number)

        traced(at_line)
        code = 99
        try:
            code = run(arguments)
        finally:
            sys.settrace(None)
            os.write(writing, str(lines).encode())
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), int(said or b"0")


def found(out: Path) -> str:
    """What there is at the place of the output, as a digest."""
    if out.is_dir():
        blobs = sorted(
            (str(path.relative_to(out)), path.read_bytes()) for path in out.rglob("*") if path.is_file()
        )
        return hashlib.sha256(repr(blobs).encode()).hexdigest()
    return hashlib.sha256(out.read_bytes()).hexdigest() if out.exists() else "nothing"


def tell(what: object) -> None:
    """One line for the test that runs this."""
    sys.stdout.write(f"{what}\n")


def main() -> None:
    """Try all moments."""
    name, moments, directory, *arguments = sys.argv[1:]
    number = getattr(signal, name)
    out = Path(directory) / "out"
    is_layout = any(argument.startswith("oci:") for argument in arguments)
    before = "nothing" if is_layout else hashlib.sha256(OLD).hexdigest()

    def prepared() -> None:
        for path in Path(directory).iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not is_layout:
            out.write_bytes(OLD)

    prepared()
    with Path(os.devnull).open("w") as sys.stdout:
        assert run(arguments) == 0  # what is imported now is there in all children
    sys.stdout = sys.__stdout__
    prepared()
    code, lines = in_child(arguments, number, 0)
    assert code == 0, code
    whole = found(out)
    assert whole != before
    tell(lines)
    step = max(lines // int(moments), 1)
    for moment in range(1, lines + 1, step):
        prepared()
        code, _ = in_child(arguments, number, moment)
        left = {path.name for path in Path(directory).iterdir()} - {"out"}
        killed = number == signal.SIGKILL
        if code not in ({-number} if killed else {0, 130, -number}):
            tell(f"line {moment}: exit code {code}")
        if found(out) not in {before, whole} or (code == 0 and found(out) != whole):
            tell(f"line {moment}: the target is neither what it was nor whole")
        if (left and not killed) or any(not each.startswith(".") for each in left):
            tell(f"line {moment}: left {sorted(left)}")


if __name__ == "__main__":
    main()
