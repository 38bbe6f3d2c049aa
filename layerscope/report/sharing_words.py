"""The words that every output has for what images share, and what they could."""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.sharing_types import (
    Overlap,
    Relation,
    RelationKind,
    Remedy,
    RepeatedFile,
    Savings,
    SharedImage,
    SharedLayer,
    Sharing,
    StoredSum,
)
from layerscope.blobs.compression import Compression
from layerscope.report.comparison_words import difference_texts
from layerscope.report.masking import masked
from layerscope.report.printable import path_text, printable
from layerscope.report.units import count, percent, plural, size

__all__ = [
    "REMEDY_TEXT",
    "image_list",
    "layer_instruction",
    "overlap_text",
    "relation_details",
    "relation_title",
    "repeated_text",
    "savings_text",
    "shared_image_name",
    "shared_layers",
    "summary",
]

_TITLE = {
    RelationKind.BASE_DRIFT: "base drift: builds of the same base image",
    RelationKind.TWIN: "twins: the same paths with the same contents",
    RelationKind.COMPRESSION: "one layer, compressed in several ways",
    RelationKind.OTHER_PARENTS: "one layer upon different ones: pulled once, stored several times",
    RelationKind.REGROUPED: "squashed: one layer holds what several layers of another image hold",
    RelationKind.NEAR_MISS: "near miss: the same files but a few",
    RelationKind.SAME_INSTRUCTION: "the same instruction with different results",
}

REMEDY_TEXT: dict[Remedy, str] = {
    Remedy.SAME_BASE: "name the base by one digest in every FROM, and build all upon it anew when it changes",
    Remedy.SOURCE_DATE_EPOCH: "build with SOURCE_DATE_EPOCH and rewrite-timestamp=true (BuildKit), or with "
    "--timestamp (buildah); better, build the layer once and share it as a base",
    Remedy.SAME_OWNERS: "give files the same owner and mode everywhere (COPY --chown, --chmod)",
    Remedy.SAME_BUILDER: "pack with one version of one builder, which sorts entries alike",
    Remedy.SAME_COMPRESSION: "push with one compression and level, or copy blobs as they are",
    Remedy.SAME_ORDER: "put this instruction before those that differ, or build the others upon one base",
    Remedy.KEEP_LAYERS: "do not squash: keep the layers that others have",
    Remedy.COMMON_BASE: "build what is common once, as a base image for all, and keep what differs in layers "
    "above it",
    Remedy.PIN_INPUTS: "pin the versions of what the instruction fetches, or build its layer once",
}
"""What to change."""

_FORMAT = "the same entries, only the tar is written in another way"
_FEW = 4


def summary(sharing: Sharing) -> Iterator[tuple[str, str]]:
    """Label and text of each figure."""
    uses = sum(len(image.layers) for image in sharing.images)
    layers = plural(len(sharing.layers), "different layer")
    yield "images", f"{count(len(sharing.images))}, which use {plural(uses, 'layer')}: {layers}"
    yield "registry", _sum(sharing.blobs, "of blobs")
    if sharing.documents.once_bytes:
        once = f"{size(sharing.documents.once_bytes)} of manifests and configurations"
        whole = sharing.blobs.once_bytes + sharing.documents.once_bytes
        yield "", f"with {once}: {count(whole)} bytes in {_items(sharing)}"
    yield "on disk", _sum(sharing.disk, "of contents (a layer upon other layers is stored again)")
    yield "layers", _sum(sharing.contents, "of contents, each diff ID once")
    files = sharing.files
    saved = percent(files.layer_bytes - files.file_bytes, files.layer_bytes)
    yield "files", f"{size(files.file_bytes)} if each content was stored once: {saved} less than the layers"
    for each in sharing.chunks:
        saved = percent(files.layer_bytes - each.chunk_bytes, files.layer_bytes)
        fewer = percent(files.file_bytes - each.chunk_bytes, files.file_bytes)
        what = f"{size(each.chunk_bytes)} in {plural(each.chunks, 'chunk')}"
        yield each.scheme, f"{what}, each once: {saved} less than the layers, {fewer} less than the files"
    if (sharing.aligned_registry_bytes, sharing.aligned_disk_bytes) != (
        sharing.blobs.once_bytes,
        sharing.disk.once_bytes,
    ):
        registry, disk = size(sharing.aligned_registry_bytes), size(sharing.aligned_disk_bytes)
        yield "possible", f"{registry} of blobs and {disk} on disk, if what needs no estimate below was one"


def _sum(total: StoredSum, what: str) -> str:
    share = percent(total.shared_bytes, total.summed_bytes)
    return f"{size(total.once_bytes)} {what}; {size(total.summed_bytes)} in all images, {share} shared"


def _items(sharing: Sharing) -> str:
    return plural(sharing.blobs.once_items + sharing.documents.once_items, "blob")


def shared_image_name(sharing: Sharing, image: SharedImage) -> str:
    """Its tag; if it has no tag of its own, or another image has the same, also its file, and its platform: a
    layout may have several."""
    name = printable(image.name)
    others = [other for other in sharing.images if other is not image and other.name == image.name]
    if image.name == image.reference or (":" in name and not others):
        return name
    where = _file_name(sharing, image.reference)
    apart = others and all(other.reference != image.reference for other in others)
    if image.platform and not apart:
        where = f"{where}, {image.platform}"
    return f"{name} ({printable(where)})"


def _file_name(sharing: Sharing, reference: str) -> str:
    """The last part of a reference, if no other one ends with it: in a narrow table a path would be cut."""
    last = reference.rpartition("/")[2]
    alike = {image.reference for image in sharing.images if image.reference.rpartition("/")[2] == last}
    return last if last and len(alike) == 1 else reference


def image_list(sharing: Sharing, numbers: tuple[int, ...]) -> str:
    """`app:1, app:2 and 12 more`."""
    names = [shared_image_name(sharing, sharing.images[number]) for number in numbers[:_FEW]]
    rest = len(numbers) - len(names)
    if rest:
        return f"{', '.join(names)} and {count(rest)} more"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def layer_instruction(layer: SharedLayer) -> str:
    """The instruction of its first user in one safe line."""
    return printable(masked(layer.instruction)) or "(instruction unknown)"


def shared_layers(sharing: Sharing) -> list[SharedLayer]:
    """Layers that several images use, those first that save most."""
    found = [layer for layer in sharing.layers if len(layer.images) > 1]
    return sorted(found, key=lambda layer: (-layer.content_bytes * (len(layer.images) - 1), layer.number))


def relation_title(relation: Relation) -> str:
    """`base drift: builds of the same base image (3 of them)`."""
    title = _TITLE[relation.kind]
    return f"{title} ({len(relation.members)} of them)" if len(relation.members) > 2 else title


def savings_text(savings: Savings) -> str:
    """`saves about 1.2 MB in a registry, 3.4 MB on disk, 1.2 MB of one pull`."""
    parts = [
        f"{size(savings.registry_bytes)} in a registry" if savings.registry_bytes else "",
        f"{size(savings.disk_bytes)} on disk" if savings.disk_bytes else "",
        f"{size(savings.pull_bytes)} of a pull" if savings.pull_bytes else "",
    ]
    known = ", ".join(part for part in parts if part)
    return f"saves {'about ' * savings.estimated}{known}" if known else "saves nothing by itself"


def relation_details(sharing: Sharing, relation: Relation) -> Iterator[str]:
    """A line for each member and what differs from the first one; then whose they are."""
    for place, member in enumerate(relation.members[:_FEW]):
        layers = [sharing.layers[number] for number in member]
        largest = max(layers, key=lambda layer: layer.content_bytes)
        content_bytes = sum(layer.content_bytes for layer in layers)
        several = f" and {len(layers) - 1} more" if len(layers) > 1 else ""
        images = tuple(sorted({image for layer in layers for image in layer.images}))
        yield (
            f"{size(content_bytes)}  {layer_instruction(largest)}{several}  [{image_list(sharing, images)}]"
        )
        if 0 < place <= len(relation.differences):
            lines = difference_texts(relation.differences[place - 1]) or [_FORMAT]
            yield from (f"  {line}" for line in lines)
    rest = len(relation.members) - _FEW
    if rest > 0:  # the figures count them all
        yield f"and {count(rest)} more"
    if relation.kind is RelationKind.COMPRESSION:
        layer = sharing.layers[relation.members[0][0]]
        ways = ((blob.compressed_bytes, str(blob.compression)) for blob in layer.blobs)
        yield from (
            f"  {size(length)} " + ("not compressed" if way == Compression.NONE else f"with {way}")
            for length, way in sorted(ways)
        )
    if len(relation.members) > 1 and relation.kind is not RelationKind.TWIN:
        yield f"in common: {size(relation.common_bytes)} of contents"


def repeated_text(repeated: RepeatedFile) -> str:
    """`3 copies in 2 images: usr/lib/libx.so, opt/libx.so`."""
    names = list(dict.fromkeys(path_text(path) for _, path in repeated.places))
    copies = f"{plural(repeated.copies, 'layer')} of {plural(repeated.images, 'image')}"
    return f"{size(repeated.content_bytes)} in {copies}: {', '.join(names[:2])}"


def overlap_text(overlap: Overlap) -> str:
    """A cell of the matrix: blobs that both have; a dot for none."""
    return size(overlap.blob_bytes) if overlap.layers else "."
