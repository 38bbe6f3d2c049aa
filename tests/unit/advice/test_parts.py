"""An install goes above directories of the project that have none of its manifests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerscope.advice.copies import read_copy
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.scope import base_scope
from tests.unit.advice.cases import advised, context_of, history_of, instructions

FILES = {
    "package.json": '{"private": true, "dependencies": {"a": "1"}}',
    "yarn.lock": "",
    "services/api/main.ts": "",
    "libs/a.ts": "",
    "other/a.ts": "",
}
PACKAGES = {"libs/package.json": '{"name": "l"}', "services/api/package.json": '{"name": "s"}'}
HISTORY = history_of(list(FILES), ["services/api/main.ts"], ["libs/a.ts"], ["services/api/main.ts"])
TEXT = """\
FROM node:22
WORKDIR /srv
COPY services/api services/api
COPY libs libs
COPY package.json yarn.lock ./
RUN yarn install --frozen-lockfile
RUN make
"""


def order(text: str, files: dict[str, str] | None = None) -> list[str]:
    advice = advised(text, files or FILES, history=HISTORY)
    return instructions(advice.further.text if advice.further else text)


@pytest.mark.parametrize("manifests", ["package.json yarn.lock ./", "package*.json yarn.lock /srv/"])
def test_sources_go_below_an_install_whose_manifests_are_copied_apart(manifests: str) -> None:
    text = TEXT.replace("package.json yarn.lock ./", manifests)
    assert order(text)[2:] == [
        f"COPY {manifests}",
        "RUN yarn install --frozen-lockfile",
        "COPY services/api services/api",
        "COPY libs libs",
        "RUN make",
    ]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        # packages of a workspace, and what scripts may read, are in what would move
        (TEXT, {"package.json": '{"workspaces": ["libs", "services/*"]}', **PACKAGES}),
        (TEXT, {"package.json": '{"scripts": {"postinstall": "node libs/a.ts"}}'}),
        (TEXT, {"package.json": '{"dependencies": {"a": "file:libs"}}'}),
        # not the place that it has in the project
        (TEXT.replace("COPY libs libs\n", "").replace("services/api services/api", "libs patches"), {}),
        (TEXT.replace("COPY libs libs\n", "").replace("services/api services/api", "libs node_modules"), {}),
        # what the install runs in has files of two places, or none that is known
        (TEXT.replace("yarn.lock ./", "yarn.lock other/a.ts ./"), {}),
        (TEXT.replace("package.json yarn.lock ./", "--from=x /package.json /yarn.lock ./"), {}),
        (TEXT.replace("install --frozen-lockfile", "install && make lib"), {}),
    ],
)
def test_what_an_install_may_read_stays_above_it(text: str, more: dict[str, str]) -> None:
    assert order(text, FILES | more) == instructions(text)


def test_a_link_may_lead_to_a_directory_whose_files_are_written() -> None:
    context = replace(context_of({"a": "", "l": ""}), read=lambda path: None if path == "l" else b"")
    for names, written in (("a", {"/x/a"}), ("?", {"/x"}), ("l", {"/x"})):
        dockerfile = read_dockerfile(f"FROM a\nCOPY {names} /x/\n".encode(), "Dockerfile")
        copy = read_copy(dockerfile.instructions[1], base_scope("\\", {}, "", (), "/"), context)
        assert copy is not None
        assert copy.writes.roots == written
