"""From an analysis to findings: every rule asked, their claims settled, errors first, then the most
bytes.

Of each stored byte at most one finding is made: the rule with the lowest rank that claims it has it. So the
findings never add up to more than what is stored, and what they say of waste adds up to the ledger's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerscope.analysis.analyze import Analysis
from layerscope.rules.base import Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Finding, Severity
from layerscope.rules.registry import all_rules
from layerscope.rules.settlement import PATHS_SHOWN, Settlement

if TYPE_CHECKING:
    from layerscope.rules.building import Building

__all__ = ["PATHS_SHOWN", "examine"]

_SEVERITIES = tuple(Severity)


def examine(
    analysis: Analysis, rules: Sequence[Rule] | None = None, building: Building | None = None
) -> tuple[Finding, ...]:
    """Apply `rules` (all there are, if not given); errors first, then most bytes, then by severity,
    rule and layer: an error, say a secret, often has no bytes at all.

    Rules are asked by rank, and the claims of each are settled before the next one is asked: so a rule sees
    in `evidence.claimed` what is taken already. A rule alone never gets less than among others. Rules about
    Dockerfiles look at `building`, and find nothing without it.
    """
    asked = all_rules() if rules is None else rules
    patterns = {(rule.id, topic): globs for rule in asked for topic, globs in rule.patterns.items()}
    evidence = Evidence(analysis, patterns, building)
    settlement = Settlement(evidence)
    findings = [
        finding
        for rule in sorted(asked, key=lambda rule: (rule.rank, rule.id))
        for draft in rule.check(evidence)
        for finding in settlement.settle(rule, draft)
    ]
    findings.sort(key=_order)
    return tuple(findings)


def _order(finding: Finding) -> tuple[object, ...]:
    layers = tuple(-1 if location.layer is None else location.layer for location in finding.locations)
    lines = tuple(location.lines.first for location in finding.locations if location.lines)
    paths = tuple(shown.path for location in finding.locations for shown in location.paths)
    return (
        finding.severity is not Severity.ERROR,
        -finding.freed_bytes,
        -_SEVERITIES.index(finding.severity),
        finding.rule_id,
        lines if finding.build is not None else (),
        layers,
        finding.message,
        paths,
    )
