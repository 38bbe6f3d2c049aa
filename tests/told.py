"""Outcomes made by hand, for tests of the dialects; and text that tries to get out of each of them."""

from __future__ import annotations

from typing import Any

from layerscope.report.dialects.outcome import Figure, Outcome, Place, State, Told, numbered
from layerscope.report.printable import path_text, printable
from layerscope.rules.finding import Severity

__all__ = ["HOSTILE", "hostile_told", "outcome", "told"]

HOSTILE = (
    "\x1b]0;title\x07\x00\x08\x0b\ufffe\uffff",  # controls, and characters that XML cannot hold
    "::error file=x::y\n::set-output name=a::b\r\n::add-mask::c",
    "##vso[task.setvariable variable=PATH]/tmp ##[add-mask]x",
    "50%25 100% %0A %3A,file=other,line=1::",
    "]]></failure><error/><![CDATA[ &amp; &lt; \"'",
    "`code` ``two`` | cell | @everyone #1 <img src=x onerror=y> --> <!-- layerscope-check x -->",
    "[click](https://evil.example) ![x](y) {0} {{1}} {x}",
    "\u202egnp.exe\u2066\u200b\ufeff\U000e0041",
    "\udce9\udcff",
    "</details><summary>x</summary>\n\n# heading\n\n- item\n```\n~~~",
)
"""What an image may have in its paths, its history, its labels and its tags."""


def outcome(
    headline: str = "apt's lists are stored",
    *,
    state: State = State.FAILED,
    severity: Severity = Severity.WARNING,
    places: tuple[Place, ...] = (Place("app/Dockerfile", 7, 9, "RUN apt-get update \\\n  && true"),),
    **fields: Any,
) -> Outcome:
    """One outcome of LS110."""
    given = {"rule_id": "LS110", "rule_name": "apt-caches", "subject": "RUN var/lib/apt/lists", **fields}
    return Outcome(headline=headline, state=state, severity=severity, places=places, **given)


def told(*outcomes: Outcome, **fields: Any) -> Told:
    """A run with these outcomes; it passed if none of them failed."""
    bad = {State.FAILED, State.BROKEN} & {each.state for each in outcomes}
    given = {
        "image": "registry.example/app:1",
        "platform": "linux/amd64",
        "repository": "registry.example/app",
        "passed": not bad,
        "created": "2023-11-14T22:13:20.5Z",
        **fields,
    }
    return Told(outcomes=numbered(outcomes), **given)


def hostile_told() -> Told:
    """Every hostile text in every field that an image can fill, made printable as the adapter does it."""
    outcomes = [_hostile(state, number, text) for number, text in enumerate(HOSTILE) for state in State]
    shown = printable("".join(HOSTILE))
    return told(
        *outcomes,
        image=shown,
        repository=shown,
        platform=shown,
        figures=(Figure("contents", "stored_bytes", 10**9, 1),),
        notices=tuple(map(printable, HOSTILE)),
        created=shown,
    )


def _hostile(state: State, number: int, text: str) -> Outcome:
    shown = printable(text)
    path = path_text(text.encode("utf-8", "surrogatepass"))
    return outcome(
        shown,
        state=state,
        details=(f"layer 3: {shown}", path),
        fix=shown,
        example=shown,
        subject=f"{number} {shown}",
        excuse=shown,
        places=(Place("Dockerfile", 1, 2, text), Place(f"a b/é{number}%?#.Dockerfile", 3, 3, text)),
    )
