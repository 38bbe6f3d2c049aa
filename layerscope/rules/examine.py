"""From an analysis to findings: every rule asked, their claims settled, the most bytes first.

Of each stored byte at most one finding is made: the rule with the lowest rank that claims it has it. So the
findings never add up to more than what is stored, and what they say of waste adds up to the ledger's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest

from layerscope.analysis.analyze import Analysis
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Finding, Fix, Location, PathBytes, Role, Severity
from layerscope.rules.registry import all_rules

__all__ = ["PATHS_SHOWN", "examine"]

PATHS_SHOWN = 5
"""Paths that a location names; all of them could be a million."""

_NOTABLE_BYTES = 1_000_000
_NOTABLE_RATIO = 0.01
"""Waste below both is for information only: nobody should be stopped by it."""

_OTHER_BASE = Fix(
    "the base image stores these bytes: removing them in a later layer frees nothing; "
    "choose or build another base"
)

_SEVERITIES = tuple(Severity)


def examine(analysis: Analysis, rules: Sequence[Rule] | None = None) -> tuple[Finding, ...]:
    """Apply `rules` (all there are, if not given); most bytes first, then by severity, rule and layer."""
    asked = all_rules() if rules is None else rules
    patterns = {(rule.id, topic): globs for rule in asked for topic, globs in rule.patterns.items()}
    evidence = Evidence(analysis, patterns)
    settlement = _Settlement(evidence)
    findings = [
        finding
        for rule in sorted(asked, key=lambda rule: (rule.rank, rule.id))
        for draft in rule.check(evidence)
        for finding in settlement.settle(rule, draft)
    ]
    findings.sort(key=_order)
    return tuple(findings)


def _order(finding: Finding) -> tuple[object, ...]:
    layers = tuple(location.layer for location in finding.locations)
    return (
        -finding.freed_bytes,
        -_SEVERITIES.index(finding.severity),
        finding.rule_id,
        layers,
        finding.message,
    )


class _Settlement:
    """Remembers which bytes are claimed."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._claimed: dict[int, int] = {}
        self._own = self._first_own_inode()

    def _first_own_inode(self) -> int:
        base, bases = self._evidence.analysis.base.layers, self._evidence.inodes.bases
        return bases[base] if base < len(bases) else 1 << 62

    def settle(self, rule: Rule, draft: Draft) -> Iterator[Finding]:
        """The findings that become of a draft: one for one's own bytes, one for the base image's."""
        claims = self._claim(draft)
        shown = dict.fromkeys(draft.mentions, 0) | claims
        own = {inode: count for inode, count in shown.items() if inode >= self._own}
        base = {inode: count for inode, count in shown.items() if inode < self._own}
        asked_for_bytes = bool(draft.inodes or draft.parts)
        for part, in_base in ((own, False), (base, True)):
            if not part and not (draft.layers and not in_base):
                continue
            if asked_for_bytes and not draft.mentions and not sum(part.values()):
                continue  # other rules have it all
            yield self._finding(rule, draft, part, in_base=in_base)

    def _claim(self, draft: Draft) -> dict[int, int]:
        claimed, size = self._claimed, self._evidence.size
        taken: dict[int, int] = {}
        for inode in draft.inodes:
            count = size(inode) - claimed.get(inode, 0)
            if count > 0:
                claimed[inode] = claimed.get(inode, 0) + count
                taken[inode] = count
        for inode, wanted in draft.parts.items():
            count = min(wanted, size(inode) - claimed.get(inode, 0))
            if count > 0:
                claimed[inode] = claimed.get(inode, 0) + count
                taken[inode] = taken.get(inode, 0) + count
        return taken

    def _finding(self, rule: Rule, draft: Draft, part: dict[int, int], *, in_base: bool) -> Finding:
        hidden = self._evidence.hidden
        total = sum(part.values())
        return Finding(
            rule_id=rule.id,
            name=rule.name,
            severity=self._severity(rule, draft, total, in_base=in_base),
            message=draft.message,
            freed_bytes=total,
            wasted_bytes=sum(count for inode, count in part.items() if inode in hidden),
            in_base=in_base,
            locations=tuple(self._locations(draft, part)),
            fix=_OTHER_BASE if in_base and not rule.always else draft.fix,
        )

    def _severity(self, rule: Rule, draft: Draft, total: int, *, in_base: bool) -> Severity:
        severity = draft.severity or rule.severity
        if rule.always:
            return severity
        stored = self._evidence.analysis.ledger.stored_bytes
        few = total < _NOTABLE_BYTES and total < _NOTABLE_RATIO * stored
        return Severity.INFO if in_base or few else severity

    def _locations(self, draft: Draft, part: dict[int, int]) -> Iterator[Location]:
        by_layer: dict[int, list[tuple[int, int]]] = {}
        for inode, count in part.items():
            by_layer.setdefault(self._evidence.layer(inode), []).append((count, inode))
        for layer in sorted(by_layer):
            yield self._stored(layer, by_layer[layer])
        layers = self._evidence.analysis.layers
        for layer in sorted(set(draft.layers) - set(by_layer)):
            yield Location(layer, Role.CONCERNED, instruction=layers[layer].layer.instruction)
        if draft.hidden_in is not None:
            yield Location(
                draft.hidden_in, Role.HIDDEN, instruction=layers[draft.hidden_in].layer.instruction
            )

    def _stored(self, layer: int, claims: list[tuple[int, int]]) -> Location:
        path = self._evidence.path
        largest = nlargest(PATHS_SHOWN, ((count, -inode) for count, inode in claims))
        return Location(
            layer=layer,
            role=Role.STORED,
            files=len(claims),
            freed_bytes=sum(count for count, _ in claims),
            directory=_common_directory(path(inode) for _, inode in claims),
            paths=tuple(PathBytes(path(-inode), count) for count, inode in largest),
            instruction=self._evidence.analysis.layers[layer].layer.instruction,
        )


def _common_directory(paths: Iterable[bytes]) -> bytes:
    """The deepest directory that holds all paths."""
    parents = {path.rpartition(b"/")[0] for path in paths}
    first, last = min(parents).split(b"/"), max(parents).split(b"/")
    same = []
    for one, other in zip(first, last, strict=False):
        if one != other:
            break
        same.append(one)
    return b"/".join(same)
