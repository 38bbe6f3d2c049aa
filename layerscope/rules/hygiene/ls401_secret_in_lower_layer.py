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

_SAME_CONTENT = frozenset({WasteCause.METADATA_ONLY, WasteCause.UNCHANGED})
"""Causes after which another inode has the same content. Where that is live, LS402 is about it."""
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
        found: dict[tuple[tuple[int, ...], int, tuple[str, ...], Severity], list[list[int]]] = {}
        for held, hidden_in, kinds in _hidden(evidence):
            severity = weight(evidence, held[-1], kinds)
            if severity is not None:
                layers = tuple(sorted({evidence.layer(inode) for inode in held}))
                found.setdefault((layers, hidden_in, kinds, severity), []).append(held)
        for (layers, hidden_in, kinds, severity), files in found.items():
            still = f"layer{'s' if len(layers) > 1 else ''} {' and '.join(map(str, layers))}"
            message = (
                f"{described(kinds)}: hidden by layer {hidden_in}, and still in {still}"
                if (hidden_in,) != layers
                else f"{described(kinds)}: overwritten within layer {hidden_in}, and still in it"
            )
            groups = files if len(files) <= NAMED_EACH else [[inode for held in files for inode in held]]
            for group in groups:
                yield Draft(message, _FIX, mentions=group, hidden_in=hidden_in, severity=severity)


def _hidden(evidence: Evidence) -> Iterator[tuple[list[int], int, tuple[str, ...]]]:
    """(all inodes that hold one content, the layer that hid the last of them, its kinds of secrets).

    A copy of the same content, as `chmod` in a RUN stores it, hides the one below and gives nothing away; it
    may be hidden itself. Copies are followed upwards to what took the content away.
    """
    secrets = list(secrets_of(evidence))
    if not any(inode in evidence.hidden for _, inode, _ in secrets):
        return
    at = {(layer, evidence.path(inode)): inode for layer, inode, _ in secrets}
    copies: dict[int, list[int]] = {}
    for _, inode, kinds in secrets:  # layers ascending: what an inode copies was seen before it
        held = [*copies.pop(inode, ()), inode]
        cause, hidden_in = evidence.hidden.get(inode, (None, -1))
        if cause is None:
            continue
        if cause not in _SAME_CONTENT:
            yield held, hidden_in, kinds
            continue
        path = evidence.path(inode)
        copy = at.get((hidden_in, path))
        if copy is not None and copy > inode:
            copies.setdefault(copy, []).extend(held)
        elif not _is_present(evidence, path):
            yield held, hidden_in, kinds


def _is_present(evidence: Evidence, path: bytes) -> bool:
    """Whether a file is at this path in the end."""
    directory, _, name = path.rpartition(b"/")
    return isinstance(evidence.analysis.rootfs.locator().names_in(directory).get(name), int)
