"""LS201: steps below what changes more often."""

from __future__ import annotations

import pytest

from layerscope.rules.finding import Severity
from tests.builders import file
from tests.dockerfile_rules import found, lines
from tests.unit.advice.cases import built, history_of

BAD = """\
FROM debian:12
COPY . /app
RUN apt-get update && apt-get install -y git
RUN make -C /app
"""
GOOD = """\
FROM debian:12
RUN apt-get update && apt-get install -y git
COPY . /app
RUN make -C /app
"""
APT = "RUN /bin/sh -c apt-get update && apt-get install -y git # buildkit"
FILES = {"Makefile": "all:\n", "a.c": ""}


def test_packages_below_the_sources() -> None:
    (finding,) = found("LS201", BAD, FILES)
    assert finding.severity is Severity.WARNING
    assert finding.message == "RUN of line 3 is carried out again with every change of COPY of line 2"
    assert lines(finding) == [2, 3]
    assert [location.layer for location in finding.locations] == [None, None]
    assert finding.freed_bytes == finding.wasted_bytes == 0
    assert finding.fix.text == (
        "put COPY of line 2 below RUN of line 3; a build has to show that the image stays the same: "
        "layerscope advise app.tar --verify --write"
    )
    assert finding.fix.example == ""


@pytest.mark.parametrize(
    "dockerfile",
    [
        GOOD,
        "FROM debian:12\nCOPY . /app\nRUN make -C /app\n",
        "FROM scratch\nCOPY a.c /\n",
        "FROM debian:12\nRUN --mount=type=bind,target=/src make -C /src\n",
        "FROM debian:12\nRUN apt-get update && apt-get install -y git\n",
    ],
)
def test_nothing_where_there_is_nothing_to_gain(dockerfile: str) -> None:
    assert found("LS201", dockerfile, FILES) == ()


def test_without_a_history_no_seconds_are_named() -> None:
    (finding,) = found("LS201", BAD, FILES)
    assert finding.build is not None
    assert finding.build.seconds is None
    assert finding.build.builds == 0
    assert finding.build.steps == 3
    assert 0.5 < finding.build.steps_saved <= 1


def test_replayed_commits_and_measured_seconds() -> None:
    history = history_of(["Makefile", "a.c"], ["a.c"], ["a.c"], ["README"])
    log = {"RUN apt-get update && apt-get install -y git": 40.0}
    files = FILES | {"README": ""}
    dockerfile = BAD.replace("COPY . /app", "COPY Makefile a.c /app/")
    (finding,) = found("LS201", dockerfile, files, history=history, log=log)
    assert finding.build is not None
    assert finding.build.builds == 3
    assert finding.build.steps_saved == pytest.approx(2 / 3, abs=0.01)
    assert finding.build.seconds == pytest.approx(40 * finding.build.steps_saved)


def test_what_never_changed_costs_nothing() -> None:
    history = history_of(["Makefile", "a.c"], ["README"], ["README"])
    dockerfile = BAD.replace("COPY . /app", "COPY Makefile a.c /app/")
    assert found("LS201", dockerfile, FILES | {"README": ""}, history=history) == ()


def test_with_layers_it_is_said_what_is_known_and_pushed() -> None:
    steps = (
        ("COPY . /app # buildkit", [file("app/a.c", b"c")]),
        (
            APT,
            [file("usr/bin/git", b"g" * 9000)],
        ),
        ("RUN /bin/sh -c make -C /app # buildkit", [file("app/a", b"x")]),
    )
    (finding,) = found("LS201", BAD, FILES, **built(BAD, steps))
    assert [location.layer for location in finding.locations] == [0, 1]
    assert (
        "there is evidence that the image stays the same: layerscope advise app.tar --write"
        in finding.fix.text
    )
    assert finding.build is not None
    assert finding.build.pushed_bytes > 0


def test_layers_that_contradict_silence_it() -> None:
    steps = (
        ("COPY . /app # buildkit", [file("app/a.c", b"c")]),
        (APT, [file("app/a.c", b"other")]),
        ("RUN /bin/sh -c make -C /app # buildkit", [file("app/a", b"x")]),
    )
    assert found("LS201", BAD, FILES, **built(BAD, steps)) == ()


def test_little_time_is_for_information() -> None:
    log = {"RUN apt-get update && apt-get install -y git": 0.5, "RUN make -C /app": 1.0}
    (finding,) = found("LS201", BAD, FILES, log=log)
    assert finding.severity is Severity.INFO


def test_a_stage_that_the_image_does_not_hold() -> None:
    dockerfile = (
        BAD.replace("FROM debian:12", "FROM debian:12 AS build") + "FROM scratch\nCOPY --from=build /app /\n"
    )
    (finding,) = found("LS201", dockerfile, FILES)
    assert finding.locations[0].lines is not None
    assert finding.locations[0].lines.stage == "build"
