"""LS202: what is another one in every build stands above steps that take time."""

from __future__ import annotations

import pytest

from layerscope.advice.volatility import Volatility
from layerscope.dockerfile.builders import Builder
from layerscope.rules.finding import Severity
from tests.dockerfile_rules import found, lines

INSTALL = "RUN apt-get update && apt-get install -y curl\n"
BAD = f"FROM debian:12\nARG GIT_SHA\n{INSTALL}LABEL revision=$GIT_SHA\n"


def test_a_commit_above_an_install() -> None:
    (finding,) = found("LS202", BAD)
    assert finding.severity is Severity.WARNING
    assert finding.message == (
        "RUN of line 3 is never taken from the cache: "
        "GIT_SHA is named like something that changes with every build"
    )
    assert lines(finding) == [2, 3]
    assert finding.fix.text.startswith("put ARG of line 2 below RUN of line 3; ")
    assert finding.build is not None
    assert finding.build.steps_saved == pytest.approx(1.0)


@pytest.mark.parametrize(
    "dockerfile",
    [
        f"FROM debian:12\n{INSTALL}ARG GIT_SHA\nLABEL revision=$GIT_SHA\n",
        f"FROM debian:12\nARG DEBIAN_VERSION=12\n{INSTALL}",
        "FROM debian:12\nARG GIT_SHA\nRUN echo $GIT_SHA > /etc/revision && apt-get install -y curl\n",
        f"FROM debian:12\nLABEL maintainer=me\n{INSTALL}",
        "FROM debian:12\nARG GIT_SHA\nLABEL revision=$GIT_SHA\n",
    ],
)
def test_nothing_where_nothing_moves(dockerfile: str) -> None:
    assert found("LS202", dockerfile, {}) == ()


def test_what_is_said_not_to_change_does_not() -> None:
    assert found("LS202", BAD, volatility=Volatility(steady=frozenset({"GIT_SHA"}))) == ()


def test_what_a_ci_file_sets() -> None:
    volatility = Volatility(passed={"VERSION": ".github/workflows/build.yml"})
    (finding,) = found("LS202", BAD.replace("GIT_SHA", "VERSION"), volatility=volatility)
    assert ".github/workflows/build.yml sets VERSION anew for every build" in finding.message


def test_each_step_counts_once_among_the_rules() -> None:
    """What an argument costs is not told again for the sources that stand beside it."""
    files = {"a.c": ""}
    dockerfile = f"FROM debian:12\nARG GIT_SHA\nCOPY a.c /src/\n{INSTALL}"
    (volatile,) = found("LS202", dockerfile, files)
    (order,) = found("LS201", dockerfile, files)
    assert volatile.build is not None
    assert order.build is not None
    assert volatile.build.steps_saved + order.build.steps_saved <= 1.0 + 1e-9
    assert volatile.build.steps_saved > 0.01
    assert order.build.steps_saved > 0.1


def test_labels_count_for_the_classic_builder_alone() -> None:
    dockerfile = f"FROM debian:12\nARG GIT_SHA\nLABEL revision=$GIT_SHA\n{INSTALL}"
    (classic,) = found("LS202", dockerfile, profile=Builder.CLASSIC)
    (buildkit,) = found("LS202", dockerfile, profile=Builder.BUILDKIT)
    assert lines(classic) == [2, 3, 4]
    assert lines(buildkit) == [2, 4]
