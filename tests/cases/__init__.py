"""The layer cases: what layers say, one semantic at a time, and the root filesystem that they have to give.

Each module holds the `CASES` of one family. A case's name (W05, T12, ...) is the one under which its outcome
was measured with moby, containers/storage, containerd and umoci, so that both can be read side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.cases.notation import tar

__all__ = ["Case", "case"]


@dataclass(frozen=True)
class Case:
    """Layers, and what they have to give."""

    name: str
    title: str
    layers: tuple[bytes, ...]
    """Lowest first, as tars."""
    root: str | None
    """The expected root filesystem in the notation; None where the outcome is open."""
    codes: frozenset[str]
    """Notices that have to be there. A case without any must give no warning."""
    open_paths: frozenset[bytes]
    """Paths that may be there or not."""
    broken: bool
    """The top layer cannot be read to its end; `root` is what came before."""


def case(
    name: str,
    title: str,
    *layers: str | bytes,
    root: str | None,
    codes: str = "",
    open_paths: tuple[bytes, ...] = (),
    broken: bool = False,
) -> Case:
    """Make a case; a layer is a line in the notation or the bytes of a tar, `codes` stand between spaces."""
    tars = tuple(tar(layer) if isinstance(layer, str) else layer for layer in layers)
    return Case(name, title, tars, root, frozenset(codes.split()), frozenset(open_paths), broken)
