"""The report as Markdown (GitHub's dialect): what a pull request comment or a job summary shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from layerscope.analysis.analyze import Analysis
from layerscope.report.attribution import ecosystems
from layerscope.report.costliest import costliest
from layerscope.report.finding_words import (
    SEVERITY_WORD,
    actionable,
    base_text,
    dockerfile_place,
    finding_counts,
    location_instruction,
    location_paths,
    note_place,
    notes,
    package_name,
    role_text,
    shortest,
)
from layerscope.report.model import totals
from layerscope.report.printable import printable
from layerscope.report.units import count, percent, plural, size
from layerscope.report.words import (
    CAUSE_MEANING,
    HIDDEN_BY,
    costly_name,
    incomplete_layers,
    instruction_text,
    layer_list,
    notice_text,
    verified_text,
)
from layerscope.rules.finding import Finding, Location

__all__ = ["markdown_report"]

_INSTRUCTION_LENGTH = 120
_FEW_PACKAGES = 5


def markdown_report(
    analysis: Analysis, findings: Sequence[Finding] | None, *, top: int = 10, fold: bool = True
) -> str:
    """The whole report: a title, a few lines with the figures, and tables; at most `top` findings, notes and
    paths each. `findings` is None where no rule was asked."""
    blocks = [_title(analysis), _summary(analysis, findings), _layers(analysis)]
    blocks += [_findings(findings or (), top), _notes(findings or (), top)]
    if analysis.ledger.wasted_bytes:
        blocks += [_causes(analysis), _paths(analysis, top, fold=fold)]
    if analysis.packages.packages:
        blocks.append(_packages(analysis, top))
    if analysis.notices:
        blocks.append("### Notices\n\n" + "\n".join(_notices(analysis)))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _title(analysis: Analysis) -> str:
    image = analysis.image
    return "## " + _code(printable(image.tags[0] if image.tags else image.reference))


def _summary(analysis: Analysis, findings: Sequence[Finding] | None) -> str:
    sums = totals(analysis)
    if sums.wasted_bytes:
        share = percent(sums.wasted_bytes, sums.stored_bytes)
        waste = f"**{size(sums.wasted_bytes)} wasted** ({share} of {size(sums.stored_bytes)} stored)"
    elif not analysis.complete:
        waste = f"**No waste found in what could be read** ({size(sums.stored_bytes)} stored)"
    else:
        waste = f"**No wasted bytes** ({size(sums.stored_bytes)} stored)"
    lines = [f"{waste}, {size(sums.compressed_bytes)} of blobs, {plural(sums.layers, 'layer')}."]
    lines.append(f"Verified: {verified_text(analysis)}.")
    base = base_text(analysis)
    if base:
        lines.append(f"Base image: {_code(base)}.")
    if analysis.base.layers:
        own = f"{size(sums.own_stored_bytes)} stored, {size(sums.own_wasted_bytes)} made waste by them"
        lines.append(f"One's own layers: {own}.")
    if findings is not None:
        lines.append(f"Findings: {finding_counts(findings)}.")
    incomplete = incomplete_layers(analysis)
    if incomplete:
        lines.append(f"**Partial:** {layer_list(incomplete)} could not be read in full.")
    return "\n".join(lines)


def _layers(analysis: Analysis) -> str:
    rows = (
        (
            str(analyzed.layer.index) + (" (base)" if analyzed.layer.index < analysis.base.layers else ""),
            _code(instruction_text(analyzed)),
            size(analyzed.reading.changeset.content_bytes),
            size(analyzed.reading.compressed_bytes),
            f"+{count(analyzed.changes.added)} ~{count(analyzed.changes.modified)} "
            f"-{count(analyzed.changes.removed)}",
            size(analyzed.wasted_bytes),
        )
        for analyzed in analysis.layers
    )
    return _table(("#", "Instruction", "Size", "Blob", "Paths", "Wasted"), "rl" + "rrrr", rows)


def _findings(findings: Sequence[Finding], top: int) -> str:
    found = actionable(findings)
    shown = shortest(found, top)
    rows = (
        (
            size(finding.freed_bytes),
            SEVERITY_WORD[finding.severity],
            f"{finding.rule_id} `{finding.name}`: {_code(printable(finding.message))}",
            "<br>".join(map(_where, finding.locations)),
            "<br>".join(
                [
                    _words(finding.fix.text),
                    *(_code(printable(line)) for line in finding.fix.example.splitlines()),
                ]
            ),
        )
        for finding in shown
    )
    if not found:
        return ""
    table = _table(("Bytes", "Severity", "Finding", "Where", "Fix"), "rllll", rows)
    return "\n\n".join(["### Findings", table, *_rest(found, shown, "finding")])


def _where(location: Location) -> str:
    """The role, the place in the Dockerfile, the instruction, and the paths."""
    place = dockerfile_place(location.lines)
    parts = [role_text(location), _code(place) if place else "", _code(location_instruction(location))]
    return "<br>".join([" ".join(filter(None, parts)), *map(_code, location_paths(location))])


def _notes(findings: Sequence[Finding], top: int) -> str:
    found = notes(findings)
    shown = shortest(found, top)
    rows = (
        (
            size(finding.freed_bytes),
            f"{finding.rule_id} `{finding.name}`: {_code(printable(finding.message))}",
            note_place(finding).strip(" ()"),
        )
        for finding in shown
    )
    if not found:
        return ""
    table = _table(("Bytes", "Note", "Where"), "rll", rows)
    return "\n\n".join(["### Notes", table, *_rest(found, shown, "note")])


def _rest(found: Sequence[Finding], shown: Sequence[Finding], noun: str) -> list[str]:
    more = len(found) - len(shown)
    rest = sum(finding.freed_bytes for finding in found) - sum(finding.freed_bytes for finding in shown)
    return [f"{plural(more, f'more {noun}', f'more {noun}s')}, {size(rest)}."] if more else []


def _packages(analysis: Analysis, top: int) -> str:
    table = analysis.packages
    rows = [
        (size(sums.bytes), f"`{name}`", plural(sums.packages, "package"), "")
        for name, sums in ecosystems(analysis).items()
    ]
    rows.append((size(table.unowned_bytes), "none", plural(table.unowned_files, "file"), ""))
    rows += [
        (
            size(package.content_bytes),
            f"`{package.ecosystem}`",
            _code(package_name(package)),
            f"layer {package.added_in}: {_code(instruction_text(analysis.layers[package.added_in]))}",
        )
        for package in table.packages[: min(top, _FEW_PACKAGES)]
    ]
    return "### Packages\n\n" + _table(("Bytes", "Ecosystem", "Package", "Since"), "rlll", rows)


def _causes(analysis: Analysis) -> str:
    ledger = analysis.ledger
    rows = (
        (f"`{cause}`", size(wasted), percent(wasted, ledger.wasted_bytes), CAUSE_MEANING[cause])
        for cause, wasted in ledger.by_cause.items()
        if wasted
    )
    return "### Waste by cause\n\n" + _table(("Cause", "Bytes", "Share", "What it means"), "lrrl", rows)


def _paths(analysis: Analysis, top: int, *, fold: bool) -> str:
    rows = [
        (
            size(row.bytes),
            _code(costly_name(row)),
            f"layer {row.written_in}: {_code(instruction_text(analysis.layers[row.written_in]))}",
            f"{HIDDEN_BY[row.cause]} by layer {row.hidden_in}: "
            + _code(instruction_text(analysis.layers[row.hidden_in])),
        )
        for row in costliest(analysis, top, fold=fold)
    ]
    if not rows:
        return ""
    return "### Costliest wasted paths\n\n" + _table(
        ("Bytes", "Path", "Written by", "Hidden by"), "rlll", rows
    )


def _notices(analysis: Analysis) -> Iterator[str]:
    for notice in analysis.notices:
        yield f"- **{notice.severity}** {_code(notice_text(notice))}"


def _table(header: tuple[str, ...], alignment: str, rows: Iterable[tuple[str, ...]]) -> str:
    rules = ("---:" if column == "r" else "---" for column in alignment)
    lines = [header, tuple(rules), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _words(text: str) -> str:
    """A rule's own words, in which `code` may stand; nothing of an image is in them."""
    return printable(text).replace("|", "\\|")


def _code(text: str) -> str:
    """A code span that no text of an image can close; `|` is escaped, as tables want it.

    All text of an image stands in one: outside, `@name` would notify a person and `#1` link an issue.
    """
    if len(text) > _INSTRUCTION_LENGTH:
        text = text[: _INSTRUCTION_LENGTH * 2 // 3] + "..." + text[-_INSTRUCTION_LENGTH // 3 :]
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    blank = " " if text.startswith("`") or text.endswith("`") else ""
    return fence + blank + text.replace("|", "\\|") + blank + fence
