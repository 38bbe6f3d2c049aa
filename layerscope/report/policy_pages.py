"""A policy for people and programs: what holds, and where each of it was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from layerscope.gate.amounts import amount_text
from layerscope.gate.policy import Limit, Policy
from layerscope.report.printable import printable, without_surrogates
from layerscope.report.units import plural, size
from layerscope.rules.measuring import Bound, Unit
from layerscope.rules.registry import all_rules, budget

__all__ = ["LimitReport", "PolicyReport", "RuleSettingReport", "policy_json", "policy_text"]


class LimitReport(Struct, frozen=True, kw_only=True):
    """A budget: `bound` is `at most` or `at least`, `unit` is `bytes`, `ratio` or `count`."""

    rule_id: str
    name: str
    pattern: str
    bound: str
    allowed: int | float
    unit: str
    origin: str


class RuleSettingReport(Struct, frozen=True, kw_only=True):
    """From which severity on findings fail: `info`, `warning`, `error`, `never`; `off`: it is not asked."""

    rule_id: str
    name: str
    fails_from: str
    origin: str


class PolicyReport(Struct, frozen=True, kw_only=True):
    """What `layerscope config --format json` prints. `images` are the patterns of the sections there are."""

    schema_version: int
    files: tuple[str, ...]
    images: tuple[str, ...]
    budgets: tuple[LimitReport, ...]
    rules: tuple[RuleSettingReport, ...]
    baseline: str | None
    missing_baseline: str
    waivers: int


def policy_json(policy: Policy, sections: Sequence[str]) -> bytes:
    """The policy as one JSON document."""
    baseline = policy.baseline
    document = PolicyReport(
        schema_version=1,
        files=tuple(map(without_surrogates, policy.files)),
        images=tuple(sections),
        budgets=tuple(map(_limit, policy.limits)),
        rules=tuple(
            RuleSettingReport(
                rule_id=rule.id, name=rule.name, fails_from=setting.value, origin=setting.origin
            )
            for rule in all_rules()
            for setting in (policy.fails(rule.id),)
        ),
        baseline=without_surrogates(baseline.value) if baseline else None,
        missing_baseline=policy.missing_baseline.value,
        waivers=len(policy.waivers),
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _limit(limit: Limit) -> LimitReport:
    of = budget(limit.budget_id)
    return LimitReport(
        rule_id=of.id,
        name=of.name,
        pattern=without_surrogates(limit.pattern),
        bound=str(of.bound),
        allowed=limit.allowed,
        unit=str(limit.unit),
        origin=without_surrogates(limit.origin),
    )


def policy_text(policy: Policy, sections: Sequence[str], names: Sequence[str]) -> str:
    """The policy in lines: what holds, then where it was written."""
    return "".join(printable(line) + "\n" for line in _lines(policy, sections, names))


def _lines(policy: Policy, sections: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    yield f"configuration: {', '.join(policy.files) or 'none; the defaults hold'}"
    if sections:
        whose = f"for {', '.join(names)}" if names else "for images that no section names (--for NAME)"
        yield f"sections: {', '.join(sections)}; shown is what holds {whose}"
    yield ""
    rows = [(*_said(limit), limit.origin) for limit in policy.limits]
    yield from _aligned("Budgets", rows)
    rows = [("all other rules", f"fail from {policy.fail_on.value}", policy.fail_on.origin)]
    rules = {rule.id: rule for rule in all_rules()}
    rows += [
        (f"{rule_id} {rules[rule_id].name}", _fails(setting.value), setting.origin)
        for rule_id, setting in policy.rules.items()
    ]
    yield from _aligned(
        "Rules", [(name, said.replace("fail from off", "off"), at) for name, said, at in rows]
    )
    if policy.baseline is not None:
        missing = f"{policy.missing_baseline.value} if it cannot be used"
        yield from _aligned("Baseline", [(policy.baseline.value, missing, policy.baseline.origin)])
    if policy.waivers:
        rows = [
            (f"{waiver.rule_id} by {waiver.owner}", f"until {waiver.expires.isoformat()}", waiver.origin)
            for waiver in policy.waivers
        ]
        yield from _aligned(plural(len(rows), "waiver").capitalize(), rows)


def _fails(value: str) -> str:
    return {"never": "never fails", "off": "off"}.get(value, f"fail from {value}")


def _said(limit: Limit) -> tuple[str, str]:
    of = budget(limit.budget_id)
    bound = "at least" if of.bound is Bound.AT_LEAST else "at most"
    amount = size(int(limit.allowed)) if limit.unit is Unit.BYTES else amount_text(limit.allowed, limit.unit)
    pattern = f" {limit.pattern}" if limit.pattern else ""
    return f"{of.id} {of.name}{pattern}", f"{bound} {amount.strip(chr(34))}"


def _aligned(title: str, rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    yield title
    if not rows:
        yield "  none"
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)] if rows else [0, 0]
    for name, said, origin in rows:
        yield f"  {name:{widths[0]}}  {said:{widths[1]}}  {origin}"
    yield ""
