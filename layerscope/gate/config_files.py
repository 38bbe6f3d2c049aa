"""Configuration files: which one it is, found from a directory upward, and what it says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from layerscope.errors import ConfigurationError
from layerscope.gate.configuration import Configuration, read_configuration
from layerscope.gate.dive import is_dive_file, read_dive
from layerscope.gate.policy import Settings
from layerscope.oci.reference import split_transport

__all__ = ["FILE_NAME", "NOTHING", "find_configuration", "load_configuration"]

FILE_NAME = "layerscope.toml"
_PROJECT = "pyproject.toml"
_MOST_BYTES = 4 << 20


def find_configuration(start: Path) -> Path | None:
    """The nearest `layerscope.toml`, or `pyproject.toml` with a table `tool.layerscope`, in `start` or above.

    Of both in one directory the first is taken. A repository's top (`.git`) ends the search. Raises
    ConfigurationError for a `pyproject.toml` on the way that is no TOML.
    """
    for directory in _upward(start.resolve()):
        ours = directory / FILE_NAME
        if ours.exists() or ours.is_symlink():  # a link to nothing, or a directory, is an error and no leave
            return ours
        project = directory / _PROJECT
        if project.is_file() and _tool(_decoded(_read(project), str(project)), str(project)) is not None:
            return project
        if (directory / ".git").exists():
            return None
    return None


def _upward(start: Path) -> Iterator[Path]:
    yield start
    yield from start.parents


def load_configuration(path: Path, shown: str = "") -> Configuration:
    """Read a configuration: ours, `pyproject.toml`'s, or dive's `.dive-ci`. `shown` is how messages call it.

    Raises ConfigurationError, also for a file that is not there.
    """
    file = shown or str(path)
    content = _read(path)
    if is_dive_file(path.name):
        return Configuration(read_dive(content, file), file=file)
    document: Mapping[str, Any] = _decoded(content, file)
    prefix = ""
    if path.name == _PROJECT:
        table = _tool(document, file)
        if table is None:
            raise ConfigurationError(f"{file}: there is no table tool.layerscope")
        document, prefix = table, "tool.layerscope."
    return _placed(read_configuration(document, file, prefix), path.parent)


def _placed(found: Configuration, directory: Path) -> Configuration:
    """Files are named from where the configuration is."""

    def placed(said: Settings) -> Settings:
        baseline = said.baseline
        if (
            baseline is None
            or not baseline.value
            or baseline.value == "-"
            or split_transport(baseline.value)[0]
        ):
            return said
        return replace(said, baseline=replace(baseline, value=str(directory / baseline.value)))

    sections = tuple((pattern, placed(said)) for pattern, said in found.sections)
    return replace(found, settings=placed(found.settings), sections=sections)


def _tool(document: Mapping[str, Any], file: str) -> Mapping[str, Any] | None:
    tool = document.get("tool")
    table = tool.get("layerscope") if isinstance(tool, Mapping) else None
    if table is not None and not isinstance(table, Mapping):
        raise ConfigurationError(f"{file}: tool.layerscope: not a table")
    return table


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > _MOST_BYTES:
        raise ConfigurationError(f"{path}: more than {_MOST_BYTES:,} bytes: this is no configuration")
    return content


def _decoded(content: bytes, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{file}: {str(error)[:1].lower()}{str(error)[1:]}") from error
    except RecursionError as error:
        raise ConfigurationError(f"{file}: nested too deeply") from error


NOTHING = Configuration(Settings())
"""Where there is no file."""
