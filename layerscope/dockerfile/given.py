"""What a user gives beside an image: the Dockerfile's place, and build arguments that it has no ARG for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from layerscope.dockerfile.syntax import Dockerfile
from layerscope.errors import SourceNotFound, UsageError

__all__ = ["locate_dockerfile", "undeclared"]

_NAMES = ("Dockerfile", "Containerfile")
_PREDEFINED = frozenset(
    ("ALL_PROXY", "FTP_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SOURCE_DATE_EPOCH")
)
_PREDEFINED_PREFIXES = ("BUILDKIT_", "TARGET", "BUILD")


def locate_dockerfile(given: str | Path) -> Path:
    """The file that is meant: itself, or the `Dockerfile` or `Containerfile` of a directory.

    Raises UsageError for `-` and SourceNotFound where nothing is.
    """
    path = Path(given)
    if str(given) == "-":
        raise UsageError("dockerfile -: a Dockerfile is not read from standard input; give a file")
    try:
        if path.is_dir():
            for name in _NAMES:
                if (path / name).is_file():
                    return path / name
            raise SourceNotFound(f"dockerfile {given}: a directory without {' or '.join(_NAMES)}")
        if not path.exists():
            raise SourceNotFound(f"dockerfile {given}: no such file")
    except (OSError, ValueError) as error:  # too long a name, a NUL
        raise SourceNotFound(f"dockerfile {given}: {getattr(error, 'strerror', None) or error}") from error
    return path


def undeclared(dockerfile: Dockerfile, names: Iterable[str]) -> list[str]:
    """Those of the build arguments that no ARG declares and no builder knows by itself, sorted."""
    declared: set[str] = set()
    for instruction in dockerfile.instructions:
        held = instruction.trigger or instruction
        if held.keyword == "ARG":
            declared.update(word.text.partition("=")[0] for word in held.words)
    return sorted(
        name
        for name in set(names) - declared
        if name.upper() not in _PREDEFINED and not name.startswith(_PREDEFINED_PREFIXES)
    )
