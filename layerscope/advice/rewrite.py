"""A Dockerfile with the instructions of its stages in another order, everything else as it stands.

An instruction moves as the lines that it has, with the comment directly above it and the blank lines above
that. A comment that a blank line separates from the instruction stays in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from layerscope.dockerfile.stages import Stage
from layerscope.dockerfile.syntax import Dockerfile, SourceInstruction, Trivia, TriviaKind

__all__ = ["StageOrder", "rewritten"]


@dataclass(frozen=True, slots=True)
class StageOrder:
    """The new content of a stage: its instructions by index, or the text of one that is added."""

    stage: Stage
    items: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """One instruction with what goes along."""

    free: str
    """Comments that stay in their place."""
    own: str


def rewritten(dockerfile: Dockerfile, orders: Sequence[StageOrder]) -> str:
    """The text of the file with these stages in these orders."""
    by_start = {order.stage.start.span.start: order for order in orders}
    newline = "\r\n" if "\r\n" in dockerfile.text else "\n"
    out: list[str] = []
    pieces = list(dockerfile.pieces)
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        out.append(dockerfile.text[piece.span.start : piece.span.end])
        at += 1
        order = by_start.get(piece.span.start) if isinstance(piece, SourceInstruction) else None
        if order is None:
            continue
        until, last = at, at
        while until < len(pieces):
            following = pieces[until]
            if isinstance(following, SourceInstruction):
                if following.keyword == "FROM":
                    break
                last = until + 1
            until += 1
        if last > at and not out[-1].endswith("\n"):
            out[-1] += newline
        out.append(_stage_text(dockerfile, pieces[at:last], order, newline))
        at = last
    return "".join(out)


def _stage_text(
    dockerfile: Dockerfile, pieces: Sequence[Trivia | SourceInstruction], order: StageOrder, newline: str
) -> str:
    blocks = _blocks(dockerfile, pieces, newline)
    original = [item for item in order.items if isinstance(item, int)]
    assert sorted(original) == list(range(len(blocks)))
    out: list[str] = []
    slot = 0
    for item in order.items:
        if isinstance(item, str):
            out.append(item + newline)
            continue
        out.append(blocks[slot].free)
        out.append(blocks[item].own)
        slot += 1
    text = "".join(out)
    end = dockerfile.text[pieces[-1].span.start : pieces[-1].span.end]
    return text if end.endswith("\n") else text.removesuffix(newline)


def _blocks(
    dockerfile: Dockerfile, pieces: Sequence[Trivia | SourceInstruction], newline: str
) -> list[_Block]:
    blocks: list[_Block] = []
    lines: list[Trivia] = []
    for piece in pieces:
        if isinstance(piece, Trivia):
            lines.append(piece)
            continue
        texts = [dockerfile.text[line.span.start : line.span.end] for line in lines]
        kept = _free_lines(lines)
        own = dockerfile.text[piece.span.start : piece.span.end]
        if not own.endswith("\n"):
            own += newline
        blocks.append(_Block("".join(texts[:kept]), "".join(texts[kept:]) + own))
        lines = []
    return blocks


def _free_lines(lines: Sequence[Trivia]) -> int:
    """How many of the lines above an instruction stay: those up to the last comment that is not attached."""
    at = len(lines)
    while at and lines[at - 1].kind is TriviaKind.COMMENT:
        at -= 1
    while at and lines[at - 1].kind is TriviaKind.BLANK:
        at -= 1
    return at
