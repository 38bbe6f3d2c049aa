"""Stages: names, numbers, which continues which, and what a builder refuses."""

from __future__ import annotations

import pytest

from layerscope.dockerfile.expand import UNKNOWN
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.stages import Stages, read_stages
from layerscope.errors import DockerfileError

THREE = "ARG V=1\nFROM img:$V AS One\nRUN a\nFROM one AS two\nRUN b\nFROM scratch\nCOPY --from=one a b\n"


def stages(text: str, **build_args: str) -> Stages:
    return read_stages(read_dockerfile(text.encode(), "Dockerfile"), build_args)


def test_stages_have_names_bases_and_parents() -> None:
    found = stages(THREE).stages
    assert [(s.index, s.label, s.base, s.parent) for s in found] == [
        (0, "one", "img:1", None),
        (1, "two", "one", 0),
        (2, "2", "scratch", None),
    ]
    assert [[i.keyword for i in s.instructions] for s in found] == [["RUN"], ["RUN"], ["COPY"]]


@pytest.mark.parametrize(("name", "index"), [("", 2), ("one", 0), ("TWO", 1), ("1", 1), ("2", 2)])
def test_a_target_is_a_name_or_a_number(name: str, index: int) -> None:
    assert stages(THREE).target(name).index == index


@pytest.mark.parametrize("name", ["three", "3", "²", "9" * 5_000])
def test_a_target_that_is_not_there(name: str) -> None:
    with pytest.raises(
        DockerfileError, match=r"^Dockerfile: no stage .* one \(line 2\), two \(line 4\), 2 \(line 6\)$"
    ):
        stages(THREE).target(name)


def test_a_chain_begins_with_the_lowest_stage() -> None:
    found = stages(THREE)
    assert [stage.index for stage in found.chain(found.target("two"))] == [0, 1]


def test_a_build_argument_wins_over_its_default() -> None:
    assert stages(THREE, V="2").stages[0].base == "img:2"


def test_an_argument_without_a_value_is_unknown() -> None:
    assert stages("ARG V\nFROM img:$V").stages[0].base == f"img:{UNKNOWN}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RUN a\nFROM b", "Dockerfile:1:1: RUN before the first FROM"),
        ("ARG a", "Dockerfile:1:1: no FROM"),
        ("FROM a b", "Dockerfile:1:1: FROM takes IMAGE, or IMAGE AS NAME"),
        ("FROM", "Dockerfile:1:1: FROM takes IMAGE, or IMAGE AS NAME"),
        ("FROM a AS 1b", "Dockerfile:1:11: '1b' cannot be the name of a stage"),
        ("FROM a\nFROM ${a", "Dockerfile:2:6: unsupported modifier in a substitution"),
    ],
)
def test_a_refusal_says_where(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        stages(text)
    assert str(caught.value) == message
