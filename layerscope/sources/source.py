"""A source: a store, and the list of what its documents say is in it."""

from __future__ import annotations

from typing import Self

from layerscope.errors import (
    InvalidImage,
    LayerscopeError,
    LimitExceeded,
    Malformed,
    NoSuchImage,
    Unsupported,
)
from layerscope.image.image import Image
from layerscope.image.source import Candidate
from layerscope.notices import Notice, NoticeLog, Severity
from layerscope.sources.assemble import build_image
from layerscope.sources.choice import breaks_off
from layerscope.sources.docker_archive import list_docker_archive
from layerscope.sources.docker_v1 import has_v1_layers, list_docker_v1
from layerscope.sources.documents import Documents
from layerscope.sources.hybrid import merge_listings
from layerscope.sources.listing import Listed
from layerscope.sources.oci_layout import DIR, LAYOUT, check_layout_marker, list_layout
from layerscope.sources.store import is_stored
from layerscope.sources.unrecognized import no_image_in

__all__ = ["StoredSource"]


class StoredSource:
    """The ImageSource of every medium. `wanted` is the image name that the reference carries, or empty."""

    def __init__(self, documents: Documents, *, transport: str = "", wanted: str = "") -> None:
        """List what is there. Raises InvalidImage if no document says what the images are."""
        self.wanted = wanted
        self._documents = documents
        self._log = NoticeLog()
        self._listed = _list(documents, transport, self._log)
        self._candidates = tuple(
            listed.candidate(i, stored=self._is_stored(listed)) for i, listed in enumerate(self._listed)
        )

    @property
    def broken(self) -> InvalidImage | None:
        """Why the archive breaks off, if it does."""
        return self._documents.store.error

    def candidates(self) -> tuple[Candidate, ...]:
        """Everything that is listed, images or not."""
        return self._candidates

    def open(self, candidate: Candidate, reference: str) -> Image:
        """Build the view of one image. Raises Unsupported for what is no image, InvalidImage for damage."""
        self._documents.begin()
        listed = self._listed[candidate.key]
        place = f"{self._documents.store.label}: {candidate.digest or candidate.key}"
        if listed.error is not None:
            raise listed.error.at(self._documents.store.label)
        if listed.kind == "missing":
            missing = NoSuchImage(f"{place}: the manifest is not in the source")
            raise missing if self.broken is None else breaks_off(place, missing, self.broken)
        if listed.draft is None:
            raise Unsupported(f"{place}: is an {listed.kind} ({listed.detail}), not an image")
        try:
            return build_image(listed.draft, self._documents, reference)
        except LimitExceeded as error:
            raise error.at(place) from error

    def notices(self) -> tuple[Notice, ...]:
        """What is odd about the source as a whole."""
        return self._log.notices()

    def close(self) -> None:
        """Release the store."""
        self._documents.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _is_stored(self, listed: Listed) -> bool:
        if listed.draft is None:
            return listed.kind not in {"missing", "damaged"}
        layers = listed.draft.layers
        return not layers or any(is_stored(self._documents.store, layer.name) for layer in layers)


def _list(documents: Documents, transport: str, log: NoticeLog) -> list[Listed]:
    """List the images of a store, whatever its documents are."""
    store = documents.store
    log.extend(store.notices())
    try:
        listed = _list_documents(documents, transport, log)
    except (InvalidImage, Unsupported, LimitExceeded) as error:
        raise _with_cause(error, store.error).at(store.label) from error
    if listed is None:
        raise no_image_in(store, transport)
    if store.error is not None:
        what = f"the archive breaks off: {store.error}; copy or save it again"
        log.add("archive-broken", Severity.ERROR, what)
    return listed


def _list_documents(documents: Documents, transport: str, log: NoticeLog) -> list[Listed] | None:
    """Try the kinds of documents in turn; None if there are none."""
    store = documents.store
    manifest = store.read("manifest.json") if transport in {"", "docker-archive", "dir"} else None
    if transport == "dir" or (manifest is not None and manifest.lstrip()[:1] == b"{"):
        return list_layout(documents, manifest, DIR, "dir", log) if manifest is not None else None
    index = store.read("index.json") if transport != "dir" else None
    if manifest is None and index is None:
        names = set(store.names()) if transport in {"", "docker-archive"} else set()
        # the rest of a broken archive looks like one of the first age: <id>/json comes before manifest.json
        if b"repositories" in names or (has_v1_layers(names) and store.error is None):
            return list_docker_v1(documents, store.read("repositories"), log)
        return None
    layout: list[Listed] = []
    if index is not None:
        check_layout_marker(documents, log)
        layout = list_layout(documents, index, LAYOUT, "oci-archive" if store.is_archive else "oci", log)
    if manifest is None:
        return None if transport == "docker-archive" else layout
    docker = list_docker_archive(documents, manifest, log)
    return merge_listings(docker, layout, store, only_docker=transport == "docker-archive")


def _with_cause(error: LayerscopeError, broken: InvalidImage | None) -> LayerscopeError:
    """A document that cannot be read is explained by an archive that breaks off."""
    if broken is None or not isinstance(error, Malformed):
        return error
    return Malformed(f"{error} (the archive breaks off: {broken})")
