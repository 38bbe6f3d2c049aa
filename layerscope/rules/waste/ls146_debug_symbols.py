"""Debugging information in programs and libraries.

## What it finds

Debugging sections of programs and libraries that were not stripped, with the bytes of these sections alone;
and files below `usr/lib/debug`, as whole files. Programs that packages of the operating system brought are
passed over.

## Why it matters

A debugger uses them, and nothing else does. They are often larger than the code they describe.

## How to fix it

Strip what you build, in the instruction that builds it: `strip --strip-unneeded app`. Go leaves them out with
`-ldflags="-s -w"`, Cargo with `strip = true` in the release profile, CMake with `--install … --strip`.
Extensions of Python packages can be stripped after installing; try it, because a few check themselves.

Keep the unstripped files elsewhere if crashes are to be understood.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.origins import SYSTEM_ECOSYSTEMS

__all__ = ["DebugSymbols"]

_STRIP = Fix(
    "strip programs and libraries in the instruction that writes them",
    "RUN make install && strip --strip-unneeded /usr/local/bin/app",
)
_STRIP_PACKAGE = Fix(
    "strip the libraries of the package in the instruction that installs it, and try whether it still works",
    "RUN pip install --no-cache-dir numpy && find / -xdev -name '*.so*' -type f "
    "-exec strip --strip-unneeded {} +",
)
_REMOVE = Fix(
    "do not install packages with debugging information, or remove it in the instruction that installs it",
    "RUN apt-get update && apt-get install -y --no-install-recommends libc6 && rm -rf /usr/lib/debug",
)


class DebugSymbols(Rule):
    """Debugging sections of live files, by layer."""

    id = "LS146"
    name = "debug-symbols"
    rank = 60
    patterns = {"separate": ("usr/lib/debug/**",)}

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """Separate files, sections of programs, sections of what packages of a language brought."""
        separate = self.matched(evidence, "separate")
        for inodes in separate.values():
            yield Draft("debugging information of programs is stored", _REMOVE, inodes=inodes)
        passed_over = {inode for inodes in separate.values() for inode in inodes}
        for changeset, first in zip(evidence.inodes.changesets, evidence.inodes.bases, strict=True):
            own: dict[int, int] = {}
            packaged: dict[int, int] = {}
            for index, count in sorted(changeset.debug_bytes.items()):
                inode = first + index
                if inode in evidence.hidden or inode in passed_over:
                    continue
                package = evidence.package(inode)
                if package is None:
                    own[inode] = count
                elif package.ecosystem not in SYSTEM_ECOSYSTEMS:
                    packaged[inode] = count
            if own:
                yield Draft("programs are not stripped of debugging information", _STRIP, parts=own)
            if packaged:
                yield Draft(
                    "libraries of packages are not stripped of debugging information",
                    _STRIP_PACKAGE,
                    parts=packaged,
                    severity=Severity.INFO,
                )
