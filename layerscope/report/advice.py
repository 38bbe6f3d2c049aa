"""Advice on a Dockerfile as data: what `advise --format json` writes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from layerscope.advice.advise import Proposal, StageAdvice
from layerscope.advice.elements import Element
from layerscope.advice.plan import Plan, Step
from layerscope.dockerfile.syntax import shown
from layerscope.notices import Notice
from layerscope.report.advice_others import OtherSuggestionReport, other_suggestion, trust_name
from layerscope.report.exact import Count
from layerscope.report.json import encode_line
from layerscope.report.masking import masked
from layerscope.report.model import NoticeReport, notice_report
from layerscope.report.printable import without_surrogates
from layerscope.workspace.consult import Consultation
from layerscope.workspace.verify import Verdict

__all__ = [
    "ADVICE_SCHEMA_VERSION",
    "AdviceReport",
    "ExpectationReport",
    "InstructionReport",
    "ObstacleReport",
    "PlanReport",
    "ProposalReport",
    "ReasonReport",
    "StageAdviceReport",
    "SuggestionReport",
    "VerdictReport",
    "advice_json",
    "advice_report",
]

ADVICE_SCHEMA_VERSION = 1


class InstructionReport(Struct, frozen=True, kw_only=True):
    """One instruction: its first line in the file, null for one that advice adds, and its text."""

    line: Count | None
    text: str


class ReasonReport(Struct, frozen=True, kw_only=True):
    """Why something may, or may not, change places; `rule` is one of docs/decisions/0024-advice.md."""

    rule: str
    reason: str


class SuggestionReport(Struct, frozen=True, kw_only=True):
    """One move: `moved` go below (`direction` is `down`) or above (`up`) all of `across`.

    `trust` is `proved`, `evidence` or `needs verification`. `seconds_saved` is for one build on average, in
    the order that the suggestions before this one have made.
    """

    trust: str
    direction: str
    moved: list[InstructionReport]
    across: list[InstructionReport]
    seconds_saved: float
    reasons: list[ReasonReport]


class ExpectationReport(Struct, frozen=True, kw_only=True):
    """One build on average: seconds, steps that hit the cache, compressed bytes that are pushed anew."""

    seconds: float
    hits: float
    steps: Count
    bytes_pushed: float


class PlanReport(Struct, frozen=True, kw_only=True):
    """An order and what it saves. `adds` are instructions that the file gets, COPYs of manifests in front of
    the COPY that has them, too. `lowest_seconds` is what the cheapest safe order costs, found exactly where
    `exact` says so."""

    before: ExpectationReport
    after: ExpectationReport
    lowest_seconds: float
    exact: bool
    adds: list[str]
    suggestions: list[SuggestionReport]


class ObstacleReport(Struct, frozen=True, kw_only=True):
    """An instruction that stays behind one that changes often, and why."""

    line: Count
    text: str
    behind_line: Count
    seconds: float | None
    rule: str
    reason: str


class StageAdviceReport(Struct, frozen=True, kw_only=True):
    """One stage. `safe` has what is proved or has evidence, `further` more, which a build has to verify; null
    where there is none. `why` says why a stage is left alone."""

    stage: str
    line: Count
    safe: PlanReport | None
    further: PlanReport | None
    obstacles: list[ObstacleReport]
    why: str


class ProposalReport(Struct, frozen=True, kw_only=True):
    """The file as it would be: a patch that `git apply` takes, and the seconds saved for one build.

    `bytes_saved` are content bytes that the image's layers store no more. `verified` is null where no build
    was asked for.
    """

    trust: str
    seconds_saved: float
    bytes_saved: Count
    patch: str
    verified: bool | None


class VerdictReport(Struct, frozen=True, kw_only=True):
    """What builds showed. `proposal` is `safe`, `further`, or the id of a suggestion; `differences` are paths
    that differ although they do not differ between two builds of the file as it is, and keys of the
    configuration. `failure` is the builder's reason where the proposal does not build, else null."""

    proposal: str
    equal: bool
    builder: str
    noise: Count
    differences: list[str]
    failure: str | None
    cached_before: Count
    cached_after: Count
    steps_before: Count
    steps_after: Count
    seconds_before: float
    seconds_after: float
    builds: Count


class AdviceReport(Struct, frozen=True, kw_only=True):
    """What to change in a Dockerfile so that builds hit their cache, and why; or why nothing.

    `builds` are the commits that were replayed, 0 where changes are guessed. `safe` and `further` are null
    where they save nothing. `other_suggestions` are changes besides the order, those in the patches too.
    """

    schema_version: int
    dockerfile: str
    builder: str
    builds: Count
    has_layers: bool
    stages: list[StageAdviceReport]
    safe: ProposalReport | None
    further: ProposalReport | None
    other_suggestions: list[OtherSuggestionReport]
    verification: list[VerdictReport]
    notices: list[NoticeReport]


def advice_report(found: Consultation, verdicts: Sequence[Verdict] = ()) -> AdviceReport:
    """The whole as data; secrets in it are masked, but not in patches, which have to apply."""
    advice = found.advice
    verified = {verdict.proposal: verdict.equal for verdict in verdicts}
    return AdviceReport(
        schema_version=ADVICE_SCHEMA_VERSION,
        dockerfile=shown(advice.dockerfile.name),
        builder=advice.profile,
        builds=advice.builds,
        has_layers=advice.has_layers,
        stages=[_stage(stage) for stage in advice.stages],
        safe=_proposal(advice.safe, verified.get("safe")),
        further=_proposal(advice.further, verified.get("further")),
        other_suggestions=[other_suggestion(each, verified.get(each.id)) for each in advice.suggestions],
        verification=[_verdict(verdict) for verdict in verdicts],
        notices=[_notice(notice) for notice in found.notices],
    )


def advice_json(found: Consultation, verdicts: Sequence[Verdict] = ()) -> bytes:
    """`advice_report` on one line."""
    return encode_line(advice_report(found, verdicts)) + b"\n"


def _notice(notice: Notice) -> NoticeReport:
    return notice_report(notice)


def _instruction(element: Element) -> InstructionReport:
    text = masked(shown(" ".join(f"{element.keyword} {element.text}".split())))
    return InstructionReport(line=element.line or None, text=without_surrogates(text))


def _stage(stage: StageAdvice) -> StageAdviceReport:
    return StageAdviceReport(
        stage=shown(stage.stage.label),
        line=stage.line,
        safe=_plan(stage.safe),
        further=_plan(stage.further),
        obstacles=_obstacles(stage),
        why=shown(stage.why),
    )


def _obstacles(stage: StageAdvice) -> list[ObstacleReport]:
    listed = [
        ObstacleReport(
            line=found.kept.line,
            text=_instruction(found.kept).text,
            behind_line=found.changing.line,
            seconds=round(found.seconds, 3),
            rule=found.rule,
            reason=shown(found.reason),
        )
        for found in stage.obstacles
    ]
    known = {(each.line, each.behind_line) for each in listed}
    elements = stage.safe.problem.elements if stage.safe else ()
    texts = {element.line: _instruction(element).text for element in elements}
    for refusal in stage.refusals:
        if (refusal.install_line, refusal.line) in known:
            listed = [
                each
                for each in listed
                if (each.line, each.behind_line) != (refusal.install_line, refusal.line)
            ]
        listed.append(
            ObstacleReport(
                line=refusal.install_line,
                text=texts.get(refusal.install_line, ""),
                behind_line=refusal.line,
                seconds=None,
                rule=refusal.rule,
                reason=shown(refusal.reason),
            )
        )
    return listed


def _plan(plan: Plan | None) -> PlanReport | None:
    if plan is None:
        return None
    return PlanReport(
        before=_expectation(plan, after=False),
        after=_expectation(plan, after=True),
        lowest_seconds=round(plan.lowest, 3),
        exact=plan.exact,
        adds=_adds(plan),
        suggestions=[_suggestion(plan, step) for step in plan.steps],
    )


def _adds(plan: Plan) -> list[str]:
    """Instructions that the plan adds to the file."""
    added = plan.problem.added - plan.problem.idle(plan.order)
    return [_instruction(plan.problem.elements[position]).text for position in sorted(added)]


def _expectation(plan: Plan, *, after: bool) -> ExpectationReport:
    expected = plan.after if after else plan.before
    idle = plan.problem.idle(plan.order) if after else plan.problem.added
    counted = [1 - expected.missed[position] for position in plan.problem.changes.steps - idle]
    return ExpectationReport(
        seconds=round(expected.seconds, 3),
        hits=round(sum(counted), 3),
        steps=len(counted),
        bytes_pushed=round(expected.bytes_pushed, 1),
    )


def _suggestion(plan: Plan, step: Step) -> SuggestionReport:
    elements = plan.problem.elements
    idle = plan.problem.idle(plan.order)

    def listed(positions: Sequence[int]) -> list[InstructionReport]:
        return [_instruction(elements[position]) for position in positions if position not in idle]

    return SuggestionReport(
        trust=trust_name(step.trust),
        direction="down" if step.move.down else "up",
        moved=listed(step.move.moved),
        across=listed(step.move.across),
        seconds_saved=round(step.move.gain, 3),
        reasons=[ReasonReport(rule=pair.rule, reason=shown(pair.reason)) for pair in step.reasons],
    )


def _proposal(proposal: Proposal | None, verified: bool | None) -> ProposalReport | None:
    if proposal is None:
        return None
    return ProposalReport(
        trust=trust_name(proposal.trust),
        seconds_saved=round(proposal.gain, 3),
        bytes_saved=proposal.bytes_saved,
        patch=shown(proposal.patch),
        verified=verified,
    )


def _verdict(verdict: Verdict) -> VerdictReport:
    return VerdictReport(
        proposal=verdict.proposal,
        equal=verdict.equal,
        builder=verdict.builder,
        noise=verdict.noise,
        differences=[without_surrogates(each) for each in verdict.differences],
        failure=masked(without_surrogates(verdict.failure)) or None,
        cached_before=verdict.replay.cached_before,
        cached_after=verdict.replay.cached_after,
        steps_before=verdict.replay.steps_before,
        steps_after=verdict.replay.steps_after,
        seconds_before=round(verdict.replay.seconds_before, 2),
        seconds_after=round(verdict.replay.seconds_after, 2),
        builds=verdict.replay.builds,
    )
