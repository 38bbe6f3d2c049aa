"""Advice on a Dockerfile for people: what to move, what it saves, why it is safe, and what has to stay."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerscope.report.advice import (
    AdviceReport,
    InstructionReport,
    PlanReport,
    ProposalReport,
    StageAdviceReport,
    SuggestionReport,
    VerdictReport,
    advice_report,
)
from layerscope.report.advice_others import OtherSuggestionReport, savings
from layerscope.report.masking import masked
from layerscope.report.printable import printable
from layerscope.report.units import plural, size
from layerscope.report.words import NOTICE_WORD, notice_text
from layerscope.workspace.consult import Consultation
from layerscope.workspace.verify import Verdict

__all__ = ["AdviceTextOptions", "advice_text"]

_MOST_OBSTACLES = 5
_MOST_PATHS = 4
_LEAST_SHOWN = 0.05
_BUILDERS = {"buildkit": "BuildKit", "classic": "Docker's classic builder", "buildah": "buildah and podman"}
_RED, _GREEN, _BOLD, _DIM, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class AdviceTextOptions:
    """How the text looks: `width` in columns; `patches` says whether they are shown in full."""

    width: int = 100
    color: bool = False
    patches: bool = True


def advice_text(found: Consultation, verdicts: Sequence[Verdict], options: AdviceTextOptions) -> str:
    """The whole, lines ending in a line feed."""
    report = advice_report(found, verdicts)
    lines = list(_lines(report, options))
    lines += _notices(found, options)
    return "".join(line.rstrip() + "\n" for line in lines)


def _lines(report: AdviceReport, options: AdviceTextOptions) -> Iterator[str]:
    builder = _BUILDERS.get(report.builder, report.builder)
    basis = (
        f"over the last {plural(report.builds, 'commit')}"
        if report.builds
        else "with changes that are guessed"
    )
    yield from _headline(f"{printable(report.dockerfile)}: the cache of {builder}, {basis}", "", options)
    if report.safe is None and report.further is None:
        yield "Nothing to gain."
    for stage in report.stages:
        yield ""
        yield from _stage(stage, options)
    if report.other_suggestions:
        yield ""
        yield from _others(report.other_suggestions, options)
    for name, proposal in (("safe", report.safe), ("further", report.further)):
        if proposal is not None:
            yield ""
            failed = any(each.failure for each in report.verification if each.proposal == name)
            yield from _proposal(name, proposal, failed, options)
    for verdict in report.verification:
        yield ""
        yield from _verdict(verdict, options)


def _stage(stage: StageAdviceReport, options: AdviceTextOptions) -> Iterator[str]:
    plan = stage.further or stage.safe
    heading = f"Stage {printable(stage.stage)} (line {stage.line})"
    if plan is None:
        yield from _wrapped(f"{heading}: left alone: {printable(stage.why)}", options, "")
        return
    yield from _headline(heading, f": {_figures(plan)}", options)
    if stage.safe is not None and stage.safe.suggestions:
        yield from _suggestions(stage.safe, options)
    if stage.further is not None:
        if stage.safe is not None and stage.safe.suggestions:
            yield "  or more, with steps that a build has to verify:"
        yield from _suggestions(stage.further, options)
    if not plan.suggestions:
        yield from _wrapped(_why_nothing(stage, plan), options, "  ")
    shown = stage.obstacles[:_MOST_OBSTACLES]
    if shown:
        yield "  What stays where it is:"
    for obstacle in shown:
        costs = f" ({obstacle.seconds:.1f} s a build)" if obstacle.seconds else ""
        text = (
            f"line {obstacle.line}{costs} behind line {obstacle.behind_line}: "
            f"{printable(obstacle.reason)} [{obstacle.rule}]"
        )
        yield from _wrapped(text, options, "  - ")


def _others(others: Sequence[OtherSuggestionReport], options: AdviceTextOptions) -> Iterator[str]:
    yield _bold("Besides the order:", options)
    for number, each in enumerate(others, 1):
        saved = savings(each)
        saved = f"saves {saved}, " if saved else ""
        yield from _wrapped(f"{printable(each.what)}: {saved}{_standing(each)}", options, f"  {number}. ")
        for reason in each.reasons:
            yield from _wrapped(f"{printable(reason.reason)} [{reason.rule}]", options, "       ")
        if each.changed_paths:
            paths = ", ".join(map(printable, each.changed_paths[:_MOST_PATHS]))
            more = len(each.changed_paths) - _MOST_PATHS
            paths += f" and {more} more" if more > 0 else ""
            yield from _wrapped(f"changes the image: {paths}", options, "       ")
        for line in each.sketch.splitlines():
            yield f"         {printable(line)}"
        if each.patch and not each.in_patch and each.verified is not False and options.patches:
            for line in each.patch.splitlines():
                yield "       " + _colored(printable(masked(line)), options)


def _standing(each: OtherSuggestionReport) -> str:
    """How well it is known, and where it is found."""
    if each.verified is False:
        return "WITHDRAWN: a build shows another image"
    trust = "verified by building both" if each.verified else each.trust
    if each.in_patch:
        return f"{trust}; in the patch"
    if not each.patch:
        return f"{trust}; advice only"
    needs = f", needs {each.requires}" if each.requires else ""
    return f"{trust}{needs}; apart, add --with {each.kind}"


def _figures(plan: PlanReport) -> str:
    before, after = plan.before, plan.after
    steps = f"{before.hits:.1f} of {before.steps} steps cached"
    if not plan.suggestions:
        return f"{before.seconds:.1f} s a build, {steps}"
    bound = f"; no safe order is below {plan.lowest_seconds:.1f} s" if plan.exact else ""
    return (
        f"{before.seconds:.1f} s a build, {steps} -> "
        f"{after.seconds:.1f} s, {after.hits:.1f} of {after.steps}{bound}"
    )


def _why_nothing(stage: StageAdviceReport, plan: PlanReport) -> str:
    if plan.before.seconds < 0.05:
        return "Nothing to gain: nothing that takes time stands behind something that changes."
    if stage.obstacles:
        return "Nothing to gain: what takes time depends on what changes, or cannot be shown not to."
    return "Nothing to gain: no safe order saves enough to be worth a change."


def _suggestions(plan: PlanReport, options: AdviceTextOptions) -> Iterator[str]:
    told = {each.text for suggestion in plan.suggestions for each in suggestion.moved if each.line is None}
    for text in plan.adds:
        if text not in told:
            yield from _wrapped(
                f"add {printable(text)}, above the COPY that brings the same again", options, "  "
            )
    for number, suggestion in enumerate(plan.suggestions, 1):
        saved = f"saves {suggestion.seconds_saved:.1f} s a build, {suggestion.trust}"
        yield from _wrapped(f"{_move(suggestion)}: {saved}", options, f"  {number}. ")
        for reason in suggestion.reasons[:3]:
            yield from _wrapped(f"{printable(reason.reason)} [{reason.rule}]", options, "       ")


def _move(suggestion: SuggestionReport) -> str:
    added = [each for each in suggestion.moved if each.line is None]
    moved = _listed([each for each in suggestion.moved if each.line is not None])
    across = _listed([each for each in suggestion.across if each.line is not None])
    where = "below" if suggestion.direction == "down" else "above"
    text = f"move {moved} {where} {across}" if moved and across else ""
    if added:
        first = "; ".join(printable(each.text) for each in added)
        text = f"add {first}, and {text}" if text else f"put the added {first} {where} {across}"
    return text or "change the order"


def _listed(instructions: Sequence[InstructionReport]) -> str:
    if not instructions:
        return ""
    texts = [f"{_short(printable(each.text))} (line {each.line})" for each in instructions]
    return ", ".join(texts[:3]) + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")


def _short(text: str) -> str:
    return text if len(text) <= 48 else text[:47] + "\N{HORIZONTAL ELLIPSIS}"


def _proposal(name: str, proposal: ProposalReport, failed: bool, options: AdviceTextOptions) -> Iterator[str]:
    wrong = f"WITHDRAWN: {'it does not build' if failed else 'a build shows another image'}"
    state = {True: "verified by building both", False: wrong}.get(
        proposal.verified  # type: ignore[arg-type]
    )
    label = state or {
        "proved": "proved",
        "evidence": "safe by evidence",
        "needs verification": "needs a verifying build: add --verify, or build and compare yourself",
    }.get(proposal.trust, proposal.trust)
    saved = [f"{proposal.seconds_saved:.1f} s a build"] if proposal.seconds_saved >= _LEAST_SHOWN else []
    saved += [f"{size(proposal.bytes_saved)} of the image"] if proposal.bytes_saved else []
    yield from _headline(f"Patch ({label}){', saves ' if saved else ''}{' and '.join(saved)}:", "", options)
    if proposal.verified is False:
        return
    if options.patches:
        for line in proposal.patch.splitlines():
            yield _colored(printable(masked(line)), options)
    flag = " --unverified" if name == "further" and not proposal.verified else ""
    yield from _wrapped(
        f"apply it with --write{flag}, or print it alone with --format patch{flag}", options, "  "
    )


def _verdict(verdict: VerdictReport, options: AdviceTextOptions) -> Iterator[str]:
    state = "the same image" if verdict.equal else "ANOTHER image: withdrawn"
    if verdict.failure is not None:
        text = f"{verdict.proposal} does not build: withdrawn (the reason is below)"
        yield from _wrapped(f"Built with {verdict.builder}: {text}", options, "")
        return
    noise = f"{plural(verdict.noise, 'path')} differ between two builds of the file as it is"
    yield from _wrapped(f"Built with {verdict.builder}: {state} ({noise})", options, "")
    for difference in verdict.differences:
        yield f"  differs: {printable(difference)}"
    if verdict.builds:
        text = (
            f"{plural(verdict.builds, 'commit')} replayed: {verdict.cached_before} of "
            f"{verdict.steps_before} steps cached, {verdict.seconds_before:.1f} s -> "
            f"{verdict.cached_after} of {verdict.steps_after}, {verdict.seconds_after:.1f} s"
        )
        yield from _wrapped(text, options, "  ")


def _notices(found: Consultation, options: AdviceTextOptions) -> Iterator[str]:
    if found.notices:
        yield ""
    for notice in found.notices:
        yield from _wrapped(f"{NOTICE_WORD[notice.severity]}: {notice_text(notice)}", options, "")


def _wrapped(text: str, options: AdviceTextOptions, first: str) -> Iterator[str]:
    indent = " " * len(first)
    yield from textwrap.wrap(
        text,
        max(40, options.width),
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _headline(bold: str, plain: str, options: AdviceTextOptions) -> Iterator[str]:
    """A wrapped line of which the beginning stands out."""
    left = len(bold)
    for line in _wrapped(bold + plain, options, ""):
        marked = line[:left]
        yield (_bold(marked, options) if marked else "") + line[left:]
        left = max(0, left - len(line) - 1)


def _bold(text: str, options: AdviceTextOptions) -> str:
    return f"{_BOLD}{text}{_PLAIN}" if options.color else text


def _colored(line: str, options: AdviceTextOptions) -> str:
    if not options.color:
        return line
    style = {"+": _GREEN, "-": _RED, "@": _DIM}.get(line[:1])
    return f"{style}{line}{_PLAIN}" if style else line
