"""Writes one run of the benchmark as RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.contenders import CONTENDERS
from benchmarks.images.facts import ImageFacts
from benchmarks.targets import TARGETS, RunResults
from benchmarks.timing import Measurement

__all__ = ["BUSY_LOAD", "write_results"]

BUSY_LOAD = 0.7
"""Above this load average something else runs beside the benchmark."""

_NAMES = [contender.name for contender in CONTENDERS]
_HEAD = """\
# Results

Written by `python -m benchmarks`; do not edit. One run, in which the commands took turns; times are medians
of the number of runs given, with the fastest and the slowest beside them. What it all means: `README.md`.
"""


def write_results(results: RunResults, machine: Sequence[tuple[str, str]]) -> str:
    """Return the document."""
    parts = [
        _HEAD,
        "## Machine\n\n" + _table(("", ""), machine),
        _load(results),
        "## Targets\n\n" + _targets(results),
        "## Images\n\n" + _images(results),
        "## Time\n\n" + _times(results),
        "## CPU time and peak memory\n\n" + _memory(results),
        "## Wasted bytes, as each tool has them\n\n" + _answers(results),
        "## Start-up\n\n" + _start_up(results),
        "## Commands\n\n" + "".join(f"* **{c.name}**: {c.about}\n" for c in CONTENDERS),
    ]
    return "\n".join(parts)


def _load(results: RunResults) -> str:
    text = f"Load average before the run: {results.load:.2f}.\n"
    if results.load > BUSY_LOAD:
        text += "\n**The machine was busy: times are too long, and ratios are not to be trusted.**\n"
    return text


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _targets(results: RunResults) -> str:
    rows = [(t.text, t.bound_text, *t.verdict(results)) for t in TARGETS]
    return _table(("target", "bound", "measured", ""), rows)


def _images(results: RunResults) -> str:
    rows = []
    for name, image in results.images.items():
        counts = _counts(image.facts) if image.facts else [f"skipped: {image.skipped}", "", "", ""]
        rows.append([f"`{name}`", image.about, *counts])
    notes = [f"\n`{n}`: {text}.\n" for n, text in _remarks(results)]
    head = ("image", "what", "archive", "layers", "entries", "whiteouts")
    return _table(head, rows) + "".join(notes)


def _remarks(results: RunResults) -> list[tuple[str, str]]:
    facts = ((name, image.facts) for name, image in results.images.items())
    return [(name, found.remarks) for name, found in facts if found and found.remarks]


def _counts(facts: ImageFacts) -> list[str]:
    size = f"{facts.archive_bytes / 1e6:,.0f} MB"
    return [size, f"{facts.layers}", f"{facts.entries:,}", f"{facts.whiteouts:,}"]


def _times(results: RunResults) -> str:
    rows = []
    for name, image in results.images.items():
        if image.facts is None:
            continue
        cells = [_time(image.measurements[contender]) for contender in _NAMES]
        rows.append([f"`{name}`", *cells, _ratio(results, name), _read_ratio(results, name)])
    return _table(("image", *_NAMES, "dive ÷ layerscope", "layerscope ÷ read"), rows)


def _time(measurement: Measurement) -> str:
    if measurement.failure:
        return measurement.failure
    low, high = min(measurement.seconds), max(measurement.seconds)
    runs = len(measurement.seconds)
    if runs == 1:
        return f"**{low:.3f} s** (1 run)"
    return f"**{measurement.median:.3f} s** ({low:.3f} to {high:.3f}, {runs} runs)"


def _ratio(results: RunResults, image: str) -> str:
    ratio = results.ratio(image)
    if ratio is None:
        return ""
    sign = "" if results.seconds(image, "dive") is not None else "> "
    return f"**{sign}{ratio:.1f}x**"


def _read_ratio(results: RunResults, image: str) -> str:
    own, read = results.seconds(image, "layerscope"), results.seconds(image, "read")
    return f"{own / read:.1f}x" if own and read else ""


def _memory(results: RunResults) -> str:
    names = _NAMES[1:]
    rows = []
    for name, image in results.images.items():
        if image.facts is not None:
            rows.append([f"`{name}`", *(_cost(image.measurements[contender]) for contender in names)])
    about = (
        "Each cell: median CPU seconds · peak PSS of all processes · the part of it that no file backs, "
        "in MB (10⁶ bytes; - if the command was over before the first look).\n\n"
    )
    return about + _table(("image", *names), rows)


def _cost(measurement: Measurement) -> str:
    cpu = sorted(measurement.cpu_seconds)
    seconds = f"{cpu[len(cpu) // 2]:.2f} s" if cpu else "-"
    memory = measurement.memory
    if memory is None or not memory.pss:
        return f"{seconds} · -"
    return f"{seconds} · {memory.pss / 1e6:.0f} · {memory.anonymous / 1e6:.0f}"


def _answers(results: RunResults) -> str:
    rows = []
    for name, image in results.images.items():
        if image.facts is not None:
            known = image.facts.wasted_bytes
            told = [image.measurements[tool].wasted_bytes for tool in ("layerscope", "dive")]
            rows.append([f"`{name}`", _bytes(known), *(_answer(value, known) for value in told)])
    about = "The generators keep account of what they hide; nobody knows it of the real images.\n\n"
    return about + _table(("image", "known", "layerscope", "dive"), rows)


def _bytes(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _answer(value: int | None, known: int | None) -> str:
    if value is None or known is None:
        return _bytes(value)
    return f"{value:,} {'✓' if value == known else '✗'}"


def _start_up(results: RunResults) -> str:
    rows = [(f"`{name}`", _time(measurement)) for name, measurement in results.start_up.items()]
    return _table(("command", "time"), rows)
