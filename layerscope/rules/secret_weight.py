"""How much a secret in a file matters: by its kind, and by whether everybody has it anyway.

Packages bring keys along that their tests and examples use. They are public, and whoever is told of them a
few times does not read on when a real one is named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from layerscope.image.secrets import SECRET_KINDS
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Severity
from layerscope.rules.origins import inside_package, system_package

__all__ = ["NAMED_EACH", "described", "is_host_key", "secrets_of", "weight"]

NAMED_EACH = 20
"""So many secrets of one kind are named by a finding each; more, by one for all of them."""

_WARNINGS = frozenset({"encrypted-private-key", "key-store", "password-hashes", "env-file", "google-api-key"})
"""Kinds that are often meant to be there, or of use only together with something else."""
_TRIALS = (
    b"/test/", b"/tests/", b"/testing/", b"/testdata/", b"/test_data/", b"/test-data/", b"/__tests__/",
    b"/spec/", b"/fixtures/", b"/example/", b"/examples/", b"/demo/", b"/demos/", b"/sample/", b"/samples/",
)  # fmt: skip
_TEMPLATE = re.compile(rb"[._-](?:example|sample|template|tmpl|dist|test|testing|ci)(?:\.[^./]*)?$|snakeoil")
"""`.env.example`, and the key that Debian makes for a server until it has one."""
_DOCUMENTATION = (b"usr/share/doc/", b"usr/local/share/doc/", b"usr/share/man/")


def secrets_of(evidence: Evidence) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Every file with a secret, hidden ones too: (layer, inode, kinds)."""
    for layer, (changeset, first) in enumerate(
        zip(evidence.inodes.changesets, evidence.inodes.bases, strict=True)
    ):
        for index, kinds in changeset.secrets.items():
            yield layer, first + index, kinds


def weight(evidence: Evidence, inode: int, kinds: Iterable[str]) -> Severity | None:
    """How bad it is that the image holds this; None if it is no secret at all, since everybody has it."""
    path = evidence.path(inode)
    rooted = b"/" + path
    installed = inside_package(path)
    trial = any(place in rooted for place in _TRIALS)
    if path.startswith(_DOCUMENTATION) or (installed and trial):
        return None
    present = _present(evidence, inode, path)
    if present is not None and system_package(evidence, present) is not None:
        return None
    package = None if present is None else evidence.package(present)
    if installed or trial or package is not None or _TEMPLATE.search(path):
        return Severity.INFO
    if is_host_key(path) or _WARNINGS.issuperset(kinds):
        return Severity.WARNING
    return Severity.ERROR


def _present(evidence: Evidence, inode: int, path: bytes) -> int | None:
    """The live inode itself, or what stands now where a hidden one was: of the same package, if of one."""
    if inode not in evidence.hidden:
        return inode
    directory, _, name = path.rpartition(b"/")
    node = evidence.analysis.rootfs.locator().names_in(directory).get(name)
    return node if isinstance(node, int) else None


def is_host_key(path: bytes) -> bool:
    """Whether it is a key of sshd's own: made anew for each host, but not for each container of an image."""
    return path.startswith(b"etc/ssh/ssh_host_")


def described(kinds: Iterable[str]) -> str:
    """What the kinds mean, in words: `a private key that a passphrase protects (private-key)`."""
    meanings = ((SECRET_KINDS.get(kind, "a secret").partition(" (")[0], kind) for kind in kinds)
    return ", and ".join(f"{meaning} ({kind})" for meaning, kind in meanings)
