"""LS213: a RUN that could be two."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.dockerfile_rules import found, lines

FILES = {"Makefile": "", "a.c": ""}
TEXT = "FROM alpine\nCOPY . /app\nRUN apk add --no-cache gcc && make -C /app\n"


def test_packages_and_sources_in_one_run() -> None:
    (finding,) = found("LS213", TEXT, FILES)
    assert lines(finding) == [3]
    assert finding.severity is Severity.INFO
    assert finding.fix.example == "RUN apk add --no-cache gcc\nCOPY . /app\nRUN make -C /app"


def test_two_runs_are_right() -> None:
    good = "FROM alpine\nRUN apk add --no-cache gcc\nCOPY . /app\nRUN make -C /app\n"
    assert found("LS213", good, FILES) == ()
