"""A COPY of a part of the project, in front of an install that does not read it.

Where manifests are copied apart already, but below sources (`COPY src src`, `COPY package.json ./`, `RUN npm
ci`), nothing has to be split: the install reads a closed set of files (`manifests.py`), and may go above a
directory that has none of them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import replace

from layerscope.advice.context import ContextFiles, source_pattern
from layerscope.advice.elements import Element
from layerscope.advice.footprint import Install
from layerscope.advice.graph import Pairs
from layerscope.advice.independence import Independence, Trust, independence
from layerscope.advice.manifests import Manifests, manifests_of
from layerscope.advice.paths import Paths, is_within, resolve
from layerscope.dockerfile.builders import Builder

__all__ = ["parts_and_installs"]

_Closed = tuple[Install, str, Manifests]
"""An install, the directory of the context that stands for the one it runs in, and what it reads."""


def parts_and_installs(elements: Sequence[Element], context: ContextFiles | None, profile: Builder) -> Pairs:
    """Pairs of a COPY and an install below it that may change places, as the install reads nothing of it."""
    known: Pairs = {}
    if context is None:
        return known
    for place, run in enumerate(elements):
        installs = run.footprint.installs
        if run.keyword != "RUN" or not run.footprint.known or not installs or run.mount_sources:
            continue
        earlier = elements[:place]
        closed = [_closed(install, earlier, context) for install in installs]
        sets = [each for each in closed if each is not None]
        if len(sets) < len(installs):
            continue
        for at, copied in enumerate(earlier):
            if all(_is_apart(copied, each, context) for each in sets):
                found = independence(copied, _knowing(run, sets), profile)
                if found.trust is not Trust.REFUSED:
                    known[at, place] = _judged(found, sets)
    return known


def _closed(install: Install, earlier: Sequence[Element], context: ContextFiles) -> _Closed | None:
    """The files that an install reads, and the directory of the context that stands for its own."""
    prefixes = set(_prefixes(install, earlier, context))
    if len(prefixes) != 1 or not install.directory:
        return None
    prefix = prefixes.pop()
    found = manifests_of(install, context, prefix)
    return None if found.refusal or not found.files else (install, prefix, found)


def _prefixes(install: Install, earlier: Sequence[Element], context: ContextFiles) -> Iterator[str]:
    """Where the files lie in the context that are copied into the directory of an install."""
    for element in earlier:
        copy = element.copy
        if copy is None or not copy.from_context or copy.destination != install.directory:
            continue
        for source in copy.sources:
            yield from (posixpath.dirname(file) for file in context.below(source))


def _is_apart(copied: Element, closed: _Closed, context: ContextFiles) -> bool:
    """Whether a COPY takes a directory to the place that it has in the project, and no manifest in it."""
    install, prefix, found = closed
    copy = copied.copy
    if copy is None or copied.source is None or not copy.is_broad or not copy.takes_directory:
        return False
    if copy.destination == install.directory or not is_within(copy.destination, install.directory):
        return False
    relative = posixpath.relpath(copy.destination, install.directory)
    in_place = source_pattern(copy.sources[0]) == posixpath.normpath(posixpath.join(prefix, relative))
    return in_place and not context.below(copy.sources[0]) & set(found.files)


def _knowing(run: Element, sets: Sequence[_Closed]) -> Element:
    """The install with what its manifests tell: it reads these, and nothing else of its directory."""
    footprint = run.footprint
    outputs = footprint.outputs
    if all(found.outputs is not None for _, _, found in sets):
        outputs = Paths(
            frozenset(
                resolve(posixpath.relpath(output, prefix) if prefix else output, install.directory)
                for install, prefix, found in sets
                for output in found.outputs or ()
            )
        )
    inputs = footprint.inputs.without(install.directory for install, _, _ in sets)
    return replace(run, footprint=replace(footprint, inputs=inputs, outputs=outputs))


def _judged(found: Independence, sets: Sequence[_Closed]) -> Independence:
    certain = all(each.certain for _, _, each in sets)
    trust = min(found.trust, Trust.EVIDENCE if certain else Trust.UNVERIFIED)
    return Independence(trust, "the install reads nothing but its manifests", "R11")
