"""Secrets that a later layer hides and a lower layer still holds.

## What it finds

Private keys, tokens, passwords and other credentials in files that a later layer removes or overwrites. The
file is named, and what kind of secret it holds; the secret itself is never shown. Keys that packages bring
along for their tests and examples are public and not meant.

## Why it matters

Whoever may pull the image may also unpack the layer. The secret is not in the container, so nobody sees it
there, and everybody takes it to be gone.

## How to fix it

The secret is known to everyone who has the image: make a new one first, and revoke the old one. Then let
the build see it without storing it:

    RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci
    RUN --mount=type=ssh git clone git@example.com:team/project.git

    docker build --secret id=npmrc,src=$HOME/.npmrc --ssh default .

`RUN rm` in a later instruction changes nothing. A secret that came with `COPY . .` belongs into
`.dockerignore`."""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.ledger import WasteCause
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.secret_weight import NAMED_EACH, described, secrets_of, weight

__all__ = ["SecretInLowerLayer"]

_STILL_THERE = frozenset({WasteCause.METADATA_ONLY, WasteCause.UNCHANGED})
"""Causes after which the same content is in the root filesystem: LS402 is about that."""
_FIX = Fix(
    "make a new secret and revoke this one: everybody who has the image has it; "
    "then build again and let the instruction see it without storing it",
    "RUN --mount=type=secret,id=NAME,target=/PATH COMMAND",
)


class SecretInLowerLayer(Rule):
    """Hidden files with secrets, by the layers that store and hide them. It claims no bytes."""

    id = "LS401"
    name = "secret-in-lower-layer"
    severity = Severity.ERROR
    always = True

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each file, or one for all of a kind where there are very many."""
        found: dict[tuple[int, int, tuple[str, ...], Severity], list[int]] = {}
        for layer, inode, kinds in secrets_of(evidence):
            cause, hidden_in = evidence.hidden.get(inode, (None, -1))
            if cause is None or cause in _STILL_THERE:
                continue
            severity = weight(evidence, inode, kinds)
            if severity is not None:
                found.setdefault((layer, hidden_in, kinds, severity), []).append(inode)
        for (layer, hidden_in, kinds, severity), inodes in found.items():
            message = (
                f"{described(kinds)}: hidden by layer {hidden_in}, and still in layer {layer}"
                if hidden_in != layer
                else f"{described(kinds)}: overwritten within layer {layer}, and still in it"
            )
            groups = [[inode] for inode in inodes] if len(inodes) <= NAMED_EACH else [inodes]
            for group in groups:
                yield Draft(message, _FIX, mentions=group, hidden_in=hidden_in, severity=severity)
