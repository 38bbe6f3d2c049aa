"""Histories that real builders wrote for the recipes beside this file, and the lines of every entry.

Recorded with Docker 20.10.24 (its classic builder and its BuildKit) and buildah 1.28.2. The lines were read
off the recipes by eye: no builder says them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from layerscope.dockerfile.match import Attribution, attribute
from layerscope.dockerfile.read import read_dockerfile
from layerscope.image.history import Instruction
from layerscope.oci.config import HistoryEntry
from tests.unit.dockerfile.images import image_of

HERE = Path(__file__).parent
RECORDED: list[dict[str, Any]] = json.loads((HERE / "recorded.json").read_text(encoding="utf-8"))

each_record = pytest.mark.parametrize(
    "record",
    RECORDED,
    ids=[f"{record['recipe']}-{record['builder'].replace(' ', '-')}" for record in RECORDED],
)


def recipe_of(record: dict[str, Any]) -> bytes:
    return (HERE / "recipes" / f"{record['recipe']}.Dockerfile").read_bytes()


def attributed(
    record: dict[str, Any], build_args: dict[str, str] | None = None, recipe: bytes | None = None
) -> Attribution:
    history = [HistoryEntry(**entry) for _, entry in record["history"]]
    image = image_of(history, env=record["env"], directory=record["directory"])
    dockerfile = read_dockerfile(recipe or recipe_of(record), "Dockerfile")
    return attribute(image, dockerfile, build_args=build_args)


def lines(instruction: Instruction | None) -> list[object] | None:
    found = instruction.lines if instruction else None
    return [found.first, found.last, found.stage] if found else None


def test_all_builders_are_recorded() -> None:
    assert {record["builder"] for record in RECORDED} == {
        *("classic", "BuildKit", "buildah with layers", "buildah without layers", "buildah squashed")
    }


@each_record
def test_every_entry_has_its_lines(record: dict[str, Any]) -> None:
    assert [lines(entry) for entry in attributed(record).image.history] == [
        row[0] for row in record["history"]
    ]


@each_record
def test_every_layer_has_its_lines(record: dict[str, Any]) -> None:
    assert [lines(layer.instruction) for layer in attributed(record).image.layers] == record["layers"]


@each_record
def test_the_base_ends_where_the_recipe_begins(record: dict[str, Any]) -> None:
    attribution = attributed(record)
    assert attribution.base_entries == record["base_entries"]
    assert attribution.base_layers == record["base_layers"]


@pytest.mark.parametrize("record", [record for record in RECORDED if record["recipe"] == "child"])
def test_build_arguments_change_nothing_where_they_are_the_true_ones(record: dict[str, Any]) -> None:
    (tag,) = [entry.removeprefix("NAMED=") for entry in record["env"] if entry.startswith("NAMED=")]
    with_arguments = attributed(record, {"TAG": tag, "WHERE": "/some/where"})
    assert [lines(entry) for entry in with_arguments.image.history] == [row[0] for row in record["history"]]


@each_record
def test_a_recipe_of_another_image_gives_no_lines_and_one_notice(record: dict[str, Any]) -> None:
    other = {**record, "recipe": "plain" if record["recipe"] != "plain" else "child"}
    attribution = attributed(other)
    assert attribution.matched == 0
    assert attribution.base_entries is None
    assert [entry.lines for entry in attribution.image.history] == [None] * len(record["history"])
    assert [notice.code for notice in attribution.notices] == ["dockerfile-unlike-history"]


@each_record
def test_a_line_taken_out_of_the_history_shifts_nothing(record: dict[str, Any]) -> None:
    """Whatever is missing, an entry has the lines that it had, or none."""
    for missing in range(len(record["history"])):
        rows = record["history"][:missing] + record["history"][missing + 1 :]
        found = attributed({**record, "history": rows})
        for entry, row in zip(found.image.history, rows, strict=True):
            assert lines(entry) in (row[0], None)


@each_record
def test_a_line_taken_out_of_the_recipe_shifts_nothing(record: dict[str, Any]) -> None:
    """An instruction that is not in the Dockerfile any more takes its lines along, and no other's."""
    recipe = recipe_of(record)
    whole = read_dockerfile(recipe, "Dockerfile")
    for gone in whole.instructions:
        if gone.keyword == "FROM":
            continue
        start, end = (len(whole.text[:place].encode()) for place in gone.span)
        blank = b"\n" * recipe[start:end].count(b"\n")  # so that the numbers of the others stay
        found = attributed(record, recipe=recipe[:start] + blank + recipe[end:])
        for entry, (expected, _) in zip(found.image.history, record["history"], strict=True):
            assert lines(entry) in (expected, None)
            assert not entry.lines or entry.lines.first != gone.first_line
