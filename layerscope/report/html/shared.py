"""The page about many images: what they share, as a matrix and as tables, and what they could share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from layerscope.analysis.sharing_types import Overlap, SharedImage, Sharing
from layerscope.report.html.assemble import assembled
from layerscope.report.printable import shortened
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
from layerscope.report.units import plural
from layerscope.report.words import NOTICE_WORD, notice_text

__all__ = ["Cell", "ImageRow", "LayerRow", "RelationView", "html_sharing"]

_WIDEST_MATRIX = 60
_MOST_ROWS = 100
_MOST_RELATIONS = 50
_MOST_NOTICES = 200
_TASKS = 3
_MOST_CHARACTERS = 300
_SHADES = 4


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One of the images."""

    number: int
    name: str
    layers: int
    blob_bytes: int
    unique_blob_bytes: int
    content_bytes: int
    unique_content_bytes: int
    partial: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """Two images. `shade` is from 0 to 4: how much of the smaller one's blobs the other one has, too."""

    text: str
    shade: int
    is_itself: bool
    title: str


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer that several images have."""

    content_bytes: int
    images: int
    blobs: int
    chains: int
    instruction: str


@dataclass(frozen=True, slots=True)
class RelationView:
    """Layers that could be one: what it saves, who they are, what to change."""

    title: str
    savings: str
    details: tuple[str, ...]
    remedies: tuple[str, ...]


def html_sharing(sharing: Sharing) -> bytes:
    """The page, in UTF-8."""
    relations = [_relation(sharing, number) for number in range(min(len(sharing.relations), _MOST_RELATIONS))]
    shared = shared_layers(sharing)
    return assembled(
        "sharing.html.j2",
        scripts=("theme.js",),
        title=plural(len(sharing.images), "image"),
        sharing=sharing,
        summary=list(summary(sharing)),
        images=[_image(sharing, image) for image in sharing.images],
        matrix=list(_matrix(sharing)) if 1 < len(sharing.images) <= _WIDEST_MATRIX else [],
        layers=list(_layers(sharing)),
        layers_left_out=max(len(shared) - _MOST_ROWS, 0),
        tasks=[(number, each) for number, each in enumerate(relations, 1)][:_TASKS],
        relations=relations,
        relations_left_out=len(sharing.relations) - len(relations),
        repeated=[
            (each.repeated_bytes, shortened(repeated_text(each), _MOST_CHARACTERS))
            for each in sharing.files.repeated[:_MOST_ROWS]
        ],
        notices=list(_notices(sharing)),
    )


def _image(sharing: Sharing, image: SharedImage) -> ImageRow:
    return ImageRow(
        number=image.number,
        name=shortened(shared_image_name(sharing, image), _MOST_CHARACTERS),
        layers=len(image.layers),
        blob_bytes=image.blob_bytes,
        unique_blob_bytes=image.unique_blob_bytes,
        content_bytes=image.content_bytes,
        unique_content_bytes=image.unique_content_bytes,
        partial=not image.complete,
    )


def _matrix(sharing: Sharing) -> Iterator[tuple[Cell, ...]]:
    for row, overlaps in enumerate(sharing.matrix):
        yield tuple(_cell(sharing, row, column, each) for column, each in enumerate(overlaps))


def _cell(sharing: Sharing, row: int, column: int, overlap: Overlap) -> Cell:
    smaller = min(sharing.images[row].blob_bytes, sharing.images[column].blob_bytes)
    ratio = overlap.blob_bytes / smaller if smaller else 0.0
    return Cell(
        text=overlap_text(overlap),
        shade=0 if row == column else min(_SHADES, round(ratio * _SHADES + 0.49)) if ratio else 0,
        is_itself=row == column,
        title=f"{plural(overlap.layers, 'layer')} in common",
    )


def _layers(sharing: Sharing) -> Iterator[LayerRow]:
    for layer in shared_layers(sharing)[:_MOST_ROWS]:
        yield LayerRow(
            content_bytes=layer.content_bytes,
            images=len(layer.images),
            blobs=len(layer.blobs),
            chains=layer.chains,
            instruction=shortened(layer_instruction(layer), _MOST_CHARACTERS),
        )


def _relation(sharing: Sharing, number: int) -> RelationView:
    relation = sharing.relations[number]
    return RelationView(
        title=relation_title(relation),
        savings=savings_text(relation.savings),
        details=tuple(
            shortened(line.strip(), _MOST_CHARACTERS) for line in relation_details(sharing, relation)
        ),
        remedies=tuple(REMEDY_TEXT[remedy] for remedy in relation.remedies),
    )


def _notices(sharing: Sharing) -> Iterator[tuple[str, str]]:
    for image, notice in sharing.notices[:_MOST_NOTICES]:
        where = "" if image is None else f"image {image}: "
        yield NOTICE_WORD[notice.severity], where + notice_text(notice)
    rest = len(sharing.notices) - _MOST_NOTICES
    if rest > 0:
        yield "note", f"and {plural(rest, 'more notice')}"
