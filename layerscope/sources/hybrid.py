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
    rest = list(layout)
    merged = []
    for item in docker:
        twin = next((other for other in rest if _same_image(item, other)), None)
        if twin is not None:
            rest.remove(twin)
        merged.append(item if twin is None else _merge(item, twin, store))
    return merged if only_docker else merged + rest


def _same_image(item: Listed, other: Listed) -> bool:
    """Compare the configurations, by what is promised and by what is there."""
    if item.draft is None or other.draft is None:
        return False
    promised = item.draft.config.digest if item.draft.config else None
    return other.image_id is not None and other.image_id in {item.image_id, promised}


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
            draft = replace(item.draft, digest=twin.digest, platform=twin.platform)
    draft = replace(
        draft, format=item.draft.format, notices=twin.draft.notices + item.draft.notices + log.notices()
    )
    return replace(twin, draft=draft).named(item.names)


def _same_layers(one: ImageDraft, other: ImageDraft) -> bool:
    names = [[normalize(member_name(layer.name)) for layer in draft.layers] for draft in (one, other)]
    return names[0] == names[1]


def _stored(draft: ImageDraft, store: Store) -> int:
    return sum(is_stored(store, layer.name) for layer in draft.layers)
