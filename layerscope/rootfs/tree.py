"""The tree of names: directories hold names, names hold directories or inode numbers."""

from __future__ import annotations

__all__ = ["Directory", "Node", "implicit_in", "layer_of_implicit"]


class Directory:
    """A directory. `entry` is the number of the entry that last described it; see `implicit_in`."""

    __slots__ = ("children", "entry", "links")

    def __init__(self, entry: int) -> None:
        self.children: dict[bytes, Node] = {}
        self.entry = entry
        self.links: dict[bytes, int] | None = None
        """Name to the hard link's entry that last placed it; see `InodeTable.linked`. None for most."""

    def note_link(self, name: bytes, entry: int) -> None:
        """Remember which hard link's entry placed a name."""
        if self.links is None:
            self.links = {}
        self.links[name] = entry


Node = Directory | int
"""What a name stands for: a directory, or the inode of anything else."""


def implicit_in(layer: int) -> int:
    """The `entry` of a directory that no entry describes, only paths below it imply: a negative number."""
    return -1 - layer


def layer_of_implicit(entry: int) -> int:
    """The layer that first implied the directory."""
    return -1 - entry
