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
    dockerfile_place,
    dockerfile_text,
    finding_counts,
    finding_title,
    grouped,
    location_instruction,
    location_paths,
    notes,
    role_text,
)
from layerscope.report.model import Totals, totals
from layerscope.report.printable import printable, shortened
from layerscope.report.words import (
    CAUSE_MEANING,
    NOTICE_WORD,
    incomplete_layers,
    instruction_text,
    layer_list,
    notice_text,
    verified_text,
)
from layerscope.rules.finding import Finding, Location

__all__ = ["FindingView", "ImageView", "LayerView", "Place", "Task", "image_view"]

_TASKS = 3
_WHERE = 120
_SUMMARY = 300
"""Characters of an instruction in a row; the whole one can be opened."""


@dataclass(frozen=True, slots=True)
class LayerView:
    """A row of the timeline. `live_bytes` and `wasted_bytes` are what the layer stores."""

    index: int
    instruction: str
    whole_instruction: str
    """Empty where `instruction` has all of it."""
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

    layer: int
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
    fix: str
    example: str


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


@dataclass(frozen=True, slots=True)
class ImageView:
    """The whole page but for charts, files and what is compared."""

    title: str
    facts: tuple[tuple[str, str], ...]
    totals: Totals
    incomplete: str
    tasks: tuple[Task, ...]
    layers: tuple[LayerView, ...]
    findings: tuple[FindingView, ...]
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
    return ImageView(
        title=printable(image.tags[0] if image.tags else image.reference),
        facts=tuple((name, text) for name, text in _facts(analysis) if text),
        totals=sums,
        incomplete=_incomplete(analysis),
        tasks=tuple(_tasks(to_act_on)),
        layers=tuple(_layer(analyzed, analysis.base.layers) for analyzed in analysis.layers),
        findings=to_act_on,
        notes=tuple(_findings(notes(findings or ()))),
        findings_text="" if findings is None else finding_counts(findings, sums.stored_bytes),
        causes=tuple(
            (str(cause), CAUSE_MEANING[cause], bytes_)
            for cause, bytes_ in sorted(analysis.ledger.by_cause.items(), key=lambda item: -item[1])
            if bytes_
        ),
        notices=tuple((NOTICE_WORD[each.severity], notice_text(each)) for each in analysis.notices),
    )


def _facts(analysis: Analysis) -> Iterator[tuple[str, str]]:
    image = analysis.image
    yield "image", printable(image.reference)
    yield "tags", ", ".join(map(printable, image.tags))
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


def _layer(analyzed: LayerAnalysis, below: int) -> LayerView:
    layer, changes = analyzed.layer, analyzed.changes
    instruction = layer.instruction
    text = instruction_text(analyzed)
    error = layer.absent or analyzed.reading.error
    return LayerView(
        index=layer.index,
        instruction=shortened(text, _SUMMARY),
        whole_instruction=text if len(text) > _SUMMARY else "",
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
                layers=tuple(sorted({location.layer for location in locations})),
                places=tuple(map(_place, locations)),
                fix=printable(first.fix.text),
                example="\n".join(map(printable, first.fix.example.splitlines())),
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
        )
