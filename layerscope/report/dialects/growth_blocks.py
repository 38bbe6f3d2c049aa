"""What grew, as blocks of Markdown: by instruction, package, directory and file, the base image apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from layerscope.analysis.growth import FileGrowth, Growth, GrowthTable, InstructionGrowth, PackageGrowth
from layerscope.report.markdown_text import code_span, markdown_table, table_cell
from layerscope.report.masking import masked
from layerscope.report.printable import path_text, printable
from layerscope.report.units import plural, signed_size, size

__all__ = ["growth_blocks"]

_MOST_ROWS = 10


def growth_blocks(growth: Growth, *, most: int = _MOST_ROWS) -> Iterator[str]:
    """A heading with the sums, and a table of at most `most` rows for each view that has some; each block can
    stand alone."""
    yield f"#### What changed since {code_span(printable(masked(growth.before_name)))}\n\n{_sums(growth)}"
    whose = "your layers" if growth.base_apart else "all layers"
    yield from _table(f"By instruction, {whose}", growth.instructions, "Instruction", _instruction, most)
    yield from _table("By package", growth.packages, "Package", _package, most)
    yield from _table("By package of the base image", growth.base_packages, "Package", _package, most)
    yield from _folded(_table(f"By directory, {whose}", growth.directories, "Directory", _directory, most))
    yield from _folded(_table(f"By file, {whose}", growth.files, "File", _file, most))


def _sums(growth: Growth) -> str:
    own = f"{signed_size(growth.own.grown)} stored by {'your' if growth.base_apart else 'all'} layers"
    base = f", {signed_size(growth.base.grown)} by the base image" if growth.base_apart else ""
    wasted = signed_size(growth.wasted.grown)
    return f"**{own}{base}**; {wasted} wasted, {signed_size(growth.compressed.grown)} of blobs."


def _table(title: str, table: GrowthTable[Any], name: str, cell: Any, most: int) -> Iterator[str]:
    changed = [row for row in table.rows if row.grown]
    if not changed:
        return
    rows = [
        (signed_size(row.grown), size(row.before_bytes), size(row.after_bytes), *cell(row))
        for row in changed[:most]
    ]
    others = table.others + sum(row.grown for row in changed[most:])
    number = table.others_count + len(changed[most:])
    if others or number:
        rows.append((signed_size(others), "", "", plural(number, "other") if number else "others", ""))
    header = ("Change", "Before", "Now", name, "Since")
    yield f"{title}\n\n{_trimmed(header, rows)}"


def _trimmed(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """The table, without its last column where that is empty."""
    used = len(header) if any(row[-1] for row in rows) else len(header) - 1
    return markdown_table(header[:used], "rrrll"[:used], [row[:used] for row in rows])


def _folded(blocks: Iterator[str]) -> Iterator[str]:
    for block in blocks:
        title, _, table = block.partition("\n\n")
        yield f"<details><summary>{title}</summary>\n\n{table}\n\n</details>"


def _instruction(row: InstructionGrowth) -> tuple[str, str]:
    gone = "" if row.after is not None or row.after_layer is not None else "gone: "
    text = row.after if row.after is not None else row.before
    shown = printable(masked(text)) if text else "(instruction unknown)"
    layer = row.after_layer if row.after_layer is not None else row.before_layer
    return gone + table_cell(shown), "" if layer is None else f"layer {layer}"


def _package(row: PackageGrowth) -> tuple[str, str]:
    before, after = (",".join(versions) for versions in (row.before_versions, row.after_versions))
    both = before and after and before != after
    versions = f"{before} to {after}" if both else after or before
    state = "" if after and before else "new: " if after else "gone: "
    if not row.exact:
        state = ""
    name = printable(" ".join(filter(None, (row.ecosystem, row.name, versions))))
    return state + table_cell(name), _since(row.layer, row.instruction)


def _directory(row: Any) -> tuple[str, str]:
    name = path_text(row.path) + "/" if row.path else "/"
    return table_cell(name) + (" (the rest of it)" if row.partial else ""), ""


def _file(row: FileGrowth) -> tuple[str, str]:
    return table_cell(path_text(row.path)), _since(row.layer, row.instruction)


def _since(layer: int | None, instruction: str) -> str:
    parts = (
        "" if layer is None else f"layer {layer}",
        instruction and table_cell(printable(masked(instruction))),
    )
    return " ".join(filter(None, parts))
