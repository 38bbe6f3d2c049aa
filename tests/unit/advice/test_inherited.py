"""A stage that inherits what changes with every build is told where that comes from."""

from __future__ import annotations

import pytest

from layerscope.advice.volatility import Volatility
from layerscope.dockerfile.builders import Builder
from tests.unit.advice.cases import advised, history_of

FILES = {"a": ""}


def told(
    text: str, profile: Builder = Builder.BUILDKIT, volatility: Volatility | None = None
) -> list[tuple[int, int, str]]:
    """Of the last stage: the line of the RUN, that of what it is behind, and why."""
    advice = advised(
        text,
        FILES,
        history=history_of(["a"], ["a"], ["a"]),
        profile=profile,
        volatility=volatility or Volatility(),
    )
    return [(each.kept.line, each.changing.line, each.reason) for each in advice.stages[-1].obstacles]


BASE = "FROM debian:13 AS base\nARG GIT_SHA=unknown\nENV BUILD_SHA=$GIT_SHA\n"
CHILD = "RUN mkdir -p /x\nRUN apt-get update && apt-get install -y git\n"


@pytest.mark.parametrize("profile", [Builder.BUILDKIT, Builder.CLASSIC])
def test_a_variable_of_the_stage_that_is_continued_is_told_with_its_line(profile: Builder) -> None:
    (obstacle,) = told(f"{BASE}FROM base AS app\n{CHILD}", profile)
    line = {Builder.BUILDKIT: 2, Builder.CLASSIC: 3}[profile]  # an ARG is inherited with BuildKit only
    name = {2: "GIT_SHA", 3: "BUILD_SHA"}[line]
    assert obstacle == (
        6,
        line,
        f"stage base sets {name}, which changes with every build, and each RUN of this stage inherits it",
    )


def test_over_a_stage_in_between_it_is_told_too() -> None:
    text = f"{BASE}FROM base AS middle\nENV A=1\nFROM middle AS app\n{CHILD}"
    assert [each[:2] for each in told(text)] == [(8, 2)]


@pytest.mark.parametrize(
    "text",
    [
        f"{BASE}FROM debian:13 AS app\nCOPY --from=base /etc/hostname /h\n{CHILD}",
        f"FROM debian:13 AS base\nENV VERSION=1\nFROM base AS app\n{CHILD}",
        f"{BASE}FROM base AS app\nENV BUILD_SHA=none GIT_SHA=none\n{CHILD}",
        f"{BASE}FROM base AS app\nCOPY a /a\n",
    ],
    ids=["not continued", "steady", "set anew", "no RUN"],
)
def test_where_nothing_that_changes_is_inherited_nothing_is_told(text: str) -> None:
    assert [each for each in told(text) if "inherits" in each[2]] == []


def test_an_argument_that_nobody_passes_changes_nothing() -> None:
    steady = Volatility(steady=frozenset({"GIT_SHA"}))
    assert told(f"{BASE}FROM base AS app\n{CHILD}", volatility=steady) == []


def test_buildah_does_not_compare_what_a_run_does_not_name() -> None:
    assert told(f"{BASE}FROM base AS app\n{CHILD}", Builder.BUILDAH) == []
