"""The words that text and Markdown share for findings, base images and packages. All of it is printable."""

from __future__ import annotations

from collections.abc import Sequence

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.base_image import BaseOrigin
from layerscope.image.history import DockerfileLines
from layerscope.packages.base import Package
from layerscope.report.masking import masked
from layerscope.report.model import totals
from layerscope.report.printable import path_text, printable, shortened
from layerscope.report.units import plural, size
from layerscope.report.words import files_text
from layerscope.rules.finding import BuildSaving, Finding, Location, PathBytes, Role, Severity

__all__ = [
    "SEVERITY_WORD",
    "actionable",
    "base_text",
    "base_waste",
    "build_text",
    "bytes_text",
    "dockerfile_place",
    "dockerfile_text",
    "finding_counts",
    "finding_title",
    "grouped",
    "layer_range",
    "location_instruction",
    "location_paths",
    "note_paths",
    "note_place",
    "notes",
    "package_name",
    "rest_text",
    "role_text",
    "seconds_text",
    "shortest",
]

SEVERITY_WORD = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
"""What a severity is called for people."""

_ROLE = {Role.STORED: "stored by", Role.HIDDEN: "hidden by", Role.CONCERNED: "in"}
_LEAST_STEPS = _LEAST_SECONDS = 0.05
"""Less would be shown as 0.0."""
_GUESSED = " (with changes as usual: there is no git history to tell)"
_FEW = 3
_MOST_CHARACTERS = 1000
"""Of a path or a message: more than any that people give, less than what an image can."""
_NAME_CHARACTERS = 300
"""Of a base image's name: more than any registry takes."""

_ORIGIN = {
    BaseOrigin.GIVEN: "as given",
    BaseOrigin.DOCKERFILE: "counted by the Dockerfile",
    BaseOrigin.ANNOTATION: "named by an annotation, its end guessed from the history",
    BaseOrigin.HISTORY: "guessed from the history",
}


def actionable(findings: Sequence[Finding]) -> list[Finding]:
    """Those to act on, warnings and errors, in their order."""
    return [finding for finding in findings if finding.severity is not Severity.INFO]


def notes(findings: Sequence[Finding]) -> list[Finding]:
    """Those that are for information, in their order."""
    return [finding for finding in findings if finding.severity is Severity.INFO]


def shortest(findings: Sequence[Finding], top: int) -> list[Finding]:
    """The first `top`, and what has few bytes or none and must not be overlooked for that: errors, and
    warnings that are not about bytes."""
    rest = [
        finding
        for finding in findings[top:]
        if finding.severity is Severity.ERROR
        or (finding.severity is Severity.WARNING and not finding.freed_bytes)
    ]
    return [*findings[:top], *rest]


def grouped(findings: Sequence[Finding]) -> list[list[list[Finding]]]:
    """Findings of one rule, severity and fix are one group, which has the place of its first; within it those
    of the same message stand together.

    So what is to be done is said once for all of a group, and what is wrong once for all of one message.
    """
    groups: dict[tuple[object, ...], dict[tuple[str, bool], list[Finding]]] = {}
    for finding in findings:
        group = groups.setdefault((finding.rule_id, finding.severity, finding.fix), {})
        group.setdefault((finding.message, finding.in_base), []).append(finding)
    return [list(group.values()) for group in groups.values()]


def rest_text(found: Sequence[Finding], shown: Sequence[Finding], noun: str) -> tuple[int, str] | None:
    """Bytes and number of those that are not shown, with the rules that found them; None if all are."""
    kept = {id(finding) for finding in shown}
    rest = [finding for finding in found if id(finding) not in kept]
    if not rest:
        return None
    rules = ", ".join(sorted({finding.rule_id for finding in rest}))
    number = plural(len(rest), f"more {noun}", f"more {noun}s")
    return sum(finding.freed_bytes for finding in rest), f"{number} ({rules})"


def finding_counts(findings: Sequence[Finding], stored_bytes: int) -> str:
    """`1 error, 3 warnings; acting on errors and warnings frees 20.0 MB of 80.0 MB (15.0 MB wasted, 5.0 MB
    live)`."""
    numbers = dict.fromkeys(SEVERITY_WORD.values(), 0)
    for finding in findings:
        numbers[SEVERITY_WORD[finding.severity]] += 1
    text = ", ".join(plural(number, word) for word, number in numbers.items() if number)
    freed = sum(finding.freed_bytes for finding in actionable(findings))
    if not freed:
        return text or "none"
    wasted = sum(finding.wasted_bytes for finding in actionable(findings))
    kinds = ((wasted, "wasted"), (freed - wasted, "live"))
    parts = ", ".join(f"{size(part)} {kind}" for part, kind in kinds if part)
    acted_on = " and ".join(f"{word}s" for word in ("error", "warning") if numbers[word])
    return f"{text}; acting on {acted_on} frees {size(freed)} of {size(stored_bytes)} ({parts})"


def bytes_text(size_bytes: int, dash: str = "\u2013") -> str:
    """A size; a dash for a finding that is not about bytes."""
    return size(size_bytes) if size_bytes else dash


def finding_title(finding: Finding) -> str:
    """The message, and whether it is about the base image."""
    base = " (in the base image)" if finding.in_base else ""
    return printable(shortened(finding.message, _MOST_CHARACTERS)) + base


def note_place(finding: Finding) -> str:
    """`:16, hidden by :20`, `layer 3`, `base image`; empty for what the message says already."""
    if finding.in_base:
        return "base image"
    places = []
    for location in finding.locations[:_FEW]:
        place = dockerfile_place(location.lines)
        if not place and location.layer is not None and f"layer {location.layer}" not in finding.message:
            place = f"layer {location.layer}"
        if place:
            places.append(f"hidden by {place}" if location.role is Role.HIDDEN else place)
    more = len(finding.locations) - _FEW
    return ", ".join([*dict.fromkeys(places), *([f"and {more} more"] if places and more > 0 else [])])


def note_paths(finding: Finding) -> list[str]:
    """What is where, of all locations that have paths."""
    shown = [path for location in finding.locations[:_FEW] for path in location_paths(location)]
    return list(dict.fromkeys(shown))


def dockerfile_place(lines: DockerfileLines | None) -> str:
    """`:7`, or `:7-9`: lines of the Dockerfile, which the header names; empty if they are not known."""
    if lines is None:
        return ""
    last = f"-{lines.last}" if lines.last != lines.first else ""
    return f":{lines.first}{last}"


def dockerfile_text(analysis: Analysis) -> str:
    """`21 of 23 instructions found in c1/Dockerfile`, or `none: ` and why; empty where none was given."""
    match = analysis.image.dockerfile
    if match is None:
        return ""
    file = printable(match.file)
    if match.matched:
        found = f"{match.matched} of {plural(match.instructions, 'instruction')}"
        return f"{found} of {file} found in the image's history (:7 is its line 7)"
    unlike = (notice.message for notice in analysis.notices if notice.code == "dockerfile-unlike-history")
    why = printable(next(unlike, "")).removeprefix(f"{file}: ")
    return f"none: {file} {why or 'has no instructions that history could show'}"


def location_instruction(location: Location) -> str:
    """The instruction in one line: the Dockerfile's own text where that is known."""
    if location.lines is not None:
        return printable(" ".join(masked(location.lines.text).replace("\\\n", " ").split()))
    return printable(masked(location.instruction.text)) if location.instruction else "(instruction unknown)"


def role_text(location: Location) -> str:
    """`stored by layer 3`, `hidden by layer 4`; `in stage build` where no layer of the image is meant."""
    if location.layer is None:
        return f"in stage {printable(location.lines.stage)}" if location.lines else "in no layer"
    return f"{_ROLE[location.role]} layer {location.layer}"


def build_text(saving: BuildSaving | None) -> str:
    """`each build: 2.4 fewer of 6 steps carried out, 31.2 s less (average of the last 40 commits)`; empty
    for a finding that is not about builds."""
    if saving is None:
        return ""
    parts = []
    if saving.steps_saved >= _LEAST_STEPS:
        of = f" of {plural(saving.steps, 'step')}" if saving.steps else " steps"
        parts.append(f"{saving.steps_saved:.1f} fewer{of} carried out")
    if saving.seconds is not None and saving.seconds >= _LEAST_SECONDS:
        parts.append(f"{saving.seconds:.1f} s less")
    if saving.pushed_bytes:
        parts.append(f"{size(saving.pushed_bytes)} less to push")
    basis = ""
    if parts:
        basis = f" (average of the last {plural(saving.builds, 'commit')})" if saving.builds else _GUESSED
    if saving.sent_bytes:
        parts.append(f"{size(saving.sent_bytes)} less to send")
    text = f"each build: {', '.join(parts)}{basis}" if parts else ""
    stored = f"the image stores {size(saving.stored_bytes)} less" if saving.stored_bytes else ""
    return "; ".join(filter(None, (text, stored)))


def seconds_text(saving: BuildSaving | None) -> str:
    """`31.2 s`; empty where no seconds are saved, or nobody measured."""
    seconds = saving.seconds if saving else None
    return f"{seconds:.1f} s" if seconds is not None and seconds >= _LEAST_SECONDS else ""


def location_paths(location: Location) -> list[str]:
    """Few paths by their names, many by the directory that holds them and the largest one's name."""
    paths = location.paths
    if not paths:
        return []
    if location.files <= _FEW or not location.freed_bytes:
        shown = [_path_with_size(found, alone=len(paths) == 1) for found in paths]
        more = location.files - len(shown)
        return [*shown, f"and {plural(more, 'more file', 'more files')}"] if more > 0 else shown
    return [files_text(location.files, location.directory, paths[0].path, paths[0].freed_bytes)]


def _path_with_size(found: PathBytes, *, alone: bool) -> str:
    """The size is left out where it is the location's own."""
    text = shortened(path_text(found.path), _MOST_CHARACTERS)
    return text if alone or not found.freed_bytes else f"{text} ({size(found.freed_bytes)})"


def layer_range(first: int, beyond: int) -> str:
    """`layer 0`, `layers 0 to 3`; `beyond` is the first one that does not belong."""
    return f"layer {first}" if beyond - first == 1 else f"layers {first} to {beyond - 1}"


def base_text(analysis: Analysis) -> str:
    """`layers 0 to 3, python:3.12, as given`, or that there is none and what to do; empty without layers."""
    base = analysis.base
    name = printable((base.name or base.digest)[:_NAME_CHARACTERS])
    if not base.layers:
        if base.origin is BaseOrigin.NONE and name:
            return f"{name}; which layers are its is unknown, so all count as yours (--base IMAGE tells)"
        if base.origin is BaseOrigin.NONE and analysis.layers:
            return "not recognized: all layers count as yours (--base IMAGE tells)"
        return "none, as the Dockerfile says" if base.origin is BaseOrigin.DOCKERFILE else ""
    parts = (layer_range(0, base.layers), name, _ORIGIN[base.origin])
    return ", ".join(filter(None, parts))


def base_waste(analysis: Analysis) -> str:
    """`168.3 MB stored, 0 B wasted by itself, 182.7 kB by your layers`."""
    sums = totals(analysis)
    wasted = sum(analyzed.wasted_bytes for analyzed in analysis.layers[: analysis.base.layers])
    by_own = wasted - sums.base_wasted_bytes  # the base hides nothing that is not its own
    itself = f"{size(sums.base_stored_bytes)} stored, {size(sums.base_wasted_bytes)} wasted by itself"
    return f"{itself}, {size(by_own)} by your layers"


def package_name(package: Package) -> str:
    """`libc6 2.36-9`."""
    return printable(" ".join(filter(None, (package.name, package.version))))
