"""A stage of its own for what builds, where tools for building stay in the image (T12).

It is advice with a sketch: which of the files that a build made have to be in the image is the author's to
say. The sketch names where the layers show that the commands behind the tools wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from layerscope.advice.elements import Element
from layerscope.advice.independence import Trust
from layerscope.advice.suggestions.base import Reason, Suggestion, Transformation
from layerscope.advice.suggestions.scene import Scene, StagePart

__all__ = ["SeparateStage"]

_TOOLS = re.compile(
    r"(?<![\w.-])(?:build-essential|build-base|base-devel|gcc|g\+\+|clang|make|cmake|cargo|rustc|golang(?:-go)?"
    r"|[a-z0-9.+]+-dev|[a-z0-9.+]+-devel|maven|openjdk-\d+-jdk(?:-headless)?|default-jdk)(?![\w.-])"
)
_INSTALL = re.compile(r"\b(?:apt-get|apt|apk|dnf|yum|microdnf|zypper)\b[^&;|]*\b(?:install|add)\b([^&;|]*)")
_REMOVED = re.compile(r"\b(?:purge|remove|autoremove|apk\s+del)\b")
_SYSTEM = ("/etc", "/var", "/tmp", "/root", "/usr/share", "/usr/lib", "/usr/include", "/lib", "/run", "/bin")  # noqa: S108
_MOST_PLACES = 5


class SeparateStage(Transformation):
    """Say how a stage with tools for building becomes two."""

    kind = "separate-stage"
    rank = 95

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One, for the stage that is built."""
        for part in scene.parts:
            if part.stage is scene.target:
                found = _suggestion(scene, part)
                if found is not None:
                    yield found


def _suggestion(scene: Scene, part: StagePart) -> Suggestion | None:
    installs = [element for element in part.elements if _tools_of(element)]
    if not installs or any(_removes(element) for element in part.elements):
        return None
    if scene.readings and not scene.tools_for_building:
        return None  # the image does not have them
    first = installs[0]
    users = [
        element
        for element in part.elements[first.index + 1 :]
        if element.keyword == "RUN" and not element.footprint.known
    ]
    if not users:
        return None  # nothing seems to be built: an image that others build on
    last = users[-1]
    names = list(scene.tools_for_building) or sorted({name for each in installs for name in _tools_of(each)})
    reason = f"tools for building stay in the image: {', '.join(names[:6])}"
    return Suggestion(
        kind=SeparateStage.kind,
        stage=part.stage.label,
        lines=tuple(element.line for element in (*installs, last)),
        what=f"build in a stage of its own, up to line {last.line}, and copy the result from it",
        reasons=(
            Reason("T12", reason),
            Reason(
                "T12", "what the program needs when it runs has to be copied, or installed, in the last stage"
            ),
        ),
        trust=Trust.UNVERIFIED,
        sketch=_sketch(part, last, _places(part.elements[first.index + 1 : last.index + 1])),
        bytes_saved=scene.tool_bytes or None,
    )


def _tools_of(element: Element) -> list[str]:
    if element.keyword != "RUN":
        return []
    return [tool for found in _INSTALL.finditer(element.text) for tool in _TOOLS.findall(found[1])]


def _removes(element: Element) -> bool:
    return element.keyword == "RUN" and _REMOVED.search(element.text) is not None


def _places(elements: Sequence[Element]) -> list[str]:
    """Where the layers of these show that something was made, system directories left out."""
    found: set[str] = set()
    for element in elements:
        if element.facts is None or element.keyword != "RUN":
            continue
        for path in element.facts.written:
            if not path.startswith(_SYSTEM):
                parts = path.split("/")
                found.add("/".join(parts[:4]) if path.startswith("/usr/local/") else "/".join(parts[:3]))
    return sorted(found)[:_MOST_PLACES]


def _sketch(part: StagePart, last: Element, places: Sequence[str]) -> str:
    base = part.stage.start.words[0].text
    lines = [f"FROM {base} AS build", f"# … as it is, up to line {last.line}", f"FROM {base}"]
    lines += [f"COPY --from=build {place} {place}" for place in places] or ["COPY --from=build …"]
    lines.append(f"# … what stands below line {last.line}")
    return "".join(line + "\n" for line in lines)
