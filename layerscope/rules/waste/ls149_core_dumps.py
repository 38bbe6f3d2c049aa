"""Core dumps and heap dumps.

## What it finds

What a process leaves when it dies: `core.1234`, `core.NAME.1234`, `vgcore.1234`, dumps in `/var/crash` and
`/var/lib/systemd/coredump`, and Java's `hs_err_pid*.log` and `*.hprof`. A file that is called `core` and
nothing more is named for information, if it is larger than 64 KiB and not below a directory of the system.

## Why it matters

A dump is the memory of a process: large, of no use to the program, and with every password and key that the
process knew.

## How to fix it

Find out what died while the image was built, and let it leave nothing behind:

    RUN ulimit -c 0 && make test

Name dumps in `.dockerignore` if they come from the build context: `**/core.*`, `**/*.hprof`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.origins import in_vendored_code

__all__ = ["CoreDumps"]

_NUMBERED = re.compile(
    rb"core\.(?:[^.]{1,64}\.)?[0-9]+|vgcore\.[0-9]+|core\..+\.[0-9]{10,}(?:\.zst|\.lz4|\.xz)?"
)
_CORE_BYTES = 64 << 10
_NUMBERED_BYTES = 4096
_CALLED_CORE = (b"/man/", b"/.git/")
"""Pages about `core`, and branches of that name."""
_SYSTEM = (b"usr/lib", b"usr/share/", b"usr/bin/", b"usr/sbin/", b"lib", b"etc/", b"bin/", b"sbin/", b"nix/")
_FIX = Fix(
    "find out what died in this instruction, let it leave no dump, and name dumps in .dockerignore",
    "RUN ulimit -c 0 && make test",
)


class CoreDumps(Rule):
    """Live dumps, told by their names and places: no content is looked at."""

    id = "LS149"
    name = "core-dumps"
    patterns = {
        "cores": ("**/core", "**/core.*", "**/vgcore.*"),
        "places": ("var/crash/**", "var/lib/systemd/coredump/**"),
        "java": ("**/hs_err_pid*.log", "**/*.hprof"),
    }

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each layer, one more for what is only called `core`."""
        certain = {layer: list(inodes) for layer, inodes in self.matched(evidence, "places").items()}
        for layer, inodes in self.matched(evidence, "java").items():
            certain.setdefault(layer, []).extend(inodes)
        possible: dict[int, list[int]] = {}
        for layer, inodes in self.matched(evidence, "cores").items():
            for inode in inodes:
                if evidence.package(inode) is not None:
                    continue
                size = evidence.size(inode)
                kinds = {_is_certain(name, size) for name in evidence.names(inode)}
                if len(kinds) == 1 and None not in kinds:
                    (certain if kinds == {True} else possible).setdefault(layer, []).append(inode)
        for layer in sorted(certain):
            yield Draft("dumps of the memory of a process are stored", _FIX, inodes=certain[layer])
        for layer in sorted(possible):
            yield Draft(
                "a file is called core, as the dump of a process is",
                _FIX,
                inodes=possible[layer],
                severity=Severity.INFO,
            )


def _is_certain(path: bytes, size: int) -> bool | None:
    """Whether a name is certainly that of a dump, or only `core`; None if it is no dump's."""
    name = path.rpartition(b"/")[2]
    if path.startswith(_SYSTEM) or in_vendored_code(path):
        return None
    if any(place in b"/" + path for place in _CALLED_CORE):
        return None
    if name == b"core":
        return False if size > _CORE_BYTES else None
    return True if _NUMBERED.fullmatch(name) and size >= _NUMBERED_BYTES else None
