"""`COPY --link`: a layer that does not depend on those below it, and so is not made and pushed again (T9).

BuildKit puts such a layer together without looking at what is below. So it has to be certain that it would
find nothing there that counts: no link on the way, and no directory with an owner or a mode of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from layerscope.advice.elements import Element
from layerscope.advice.independence import Trust
from layerscope.advice.paths import ancestors
from layerscope.advice.suggestions.base import Reason, Suggestion, Transformation
from layerscope.advice.suggestions.changing import with_option
from layerscope.advice.suggestions.frontend import LINK, Support, support_of
from layerscope.advice.suggestions.scene import Scene, StagePart
from layerscope.image.entry import EntryKind
from layerscope.image.layer import LayerReading

__all__ = ["CopyLink"]

_LEAST_SECONDS = 0.05
_LEAST_BYTES = 100_000
"""Pushed in a build on average; less is not worth a change."""
_PLAIN = (0o755, 0, 0)


class CopyLink(Transformation):
    """Add `--link` to a COPY that misses because of what stands above it."""

    kind = "copy-link"
    rank = 80

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One for each COPY."""
        support = support_of(scene, LINK)
        if support is None:
            return
        for part in scene.parts:
            for element in part.elements:
                if _may_be_linked(scene, element):
                    found = _suggestion(part, element, support)
                    if found is not None:
                        yield found


def _may_be_linked(scene: Scene, element: Element) -> bool:
    copy, facts = element.copy, element.facts
    if element.keyword != "COPY" or copy is None or facts is None or not copy.destination:
        return False
    if copy.sets_owner or any(flag.startswith(("--link", "--parents")) for flag in copy.flags):
        return False  # directories that are made on the way would get the owner, those that are there, too
    if any(above in scene.links for above in ancestors(copy.destination)):
        return False
    sure = copy.into_directory or copy.takes_directory
    if not sure and facts.written != {copy.destination}:
        return False  # without looking below it cannot be told whether the destination is a directory
    if not sure and copy.stage:
        return False
    paths = facts.written | facts.made
    above = {each for path in paths for each in list(ancestors(path))[1:]} - {"/"}
    if any(path in scene.links for path in above):
        return False
    known = _directories(scene.readings[: facts.layer], above)
    return all(attributes == _PLAIN for attributes in known.values())


def _directories(readings: Sequence[LayerReading], paths: set[str]) -> Mapping[str, tuple[object, ...]]:
    """Mode and owner of directories that layers have; anything else in such a place counts as another."""
    wanted = {path.lstrip("/").encode("utf-8", "surrogateescape"): path for path in paths}
    names = {path.rpartition(b"/")[2] for path in wanted}
    found: dict[str, tuple[object, ...]] = {}
    for reading in readings:
        changeset = reading.changeset
        for whiteout in changeset.whiteouts:
            found.pop(wanted.get(whiteout, ""), None)
        for index, name in enumerate(changeset.names):
            path = wanted.get(changeset.path(index)) if name in names else None
            if path is not None:
                attributes = changeset.attributes[changeset.attribute_ids[index]]
                is_plain = changeset.kinds[index] == EntryKind.DIRECTORY and index not in changeset.xattrs
                found[path] = attributes if is_plain else ()
    return found


def _suggestion(part: StagePart, element: Element, support: Support) -> Suggestion | None:
    assert element.source is not None
    assert element.facts is not None
    place = element.index
    share = part.missed[place] - part.own_missed[place]
    seconds = part.seconds[place] * share
    pushed = element.facts.compressed_bytes * share
    if share <= 0 or (seconds < _LEAST_SECONDS and pushed < _LEAST_BYTES):
        return None
    return Suggestion(
        kind=CopyLink.kind,
        stage=part.stage.label,
        lines=(element.line,),
        what=f"add --link to the COPY of line {element.line}",
        reasons=(
            Reason("R14", "no link and no directory with an owner or mode of its own is on the way to it"),
            Reason(
                "T9", f"its layer of {element.facts.compressed_bytes:,} bytes is not made and pushed anew"
            ),
        ),
        trust=Trust.PROVED,
        builders=support.builders,
        requires=support.requires,
        edits=(with_option(element.source, "--link"),),
        facts={element.line: element.facts},
        seconds_saved=seconds,
        misses_saved=share,
    )
