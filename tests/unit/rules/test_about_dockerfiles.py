"""What holds for all rules about Dockerfiles."""

from __future__ import annotations

from collections import Counter

import pytest

from layerscope.advice.suggestions.registry import all_kinds
from layerscope.rules.examine import examine
from layerscope.rules.finding import Severity
from layerscope.rules.registry import all_rules
from layerscope.rules.suggested import SuggestionRule
from tests.builders import analyzed, file, layer
from tests.dockerfile_rules import building
from tests.unit.advice.worked_examples import NEGATIVE, POSITIVE, Example

RULES = [rule for rule in all_rules() if rule.about_dockerfile]
NODE = {"package.json": "{}", "package-lock.json": "{}", "src/a.js": ""}
GOOD = {
    "an install above its sources": (
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\n"
        "RUN --mount=type=cache,target=/root/.npm npm ci\nCOPY src src\nRUN npm run build\n",
        NODE,
    ),
    "mounts throughout": (
        "# syntax=docker/dockerfile:1\nFROM golang:1.25 AS build\nWORKDIR /src\n"
        "RUN --mount=type=bind,target=. --mount=type=cache,target=/root/.cache/go-build "
        "go build -o /out/app .\nFROM scratch\nCOPY --from=build /out/app /app\n"
        'ENTRYPOINT ["/app"]\n',
        {"go.mod": "module x\n", "main.go": ""},
    ),
    "a single file": ('FROM scratch\nCOPY app /\nCMD ["/app"]\n', {"app": ""}),
    "packages, then an application": (
        "FROM debian:13\nRUN apt-get update && apt-get install -y --no-install-recommends python3 "
        "&& rm -rf /var/lib/apt/lists/*\nCOPY app.py /srv/\nARG GIT_SHA\nLABEL revision=$GIT_SHA\n",
        {"app.py": ""},
    ),
    "only configuration": ("FROM nginx\nENV A=1\nEXPOSE 80\n", {}),
}

each_example = pytest.mark.parametrize("example", [*POSITIVE, *NEGATIVE], ids=lambda example: example.name)


def test_each_kind_of_suggestion_has_its_rule() -> None:
    kinds = Counter(kind for rule in RULES if isinstance(rule, SuggestionRule) for kind in rule.kinds)
    assert set(kinds) == {kind.kind for kind in all_kinds()}
    assert set(kinds.values()) == {1}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_gets_no_warning(name: str) -> None:
    findings = examine(analyzed(), RULES, building(*GOOD[name]))
    assert [finding for finding in findings if finding.severity is not Severity.INFO] == []


@each_example
def test_findings_claim_no_bytes_and_name_lines_of_the_file(example: Example) -> None:
    image = analyzed(layer(file("a", b"x" * 5000)))
    known = building(example.dockerfile, example.files)
    count = example.dockerfile.count("\n")
    for finding in examine(image, RULES, known):
        assert finding.freed_bytes == finding.wasted_bytes == 0
        assert finding.locations
        assert all(each.lines and 1 <= each.lines.first <= count for each in finding.locations)
        assert "layerscope advise app.tar" in finding.fix.text


def test_without_a_dockerfile_they_find_nothing() -> None:
    assert examine(analyzed(layer(file("a", b"x"))), RULES) == ()
