"""Choosing one image of a source. Nothing is preferred silently: what is left over is asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from layerscope.errors import (
    AmbiguousImage,
    InvalidImage,
    LayerscopeError,
    Malformed,
    NoSuchImage,
    Truncated,
    Unsupported,
    UsageError,
)
from layerscope.image.source import Candidate
from layerscope.oci.platform import parse_platform
from layerscope.oci.reference import same_image_name

__all__ = ["breaks_off", "choose"]

_MAX_LISTED = 50
_SHORTEST_DIGEST = 6


def choose(
    candidates: Sequence[Candidate],
    label: str,
    *,
    image: str | None = None,
    platform: str | None = None,
    broken: InvalidImage | None = None,
) -> tuple[Candidate, tuple[Candidate, ...]]:
    """Choose the image that a name, digest or position among the images (`@2`) and a platform select.

    Returns it, and the images passed over because none of their layers is in the source (a saved image keeps
    the index of all platforms, and the layers of the one that was pulled). Raises AmbiguousImage when several
    are left, NoSuchImage when none is, Unsupported when what is left is no image, UsageError for a platform
    that is not written as one. With `broken`, the reason why an archive breaks off, what is not there is
    Truncated or Malformed: it may have come later.
    """
    left = list(candidates)
    if image:
        left = _by_name(left, image)
    if platform:
        asked = parse_platform(platform)
        left = [c for c in left if asked.matches(c.platform)]
    images = [c for c in left if c.kind == "image"]
    stored = [c for c in images if c.stored]
    if len(images) == 1:
        return images[0], ()
    if len(stored) == 1:
        return stored[0], tuple(c for c in images if not c.stored)
    if images:
        raise _ambiguous(label, stored or images, candidates)
    if len(left) == 1 and left[0].kind == "damaged":
        return left[0], ()
    error = _nothing_left(label, left, candidates, image, platform)
    raise error if broken is None else breaks_off(label, error, broken)


def breaks_off(label: str, error: LayerscopeError, broken: InvalidImage) -> InvalidImage:
    """The error for what is not there because the archive breaks off; that comes first, as the cause."""
    kind = type(broken) if isinstance(broken, Truncated | Malformed) else Malformed
    what = error.message.removeprefix(f"{label}: ")
    cause = f"the archive breaks off: {broken.message}; copy or save it again"
    return kind(f"{label}: {cause}; {what}", further=error.further)


def _by_name(candidates: list[Candidate], image: str) -> list[Candidate]:
    """The candidates that `image` names, by the strictest reading that finds any."""
    places = _places(candidates)
    readings: tuple[Callable[[Candidate], bool], ...] = (
        lambda c: image in c.names,
        lambda c: image in {c.digest, c.image_id, *c.within},
        lambda c: image == places.get(c.key),
        lambda c: any(same_image_name(image, name) for name in c.names),
        lambda c: any(name.rpartition(":")[2] == image for name in c.names),
        lambda c: _is_short_digest(image, c),
    )
    for reading in readings:
        found = [c for c in candidates if reading(c)]
        if found:
            return found
    return []


def _places(candidates: Sequence[Candidate]) -> dict[int, str]:
    """`@0`, `@1`… for the key of each image; attestations and artifacts are not counted."""
    images = [c for c in candidates if c.kind == "image"]
    return {c.key: f"@{place}" for place, c in enumerate(images)}


def _is_short_digest(text: str, candidate: Candidate) -> bool:
    if len(text) < _SHORTEST_DIGEST:
        return False
    digests = [candidate.digest or "", candidate.image_id or "", f"v1:{candidate.detail}"]
    return any(digest.partition(":")[2].startswith(text.removeprefix("sha256:")) for digest in digests)


def _ambiguous(label: str, images: Sequence[Candidate], candidates: Sequence[Candidate]) -> AmbiguousImage:
    holders: dict[str, list[Candidate]] = {}
    for c in images:
        for name in dict.fromkeys(c.names):
            holders.setdefault(name, []).append(c)
    lines = [f"  {_flags(c, holders, images, candidates)}{_described(c)}" for c in images[:_MAX_LISTED]]
    if len(images) > _MAX_LISTED:
        lines.append(f"  … and {len(images) - _MAX_LISTED} more")
    others = _others(candidates)
    lines += [f"  ({others})"] if others else []
    return AmbiguousImage(f"{label}: {len(images)} images; choose one of them:", further=lines)


def _flags(
    candidate: Candidate,
    holders: dict[str, list[Candidate]],
    images: Sequence[Candidate],
    candidates: Sequence[Candidate],
) -> str:
    """The shortest arguments that select this image and no other; `holders` are the images of each name."""
    platform = f"--platform {candidate.platform}"
    for name in candidate.names[:_MAX_LISTED]:
        named = holders[name]
        if len(named) == 1:
            return f"--image {name}"
        if _is_only(candidate, named):
            return platform if len(named) == len(images) else f"--image {name} {platform}"
    if _is_only(candidate, images):
        return platform
    for digest in (candidate.digest, candidate.image_id):
        if digest and [d for c in images for d in {c.digest, c.image_id}].count(digest) == 1:
            return f"--image {digest}"
    return f"--image {_places(candidates)[candidate.key]}"


def _is_only(candidate: Candidate, images: Sequence[Candidate]) -> bool:
    """Tell whether `--platform` with the candidate's own platform selects it and nothing else."""
    try:
        asked = parse_platform(candidate.platform)
    except UsageError:
        return False
    return [c for c in images if asked.matches(c.platform)] == [candidate]


def _described(candidate: Candidate) -> str:
    parts = [
        *map(_name_text, candidate.names[:3]),
        candidate.platform,
        (candidate.digest or candidate.image_id or candidate.detail)[:19],
    ]
    return "  # " + " ".join(part for part in parts if part) if any(parts) else ""


def _name_text(name: str) -> str:
    """A name, or `tag 1` where a layout has a tag alone: a bare `1` reads like a count."""
    return name if ":" in name or "/" in name else f"tag {name}"


def _others(candidates: Sequence[Candidate]) -> str:
    """What else is listed, in words; empty if nothing is."""
    count = {kind: sum(c.kind == kind for c in candidates) for kind in _KINDS}
    return ", ".join(f"{n} {_KINDS[kind][n > 1]}" for kind, n in count.items() if n)


_KINDS = {
    "attestation": ("attestation", "attestations"),
    "artifact": ("artifact", "artifacts"),
    "missing": ("manifest that is not there", "manifests that are not there"),
    "damaged": ("damaged manifest", "damaged manifests"),
}


def _nothing_left(
    label: str,
    left: Sequence[Candidate],
    candidates: Sequence[Candidate],
    image: str | None,
    platform: str | None,
) -> LayerscopeError:
    """Say why no image is left: nothing was listed, nothing matched, or what matched is no image."""
    asked = " and ".join(
        text for text in (image and f"--image {image}", platform and f"--platform {platform}") if text
    )
    if left and not any(c.kind == "missing" for c in left):
        what = ", ".join(dict.fromkeys(f"{c.kind} ({c.detail})" if c.detail else c.kind for c in left))
        kind = Malformed if any(c.kind == "damaged" for c in left) else Unsupported
        return kind(f"{label}: holds no image{f' for {asked}' if asked else ''}, only: {what}")
    if left:
        gone = [c for c in left if c.kind == "missing"]
        names = ", ".join(f"{c.platform or 'image'} {c.digest}" for c in gone[:5])
        more = f" and {len(gone) - 5} more" if len(gone) > 5 else ""
        return NoSuchImage(f"{label}: the manifest is listed but not in the source: {names}{more}")
    if not candidates:
        return NoSuchImage(f"{label}: lists no image")
    there = [
        " ".join([*map(_name_text, c.names), c.platform, c.digest or c.image_id or ""]).strip()
        for c in candidates
        if c.kind == "image"
    ]
    lines = [f"  {text}" for text in there[:_MAX_LISTED]]
    others = _others(candidates)
    lines += [f"  ({others})"] if others else []
    return NoSuchImage(f"{label}: nothing matches {asked}; there are:", further=lines)
