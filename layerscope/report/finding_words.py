"""The words that text and Markdown share for findings, base images and packages. All of it is printable."""

from __future__ import annotations

from collections.abc import Sequence

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.base_image import BaseOrigin
from layerscope.image.history import DockerfileLines
from layerscope.packages.base import Package
from layerscope.report.masking import masked
from layerscope.report.printable import path_text, printable
from layerscope.report.units import count, plural, size
from layerscope.rules.finding import Finding, Location, PathBytes, Role, Severity

__all__ = [
    "SEVERITY_WORD",
    "actionable",
    "base_text",
    "dockerfile_place",
    "finding_counts",
    "layer_range",
    "location_instruction",
    "location_paths",
    "note_place",
    "notes",
    "package_name",
    "role_text",
    "shortest",
]

SEVERITY_WORD = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
"""What a severity is called for people."""

_ROLE = {Role.STORED: "stored by", Role.HIDDEN: "hidden by", Role.CONCERNED: "in"}
_FEW = 3
_NAME_CHARACTERS = 300
"""Of a base image's name: more than any registry takes."""

_ORIGIN = {
    BaseOrigin.GIVEN: "as given",
    BaseOrigin.DOCKERFILE: "counted by the Dockerfile",
    BaseOrigin.ANNOTATION: "named by an annotation, its end guessed from the history",
    BaseOrigin.HISTORY: "guessed from the history",
}


def actionable(findings: Sequence[Finding]) -> list[Finding]:
    """Those to act on: warnings and errors, most bytes first."""
    return [finding for finding in findings if finding.severity is not Severity.INFO]


def notes(findings: Sequence[Finding]) -> list[Finding]:
    """Those that are for information, most bytes first."""
    return [finding for finding in findings if finding.severity is Severity.INFO]


def shortest(findings: Sequence[Finding], top: int) -> list[Finding]:
    """The first `top`, and whatever error comes after them: a secret has few bytes."""
    rest = [finding for finding in findings[top:] if finding.severity is Severity.ERROR]
    return [*findings[:top], *rest]


def finding_counts(findings: Sequence[Finding]) -> str:
    """`1 error, 3 warnings, 5 notes; acting on the errors and warnings frees 20.0 MB`."""
    numbers = dict.fromkeys(SEVERITY_WORD.values(), 0)
    for finding in findings:
        numbers[SEVERITY_WORD[finding.severity]] += 1
    text = ", ".join(plural(number, word) for word, number in numbers.items() if number)
    freed = sum(finding.freed_bytes for finding in actionable(findings))
    if not freed:
        return text or "none"
    acted_on = [word for word in ("error", "warning") if numbers[word]]
    return f"{text}; acting on {' and '.join(word + 's' for word in acted_on)} frees {size(freed)}"


def note_place(finding: Finding) -> str:
    """` (layer 3)`, ` (layer 0, base image)`; empty for what is about the image as a whole."""
    parts = [f"layer {location.layer}" for location in finding.locations[:1]]
    parts += ["base image"] if finding.in_base else []
    return f" ({', '.join(parts)})" if parts else ""


def dockerfile_place(lines: DockerfileLines | None) -> str:
    """`Dockerfile:7`, or `Dockerfile:7-9`, with the file as the user named it; empty if it is not known."""
    if lines is None:
        return ""
    last = f"-{lines.last}" if lines.last != lines.first else ""
    return f"{printable(lines.file)}:{lines.first}{last}"


def location_instruction(location: Location) -> str:
    """The instruction in one line: the Dockerfile's own text where that is known."""
    if location.lines is not None:
        return printable(" ".join(masked(location.lines.text).replace("\\\n", " ").split()))
    return printable(masked(location.instruction.text)) if location.instruction else "(instruction unknown)"


def role_text(location: Location) -> str:
    """`stored by layer 3`, `hidden by layer 4`."""
    return f"{_ROLE[location.role]} layer {location.layer}"


def location_paths(location: Location) -> list[str]:
    """Few paths by their names, many by the directory that holds them and the largest one's name."""
    paths = location.paths
    if not paths:
        return []
    if location.files <= _FEW or not location.freed_bytes:
        shown = [_path_with_size(found, alone=len(paths) == 1) for found in paths]
        more = location.files - len(shown)
        return [*shown, f"and {plural(more, 'more file', 'more files')}"] if more > 0 else shown
    directory, largest = location.directory, paths[0]
    name = largest.path[len(directory) + 1 :] if directory else largest.path
    files = f"{count(location.files)} files, largest {path_text(name)}, {size(largest.freed_bytes)}"
    return [f"{path_text(directory)}/ ({files})" if directory else files]


def _path_with_size(found: PathBytes, *, alone: bool) -> str:
    """The size is left out where it is the location's own."""
    text = path_text(found.path)
    return text if alone or not found.freed_bytes else f"{text} ({size(found.freed_bytes)})"


def layer_range(first: int, beyond: int) -> str:
    """`layer 0`, `layers 0 to 3`; `beyond` is the first one that does not belong."""
    return f"layer {first}" if beyond - first == 1 else f"layers {first} to {beyond - 1}"


def base_text(analysis: Analysis) -> str:
    """`layers 0 to 3, python:3.12, as given`; empty where nothing is known of a base."""
    base = analysis.base
    name = printable((base.name or base.digest)[:_NAME_CHARACTERS])
    if not base.layers:
        if base.origin is BaseOrigin.NONE and name:
            return f"{name}; which layers are its is unknown, so all count as one's own (--base tells)"
        return ""
    parts = (layer_range(0, base.layers), name, _ORIGIN[base.origin])
    return ", ".join(filter(None, parts))


def package_name(package: Package) -> str:
    """`libc6 2.36-9`."""
    return printable(" ".join(filter(None, (package.name, package.version))))
