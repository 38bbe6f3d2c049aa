"""Bind mounts for manifests: only where a later COPY brings the same files."""

from __future__ import annotations

import pytest

from layerscope.advice.independence import Trust
from layerscope.dockerfile.builders import Builder
from tests.unit.advice.cases import instructions
from tests.unit.advice.suggestions.cases import only, suggested

KIND = "bind-mount"
FILES = {"package.json": "{}", "package-lock.json": "{}", "a.js": "", "sub/package.json": "{}"}
TEXT = "FROM node\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nCMD x\n"


def test_the_copy_of_the_manifests_goes() -> None:
    found = only(KIND, TEXT, FILES)
    assert instructions(found.text) == [
        "FROM node",
        "WORKDIR /app",
        "RUN --mount=type=bind,source=package.json,target=/app/package.json "
        "--mount=type=bind,source=package-lock.json,target=/app/package-lock.json npm ci",
        "COPY . .",
        "CMD x",
    ]
    assert (found.suggestion.trust, found.suggestion.changed_paths) == (Trust.UNVERIFIED, ())
    assert not found.joins


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("COPY . .\n", ""),
        TEXT.replace("COPY . .", "COPY . /other"),
        TEXT.replace("COPY . .", "COPY sub ."),
        TEXT.replace("COPY . .", "COPY --chown=1 . ."),
        TEXT.replace("npm ci", "npm install"),
        TEXT.replace("npm ci", "make"),
        TEXT.replace("RUN npm ci\n", "RUN npm ci\nRUN cat package.json\n"),
        TEXT.replace("RUN npm ci\n", "RUN npm ci\nRUN make\n"),
        TEXT.replace("RUN npm ci\n", "LABEL a=b\nRUN npm ci\n"),
        TEXT.replace("WORKDIR /app\n", ""),
        TEXT.replace("COPY package.json", "COPY --chown=1 package.json"),
        TEXT.replace("COPY package.json package-lock.json", "COPY *.json"),
        TEXT.replace("WORKDIR /app\n", "WORKDIR /app\nUSER node\n"),
    ],
)
def test_where_it_is_not_the_same_it_stays(text: str) -> None:
    assert suggested(KIND, text, FILES) == []


@pytest.mark.parametrize(
    "more",
    [
        {"package.json": '{"scripts": {"postinstall": "node a.js"}}'},
        {".npmrc": "registry=https://registry.example.test"},
    ],
    ids=["a script that may write", "a file that it reads besides"],
)
def test_an_install_that_reads_or_runs_more_stays(more: dict[str, str]) -> None:
    assert suggested(KIND, TEXT, FILES | more) == []


@pytest.mark.parametrize(
    ("version", "made"), [((), False), ((1, 28), False), ((1, 38), False), ((1, 39), True), ((2, 0), True)]
)
def test_never_for_a_buildah_that_does_not_compare_what_is_mounted(
    version: tuple[int, ...], made: bool
) -> None:
    found = suggested(KIND, TEXT, FILES, profile=Builder.BUILDAH, builder_version=version)
    assert bool(found) == made


def test_never_for_the_classic_builder() -> None:
    assert suggested(KIND, TEXT, FILES, profile=Builder.CLASSIC) == []


COMPILED = """\
FROM golang:1.25 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /out/app .
FROM scratch
COPY --from=build /out/app /app
"""
SOURCES = {"go.mod": "", "main.go": ""}


def test_sources_that_one_run_compiles_are_mounted() -> None:
    found = only(KIND, COMPILED, SOURCES)
    assert instructions(found.text)[:3] == [
        "FROM golang:1.25 AS build",
        "WORKDIR /src",
        "RUN --mount=type=bind,target=/src CGO_ENABLED=0 go build -o /out/app .",
    ]
    assert found.suggestion.trust is Trust.UNVERIFIED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("go build -o /out/app .", "go build -o app ."),
        ("go build -o /out/app .", "go build ."),
        ("go build -o /out/app .", "go generate && go build -o /out/app ."),
        ("go build -o /out/app .", "make"),
        ("go build -o /out/app .", "go mod tidy && go build -o /out/app ."),
        ("COPY --from=build /out/app /app", "COPY --from=build /src/app /app"),
        ("COPY --from=build /out/app /app", "COPY --from=build / /"),
        ("FROM scratch\n", "RUN ls\nFROM scratch\n"),
        ("COPY --from=build /out/app /app\n", ""),
        ("WORKDIR /src\n", ""),
    ],
)
def test_sources_that_may_be_needed_or_written_stay(old: str, new: str) -> None:
    text = COMPILED.replace(old, new)
    text = text.replace("FROM scratch\n", "FROM build\n") if not new else text
    assert suggested(KIND, text, SOURCES) == []
