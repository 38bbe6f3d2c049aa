"""The entry point: the only place that catches errors and ends the program.

| code | meaning |
|---|---|
| 0 | done |
| 1 | a difference that was asked for, a gate that failed |
| 2 to 9 | an error of `layerscope.errors`; its class owns the code |
| 70 | a bug in layerscope |
| 130 | interrupted by Ctrl-C |
| 141 | the reader of the pipe went away |

1 is kept for results (a failed gate, a difference that was asked for): no error ever ends with it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from layerscope import __version__
from layerscope.errors import LayerscopeError, LimitExceeded, OutputError, SourceError, UsageError
from layerscope.report.printable import printable

__all__ = ["main", "run"]

_BUG = 70
_INTERRUPTED = 130
_PIPE_CLOSED = 141
_LIMIT_OPTIONS = {"layer_tar_bytes": "--max-layer-size", "ratio": "--max-ratio"}
_VERSION_OPTIONS = ("--version", "-V")


def main() -> None:
    """Run the command line and end the program."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; messages go to standard error."""
    debug = bool(os.environ.get("LAYERSCOPE_DEBUG")) or "--debug" in arguments
    try:
        if any(option in arguments[:1] for option in _VERSION_OPTIONS):
            return _show_version()
        return _run_command(arguments)
    except Exception as error:  # noqa: BLE001  # the one place where everything ends
        return _report(error, debug=debug)
    except KeyboardInterrupt:
        _complain("interrupted")
        return _INTERRUPTED


def _show_version() -> int:
    """Load nothing else for it: `--version` is what scripts call to see whether there is a layerscope."""
    from layerscope.blobs.libarchive import version_text  # noqa: PLC0415
    from layerscope.cli.output import write_output  # noqa: PLC0415

    write_output([f"layerscope {__version__}\n{version_text()}\n".encode()], None)
    return 0


def _run_command(arguments: Sequence[str]) -> int:
    """Let typer read the arguments, then do what the command returned.

    typer turns Ctrl-C, a closed pipe and an end of file into exit codes of its own, 1 among them. So commands
    only read their options under it, and return the work as a function, which runs here.
    """
    from typer.main import get_command  # noqa: PLC0415

    from layerscope.cli.app import APP, TYPER_ERROR, with_command  # noqa: PLC0415

    command = get_command(APP)
    try:
        work = command.main(with_command(arguments), prog_name="layerscope", standalone_mode=False)
    except SystemExit as ended:  # typer's way to say that standard output went away under its help
        return _PIPE_CLOSED if ended.code == 1 else int(ended.code or 0)
    except TYPER_ERROR as error:
        raise _usage_error(error) from error
    except OSError as error:  # nothing was read yet: it is the help or the completion that cannot be written
        raise OutputError(f"standard output: {error.strerror or error}") from error
    if callable(work):
        return int(work() or 0)  # 1 is a result: a gate that failed, a difference that was asked for
    return int(work or 0)  # the help was shown


def _usage_error(error: Exception) -> UsageError:
    """typer's message, and where to read more."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "layerscope"
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    alike = sorted(getattr(error, "possibilities", None) or ())
    if alike:
        message = f"{getattr(error, 'message', message)} (did you mean {' or '.join(alike)}?)"
    message = message[:1].lower() + message[1:]  # as all other messages
    return UsageError(message, further=[f"Try: {path} --help"])


def _report(error: Exception, *, debug: bool) -> int:
    """Say what happened and return the exit code for it."""
    import traceback  # noqa: PLC0415  # 10 ms that only an error is worth

    from layerscope.cli.output import OutputClosed  # noqa: PLC0415

    _abandon_output()
    if isinstance(error, OutputClosed):
        return _PIPE_CLOSED
    if debug:
        trace = "".join(traceback.format_exception(error))
        _write_error("".join(f"  {printable(line)}\n" for line in trace.split("\n")))
    known = _as_known(error)
    if known is not None:
        _complain(f"error: {known.message}{_remedy(known)}", *known.further)
        return known.exit_code
    place = traceback.extract_tb(error.__traceback__)[-1]
    _complain(
        f"this is a bug in layerscope {__version__}: {type(error).__name__} in {Path(place.filename).name}, "
        f"line {place.lineno}: {error}",
        "please report it, with what LAYERSCOPE_DEBUG=1 adds to this message",
    )
    return _BUG


def _as_known(error: Exception) -> LayerscopeError | None:
    """The error itself, or what an error of the system means; None for a bug."""
    if isinstance(error, LayerscopeError):
        return error
    if isinstance(error, MemoryError):
        return LimitExceeded("out of memory")
    if isinstance(error, OSError):  # writing raises OutputError, so it was reading that failed
        where = f"{error.filename}: " if error.filename else ""
        return SourceError(f"{where}{error.strerror or error}")
    return None


def _remedy(error: LayerscopeError) -> str:
    """The option that raises the limit, if there is one for it."""
    if isinstance(error, LimitExceeded):
        for limit, option in _LIMIT_OPTIONS.items():
            if f"limit {limit})" in str(error):
                return f"; {option} raises it"
    return ""


def _complain(message: str, *further: str) -> None:
    """One line with the program's name in front, and further lines.

    Nothing that an image or an argument holds begins a line: a tag with a line feed could otherwise give
    orders to a CI system that reads them from the log (`::error::`), or forge a message. Nor is a secret
    shown that a message quotes: a builder that fails repeats the instruction.
    """
    from layerscope.report.masking import masked  # noqa: PLC0415  # loaded only for an error

    lines = (f"layerscope: {message}", *further)
    _write_error("".join(f"{printable(masked(line))}\n" for line in lines))


def _write_error(text: str) -> None:
    """Write to standard error if there is one; the exit code says it anyway."""
    with suppress(OSError, AttributeError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _abandon_output() -> None:
    """Point standard output to nowhere, if it fails: Python flushes it once more at its end."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)
