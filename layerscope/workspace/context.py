"""The directory that is sent to a builder, and files beside it that say how builds are started."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from layerscope.advice.context import ContextFiles, source_pattern
from layerscope.advice.volatility import arguments_of_ci
from layerscope.dockerfile.syntax import Dockerfile
from layerscope.errors import LimitExceeded, SourceNotFound

__all__ = ["directory_bytes", "likely_context", "read_context", "volatile_arguments"]

_MOST_FILES = 500_000
_MOST_BYTES = 16 << 20
"""A longer file is not read: no manifest and no script is."""
_CI_FILES = (
    ".gitlab-ci.yml",
    "Makefile",
    "docker-bake.hcl",
    "cloudbuild.yaml",
    ".circleci/config.yml",
    "Jenkinsfile",
)
_ABOUT_BUILDS = re.compile(
    r"(?:.*\.)?(?:Docker|Container)file(?:\..*)?|.*\.(?:docker|container)ignore|(?:docker-)?compose.*\.ya?ml"
    r"|docker-bake\.\w+|\.env.*|README.*",
    re.IGNORECASE,
)
_NOT_PLAIN = frozenset("*?[\\$<\"'")
"""What keeps a source of COPY from being the name of one file or directory of the context."""
_CI_GLOBS = (".github/workflows/*.yml", ".github/workflows/*.yaml", "docker-compose*.y*ml", "compose*.y*ml")


def read_context(directory: Path, ignored: Callable[[str], bool]) -> ContextFiles:
    """List the files of a context; `.git` is not looked into. Links are files, and are not followed.

    Raises SourceNotFound if there is no such directory, LimitExceeded past 500,000 files.
    """
    if not directory.is_dir():
        raise SourceNotFound(f"context {directory}: no such directory")
    kept: set[str] = set()
    left: set[str] = set()
    for path in _files(directory):
        (left if ignored(path) else kept).add(path)
        if len(kept) + len(left) > _MOST_FILES:
            raise LimitExceeded(f"context {directory}: more than {_MOST_FILES:,} files")
    return ContextFiles(
        frozenset(kept),
        lambda path: _content(directory / path),
        frozenset(left),
        lambda path: _size(directory / path),
    )


def directory_bytes(directory: Path) -> int:
    """Bytes of all files below a directory; what cannot be read counts for nothing."""
    return sum(_size(Path(place) / name) for place, _, files in os.walk(directory) for name in files)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def likely_context(path: Path, dockerfile: Dockerfile) -> Path | None:
    """The directory that was the build context, where nobody said it: the Dockerfile's own, else the working
    directory, whichever has all that COPY and ADD name; None if neither has.

    All of a directory that has nothing but Dockerfiles is nothing that anybody copies.
    """
    here = Path.cwd()
    around = [here] if here in path.absolute().parents else []
    sources = set(_plain_sources(dockerfile))
    for directory in (path.parent, *around):
        if around and directory == path.parent != here and "" in sources and _has_only_dockerfiles(directory):
            continue
        if all(_is_there(directory / source) for source in sources):
            return directory
    return None


def _has_only_dockerfiles(directory: Path) -> bool:
    try:
        return all(_ABOUT_BUILDS.fullmatch(file.name) for file in directory.iterdir())
    except OSError:
        return False


def _is_there(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):  # too long a name, or a NUL in it
        return False


def _plain_sources(dockerfile: Dockerfile) -> Iterator[str]:
    """Files and directories of the context that COPY and ADD name as they are."""
    for instruction in dockerfile.instructions:
        if instruction.keyword not in ("COPY", "ADD") or instruction.flag("from") is not None:
            continue
        for word in instruction.words[:-1]:
            if (
                not _NOT_PLAIN & set(word.text)
                and "://" not in word.text
                and not word.text.startswith("git@")
            ):
                yield source_pattern(word.text)


def _files(directory: Path) -> Iterator[str]:
    for place, names, files in os.walk(directory):
        relative = Path(place).relative_to(directory).as_posix()
        prefix = "" if relative == "." else f"{relative}/"
        if not prefix and ".git" in names:
            names.remove(".git")
        links = [name for name in names if (Path(place) / name).is_symlink()]
        for name in [*files, *links]:
            yield prefix + name


def _content(path: Path) -> bytes | None:
    """The content of a file; None for what is none, or is too long."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            return None
        return file.read(_MOST_BYTES)


def volatile_arguments(directory: Path) -> dict[str, str]:
    """Build arguments that CI files below a directory set to something that changes, with the file's name."""
    found: dict[str, str] = {}
    paths = [directory / name for name in _CI_FILES]
    paths += [path for pattern in _CI_GLOBS for path in sorted(directory.glob(pattern))]
    for path in paths:
        content = _content(path) if path.is_file() else None
        if content is not None:
            name = path.relative_to(directory).as_posix()
            for argument in arguments_of_ci(content.decode("utf-8", "replace"), name):
                found.setdefault(argument, name)
    return found
