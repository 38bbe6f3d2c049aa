"""Secrets in files of the image.

## What it finds

Private keys, tokens, passwords and other credentials in files of the final root filesystem. The file is
named, and what kind of secret it holds; the secret itself is never shown. Keys that packages of the
operating system bring along, and those that tests and examples of installed packages use, are public and
not meant; other files of such packages, and tests of the program itself, are named for information.

## Why it matters

An image is copied to registries, caches and machines, and whoever may pull it may read every file. A key
that all containers share is no key: this goes for the host keys of an SSH server that was installed while
building, too.

## How to fix it

The secret is known to everyone who has the image: make a new one, and revoke the old one. Hand it over when
the container is run (a secret of the orchestrator, a mounted file), or to a single instruction of the
build:

    RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci

Name such files in `.dockerignore`: `**/.env`, `**/*.pem`, `**/id_*`. Host keys are removed in the
instruction that installs the server, and made when the container starts:

    RUN apt-get update && apt-get install -y --no-install-recommends openssh-server \\
     && rm -rf /etc/ssh/ssh_host_* /var/lib/apt/lists/*
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.secret_weight import NAMED_EACH, described, is_host_key, secrets_of, weight

__all__ = ["SecretInImage"]

_FIX = Fix(
    "make a new secret and revoke this one; name the file in .dockerignore, and hand the secret over "
    "when the container is run, or to the one instruction that needs it",
    "RUN --mount=type=secret,id=NAME,target=/PATH COMMAND",
)
_HOST_KEY_FIX = Fix(
    "remove the host keys in the instruction that installs the server, "
    "and make new ones when the container starts",
    "RUN apt-get update && apt-get install -y --no-install-recommends openssh-server "
    "&& rm -rf /etc/ssh/ssh_host_* /var/lib/apt/lists/*",
)


class SecretInImage(Rule):
    """Live files with secrets, by the layer that stores them. It claims no bytes."""

    id = "LS402"
    name = "secret-in-image"
    severity = Severity.ERROR
    always = True

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each file, or one for all of a kind where there are very many."""
        found: dict[tuple[int, tuple[str, ...], Severity, bool], list[int]] = {}
        for layer, inode, kinds in secrets_of(evidence):
            if inode in evidence.hidden:
                continue
            severity = weight(evidence, inode, kinds)
            if severity is not None:
                host_key = is_host_key(evidence.path(inode))
                found.setdefault((layer, kinds, severity, host_key), []).append(inode)
        for (_, kinds, severity, host_key), inodes in found.items():
            groups = [[inode] for inode in inodes] if len(inodes) <= NAMED_EACH else [inodes]
            for group in groups:
                yield Draft(
                    f"{described(kinds)} is in the root filesystem",
                    _HOST_KEY_FIX if host_key else _FIX,
                    mentions=group,
                    severity=severity,
                )
