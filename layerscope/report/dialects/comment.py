"""Markdown for people who review: a comment on a pull request, and the summary of a job.

The comment is empty where nothing changed, so that nobody learns to overlook it. Its first line is a marker
that nobody sees: by it a later run finds the comment, and replaces or removes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from layerscope.report.dialects.outcome import Figure, Outcome, State, Told
from layerscope.report.markdown_text import code_span, dockerfile_block, markdown_table
from layerscope.report.printable import printable
from layerscope.report.units import count, plural, signed_size, size
from layerscope.rules.finding import Severity

__all__ = [
    "COMMENT_CHARACTERS",
    "SUMMARY_CHARACTERS",
    "comment_marker",
    "job_summary",
    "pull_request_comment",
]

COMMENT_CHARACTERS = 60_000
"""GitHub refuses a comment of more than 65,536; a step that posts it may want to add a line."""

SUMMARY_CHARACTERS = 250_000
"""GitHub refuses a summary of more than 1 MiB, and a character has at most four bytes."""

_COUNTED = (State.REPORTED, State.WAIVED, State.SKIPPED, State.PASSED)

_MOST_DETAILS = 12
"""Lines of an outcome: its layers and paths."""


def pull_request_comment(told: Told) -> bytes:
    """The comment, its marker first; nothing at all where the gate passed and nothing changed."""
    if told.passed and not told.changed:
        return b""
    return (comment_marker(told) + "\n" + _bounded(_blocks(told), COMMENT_CHARACTERS)).encode()


def job_summary(told: Told) -> bytes:
    """The same for the page of a job, which always has something to say."""
    return _bounded(_blocks(told), SUMMARY_CHARACTERS).encode()


def comment_marker(told: Told) -> str:
    """The comment's first line: the same for the same repository and platform, whatever the tag."""
    parts = (re.sub(r"[^A-Za-z0-9._/:]+", "-", part) for part in (told.repository, told.platform))
    return " ".join(["<!-- layerscope-check", *filter(None, parts), "-->"])


def _bounded(blocks: Iterable[str], most: int) -> str:
    """As many blocks as have room, and a line for those that have none. Each block can stand alone."""
    room, kept, left_out = most - 200, [], 0
    for block in blocks:
        length = len(block.encode("utf-16-le")) // 2 + 2  # GitHub counts as JavaScript does
        if left_out or length > room:
            left_out += 1
        else:
            kept.append(block)
            room -= length
    if left_out:
        kept.append(f"{plural(left_out, 'more part')} had no room here: `layerscope check` prints all.")
    return "\n\n".join(kept) + "\n"


def _blocks(told: Told) -> Iterator[str]:
    failed, broken = told.of(State.FAILED), told.of(State.BROKEN)
    result = "passed" if told.passed else "decided nothing" if broken else "failed"
    yield f"### layerscope: the gate {result} for {code_span(told.image)}"
    counts = [
        plural(len(broken), "part could not be read", "parts could not be read") if broken else "",
        f"{len(failed)} failed" if failed else "",
        *(f"{len(told.of(state))} {state}" for state in _COUNTED if told.of(state)),
    ]
    yield f"{', '.join(filter(None, counts)) or 'nothing to check'}."
    shown = _worth_showing(told.figures)
    if shown:
        yield _figures(shown)
    yield from (_outcome(outcome) for outcome in (*broken, *failed))
    yield from told.growth
    yield from _folded("Worth changing; the gate does not fail for it", told.of(State.REPORTED))
    yield from _folded("Waived", told.of(State.WAIVED))
    yield from _folded("Not checked", told.of(State.SKIPPED))
    if told.next_command:
        yield f"Next: {code_span(told.next_command)}"
    if told.notices:
        yield "\n".join(f"- {code_span(text)}" for text in told.notices[:_MOST_DETAILS])


def _worth_showing(figures: Sequence[Figure]) -> list[Figure]:
    """All of them, but without a base image not what is whose: all is one's own then."""
    base = next((figure for figure in figures if figure.key == "base_stored_bytes"), None)
    if base is None or base.value or base.before:
        return list(figures)
    return [figure for figure in figures if not figure.key.startswith(("own_", "base_"))]


def _figures(figures: Sequence[Figure]) -> str:
    if all(figure.before is None for figure in figures):
        return markdown_table(
            ("", "Now"), "lr", ((figure.label, _value(figure, figure.value)) for figure in figures)
        )
    rows = (
        (
            figure.label,
            _value(figure, figure.before),
            _value(figure, figure.value),
            _change(figure),
        )
        for figure in figures
    )
    return markdown_table(("", "Before", "Now", "Change"), "lrrr", rows)


def _value(figure: Figure, value: int | None) -> str:
    if value is None:
        return ""
    return size(value) if figure.is_bytes else count(value)


def _change(figure: Figure) -> str:
    if figure.before is None:
        return ""
    grown = figure.value - figure.before
    return signed_size(grown) if figure.is_bytes else f"{grown:+,}" if grown else "0"


def _outcome(outcome: Outcome) -> str:
    """A paragraph, its places, and the fix."""
    words = {State.BROKEN: "not read", State.FAILED: "failed", State.SKIPPED: "not checked"}
    word = words.get(outcome.state, _word(outcome.severity))
    lines = [f"**{word}** {_rule(outcome)} {_where(outcome)}", "", code_span(outcome.headline)]
    lines += ["", *map(_item, outcome.details[:_MOST_DETAILS])]
    if outcome.excuse:
        why = "Waived" if outcome.state is State.WAIVED else "Why"
        lines += ["", f"{why}: {code_span(outcome.excuse)}"]
    if outcome.fix:
        lines += ["", f"Fix: {code_span(outcome.fix)}"]
    if outcome.example:
        lines += ["", dockerfile_block(outcome.example)]
    return "\n".join(lines)


def _item(detail: str) -> str:
    """One of a list; what is indented belongs to what stands above it."""
    text = detail.lstrip()
    return f"{' ' * (len(detail) - len(text))}- {code_span(text)}"


def _rule(outcome: Outcome) -> str:
    return f"{outcome.rule_id} `{outcome.rule_name}`"


def _where(outcome: Outcome) -> str:
    place = outcome.places[0]
    last = f"-{place.last}" if place.last != place.first else ""
    return "at " + code_span(f"{printable(place.path)}:{place.first}{last}")


def _folded(title: str, outcomes: list[Outcome]) -> Iterator[str]:
    """Blocks that are seen only by who opens them; each one is whole, however few fit."""
    for outcome in outcomes:
        summary = f"{title}: {outcome.rule_id} {outcome.rule_name}"
        yield f"<details><summary>{summary}</summary>\n\n{_outcome(outcome)}\n\n</details>"


def _word(severity: Severity) -> str:
    return "note" if severity is Severity.INFO else str(severity)
