"""From a verdict to what every dialect tells of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerscope.gate.verdict import Decision, Verdict
from layerscope.gate.waivers import WaiverState
from layerscope.oci.reference import split_transport
from layerscope.report.dialects.growth_blocks import growth_blocks
from layerscope.report.dialects.outcome import Figure, Outcome, Place, SourceTree, State, Told, numbered
from layerscope.report.dialects.results import result_outcome
from layerscope.report.masking import masked
from layerscope.report.printable import printable, shortened
from layerscope.report.words import notice_text
from layerscope.rules.finding import Severity

__all__ = ["told"]

_MOST_CHARACTERS = 300
"""Of a name."""

_FIGURES = (
    ("contents of all layers", "stored_bytes"),
    ("of them in your layers", "own_stored_bytes"),
    ("of them in the base image", "base_stored_bytes"),
    ("wasted", "wasted_bytes"),
    ("of it made waste by your layers", "own_wasted_bytes"),
    ("blobs, as they are stored where they were read", "compressed_bytes"),
)

_GONE = {
    WaiverState.UNUSED: "excuses nothing any more: it can go",
    WaiverState.LAPSED: "is over and excuses nothing any more: it can go",
}


def told(verdict: Verdict, tree: SourceTree) -> Told:
    """All that a dialect says of the verdict; paths are from the root of `tree`."""
    outcomes = [*_undecided(verdict, tree)]
    outcomes += [
        result_outcome(result, tree, _fallback(verdict, tree, is_budget=result.measured is not None))
        for result in verdict.results
    ]
    image = verdict.image
    growth = verdict.growth
    return Told(
        image=_name(image.name),
        platform=_name(image.platform),
        repository=_repository(image.tags),
        passed=verdict.decision is Decision.PASSED,
        outcomes=numbered(outcomes),
        figures=tuple(_figures(verdict)),
        notices=tuple(_notices(verdict)),
        created=image.created,
        changed=growth is not None and not growth.is_nothing,
        growth=() if growth is None or growth.is_nothing else tuple(growth_blocks(growth)),
        next_command=printable(masked(verdict.next_command)),
    )


def _name(text: str) -> str:
    return printable(shortened(text, _MOST_CHARACTERS))


def _repository(tags: tuple[str, ...]) -> str:
    """The first tag's name without the tag, which differs from build to build: `localhost:5000/app`."""
    name = tags[0].partition("@")[0] if tags else ""
    return _name(re.sub(r":[^:/]*$", "", name))


def _undecided(verdict: Verdict, tree: SourceTree) -> Iterator[Outcome]:
    if verdict.undecided:
        yield Outcome(
            rule_id="layerscope",
            rule_name="image-not-read",
            state=State.BROKEN,
            severity=Severity.ERROR,
            headline=shortened(printable(masked(verdict.undecided)), 2 * _MOST_CHARACTERS),
            details=("the gate decides nothing about what it could not read",),
            places=(_fallback(verdict, tree, is_budget=False),),
        )


def _fallback(verdict: Verdict, tree: SourceTree, *, is_budget: bool) -> Place:
    """Where to look when no line is known: where a budget is written, the Dockerfile, or the image itself."""
    image = verdict.image
    files = [image.dockerfile, _file(image.reference)]
    if is_budget:
        files[:0] = verdict.configuration[:1]
    return Place(tree.path(next(filter(None, files))))


def _file(reference: str) -> str:
    """The path of a reference, without its transport and the name of an image in it."""
    transport, rest = split_transport(reference)
    if not transport:
        return "image" if reference in ("", "-") else reference
    drive = rest[:2] if rest[1:2] == ":" else ""
    return drive + rest[len(drive) :].partition(":")[0] or reference


def _figures(verdict: Verdict) -> Iterator[Figure]:
    now = verdict.totals
    if now is None:
        return
    before = verdict.growth.before if verdict.growth else None
    for label, key in _FIGURES:
        yield Figure(label, key, getattr(now, key), getattr(before, key) if before else None)
    yield Figure("layers", "layers", now.layers, before.layers if before else None, is_bytes=False)


def _notices(verdict: Verdict) -> Iterator[str]:
    yield from map(notice_text, verdict.notices)
    for use in verdict.waivers:
        if use.state in _GONE:
            waiver = use.waiver
            where = f" ({waiver.origin})" if waiver.origin else ""
            yield _name(f"the waiver of {waiver.rule_id} by {waiver.owner}{where} {_GONE[use.state]}")
