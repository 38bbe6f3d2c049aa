"""`RUN --mount=type=bind` for the manifests of an install, or for sources, instead of a COPY (T8).

`COPY package.json package-lock.json ./`, the install, `COPY . .` stores the manifests twice, in a layer of
their own. Mounted they are there while the install runs, and the second COPY brings them as before. The
sources of a stage that only compiles them, and of which nothing but the program leaves, need not be copied.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from itertools import pairwise

from layerscope.advice.context import source_pattern
from layerscope.advice.elements import Element, Role
from layerscope.advice.independence import Trust
from layerscope.advice.manifests import manifests_of
from layerscope.advice.paths import Paths, is_within, resolve
from layerscope.advice.shell import read_commands
from layerscope.advice.suggestions.base import Reason, Suggestion, Transformation
from layerscope.advice.suggestions.changing import removed, with_options
from layerscope.advice.suggestions.frontend import BIND_MOUNT, Support, support_of
from layerscope.advice.suggestions.narrow_copy import leaving
from layerscope.advice.suggestions.scene import Scene, StagePart

__all__ = ["BindMount"]

_MOST_FILES = 6


class BindMount(Transformation):
    """Mount what a RUN alone reads, where a later COPY brings the same files."""

    kind = "bind-mount"
    rank = 70

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One for each COPY of manifests directly in front of an install."""
        support = support_of(scene, BIND_MOUNT)
        if support is None or scene.context is None:
            return
        for part in scene.parts:
            for copied, run in pairwise(part.elements):
                found = _suggestion(scene, part, copied, run, support)
                found = found or _of_sources(scene, part, copied, run, support)
                if found is not None:
                    yield found


def _files(scene: Scene, copied: Element) -> dict[str, str] | None:
    """Files of a COPY with where each goes, if it says nothing else."""
    copy = copied.copy
    context = scene.context
    if copy is None or context is None or copied.keyword != "COPY" or copy.flags or not copy.from_context:
        return None
    names = [source_pattern(source) for source in copy.sources]
    if not copy.destination or not copy.into_directory or not 0 < len(names) <= _MOST_FILES:
        return None
    if any(name not in context.paths or not _plain(name) for name in names):
        return None
    return {name: resolve(posixpath.basename(name), copy.destination) for name in names}


def _plain(name: str) -> bool:
    return all(character.isalnum() or character in "._-+@/" for character in name)


def _suggestion(
    scene: Scene, part: StagePart, copied: Element, run: Element, support: Support
) -> Suggestion | None:
    files = _files(scene, copied)
    footprint = run.footprint
    if not files or run.keyword != "RUN" or run.source is None or copied.source is None:
        return None
    if not footprint.known or not footprint.installs or not run.root:
        return None
    places = Paths(frozenset(files.values()))
    if (footprint.writes | footprint.outputs).meeting(places):
        return None  # what is mounted is read only
    if run.facts is not None and run.facts.written & places.roots:
        return None
    if not _is_closed(scene, run, files):
        return None
    if not _directory_is_there(part.elements[: copied.index], copied, run):
        return None
    later = _brings_again(scene, part.elements[run.index + 1 :], files, places)
    if later is None:
        return None
    mounts = [f"--mount=type=bind,source={name},target={target}" for name, target in files.items()]
    trust = Trust.EVIDENCE if run.facts is not None and copied.facts is not None else Trust.UNVERIFIED
    return Suggestion(
        kind=BindMount.kind,
        stage=part.stage.label,
        lines=(copied.line, run.line, later.line),
        what=f"mount {', '.join(files)} into the RUN of line {run.line}, and leave out the COPY of "
        f"line {copied.line}",
        reasons=(
            Reason("T8", f"COPY of line {later.line} brings the same files, and nothing reads them before"),
            Reason("R11", "the install reads its manifests, and writes none of them"),
        ),
        trust=trust,
        builders=support.builders,
        requires=support.requires,
        edits=(removed(scene.dockerfile, copied.source), with_options(scene.dockerfile, run.source, mounts)),
        removes=frozenset({copied.line}),
        bytes_saved=_bytes(scene, copied),
    )


def _is_closed(scene: Scene, run: Element, files: dict[str, str]) -> bool:
    """Whether the installs read these files and nothing else, and run no script that could write them."""
    assert scene.context is not None
    if len({posixpath.dirname(name) for name in files}) != 1:
        return False
    prefix = posixpath.dirname(next(iter(files)))
    for install in run.footprint.installs:
        found = manifests_of(install, scene.context, prefix)
        if found.refusal or not set(found.files) <= files.keys():
            return False
    return True


def _directory_is_there(above: Sequence[Element], copied: Element, run: Element) -> bool:
    """Whether the directory of the files is made by a WORKDIR: else the COPY makes it."""
    assert copied.copy is not None
    destination = copied.copy.destination
    made = any(element.keyword == "WORKDIR" and element.path == destination for element in above)
    return made and run.directory == destination


def _brings_again(
    scene: Scene, below: Sequence[Element], files: dict[str, str], places: Paths
) -> Element | None:
    """The COPY that brings the same files, if nothing in front of it reads them."""
    for element in below:
        copy = element.copy
        if copy is not None and copy.is_broad and copy.takes_directory and scene.context is not None:
            source = source_pattern(copy.sources[0])
            again = {
                name: resolve(posixpath.relpath(name, source) if source else name, copy.destination)
                for name in scene.context.below(copy.sources[0])
                if name in files
            }
            if again == files:
                return element if not element.copy or not element.copy.sets_owner else None
        if element.role is not Role.STEP:
            if element.keyword in ("VOLUME", "ONBUILD"):
                return None
            continue
        touched = copy.writes if copy is not None else None
        if element.keyword == "RUN":
            if not element.footprint.known:
                return None
            touched = element.footprint.all_reads | element.footprint.all_writes
        if touched is not None and touched.meeting(places):
            return None
    return None


def _bytes(scene: Scene, copied: Element) -> int | None:
    if copied.facts is None:
        return None
    return scene.readings[copied.facts.layer].changeset.content_bytes


def _of_sources(
    scene: Scene, part: StagePart, copied: Element, run: Element, support: Support
) -> Suggestion | None:
    """All of the context mounted into the one RUN that compiles it."""
    copy, source = copied.copy, copied.source
    left = leaving(scene, part)
    if left is None or copy is None or source is None or run.source is None or not run.root:
        return None
    if copied.keyword != "COPY" or copy.flags or not copy.is_broad or not copy.takes_directory:
        return None
    if not copy.destination or left.meeting(Paths(frozenset({copy.destination}))):
        return None
    if any(each.role is Role.STEP for each in part.elements[run.index + 1 :]):
        return None
    if not _only_compiles(run, copy.destination):
        return None
    if not _directory_is_there(part.elements[: copied.index], copied, run):
        return None
    name = source_pattern(copy.sources[0])
    if name and not _plain(name):
        return None
    mount = f"--mount=type=bind{f',source={name}' if name else ''},target={copy.destination}"
    return Suggestion(
        kind=BindMount.kind,
        stage=part.stage.label,
        lines=(copied.line, run.line),
        what=f"mount the sources into the RUN of line {run.line}, and leave out line {copied.line}",
        reasons=(
            Reason("T8", f"of stage {part.stage.label} others take nothing below {copy.destination}"),
            Reason("R3", "the compiler writes its result elsewhere, and what is mounted is read only"),
        ),
        trust=Trust.UNVERIFIED,
        builders=support.builders,
        requires=support.requires,
        edits=(removed(scene.dockerfile, source), with_options(scene.dockerfile, run.source, [mount])),
        removes=frozenset({copied.line}),
    )


def _only_compiles(run: Element, directory: str) -> bool:
    """Whether all commands are `go build -o` to somewhere else, and what may stand in front of that."""
    if run.keyword != "RUN" or run.source is None or run.source.exec_form or run.source.heredocs:
        return False
    commands = read_commands(run.source.arguments, run.environment) or ()
    for command in commands:
        words = command.words
        outputs = [word for flag, word in pairwise(words) if flag == "-o"]
        if command.outputs or command.inputs or words[:2] not in (("go", "build"), ("go", "mod")):
            return False
        if words[:2] == ("go", "mod") and words[2:3] not in (("download",), ("verify",)):
            return False
        if words[:2] == ("go", "build") and (
            len(outputs) != 1
            or not (place := resolve(outputs[0], run.directory))
            or is_within(place, directory)
            or "-mod=mod" in words
        ):
            return False
    return bool(commands)
