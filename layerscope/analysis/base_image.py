"""Where the base image ends and one's own layers begin.

Whoever names the base knows it: its diff IDs have to be the image's lowest ones. An annotation names the
base, but not how many layers it has; those are counted by a Dockerfile, or from the history. Where nothing
tells, every layer counts as one's own: a boundary that is too high would call one's own waste another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from layerscope.analysis.base_history import HistoryBase, base_in_history, is_within_one_build
from layerscope.errors import UsageError
from layerscope.image.image import Image
from layerscope.oci.digest import DiffID, chain_ids, short

__all__ = [
    "ANNOTATION_DIGEST",
    "ANNOTATION_NAME",
    "NO_BASE",
    "BaseHints",
    "BaseImage",
    "BaseOrigin",
    "find_base",
]

ANNOTATION_NAME = "org.opencontainers.image.base.name"
ANNOTATION_DIGEST = "org.opencontainers.image.base.digest"
"""Spec: image-spec v1.1.1, annotations.md#pre-defined-annotation-keys."""


class BaseOrigin(StrEnum):
    """How the boundary is known, best first."""

    GIVEN = "given"  #: the user named the base, and its layers are the lowest ones
    DOCKERFILE = "dockerfile"  #: what stands below the first instruction of the final stage
    ANNOTATION = "annotation"  #: `org.opencontainers.image.base.*` names it, the history shows its end
    HISTORY = "history"  #: a guess from the history: another builder, the base's last CMD
    NONE = "none"  #: unknown: every layer counts as one's own


@dataclass(frozen=True, slots=True)
class BaseImage:
    """The lowest `layers` layers are the base image's; 0 if there is none, or none is known."""

    layers: int
    origin: BaseOrigin
    name: str = ""
    """As given, or as the annotation, the Dockerfile or the history names it."""
    digest: str = ""
    """Of the base's manifest, if an annotation or the user says it; also where `layers` is 0."""
    guessed: bool = False
    """Whether `layers` is a guess, whoever named the base: what it says must not hide a warning."""


NO_BASE = BaseImage(0, BaseOrigin.NONE)


@dataclass(frozen=True, slots=True)
class BaseHints:
    """What is known of the base beside the image.

    `given` is the base as an image (its layers need not be there), or a digest; `given_name` what the user
    called it. `dockerfile_layers` is how many of the lowest layers stand below the final stage of a
    Dockerfile, None if that is unknown, `dockerfile_name` what its FROM names. Without `look` every layer
    counts as one's own.
    """

    given: Image | str | None = None
    given_name: str = ""
    dockerfile_layers: int | None = None
    dockerfile_name: str = ""
    look: bool = True


def find_base(image: Image, diff_ids: Sequence[DiffID | None], hints: BaseHints) -> BaseImage:
    """Find the base of an image whose layers have these diff IDs, None where one is unknown.

    Raises UsageError where the base that is given is not the base of this image.
    """
    if not hints.look:
        return NO_BASE
    named = _annotated(image)
    if isinstance(hints.given, Image):
        layers = _layers_of_base(hints.given, diff_ids, hints.given_name)
        return BaseImage(layers, BaseOrigin.GIVEN, hints.given_name, hints.given.digest or "")
    found = base_in_history(image.history)
    if found.layers > len(image.layers) or not _history_pairs(image):
        found = HistoryBase(0)
    counted = _counted(hints, found, named)
    if counted.origin is BaseOrigin.DOCKERFILE and is_within_one_build(image.history, counted.layers):
        counted = replace(counted, guessed=True)
    if hints.given is None:
        return counted
    if hints.given == named.digest:
        if not counted.layers:
            raise UsageError(
                f"base {hints.given}: the image's annotation names this digest as its base, and neither a "
                "Dockerfile nor the history says how many layers that has; give the base image itself"
            )
        return replace(counted, origin=BaseOrigin.GIVEN)
    return BaseImage(_layers_up_to(hints.given, image, diff_ids), BaseOrigin.GIVEN, "", "")


def _counted(hints: BaseHints, found: HistoryBase, named: BaseImage) -> BaseImage:
    """The boundary by the Dockerfile, else by the history."""
    if hints.dockerfile_layers is not None:
        name = named.name or hints.dockerfile_name
        return BaseImage(hints.dockerfile_layers, BaseOrigin.DOCKERFILE, name, named.digest)
    if not found.layers:
        return named
    origin = BaseOrigin.ANNOTATION if named.name or named.digest else BaseOrigin.HISTORY
    return BaseImage(found.layers, origin, named.name or found.name, named.digest, guessed=True)


def _annotated(image: Image) -> BaseImage:
    """What the manifest's annotations say, else the labels; the number of layers is not in them.

    Labels are inherited: one that an instruction of the history sets below other layers may be the base's
    own, which names the base's base. So a label counts only where the history does not set it.
    """
    annotations = dict(image.annotations)
    if not any(annotations.get(key) for key in (ANNOTATION_NAME, ANNOTATION_DIGEST)):
        labels = (image.config.config.Labels if image.config.config else None) or {}
        inherited = any(entry.keyword == "LABEL" and "image.base." in entry.text for entry in image.history)
        annotations = {} if inherited else labels
    name, digest = annotations.get(ANNOTATION_NAME) or "", annotations.get(ANNOTATION_DIGEST) or ""
    return BaseImage(0, BaseOrigin.NONE, name, digest)


def _history_pairs(image: Image) -> bool:
    """Whether each entry that made a layer has one: else counting them counts something else."""
    made = sum(not instruction.empty_layer for instruction in image.history)
    return made == len(image.layers)


def _layers_of_base(base: Image, diff_ids: Sequence[DiffID | None], name: str) -> int:
    """The number of the base's layers, after comparing each with the image's at its place."""
    for layer in base.layers:
        if layer.diff_id is None:
            raise UsageError(f"base {name}: its diff IDs are unknown, so they cannot be compared")
        if layer.index >= len(diff_ids):
            raise UsageError(
                f"base {name}: it has {len(base.layers)} layers and the image only {len(diff_ids)}"
            )
        found = diff_ids[layer.index]
        if found is None:
            raise UsageError(f"base {name}: the diff ID of the image's layer {layer.index} is unknown")
        if found != layer.diff_id:
            raise UsageError(
                f"base {name}: it is not the base of this image: layer {layer.index} is "
                f"{short(found)} in the image and {short(layer.diff_id)} in the base"
            )
    return len(base.layers)


def _layers_up_to(digest: str, image: Image, diff_ids: Sequence[DiffID | None]) -> int:
    """The number of layers up to the one with this diff ID, chain ID or blob digest."""
    known = [found for found in diff_ids if found is not None]
    chain = chain_ids(known) if len(known) == len(diff_ids) else []
    if digest in chain:  # it names one stack of layers, whereas the same layer may come twice
        return chain.index(digest) + 1  # type: ignore[arg-type]
    places = [
        layer.index
        for layer, diff_id in zip(image.layers, diff_ids, strict=True)
        if digest in (diff_id, layer.digest)
    ]
    if not places:
        raise UsageError(
            f"base {digest}: no layer of the image has this diff ID, chain ID or digest, and no annotation "
            "names it as the base"
        )
    if len(places) > 1:
        listed = f"{', '.join(map(str, places[:-1]))} and {places[-1]}"
        raise UsageError(f"base {digest}: layers {listed} are this one; give its chain ID")
    return places[0] + 1
