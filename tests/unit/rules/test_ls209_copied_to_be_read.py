"""LS209: manifests that could be mounted."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.dockerfile_rules import found, lines

TEXT = "FROM node\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"
FILES = {"package.json": "{}", "package-lock.json": "{}", "a.js": ""}


def test_manifests_that_a_later_copy_brings_again() -> None:
    (finding,) = found("LS209", TEXT, FILES)
    assert {3, 4} <= set(lines(finding))
    assert finding.severity is Severity.INFO
    assert "--only bind-mount" in finding.fix.text


def test_manifests_that_nothing_brings_again() -> None:
    assert found("LS209", TEXT.replace("COPY . .\n", ""), FILES) == ()
