"""The words of the machine formats: exact sizes, counts, and text that is not text.

One rule for the last: a path is UTF-8 with U+FFFD for what is not, and where that lost something a second
key, the first one's name with `_bytes`, holds the exact bytes in base64. It is left out otherwise.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from layerscope.report.printable import without_surrogates

__all__ = ["Bytes", "Count", "ExactPath", "LayerIndex", "Ratio", "exact_bytes", "lossy_text", "text_or_none"]

Bytes = Annotated[int, Meta(ge=0)]
ExactPath = bytes
"""The type `bytes`, where a key named `bytes` hides it."""
Count = Annotated[int, Meta(ge=0)]
Ratio = Annotated[float, Meta(ge=0, le=1)]
LayerIndex = Annotated[int, Meta(ge=0)]


def lossy_text(value: bytes) -> str:
    """`value` as UTF-8, with U+FFFD for what is not."""
    return value.decode("utf-8", "replace")


def exact_bytes(value: bytes) -> bytes | UnsetType:
    """`value` itself where `lossy_text` loses something; msgspec writes it in base64."""
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return value
    return UNSET


def text_or_none(value: object) -> str | None:
    """What is shown of an error, say; None for None."""
    return None if value is None else without_surrogates(str(value))
