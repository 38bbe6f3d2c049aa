"""The closed set of an install, from the command as a RUN has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from layerscope.advice.knowledge import footprint_of
from layerscope.advice.manifests import Manifests, manifests_of
from tests.unit.advice.cases import context_of

__all__ = ["closed", "is_known"]


def closed(
    command: str,
    files: Mapping[str, str],
    *,
    prefix: str = "",
    ignored: Sequence[str] = (),
    repository: bool = False,
) -> Manifests:
    """What an install reads of a context that is copied to /app, in the directory `prefix` of it."""
    footprint = footprint_of(command, f"/app/{prefix}".rstrip("/"), {})
    assert footprint.known, f"{command} is not known"
    (install,) = footprint.installs
    context = replace(context_of(files, ignored), repository=repository)
    return manifests_of(install, context, prefix)


def is_known(command: str) -> bool:
    """Whether all that a command does is known."""
    return footprint_of(command, "/app", {}).known
