"""One RUN instead of an install and a later RUN that removes what it left (T11).

A layer keeps what it holds, whatever a later one removes. The same commands in the same order, in one RUN,
make the same root filesystem; only layers change. Where other instructions stand in between, the clean-up has
to be one that may go above each of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from layerscope.advice.chain import read_chain
from layerscope.advice.elements import Element
from layerscope.advice.independence import Trust, independence
from layerscope.advice.layers import LayerFacts
from layerscope.advice.shell import Command, read_commands
from layerscope.advice.suggestions.base import Reason, Suggestion, Transformation
from layerscope.advice.suggestions.changing import appended, newline_of, raw_arguments, removed
from layerscope.advice.suggestions.scene import Scene, StagePart
from layerscope.advice.tree import tree_below

__all__ = ["MergeCleanup"]

_CLEANING = (
    *(("apt-get", "clean"), ("apt-get", "autoclean"), ("apt", "clean"), ("dnf", "clean"), ("yum", "clean")),
    *(("microdnf", "clean"), ("zypper", "clean"), ("apk", "cache", "clean"), ("npm", "cache", "clean")),
    *(("yarn", "cache", "clean"), ("pip", "cache", "purge"), ("pip3", "cache", "purge")),
)
_LEFT = (
    *("/var/lib/apt/lists", "/var/cache", "/tmp", "/var/tmp", "/root/.cache", "/root/.npm", "/root/.m2"),  # noqa: S108
    *("/root/.gradle/caches", "/root/.cargo/registry", "/usr/local/share/.cache"),
)
"""Where installs leave what is removed, if no layer tells."""
_STATEFUL = frozenset(
    {
        *("exit", "exec", "trap", "shopt", "alias", "unalias", "return", "source", ".", "umask", "eval"),
        *("ulimit", "unset", "su", "chroot", "break", "continue"),
    }
)
"""Commands that change what the shell does with those behind them."""
_LONGEST = 100_000
"""Characters of one RUN: Linux takes 128 KiB in an argument."""
_STATE = re.compile(r"\$[^A-Za-z_{(]")
"""Variables of the shell itself: `$?` is about the command before."""


class MergeCleanup(Transformation):
    """Append a clean-up to the RUN whose files it removes."""

    kind = "merge-cleanup"
    rank = 20

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One for each RUN that only cleans up."""
        for part in scene.parts:
            for at, last in enumerate(part.elements):
                if at and _cleans_up(scene, last):
                    found = _suggestion(scene, part, at)
                    if found is not None:
                        yield found


def _commands(element: Element) -> tuple[Command, ...] | None:
    return read_commands(element.source.arguments, element.environment) if element.source else None


def _is_plain_run(scene: Scene, element: Element) -> bool:
    """Whether it is a RUN of the shell form, without flags, whose text is a plain list of commands."""
    source = element.source
    if element.keyword != "RUN" or source is None or source.exec_form or source.heredocs or source.flags:
        return False
    return bool(read_chain(raw_arguments(scene.dockerfile, source))) and _commands(element) is not None


def _cleans_up(scene: Scene, element: Element) -> bool:
    if not _is_plain_run(scene, element) or not element.source or "$" in element.source.arguments:
        return False
    commands = _commands(element) or ()
    return bool(commands) and all(_removes(command) for command in commands) and _joins(scene, element)


def _removes(command: Command) -> bool:
    words = command.words
    if command.inputs or command.outputs or command.assignments or command.piped or not words:
        return False
    if words[0] == "rm":
        operands = [word for word in words[1:] if not word.startswith("-")]
        return bool(operands) and all(word.startswith("/") and ".." not in word for word in operands)
    return any(words[: len(each)] == each for each in _CLEANING)


def _joins(scene: Scene, element: Element) -> bool:
    """Whether its list has no `;`, which would mean something else behind `set -e`."""
    assert element.source is not None
    links = read_chain(raw_arguments(scene.dockerfile, element.source)) or ()
    raw = raw_arguments(scene.dockerfile, element.source).rstrip()
    return all(link.operator in ("", "&&") for link in links) and not raw.endswith(";")


def _leads(scene: Scene, element: Element, *, to_others: bool) -> bool:
    """Whether commands behind this RUN's, in the same shell, do what they do in a shell of their own."""
    if not _is_plain_run(scene, element) or element.source is None:
        return False
    if raw_arguments(scene.dockerfile, element.source).rstrip().endswith(";"):
        return False
    for command in _commands(element) or ():
        words = command.words
        if not words or words[0] in _STATEFUL:
            return False
        if words[0] == "set" and not all(_harmless(word) for word in words[1:]):
            return False
        if to_others and words[0] in ("cd", "pushd", "popd", "export", "set"):
            return False
    return True


def _harmless(word: str) -> bool:
    """Options of `set` that only end a RUN sooner, or say more: -f would leave globs alone."""
    return word in ("pipefail", "errexit", "nounset", "xtrace") or (
        word.startswith("-") and set(word[1:]) <= set("euxo")
    )


def _suggestion(scene: Scene, part: StagePart, at: int) -> Suggestion | None:
    last = part.elements[at]
    freed = _freed(scene, part, at)
    if freed is None:
        writers = [at - 1] if _leaves(part.elements[at - 1], last) else []
    else:
        writers = [place for place, size in freed.items() if size]
    runs = sorted(place for place in writers if part.elements[place].keyword == "RUN")
    if not runs:
        return None
    for first in runs:
        block = part.elements[first : at + 1]
        if _is_block(scene, block):
            return _merged(scene, part, block, freed)
    best = max(runs, key=lambda place: (freed[place] if freed else 0, place))
    return _moved(scene, part, best, at, freed)


def _leaves(install: Element, cleanup: Element) -> bool:
    """Whether an install is known to leave something where the clean-up removes it."""
    known = install.footprint.downloads
    paths = [
        word for command in _commands(cleanup) or () if command.words[0] == "rm" for word in command.words[1:]
    ]
    tools = any(command.words[0] != "rm" for command in _commands(cleanup) or ())
    return known and (tools or any(word.startswith(_LEFT) for word in paths))


def _freed(scene: Scene, part: StagePart, at: int) -> Counter[int] | None:
    """Content bytes that the clean-up removed, by the place of the element whose layer holds them; None
    without layers."""
    facts = part.elements[at].facts
    if facts is None:
        return None
    changeset = scene.readings[facts.layer].changeset
    gone = ["/" + path.decode("utf-8", "surrogateescape") for path in changeset.whiteouts]
    emptied = ["/" + path.decode("utf-8", "surrogateescape") for path in changeset.opaques]
    places = {each.facts.layer: place for place, each in enumerate(part.elements) if each.facts}
    found: Counter[int] = Counter()
    if gone or emptied:
        removed_roots = [*gone, *emptied]
        seen: set[int] = set()
        for path, placed in tree_below(scene.readings, facts.layer, removed_roots).items():
            if path not in emptied and placed.layer in places and placed.inode not in seen:
                seen.add(placed.inode)
                found[places[placed.layer]] += placed.size
    return found


def _is_block(scene: Scene, block: Sequence[Element]) -> bool:
    """Whether all are RUNs that can be one: the last one cleans up."""
    middle = len(block) > 2
    if not all(_leads(scene, each, to_others=middle) for each in block[:-1]):
        return False
    return all(
        _joins(scene, each) and each.source is not None and not _STATE.search(each.source.arguments)
        for each in block[1:-1]
    )


def _merged(
    scene: Scene, part: StagePart, block: Sequence[Element], freed: Counter[int] | None
) -> Suggestion | None:
    reason = Reason("T11", "the same commands run in the same order, with nothing in between")
    return _made(scene, part, block, freed, ([reason], Trust.PROVED))


def _moved(
    scene: Scene, part: StagePart, first: int, at: int, freed: Counter[int] | None
) -> Suggestion | None:
    """The clean-up goes up to the install, above everything in between."""
    elements = part.elements
    if not _leads(scene, elements[first], to_others=False):
        return None
    reasons: dict[str, Reason] = {}
    trust = Trust.PROVED
    for between in elements[first + 1 : at]:
        found = independence(between, elements[at], scene.profile)
        if found.trust < Trust.EVIDENCE:
            return None
        trust = min(trust, found.trust)
        reasons.setdefault(found.reason, Reason(found.rule, f"line {between.line}: {found.reason}"))
    return _made(scene, part, [elements[first], elements[at]], freed, (list(reasons.values()), trust))


def _made(
    scene: Scene,
    part: StagePart,
    block: Sequence[Element],
    freed: Counter[int] | None,
    known: tuple[list[Reason], Trust],
) -> Suggestion | None:
    reasons, trust = known
    first, *others = block
    sources = [each.source for each in others if each.source]
    if first.source is None or len(sources) != len(others):
        return None
    dockerfile = scene.dockerfile
    joint = f" \\{newline_of(dockerfile)}    && "
    commands = joint.join(raw_arguments(dockerfile, source).rstrip() for source in sources)
    edits = [appended(dockerfile, first.source, commands), *(removed(dockerfile, each) for each in sources)]
    if sum(len(raw_arguments(dockerfile, each)) for each in (first.source, *sources)) > _LONGEST:
        return None
    lines = ", ".join(str(each.line) for each in others)
    places = [part.elements.index(each) for each in block]
    saved = None if freed is None else sum(freed[place] for place in places)
    if saved:
        pairs = zip(block, places, strict=True)
        held = [each.facts.layer for each, place in pairs if freed and freed[place] and each.facts]
        reasons = [
            *reasons,
            Reason("P", f"layer {', '.join(map(str, held))} holds what line {lines} removes"),
        ]
    return Suggestion(
        kind=MergeCleanup.kind,
        stage=part.stage.label,
        lines=tuple(each.line for each in block),
        what=f"carry out what the RUN of line {lines} does in that of line {first.line}",
        reasons=tuple(reasons),
        trust=trust,
        edits=tuple(edits),
        removes=frozenset(each.line for each in others),
        absorbed={first.line: tuple(each.line for each in others)},
        facts={first.line: _together(block)},
        bytes_saved=saved,
    )


def _together(block: Sequence[Element]) -> LayerFacts | None:
    """What one layer of all of them would hold, or more."""
    known = [each.facts for each in block if each.facts]
    if len(known) < len(block):
        return None
    return replace(
        known[0],
        written=frozenset().union(*(each.written for each in known)),
        made=frozenset().union(*(each.made for each in known)),
        special=frozenset().union(*(each.special for each in known)),
    )
