"""What images share and what they could, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.sharing_types import Sharing
from layerscope.report.markdown_text import code_span, markdown_table, table_cell
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
from layerscope.report.units import count, plural, size
from layerscope.report.words import NOTICE_WORD, notice_text

__all__ = ["sharing_markdown"]

_WIDEST_MATRIX = 20


def sharing_markdown(sharing: Sharing, *, top: int = 10) -> str:
    """All of it; at most `top` layers, relations and files each."""
    blocks = ["## What the images share", "\n".join(_summary(sharing)), _images(sharing)]
    blocks += [*_shared(sharing, top), *_matrix(sharing), *_relations(sharing, top), *_files(sharing, top)]
    if sharing.notices:
        blocks.append("### Notices\n\n" + "\n".join(_notices(sharing)))
    return "\n\n".join(blocks) + "\n"


def _summary(sharing: Sharing) -> Iterator[str]:
    for label, text in summary(sharing):
        yield f"- **{label}**: {text}." if label else f"- {text}."
    if not sharing.complete:
        yield "- **partial**: not all layers could be read; the figures cover the rest."


def _images(sharing: Sharing) -> str:
    rows = (
        (
            str(image.number),
            table_cell(shared_image_name(sharing, image)),
            str(len(image.layers)),
            size(image.blob_bytes),
            size(image.unique_blob_bytes),
            size(image.content_bytes),
            size(image.unique_content_bytes),
        )
        for image in sharing.images
    )
    header = ("#", "Image", "Layers", "Blobs", "Its own alone", "Contents", "Its own alone")
    return "### Images\n\n" + markdown_table(header, "rlrrrrr", rows)


def _shared(sharing: Sharing, top: int) -> Iterator[str]:
    layers = shared_layers(sharing)
    rows = (
        (
            size(layer.content_bytes),
            count(len(layer.images)),
            count(len(layer.blobs)),
            count(layer.chains),
            table_cell(layer_instruction(layer)),
        )
        for layer in layers[:top]
    )
    if layers:
        header = ("Size", "Images", "Blobs", "Times on disk", "Instruction")
        yield "### Shared layers\n\n" + markdown_table(header, "rrrrl", rows)


def _matrix(sharing: Sharing) -> Iterator[str]:
    number = len(sharing.images)
    if 1 < number <= _WIDEST_MATRIX:
        header = ("", *map(str, range(number)))
        rows = ((f"**{row}**", *map(overlap_text, cells)) for row, cells in enumerate(sharing.matrix))
        table = markdown_table(header, "r" * (number + 1), rows)
        yield f"<details><summary>Blobs in common of each two images</summary>\n\n{table}\n\n</details>"


def _relations(sharing: Sharing, top: int) -> Iterator[str]:
    if not sharing.relations:
        return
    yield "### What could be shared and is not"
    for relation in sharing.relations[:top]:
        lines = [f"**{savings_text(relation.savings)}**: {relation_title(relation)}", ""]
        lines += [f"- {code_span(line.strip())}" for line in relation_details(sharing, relation)]
        lines += ["", *(f"Fix: {REMEDY_TEXT[remedy]}." for remedy in relation.remedies)]
        yield "\n".join(lines)
    rest = len(sharing.relations) - top
    if rest > 0:
        yield f"And {count(rest)} more: `--top {len(sharing.relations)}`."


def _files(sharing: Sharing, top: int) -> Iterator[str]:
    files = sharing.files
    if not files.repeated:
        return
    rows = (
        (size(repeated.repeated_bytes), table_cell(repeated_text(repeated)))
        for repeated in files.repeated[:top]
    )
    title = "### Files repeated across images, outside shared layers"
    total = f"{plural(files.repeated_contents, 'content')}, {size(files.repeated_bytes)} more than once."
    yield f"{title}\n\n{total}\n\n{markdown_table(('Bytes', 'What and where'), 'rl', rows)}"


def _notices(sharing: Sharing) -> Iterator[str]:
    for image, notice in sharing.notices:
        where = "" if image is None else f"image {image}: "
        yield f"- **{NOTICE_WORD[notice.severity]}** {where}{code_span(notice_text(notice))}"
