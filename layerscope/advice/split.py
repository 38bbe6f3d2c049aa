"""Splitting a broad COPY: the manifests of an install first, the install, then the rest.

`COPY package.json package-lock.json ./` directly in front of `COPY . .` changes nothing: the second writes
the same files again. From there on only pairs that may change places do: the install goes up between them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from layerscope.advice.context import ContextFiles, source_pattern
from layerscope.advice.copies import Copy
from layerscope.advice.elements import Element
from layerscope.advice.graph import Pairs
from layerscope.advice.independence import Independence, Trust, independence
from layerscope.advice.layers import LayerFacts
from layerscope.advice.manifests import manifests_of
from layerscope.advice.parts import parts_and_installs
from layerscope.advice.paths import NOTHING, Paths, ancestors, is_within, resolve
from layerscope.dockerfile.builders import Builder

__all__ = ["Refusal", "Split", "manifest_copies", "split_copies"]

_PLAIN = re.compile(r"[A-Za-z0-9._+@/-]+")
_MOST_DIRECTORIES = 25
"""With a COPY for each; more nobody would read."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A COPY that was not split, and why."""

    line: int
    """Of the COPY."""
    install_line: int
    reason: str
    rule: str = "R11"


@dataclass(frozen=True, slots=True)
class Split:
    """The elements with COPYs of manifests added in front of the broad ones, and what is known of pairs."""

    elements: list[Element]
    known: Pairs
    manifests: dict[int, tuple[str, ...]]
    """Position of an added COPY to its files."""
    refusals: tuple[Refusal, ...]


def split_copies(
    elements: Sequence[Element], context: ContextFiles | None, profile: Builder, least: Trust
) -> Split:
    """Split what may be split for installs that stand behind it."""
    added: dict[int, list[tuple[str, ...]]] = {}
    satisfied: dict[tuple[int, int], _Needed] = {}
    refusals: list[Refusal] = []
    for at, broad in enumerate(elements):
        if (
            broad.copy is None
            or not broad.copy.is_broad
            or not broad.copy.takes_directory
            or not broad.copy.destination
        ):
            continue
        for run in elements[at + 1 :]:
            if not run.footprint.installs or run.keyword != "RUN":
                continue
            needed, why = _needed(broad, run, context)
            if why:
                refusals.append(Refusal(broad.line, run.line, *why))
            elif needed.crosses and context is not None:
                found = _crossing(broad, run, context, needed, profile)
                if found.trust >= least and found.trust is not Trust.REFUSED:
                    added.setdefault(broad.index, []).append(needed.files)
                    satisfied[broad.index, run.index] = needed
                elif found.trust is Trust.REFUSED:
                    refusals.append(Refusal(broad.line, run.line, found.reason, found.rule))
    result, manifests = _added(elements, added)
    known = parts_and_installs(result, context, profile)
    known |= _known_pairs(result, satisfied, manifests, context, profile)
    return Split(result, known, manifests, tuple(refusals))


@dataclass(frozen=True, slots=True)
class _Needed:
    """What a RUN's installs need of a COPY."""

    files: tuple[str, ...] = ()
    """Of the context."""
    outputs: Paths | None = None
    """Where they write, if their manifests tell that better than their footprint."""
    certain: bool = True
    crosses: bool = False
    """Whether it has installs that work below the COPY, and these files are all that they need."""


_NOTHING_NEEDED = _Needed()


def _needed(
    broad: Element, run: Element, context: ContextFiles | None
) -> tuple[_Needed, tuple[str, str] | None]:
    """Files of the context that a RUN's installs need of a COPY; or why that cannot be told."""
    copy = broad.copy
    assert copy is not None
    inside = [item for item in run.footprint.installs if is_within(item.directory, copy.destination)]
    if not inside:
        return _NOTHING_NEEDED, None
    if not run.footprint.known:
        return _NOTHING_NEEDED, ("the RUN does more than install", "R3")
    if context is None:
        return _NOTHING_NEEDED, ("the context is not given, so that its manifests are not known", "R11")
    source = source_pattern(copy.sources[0])
    files: dict[str, None] = {}
    outputs: set[str] = set()
    told = certain = True
    for install in inside:
        relative = posixpath.relpath(install.directory, copy.destination)
        prefix = posixpath.normpath(posixpath.join(source, relative))
        found = manifests_of(install, context, "" if prefix == "." else prefix)
        if found.refusal:
            return _NOTHING_NEEDED, (found.refusal, "R11")
        files |= dict.fromkeys(found.files)
        told = told and found.outputs is not None
        outputs |= {_target(output, source, copy) for output in found.outputs or ()}
        certain = certain and found.certain
    if any(
        not _PLAIN.fullmatch(file) or not is_within(f"/{file}", f"/{source}" if source else "/")
        for file in files
    ):
        what = "a manifest has a name that is not plain, or lies outside of what is copied"
        return _NOTHING_NEEDED, (what, "R11")
    if len({posixpath.dirname(file) for file in files}) > _MOST_DIRECTORIES:
        return _NOTHING_NEEDED, ("its manifests lie in too many directories", "R11")
    return _Needed(tuple(files), Paths(frozenset(outputs)) if told else None, certain, crosses=True), None


def _crossing(
    broad: Element, run: Element, context: ContextFiles, needed: _Needed, profile: Builder
) -> Independence:
    """The broad COPY and an install, where the manifests are there before both.

    What the COPY writes is known file by file; the manifests it writes once more, as they are. Files of the
    context in places that the install makes would change the result.
    """
    copy = broad.copy
    assert copy is not None
    source = source_pattern(copy.sources[0])
    below = context.below(copy.sources[0])
    written = {_target(file, source, copy) for file in below}
    rest = frozenset(written - {_target(file, source, copy) for file in needed.files})
    outputs = run.footprint.outputs if needed.outputs is None else needed.outputs
    met = outputs.meeting(Paths(rest))
    if met:
        return Independence(
            Trust.REFUSED,
            f"the context has {met}, which the install writes; .dockerignore should name it",
            "R10",
        )
    rewritten = outputs.meeting(Paths(frozenset(written)))
    if run.facts is None and rewritten:
        what = f"the install reads nothing but its manifests; {rewritten} has to be up to date with them"
    else:
        what = "the install reads nothing but its manifests"
    # the manifests make the directories of the installs; others that `cd` needs would not be there
    inputs = run.footprint.inputs.without(install.directory for install in run.footprint.installs)
    trimmed = replace(run, footprint=replace(run.footprint, inputs=inputs, outputs=NOTHING))
    apart = replace(broad, copy=replace(copy, writes=Paths(frozenset({copy.destination}))))
    found = independence(replace(apart, facts=None), replace(trimmed, facts=None), profile)
    if found.trust is Trust.REFUSED:
        return found
    if run.facts is None or broad.facts is None:
        return Independence(Trust.UNVERIFIED, what, "R11")
    targets = [_target(file, source, copy) for file in needed.files]
    directories = {above for target in targets for above in ancestors(target.rpartition("/")[0])}
    odd = directories & broad.facts.special - {copy.destination}
    if odd:
        return Independence(Trust.REFUSED, f"{min(odd)} has an owner or mode of its own", "R10")
    both = run.facts.written & (broad.facts.written | frozenset(written))
    if both:
        return Independence(
            Trust.REFUSED, f"the layer of line {run.line} has {min(both)}, which COPY writes", "R4"
        )
    return Independence(
        Trust.EVIDENCE if needed.certain else Trust.UNVERIFIED,
        f"the install reads nothing but its manifests, and layer {run.facts.layer} holds no file of the COPY",
        "R11",
    )


def _target(file: str, source: str, copy: Copy) -> str:
    relative = posixpath.relpath(file, source) if source else file
    return resolve(relative, copy.destination)


def _added(
    elements: Sequence[Element], added: Mapping[int, Sequence[tuple[str, ...]]]
) -> tuple[list[Element], dict[int, tuple[str, ...]]]:
    """The list with COPYs of manifests in it, and the files of each by its position.

    Each install has COPYs of its own, for what the ones above have not copied yet: so a change of one's
    manifests is none of the other's.
    """
    result: list[Element] = []
    manifests: dict[int, tuple[str, ...]] = {}
    for element in elements:
        copied: set[str] = set()
        for files in added.get(element.index, ()):
            fresh = tuple(file for file in files if file not in copied)
            copied |= set(fresh)
            for directory, names in _by_directory(fresh, element).items():
                manifests[len(result)] = names
                result.append(_manifest_copy(element, names, directory))
        result.append(element)
    return result, manifests


def _known_pairs(
    elements: Sequence[Element],
    satisfied: Mapping[tuple[int, int], _Needed],
    manifests: dict[int, tuple[str, ...]],
    context: ContextFiles | None,
    profile: Builder,
) -> Pairs:
    """What is known of pairs that the general rules judge otherwise."""
    known: Pairs = {}
    crossing: dict[tuple[int, int], Independence] = {}
    for one, two in combinations(range(len(elements)), 2):
        first, second = elements[one], elements[two]
        pair = (first.index, second.index)
        if first.source is None and first.index == second.index:
            what = "manifests are copied in the order of their installs"
            if second.source is not None:
                what = "the rest overwrites the manifests"
            known[one, two] = Independence(Trust.REFUSED, what, "R10")
        elif pair in satisfied and context is not None and second.source is not None:
            if pair not in crossing:
                own = [at for at in manifests if elements[at].index == first.index]
                files = tuple(name for at in own for name in manifests[at])
                broad = next(
                    each for each in elements if each.index == first.index and each.source is not None
                )
                needed = replace(satisfied[pair], files=files)
                crossing[pair] = _crossing(broad, second, context, needed, profile)
            broad_itself = first.source is not None
            if broad_itself or _is_anothers(first, second, manifests[one], satisfied[pair]):
                known[one, two] = crossing[pair]
    return known


def _is_anothers(copied: Element, run: Element, files: Sequence[str], needed: _Needed) -> bool:
    """Whether a COPY of manifests is nothing to an install: it reads others, and writes none of them."""
    assert copied.copy is not None
    outputs = run.footprint.outputs if needed.outputs is None else needed.outputs
    return not set(files) & set(needed.files) and not outputs.meeting(copied.copy.writes)


def _by_directory(files: tuple[str, ...], broad: Element) -> dict[str, tuple[str, ...]]:
    """Files by their directory below what is copied: a COPY puts all of its files into one directory."""
    assert broad.copy is not None
    source = source_pattern(broad.copy.sources[0])
    found: dict[str, tuple[str, ...]] = {}
    for file in files:
        relative = posixpath.relpath(file, source) if source else file
        directory = posixpath.dirname(relative)
        found[directory] = (*found.get(directory, ()), file)
    return found


def manifest_copies(broad: Element, files: Sequence[str]) -> list[str]:
    """COPYs of these files, which a broad COPY has, as instructions; none where they cannot be written."""
    assert broad.copy is not None
    source = source_pattern(broad.copy.sources[0])
    inside = all(is_within(f"/{file}", f"/{source}" if source else "/") for file in files)
    if not inside or not all(map(_PLAIN.fullmatch, files)):
        return []
    found = _by_directory(tuple(files), broad)
    copies = [_manifest_copy(broad, names, directory) for directory, names in found.items()]
    return [f"{copy.keyword} {copy.text}" for copy in copies[:_MOST_DIRECTORIES]]


def _manifest_copy(broad: Element, names: tuple[str, ...], directory: str) -> Element:
    """The COPY of manifests, in the words of the broad one."""
    assert broad.copy is not None
    assert broad.source is not None
    written = broad.source.words[-1].text
    base = written.rstrip("/") or ("/" if written.startswith("/") else "")
    if base in (".", ""):
        target = f"{directory or '.'}/" if base == "." else f"/{directory}/" if directory else "/"
    else:
        target = f"{base}/{directory}/" if directory else f"{base}/"
    target = target.replace("//", "/")
    flags = "".join(f"{flag} " for flag in broad.copy.flags)
    destination = resolve(directory, broad.copy.destination)
    copied = replace(
        broad.copy,
        sources=names,
        destination=destination,
        into_directory=True,
        takes_directory=False,
        writes=Paths(frozenset(resolve(name.rpartition("/")[2], destination) for name in names)),
    )
    return replace(
        broad,
        keyword="COPY",
        source=None,
        line=0,
        text=f"{flags}{' '.join(names)} {target}",
        copy=copied,
        facts=_facts_of_some(broad.facts, copied.writes),
    )


def _facts_of_some(facts: LayerFacts | None, files: Paths) -> LayerFacts | None:
    """What the layer of a COPY would hold, were it of some of its files; None unless it holds all of them."""
    if facts is None or not files.roots <= facts.written:
        return None
    above = frozenset(each for file in files.roots for each in ancestors(file))
    return replace(facts, written=files.roots, made=facts.made & above, special=facts.special & above)
