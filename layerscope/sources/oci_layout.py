"""OCI layouts and `dir:`: an index, the manifests below it, and what each of them is.

Spec: image-spec v1.1.1, image-layout.md#indexjson-file. The two differ in names alone: a layout keeps blobs
under `blobs/<algorithm>/<hex>` and starts at index.json; `dir:` keeps them under their bare hex digest and
starts at a manifest.json that is the manifest itself (or, of several platforms, an index).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from layerscope.errors import InvalidImage, LimitExceeded, Malformed, Unsupported
from layerscope.notices import NoticeLog, Severity
from layerscope.oci.decode import decode
from layerscope.oci.descriptor import Descriptor
from layerscope.oci.digest import Digest, ImageID, parse_digest, sha256_of
from layerscope.oci.index import LAYOUT_VERSION, DocumentKeys, Index, LayoutMarker
from layerscope.oci.manifest import Manifest, decode_manifest
from layerscope.oci.media_type import guess_document, is_index, is_manifest
from layerscope.oci.platform import platform_text
from layerscope.sources.classify import classify, is_attestation
from layerscope.sources.documents import Documents
from layerscope.sources.listing import BlobDraft, ImageDraft, Listed, union

__all__ = ["DIR", "LAYOUT", "Naming", "check_layout_marker", "list_layout"]


@dataclass(frozen=True, slots=True)
class Naming:
    """How a medium calls its root document and its blobs."""

    root: str
    blob: str
    manifest: str

    def blob_name(self, digest: Digest) -> str:
        """Name of a blob; its digest's grammar was checked."""
        return _fill(self.blob, digest)

    def manifest_name(self, digest: Digest) -> str:
        """Name of a manifest that an index lists."""
        return _fill(self.manifest, digest)


LAYOUT = Naming("index.json", "blobs/{algorithm}/{encoded}", "blobs/{algorithm}/{encoded}")
DIR = Naming("manifest.json", "{bare}", "{bare}.manifest.json")


@dataclass(frozen=True, slots=True)
class _Visit:
    """A descriptor on the way down from the root, and what is known from the way."""

    descriptor: Descriptor
    key: str
    names: tuple[str, ...]
    within: tuple[Digest, ...]
    platform: str


def list_layout(
    documents: Documents, data: bytes, naming: Naming, image_format: str, log: NoticeLog
) -> list[Listed]:
    """List what the root document, given as `data`, leads to. Raises Malformed, LimitExceeded."""
    return _Walk(documents, naming, image_format, log).walk(data)


def check_layout_marker(documents: Documents, log: NoticeLog) -> None:
    """Note a missing or unknown `oci-layout`. Spec: image-spec v1.1.1, image-layout.md#oci-layout-file."""
    try:
        data = documents.store.read("oci-layout")
        if data is None:
            log.add("oci-layout-missing", Severity.INFO, "oci-layout: is missing; containerd needs it")
            return
        version = decode(data, LayoutMarker, "oci-layout").version
    except InvalidImage as error:
        log.add("oci-layout-malformed", Severity.WARNING, str(error))
        return
    if version != LAYOUT_VERSION:
        what = f"oci-layout: version {version!r} where {LAYOUT_VERSION!r} was expected; containerd refuses it"
        log.add("oci-layout-version", Severity.WARNING, what)


class _Walk:
    """One walk over indexes, down to manifests. Each index is visited once for each set of names."""

    def __init__(self, documents: Documents, naming: Naming, image_format: str, log: NoticeLog) -> None:
        self._documents = documents
        self._naming = naming
        self._format = image_format
        self._log = log
        self._max_depth = documents.limits.index_depth
        self._visited: set[tuple[Digest, tuple[str, ...]]] = set()
        self._found: dict[str, Listed] = {}

    def walk(self, data: bytes) -> list[Listed]:
        """Start at the root document."""
        root = self._naming.root
        media_type, is_old = _document_type(data, "", root)
        if is_old:
            raise Unsupported(
                f"{root}: a Docker manifest of schema 1; save the image again with a newer tool"
            )
        if is_manifest(media_type):
            visit = _Visit(Descriptor(digest=sha256_of(data)), root, (), (), "")
            self._add(visit, sha256_of(data), self._list_manifest(data, visit, NoticeLog()))
        else:
            index = decode(data, Index, root)
            self._walk_index(index, root, (), (), "")
            self._annotate(_annotations(index.annotations))
        return list(self._found.values())

    def _annotate(self, annotations: tuple[tuple[str, str], ...]) -> None:
        """What is said of the whole is said of the one image that is all of it."""
        images = [key for key, listed in self._found.items() if listed.kind != "attestation"]
        for key in images:
            listed = self._found[key]
            if len(images) == 1 and listed.draft is not None:
                self._found[key] = replace(listed, draft=replace(listed.draft, index_annotations=annotations))

    def _walk_index(
        self, index: Index, where: str, names: tuple[str, ...], within: tuple[Digest, ...], platform: str
    ) -> None:
        for i, descriptor in enumerate(index.manifests or ()):
            self._documents.count_images(1, where)  # indexes that list one another are a tree without end
            own = names if within else _names(descriptor)
            p = descriptor.platform
            text = platform_text(p.os, p.architecture, p.variant) if p else platform
            self._visit(_Visit(descriptor, f"{where}.manifests[{i}]", own, within, text))

    def _visit(self, visit: _Visit) -> None:
        try:
            digest = parse_digest(visit.descriptor.digest, f"{visit.key}.digest")
        except Malformed as error:
            self._found[visit.key] = Listed("damaged", visit.names, detail=str(error), error=error)
            return
        if digest in visit.within:
            self._log.add("index-cycle", Severity.WARNING, f"{visit.key}: {digest} lists itself")
            return
        if digest in self._found:
            self._add(visit, digest, self._found[digest])
            return
        if (digest, visit.names) not in self._visited:
            self._visited.add((digest, visit.names))
            self._open(visit, digest)

    def _open(self, visit: _Visit, digest: Digest) -> None:
        """Read the document of a descriptor, whatever it turns out to be."""
        promised = visit.descriptor.media_type or ""
        if promised and not (is_index(promised) or is_manifest(promised) or "manifest.v1" in promised):
            self._add(visit, digest, Listed("artifact", detail=promised))
            return
        log = NoticeLog()
        try:
            self._read_document(visit, digest, log)
        except InvalidImage as error:
            self._add(visit, digest, Listed("damaged", detail=str(error), error=error))

    def _read_document(self, visit: _Visit, digest: Digest, log: NoticeLog) -> None:
        descriptor = visit.descriptor
        name = self._naming.manifest_name(digest)
        blob = BlobDraft(visit.key, name, digest, descriptor.size, embedded=descriptor.embedded())
        data = self._documents.read(blob, log)
        if data is None:
            kind = "attestation" if is_attestation(descriptor) else "missing"
            self._add(visit, digest, Listed(kind))
            return
        media_type, is_old = _document_type(data, descriptor.media_type or "", name)
        if is_old:
            error = Unsupported(f"{digest}: a Docker manifest of schema 1; save the image with a newer tool")
            self._add(visit, digest, Listed("damaged", detail="schema 1", error=error))
        elif is_index(media_type):
            self._log.extend(log.notices())
            within = (*visit.within, digest)
            if len(within) > self._max_depth:
                raise LimitExceeded(f"{visit.key}: indexes within indexes (limit index_depth)")
            self._walk_index(decode(data, Index, name), name, visit.names, within, visit.platform)
        elif is_manifest(media_type):
            self._add(visit, digest, self._list_manifest(data, visit, log))
        else:
            self._add(visit, digest, Listed("artifact", detail=media_type))

    def _list_manifest(self, data: bytes, visit: _Visit, log: NoticeLog) -> Listed:
        manifest = decode_manifest(data, "manifest")
        kind, detail = classify(manifest, visit.descriptor)
        if kind != "image":
            return Listed(kind, detail=detail)
        self._documents.count_layers(len(manifest.layers or ()), visit.key)
        draft = self._draft(manifest, log)
        image_id = ImageID(draft.config.digest) if draft.config and draft.config.digest else None
        platform = visit.platform
        if not platform:
            config = self._documents.config(draft.config).config
            platform = platform_text(config.os, config.architecture, config.variant)
        return Listed(
            "image",
            platform=platform,
            image_id=image_id,
            draft=replace(draft, platform=platform, manifest_bytes=len(data)),
        )

    def _draft(self, manifest: Manifest, log: NoticeLog) -> ImageDraft:
        config = None if manifest.config is None else self._blob(manifest.config, "manifest.config")
        layers = tuple(
            self._blob(layer, f"manifest.layers[{i}]") for i, layer in enumerate(manifest.layers or ())
        )
        annotations = _annotations(manifest.annotations)
        return ImageDraft(self._format, layers, config=config, annotations=annotations, notices=log.notices())

    def _blob(self, descriptor: Descriptor, key: str) -> BlobDraft:
        digest = parse_digest(descriptor.digest, f"{key}.digest")
        size = descriptor.size
        return BlobDraft(
            key=key,
            name=self._naming.blob_name(digest),
            digest=digest,
            size=size if size is not None and size >= 0 else None,
            media_type=descriptor.media_type or "",
            has_urls=bool(descriptor.urls),
            annotations=_annotations(descriptor.annotations),
            embedded=descriptor.embedded(),
        )

    def _add(self, visit: _Visit, digest: Digest, listed: Listed) -> None:
        """Enter what a descriptor leads to; of several descriptors of one manifest the names add up."""
        within = tuple(dict.fromkeys(listed.within + visit.within))
        names = union(listed.names, visit.names)
        platform = listed.platform or visit.platform
        draft = listed.draft
        if draft is not None:
            said = dict(draft.descriptor_annotations) | dict(_annotations(visit.descriptor.annotations))
            draft = replace(
                draft, digest=digest, names=names, descriptor_annotations=tuple(sorted(said.items()))
            )
        self._found[digest] = replace(
            listed, digest=digest, within=within, names=names, platform=platform, draft=draft
        )


def _document_type(data: bytes, promised: str, where: str) -> tuple[str, bool]:
    """The media type of a document, and whether it is a Docker manifest of schema 1. Raises Malformed.

    What the document says of itself comes first, then what its descriptor says, then its keys.
    """
    keys = decode(data, DocumentKeys, where)
    media_type = guess_document(keys.media_type or promised, keys.keys())
    if not media_type and len(keys.keys()) > 1:
        raise Malformed(f"{where}: has `manifests` and `layers` and no mediaType that says which counts")
    return media_type, keys.schema_version == 1 and not keys.keys()


def _names(descriptor: Descriptor) -> tuple[str, ...]:
    """Names that the annotations give: a full reference, and a tag that may be a full reference itself.

    Spec: image-spec v1.1.1, annotations.md#pre-defined-annotation-keys (org.opencontainers.image.ref.name).
    """
    full = descriptor.annotation("io.containerd.image.name")
    ref = descriptor.annotation("org.opencontainers.image.ref.name")
    if full and (not ref or full.endswith(f":{ref}")):
        return (full,)
    return tuple(name for name in (full, ref) if name)


def _annotations(annotations: Mapping[str, str | None] | None) -> tuple[tuple[str, str], ...]:
    """By key; `null` counts as empty."""
    return tuple((key, value or "") for key, value in sorted((annotations or {}).items()))


def _fill(pattern: str, digest: Digest) -> str:
    algorithm, _, encoded = digest.partition(":")
    bare = encoded if algorithm == "sha256" else f"{algorithm}-{encoded}"
    return pattern.format(algorithm=algorithm, encoded=encoded, bare=bare)
