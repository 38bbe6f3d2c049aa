"""Files and directories that everybody may write.

## What it finds

Files, and directories without the sticky bit, in one's own layers, that users other than the owner and the
group may write. It is a warning for programs, libraries and configuration, and for information elsewhere.

## Why it matters

Whoever gets into the container as any user may change what root runs or reads next. In a directory that
everybody may write without the sticky bit, everybody may also replace files that are not theirs.

## How to fix it

Give the files to the user that the program runs as, where they are written: a later `RUN chmod` would store
them once more.

    COPY --chown=app:app --chmod=755 . /app
    RUN install -d -o app -g app -m 750 /var/lib/app

Where the user is not known beforehand (OpenShift), let the group be root's and let it write: `chmod -R g=u`.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.image.entry import EntryKind
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.modes import kind_and_mode, odd_entries

__all__ = ["WorldWritable"]

_WRITABLE, _STICKY, _EXECUTABLE = 0o002, 0o1000, 0o111
_DIRECTORY = int(EntryKind.DIRECTORY)
_KINDS = (_DIRECTORY, int(EntryKind.FILE), int(EntryKind.HARDLINK))
_SYSTEM = (b"bin/", b"sbin/", b"lib/", b"lib64/", b"usr/", b"etc/")
_PROJECTS = (b"usr/src/",)
_FIX = Fix(
    "let nobody else write: give the files to the user that the program runs as, where they are written",
    "COPY --chown=USER:GROUP --chmod=755 . /app",
)


class WorldWritable(Rule):
    """Live files and directories that packages do not explain, by layer. It claims no bytes."""

    id = "LS405"
    name = "world-writable"
    always = True

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """At most two drafts for each of one's own layers: what is run or configures, and the rest."""
        for layer in evidence.own_layers:
            grave: list[int] = []
            others: list[int] = []
            for entry in odd_entries(evidence, layer, _KINDS, _is_writable):
                kind, mode = kind_and_mode(evidence, entry)
                if kind == _DIRECTORY and mode & _STICKY:
                    continue
                path = evidence.path(entry)
                runs = kind != _DIRECTORY and mode & _EXECUTABLE
                system = path.startswith(_SYSTEM) and not path.startswith(_PROJECTS)
                (grave if runs or system else others).append(entry)
            for severity, entries in ((Severity.WARNING, grave), (Severity.INFO, others)):
                if entries:
                    yield Draft(
                        "everybody may write these files or directories",
                        _FIX,
                        mentions=entries,
                        severity=severity,
                    )


def _is_writable(mode: int) -> bool:
    return bool(mode & _WRITABLE)
