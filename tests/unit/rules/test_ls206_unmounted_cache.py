"""LS206: a package manager without a cache mount."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.dockerfile_rules import found, lines

SYNTAX = "# syntax=docker/dockerfile:1\n"
TEXT = f"{SYNTAX}FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"
FILES = {"package.json": "{}", "package-lock.json": "{}", "a.js": ""}


def test_an_install_that_downloads_everything_again() -> None:
    (finding,) = found("LS206", TEXT, FILES)
    assert lines(finding) == [5]
    assert finding.severity is Severity.INFO
    assert "/root/.npm" in finding.fix.text
    assert "--only cache-mount" in finding.fix.text


def test_what_has_one_is_right() -> None:
    mounted = TEXT.replace("RUN npm", "RUN --mount=type=cache,target=/root/.npm npm")
    assert found("LS206", mounted, FILES) == ()


def test_what_downloads_nothing_is_right() -> None:
    assert found("LS206", "FROM node:22\nCOPY . .\nRUN node a.js\n", FILES) == ()
