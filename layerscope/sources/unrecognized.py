"""What to say of a file or a directory that is no image: what it seems to be, and what to do."""

from __future__ import annotations

from layerscope.errors import InvalidImage, Malformed, Truncated
from layerscope.sources.store import Store

__all__ = ["no_image_in"]

_DOCUMENTS = {
    "": "manifest.json, index.json or repositories",
    "docker-archive": "manifest.json or repositories",
    "dir": "manifest.json",
    "oci": "index.json",
    "oci-archive": "index.json",
}
_ROOT_DIRECTORIES = {
    b"bin",
    b"dev",
    b"etc",
    b"lib",
    b"proc",
    b"root",
    b"sbin",
    b"sys",
    b"tmp",
    b"usr",
    b"var",
}


def no_image_in(store: Store, transport: str) -> InvalidImage:
    """The error for a store without documents. An archive that breaks off is Truncated or Malformed."""
    names = set(store.names())
    missing = f"no {_DOCUMENTS[transport]}"
    if store.error is not None:
        kind = type(store.error) if isinstance(store.error, Truncated | Malformed) else Malformed
        if not names:
            return kind(f"{store.label}: not an image: {store.error}")
        what = f"the archive breaks off before {missing[3:]}: {store.error}; copy or save it again"
        return kind(f"{store.label}: {what}")
    other = _other_kind(names, store, transport)
    return InvalidImage(f"{store.label}: not an image: {missing}; {other or _seems(names, store)}")


def _other_kind(names: set[bytes], store: Store, transport: str) -> str:
    """What it is, if only the transport in front of it is wrong."""
    if not transport:
        return ""
    if b"index.json" in names:
        kind = "oci-archive" if store.is_archive else "oci"
    elif b"manifest.json" in names or b"repositories" in names:
        document = store.read("manifest.json") or b"["
        kind = "docker-archive" if document.lstrip()[:1] == b"[" else "dir"
    else:
        return ""
    return f"it looks like {kind}: leave the transport out, or write {kind}:{store.label}"


def _seems(names: set[bytes], store: Store) -> str:
    tops = {name.partition(b"/")[0] for name in names}
    if not names:
        return "it holds no files"
    if b"oci-layout" in names or b"blobs" in tops:
        return "it looks like a part of an OCI layout"
    if any(name.rpartition(b"/")[2].startswith(b".wh.") for name in names):
        return "it looks like a single layer; save the whole image, for example with `docker save`"
    if len(tops & _ROOT_DIRECTORIES) >= 3:
        return (
            "it looks like a root filesystem (`docker export`?), which has no layers; save the image "
            "instead, for example with `docker save`"
        )
    if not store.is_archive:
        return "it looks like an ordinary directory; save the image, for example with `docker save`"
    return (
        "it looks like an ordinary tar, or like a single layer; save the whole image, for example with "
        "`docker save`"
    )
