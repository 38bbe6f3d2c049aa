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
unless told to. Debian's packages compile theirs after they are installed, whatever is set:

    RUN apt-get update && apt-get install -y --no-install-recommends python3 \\
     && find /usr -depth -type d -name __pycache__ -exec rm -rf {} + \\
     && rm -rf /var/lib/apt/lists/*

To keep bytecode, but the same each time: `RUN python -m compileall --invalidation-mode=unchecked-hash /app`.
Name `**/__pycache__` in `.dockerignore`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from layerscope.rules.base import Draft, Rule, where_written
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.installing import install
from layerscope.rules.origins import system_package

__all__ = ["PythonBytecode"]

_MODULE = re.compile(rb"(.+?)(?:\.(?:cpython|pypy|graalpy)[^.]*)?(?:\.opt-\w+)?\.pyc", re.DOTALL)
_OWN = "bytecode of Python is stored beside its source"
_PIP = Fix(
    "let neither pip nor Python write bytecode; starting takes longer without",
    "RUN PYTHONDONTWRITEBYTECODE=1 pip install --no-cache-dir --no-compile -r requirements.txt",
)
_OF_THE_SYSTEM = "bytecode that packages compiled when they were installed is stored beside its source"
_REMOVE = "find /usr -depth -type d -name __pycache__ -exec rm -rf {} +"


class PythonBytecode(Rule):
    """Live bytecode files whose module's source is live."""

    id = "LS142"
    name = "python-bytecode"
    severity = Severity.INFO
    patterns = {"bytecode": ("**/*.pyc",)}

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """At most two drafts for each layer: one's own, and what packages of the system compiled."""
        system = Fix(
            "remove it in the instruction that installs; starting takes longer without",
            install(evidence, _REMOVE),
        )
        for layer, inodes in self.matched(evidence, "bytecode").items():
            own: list[int] = []
            of_the_system: list[int] = []
            for inode in inodes:
                sources = [_source(evidence, name) for name in evidence.names(inode)]
                known = [source for source in sources if source is not None]
                if known and len(known) == len(sources):
                    packaged = system_package(evidence, known[0]) is not None
                    (of_the_system if packaged else own).append(inode)
            for message, fix, found in ((_OWN, _PIP, own), (_OF_THE_SYSTEM, system, of_the_system)):
                if found:
                    yield Draft(message, where_written(evidence, layer, fix), inodes=found)


def _source(evidence: Evidence, path: bytes) -> int | None:
    """The source beside a file of bytecode; None if it is not there."""
    directory, _, name = path.rpartition(b"/")
    module = _MODULE.fullmatch(name)
    if module is None:
        return None
    if directory.endswith(b"__pycache__"):
        directory = directory[: -len(b"__pycache__")].rstrip(b"/")
    source = evidence.locator.names_in(directory).get(module[1] + b".py")
    return source if isinstance(source, int) else None
