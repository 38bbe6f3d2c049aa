"""What the page shows, as plain values: every text printable, every size in bytes.

The template escapes, formats sizes and draws; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerscope.analysis.analyze import Analysis, LayerAnalysis
from layerscope.report.finding_words import (
    SEVERITY_WORD,
    actionable,
    base_text,
    build_text,
    dockerfile_place,
    dockerfile_text,
    finding_counts,
    finding_title,
    grouped,
    location_instruction,
    location_paths,
    notes,
    role_text,
    seconds_text,
)
from layerscope.report.masking import masked
from layerscope.report.model import Totals, totals
from layerscope.report.printable import printable, shortened
from layerscope.report.units import plural
from layerscope.report.words import (
    CAUSE_MEANING,
    NOTICE_WORD,
    compression_methods,
    incomplete_layers,
    instruction_text,
    layer_list,
    notice_text,
    verified_text,
)
from layerscope.rules.finding import Finding, Location

__all__ = ["FindingView", "ImageView", "LayerView", "Place", "Task", "image_view"]

_TASKS = 3
_MOST_FINDINGS = 200
_MOST_PLACES = 20
_MOST_NOTICES = 500
_MOST_TAGS = 5000
"""Characters of all tags."""
_MOST_WHOLE = 2_000_000
"""Characters of instructions that are shown as a whole, all together: a history may have 64 MB."""
_WHERE = 120
_DAY = len("2026-11-26")
_SUMMARY = 300
"""Characters of an instruction in a row; the whole one can be opened."""


@dataclass(frozen=True, slots=True)
class LayerView:
    """A row of the timeline. `live_bytes` and `wasted_bytes` are what the layer stores."""

    index: int
    instruction: str
    whole_instruction: str
    """Empty where `instruction` has all of it; cut where all instructions together would be too much."""
    line: str
    in_base: bool
    live_bytes: int
    wasted_bytes: int
    hidden_bytes: int
    compressed_bytes: int
    added: int
    modified: int
    removed: int
    created: str
    diff_id: str
    error: str

    @property
    def stored_bytes(self) -> int:
        """Contents of the layer's files."""
        return self.live_bytes + self.wasted_bytes


@dataclass(frozen=True, slots=True)
class Place:
    """A layer that a finding names: what it has to do with it, and the paths there."""

    layer: int | None
    role: str
    line: str
    instruction: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding, or several of one rule, message and fix."""

    rule_id: str
    name: str
    severity: str
    title: str
    bytes: int
    layers: tuple[int, ...]
    places: tuple[Place, ...]
    more_places: int
    fix: str
    example: str
    saving: str = ""
    """What builds save."""
    seconds: str = ""
    """Of it, in short."""
    lines: tuple[int, ...] = ()
    """Of the Dockerfile, the first ones of instructions that it names."""


@dataclass(frozen=True, slots=True)
class Task:
    """One of the things worth doing."""

    anchor: str
    title: str
    where: str
    """The instruction that stores the bytes, and what is there."""
    fix: str
    bytes: int
    line: str
    seconds: str = ""


@dataclass(frozen=True, slots=True)
class ImageView:
    """The whole page but for charts, files and what is compared."""

    title: str
    what: str
    """In one line."""
    facts: tuple[tuple[str, str], ...]
    totals: Totals
    blobs: str
    """What the sum of the blobs' bytes is."""
    incomplete: str
    tasks: tuple[Task, ...]
    layers: tuple[LayerView, ...]
    findings: tuple[FindingView, ...]
    findings_left_out: int
    findings_left_out_bytes: int
    notes: tuple[FindingView, ...]
    findings_text: str
    """Empty where no rule was asked."""
    causes: tuple[tuple[str, str, int], ...]
    """Cause, what it means, bytes; those that have some."""
    notices: tuple[tuple[str, str], ...]


def image_view(analysis: Analysis, findings: Sequence[Finding] | None) -> ImageView:
    """Put the page's words together; `findings` is None where no rule was asked."""
    image, sums = analysis.image, totals(analysis)
    to_act_on = tuple(_findings(actionable(findings or ())))
    whole = max(_SUMMARY, _MOST_WHOLE // max(len(analysis.layers), 1))
    return ImageView(
        title=shortened(printable(image.tags[0] if image.tags else image.reference), _SUMMARY),
        what=_what(analysis),
        facts=tuple((name, text) for name, text in _facts(analysis) if text),
        totals=sums,
        blobs=_blobs(analysis),
        incomplete=_incomplete(analysis),
        tasks=tuple(_tasks(to_act_on)),
        layers=tuple(_layer(analyzed, analysis.base.layers, whole) for analyzed in analysis.layers),
        findings=to_act_on[:_MOST_FINDINGS],
        findings_left_out=max(len(to_act_on) - _MOST_FINDINGS, 0),
        findings_left_out_bytes=sum(finding.bytes for finding in to_act_on[_MOST_FINDINGS:]),
        notes=tuple(_findings(notes(findings or ())))[:_MOST_FINDINGS],
        findings_text="" if findings is None else finding_counts(findings, sums.stored_bytes),
        causes=tuple(
            (str(cause), CAUSE_MEANING[cause], bytes_)
            for cause, bytes_ in sorted(analysis.ledger.by_cause.items(), key=lambda item: -item[1])
            if bytes_
        ),
        notices=tuple(_notices(analysis)),
    )


def _what(analysis: Analysis) -> str:
    """`linux/amd64, created 2026-11-26, 8 layers; base: layers 0 to 3, debian:13, as given`."""
    image = analysis.image
    created = f"created {printable(image.created[:_DAY])}" if image.created else ""
    parts = (printable(image.platform), created, plural(len(analysis.layers), "layer"))
    base = f"; base: {base_text(analysis)}" if analysis.base.layers else ""
    return shortened(", ".join(filter(None, parts)) + base, _SUMMARY)


def _blobs(analysis: Analysis) -> str:
    methods, partly = compression_methods(analysis)
    if not methods:
        return "blobs, not compressed here"
    return f"compressed{' in part' if partly else ''}: blobs with {' and '.join(methods)}"


def _notices(analysis: Analysis) -> Iterator[tuple[str, str]]:
    for each in analysis.notices[:_MOST_NOTICES]:
        yield NOTICE_WORD[each.severity], notice_text(each)
    rest = len(analysis.notices) - _MOST_NOTICES
    if rest > 0:
        yield "note", f"and {plural(rest, 'more notice')}"


def _facts(analysis: Analysis) -> Iterator[tuple[str, str]]:
    image = analysis.image
    yield "image", printable(image.reference)
    yield "tags", shortened(", ".join(map(printable, image.tags)), _MOST_TAGS)
    yield "platform", printable(image.platform)
    yield "created", printable(image.created or "")
    yield "format", printable(image.format)
    yield "image ID", image.image_id or ""
    yield "digest", image.digest or ""
    yield "verified", verified_text(analysis)
    yield "base", base_text(analysis)
    yield "Dockerfile", dockerfile_text(analysis)


def _incomplete(analysis: Analysis) -> str:
    layers = incomplete_layers(analysis)
    if layers:
        return f"{layer_list(layers)} could not be read in full: all figures cover only what was read"
    return "" if analysis.complete else "the image is damaged: see the notices"


def _layer(analyzed: LayerAnalysis, below: int, whole: int) -> LayerView:
    layer, changes = analyzed.layer, analyzed.changes
    instruction = layer.instruction
    text = instruction_text(analyzed)
    error = layer.absent or analyzed.reading.error
    return LayerView(
        index=layer.index,
        instruction=shortened(text, _SUMMARY),
        whole_instruction=shortened(text, whole) if len(text) > _SUMMARY else "",
        line=dockerfile_place(instruction.lines) if instruction else "",
        in_base=layer.index < below,
        live_bytes=analyzed.reading.changeset.content_bytes - analyzed.wasted_bytes,
        wasted_bytes=analyzed.wasted_bytes,
        hidden_bytes=analyzed.hidden_bytes,
        compressed_bytes=analyzed.reading.compressed_bytes,
        added=changes.added,
        modified=changes.modified,
        removed=changes.removed,
        created=printable((instruction.created if instruction else "") or ""),
        diff_id=analyzed.diff_id or "",
        error=printable(str(error)) if error else "",
    )


def _findings(findings: Sequence[Finding]) -> Iterator[FindingView]:
    """One view for all of a rule, message and fix."""
    for group in grouped(findings):
        for alike in group:
            first = alike[0]
            locations = [location for finding in alike for location in finding.locations]
            yield FindingView(
                rule_id=first.rule_id,
                name=first.name,
                severity=SEVERITY_WORD[first.severity],
                title=finding_title(first),
                bytes=sum(finding.freed_bytes for finding in alike),
                layers=tuple(sorted({each.layer for each in locations if each.layer is not None})),
                places=tuple(map(_place, locations[:_MOST_PLACES])),
                more_places=max(len(locations) - _MOST_PLACES, 0),
                fix=printable(first.fix.text),
                example="\n".join(map(printable, masked(first.fix.example).splitlines())),
                saving=build_text(first.build) if len(alike) == 1 else "",
                seconds=seconds_text(first.build) if len(alike) == 1 else "",
                lines=tuple(dict.fromkeys(each.lines.first for each in locations if each.lines)),
            )


def _place(location: Location) -> Place:
    return Place(
        layer=location.layer,
        role=role_text(location),
        line=dockerfile_place(location.lines),
        instruction=shortened(location_instruction(location), _SUMMARY),
        paths=tuple(location_paths(location)),
    )


def _tasks(findings: Sequence[FindingView]) -> Iterator[Task]:
    """The first findings: errors, then most bytes."""
    for number, finding in enumerate(findings[:_TASKS], 1):
        lines = [place.line for place in finding.places if place.line]
        paths = [path for place in finding.places for path in place.paths]
        where = [place.instruction for place in finding.places][:1] + paths[:1]
        yield Task(
            anchor=f"finding-{number}",
            title=finding.title,
            where=": ".join(shortened(text, _WHERE) for text in where),
            fix=finding.fix,
            bytes=finding.bytes,
            line=lines[0] if lines else "",
            seconds=finding.seconds,
        )
