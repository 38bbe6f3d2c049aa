"""The table of an archive's members: names, links between them, and never a file system.

Member names may leave the archive (`../../etc/passwd`) and links may lead out of it. Nothing is extracted, so
a name is a key and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from layerscope.blobs.archive import ArchiveMember
from layerscope.errors import Malformed
from layerscope.sources.names import leaves_archive, normalize, shown

__all__ = ["MAX_COMPONENTS", "MAX_LINK_STEPS", "MemberTable"]

MAX_LINK_STEPS = 255
"""Links followed for one name at most; what containers/storage and runc's securejoin allow."""

MAX_COMPONENTS = 4096
"""Components of a path that links make at most: the longest path that Linux takes has 2048."""


class MemberTable:
    """Members by normalized name; of a name that comes twice the last counts, as for docker."""

    def __init__(self, members: Iterable[ArchiveMember] = ()) -> None:
        self._members: dict[bytes, ArchiveMember] = {}
        self.duplicates = 0
        """Members, other than directories, that another of the same name replaced."""
        self.first_duplicate = b""
        self.first_leaving = b""
        """The first name that leaves the archive."""
        for member in members:
            self.add(member)

    def add(self, member: ArchiveMember) -> None:
        """Enter one more member."""
        name = normalize(member.name)
        before = self._members.get(name)
        if before is not None and not before.kind == member.kind == "directory":
            self.duplicates += 1
            self.first_duplicate = self.first_duplicate or name
        if not self.first_leaving and leaves_archive(member.name):
            self.first_leaving = member.name
        self._members[name] = member

    def names(self) -> Iterator[bytes]:
        """Normalized names of everything but directories, in the order in which they were first seen."""
        return (name for name, member in self._members.items() if member.kind != "directory")

    def resolve(self, name: bytes) -> tuple[bytes, ArchiveMember] | None:
        """Find the file that a name leads to, through links of any kind; None if there is none.

        Symbolic links are followed in every component and hard links in the last, inside the archive alone;
        the target may come later in the archive. Raises Malformed when links lead in a circle.
        """
        done: list[bytes] = []
        todo = [part for part in reversed(name.split(b"/")) if part]
        if len(todo) > MAX_COMPONENTS:
            return None
        steps = 0
        while todo:
            part = todo.pop()
            if part == b".":
                continue
            if part == b"..":
                del done[-1:]
                continue
            member = self._members.get(b"/".join([*done, part]))
            if member is None or member.kind not in {"symlink", "hardlink"}:
                done.append(part)
                continue
            steps += 1
            if steps > MAX_LINK_STEPS:
                raise Malformed(f"{shown(name)}: more than {MAX_LINK_STEPS} links lead on, in a circle")
            target = member.link_target or b""
            if member.kind == "hardlink" or target.startswith(b"/"):
                done = []
            todo += [p for p in reversed(target.split(b"/")) if p]
            if len(todo) > MAX_COMPONENTS:
                raise Malformed(f"{shown(name)}: leads to a path of more than {MAX_COMPONENTS} components")
        path = b"/".join(done)
        found = self._members.get(path)
        return (path, found) if found is not None and found.kind == "file" else None
