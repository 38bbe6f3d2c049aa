"""What images share and what they could, for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from layerscope.analysis.sharing_types import Relation, Sharing
from layerscope.report.fit import MiddleCut
from layerscope.report.rendering import rendered, section
from layerscope.report.sharing_words import (
    REMEDY_TEXT,
    layer_instruction,
    overlap_text,
    relation_details,
    relation_title,
    repeated_text,
    savings_text,
    shared_image_name,
    shared_layers,
    summary,
)
from layerscope.report.text_options import TextOptions
from layerscope.report.units import count, plural, size
from layerscope.report.words import NOTICE_WORD, notice_text

__all__ = ["sharing_text"]

_CELL = 10
"""Columns of a cell of the matrix."""


def sharing_text(sharing: Sharing, options: TextOptions) -> str:
    """All of it; at most `options.top` layers, relations and files each."""
    return rendered(_parts(sharing, options), width=options.width, color=options.color)


def _parts(sharing: Sharing, options: TextOptions) -> Iterator[RenderableType]:
    yield _header(sharing)
    yield from section("Images", "(blobs as stored here; alone: what no other image has)")
    yield _images(sharing)
    yield from _shared(sharing, options)
    yield from _matrix(sharing, options)
    yield from _relations(sharing, options)
    yield from _files(sharing, options)
    yield from _notices(sharing)


def _header(sharing: Sharing) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in summary(sharing):
        table.add_row(label, Text(text))
    if not sharing.complete:
        table.add_row("partial", Text("not all layers could be read; the figures cover the rest", "bold red"))
    return table


def _images(sharing: Sharing) -> RenderableType:
    table = Table(box=None, padding=(0, 1, 0, 0), expand=True, header_style="dim", show_edge=False)
    for header in ("#", "layers", "blobs", "alone", "contents", "alone"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("image", no_wrap=True, ratio=1)
    for image in sharing.images:
        table.add_row(
            Text(str(image.number), style="bold"),
            str(len(image.layers)),
            size(image.blob_bytes),
            size(image.unique_blob_bytes),
            size(image.content_bytes),
            size(image.unique_content_bytes),
            MiddleCut(shared_image_name(sharing, image), style="" if image.complete else "red"),
        )
    return table


def _shared(sharing: Sharing, options: TextOptions) -> Iterator[RenderableType]:
    layers = shared_layers(sharing)
    if not layers:
        yield from section("No layer is shared")
        return
    yield from section("Shared layers", "(most bytes saved first)")
    table = Table(box=None, padding=(0, 1, 0, 0), expand=True, header_style="dim", show_edge=False)
    for header in ("size", "images", "blobs", "stored"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("instruction", no_wrap=True, ratio=1)
    for layer in layers[: options.top]:
        table.add_row(
            size(layer.content_bytes),
            count(len(layer.images)),
            count(len(layer.blobs)),
            f"{count(layer.chains)} x",
            MiddleCut(layer_instruction(layer)),
        )
    yield table
    if len(layers) > options.top:
        yield Text(f"and {count(len(layers) - options.top)} more", style="dim")


def _matrix(sharing: Sharing, options: TextOptions) -> Iterator[RenderableType]:
    """Blobs in common of each two images, where there is room for all."""
    number = len(sharing.images)
    if number < 2 or (number + 1) * (_CELL + 1) > options.width:
        return
    yield from section("In common", "(blobs; the diagonal is the image itself)")
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", show_edge=False)
    table.add_column("", justify="right", no_wrap=True, style="bold")
    for column in range(number):
        table.add_column(str(column), justify="right", no_wrap=True)
    for row, cells in enumerate(sharing.matrix):
        table.add_row(str(row), *map(overlap_text, cells))
    yield table


def _relations(sharing: Sharing, options: TextOptions) -> Iterator[RenderableType]:
    if not sharing.relations:
        yield from section("Nothing was found that should be shared and is not")
        return
    yield from section("What could be shared and is not", "(most saved in a registry first)")
    for relation in sharing.relations[: options.top]:
        yield Text(f"  {savings_text(relation.savings)}", style="bold yellow")
        yield from _relation(sharing, relation)
    rest = len(sharing.relations) - options.top
    if rest > 0:
        yield Text(f"and {count(rest)} more (--top)", style="dim")


def _relation(sharing: Sharing, relation: Relation) -> Iterator[RenderableType]:
    yield Text(f"    {relation_title(relation)}")
    yield from (MiddleCut(line, lead=" " * 6) for line in relation_details(sharing, relation))
    for remedy in relation.remedies:
        yield Padding(Text("Fix: " + REMEDY_TEXT[remedy]), (0, 0, 0, 4))


def _files(sharing: Sharing, options: TextOptions) -> Iterator[RenderableType]:
    files = sharing.files
    if not files.repeated:
        return
    legend = f"({plural(files.repeated_contents, 'content')}, {size(files.repeated_bytes)} more than once)"
    yield from section("Files repeated across images, outside shared layers", legend)
    for repeated in files.repeated[: options.top]:
        yield MiddleCut(repeated_text(repeated), lead=f"{size(repeated.repeated_bytes):>10}  ")


def _notices(sharing: Sharing) -> Iterator[RenderableType]:
    if not sharing.notices:
        return
    yield from section("Notices")
    for image, notice in sharing.notices:
        where = "" if image is None else f"image {image}: "
        yield Padding(Text(f"{NOTICE_WORD[notice.severity]}  {where}{notice_text(notice)}"), (0, 0, 0, 2))
