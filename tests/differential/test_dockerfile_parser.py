"""The parser agrees with BuildKit's own, which the package `dockerfile` wraps, on every instruction.

It wraps the parser of BuildKit 0.12.5. Newer ones, which layerscope follows, part from it in two places, and
it parts from everybody in a third; they are left out here:

* `CMD ["a"] b` is the shell form now, and was the exec form;
* `# check=` is a directive now;
* flags are read byte by byte: their characters outside of ASCII come out twice encoded.
"""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.syntax import KEYWORDS
from layerscope.errors import DockerfileError
from tests.differential.tools import STRICT
from tests.property.strategies import SETTINGS
from tests.unit.dockerfile.strategies import dockerfiles, pieces_of_text

RECIPES = Path(__file__).parents[1] / "unit" / "dockerfile" / "recipes"
EXAMPLES = Path(__file__).parent / "dockerfiles"
NO_TRIGGERS = frozenset({"FROM", "MAINTAINER", "ONBUILD"})


@pytest.fixture(scope="module")
def oracle() -> Any:
    """The package `dockerfile`: it has wheels for few platforms."""
    if importlib.util.find_spec("dockerfile") is None:
        reason = "missing: the package dockerfile (its wheels are for Linux on x86_64, macOS and Windows)"
        if os.environ.get(STRICT) == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    import dockerfile

    return dockerfile


def theirs(oracle: Any, text: str) -> list[tuple[Any, ...]] | None:
    """(keyword, trigger, exec form, first line, last line, flags, words, heredocs); None where refused."""
    try:
        commands = oracle.parse_string(text)
    except oracle.GoParseError:
        return None
    rows = []
    for c in commands:
        flags = tuple(flag.encode("latin-1").decode() for flag in c.flags)
        heredocs = tuple((heredoc.name, heredoc.content) for heredoc in c.heredocs)
        row = ((c.cmd or "").upper(), (c.sub_cmd or "").upper(), c.json, c.start_line, c.end_line)
        rows.append((*row, flags, tuple(c.value), heredocs))
    return rows


def ours(text: str) -> list[tuple[Any, ...]] | None:
    try:
        dockerfile = read_dockerfile(text.encode(), "Dockerfile")
    except DockerfileError:
        return None
    rows = []
    for instruction in dockerfile.instructions:
        inner = instruction.trigger or instruction
        flags = tuple(flag.text for flag in inner.flags)
        words = tuple(word.text for word in inner.words)
        heredocs = tuple((heredoc.name, heredoc.content) for heredoc in instruction.heredocs)
        trigger = instruction.trigger.keyword if instruction.trigger else ""
        lines = (instruction.first_line, instruction.last_line)
        rows.append((instruction.keyword, trigger, inner.exec_form, *lines, flags, words, heredocs))
    return rows


def is_known(rows: list[tuple[Any, ...]]) -> bool:
    """Whether all keywords are: their parser leaves that to the builder."""
    return all(row[0] in KEYWORDS and (not row[1] or row[1] in KEYWORDS - NO_TRIGGERS) for row in rows)


def has_more_behind_json(text: str) -> bool:
    """Whether a JSON array has something behind it, anywhere: see above."""
    decoder = json.JSONDecoder()
    joined = text.replace("\\\n", "")
    for at in (at for at, character in enumerate(joined) if character == "["):
        try:
            _, end = decoder.raw_decode(joined, at)
        except ValueError:
            continue
        if joined[end:].split("\n")[0].strip():
            return True
    return False


def without_trigger_details(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Their package shows neither flags nor heredocs nor the exec form of what ONBUILD puts off."""
    return (*row[:2], *row[3:5], row[6]) if row[0] == "ONBUILD" else row


def check_agreement(oracle: Any, text: str) -> int:
    """Compare; the number of instructions that were, 0 where both refuse the text."""
    expected = theirs(oracle, text)
    found = ours(text)
    if expected is None or not is_known(expected):
        assert found is None
        return 0
    assert found is not None
    assert list(map(without_trigger_details, found)) == list(map(without_trigger_details, expected))
    return len(expected)


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.Dockerfile")), ids=lambda path: path.stem)
def test_every_recipe_is_read_alike(oracle: Any, path: Path) -> None:
    assert check_agreement(oracle, path.read_text(encoding="utf-8")) > 5


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.Dockerfile")), ids=lambda path: path.stem)
def test_every_worked_example_is_read_alike(oracle: Any, path: Path) -> None:
    assert check_agreement(oracle, path.read_bytes().decode()) > 3


@settings(SETTINGS, max_examples=max(1_000, SETTINGS.max_examples))
@given(text=dockerfiles)
def test_made_up_dockerfiles_are_read_alike(oracle: Any, text: str) -> None:
    assert check_agreement(oracle, text) >= 0


@settings(SETTINGS, max_examples=max(1_000, SETTINGS.max_examples))
@given(text=pieces_of_text)
def test_any_pieces_are_read_alike_or_refused_by_both(oracle: Any, text: str) -> None:
    if not has_more_behind_json(text):
        assert check_agreement(oracle, text) >= 0


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nRUN a\\\n\n\n# c\n  b\n",
        "FROM a\r\nRUN a \\\r\n b\r\n",
        "\ufeffFROM a\n",
        "\ufeff# escape=`\nFROM a\nRUN `\nb",
        "\u2028FROM a\n\xa0RUN b\n\x85\n",
        "FROM a\nRUN x \u2028\n",
        "RUN " + "a" * 65_531,
        "RUN " + "a" * 65_532,
        "RUN <<E\n" + "a" * 65_535 + "\nE\n",
        "RUN <<E\n" + "a" * 65_536 + "\nE\n",
        "RUN <<E\r\na\r\nE\r\n",
        "RUN <<E\n  E\nE",
        "RUN <<'E' <<\\F\nE\nF\n",
        "RUN 3<<E 4<<-F\nE\n\t\tF\n",
        'COPY ["a\\u00e9", "\\ud83d\\udc33", "\\ud83d"]',
        "CMD [1e999]",
        "CMD [1e9]",
        "CMD [NaN]",
        "CMD [[]]",
        'CMD ["a", null]',
        "ENV a",
        "ENV a=b c",
        "LABEL a=b \\\n# c\n c=d",
        "HEALTHCHECK --interval=1s\tCMD  a",
        "FROM a\n\\\n\\\nRUN b",
    ],
)
def test_corners_are_read_alike(oracle: Any, text: str) -> None:
    assert check_agreement(oracle, text) >= 0
