"""Baselines: a snapshot as a file that people review and commit, and back.

One record a line, sorted by what does not change (layer, name, path), so that a comparison of two versions
shows what changed and nothing else. No clock and no reference: the same image gives the same bytes wherever
it lies.
Secrets in instructions are masked, as in every output.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec
from msgspec import UNSET, Struct, UnsetType

from layerscope.analysis.snapshot import (
    DirectoryFigures,
    FileFigures,
    LayerFigures,
    PackageFigures,
    Rest,
    Snapshot,
    SnapshotTotals,
)
from layerscope.errors import ConfigurationError
from layerscope.report.exact import Bytes, Count, ExactPath, exact_bytes, lossy_text
from layerscope.report.json import encode_line
from layerscope.report.masking import masked
from layerscope.report.printable import without_surrogates

__all__ = [
    "BASELINE_VERSION",
    "BaselineDocument",
    "BaselineImage",
    "BaselineLayer",
    "BaselinePackage",
    "BaselinePath",
    "BaselineRest",
    "BaselineTotals",
    "baseline_blocks",
    "masked_snapshot",
    "read_baseline",
]

BASELINE_VERSION = 1
"""It grows when a key changes its meaning or goes away. What this does not know it refuses, and says so."""


class BaselineImage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which image it was made of."""

    name: str
    image_id: str | None
    platform: str
    base_layers: Count
    packages_known: bool


class BaselineTotals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The totals, as `SnapshotTotals` has them."""

    layers: Count
    entries: Count
    packages: Count
    compressed_bytes: Bytes
    tar_bytes: Bytes
    stored_bytes: Bytes
    live_bytes: Bytes
    wasted_bytes: Bytes
    own_compressed_bytes: Bytes
    own_stored_bytes: Bytes
    own_wasted_bytes: Bytes


class BaselineLayer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A layer, base first."""

    instruction: str
    bytes: Bytes
    wasted: Bytes
    compressed: Bytes
    base: bool
    diff_id: str | None


class BaselinePackage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The packages of one name."""

    package: str
    versions: tuple[str, ...]
    bytes: Bytes
    files: Count
    layer: Count
    base: bool


class BaselinePath(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A directory or a file."""

    path: str
    path_bytes: ExactPath | UnsetType = UNSET
    own: Bytes
    base: Bytes
    layer: Count | UnsetType = UNSET


class BaselineRest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a list had no room for."""

    count: Count = 0
    own: Bytes = 0
    base: Bytes = 0
    most: Bytes = 0


class BaselineDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `layerscope check --write-baseline FILE` writes."""

    layerscope_baseline: int
    image: BaselineImage
    totals: BaselineTotals
    unowned_bytes: Bytes
    layers: tuple[BaselineLayer, ...]
    packages: tuple[BaselinePackage, ...]
    more_packages: BaselineRest
    directories: tuple[BaselinePath, ...]
    more_directories: BaselineRest
    files: tuple[BaselinePath, ...]
    more_files: BaselineRest
    findings: tuple[tuple[str, Count, Bytes], ...]


def masked_snapshot(snapshot: Snapshot) -> Snapshot:
    """The same without secrets in instructions: what is compared with a baseline has to read as it does."""
    layers = (replace(layer, instruction=masked(layer.instruction)) for layer in snapshot.layers)
    return replace(snapshot, layers=tuple(layers))


def baseline_blocks(snapshot: Snapshot) -> Iterator[bytes]:
    """The document, piece by piece; ends with a line break."""
    document = _document(masked_snapshot(snapshot))
    separator = b"{\n"
    for key in BaselineDocument.__struct_fields__:
        value = getattr(document, key)
        yield separator + b'"%s": ' % key.encode()
        if isinstance(value, tuple):
            yield b"[" + b",".join(b"\n" + encode_line(each) for each in value) + (b"\n]" if value else b"]")
        else:
            yield encode_line(value)
        separator = b",\n"
    yield b"\n}\n"


def _document(snapshot: Snapshot) -> BaselineDocument:
    totals = snapshot.totals
    return BaselineDocument(
        layerscope_baseline=BASELINE_VERSION,
        image=BaselineImage(
            name=without_surrogates(snapshot.tags[0] if snapshot.tags else ""),
            image_id=snapshot.image_id,
            platform=snapshot.platform,
            base_layers=snapshot.base_layers,
            packages_known=snapshot.packages_known,
        ),
        totals=BaselineTotals(**{key: getattr(totals, key) for key in BaselineTotals.__struct_fields__}),
        unowned_bytes=snapshot.unowned_bytes,
        layers=tuple(map(_layer, snapshot.layers)),
        packages=tuple(sorted(map(_package, snapshot.packages), key=lambda each: (each.package, each.base))),
        more_packages=_rest(snapshot.more_packages),
        directories=tuple(_paths(snapshot.directories)),
        more_directories=_rest(snapshot.more_directories),
        files=tuple(_paths(snapshot.files)),
        more_files=_rest(snapshot.more_files),
        findings=snapshot.findings,
    )


def _layer(layer: LayerFigures) -> BaselineLayer:
    return BaselineLayer(
        instruction=without_surrogates(layer.instruction),
        bytes=layer.stored_bytes,
        wasted=layer.wasted_bytes,
        compressed=layer.compressed_bytes,
        base=layer.in_base,
        diff_id=layer.diff_id,
    )


def _package(each: PackageFigures) -> BaselinePackage:
    return BaselinePackage(
        package=without_surrogates(f"{each.ecosystem}:{each.name}"),
        versions=tuple(map(without_surrogates, each.versions)),
        bytes=each.content_bytes,
        files=each.files,
        layer=each.added_in,
        base=each.in_base,
    )


def _paths(figures: Iterable[DirectoryFigures | FileFigures]) -> Iterator[BaselinePath]:
    for each in sorted(figures, key=lambda each: each.path):
        yield BaselinePath(
            path=lossy_text(each.path),
            path_bytes=exact_bytes(each.path),
            own=each.own_bytes,
            base=each.base_bytes,
            layer=each.layer if isinstance(each, FileFigures) else UNSET,
        )


def _rest(rest: Rest) -> BaselineRest:
    return BaselineRest(count=rest.count, own=rest.own_bytes, base=rest.base_bytes, most=rest.most_bytes)


def read_baseline(content: bytes, name: str) -> Snapshot:
    """The snapshot that a baseline holds. `name` is the file's, for messages.

    Raises ConfigurationError for what is no baseline, is damaged, or is of a version that is not read.
    """
    try:
        raw = msgspec.json.decode(content)
        version = raw["layerscope_baseline"]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, RecursionError) as error:
        raise ConfigurationError(f"{name}: no baseline that layerscope wrote") from error
    if version != BASELINE_VERSION:
        older = isinstance(version, int) and version < BASELINE_VERSION
        remedy = "write it anew with --write-baseline" if older else "a newer layerscope wrote it"
        known = f"this layerscope reads version {BASELINE_VERSION}"
        raise ConfigurationError(f"{name}: a baseline of version {version!r:.40}; {known}; {remedy}")
    try:
        document = msgspec.convert(raw, BaselineDocument)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{name}: {str(error)[:1].lower()}{str(error)[1:]}") from error
    return _snapshot(document, name)


def _snapshot(document: BaselineDocument, name: str) -> Snapshot:
    image = document.image
    layers = tuple(
        LayerFigures(
            index, each.diff_id, each.instruction, each.base, each.compressed, each.bytes, each.wasted
        )
        for index, each in enumerate(document.layers)
    )
    packages = [
        PackageFigures(*_split(each.package), each.versions, each.bytes, each.files, each.layer, each.base)
        for each in document.packages
    ]
    packages.sort(key=lambda each: (-each.content_bytes, each.ecosystem, each.name, each.in_base))
    directories = [DirectoryFigures(_exact(each), each.own, each.base) for each in document.directories]
    directories.sort(key=lambda each: (-each.own_bytes - each.base_bytes, each.path))
    files = [FileFigures(_exact(each), each.own, each.base, each.layer or 0) for each in document.files]
    files.sort(key=lambda each: (-each.own_bytes - each.base_bytes, each.path))
    totals = {key: getattr(document.totals, key) for key in BaselineTotals.__struct_fields__}
    return Snapshot(
        reference=name,
        image_id=image.image_id,
        platform=image.platform,
        tags=(image.name,) if image.name else (),
        base_layers=image.base_layers,
        base_name="",
        packages_known=image.packages_known,
        totals=SnapshotTotals(**totals),
        layers=layers,
        packages=tuple(packages),
        more_packages=_room(document.more_packages),
        unowned_bytes=document.unowned_bytes,
        directories=tuple(directories),
        more_directories=_room(document.more_directories),
        files=tuple(files),
        more_files=_room(document.more_files),
        findings=document.findings,
    )


def _split(package: str) -> tuple[str, str]:
    ecosystem, _, name = package.partition(":")
    return ecosystem, name


def _exact(each: BaselinePath) -> bytes:
    return each.path.encode("utf-8") if each.path_bytes is UNSET else each.path_bytes


def _room(rest: BaselineRest) -> Rest:
    return Rest(rest.count, rest.own, rest.base, rest.most)
