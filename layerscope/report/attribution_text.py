"""The sections of the text report that say who owns the bytes: findings, notes, packages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from layerscope.analysis.analyze import Analysis
from layerscope.report.attribution import ecosystems, largest_unowned
from layerscope.report.finding_words import (
    SEVERITY_WORD,
    actionable,
    build_text,
    bytes_text,
    dockerfile_place,
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
from layerscope.report.fit import MiddleCut, Uncut
from layerscope.report.masking import masked
from layerscope.report.printable import printable
from layerscope.report.units import plural, size
from layerscope.report.words import instruction_text
from layerscope.rules.finding import Finding, Fix, Severity

__all__ = ["finding_list", "note_list", "package_list"]

_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_INDENT = 12
_FEW_PACKAGES = 5
_FEW_UNOWNED = 3


def finding_list(findings: Sequence[Finding], top: int, dash: str) -> Iterator[RenderableType]:
    """Each finding that asks for action: what it is, where, and what to do; then the rest in one line.

    Where several have the same fix it stands once, below the last of them. `dash` stands for no bytes.
    """
    found = actionable(findings)
    shown = shortest(found, top)
    for group in grouped(shown):
        for alike in group:
            yield _head(alike, dash)
            for finding in alike:
                yield from _where(finding)
        yield from _fix(group[0][0].fix)
    yield from _rest(found, shown, "finding", dash)


def _head(alike: Sequence[Finding], dash: str) -> RenderableType:
    finding = alike[0]
    what = Text(f"{SEVERITY_WORD[finding.severity]:7}", style=_STYLE[finding.severity])
    what.append(f"  {finding.rule_id} {finding.name}: ", style="not bold dim")
    what.append(finding_title(finding), style="bold")
    return _row(bytes_text(sum(each.freed_bytes for each in alike), dash), what)


def _row(left: str, text: Text) -> RenderableType:
    """A size and a text, which is wrapped and never cut."""
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(justify="right", min_width=_INDENT - 2, no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(left), text)
    return row


def _where(finding: Finding) -> Iterator[RenderableType]:
    for location in finding.locations:
        place = dockerfile_place(location.lines)
        lead = f"{'':{_INDENT}}{role_text(location)}  " + (f"{place}  " if place else "")
        yield MiddleCut(location_instruction(location), lead=lead)
        for path in location_paths(location):
            yield Padding(Text(path, overflow="fold"), (0, 0, 0, _INDENT + 2))
    if build_text(finding.build):
        yield Padding(Text(build_text(finding.build)), (0, 0, 0, _INDENT))


def _fix(fix: Fix) -> Iterator[RenderableType]:
    text = Text("fix: ", style="green").append(printable(fix.text), style="")
    yield Padding(text, (0, 0, 0, _INDENT))
    for line in masked(fix.example).splitlines():
        yield Uncut(" " * (_INDENT + 5) + printable(line), style="green")


def note_list(findings: Sequence[Finding], top: int, dash: str) -> Iterator[RenderableType]:
    """What is for information, in few words: what it is, which paths, and where it comes from."""
    found = notes(findings)
    shown = shortest(found, top)
    for finding in shown:
        text = Text(f"{finding.rule_id}  ", style="dim")
        text.append(printable(finding.message), style="not dim bold")
        paths, place = ", ".join(note_paths(finding)), note_place(finding)
        text.append(f"  {paths}" if paths else "", style="not dim")
        text.append(f"  ({place})" if place else "")
        text.append(f"  {build_text(finding.build)}" if build_text(finding.build) else "", style="not dim")
        yield _row(bytes_text(finding.freed_bytes, dash), text)
    yield from _rest(found, shown, "note", dash)


def _rest(
    found: Sequence[Finding], shown: Sequence[Finding], noun: str, dash: str
) -> Iterator[RenderableType]:
    rest = rest_text(found, shown, noun)
    if rest is not None:
        rest_bytes, text = rest
        yield _row(bytes_text(rest_bytes, dash), Text(f"{text}: --top {len(found)}", style="dim"))


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
    for file in largest_unowned(analysis, min(top, _FEW_UNOWNED)):
        instruction = instruction_text(analysis.layers[file.layer])
        yield MiddleCut(
            f"{printable(file.path)} (none), layer {file.layer}: {instruction}",
            lead=f"{size(file.bytes):>10}  ",
        )
