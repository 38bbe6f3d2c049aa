"""What a rule is. Adding one takes two files: the rule here, below `waste/`, `dockerfile/` or
`hygiene/`, and its test.

A rule's module docstring is its page in `docs/rules`: a title line, then the sections *What it finds*,
*Why it matters*, *How to fix it*. A rule never invents a saving: what it claims are bytes of stored files.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import BuildSaving, Fix, Location, Severity
from layerscope.rules.origins import Writer, writer_of

__all__ = ["CacheRule", "Draft", "PatternRule", "Rule", "at_home", "where_written"]

_HOME = re.compile(rb"(home/[A-Za-z0-9_][A-Za-z0-9_.-]*)/")
_ROOT = "/root/"


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding before the claims of all rules are settled.

    `inodes` are claimed with their whole content, `parts` with some bytes of it; what another rule claimed
    before counts there. `mentions` are shown and claim nothing. `layers` are concerned, whatever they store.
    """

    message: str
    """Lower case, without figures of bytes: those stand beside it. `package lists of apt are stored`."""
    fix: Fix
    inodes: Sequence[int] = ()
    parts: Mapping[int, int] = field(default_factory=dict)
    hidden_in: int | None = None
    """A layer to name as the one that hid it. Those that hid what is claimed are named in any case."""
    mentions: Sequence[int] = ()
    layers: Sequence[int] = ()
    severity: Severity | None = None
    """Instead of the rule's own."""
    by_hider: bool = False
    """Whose finding it is, is decided by the layer that hid the bytes: where leaving out what that layer did
    frees as many bytes, although the base image stores those that are claimed."""
    base_fix: Fix | None = None
    """What to do about the part that the base image stores, if more is known than to choose another base."""
    places: Sequence[Location] = ()
    """Instructions that it is about, whether or not they made a layer; the first one foremost."""
    build: BuildSaving | None = None


class Rule(ABC):
    """One rule. Its class is found by walking the folders; there is no list to enter it in."""

    id: ClassVar[str]
    """`LS101`: stable for ever, as `name` is."""
    name: ClassVar[str]
    """`removed-later`: what it finds in a few words, without the remedy."""
    severity: ClassVar[Severity] = Severity.WARNING
    """At most. Few bytes, and bytes of the base image, make it INFO unless `always`."""
    always: ClassVar[bool] = False
    """Keep the severity however few bytes it is about: for hygiene."""
    rank: ClassVar[int] = 50
    """Who claims a byte first when several rules would: the lowest rank, then the lowest id. The more that is
    known of why a byte is there, the lower; rules about causes of waste in general have 90."""
    about_dockerfile: ClassVar[bool] = False
    """Whether it looks at the Dockerfile, and finds nothing without one."""
    patterns: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Topic to globs of paths (`rules.patterns`), looked up for all rules in one pass."""

    @abstractmethod
    def check(self, evidence: Evidence) -> Iterable[Draft]:
        """Find what this rule is about."""

    def matched(self, evidence: Evidence, topic: str, *, live: bool = True) -> dict[int, list[int]]:
        """Layer to inodes of files with content whose paths match `patterns[topic]`, in archive order.

        With `live` those that the final root filesystem reaches, at no path that does not match, else those
        that it does not reach.
        """
        return evidence.matched((self.id, topic), live=live)


class PatternRule(Rule):
    """A rule about live files at certain paths: one finding for each topic and layer that stores some."""

    messages: ClassVar[Mapping[str, str]]
    """Topic to message."""
    fixes: ClassVar[Mapping[str, Fix]]
    """Topic to fix."""

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """Claim every live file that matches."""
        for topic in self.patterns:
            for layer, inodes in self.matched(evidence, topic).items():
                kept = [inode for inode in inodes if self.keeps(evidence, inode)]
                if kept:
                    fix = at_home(evidence, self.fix(evidence, topic), kept)
                    yield Draft(self.messages[topic], where_written(evidence, layer, fix), inodes=kept)

    def fix(self, evidence: Evidence, topic: str) -> Fix:  # noqa: ARG002 (for those that override it)
        """What to do where an instruction writes the files."""
        return self.fixes[topic]

    def keeps(self, evidence: Evidence, inode: int) -> bool:  # noqa: ARG002 (for those that override it)
        """Whether a file that matches is really meant; a rule may look closer, at all of its names."""
        return True


class CacheRule(PatternRule):
    """A rule about caches: one that a later layer removes is as stored as one that stays, and what keeps it
    out is the same. So this, and no rule about removals, claims it, with the fix for that very cache.
    """

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """Claim what matches, live or hidden."""
        yield from super().check(evidence)
        if type(self).keeps is not PatternRule.keeps:
            return  # a closer look at a file takes its place in the final root filesystem
        for topic in self.patterns:
            for layer, inodes in self.matched(evidence, topic, live=False).items():
                fix = at_home(evidence, self.fix(evidence, topic), inodes)
                message = f"{self.messages[topic]}, and only a later layer removes or replaces them"
                yield Draft(message, where_written(evidence, layer, fix), inodes=inodes)


def where_written(evidence: Evidence, layer: int, fix: Fix) -> Fix:
    """A fix for the instruction that writes files, said to whoever copies them: a later one frees nothing."""
    writer = writer_of(evidence, layer)
    if writer is Writer.CONTEXT:
        text = f"do not copy them: name them in .dockerignore, or, where another stage makes them, {fix.text}"
        return Fix(text, fix.example)
    return (
        Fix(f"in the stage that they are copied from, {fix.text}", fix.example)
        if writer is Writer.STAGE
        else fix
    )


def at_home(evidence: Evidence, fix: Fix, inodes: Sequence[int]) -> Fix:
    """A fix that names root's home directory, for the user in whose home all files are.

    A cache mount belongs to root unless told otherwise, and such a user could not write to it.
    """
    if _ROOT not in fix.text + fix.example:
        return fix
    found = {_HOME.match(evidence.path(inode)) for inode in inodes}
    homes = {match[1].decode() if match else "" for match in found}
    if len(homes) != 1 or "" in homes:
        return fix
    changeset, index, _ = evidence.inodes.locate(inodes[0])
    _, user, group = changeset.attributes[changeset.attribute_ids[index]]
    mount = f"--mount=type=cache,uid={user},gid={group},target=/{homes.pop()}/"

    def moved(text: str) -> str:
        text = text.replace(f"--mount=type=cache,target={_ROOT}", mount)
        return text.replace(_ROOT, mount.partition("target=")[2])

    return Fix(moved(fix.text), moved(fix.example))
