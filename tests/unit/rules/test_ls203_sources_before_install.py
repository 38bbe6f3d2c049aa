"""LS203: sources above an install that reads only manifests."""

from __future__ import annotations

import pytest

from layerscope.rules.finding import Severity
from tests.dockerfile_rules import found, lines
from tests.unit.advice.worked_examples import NEGATIVE, POSITIVE, Example

BAD = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\n"
GOOD = (
    "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"
    "RUN npm run build\n"
)
FILES = {"package.json": "{}", "package-lock.json": "{}", "src/a.js": ""}


def test_an_install_below_all_sources() -> None:
    (finding,) = found("LS203", BAD, FILES)
    assert finding.severity is Severity.WARNING
    assert finding.message == (
        "RUN of line 4 is carried out again with every change of COPY of line 3, "
        "though only manifests are read"
    )
    assert lines(finding) == [3, 4]
    assert finding.fix.example == "COPY package.json package-lock.json ./"
    assert finding.fix.text.startswith(
        "copy the manifests alone above RUN of line 4, and put COPY of line 3 below; "
    )


def test_a_file_that_does_so_already() -> None:
    assert found("LS203", GOOD, FILES) == ()
    assert found("LS201", GOOD, FILES) == ()


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (FILES | {"package.json": '{"scripts": {"postinstall": "gulp build"}}'}, "postinstall"),
        (FILES | {"package.json": '{"dependencies": {"a": "file:a"}}'}, "from file"),
        ({"package.json": "{}"}, "package-lock.json is not in the context"),
        (FILES | {"node_modules/a/package.json": "{}"}, "node_modules"),
    ],
)
def test_what_stands_against_it_is_for_information(files: dict[str, str], why: str) -> None:
    (finding,) = found("LS203", BAD, files)
    assert finding.severity is Severity.INFO
    assert why in finding.message
    assert finding.build is None
    assert lines(finding) == [3, 4]


def test_without_a_context_nothing_is_said() -> None:
    assert found("LS203", BAD) == ()


@pytest.mark.parametrize("example", NEGATIVE, ids=lambda example: example.name)
def test_what_has_to_stay_is_never_a_warning(example: Example) -> None:
    for rule_id in ("LS201", "LS202", "LS203"):
        for finding in found(rule_id, example.dockerfile, example.files):
            assert finding.severity is Severity.INFO


@pytest.mark.parametrize("example", POSITIVE, ids=lambda example: example.name)
def test_what_can_be_better_is_found(example: Example) -> None:
    findings = [
        finding
        for rule_id in ("LS201", "LS202", "LS203")
        for finding in found(rule_id, example.dockerfile, example.files)
    ]
    assert any(finding.severity is Severity.WARNING for finding in findings)
    assert all(finding.build is not None or finding.severity is Severity.INFO for finding in findings)
