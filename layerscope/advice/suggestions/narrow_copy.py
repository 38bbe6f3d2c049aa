"""A COPY of a whole directory of which a stage needs a few files: just these (T6).

It is made for a stage of which only named paths leave, and whose commands are all known: what they read, and
what leaves, is all that has to be copied. No layer shows such a stage: a link of its base, or of the context,
could lead from what leaves into what is not copied any more, so that a build has to verify it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from layerscope.advice.context import source_pattern
from layerscope.advice.elements import Element
from layerscope.advice.independence import Trust
from layerscope.advice.manifests import manifests_of
from layerscope.advice.paths import Paths, is_within, resolve
from layerscope.advice.suggestions.base import Edit, Reason, Suggestion, Transformation
from layerscope.advice.suggestions.scene import Scene, StagePart

__all__ = ["NarrowCopy", "leaving"]

_MOST_FILES = 8


class NarrowCopy(Transformation):
    """Name the files that a stage needs in place of the directory."""

    kind = "narrow-copy"
    rank = 40

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One for each COPY of all of the context, or of a directory of it."""
        for part in scene.parts:
            left = leaving(scene, part)
            for element in part.elements:
                copy = element.copy
                if left is None or copy is None or not copy.is_broad or not copy.takes_directory:
                    continue
                if element.keyword == "COPY" and copy.destination and element.source is not None:
                    found = _suggestion(scene, part, element, left)
                    if found is not None:
                        yield found


def leaving(scene: Scene, part: StagePart) -> Paths | None:
    """Paths of a stage that others take; None where all of it may count: it is built, continued, mounted."""
    names = {part.stage.name, str(part.stage.index)} - {""}
    if part.stage is scene.target:
        return None
    left: set[str] = set()
    for stage in scene.stages.stages:
        if stage.parent == part.stage.index:
            return None
        for instruction in stage.instructions:
            mounts = [flag.value or "" for flag in instruction.flags if flag.name == "mount"]
            if any(f"from={name}" in value.split(",") for value in mounts for name in names):
                return None
            if (instruction.flag("from") or "").lower() not in names:
                continue
            for word in instruction.words[:-1]:
                if "$" in word.text or any(mark in word.text for mark in "*?["):
                    return None
                left.add(resolve(word.text, "/"))
    return Paths(frozenset(left))


def _suggestion(scene: Scene, part: StagePart, broad: Element, left: Paths) -> Suggestion | None:
    copy, source, context = broad.copy, broad.source, scene.context
    if copy is None or source is None or context is None or len(source.words) != 2:
        return None
    top = source_pattern(copy.sources[0])
    targets = {
        name: resolve(posixpath.relpath(name, top) if top else name, copy.destination)
        for name in context.below(copy.sources[0])
    }
    manifests = _read_below(scene, part.elements[broad.index + 1 :], copy.destination, top)
    if manifests is None:
        return None
    wanted = sorted(
        name
        for name, target in targets.items()
        if name in manifests or left.meeting(Paths(frozenset({target})))
    )
    if not 0 < len(wanted) <= _MOST_FILES or len(wanted) == len(targets):
        return None
    if any(not all(char.isalnum() or char in "._-+@/" for char in name) for name in wanted):
        return None
    places = {posixpath.dirname(targets[name]) for name in wanted}
    if places != {copy.destination}:
        return None  # COPY puts all of its files into one directory
    written = source.words[-1].text
    edits = [
        Edit(*source.words[0].span, " ".join(wanted)),
        *([] if written.endswith("/") else [Edit(source.words[-1].span.end, source.words[-1].span.end, "/")]),
    ]
    saved = None
    if broad.facts is not None:
        saved = scene.readings[broad.facts.layer].changeset.content_bytes
    return Suggestion(
        kind=NarrowCopy.kind,
        stage=part.stage.label,
        lines=(broad.line,),
        what=f"copy {', '.join(wanted)} and nothing else in line {broad.line}",
        reasons=(
            Reason(
                "T6", f"of stage {part.stage.label} others take {', '.join(sorted(left.roots)) or 'nothing'}"
            ),
            Reason("R11", "all commands of the stage are known, and read nothing else of what is copied"),
        ),
        trust=Trust.UNVERIFIED,  # no layer shows this stage, and links could lead elsewhere
        edits=tuple(edits),
        facts={broad.line: None},
        recounts=True,
        bytes_saved=saved,
    )


def _read_below(scene: Scene, below: Sequence[Element], destination: str, top: str) -> set[str] | None:
    """Files of the context that the commands behind the COPY read; None where that is not known."""
    assert scene.context is not None
    names: set[str] = set()
    for element in below:
        if element.keyword == "VOLUME" or (element.copy is not None and element.copy.destination == ""):
            return None
        if element.keyword != "RUN":
            continue
        footprint = element.footprint
        if not footprint.known or element.mount_stages or element.mount_sources:
            return None
        for install in footprint.installs:
            if not is_within(install.directory, destination):
                continue
            relative = posixpath.relpath(install.directory, destination)
            prefix = posixpath.normpath(posixpath.join(top, relative))
            found = manifests_of(install, scene.context, "" if prefix == "." else prefix)
            if found.refusal:
                return None
            names |= set(found.files)
        if not footprint.installs and footprint.inputs:
            return None
        touched = footprint.reads | footprint.writes
        if touched.meeting(Paths(frozenset({destination}))):
            return None
    return names
