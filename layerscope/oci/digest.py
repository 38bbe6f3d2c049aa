"""Digests, and the four identities that must never be confused.

Spec: image-spec v1.1.1, descriptor.md#digests; config.md#layer-diffid, #layer-chainid, #imageid.
"""

from __future__ import annotations

import hashlib
import re
from typing import NewType

from layerscope.errors import Malformed

__all__ = [
    "ChainID",
    "DiffID",
    "Digest",
    "ImageID",
    "chain_ids",
    "digest_mismatch",
    "is_checkable",
    "parse_digest",
    "sha256_of",
    "short",
]

Digest = NewType("Digest", str)
"""`algorithm:hex` of a blob as it is stored (for a layer: compressed)."""

DiffID = NewType("DiffID", str)
"""`sha256:hex` of a layer's whole uncompressed tar stream, what follows the end mark included."""

ChainID = NewType("ChainID", str)
"""Identity of a layer together with all layers below it."""

ImageID = NewType("ImageID", str)
"""`sha256:hex` of the configuration document."""

# The grammar: algorithm ":" encoded, where an algorithm is components with separators between them.
_GRAMMAR = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+")
_CHECKABLE = {"sha256", "sha384", "sha512"}
_HEX_LENGTH = {"sha256": 64, "sha384": 96, "sha512": 128, "blake3": 64}


def parse_digest(text: str, where: str) -> Digest:
    """Check the grammar of a digest before a path or a name is built from it.

    `where` is the key it was read from, for the message. Raises Malformed: a digest such as
    `sha256:../../etc/passwd` must never reach a file system.
    """
    algorithm, _, encoded = text.partition(":")
    length = _HEX_LENGTH.get(algorithm)
    if _GRAMMAR.fullmatch(text) is None or (
        length is not None and re.fullmatch(rf"[a-f0-9]{{{length}}}", encoded) is None
    ):
        raise Malformed(f"{where}: {text[:80]!r} is not a digest")
    return Digest(text)


def is_checkable(digest: str) -> bool:
    """Tell whether bytes can be compared with `digest`: hashlib has no blake3, for one."""
    return digest.partition(":")[0] in _CHECKABLE


def short(digest: str) -> str:
    """The first 12 hex digits, for people: `4f53cda18c2b`."""
    return digest.partition(":")[2][:12]


def chain_ids(diff_ids: list[DiffID]) -> list[ChainID]:
    """Chain IDs of a stack of layers, lowest first.

    Spec: image-spec v1.1.1, config.md#layer-chainid: ChainID(L0) = DiffID(L0),
    ChainID(L0|…|Ln) = digest(ChainID(L0|…|Ln-1) + " " + DiffID(Ln)).
    """
    chain: list[ChainID] = []
    for diff_id in diff_ids:
        if not chain:
            chain.append(ChainID(diff_id))
            continue
        text = f"{chain[-1]} {diff_id}".encode()
        chain.append(ChainID("sha256:" + hashlib.sha256(text).hexdigest()))
    return chain


def sha256_of(data: bytes) -> Digest:
    """`sha256:hex` of a document."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def digest_mismatch(data: bytes, digest: str, size: int | None) -> str:
    """Say how a document differs from the digest and the size in bytes promised for it; empty if it does not.

    A digest that is not checkable is taken as a name: `is_checkable` tells, and the caller has to say so.
    """
    if size is not None and size != len(data):
        return f"{len(data):,} bytes, {size:,} were promised"
    algorithm, _, promised = digest.partition(":")
    if algorithm not in _CHECKABLE:
        return ""
    found = hashlib.new(algorithm, data).hexdigest()
    return "" if found == promised else f"has the digest {algorithm}:{found}, {digest} was promised"
