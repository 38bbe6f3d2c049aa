"""The commands of `layerscope`, put together. Loaded only when a command is run or completed."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from layerscope.errors import UsageError

__all__ = ["APP", "COMMANDS", "TYPER_ERROR", "with_command"]

COMMANDS = (
    "inspect",
    "files",
    "diff",
    "report",
    "share",
    "advise",
    "check",
    "config",
    "optimize",
    "rules",
    "cache",
)
"""The verbs, in the order of the help. Each is `commands/VERB.py` and its function `VERB_command`."""


class _Verbs(TyperGroup):
    """Loads a verb when it is asked for: all of them take a fifth of the time of a small image."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> TyperCommand | None:  # type: ignore[override]  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        alone = typer.Typer(rich_markup_mode=None, add_completion=False)
        module = import_module(f"layerscope.cli.commands.{cmd_name}")
        alone.command(cmd_name)(getattr(module, f"{cmd_name}_command"))
        command = get_command(alone)
        assert isinstance(command, TyperCommand)
        return command


APP = typer.Typer(
    name="layerscope",
    cls=_Verbs,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@APP.callback()
def _global_options(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Show the version, and which libarchive is used.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show a traceback with every error (or set LAYERSCOPE_DEBUG=1).")
    ] = False,
) -> None:
    """Account for every byte of a container image: who wrote it, who hid it, and what to change.

    `layerscope IMAGE` is short for `layerscope inspect IMAGE`.

    Exit codes: 0 done, 1 a failed gate or a difference, 2 wrong usage, 3 cannot be read, 4 not a valid image,
    5 not supported, 6 over a limit, 7 a Dockerfile with an error, 8 output failed, 9 something is not
    installed, 70 a bug, 130 interrupted, 141 the reader of the pipe went away.
    """


TYPER_ERROR: type[Exception] = typer.BadParameter.__mro__[2]
"""Base of typer's errors. It has moved from click into typer; BadParameter, which typer exports, leads to
it."""


def with_command(arguments: Sequence[str]) -> list[str]:
    """Put `inspect` in front of arguments that begin with an image instead of a command; none ask for help.

    A command's name always means the command; a file of that name is `./files`. What looks like a path or a
    name of an image is one, also where nothing is: `inspect` knows best what to say about it. Raises
    UsageError for a mere word that is neither a command nor a file.
    """
    if not arguments:
        return ["--help"]
    flags = list(takewhile(lambda argument: argument == "--debug", arguments))
    rest = list(arguments[len(flags) :])
    if not rest or rest[0] in COMMANDS or (rest[0].startswith("-") and rest[0] not in ("-", "--")):
        return [*flags, *rest]
    if rest[0] not in ("-", "--") and not _is_image(rest[0]):
        raise _neither(rest[0])
    return [*flags, "inspect", *rest]


def _is_image(text: str) -> bool:
    return any(mark in text for mark in "/.:") or _exists(text)


def _neither(word: str) -> UsageError:
    near = get_close_matches(word, COMMANDS, n=1)
    if near:
        message = f"no such command: {word} (did you mean {near[0]}?)"
        return UsageError(message, further=["Try: layerscope --help"])
    return UsageError(
        f"{word}: neither a command ({', '.join(COMMANDS)}) nor a file; "
        f"to inspect an image that a daemon holds, save it: docker save {word} | layerscope inspect -"
    )


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # too long a name, a NUL
        return False
