"""An entry of the ignore file for what is copied and removed again by a later RUN (T6).

The layers show both: the COPY's holds the files, the RUN's takes all of them away. Nothing in between looks
there, so that the files may as well not be copied.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from layerscope.advice.context import matches_source
from layerscope.advice.elements import Element
from layerscope.advice.independence import Trust
from layerscope.advice.paths import Paths, is_within
from layerscope.advice.shell import read_commands
from layerscope.advice.suggestions.base import Reason, Suggestion, Transformation
from layerscope.advice.suggestions.dockerignore import (
    BroadCopy,
    broad_copies,
    escaped,
    for_itself,
    leaves_out,
)
from layerscope.advice.suggestions.scene import Scene

__all__ = ["IgnoreRemoved"]


class IgnoreRemoved(Transformation):
    """Leave out of the context what the image does not keep."""

    kind = "ignore-removed"
    rank = 25

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One for each RUN that only removes."""
        if scene.context is None:
            return
        for copied in broad_copies(scene):
            for run in copied.part.elements[copied.element.index + 1 :]:
                if run.facts is not None and copied.element.facts is not None and _only_removes(run):
                    found = _suggestion(scene, copied, run)
                    if found is not None:
                        yield found


def _only_removes(run: Element) -> bool:
    """Whether all commands are `rm -f`, which does not mind what is not there."""
    if run.keyword != "RUN" or run.source is None or not run.footprint.known:
        return False
    commands = read_commands(run.source.arguments, run.environment) or ()
    return bool(commands) and all(
        command.words[:1] == ("rm",)
        and any(word.startswith("-") and "f" in word for word in command.words)
        and not command.outputs
        for command in commands
    )


def _suggestion(scene: Scene, copied: BroadCopy, run: Element) -> Suggestion | None:
    context, broad = scene.context, copied.element
    assert context is not None
    assert broad.copy is not None
    assert broad.facts is not None
    assert run.facts is not None
    gone = scene.readings[run.facts.layer].changeset.whiteouts
    entries: dict[str, frozenset[str]] = {}
    for whiteout in sorted(gone):
        path = "/" + whiteout.decode("utf-8", "surrogateescape")
        if path == broad.copy.destination or not is_within(path, broad.copy.destination):
            continue
        relative = posixpath.relpath(path, broad.copy.destination)
        entry = posixpath.join(copied.source, relative) if copied.source else relative
        files = frozenset(name for name in context.paths if is_within(f"/{name}", f"/{entry}"))
        copies = all(copied.target(name) in broad.facts.written for name in files)
        if files and copies and _taken_once(scene, entry, files):
            entries[entry] = files
    trust = _unseen(copied, run, [copied.target(entry) for entry in entries])
    files = frozenset().union(*entries.values()) if entries else frozenset()
    lines = [escaped(entry) for entry in entries]
    if not entries or trust is Trust.REFUSED or not leaves_out(scene, lines, files):
        return None
    own, own_changed = for_itself(scene)
    wanted = {copied.target(name).lstrip("/").encode("utf-8", "surrogateescape") for name in files}
    changeset = scene.readings[broad.facts.layer].changeset
    saved = sum(
        size for index, size in enumerate(changeset.sizes) if size and changeset.path(index) in wanted
    )
    return Suggestion(
        kind=IgnoreRemoved.kind,
        stage=copied.part.stage.label,
        lines=(broad.line, run.line),
        what=f"leave {', '.join(entries)} out of the context: line {broad.line} copies it, line {run.line} "
        "removes it",
        reasons=(
            Reason("T6", f"layer {run.facts.layer} takes away all that layer {broad.facts.layer} has of it"),
            Reason("R3", "nothing in between looks there, and no other COPY takes it"),
        ),
        trust=trust,
        ignores=(*lines, *own),
        changed_paths=tuple(own_changed),
        recounts=scene.history is not None,
        bytes_saved=saved,
        bytes_sent_less=sum(map(context.size, files)),
    )


def _taken_once(scene: Scene, entry: str, files: frozenset[str]) -> bool:
    """Whether a single COPY takes it, and no mount does."""
    takers = 0
    for stage in scene.stages.stages:
        for instruction in stage.instructions:
            if instruction.keyword == "RUN" and instruction.flag("mount") is not None:
                return False
            if instruction.keyword not in ("COPY", "ADD") or instruction.flag("from") is not None:
                continue
            for word in instruction.words[:-1]:
                if "$" in word.text:
                    return False
                matches = matches_source(word.text)
                takers += any(matches(name) for name in files)
    return takers == 1 and entry != ""


def _unseen(copied: BroadCopy, run: Element, targets: Sequence[str]) -> Trust:
    """Whether nothing between the COPY and the RUN looks there."""
    places = Paths(frozenset(targets))
    trust = Trust.PROVED
    for element in copied.part.elements[copied.element.index + 1 : run.index]:
        if element.keyword in ("VOLUME", "ONBUILD"):
            return Trust.REFUSED
        if element.copy is not None and element.copy.writes.meeting(places):
            return Trust.REFUSED
        if element.keyword == "RUN":
            footprint = element.footprint
            if not footprint.known or (footprint.all_reads | footprint.all_writes).meeting(places):
                return Trust.REFUSED
            trust = trust if footprint.exact else Trust.EVIDENCE
    return trust
