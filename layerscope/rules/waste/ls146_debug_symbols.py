"""Debugging information in programs and libraries.

## What it finds

Debugging sections of programs and libraries that were not stripped, with the bytes of these sections alone;
and files below `usr/lib/debug`, as whole files. Programs that packages of the operating system brought are
passed over.

## Why it matters

A debugger uses them, and nothing else does. They are often larger than the code they describe.

## How to fix it

Strip what you build, in the instruction that builds it: `strip --strip-debug app`. Go leaves them out with
`-ldflags="-s -w"`, Cargo with `strip = true` in the release profile, CMake with `--install … --strip`.
Extensions of Python packages can be stripped after installing; try it, because a few check themselves.

Keep the unstripped files elsewhere if crashes are to be understood.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule, where_written
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.installing import install
from layerscope.rules.origins import SYSTEM_ECOSYSTEMS

__all__ = ["DebugSymbols"]

_STRIP = Fix(
    "strip programs and libraries in the instruction that writes them",
    "RUN make install && strip --strip-debug /usr/local/bin/app",
)
_STRIP_PACKAGE = (
    "strip the libraries of the package, and no others, in the instruction that installs it (what strip "
    "touches in a lower layer is stored again), and try whether it still works"
)
_STRIP_PYTHON = (
    "RUN pip install --no-cache-dir PACKAGE "
    "&& find DIRECTORY_OF_PACKAGE -type f -name '*.so*' -exec strip --strip-debug {} +"
)
_REMOVE = (
    "do not install packages with debugging information, or remove it in the instruction that installs it"
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
        remove = Fix(_REMOVE, install(evidence, "rm -rf /usr/lib/debug"))
        for layer, inodes in separate.items():
            fix = where_written(evidence, layer, remove)
            yield Draft("debugging information of programs is stored", fix, inodes=inodes)
        passed_over = {inode for inodes in separate.values() for inode in inodes}
        layers = zip(evidence.inodes.changesets, evidence.inodes.bases, strict=True)
        for layer, (changeset, first) in enumerate(layers):
            own: dict[int, int] = {}
            packaged: dict[str, dict[int, int]] = {}
            for index, count in sorted(changeset.debug_bytes.items()):
                inode = first + index
                if inode in evidence.hidden or inode in passed_over:
                    continue
                package = evidence.package(inode)
                if package is None:
                    own[inode] = count
                elif package.ecosystem not in SYSTEM_ECOSYSTEMS:
                    packaged.setdefault(package.ecosystem, {})[inode] = count
            if own:
                fix = where_written(evidence, layer, _STRIP)
                yield Draft("programs are not stripped of debugging information", fix, parts=own)
            for ecosystem, parts in sorted(packaged.items()):
                fix = Fix(_STRIP_PACKAGE, _STRIP_PYTHON if ecosystem == "pypi" else "")
                yield Draft(
                    "libraries of packages are not stripped of debugging information",
                    where_written(evidence, layer, fix),
                    parts=parts,
                    severity=Severity.INFO,
                )
