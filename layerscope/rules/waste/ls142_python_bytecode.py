"""Bytecode of Python beside its source.

## What it finds

`.pyc` files whose source is in the image, too. Where only the bytecode is there, it is the program.

## Why it matters

Bytecode takes about as much as the source. It holds the time at which the source was written, so that the
same build stores other bytes each time. On the other hand programs start faster with it: which is worth
more is to be decided, and so this is information.

## How to fix it

    RUN pip install --no-cache-dir --no-compile -r requirements.txt
    ENV PYTHONDONTWRITEBYTECODE=1

The variable stops Python from writing bytecode when it imports, `--no-compile` stops pip; uv writes none
unless told to. To keep bytecode, but the same one each time: `RUN python -m compileall
--invalidation-mode=unchecked-hash /app`. What packages of Debian compile after their installation comes
with them; name `**/__pycache__` in `.dockerignore` for one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity

__all__ = ["PythonBytecode"]

_MODULE = re.compile(rb"(.+?)(?:\.(?:cpython|pypy|graalpy)[^.]*)?(?:\.opt-\w+)?\.pyc", re.DOTALL)
_FIX = Fix(
    "let neither pip nor Python write bytecode; starting takes longer without",
    "RUN PYTHONDONTWRITEBYTECODE=1 pip install --no-cache-dir --no-compile -r requirements.txt",
)


class PythonBytecode(Rule):
    """Live bytecode files whose module's source is live."""

    id = "LS142"
    name = "python-bytecode"
    severity = Severity.INFO
    patterns = {"bytecode": ("**/*.pyc",)}

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each layer."""
        locator = evidence.analysis.rootfs.locator()
        for inodes in self.matched(evidence, "bytecode").values():
            compiled = []
            for inode in inodes:
                directory, _, name = evidence.path(inode).rpartition(b"/")
                module = _MODULE.fullmatch(name)
                if directory.endswith(b"__pycache__"):
                    directory = directory[: -len(b"__pycache__")].rstrip(b"/")
                if module and module[1] + b".py" in locator.names_in(directory):
                    compiled.append(inode)
            if compiled:
                yield Draft("bytecode of Python is stored beside its source", _FIX, inodes=compiled)
