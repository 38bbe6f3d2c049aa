"""From an analysis and a policy to a verdict. Pure: no files, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.base_image import BaseImage, BaseOrigin
from layerscope.analysis.growth import Growth
from layerscope.analysis.snapshot import Snapshot
from layerscope.gate.excuses import excused
from layerscope.gate.policy import DEFAULT, Limit, Policy
from layerscope.gate.thresholds import Fails, MissingBaseline
from layerscope.gate.verdict import BaselineState, BaselineUse, CheckedImage, Outcome, Result, Verdict
from layerscope.image.image import Image
from layerscope.notices import Notice
from layerscope.rules.base import Rule
from layerscope.rules.finding import Finding, Severity
from layerscope.rules.measuring import Bound, Budget, Measured, Measurement, NotMeasured, Unit
from layerscope.rules.registry import all_rules, budget

__all__ = ["Circumstances", "asked_rules", "decide", "image_names", "with_policy_base"]

_OUTCOMES = tuple(Outcome)
_SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision depends on beside the image and the policy."""

    today: date
    """Waivers are compared with it."""
    baseline: BaselineUse | None = None
    growth: Growth | None = None
    """Since the baseline; None unless it was used."""
    accepting: bool = False
    """A new baseline is written: growth is told, and fails nothing."""
    undecided: str = ""
    """Why the image was not read in full."""
    dockerfile: bool = True
    """Whether rules about Dockerfiles could be asked."""
    notices: tuple[Notice, ...] = ()
    """Besides those of the analysis."""
    next_command: str = ""


def image_names(image: Image) -> tuple[str, ...]:
    """By which a configuration may know it: its tags, with and without their versions, and the reference."""
    names = []
    for tag in image.tags:
        names += [tag, _without_version(tag)]
    return tuple(dict.fromkeys((*names, image.reference)))


def _without_version(tag: str) -> str:
    name = tag.partition("@")[0]
    head, colon, last = name.rpartition(":")
    return head if colon and "/" not in last else name


def with_policy_base(analysis: Analysis, policy: Policy) -> Analysis:
    """The analysis with the base image that the policy fixes, if it does and none was given."""
    layers = policy.base_layers
    if layers is None or analysis.base.origin is BaseOrigin.GIVEN:
        return analysis
    layers = min(layers, len(analysis.layers))
    return replace(analysis, base=BaseImage(layers, BaseOrigin.GIVEN, "layer 0, as dive has it"))


def asked_rules(policy: Policy, *, dockerfile: bool = True) -> tuple[Rule, ...]:
    """The rules that the policy does not switch off; without a `dockerfile` none that is about one."""
    return tuple(
        rule
        for rule in all_rules()
        if policy.fails(rule.id).value != Fails.OFF and (dockerfile or not rule.about_dockerfile)
    )


def decide(
    analysis: Analysis,
    findings: Sequence[Finding],
    policy: Policy,
    snapshot: Snapshot,
    circumstances: Circumstances,
) -> Verdict:
    """Hold an image against a policy. `findings` are those of `asked_rules`, `snapshot` is the image's."""
    image = analysis.image
    measured = Measured(analysis, snapshot, circumstances.growth)
    results = [
        *_baseline_results(policy, circumstances),
        *_budget_results(measured, policy, circumstances),
        *_rule_results(findings, policy, circumstances),
    ]
    if circumstances.undecided:
        results = list(map(_of_a_part, results))
    settled, uses = excused(results, policy.waivers, image_names(image), circumstances.today)
    return Verdict(
        image=_checked(image),
        results=tuple(sorted(settled, key=_order)),
        totals=snapshot.totals,
        undecided=circumstances.undecided,
        waivers=uses,
        baseline=circumstances.baseline,
        growth=circumstances.growth,
        notices=(*analysis.notices, *circumstances.notices),
        next_command=circumstances.next_command,
        configuration=policy.files,
    )


def _of_a_part(result: Result) -> Result:
    """What is right for a part of an image says nothing of the whole; what is too much already, is."""
    least = result.bound is Bound.AT_LEAST or result.unit is Unit.RATIO
    if result.outcome is Outcome.PASSED or (least and result.measured is not None):
        return replace(result, outcome=Outcome.SKIPPED, reason="the image was not read in full")
    return result


def _checked(image: Image) -> CheckedImage:
    return CheckedImage(
        reference=image.reference,
        image_id=image.image_id,
        digest=image.digest,
        platform=image.platform,
        tags=image.tags,
        created=image.created,
        dockerfile=image.dockerfile.file if image.dockerfile else None,
    )


def _order(result: Result) -> tuple[object, ...]:
    return (
        _OUTCOMES.index(result.outcome),
        -_SEVERITIES.index(result.severity),
        -result.freed_bytes,
        result.rule_id,
        result.subject,
        result.unit or "",
    )


def _baseline_results(policy: Policy, circumstances: Circumstances) -> Iterator[Result]:
    used, about = circumstances.baseline, budget("missing-baseline")
    if used is None:
        if policy.missing_baseline.value == MissingBaseline.FAIL and not circumstances.accepting:
            yield Result(
                about.id,
                about.name,
                Severity.ERROR,
                Outcome.FAILED,
                "no baseline is named",
                fix=about.fix,
                origin=policy.missing_baseline.origin,
            )
        return
    passed = Result(about.id, about.name, Severity.INFO, Outcome.PASSED, about.measures)
    if used.state is BaselineState.USED:
        yield passed
        return
    fails = policy.missing_baseline.value == MissingBaseline.FAIL and not circumstances.accepting
    yield replace(
        passed,
        severity=Severity.ERROR if fails else Severity.WARNING,
        outcome=Outcome.FAILED if fails else Outcome.REPORTED,
        message=f"the baseline {used.source} is {used.state}",
        reason=used.reason,
        fix=about.fix,
        origin=policy.missing_baseline.origin,
    )


def _budget_results(measured: Measured, policy: Policy, circumstances: Circumstances) -> Iterator[Result]:
    for limit in policy.limits:
        of = budget(limit.budget_id)
        if of.by_baseline and circumstances.baseline is None and limit.origin == DEFAULT:
            continue  # nobody asked for a comparison
        yield _budget_result(of, limit, measured, accepting=circumstances.accepting)


def _budget_result(of: Budget, limit: Limit, image: Measured, *, accepting: bool) -> Result:
    found = of.measure(image, limit.unit, limit.pattern)
    blank = Result(
        rule_id=of.id,
        name=of.name,
        severity=of.severity,
        outcome=Outcome.SKIPPED,
        message=of.measures,
        subject=limit.pattern,
        allowed=limit.allowed,
        unit=limit.unit,
        bound=of.bound,
        origin=limit.origin,
    )
    if isinstance(found, NotMeasured):
        return replace(blank, reason=found.reason)
    passed = replace(
        blank,
        outcome=Outcome.PASSED,
        measured=found.value,
        before=found.before,
        in_base=found.in_base,
        locations=found.locations,
    )
    if _is_within(found.value, limit, of.bound):
        return passed
    reason = of.unreliable(image)
    if reason:
        return replace(passed, outcome=Outcome.SKIPPED, reason=reason)
    accepted = accepting and of.by_baseline
    return replace(
        passed,
        outcome=Outcome.REPORTED if accepted else Outcome.FAILED,
        message=of.exceeds,
        freed_bytes=_above(found, limit),
        fix=of.fix,
        reason="accepted: a new baseline is written" if accepted else "",
    )


def _is_within(value: float, limit: Limit, bound: Bound) -> bool:
    return value <= limit.allowed if bound is Bound.AT_MOST else value >= limit.allowed


def _above(found: Measurement, limit: Limit) -> int:
    """Bytes above what is allowed, where that is a number of bytes."""
    if limit.unit is Unit.BYTES:
        return int(found.value - limit.allowed)
    if limit.unit is Unit.RATIO and found.before:
        return int((found.value - limit.allowed) * found.before)
    return 0


def _rule_results(
    findings: Iterable[Finding], policy: Policy, circumstances: Circumstances
) -> Iterator[Result]:
    found = list(findings)
    for finding in found:
        setting = policy.fails(finding.rule_id)
        fails = Fails(setting.value).at(finding.severity)
        yield Result(
            rule_id=finding.rule_id,
            name=finding.name,
            severity=finding.severity,
            outcome=Outcome.FAILED if fails else Outcome.REPORTED,
            message=finding.message,
            freed_bytes=finding.freed_bytes,
            wasted_bytes=finding.wasted_bytes,
            in_base=finding.in_base,
            locations=finding.locations,
            fix=finding.fix,
            origin=setting.origin,
            build=finding.build,
        )
    seen = {finding.rule_id for finding in found}
    for rule in asked_rules(policy, dockerfile=circumstances.dockerfile):
        if rule.id not in seen:
            yield Result(
                rule_id=rule.id,
                name=rule.name,
                severity=rule.severity,
                outcome=Outcome.PASSED,
                message="nothing found",
                origin=policy.fails(rule.id).origin,
            )
