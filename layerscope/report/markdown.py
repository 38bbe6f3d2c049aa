"""The report as Markdown (GitHub's dialect): what a pull request comment or a job summary shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from layerscope.analysis.analyze import Analysis
from layerscope.report.costliest import costliest
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

__all__ = ["markdown_report"]

_INSTRUCTION_LENGTH = 120


def markdown_report(analysis: Analysis, *, top: int = 10, fold: bool = True) -> str:
    """The whole report: a title, a sentence with the figures, and tables."""
    blocks = [_title(analysis), _summary(analysis), _layers(analysis)]
    if analysis.ledger.wasted_bytes:
        blocks += [_causes(analysis), _paths(analysis, top, fold=fold)]
    if analysis.notices:
        blocks.append("### Notices\n\n" + "\n".join(_notices(analysis)))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _title(analysis: Analysis) -> str:
    image = analysis.image
    return "## " + _code(printable(image.tags[0] if image.tags else image.reference))


def _summary(analysis: Analysis) -> str:
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
    incomplete = incomplete_layers(analysis)
    if incomplete:
        lines.append(f"**Partial:** {layer_list(incomplete)} could not be read in full.")
    return "\n".join(lines)


def _layers(analysis: Analysis) -> str:
    rows = (
        (
            str(analyzed.layer.index),
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
