"""A RUN of which only a part depends on a COPY: in two, the other part could stand above (T11).

It is advice, with a sketch and no patch: how a RUN is cut is the author's to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from layerscope.advice.chain import Link, read_chain
from layerscope.advice.elements import Element
from layerscope.advice.footprint import Footprint
from layerscope.advice.independence import Trust, independence
from layerscope.advice.knowledge import footprint_of
from layerscope.advice.shell import Command, read_commands
from layerscope.advice.suggestions.base import Reason, Suggestion, Transformation
from layerscope.advice.suggestions.changing import raw_arguments
from layerscope.advice.suggestions.scene import Scene, StagePart

__all__ = ["SplitRun"]

_LEAST_SECONDS = 1.0
_STATEFUL = frozenset(
    {"cd", "pushd", "popd", "export", "exit", "exec", "trap", "umask", "shopt", "alias", "."}
)
_MANAGERS = frozenset({"apt-get", "apt", "apk", "dnf", "yum", "microdnf", "tdnf", "zypper"})


class SplitRun(Transformation):
    """Say which commands of a RUN could go above a COPY that changes more often."""

    kind = "split-run"
    rank = 90

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One for each RUN."""
        for part in scene.parts:
            for run in part.elements:
                found = _suggestion(scene, part, run)
                if found is not None:
                    yield found


def _suggestion(scene: Scene, part: StagePart, run: Element) -> Suggestion | None:
    source = run.source
    if run.keyword != "RUN" or source is None or source.exec_form or source.heredocs or source.flags:
        return None
    place = run.index
    links = read_chain(raw_arguments(scene.dockerfile, source)) or ()
    sources = [
        at
        for at, element in enumerate(part.elements[:place])
        if element.copy is not None and part.own_missed[at] > part.own_missed[place]
    ]
    if len(links) < 2 or not sources or any(link.operator == ";" for link in links):
        return None
    first = sources[0]
    above = part.missed[first - 1] if first else 0.0
    seconds = part.seconds[place] * (part.missed[place] - above)
    if seconds < _LEAST_SECONDS:
        return None
    moved = part.elements[first:place]
    if _may_go(run, run.footprint, moved, scene):
        return None  # the whole of it may: then it is a matter of order
    count = 0
    for index in range(1, len(links)):
        if not _keeps_to_itself(links[index - 1], run):
            break
        text = " && ".join(link.text for link in links[:index])
        known = footprint_of(text, run.directory, run.environment, root=run.root)
        if not _may_go(run, known, moved, scene):
            break
        count = index
    head = " && ".join(link.text for link in links[:count])
    footprint = footprint_of(head, run.directory, run.environment, root=run.root) if count else Footprint()
    rest = [command.words[:1] for link in links[count:] for command in _commands(link, run)]
    if not (footprint.downloads or footprint.packages) or any(set(words) & _MANAGERS for words in rest):
        return None  # an index of packages stays with what is installed from it [R12]
    copied = part.elements[first]
    return Suggestion(
        kind=SplitRun.kind,
        stage=part.stage.label,
        lines=(run.line,),
        what=f"split the RUN of line {run.line}: the first {count} of its {len(links)} commands could stand "
        f"above line {copied.line}",
        reasons=(
            Reason("T11", f"they need nothing of what line {copied.line} brings; the others do"),
            Reason(
                "T11",
                f"the RUN takes {part.seconds[place]:.1f} s, in {100 * part.missed[place]:.0f} % of builds",
            ),
        ),
        trust=Trust.UNVERIFIED,
        sketch=_sketch(links, count, copied),
    )


def _keeps_to_itself(link: Link, run: Element) -> bool:
    """Whether commands behind it do the same in another shell."""
    commands = _commands(link, run)
    return bool(commands) and all(
        command.words and command.words[0] not in _STATEFUL and command.words[0] != "set"
        for command in commands
    )


def _commands(link: Link, run: Element) -> tuple[Command, ...]:
    return read_commands(link.text, run.environment) or ()


def _may_go(run: Element, footprint: Footprint, moved: Sequence[Element], scene: Scene) -> bool:
    """Whether commands with this footprint may stand above all of these."""
    part = replace(run, footprint=footprint, facts=None)
    return footprint.known and all(
        independence(replace(element, facts=None), part, scene.profile).trust is not Trust.REFUSED
        for element in moved
    )


def _sketch(links: Sequence[Link], count: int, copied: Element) -> str:
    def run(some: Sequence[Link]) -> str:
        return "RUN " + " \\\n && ".join(" ".join(link.text.split()) for link in some) + "\n"

    text = " ".join(f"{copied.keyword} {copied.text}".split())
    return f"{run(links[:count])}{text}\n{run(links[count:])}"
