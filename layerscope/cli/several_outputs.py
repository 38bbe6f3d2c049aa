"""`--output sarif=out.sarif --output junit=out.xml`: several formats from one run."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from layerscope.cli.output import check_output, write_output
from layerscope.errors import UsageError

__all__ = ["Output", "check_outputs", "parse_outputs", "write_outputs"]

_NAMED = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Output:
    """One format and where it goes; None is standard output."""

    format: str
    target: Path | None


def parse_outputs(given: Iterable[str], formats: Collection[str], first: str) -> list[Output]:
    """What `--output` asks for, in its order, and the format `first` of `--format`, which comes first.

    `FORMAT=FILE` is one more output. `FILE` alone is where `first` goes; without one it goes to standard
    output. Raises UsageError for a format that there is not, and for a file or standard output named twice.
    """
    main: str | None = None
    more: list[Output] = []
    for text in given:
        found = _NAMED.fullmatch(text)
        if found is None:
            if main is not None:
                raise UsageError(f"--output {text}: {main} is given already; more than one needs FORMAT=FILE")
            main = _not_empty(text, text)
        elif found[1] not in formats:
            raise UsageError(f"--output {text}: no such format; {_nearest(found[1], formats)}")
        else:
            more.append(Output(found[1], _target(_not_empty(found[2], text))))
    outputs = [Output(first, None if main is None else _target(main)), *more]
    _check_twice(outputs, more)
    return outputs


def _target(file: str) -> Path | None:
    return None if file == "-" else Path(file)


def _not_empty(file: str, text: str) -> str:
    if not file:
        raise UsageError(f"--output {text}: no file is named")
    return file


def _nearest(name: str, formats: Collection[str]) -> str:
    close = get_close_matches(name.lower(), formats, n=1)
    known = f"{close[0]} is near it" if close else f"there are {', '.join(sorted(formats))}"
    return f"{known} (for a file of that name write ./{name}=...)"


def _check_twice(outputs: list[Output], more: list[Output]) -> None:
    places = [None if each.target is None else each.target.absolute() for each in outputs]
    for each in more:
        place = None if each.target is None else each.target.absolute()
        if places.count(place) > 1:
            where = "standard output" if place is None else each.target
            raise UsageError(f"--output {each.format}={each.target or '-'}: {where} is given twice")


def check_outputs(outputs: Iterable[Output], source: Path | None, dockerfile: Path | None = None) -> None:
    """`check_output` for all of them, before anything is read."""
    for output in outputs:
        check_output(output.target, source, dockerfile)


def write_outputs(rendered: Iterable[tuple[Output, bytes]]) -> None:
    """Write files first and standard output last: who reads it may go away, and the files are there then.

    All are rendered before the first is written, so that what cannot be rendered leaves every file as it was.
    """
    everything = list(rendered)
    for output, content in sorted(everything, key=lambda each: each[0].target is None):
        write_output([content], output.target)
