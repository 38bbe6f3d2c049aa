"""The sections of the text report that say who owns the bytes: findings, notes, packages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from layerscope.analysis.analyze import Analysis
from layerscope.report.attribution import ecosystems
from layerscope.report.finding_words import (
    SEVERITY_WORD,
    actionable,
    dockerfile_place,
    location_instruction,
    location_paths,
    note_place,
    notes,
    package_name,
    role_text,
    shortest,
)
from layerscope.report.fit import MiddleCut
from layerscope.report.printable import printable
from layerscope.report.units import plural, size
from layerscope.report.words import instruction_text
from layerscope.rules.finding import Finding, Severity

__all__ = ["finding_list", "note_list", "package_list"]

_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_INDENT = 12
_FEW_PACKAGES = 5


def finding_list(findings: Sequence[Finding], top: int) -> Iterator[RenderableType]:
    """Each finding that asks for action: what it is, where, and what to do; then the rest in one line."""
    found = actionable(findings)
    shown = shortest(found, top)
    for finding in shown:
        yield from _finding(finding)
    yield from _rest(found, shown, "finding")


def _finding(finding: Finding) -> Iterator[RenderableType]:
    head = Table.grid(padding=(0, 2, 0, 0))
    head.add_column(justify="right", min_width=_INDENT - 2, no_wrap=True)
    head.add_column()
    what = Text(f"{SEVERITY_WORD[finding.severity]:7}", style=_STYLE[finding.severity])
    what.append(f"  {finding.rule_id} {finding.name}: ", style="not bold dim")
    what.append(printable(finding.message), style="bold")
    head.add_row(Text(size(finding.freed_bytes)), what)
    yield head
    for location in finding.locations:
        place = dockerfile_place(location.lines)
        lead = f"{'':{_INDENT}}{role_text(location)}  " + (f"{place}  " if place else "")
        yield MiddleCut(location_instruction(location), lead=lead)
        for path in location_paths(location):
            yield MiddleCut(path, lead=" " * (_INDENT + 2))
    yield Padding(
        Text("fix: ", style="green").append(printable(finding.fix.text), style=""), (0, 0, 0, _INDENT)
    )
    for line in finding.fix.example.splitlines():
        # not cut: it is there to be copied
        yield Padding(Text(printable(line), style="green", overflow="fold"), (0, 0, 0, _INDENT + 5))


def note_list(findings: Sequence[Finding], top: int) -> Iterator[RenderableType]:
    """One line for each finding that is for information."""
    found = notes(findings)
    shown = shortest(found, top)
    for finding in shown:
        text = f"{finding.rule_id} {finding.name}: {printable(finding.message)}{note_place(finding)}"
        yield MiddleCut(text, lead=f"{size(finding.freed_bytes):>10}  ")
    yield from _rest(found, shown, "note")


def _rest(found: Sequence[Finding], shown: Sequence[Finding], noun: str) -> Iterator[RenderableType]:
    more = len(found) - len(shown)
    if more:
        rest = sum(finding.freed_bytes for finding in found) - sum(finding.freed_bytes for finding in shown)
        nouns = plural(more, f"more {noun}", f"more {noun}s")
        yield Text(f"{size(rest):>10}  {nouns}: --top {len(found)}", style="dim")


def package_list(analysis: Analysis, top: int) -> Iterator[RenderableType]:
    """Sums of each ecosystem and of what no package owns; then the largest few packages."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", min_width=_INDENT - 2, no_wrap=True)
    for _ in range(2):
        table.add_column(no_wrap=True)
    for name, sums in ecosystems(analysis).items():
        files = plural(sums.files, "file")
        table.add_row(
            size(sums.bytes), Text(name, style="bold"), f"{plural(sums.packages, 'package')}, {files}"
        )
    found = analysis.packages
    table.add_row(
        size(found.unowned_bytes),
        Text("none", style="bold"),
        f"{plural(found.unowned_files, 'file')} of no package",
    )
    yield table
    for package in found.packages[: min(top, _FEW_PACKAGES)]:
        layer = f"layer {package.added_in}"
        instruction = instruction_text(analysis.layers[package.added_in])
        yield MiddleCut(
            f"{package_name(package)} ({package.ecosystem}), since {layer}: {instruction}",
            lead=f"{size(package.content_bytes):>10}  ",
        )
