"""`layerscope rules`: what each rule means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from layerscope.cli.options import Color, ColorOption, OutputOption
from layerscope.cli.output import (
    check_output,
    encoded,
    output_encoding,
    output_width,
    uses_color,
    write_output,
)

__all__ = ["RulesFormat", "rules_command"]


class RulesFormat(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class _Shape:
    format: RulesFormat
    output: Path | None
    color: Color


def rules_command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="ID", show_default=False, help="A rule: LS101, or its name, removed-later."),
    ] = None,
    *,
    output_format: Annotated[RulesFormat, typer.Option("--format", "-f", help="How to write it.")] = (
        RulesFormat.TEXT
    ),
    output: OutputOption = None,
    color: ColorOption = Color.AUTO,
) -> Callable[[], None]:
    """Explain the rules.

    Lists all, or says of one what it finds, why that matters and how to fix it. LS3xx are budgets: they are
    checked by layerscope check, where a configuration sets them.

    The severity is the highest that the rule gives. Findings of few bytes, and those about bytes of the base
    image, are notes (info in JSON), unless the rule is about something else than bytes.

    Examples:

      layerscope rules

      layerscope rules LS101
    """
    return lambda: _run(name, _Shape(output_format, output, color))


def _run(name: str | None, shape: _Shape) -> None:
    # Loaded only here: every command line loads this module.
    from layerscope.report.rule_pages import rules_json, rules_markdown, rules_text  # noqa: PLC0415
    from layerscope.rules.registry import everything, explained  # noqa: PLC0415

    found = everything() if name is None else (explained(name),)
    check_output(shape.output, None)
    if shape.format is RulesFormat.JSON:
        write_output([rules_json(found)], shape.output)
        return
    if shape.format is RulesFormat.MARKDOWN:
        write_output([rules_markdown(found).encode()], shape.output)
        return
    width, colored = output_width(shape.output), uses_color(shape.color, shape.output)
    text = rules_text(found, width=width, color=colored)
    write_output(encoded([text.encode()], output_encoding(shape.output)), shape.output)
