"""`layerscope config`: which rules hold, and where each was written; and dive's rules written as ours."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from layerscope.cli.commands.check import ConfigOption, NoConfigOption
from layerscope.cli.options import OutputOption
from layerscope.cli.output import check_output, encoded, keep_input, output_encoding, write_output
from layerscope.errors import ConfigurationError, UsageError

__all__ = ["ConfigFormat", "config_command"]


class ConfigFormat(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"


ActionArgument = Annotated[
    str | None,
    typer.Argument(metavar="[import]", show_default=False, help="import: write a .dive-ci as ours."),
]
FileArgument = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", show_default=False, help="The .dive-ci to import.")
]
NameOption = Annotated[
    list[str] | None,
    typer.Option("--for", metavar="NAME", help="What holds for the image with this name: team/app:1."),
]


def config_command(
    action: ActionArgument = None,
    file: FileArgument = None,
    *,
    config: ConfigOption = None,
    no_config: NoConfigOption = False,
    name: NameOption = None,
    output_format: Annotated[ConfigFormat, typer.Option("--format", "-f", help="How to write it.")] = (
        ConfigFormat.TEXT
    ),
    output: OutputOption = None,
) -> Callable[[], None]:
    """Print the rules that hold here and where each was written, or import dive's.

    Exits with 2 where something in the configuration is wrong.

    Examples:

      layerscope config

      layerscope config --for registry.example/team/app:1

      layerscope config import .dive-ci -o layerscope.toml
    """
    if action is None:
        return lambda: _print(config, tuple(name or ()), output_format, output, no_config=no_config)
    if action != "import" or file is None:
        raise UsageError(f"config {action}: there is only layerscope config import FILE")
    return lambda: _import(file, output)


def _print(
    config: Path | None, names: tuple[str, ...], shape: ConfigFormat, output: Path | None, *, no_config: bool
) -> None:
    from layerscope.checking import NOTHING, configuration_for  # noqa: PLC0415  # every verb loads this
    from layerscope.report.policy_pages import policy_json, policy_text  # noqa: PLC0415

    check_output(output, None)
    configuration = NOTHING if no_config else configuration_for(config)
    keep_input(
        "--output", output, Path(configuration.file) if configuration.file else None, "the configuration"
    )
    policy = configuration.policy(names)
    sections = [pattern for pattern, _ in configuration.sections]
    if shape is ConfigFormat.JSON:
        write_output([policy_json(policy, sections)], output)
        return
    text = policy_text(policy, sections, names)
    write_output(encoded([text.encode()], output_encoding(output)), output)


def _import(file: Path, output: Path | None) -> None:
    from layerscope.gate.dive import import_dive  # noqa: PLC0415

    check_output(output, file)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror or error}") from error
    write_output([import_dive(content, str(file)).encode()], output)
