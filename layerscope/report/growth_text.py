"""What grew from one image to another, for people: by instruction, package, directory and file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from layerscope.analysis.growth import Growth, GrowthTable, InstructionGrowth, PackageGrowth
from layerscope.report.fit import MiddleCut
from layerscope.report.masking import masked
from layerscope.report.printable import path_text, printable
from layerscope.report.rendering import section
from layerscope.report.units import plural, signed_size

__all__ = ["growth_sections"]


def growth_sections(growth: Growth, top: int) -> Iterator[RenderableType]:
    """A section for each table that has rows, of at most `top` rows; what they do not tell is in one sum."""
    whose = "(your layers)" if growth.base_apart else "(all layers)"
    for title, legend, table, name in (
        ("Growth by instruction", whose, growth.instructions, _instruction),
        ("Growth by package", "", growth.packages, _package),
        ("Growth by package of the base image", "", growth.base_packages, _package),
        ("Growth by directory", whose, growth.directories, _directory),
        ("Growth by file", whose, growth.files, _file),
    ):
        yield from _table(title, legend, table, name, top)


def _table(title: str, legend: str, table: GrowthTable[Any], name: Any, top: int) -> Iterator[RenderableType]:
    changed = [row for row in table if row.grown]
    shown = changed[:top]
    if not shown:
        return
    yield from section(title, legend)
    for row in shown:
        yield MiddleCut(name(row), lead=_lead(row.grown))
    others = table.others + sum(row.grown for row in changed[top:])
    number = table.others_count + len(changed) - len(shown)
    if number or others:
        yield Text(_lead(others) + (plural(number, "other") if number else "others"), style="dim")


def _lead(grown: int) -> str:
    return f"{signed_size(grown):>10}  "


def _instruction(row: InstructionGrowth) -> str:
    text = row.after if row.after is not None else row.before
    gone = row.after is None and row.after_layer is None
    return ("gone: " if gone else "") + (printable(masked(text)) if text else "(instruction unknown)")


def _package(row: PackageGrowth) -> str:
    before, after = (",".join(versions) for versions in (row.before_versions, row.after_versions))
    versions = f"{before} to {after}" if before and after and before != after else after or before
    state = "" if not row.exact or (before and after) else "new: " if after else "gone: "
    by = f", by {printable(masked(row.instruction))}" if row.instruction else ""
    return state + printable(" ".join(filter(None, (row.ecosystem, row.name, versions)))) + by


def _directory(row: Any) -> str:
    return (path_text(row.path) if row.path else "") + "/" + (" (the rest of it)" if row.partial else "")


def _file(row: Any) -> str:
    return path_text(row.path)
