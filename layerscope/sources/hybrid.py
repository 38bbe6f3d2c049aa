"""Archives that are two things at once: `docker save` of Docker 25 and later writes manifest.json and an
OCI layout over the same blobs. Both are read and checked against each other.

Digests, sizes and media types come from the layout; tags from manifest.json, where the layout's are partial.
"""

from __future__ import annotations

from dataclasses import replace

from layerscope.notices import NoticeLog, Severity
from layerscope.sources.listing import ImageDraft, Listed
from layerscope.sources.names import member_name, normalize
from layerscope.sources.store import Store, is_stored

__all__ = ["merge_listings"]


def merge_listings(
    docker: list[Listed], layout: list[Listed], store: Store, *, only_docker: bool
) -> list[Listed]:
    """One list of both: what manifest.json lists, in its order, then what the layout alone lists.

    With `only_docker`, the second part is left out.
    """
    waiting: dict[str, list[int]] = {}
    for place in reversed(range(len(layout))):
        image_id = layout[place].image_id
        if image_id is not None and layout[place].draft is not None:
            waiting.setdefault(image_id, []).append(place)
    merged, taken = [], set()
    for item in docker:
        places = [waiting[image_id][-1] for image_id in _image_ids(item) if waiting.get(image_id)]
        if not places:
            merged.append(item)
            continue
        twin = layout[min(places)]
        waiting[twin.image_id or ""].pop()
        taken.add(min(places))
        merged.append(_merge(item, twin, store))
    rest = [listed for place, listed in enumerate(layout) if place not in taken]
    return merged if only_docker else merged + rest


def _image_ids(item: Listed) -> set[str]:
    """The configuration's digest, as it is promised and as it is."""
    promised = item.draft.config.digest if item.draft and item.draft.config else None
    return {image_id for image_id in (item.image_id, promised) if image_id}


def _merge(item: Listed, twin: Listed, store: Store) -> Listed:
    assert item.draft is not None
    assert twin.draft is not None
    log = NoticeLog()
    draft = twin.draft
    if not _same_layers(item.draft, twin.draft):
        log.add(
            "manifests-differ",
            Severity.WARNING,
            f"manifest.json lists other layers than the OCI manifest {twin.digest}; Docker's classic store "
            "reads the first, containerd the second",
        )
        if _stored(item.draft, store) > _stored(twin.draft, store):
            draft = replace(
                item.draft,
                digest=twin.digest,
                platform=twin.platform,
                manifest_bytes=twin.draft.manifest_bytes if twin.draft else None,
                descriptor_annotations=twin.draft.descriptor_annotations,
                index_annotations=twin.draft.index_annotations,
            )
    draft = replace(
        draft, format=item.draft.format, notices=twin.draft.notices + item.draft.notices + log.notices()
    )
    return replace(twin, draft=draft).named(item.names)


def _same_layers(one: ImageDraft, other: ImageDraft) -> bool:
    names = [[normalize(member_name(layer.name)) for layer in draft.layers] for draft in (one, other)]
    return names[0] == names[1]


def _stored(draft: ImageDraft, store: Store) -> int:
    return sum(is_stored(store, layer.name) for layer in draft.layers)
