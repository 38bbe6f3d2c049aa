"""Times that are not to be later than a given one: SOURCE_DATE_EPOCH of a build that can be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

__all__ = ["date_text", "no_later", "no_later_annotations"]

_CREATED = "org.opencontainers.image.created"


def date_text(seconds: int) -> str:
    """A time in seconds since 1970 as configurations write it: `2026-11-26T00:00:00Z`."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return "9999-12-31T23:59:59Z"


def no_later(text: object, latest: int) -> object:
    """A time as text, or that of `latest` if it is after it; what is no time stays.

    Spec: image-spec v1.1.1, config.md#properties (created, as RFC 3339 writes times).
    """
    if not isinstance(text, str):
        return text
    try:
        time = datetime.fromisoformat(text)
        return date_text(latest) if time.timestamp() > latest else text
    except (ValueError, OverflowError, OSError):
        return text


def no_later_annotations(annotations: Mapping[str, str], latest: int | None) -> dict[str, str]:
    """Annotations of a manifest in which the time of the build is not later."""
    found = dict(annotations)
    if latest is not None and _CREATED in found:
        found[_CREATED] = str(no_later(found[_CREATED], latest))
    return found
