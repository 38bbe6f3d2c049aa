"""Who has which byte: the claims of all rules settled, and what becomes of each draft.

A byte goes to the first draft that claims it, so rules are asked by rank. What a draft gets is told apart by
whose layers store it: removing what the base image stores frees nothing, so that is another finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import nlargest

from layerscope.image.changeset import Changeset
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Finding, Fix, Location, PathBytes, Role, Severity

__all__ = ["NOTABLE_BYTES", "NOTABLE_RATIO", "PATHS_SHOWN", "Settlement", "is_notable"]

PATHS_SHOWN = 5
"""Paths that a location names; all of them could be a million."""

NOTABLE_BYTES = 1_000_000
NOTABLE_RATIO = 0.01
"""Bytes below both are for information only: nobody should be stopped by them. The ratio is to all that the
image stores."""

_OTHER_BASE = Fix(
    "the base image stores these bytes: removing them in a later layer frees nothing; "
    "choose or build another base"
)
_GUESSED = "where the base image ends is a guess (--base says it). If the layers are your own: "


def is_notable(evidence: Evidence, count: int) -> bool:
    """Whether so many bytes are worth a warning."""
    return count >= NOTABLE_BYTES or count >= NOTABLE_RATIO * evidence.analysis.ledger.stored_bytes > 0


class Settlement:
    """Remembers in `evidence.claimed` which bytes are claimed."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def settle(self, rule: Rule, draft: Draft) -> Iterator[Finding]:
        """The findings that become of a draft: one for one's own bytes, one for the base image's.

        A draft that asks for bytes and gets none is dropped, unless the rule is about more than bytes.
        """
        claims = self._claim(draft)
        asks = bool(draft.inodes or draft.parts)
        unmet = (*draft.inodes, *draft.parts) if rule.always and not claims else ()
        mentions = [inode for inode in dict.fromkeys((*draft.mentions, *unmet)) if inode not in claims]
        own, base = claims, dict[int, int]()
        if self._evidence.analysis.base.layers:
            own = {inode: count for inode, count in claims.items() if self._is_own(inode, draft)}
            base = {inode: count for inode, count in claims.items() if inode not in own}
        if own or base:
            if own:
                yield self._finding(rule, draft, own, mentions, in_base=False)
            if base:
                yield self._finding(rule, draft, base, mentions, in_base=True)
        elif not asks or rule.always:
            yield from self._about_no_bytes(rule, draft, mentions)

    def _is_own(self, inode: int, draft: Draft) -> bool:
        if inode >= self._evidence.first_own:
            return True
        hidden = self._evidence.hidden.get(inode) if draft.by_hider else None
        return hidden is not None and not self._evidence.in_base(hidden[1])

    def _about_no_bytes(self, rule: Rule, draft: Draft, mentions: list[int]) -> Iterator[Finding]:
        first_own = self._evidence.first_own
        own = [inode for inode in mentions if inode >= first_own]
        base = [inode for inode in mentions if inode < first_own]
        nowhere = not (mentions or draft.layers)  # it is about the image as a whole: its configuration
        own_layers = nowhere or any(not self._evidence.in_base(layer) for layer in draft.layers)
        if own or own_layers:
            yield self._finding(rule, draft, {}, own, in_base=False)
        if base or (draft.layers and not own_layers and not own):
            yield self._finding(rule, draft, {}, base, in_base=True)

    def _claim(self, draft: Draft) -> dict[int, int]:
        """The bytes of each inode that nobody had before."""
        claimed, locate = self._evidence.claimed, self._evidence.inodes.locate
        taken: dict[int, int] = {}
        sizes: Sequence[int] = ()
        first, end = 0, 0
        for inode in draft.inodes:
            if not first <= inode < end:
                changeset, index, _ = locate(inode)
                sizes, first = changeset.sizes, inode - index
                end = first + len(sizes)
            size, before = sizes[inode - first], claimed.get(inode, 0)
            if size > before:
                claimed[inode] = size
                taken[inode] = size - before
        for inode, wanted in draft.parts.items():
            before = claimed.get(inode, 0)
            count = min(wanted, self._evidence.size(inode) - before)
            if count > 0:
                claimed[inode] = before + count
                taken[inode] = taken.get(inode, 0) + count
        return taken

    def _finding(
        self, rule: Rule, draft: Draft, claims: dict[int, int], mentions: list[int], *, in_base: bool
    ) -> Finding:
        hidden = self._evidence.hidden
        total = sum(claims.values())
        return Finding(
            rule_id=rule.id,
            name=rule.name,
            severity=self._severity(rule, draft, total, in_base=in_base),
            message=draft.message,
            freed_bytes=total,
            wasted_bytes=sum(count for inode, count in claims.items() if inode in hidden),
            in_base=in_base,
            locations=tuple(self._locations(draft, claims, mentions)),
            fix=self._fix(rule, draft, in_base=in_base),
            build=draft.build,
        )

    def _severity(self, rule: Rule, draft: Draft, total: int, *, in_base: bool) -> Severity:
        severity = draft.severity or rule.severity
        if rule.always:
            return severity
        if in_base and not self._evidence.analysis.base.guessed:
            return Severity.INFO
        return severity if is_notable(self._evidence, total) else Severity.INFO

    def _fix(self, rule: Rule, draft: Draft, *, in_base: bool) -> Fix:
        if not in_base or rule.always:
            return draft.fix
        of_base = draft.base_fix or _OTHER_BASE
        if not self._evidence.analysis.base.guessed:
            return of_base
        return replace(draft.fix, text=f"{of_base.text}; {_GUESSED}{draft.fix.text}")

    def _locations(self, draft: Draft, claims: dict[int, int], mentions: list[int]) -> Iterator[Location]:
        yield from draft.places
        layers, hidden = self._evidence.analysis.layers, self._evidence.hidden
        seen = set()
        hiding: Counter[int] = Counter()
        for layer, changeset, first, inodes in self._evidence.by_layer({*claims, *mentions}):
            seen.add(layer)
            hidden_in = (hidden[inode][1] for inode in inodes if inode in claims and inode in hidden)
            hiding.update(hider for hider in hidden_in if hider != layer)  # else it is named already
            yield self._stored(layer, changeset, first, inodes, claims)
        for layer in sorted(set(draft.layers) - seen):
            yield Location(layer, Role.CONCERNED, instruction=layers[layer].layer.instruction)
        if draft.hidden_in is not None:
            hiding.setdefault(draft.hidden_in, 0)
        for layer in sorted(hiding):
            yield Location(layer, Role.HIDDEN, hiding[layer], instruction=layers[layer].layer.instruction)

    def _stored(
        self, layer: int, changeset: Changeset, first: int, inodes: list[int], claims: dict[int, int]
    ) -> Location:
        def weight(inode: int) -> tuple[int, int]:
            return claims.get(inode, 0), changeset.sizes[inode - first]

        parents = {changeset.parents[inode - first] for inode in inodes}
        return Location(
            layer=layer,
            role=Role.STORED,
            files=len(inodes),
            freed_bytes=sum(claims.get(inode, 0) for inode in inodes),
            directory=_common_directory(changeset.directories[parent] for parent in parents),
            paths=tuple(
                PathBytes(changeset.path(inode - first), *weight(inode))
                for inode in nlargest(PATHS_SHOWN, inodes, key=weight)
            ),
            instruction=self._evidence.analysis.layers[layer].layer.instruction,
        )


def _common_directory(directories: Iterable[bytes]) -> bytes:
    """The deepest directory that is or holds all of these."""
    by_components = {tuple(directory.split(b"/")) for directory in directories}
    same = []
    for one, other in zip(min(by_components), max(by_components), strict=False):
        if one != other:
            break
        same.append(one)
    return b"/".join(same)
