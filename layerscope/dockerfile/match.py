"""Attribution: which lines of a Dockerfile made which layer of an image.

Nothing in an image says so; its history has texts, and builders write them in their own ways (`forms.py`). So
the stage's instructions are aligned with the history from its end, and what does not agree, or could be
several, stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from layerscope.dockerfile.agreement import agreements, convincing, entry_gap, step_gap
from layerscope.dockerfile.align import (
    MAX_CELLS,
    MAX_ENTRIES,
    MAX_STEPS,
    Alignment,
    align,
    without_strays,
)
from layerscope.dockerfile.stages import Stage, read_stages
from layerscope.dockerfile.steps import WRITERS, Step, read_steps
from layerscope.dockerfile.syntax import Dockerfile, shown
from layerscope.image.history import DockerfileLines, Instruction
from layerscope.image.image import Image
from layerscope.notices import Notice, NoticeLog, Severity

__all__ = ["Attribution", "attribute"]


@dataclass(frozen=True, slots=True)
class Attribution:
    """What a Dockerfile says of an image."""

    image: Image
    """The image, with lines on every history entry and on every layer of which they are certain."""
    stage: str
    """The stage that was compared: its name, or its number as text."""
    base_entries: int | None
    """How many of the lowest history entries are the base image's, triggers of its ONBUILD included; None
    where that is not known."""
    base_layers: int | None
    """The same for layers; None also where history does not pair with the layers."""
    matched: int
    """Instructions of the Dockerfile that have their history entry."""
    instructions: int
    """Instructions of the Dockerfile that could have one."""
    notices: tuple[Notice, ...]


def attribute(
    image: Image,
    dockerfile: Dockerfile,
    *,
    build_args: Mapping[str, str] | None = None,
    target: str = "",
) -> Attribution:
    """Find the lines that made each history entry and each layer of `image`.

    `build_args` are those that the image was built with, as far as they are known; `target` is a stage's name
    or number, the last stage if empty. Raises DockerfileError for a Dockerfile without stages and for a
    target that it does not have. A Dockerfile of another image gives no lines and one notice.
    """
    stages = read_stages(dockerfile, build_args)
    stage = stages.target(target)
    steps = read_steps(stages, stage, build_args or {}, image.platform, image.config)
    has_base = stages.chain(stage)[0].base != "scratch"
    if not steps:
        return Attribution(image, stage.label, len(image.history), _layers_below(image, None), 0, 0, ())
    if not image.history or len(steps) > MAX_STEPS:
        why = (
            "has more instructions than are compared" if image.history else "has nothing to be compared with"
        )
        return _nothing(image, stage, steps, f"{shown(dockerfile.name)}: {why}")
    first = max(0, len(image.history) - min(MAX_ENTRIES, MAX_CELLS // len(steps)))
    entries = image.history[first:]
    only_writers = _only_writers(entries)
    worths = agreements(steps, entries)
    step_gaps = [step_gap(step, only_writers=only_writers) for step in steps]
    alignment = align(worths, step_gaps, [entry_gap(entry) for entry in entries])
    if not convincing(alignment, worths, steps, entries, stage, only_writers=only_writers):
        name = shown(dockerfile.name)
        what = f"{name}: does not agree with the image's history"
        return _nothing(image, stage, steps, what)
    if has_base:
        alignment = replace(alignment, pairs=without_strays(alignment, worths, step_gaps))
    pairs = {j + first: steps[i] for i, j in alignment.pairs}
    lines = {j: _lines(dockerfile, step) for j, step in pairs.items()}
    base = _base_entries(alignment, step_gaps, first, has_base=has_base)
    return Attribution(
        image=_with_lines(image, lines, pairs, base, dockerfile),
        stage=stage.label,
        base_entries=base,
        base_layers=None if base is None else _layers_below(image, base),
        matched=len(pairs),
        instructions=len({i for i, _ in alignment.pairs} | {i for i, gap in enumerate(step_gaps) if gap}),
        notices=_notices(dockerfile, steps, step_gaps, entries, alignment),
    )


def _nothing(image: Image, stage: Stage, steps: Sequence[Step], why: str) -> Attribution:
    """No lines, and one notice."""
    notice = Notice("dockerfile-unlike-history", Severity.WARNING, why)
    expected = sum(not step.optional for step in steps)
    return Attribution(image, stage.label, None, None, 0, expected, (notice,))


def _only_writers(entries: Sequence[Instruction]) -> bool:
    """Whether the newest entries are kaniko's, which has none for what changes only the configuration."""
    return entries[-1].builder == "kaniko"


def _lines(dockerfile: Dockerfile, step: Step) -> DockerfileLines:
    source = step.source
    return DockerfileLines(
        file=dockerfile.name,
        first=source.first_line,
        last=source.last_line,
        stage=step.written_in.label,
        text=shown(dockerfile.lines_of(source)),
    )


def _base_entries(
    alignment: Alignment, step_gaps: Sequence[int], first: int, *, has_base: bool
) -> int | None:
    """Where the base ends: below the entry of the first instruction, if that one has its entry.

    A base without any entry was squashed together with what came after it.
    """
    if not alignment.pairs:
        return None
    step, entry = alignment.pairs[0]
    if any(step_gaps[:step]):
        return None
    below = entry + first
    return below if has_base == (below > 0) else None


def _layers_below(image: Image, entries: int | None) -> int | None:
    """Layers of the lowest `entries` history entries; None where history does not pair with the layers."""
    made = [index for index, entry in enumerate(image.history) if not entry.empty_layer]
    if len(made) != len(image.layers):
        return None
    return len(made) if entries is None else sum(index < entries for index in made)


def _with_lines(
    image: Image,
    lines: Mapping[int, DockerfileLines],
    pairs: Mapping[int, Step],
    base: int | None,
    dockerfile: Dockerfile,
) -> Image:
    """The image with its instructions in their places."""
    history = tuple(
        replace(entry, lines=lines[j]) if j in lines else entry for j, entry in enumerate(image.history)
    )
    made = [j for j, entry in enumerate(history) if not entry.empty_layer]
    if len(made) != len(image.layers):
        return replace(image, history=history)
    layers = []
    below = -1
    for layer, j in zip(image.layers, made, strict=True):
        instruction = history[j]
        group = range(below + 1, j + 1)
        if _is_of_many(history, group, base):
            instruction = replace(instruction, lines=_lines_of_many(history, group, pairs, base, dockerfile))
        below = j
        layers.append(replace(layer, instruction=instruction) if layer.instruction is not None else layer)
    return replace(image, history=history, layers=tuple(layers))


def _is_of_many(history: Sequence[Instruction], group: range, base: int | None) -> bool:
    """Whether the layer of the last entry of a group holds what the others wrote, too.

    buildah without `--layers` makes one layer of a stage and gives it to the last entry, whatever that is;
    `--squash` does the same. An instruction that cannot write files tells, and so does a COPY without a
    layer: builders that make one for each always do so for COPY. RUN is no sign: with the classic builder it
    has no layer where it changed nothing.
    """
    own = [j for j in group[:-1] if base is None or j >= base]
    if history[group[-1]].keyword not in {*WRITERS, "WORKDIR", ""}:
        return True
    return any(
        history[j].keyword in ("COPY", "ADD")
        or (history[j].keyword == "RUN" and history[group[-1]].builder == "buildah")
        for j in own
    )


def _lines_of_many(
    history: Sequence[Instruction],
    group: range,
    pairs: Mapping[int, Step],
    base: int | None,
    dockerfile: Dockerfile,
) -> DockerfileLines | None:
    """From the first instruction that wrote files to the last one; None unless all of it is known.

    All entries have to be known, to be of one stage, and the base's layers must not be in it.
    """
    if base is None or any(history[j].keyword in WRITERS for j in range(group[0], base)):
        return None
    steps = [pairs.get(j) for j in group if j >= base]
    if any(step is None for step in steps):
        return None
    known = [step for step in steps if step is not None]
    writers = [step for step in known if step.keyword in {*WRITERS, "WORKDIR"}]
    if not writers or any(step.stage is not writers[0].stage for step in known):
        return None
    if any(step.source.keyword == "ONBUILD" for step in writers):
        return None
    first, last = writers[0].source, writers[-1].source
    text = dockerfile.text[first.span.start : last.span.end].rstrip("\r\n")
    return DockerfileLines(
        dockerfile.name, first.first_line, last.last_line, writers[0].stage.label, shown(text)
    )


def _notices(
    dockerfile: Dockerfile,
    steps: Sequence[Step],
    step_gaps: Sequence[int],
    entries: Sequence[Instruction],
    alignment: Alignment,
) -> tuple[Notice, ...]:
    """What could not be matched, and why: one notice for each reason, which may quote the history."""
    log = NoticeLog()
    certain = {i for i, _ in alignment.pairs}
    doubtful = {i for i, _ in alignment.joined} - certain
    for i, step in enumerate(steps):
        if i in certain or not step_gaps[i]:
            continue
        where = f"{shown(dockerfile.name)}:{step.source.first_line}"
        if i in doubtful:
            what = "could be the one or the other of several history entries"
            log.add("dockerfile-line-ambiguous", Severity.INFO, f"{where}: {step.keyword}: {what}")
        else:
            instead = _instead(i, steps, entries, alignment)
            what = (
                f"the image has another {step.keyword} here: {instead}"
                if instead
                else f"{step.keyword}: not in the history"
            )
            log.add("dockerfile-line-unmatched", Severity.WARNING, f"{where}: {what}")
    return log.notices()


def _instead(at: int, steps: Sequence[Step], entries: Sequence[Instruction], alignment: Alignment) -> str:
    """What the image has in a step's place: the one entry with its keyword between those of its neighbors.

    Empty where several steps or entries could be meant, and below the first step that is certain, where the
    base's entries are.
    """
    below = max((pair for pair in alignment.pairs if pair[0] < at), default=None)
    above = min((pair for pair in alignment.pairs if pair[0] > at), default=(len(steps), len(entries)))
    if below is None:
        return ""
    keyword = steps[at].keyword
    alike = [step for step in steps[below[0] + 1 : above[0]] if step.keyword == keyword]
    found = [entry.text for entry in entries[below[1] + 1 : above[1]] if entry.keyword == keyword]
    return found[0] if len(alike) == len(found) == 1 else ""
