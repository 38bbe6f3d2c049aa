"""What of the kept layers has to be hidden, and by which marker in which layer.

A marker is needed where the kept layers have a name that the final tree has not, or a directory that is
another one there. Where the image had a marker for it, it stays what and where it was. Where something else
hid the name, and left, a marker is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from layerscope.image.entry import EntryKind
from layerscope.optimizer.picks import LayerPicks
from layerscope.optimizer.replay import Replay
from layerscope.rootfs.tree import Directory

__all__ = ["Markers"]


class Markers:
    """The markers of the rewritten layers, and which of them are still needed."""

    def __init__(self, replay: Replay, written_as: Mapping[int, int]) -> None:
        self._replay = replay
        self._whiteouts: dict[bytes, int] = {}
        self._opaques: dict[bytes, int] = {}
        for source, out in written_as.items():
            changeset = replay.changesets[source]
            for path in changeset.whiteouts:
                self._whiteouts.setdefault(path, out)
            for index, device in changeset.devices.items():  # overlayfs' own whiteouts
                if device == (0, 0) and changeset.kinds[index] == EntryKind.CHAR_DEVICE:
                    self._whiteouts.setdefault(changeset.path(index), out)
            for path in changeset.opaques:
                self._opaques.setdefault(path, out)

    def is_opaque(self, path: bytes) -> bool:
        """Whether a layer hid everything that the layers below it had in a directory."""
        return path in self._opaques

    def place(
        self,
        layers: Sequence[LayerPicks],
        directories: Mapping[bytes, Directory],
        first_layer_of: Callable[[bytes], int],
        make_directory: Callable[[bytes, int], None],
    ) -> None:
        """Put what is needed into the written layers. `directories` are those of the final tree, by path;
        `first_layer_of` tells the lowest written layer with anything at or below a path."""
        for path, directory in directories.items():
            before = self._replay.before.get(directory)
            gone = [
                (name, node, directory.children.get(name))
                for name, node in (before or {}).items()
                if directory.children.get(name) != node
            ]
            if not gone:
                continue
            if path in self._opaques:
                layers[self._opaques[path]].opaques.add(path)
                continue
            prefix = path + b"/" if path else b""
            for name, old, new in gone:
                if new is None:
                    out = self._whiteouts.get(prefix + name, len(layers) - 1)
                    layers[out].whiteouts.add(prefix + name)
                elif isinstance(new, Directory):
                    out = first_layer_of(prefix + name)
                    hidden_in = self._whiteouts.get(prefix + name, out)
                    if hidden_in < out:
                        layers[hidden_in].whiteouts.add(prefix + name)
                    elif isinstance(old, Directory):
                        # In one layer with what is made anew, a whiteout would be read in different ways.
                        if self._replay.before[old]:
                            layers[out].opaques.add(prefix + name)
                        if new.entry < 0 <= self._replay.entries_before[old]:
                            make_directory(prefix + name, out)
