"""`layerscope cache`: what is kept of layers between runs, and how to be rid of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer

from layerscope.cache.location import DIRECTORY_VARIABLE, SIZE_VARIABLE, CacheLocation, locate
from layerscope.cli.output import encoded, output_encoding, write_output
from layerscope.errors import ConfigurationError

__all__ = ["CacheAction", "CacheFormat", "cache_command"]


class CacheAction(StrEnum):
    """What to do with it."""

    SHOW = "show"
    PRUNE = "prune"
    CLEAR = "clear"


class CacheFormat(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"


def cache_command(
    action: Annotated[
        CacheAction,
        typer.Argument(
            show_default=False,
            help="show (if not given): where it is and what is in it. prune: delete what is damaged, then "
            "what was not used for longest, down to its size. clear: delete all.",
        ),
    ] = CacheAction.SHOW,
    *,
    output_format: Annotated[CacheFormat, typer.Option("--format", "-f", help="How to write it.")] = (
        CacheFormat.TEXT
    ),
) -> Callable[[], None]:
    """Show, prune or clear what is kept of layers between runs.

    A layer that was read and verified is kept as the list of what it holds: names, sizes, owners, times,
    hashes, package databases, but no other contents. The next run hashes its bytes and need not unpack them.
    LAYERSCOPE_CACHE_DIR says where (else XDG_CACHE_HOME), LAYERSCOPE_CACHE_SIZE how much: 2GB, or 0 for none.

    Examples:

      layerscope cache

      layerscope cache prune

      layerscope cache clear
    """
    return lambda: _run(action, output_format)


def _run(action: CacheAction, output_format: CacheFormat) -> None:
    location = locate(os.environ)
    if location is None:
        raise ConfigurationError(f"no place for a cache: {DIRECTORY_VARIABLE} and XDG_CACHE_HOME name none")
    if action is CacheAction.PRUNE:
        _write(output_format, *_prune(location))
    elif action is CacheAction.CLEAR:
        _write(output_format, *_clear(location))
    else:
        _write(output_format, *_show(location))


def _write(output_format: CacheFormat, figures: dict[str, object], text: str) -> None:
    if output_format is CacheFormat.JSON:
        import msgspec  # noqa: PLC0415  # loaded for images anyway, and not to be told of a cache

        write_output([msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n"], None)
        return
    write_output(encoded([text.encode()], output_encoding(None)), None)


def _show(location: CacheLocation) -> tuple[dict[str, object], str]:
    from layerscope.cache.disk import state  # noqa: PLC0415
    from layerscope.report.units import plural, size  # noqa: PLC0415

    found = state(location)
    figures: dict[str, object] = {
        "directory": str(location.directory),
        "max_bytes": location.max_bytes,
        "readings": found.readings,
        "disk_bytes": found.disk_bytes,
        "used": not found.problem,
        "problem": found.problem or None,
    }
    lines = [
        f"directory  {location.directory}  ({DIRECTORY_VARIABLE})",
        f"holds      {plural(found.readings, 'layer')}, {size(found.disk_bytes)}",
        f"at most    {size(location.max_bytes)}  ({SIZE_VARIABLE})",
    ]
    if found.problem:
        lines.append(f"not used   {found.problem}")
    return figures, "".join(f"{line}\n" for line in lines)


def _prune(location: CacheLocation) -> tuple[dict[str, object], str]:
    from layerscope.cache.disk import prune, state  # noqa: PLC0415
    from layerscope.report.units import plural, size  # noqa: PLC0415

    damaged, removed = prune(location)
    left = state(location)
    figures: dict[str, object] = {
        "removed": removed,
        "damaged": damaged,
        "readings": left.readings,
        "disk_bytes": left.disk_bytes,
    }
    text = f"removed {plural(removed, 'layer')}, {damaged} of them damaged; "
    return figures, f"{text}left: {plural(left.readings, 'layer')}, {size(left.disk_bytes)}\n"


def _clear(location: CacheLocation) -> tuple[dict[str, object], str]:
    from layerscope.cache.disk import clear  # noqa: PLC0415
    from layerscope.report.units import plural  # noqa: PLC0415

    removed = clear(location)
    return {"removed": removed}, f"removed {plural(removed, 'layer')}\n"
