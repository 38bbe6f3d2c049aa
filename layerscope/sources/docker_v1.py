"""docker-archive of the first age: `repositories`, and one `<id>/json` and `<id>/layer.tar` for each layer.

There is no manifest: the layers of an image are its topmost layer and the chain of parents below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from layerscope.errors import InvalidImage
from layerscope.notices import NoticeLog, Severity
from layerscope.oci.config import HistoryEntry, ImageConfig
from layerscope.oci.docker import V1Image, decode_repositories
from layerscope.oci.platform import platform_text
from layerscope.sources.documents import Documents
from layerscope.sources.listing import BlobDraft, ImageDraft, Listed
from layerscope.sources.names import shown

__all__ = ["has_v1_layers", "list_docker_v1"]

FORMAT = "docker-archive (v1)"

_OF_THE_LAYER = frozenset({"id", "parent", "parent_id", "layer_id", "Size", "throwaway"})
"""What a `json` says of its layer, and a configuration does not have."""


def has_v1_layers(names: set[bytes]) -> bool:
    """Tell whether there are directories with a `json` and a `layer.tar`."""
    return any(name[:-5] + b"/layer.tar" in names for name in names if name.endswith(b"/json"))


def list_docker_v1(documents: Documents, repositories: bytes | None, log: NoticeLog) -> list[Listed]:
    """List the images of `repositories`, or else the topmost layers. Raises Malformed."""
    heads = decode_repositories(repositories) if repositories is not None else {}
    if not heads:
        log.add(
            "v1-without-names",
            Severity.WARNING,
            "no manifest.json and no repositories say which images there are: the topmost layers were taken",
        )
        heads = dict.fromkeys(_topmost(documents), ())
    documents.count_images(len(heads), "repositories")
    return [_list_image(documents, image_id, names) for image_id, names in heads.items()]


def _topmost(documents: Documents) -> list[str]:
    """Layers that no other layer names as its parent, in order."""
    found = [shown(name[:-5]) for name in documents.store.names() if name.endswith(b"/json")]
    log = NoticeLog()
    parents = {image.parent for image in (_read_image(documents, i, log) for i in found) if image}
    return [image_id for image_id in found if image_id not in parents]


def _list_image(documents: Documents, image_id: str, names: tuple[str, ...]) -> Listed:
    log = NoticeLog()
    chain = list(_chain(documents, image_id, log))
    documents.count_layers(len(chain), f"{image_id}/json")
    chain.reverse()
    top = chain[-1][1] if chain else V1Image()
    config = ImageConfig(
        created=top.created,
        author=top.author,
        architecture=top.architecture,
        os=top.os,
        config=top.config,
        history=tuple(_history(image) for _, image in chain),
    )
    platform = platform_text(config.os, config.architecture)
    draft = ImageDraft(
        format=FORMAT,
        layers=tuple(BlobDraft(f"{i}/json", f"{i}/layer.tar") for i, _ in chain),
        document=config,
        document_bytes=_written_again(documents, image_id, config) if chain else b"",
        names=names,
        platform=platform,
        notices=log.notices(),
    )
    return Listed("image", names, platform, detail=image_id, draft=draft)


def _chain(documents: Documents, image_id: str, log: NoticeLog) -> Iterator[tuple[str, V1Image]]:
    """Walk from the topmost layer down; a parent that is missing, or that came already, ends the walk."""
    seen: set[str] = set()
    child = "repositories"
    current: str | None = image_id
    while current:
        if current in seen:
            log.add("v1-parent-cycle", Severity.ERROR, f"{child}/json: parent {current}: leads in a circle")
            return
        seen.add(current)
        if len(seen) > documents.limits.layers:
            documents.count_layers(len(seen), f"{image_id}/json")
        image = _read_image(documents, current, log)
        if image is None:
            log.add("v1-parent-missing", Severity.ERROR, f"{child}: {current}/json is not in the archive")
            if child != "repositories":
                return
            image = V1Image()
        yield current, image
        child, current = current, image.parent


def _read_image(documents: Documents, image_id: str, log: NoticeLog) -> V1Image | None:
    where = f"{image_id}/json"
    try:
        found = documents.fields(where, V1Image)
    except InvalidImage as error:
        log.add("v1-malformed", Severity.ERROR, str(error))
        return None
    if found is None:
        return None
    image, problems = found
    for problem in problems:
        log.add("v1-field", Severity.WARNING, problem)
    return image


def _history(image: V1Image) -> HistoryEntry:
    """What a later Docker makes of a v1 layer when it loads it. No entry is empty: each has a layer.tar."""
    command = image.container_config.Cmd if image.container_config else None
    return HistoryEntry(
        created=image.created,
        created_by=" ".join(command) if command else None,
        author=image.author,
        comment=image.comment,
        empty_layer=False,
    )


def _written_again(documents: Documents, image_id: str, config: ImageConfig) -> bytes:
    """The configuration that a later Docker makes of the topmost `json` when it loads the archive.

    It has all fields of that, those that nobody knows included, and the history of the chain. Diff IDs are
    left to whoever has read the layers. In the beginning no architecture was said, since there was only one.
    """
    try:
        fields = msgspec.json.decode(documents.store.read(f"{image_id}/json") or b"{}", type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return b""  # it was noted when the chain was read
    kept = {key: value for key, value in fields.items() if key not in _OF_THE_LAYER}
    history = [
        {key: value for key, value in msgspec.to_builtins(entry).items() if value}
        for entry in config.history or ()
    ]
    platform = {"architecture": kept.get("architecture") or "amd64", "os": kept.get("os") or "linux"}
    return msgspec.json.encode({**kept, **platform, "history": history})
