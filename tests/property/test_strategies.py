"""What the laws of optimizing are tried on has in it what goes wrong: each situation is met by chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from hypothesis import Phase, given, settings

from layerscope.image.entry import EntryKind
from tests.builders import Member
from tests.property.strategies import rich_stacks

Stack = Sequence[Sequence[Member]]


def name(member: Member) -> bytes:
    return member.path.removeprefix(b"./").lstrip(b"/")


def has(stack: Stack, wanted: Callable[[Member], bool]) -> bool:
    return any(wanted(member) for members in stack for member in members)


def turns(stack: Stack, *kinds: EntryKind) -> bool:
    """Whether a path is of these kinds, one after the other, in layers further and further up."""
    left: dict[bytes, int] = {}
    for members in stack:
        last = {name(member): member.kind for member in members}
        for path, kind in last.items():
            reached = left.get(path, 0)
            if reached < len(kinds) and kind is kinds[reached]:
                left[path] = reached + 1
    return len(kinds) in left.values()


def links_below(stack: Stack) -> bool:
    """A hard link to what a lower layer has and its own has not."""
    for index, members in enumerate(stack):
        own = {name(member) for member in members}
        lower = {name(m) for each in stack[:index] for m in each if m.kind is EntryKind.FILE}
        if any(m.kind is EntryKind.HARDLINK and m.link_target in lower - own for m in members):
            return True
    return False


def hides_more(stack: Stack) -> bool:
    """An opaque directory above a layer that has something in it."""
    for index, members in enumerate(stack):
        for member in members:
            directory, _, base = name(member).rpartition(b"/")
            below = (name(m) for each in stack[:index] for m in each)
            if base == b".wh..wh..opq" and directory and any(p.startswith(directory + b"/") for p in below):
                return True
    return False


D, L, F = EntryKind.DIRECTORY, EntryKind.SYMLINK, EntryKind.FILE
SITUATIONS: dict[str, Callable[[Stack], bool]] = {
    "hard link across layers": links_below,
    "opaque directory above what it hides": hides_more,
    "sparse file": lambda stack: has(stack, lambda m: any(k == "GNU.sparse.major" for k, _ in m.pax)),
    "other PAX records": lambda stack: has(stack, lambda m: any(k == "comment" for k, _ in m.pax)),
    "capability": lambda stack: has(stack, lambda m: m.xattrs[:1] != () and b"capability" in m.xattrs[0][0]),
    "user xattr": lambda stack: has(stack, lambda m: any(k == b"user.a" for k, _ in m.xattrs)),
    "device": lambda stack: has(stack, lambda m: m.kind is EntryKind.BLOCK_DEVICE),
    "whiteout of overlayfs": lambda stack: has(
        stack, lambda m: m.kind is EntryKind.CHAR_DEVICE and m.device == (0, 0)
    ),
    "directory to link and back": lambda stack: turns(stack, D, L, D),
    "file to directory and back": lambda stack: turns(stack, F, D, F),
    "link to directory": lambda stack: turns(stack, L, D),
    "parts of a second": lambda stack: has(stack, lambda m: bool(m.mtime_ns % 1_000_000_000)),
}


def test_each_situation_is_met_by_chance() -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=200, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(rich_stacks)
    def look(stack: Stack) -> None:
        met.update(situation for situation, is_met in SITUATIONS.items() if is_met(stack))

    look()
    assert sorted(met) == sorted(SITUATIONS)
