"""History entries in the shape of `forms.py`, to be compared with them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from layerscope.dockerfile.forms import COPIED, MAX_FORM, one_line, ports_in_order
from layerscope.image.history import Instruction, read_instructions
from layerscope.oci.config import HistoryEntry

__all__ = ["texts_of"]

_COPIED = re.compile(r"(ADD|COPY) (?:--\S+ )*(?:file|dir|multi):[0-9a-f]{12,64} in (.*)")
_BUILD_ARGUMENTS = re.compile(r"\|[0-9]{1,4} ")
_NOP = "#(nop) "
_BUILDKIT = "# buildkit"
_NO_DOCKERFILE = frozenset({"jib", "ko", "bazel", "nix", "buildpacks", "apko", "umoci"})


def texts_of(entry: Instruction, shells: Sequence[str]) -> frozenset[str]:
    """What the entry says, in every reading: a RUN may or may not have its shell in front.

    `shells` are those that the Dockerfile sets with SHELL. Empty for the entry of a tool that has no
    Dockerfile.
    """
    if entry.builder in _NO_DOCKERFILE or not entry.created_by:
        return frozenset()
    entry = _without_own_shell(entry, shells)
    keyword, text = entry.keyword, entry.text
    if keyword and keyword != "RUN":
        return frozenset({text, *_readings(keyword, text)})
    command = entry.created_by[:MAX_FORM].strip()
    if keyword and command.startswith("RUN "):
        command = command[4:].removesuffix(_BUILDKIT)
    found = {command, text.removeprefix("RUN ")}
    arguments = _BUILD_ARGUMENTS.match(command)
    if arguments:
        rest = command[arguments.end() :]
        found.add(rest)
        found |= {rest[at:] for at in (_behind(rest, shell) for shell in shells) if at}
    return frozenset("RUN " + one_line(command) for command in found if command)


def _without_own_shell(entry: Instruction, shells: Sequence[str]) -> Instruction:
    """The classic builder writes `<SHELL> #(nop) CMD …`, whatever the shell."""
    for shell in shells:
        if entry.created_by.startswith(f"{shell} {_NOP}"):
            rest = entry.created_by.removeprefix(f"{shell} ")
            (entry,) = read_instructions([HistoryEntry(created_by=f"/bin/sh -c {rest}")])
    return entry


def _readings(keyword: str, text: str) -> set[str]:
    if keyword == "EXPOSE":
        ports = ports_in_order(text.split()[1:])
        return set() if ports is None else {f"EXPOSE {ports}"}
    if keyword in ("COPY", "ADD"):
        found = _COPIED.fullmatch(text)
        return {f"{keyword} {COPIED} in {found[2]}"} if found else set()
    return set()


def _behind(text: str, shell: str) -> int:
    """Where the command behind `shell` begins; 0 if the shell is not there."""
    if text.startswith(shell + " "):
        return len(shell) + 1
    at = text.find(f" {shell} ")
    return at + len(shell) + 2 if at >= 0 else 0
