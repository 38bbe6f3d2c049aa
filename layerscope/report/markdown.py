"""The report as Markdown (GitHub's dialect): what a pull request comment or a job summary shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from layerscope.analysis.analyze import Analysis, LayerAnalysis
from layerscope.report.attribution import ecosystems, largest_unowned
from layerscope.report.costliest import costliest
from layerscope.report.finding_words import (
    SEVERITY_WORD,
    actionable,
    base_text,
    base_waste,
    build_text,
    bytes_text,
    dockerfile_place,
    dockerfile_text,
    finding_counts,
    finding_title,
    grouped,
    location_instruction,
    location_paths,
    note_paths,
    note_place,
    notes,
    package_name,
    rest_text,
    role_text,
    shortest,
)
from layerscope.report.markdown_text import code_span, dockerfile_block, markdown_table, table_cell
from layerscope.report.masking import masked
from layerscope.report.model import totals
from layerscope.report.printable import printable
from layerscope.report.units import count, percent, plural, size
from layerscope.report.words import (
    CAUSE_MEANING,
    NOTICE_WORD,
    costly_name,
    incomplete_layers,
    instruction_text,
    layer_list,
    notice_text,
    verified_text,
)
from layerscope.rules.finding import Finding

__all__ = ["markdown_report"]

_FEW_PACKAGES = 5
_FEW_UNOWNED = 3


def markdown_report(
    analysis: Analysis, findings: Sequence[Finding] | None, *, top: int = 10, fold: bool = True
) -> str:
    """The whole report: a title, a few lines with the figures, the findings, and tables.

    At most `top` findings, notes and paths each; `findings` is None where no rule was asked.
    """
    blocks = [_title(analysis), _summary(analysis, findings)]
    blocks += [*_findings(findings or (), top), *_notes(findings or (), top), _layers(analysis)]
    if analysis.ledger.wasted_bytes:
        blocks.append(_causes(analysis))
        if findings is None or not fold:
            blocks.append(_paths(analysis, top, fold=fold))
    if analysis.packages.packages:
        blocks.append(_packages(analysis, top))
    if analysis.notices:
        blocks.append("### Notices\n\n" + "\n".join(_notices(analysis)))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _title(analysis: Analysis) -> str:
    image = analysis.image
    return "## " + code_span(printable(image.tags[0] if image.tags else image.reference))


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
        lines.append(f"Base image: {code_span(base)}.")
    if analysis.base.layers:
        own = f"{size(sums.own_stored_bytes)} stored, {size(sums.own_wasted_bytes)} made waste by them"
        lines[-1] += f" {base_waste(analysis)}."
        lines.append(f"Your layers: {own}.")
    if analysis.image.dockerfile is not None:
        lines.append(f"Lines of the Dockerfile: {code_span(dockerfile_text(analysis))}.")
    if findings is not None:
        lines.append(f"Findings: {finding_counts(findings, sums.stored_bytes)}.")
    incomplete = incomplete_layers(analysis)
    if incomplete:
        lines.append(f"**Partial:** {layer_list(incomplete)} could not be read in full.")
    return "\n".join(lines)


def _layers(analysis: Analysis) -> str:
    """The table of layers, folded away: what to do stands in the findings."""
    known = analysis.image.dockerfile is not None
    rows = (
        (
            str(analyzed.layer.index) + (" (base)" if analyzed.layer.index < analysis.base.layers else ""),
            *([_line(analyzed)] if known else []),
            table_cell(instruction_text(analyzed)),
            size(analyzed.reading.changeset.content_bytes),
            size(analyzed.reading.compressed_bytes),
            f"+{count(analyzed.changes.added)} ~{count(analyzed.changes.modified)} "
            f"-{count(analyzed.changes.removed)}",
            size(analyzed.wasted_bytes),
            size(analyzed.hidden_bytes),
        )
        for analyzed in analysis.layers
    )
    header = ("#", *(["Line"] if known else []), "Instruction", "Size", "Blob", "Paths", "Wasted", "Hides")
    table = markdown_table(header, "r" + "r" * known + "lrrrrr", rows)
    return f"<details><summary>Layers, from the base up</summary>\n\n{table}\n\n</details>"


def _line(analyzed: LayerAnalysis) -> str:
    lines = analyzed.layer.instruction.lines if analyzed.layer.instruction else None
    return code_span(dockerfile_place(lines)) if lines else ""


def _findings(findings: Sequence[Finding], top: int) -> Iterator[str]:
    """A paragraph, a list of places and a fix each: a command that is to be copied fits no table's cell."""
    found = actionable(findings)
    shown = shortest(found, top)
    if not found:
        return
    yield "### Findings (errors first, then most bytes; one fix, one group)"
    for group in grouped(shown):
        for alike in group:
            freed = sum(finding.freed_bytes for finding in alike)
            what = f"{size(freed)}, " * (freed > 0) + SEVERITY_WORD[alike[0].severity]
            rule = f"{alike[0].rule_id} `{alike[0].name}`"
            yield f"**{what}** {rule}: {code_span(finding_title(alike[0]))}"
            places = [place for finding in alike for place in _places(finding)]
            if places:
                yield "\n".join(places)
        fix = group[0][0].fix
        yield f"Fix: {printable(fix.text)}"
        if fix.example:
            yield dockerfile_block(masked(fix.example))
    yield from _rest(found, shown, "finding")


def _places(finding: Finding) -> Iterator[str]:
    """The role, the lines in the Dockerfile, the instruction, and the paths."""
    for location in finding.locations:
        place = dockerfile_place(location.lines)
        parts = [
            role_text(location),
            code_span(place) if place else "",
            code_span(location_instruction(location)),
        ]
        yield "- " + " ".join(filter(None, parts))
        yield from (f"  - {code_span(path)}" for path in location_paths(location))
    if build_text(finding.build):
        yield f"- {build_text(finding.build)}"


def _notes(findings: Sequence[Finding], top: int) -> Iterator[str]:
    found = notes(findings)
    shown = shortest(found, top)
    rows = (
        (
            bytes_text(finding.freed_bytes),
            f"{finding.rule_id} `{finding.name}`: {table_cell(printable(finding.message))}",
            "<br>".join(map(table_cell, note_paths(finding))),
            table_cell(note_place(finding)) if note_place(finding) else "",
        )
        for finding in shown
    )
    if not found:
        return
    yield "### Notes (worth knowing; often right as they are)"
    yield markdown_table(("Bytes", "Note", "Paths", "Where"), "rlll", rows)
    yield from _rest(found, shown, "note")


def _rest(found: Sequence[Finding], shown: Sequence[Finding], noun: str) -> Iterator[str]:
    rest = rest_text(found, shown, noun)
    if rest is not None:
        rest_bytes, text = rest
        yield (
            f"{text}: {size(rest_bytes)}, `--top {len(found)}`"
            if rest_bytes
            else f"{text}: `--top {len(found)}`"
        )


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
            table_cell(package_name(package)),
            f"layer {package.added_in}: {table_cell(instruction_text(analysis.layers[package.added_in]))}",
        )
        for package in table.packages[: min(top, _FEW_PACKAGES)]
    ]
    rows += [
        (
            size(file.bytes),
            "none",
            table_cell(file.path),
            f"layer {file.layer}: {table_cell(instruction_text(analysis.layers[file.layer]))}",
        )
        for file in largest_unowned(analysis, min(top, _FEW_UNOWNED))
    ]
    return "### Packages\n\n" + markdown_table(
        ("Bytes", "Ecosystem", "Package, or file of none", "Since"), "rlll", rows
    )


def _causes(analysis: Analysis) -> str:
    ledger = analysis.ledger
    rows = (
        (f"`{cause}`", size(wasted), percent(wasted, ledger.wasted_bytes), CAUSE_MEANING[cause])
        for cause, wasted in ledger.by_cause.items()
        if wasted
    )
    return "### Waste by cause\n\n" + markdown_table(
        ("Cause", "Bytes", "Share", "What it means"), "lrrl", rows
    )


def _paths(analysis: Analysis, top: int, *, fold: bool) -> str:
    rows = [
        (
            size(row.bytes),
            table_cell(costly_name(row)),
            _layer(analysis.layers[row.written_in]),
            _layer(analysis.layers[row.hidden_in]),
            str(row.cause),
        )
        for row in costliest(analysis, top, fold=fold)
    ]
    if not rows:
        return ""
    return "### Costliest wasted paths\n\n" + markdown_table(
        ("Bytes", "Path", "Stored by", "Hidden by", "Cause"), "rllll", rows
    )


def _layer(analyzed: LayerAnalysis) -> str:
    parts = (f"layer {analyzed.layer.index}", _line(analyzed), table_cell(instruction_text(analyzed)))
    return " ".join(filter(None, parts))


def _notices(analysis: Analysis) -> Iterator[str]:
    for notice in analysis.notices:
        yield f"- **{NOTICE_WORD[notice.severity]}** {code_span(notice_text(notice))}"
