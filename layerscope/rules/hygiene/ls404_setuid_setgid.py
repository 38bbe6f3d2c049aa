"""Programs with setuid or setgid that no package brought.

## What it finds

Programs in one's own layers that run with the rights of their owner or group whoever starts them, unless a
package of the operating system installed them that way. A program of such a package that got the bit in a
later layer is meant.

## Why it matters

A process that was meant to run as an ordinary user becomes root by starting such a program, and every
mistake in the program becomes a way to do so.

## How to fix it

Do not give the bit, in the instruction that writes the file: a later one would store the file once more.

    COPY --chmod=755 tool /usr/local/bin/tool
    RUN install -m 755 tool /usr/local/bin/tool

If the program needs one right of root, give it that one: `RUN setcap cap_net_bind_service=+ep
/usr/local/bin/tool`. What installed packages have of such programs cannot harm when the container is run
with `--security-opt no-new-privileges`."""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.image.entry import EntryKind
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.modes import odd_entries

__all__ = ["SetuidSetgid"]

_SETUID, _SETGID, _EXECUTABLE, _GROUP_EXECUTABLE = 0o4000, 0o2000, 0o111, 0o010
_KINDS = (int(EntryKind.FILE), int(EntryKind.HARDLINK))
_FIX = Fix(
    "write the program without the bit; if it needs one right of root, give it that one with setcap",
    "COPY --chmod=755 TOOL /usr/local/bin/TOOL",
)


class SetuidSetgid(Rule):
    """Live programs whose bit a package does not explain, by layer. It claims no bytes."""

    id = "LS404"
    name = "setuid-setgid"
    always = True

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each of one's own layers."""
        for layer in evidence.own_layers:
            programs = odd_entries(evidence, layer, _KINDS, _is_privileged)
            if programs:
                yield Draft(
                    "programs run with the rights of their owner or group, whoever starts them",
                    _FIX,
                    mentions=programs,
                )


def _is_privileged(mode: int) -> bool:
    """setgid without the right to execute for the group means something else: mandatory locking."""
    return bool((mode & _SETUID and mode & _EXECUTABLE) or (mode & _SETGID and mode & _GROUP_EXECUTABLE))
