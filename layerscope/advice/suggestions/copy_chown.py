"""`COPY --chown=` instead of a `RUN chown -R` below it, which stores every file a second time (T10).

It is made where the layers show all of it: that everything below the directory came from COPYs, that the RUN
changed owners there and nothing else, and to whom. Names are kept where no layer from the first COPY on has
another list of users: then they mean the same there. Else the owner is given as numbers, as the layer has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from layerscope.advice.chain import Link, read_chain, without_link
from layerscope.advice.elements import Element
from layerscope.advice.footprint import Footprint
from layerscope.advice.independence import Trust
from layerscope.advice.knowledge import footprint_of
from layerscope.advice.layers import LayerFacts
from layerscope.advice.paths import Paths, ancestors, is_within, resolve
from layerscope.advice.shell import read_commands
from layerscope.advice.suggestions.base import Edit, Reason, Suggestion, Transformation
from layerscope.advice.suggestions.changing import raw_arguments, removed, with_option
from layerscope.advice.suggestions.scene import Scene, StagePart
from layerscope.advice.tree import tree_below
from layerscope.image.entry import EntryKind
from layerscope.rootfs.rootfs import RootfsEntry

__all__ = ["CopyChown"]

_QUIET = frozenset(
    {"-R", "--recursive", "-h", "--no-dereference", "-f", "-v", "-c", "-hR", "-Rh", "-Rf", "-Rv"}
)
_MOST_KEPT = 4
"""Directories that were there before, and are given to their owner one by one."""


@dataclass(frozen=True, slots=True)
class _Change:
    """One `chown -R` in a RUN."""

    run: Element
    links: tuple[Link, ...]
    index: int
    """Of the link."""
    spec: str
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Given:
    """To whom the files go, what was there before, and how well all of that is known."""

    owner: tuple[int, int]
    kept: tuple[str, ...]
    trust: Trust


class CopyChown(Transformation):
    """Give the owner to the COPYs, and leave out the `chown -R`, or the part of it that is not about them."""

    kind = "copy-chown"
    rank = 10

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One for each `chown -R`."""
        for part in scene.parts:
            for run in part.elements:
                for change in _changes(scene, run):
                    found = _suggestion(scene, part, change)
                    if found is not None:
                        yield found


def _changes(scene: Scene, run: Element) -> Iterator[_Change]:
    source = run.source
    if run.keyword != "RUN" or source is None or source.exec_form or source.heredocs or run.facts is None:
        return
    links = read_chain(raw_arguments(scene.dockerfile, source))
    moved = False
    for index, link in enumerate(links or ()):
        commands = read_commands(link.text, run.environment)
        if not commands:
            return
        if any(command.words[:1] in (("cd",), ("pushd",), ("popd",)) for command in commands):
            moved = True
        words = commands[0].words
        if len(commands) != 1 or words[:1] != ("chown",) or commands[0].globs or "$" in link.text:
            continue  # with another value of the variable it would be for another owner
        flags = {word for word in words[1:] if word.startswith("-")}
        operands = [word for word in words[1:] if not word.startswith("-")]
        recursive = any("R" in flag[1:] and flag[1:2] != "-" for flag in flags) or "--recursive" in flags
        if not recursive or not flags <= _QUIET or len(operands) < 2 or commands[0].outputs:
            continue
        roots = tuple(resolve(word, run.directory) for word in operands[1:])
        relative = any(not word.startswith("/") for word in operands[1:])
        if all(roots) and "/" not in roots and not (relative and moved):
            assert links is not None
            yield _Change(run, links, index, operands[0], roots)


def _suggestion(scene: Scene, part: StagePart, change: _Change) -> Suggestion | None:
    facts = change.run.facts
    assert facts is not None
    place = part.elements.index(change.run)
    copies = [each for each in part.elements[:place] if _writes_below(each, change.roots)]
    if not copies or not all(map(_can_be_given, copies)):
        return None
    if any(above in scene.links for root in change.roots for above in ancestors(root)):
        return None
    if not all(_is_within_any(path, change.roots) for each in copies for path in _written(each)):
        return None  # --chown counts for every directory that the COPY makes, and for all of its files
    layers = {each.facts.layer for each in copies if each.facts}
    before = tree_below(scene.readings, min(layers), change.roots)
    middle = tree_below(scene.readings, facts.layer, change.roots)
    after = tree_below(scene.readings, facts.layer + 1, change.roots)
    made = {path for path in _working_directories(part.elements[:place]) if path in middle}
    kept = _kept(before, middle, layers, made)
    owner = _owner(middle, after, kept, layers)
    if owner is None or kept is None or len(kept) > _MOST_KEPT:
        return None
    trust = _watched(part.elements[part.elements.index(copies[0]) : place], copies, change)
    if trust is Trust.REFUSED:
        return None
    return _made(scene, part, change, copies, _Given(owner, tuple(sorted(kept)), trust))


def _is_within_any(path: str, roots: Sequence[str]) -> bool:
    """Whether a path is one of these, or below one."""
    return any(is_within(path, root) for root in roots)


def _makes_below(element: Element, copies: Sequence[Element], roots: Sequence[str]) -> bool:
    """Whether a COPY that is none of these, or a WORKDIR, makes something there."""
    if element.keyword == "WORKDIR":
        return element.path not in roots and _is_within_any(element.path, roots)
    if element.copy is None or element in copies:
        return False
    return bool(element.copy.writes.meeting(Paths(frozenset(roots))))


def _written(element: Element) -> frozenset[str]:
    return element.facts.written | element.facts.made if element.facts else frozenset()


def _writes_below(element: Element, roots: Sequence[str]) -> bool:
    return element.copy is not None and any(_is_within_any(path, roots) for path in _written(element))


def _can_be_given(element: Element) -> bool:
    copy = element.copy
    return copy is not None and not (
        copy.unpacks or copy.remote or any(flag.startswith("--chown") for flag in copy.flags)
    )


def _working_directories(elements: Sequence[Element]) -> set[str]:
    """Directories of WORKDIRs, and those above them: buildah makes them in the layer of the next step."""
    paths = [element.path for element in elements if element.keyword == "WORKDIR"]
    return {above for path in paths if path.startswith("/") for above in ancestors(path)}


def _kept(
    before: Mapping[str, RootfsEntry],
    middle: Mapping[str, RootfsEntry],
    layers: set[int],
    made: set[str],
) -> set[str] | None:
    """What the COPYs do not give an owner: directories that were there, and files that they left alone."""
    kept = made | {
        path
        for path, placed in before.items()
        if path in middle and (placed.kind is EntryKind.DIRECTORY or middle[path].layer not in layers)
    }
    kinds = {middle[path].kind for path in kept}
    # of a link `chown` without -R would change what it points to
    return kept if all(map(_plain, kept)) and kinds <= {EntryKind.DIRECTORY, EntryKind.FILE} else None


def _plain(path: str) -> bool:
    return all(character.isalnum() or character in "/._-+@" for character in path)


def _owner(
    middle: Mapping[str, RootfsEntry],
    after: Mapping[str, RootfsEntry],
    kept: set[str] | None,
    layers: set[int],
) -> tuple[int, int] | None:
    """To whom everything belongs afterwards, if the RUN changed nothing else there."""
    if kept is None or middle.keys() != after.keys():
        return None
    owners = {(placed.uid, placed.gid) for placed in after.values()}
    for path, placed in middle.items():
        if path not in kept and placed.layer not in layers:
            return None
        if _but_owner(placed) != _but_owner(after[path]):
            return None
    return owners.pop() if len(owners) == 1 else None


def _but_owner(entry: RootfsEntry) -> tuple[object, ...]:
    """What `chown` leaves as it is: it takes setuid bits and capabilities away, which then shows here."""
    time = entry.mtime_ns if entry.kind is EntryKind.FILE else 0
    return (entry.kind, entry.mode, entry.size, time, entry.link_target, entry.device, entry.xattrs)


def _watched(between: Sequence[Element], copies: Sequence[Element], change: _Change) -> Trust:
    """Whether nothing between the first COPY and the `chown` can see whose the files are."""
    roots = Paths(frozenset(change.roots))
    seen: list[Footprint] = []
    for element in between:
        if element.keyword == "VOLUME":
            return Trust.REFUSED
        if element.keyword == "RUN":
            if element.mount_sources or element.mount_stages:
                return Trust.REFUSED
            seen.append(element.footprint)
        elif _makes_below(element, copies, change.roots):
            return Trust.REFUSED
    run = change.run
    if change.index:
        text = " && ".join(link.text for link in change.links[: change.index])
        seen.append(footprint_of(text, run.directory, run.environment, root=run.root))
    if any(not each.known or roots.meeting(each.all_reads | each.all_writes) for each in seen):
        return Trust.REFUSED
    return Trust.PROVED if all(each.exact for each in seen) else Trust.EVIDENCE


def _made(
    scene: Scene,
    part: StagePart,
    change: _Change,
    copies: Sequence[Element],
    given: _Given,
) -> Suggestion | None:
    run = change.run
    assert run.facts is not None
    numbers = f"{given.owner[0]}:{given.owner[1]}"
    option = f"--chown={_named_owner(scene, change, copies, given.owner) or numbers}"
    rest = _rest(scene, change, given.kept)
    if rest is None:
        return None
    said, edit, is_gone = rest
    gone = frozenset().union(*(_written(each) for each in copies)) - set(given.kept)
    lines = ", ".join(str(each.line) for each in copies)
    facts: dict[int, LayerFacts | None] = {
        each.line: replace(each.facts, special=each.facts.special | each.facts.made)
        for each in copies
        if each.facts
    }
    if not is_gone:
        facts[run.line] = replace(run.facts, written=run.facts.written - gone)
    reason = (
        f"layer {run.facts.layer} holds the files of line {lines} again with the owner "
        f"{numbers}, and nothing else is below {', '.join(change.roots)}"
    )
    return Suggestion(
        kind=CopyChown.kind,
        stage=part.stage.label,
        lines=(*(each.line for each in copies), run.line),
        what=f"give {option} to the COPY of line {lines}, and {said}",
        reasons=(
            Reason("T10", reason),
            Reason("R5", "nothing in between sees whose the files are"),
        ),
        trust=given.trust,
        edits=(*(with_option(each.source, option) for each in copies if each.source), edit),
        removes=frozenset({run.line} if is_gone else ()),
        facts=facts,
        bytes_saved=_stored(scene, run.facts.layer, gone),
    )


def _named_owner(scene: Scene, change: _Change, copies: Sequence[Element], owner: tuple[int, int]) -> str:
    """The owner by name, if the image has the same users before the first COPY as when `chown` asks them."""
    assert change.run.facts is not None
    user, mark, group = change.spec.replace(".", ":", 1).partition(":")
    first = min(each.facts.layer for each in copies if each.facts)
    users = {b"etc/passwd", b"etc/group"}
    for reading in scene.readings[first : change.run.facts.layer + 1]:
        changeset = reading.changeset
        names = {
            changeset.path(at) for at, name in enumerate(changeset.names) if name in (b"passwd", b"group")
        }
        if users & (names | set(changeset.whiteouts)) or b"etc" in changeset.opaques:
            return ""
    linked = any(flag.startswith("--link") for each in copies if each.copy for flag in each.copy.flags)
    if linked or user.isdigit() or not _plain(user + group):
        return ""
    return f"{user}:{group}" if mark and group else f"{user}:{owner[1]}"


def _rest(scene: Scene, change: _Change, kept: Sequence[str]) -> tuple[str, Edit, bool] | None:
    """What becomes of the `chown`: in words, as an edit, and whether the whole RUN goes."""
    source = change.run.source
    assert source is not None
    link = change.links[change.index]
    start = source.arguments_span.start
    if kept:
        if not _plain(change.spec.replace(":", "_")):
            return None
        left = f"chown {change.spec} {' '.join(kept)}"
        said = f"leave `{left}` in line {change.run.line}, for what was there before"
        return said, Edit(start + link.start, start + link.end, left), False
    if len(change.links) == 1:
        return f"leave out the RUN of line {change.run.line}", removed(scene.dockerfile, source), True
    cut = without_link(raw_arguments(scene.dockerfile, source), change.links, change.index)
    if cut is None:
        return None
    edit = Edit(start + cut[0], start + cut[1], "")
    return f"take `chown` out of the RUN of line {change.run.line}", edit, False


def _stored(scene: Scene, layer: int, paths: frozenset[str]) -> int:
    """Content bytes that a layer has at these paths."""
    changeset = scene.readings[layer].changeset
    wanted = {path.lstrip("/").encode("utf-8", "surrogateescape") for path in paths}
    return sum(size for index, size in enumerate(changeset.sizes) if size and changeset.path(index) in wanted)
