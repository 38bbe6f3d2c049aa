"""LS212: a COPY of more than a stage needs."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.dockerfile_rules import found, lines

FILES = {"package.json": "{}", "package-lock.json": "{}", "src/a.js": "", "docs/x": ""}
TEXT = """\
FROM node AS deps
WORKDIR /app
COPY . .
RUN npm ci
FROM node
COPY --from=deps /app/node_modules /app/node_modules
COPY src /app/src
"""


def test_a_stage_that_only_installs() -> None:
    (finding,) = found("LS212", TEXT, FILES)
    assert lines(finding) == [3]
    assert finding.locations[0].lines is not None
    assert finding.locations[0].lines.stage == "deps"
    assert finding.severity is Severity.INFO
    assert "copy package-lock.json, package.json and nothing else in line 3" in finding.fix.text


def test_a_stage_that_builds_needs_its_sources() -> None:
    assert found("LS212", TEXT.replace("npm ci", "npm ci && npm run build"), FILES) == ()
