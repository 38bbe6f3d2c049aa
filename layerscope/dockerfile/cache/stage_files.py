"""The files of a stage as far as they are known without building: what was copied, not what RUN wrote."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from layerscope.dockerfile.cache.selection import is_glob
from layerscope.dockerfile.context import ContextFile, FileKind

__all__ = ["StageFiles"]


@dataclass(slots=True)
class StageFiles:
    """What is known of the root filesystem of a stage."""

    files: dict[str, ContextFile] = field(default_factory=dict)
    """Copied from the context; paths without the slash in front."""
    opaque: bool = False
    """Whether anything else may have been written or changed."""

    def child(self) -> StageFiles:
        """The files that a stage starts with that continues this one."""
        return StageFiles(dict(self.files), self.opaque)

    def copy(self, origin: Mapping[str, ContextFile], sources: Sequence[str], destination: str) -> None:
        """Take files over, as COPY does; a pattern, or a name that is not there, makes the rest opaque."""
        target = destination.strip("/")
        known = self.files.get(target)
        into = destination.endswith("/") or len(sources) > 1
        into = into or (known is not None and known.kind is FileKind.DIRECTORY)
        for source in sources:
            name = posixpath.normpath("/" + source).lstrip("/")
            own = origin.get(name)
            if is_glob(name) or (name and own is None):
                self.opaque = True
            elif own is not None and own.kind is not FileKind.DIRECTORY:
                place = posixpath.join(target, posixpath.basename(name)) if into else target
                self._put(place, own)
            else:
                prefix = f"{name}/" if name else ""
                for path, file in origin.items():
                    if path.startswith(prefix):
                        self._put(posixpath.join(target, path[len(prefix) :]), file)

    def _put(self, path: str, file: ContextFile) -> None:
        """A file, and the directories above it where there are none; all are root's."""
        self.files[path] = ContextFile(file.kind, file.mode, file.content, file.size)
        above = posixpath.dirname(path)
        while above and above not in self.files:
            self.files[above] = ContextFile(FileKind.DIRECTORY, 0o755)
            above = posixpath.dirname(above)
