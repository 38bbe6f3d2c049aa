"""Text for people, as wide, as colored and in the encoding that the place where it goes can take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from layerscope.cli.output import encoded, output_encoding, output_width, uses_color
from layerscope.report.text_options import TextOptions

__all__ = ["text_blocks"]


def text_blocks(
    text: Callable[[TextOptions], str],
    target: Path | None,
    color: str,
    *,
    top: int = 10,
    fold: bool = True,
) -> Iterator[bytes]:
    """What `text` makes with the options that fit `target` (None: standard output), ready to be written."""
    encoding = output_encoding(target)
    options = TextOptions(
        width=output_width(target),
        color=uses_color(color, target),
        unicode=encoding.lower().startswith("utf"),
        top=top,
        fold=fold,
    )
    return encoded([text(options).encode()], encoding)
