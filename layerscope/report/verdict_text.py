"""A verdict for people: the decision, what failed and why, what grew, and what to run next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from layerscope.gate.verdict import Decision, Verdict
from layerscope.gate.verdict import Outcome as Ended
from layerscope.report.dialects.outcome import Figure, Outcome, SourceTree, State, Told
from layerscope.report.dialects.telling import told
from layerscope.report.fit import Uncut
from layerscope.report.growth_text import growth_sections
from layerscope.report.printable import printable
from layerscope.report.rendering import rendered, section
from layerscope.report.text_options import TextOptions
from layerscope.report.units import count, plural, signed_size, size
from layerscope.rules.registry import all_budgets

__all__ = ["verdict_text"]

_STYLE = {
    State.FAILED: "bold red",
    State.BROKEN: "bold red",
    State.REPORTED: "yellow",
    State.WAIVED: "cyan",
    State.SKIPPED: "cyan",
    State.PASSED: "green",
}
_DECISION = {Decision.PASSED: "green", Decision.FAILED: "bold red", Decision.UNDECIDED: "bold red"}
_SECTIONS = (
    ("Not read", "(nothing is decided about what could not be read)", State.BROKEN),
    ("Failed", "(why the gate failed)", State.FAILED),
    ("Reported", "(worth changing; the gate does not fail for it)", State.REPORTED),
    ("Waived", "(it would have failed, and somebody excused it)", State.WAIVED),
    ("Skipped", "(it could not be checked)", State.SKIPPED),
)
_DETAILS = 8
"""Lines that say where something is."""


def verdict_text(verdict: Verdict, tree: SourceTree, options: TextOptions) -> str:
    """All of it; of what is only reported, waived or skipped at most `options.top` each."""
    return rendered(_parts(verdict, told(verdict, tree), options), width=options.width, color=options.color)


def _parts(verdict: Verdict, said: Told, options: TextOptions) -> Iterator[RenderableType]:
    yield from _header(verdict, said)
    for title, legend, state in _SECTIONS:
        found = said.of(state)
        if found:
            yield from section(title, legend)
            shown = found if state in (State.FAILED, State.BROKEN) else found[: options.top]
            for outcome in shown:
                yield from _outcome(outcome)
            if len(found) > len(shown):
                yield Padding(Text(f"and {plural(len(found) - len(shown), 'more')[:-1]}"), (0, 0, 0, 2))
    yield from _passed(said)
    if verdict.growth is not None and not verdict.growth.is_nothing:
        yield from section("What grew", f"(since {printable(verdict.growth.before_name)})")
        yield Padding(Text(_sums(verdict)), (0, 0, 0, 2))
        yield from growth_sections(verdict.growth, options.top)
    if said.notices:
        yield from section("Notices")
        yield from (Padding(Text(text), (0, 0, 0, 2)) for text in said.notices[: 2 * options.top])
    if said.next_command and verdict.decision is not Decision.PASSED:
        yield Text()
        yield Uncut(f"Next: {said.next_command}")


def _header(verdict: Verdict, said: Told) -> Iterator[RenderableType]:
    about = printable(", ".join(filter(None, (verdict.image.reference, said.platform))))
    name = said.image if said.image != about else ""
    yield Text(f"{name} ({about})" if name else about, style="bold")
    counts = [
        (len(verdict.of(outcome)), outcome)
        for outcome in (Ended.FAILED, Ended.REPORTED, Ended.WAIVED, Ended.SKIPPED, Ended.PASSED)
    ]
    listed = ", ".join(f"{count(number)} {outcome}" for number, outcome in counts if number)
    decision = {
        Decision.PASSED: "The gate passed",
        Decision.FAILED: "The gate failed",
        Decision.UNDECIDED: "Undecided: the image was not read in full",
    }[verdict.decision]
    line = Text(decision, style=_DECISION[verdict.decision])
    yield line.append(f": {listed}" if listed else "", style="not bold default")
    for figure in said.figures:
        yield Text(f"  {_value(figure):>10}{_before(figure)}  {figure.label}", style="dim")


def _value(figure: Figure) -> str:
    return size(figure.value) if figure.is_bytes else count(figure.value)


def _before(figure: Figure) -> str:
    if figure.before is None:
        return ""
    grown = figure.value - figure.before
    return f"  {signed_size(grown) if figure.is_bytes else f'{grown:+,}':>10}"


def _outcome(outcome: Outcome) -> Iterator[RenderableType]:
    line = Text("  ").append(outcome.rule_id, style=_STYLE[outcome.state])
    yield Padding(line.append(f" {outcome.rule_name}: {outcome.headline}"), (0, 0, 0, 0))
    for detail in outcome.details[:_DETAILS]:
        yield Padding(Text(detail), (0, 0, 0, 8))
    if outcome.excuse and outcome.excuse not in outcome.details:
        yield Padding(Text(outcome.excuse), (0, 0, 0, 8))
    if outcome.fix and outcome.state in (State.FAILED, State.REPORTED):
        yield Padding(Text(f"Fix: {outcome.fix}"), (0, 0, 0, 8))
        for example in outcome.example.splitlines():
            yield Uncut(" " * 10 + example)


def _passed(said: Told) -> Iterator[RenderableType]:
    """Budgets one by one, with what was measured; rules that found nothing in one line."""
    names = {budget.id for budget in all_budgets()}
    passed = said.of(State.PASSED)
    budgets: Sequence[Outcome] = [outcome for outcome in passed if outcome.rule_id in names]
    if not passed:
        return
    yield from section("Passed")
    for outcome in budgets:
        yield Padding(Text(f"{outcome.rule_id} {outcome.rule_name}: {outcome.headline}"), (0, 0, 0, 2))
    rules = len(passed) - len(budgets)
    if rules:
        yield Padding(Text(f"{plural(rules, 'rule')} that found nothing"), (0, 0, 0, 2))


def _sums(verdict: Verdict) -> str:
    growth = verdict.growth
    assert growth is not None
    whose = "your layers" if growth.base_apart else "all layers (a base image is not known of both)"
    text = f"{whose}: {signed_size(growth.own.grown)}"
    if growth.base_apart:
        text += f"; the base image: {signed_size(growth.base.grown)}"
    return text + f"; wasted: {signed_size(growth.wasted.grown)}"
