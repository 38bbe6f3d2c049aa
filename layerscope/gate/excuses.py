"""Which waiver covers which result, and whether it holds. Pure: today is given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date

from layerscope.gate.verdict import Outcome, Result
from layerscope.gate.waivers import Waiver, WaiverState, WaiverUse
from layerscope.rules.finding import Location, Role
from layerscope.rules.measuring import expression, wildcard

__all__ = ["covers", "excused"]


def excused(
    results: Iterable[Result], waivers: Collection[Waiver], names: Collection[str], today: date
) -> tuple[list[Result], tuple[WaiverUse, ...]]:
    """The results, failed ones excused where a waiver that holds covers them; and what became of each waiver.

    Of several that cover a result the first that holds is used. Where none holds the result fails as before,
    and its `reason` says why the first one does not.
    """
    applying = [waiver for waiver in waivers if _names_image(waiver, names)]
    states: dict[int, tuple[WaiverState, int]] = {}
    settled = []
    for result in results:
        found = [n for n, waiver in enumerate(applying) if covers(waiver, result)]
        if result.outcome is not Outcome.FAILED or not found:
            settled.append(result)
            continue
        holding = [n for n in found if _state(applying[n], result, today) is WaiverState.USED]
        chosen = (holding or found)[0]
        state = _state(applying[chosen], result, today)
        settled.append(_with_waiver(result, applying[chosen], state))
        states[chosen] = state, states.get(chosen, (state, 0))[1] + 1
    return settled, tuple(_uses(applying, states, today))


def _uses(
    waivers: Iterable[Waiver], states: dict[int, tuple[WaiverState, int]], today: date
) -> Iterator[WaiverUse]:
    for number, waiver in enumerate(waivers):
        idle = WaiverState.LAPSED if waiver.expires < today else WaiverState.UNUSED
        yield WaiverUse(waiver, *states.get(number, (idle, 0)))


def _state(waiver: Waiver, result: Result, today: date) -> WaiverState:
    if waiver.expires < today:
        return WaiverState.EXPIRED
    size = result.freed_bytes if result.measured is None else result.measured
    if waiver.at_most is not None and size > waiver.at_most:
        return WaiverState.EXCEEDED
    return WaiverState.USED


def _with_waiver(result: Result, waiver: Waiver, state: WaiverState) -> Result:
    if state is WaiverState.USED:
        return replace(result, outcome=Outcome.WAIVED, waiver=waiver)
    why = (
        f"expired: its last day was {waiver.expires.isoformat()}"
        if state is WaiverState.EXPIRED
        else "does not reach: there is more than it excuses"
    )
    return replace(result, waiver=waiver, reason=f"the waiver of {waiver.owner} ({waiver.origin}) {why}")


def _names_image(waiver: Waiver, names: Collection[str]) -> bool:
    if not waiver.image:
        return True
    matches = wildcard(waiver.image).fullmatch
    return any(map(matches, names))


def covers(waiver: Waiver, result: Result) -> bool:
    """Whether a waiver is about a result: everything that it names has to fit, and nothing else be there."""
    if waiver.rule_id != result.rule_id:
        return False
    if waiver.subject and not wildcard(waiver.subject).fullmatch(result.subject):
        return False
    places = [place for place in result.locations if place.role is not Role.HIDDEN]
    if (waiver.path or waiver.instruction) and not places:
        return False
    if waiver.path and not all(_within(place, waiver.path) for place in places):
        return False
    return not waiver.instruction or all(_made_by(place, waiver.instruction) for place in places)


def _within(place: Location, glob: str) -> bool:
    """Whether all that a place names is at these paths; where not all files are named, its directory."""
    matches = expression(glob).fullmatch
    shown = [found.path for found in place.paths]
    if shown and place.files <= len(shown):
        return all(matches(path) for path in shown)
    directory = place.directory
    return (
        bool(shown or directory)
        and all(map(matches, shown))
        and bool(matches(directory) or matches(directory + b"/x"))
    )


def _made_by(place: Location, pattern: str) -> bool:
    if place.instruction is None:
        return False
    matches = wildcard(pattern).fullmatch
    lines = place.instruction.lines
    stands = " ".join(lines.text.replace("\\\n", " ").split()) if lines else ""
    return bool(matches(place.instruction.text) or (stands and matches(stands)))
