"""Several images for tests of what they share: made of members, read, and summed up as a run would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from layerscope.analysis.base_image import NO_BASE, BaseImage, BaseOrigin
from layerscope.analysis.layer_summary import summarize
from layerscope.analysis.sharing import share
from layerscope.analysis.sharing_types import ImageInput, LayerInput, Relation, RelationKind, Sharing
from layerscope.image.image import Image
from layerscope.oci.config import ImageConfig
from layerscope.oci.digest import ImageID
from tests.builders import Member, file, layer, read
from tests.compressing import compress

__all__ = ["Built", "built", "hostile_sharing", "relations", "sharing"]


@dataclass(frozen=True)
class Built:
    """A layer of an image: its tar, its blob, and the instruction that made it."""

    tar: bytes
    blob: bytes
    instruction: str


def built(*members: Member, by: str = "", compression: str = "none", tar: bytes | None = None) -> Built:
    """A layer of these members, or of a tar, and how it is stored."""
    written = layer(*members) if tar is None else tar
    return Built(written, compress(written, compression), by)


def sharing(*stacks: Sequence[Built], bases: Sequence[int] = (), platforms: Sequence[str] = ()) -> Sharing:
    """What images of these layers share; `bases` says how many lowest layers of each are its base's."""
    inputs = []
    for number, stack in enumerate(stacks):
        image = Image(
            reference=f"{number}.tar",
            format="oci-archive",
            image_id=ImageID(f"sha256:{number:064x}"),
            digest=None,
            platform=platforms[number] if platforms else "linux/amd64",
            tags=(f"app:{number}",),
            created=None,
            config=ImageConfig(),
            layers=(),
            config_bytes=100,
        )
        base = BaseImage(bases[number], BaseOrigin.HISTORY) if bases else NO_BASE
        inputs.append(ImageInput(image, tuple(map(_input, stack)), base))
    return share(inputs)


def relations(found: Sharing, kind: RelationKind) -> list[Relation]:
    """The relations of one kind."""
    return [relation for relation in found.relations if relation.kind is kind]


def hostile_sharing(texts: Sequence[str]) -> Sharing:
    """Images with one base and these texts as names, and in their instructions and paths."""
    base = built(file("base", b"b" * 40_000), by=texts[0])
    stacks = []
    for number, text in enumerate(texts):
        path = text.replace("/", "%").replace("\0", "").encode("utf-8", "surrogateescape")
        own = [file(path + bytes([65 + each]), b"%d" % each * 5000) for each in range(10)]
        stacks.append([base, built(*own, file("own", bytes([65 + number]) * 1000), by=text)])
    found = sharing(*stacks)
    named = zip(found.images, texts, strict=True)
    return replace(found, images=tuple(replace(image, name=text) for image, text in named))


def _input(given: Built) -> LayerInput:
    reading = read(given.blob)
    assert reading.error is None
    return LayerInput(
        diff_id=reading.diff_id,
        digest=reading.digest,
        compression=reading.compression,
        compressed_bytes=reading.compressed_bytes,
        tar_bytes=reading.changeset.tar_bytes,
        summary=summarize(reading.changeset),
        instruction=given.instruction,
    )
