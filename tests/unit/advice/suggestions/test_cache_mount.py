"""Cache mounts: which directory, what else has to change, and what is no longer in the image."""

from __future__ import annotations

import pytest

from layerscope.advice.independence import Trust
from layerscope.dockerfile.builders import Builder
from tests.builders import directory, file
from tests.unit.advice.cases import advised, built, instructions
from tests.unit.advice.suggestions.cases import only, suggested

KIND = "cache-mount"
SYNTAX = "# syntax=docker/dockerfile:1\n"


def run_of(found: object, number: int = -1) -> str:
    text: str = found.text  # type: ignore[attr-defined]
    return [line for line in instructions(text) if line.startswith("RUN")][number]


@pytest.mark.parametrize(
    ("base", "run", "expected"),
    [
        (
            "python:3",
            "pip install -r r.txt",
            "--mount=type=cache,target=/root/.cache/pip pip install -r r.txt",
        ),
        (
            "python:3",
            "pip install --no-cache-dir -r r.txt && rm -rf /root/.cache",
            "--mount=type=cache,target=/root/.cache/pip pip install -r r.txt",
        ),
        (
            "python:3",
            "python -m pip install x",
            "--mount=type=cache,target=/root/.cache/pip python -m pip install x",
        ),
        ("node:22", "npm ci", "--mount=type=cache,target=/root/.npm npm ci"),
        ("node:22", "npm ci && npm cache clean --force", "--mount=type=cache,target=/root/.npm npm ci"),
        ("node:22", "yarn install", "--mount=type=cache,target=/usr/local/share/.cache/yarn yarn install"),
        ("node:22", "pnpm install", "--mount=type=cache,target=/root/.local/share/pnpm/store pnpm install"),
        ("ruby:3", "bundle install", "--mount=type=cache,target=/usr/local/bundle/cache bundle install"),
        (
            "composer:2",
            "composer install --no-dev",
            "--mount=type=cache,target=/tmp/cache composer install --no-dev",
        ),
        (
            "maven:3",
            "mvn -B package",
            "--mount=type=cache,target=/root/.m2/repository,sharing=locked mvn -B package",
        ),
        (
            "jdk",
            "./gradlew build",
            "--mount=type=cache,target=/root/.gradle/caches,sharing=locked ./gradlew build",
        ),
        (
            "alpine:3",
            "apk add --no-cache git",
            "--mount=type=cache,target=/etc/apk/cache,sharing=locked apk add --update-cache git",
        ),
        (
            "golang:1",
            "go build -o /x .",
            "--mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build "
            "go build -o /x .",
        ),
        (
            "rust:1",
            "cargo build --release",
            "--mount=type=cache,target=/usr/local/cargo/registry "
            "--mount=type=cache,target=/usr/local/cargo/git/db "
            "cargo build --release",
        ),
        (
            "debian:13",
            "apt-get update && apt-get install -y git && apt-get clean && mkdir /x",
            "--mount=type=cache,target=/var/cache/apt,sharing=locked "
            "--mount=type=cache,target=/var/lib/apt/lists,sharing=locked "
            "apt-get update && apt-get install -y git && mkdir /x",
        ),
    ],
)
def test_the_directory_of_each_package_manager(base: str, run: str, expected: str) -> None:
    files = {"yarn.lock": "", "package.json": "{}"}
    found = only(KIND, f"{SYNTAX}FROM {base}\nWORKDIR /src\nRUN {run}\n", files)
    assert run_of(found) == f"RUN {expected}"
    assert found.suggestion.trust is Trust.UNVERIFIED
    assert found.suggestion.changed_paths
    assert not found.joins


@pytest.mark.parametrize(
    "text",
    [
        "FROM x\nUSER app\nRUN npm ci\n",
        "FROM x\nENV npm_config_cache=/c\nRUN npm ci\n",
        "FROM x\nENV PIP_NO_CACHE_DIR=1\nRUN pip install x\n",
        "FROM x\nENV HOME=/home/app\nRUN npm ci\n",
        "FROM x\nRUN --mount=type=cache,target=/root/.npm npm ci\n",
        "FROM x\nRUN --mount=type=cache,target=/root npm ci\n",
        "FROM x\nRUN if true; then npm ci; fi\n",
        "FROM x\nRUN npm ci || npm install\n",
        'FROM x\nRUN ["npm", "ci"]\n',
        "FROM node\nRUN pnpm config set store-dir /cache/pnpm-store\nRUN pnpm install\n",
        "FROM node\nRUN npm config --global set cache /c && npm ci\n",
        "FROM node\nRUN npm ci --cache /c\n",
        "FROM python:3\nRUN pip --cache-dir=/c install x\n",
        "FROM x\nRUN apk add git\n",
        "FROM golang\nWORKDIR /src\nRUN go mod download\nRUN make\n",
        "FROM golang\nWORKDIR /src\nRUN go mod download\nRUN sh -c 'go build'\n",
        "FROM golang AS b\nWORKDIR /src\nRUN go mod download\nFROM b\nRUN make\n",
        "FROM maven AS b\nRUN mvn package\nFROM x\nCOPY --from=b /root/.m2 /m2\n",
        "FROM maven AS b\nRUN mvn package\nFROM x\nCOPY --from=b / /\n",
        "FROM golang\nRUN go mod download\nCOPY . .\n",
        "FROM ruby-like\nRUN bundle install\n",
        "FROM rust\nCOPY . .\nRUN cargo chef prepare --recipe-path recipe.json\n",
        "FROM golang\nRUN go mod init x && go mod edit -go=1.25\n",
        "FROM debian\nRUN apt-get install -y x && rm -rf /var/lib/apt/lists/* && apt-get clean\n",
    ],
)
def test_where_it_is_not_known_to_be_right_nothing_is_said(text: str) -> None:
    files = {"a": "", "yarn.lock": "", ".yarnrc.yml": ""}
    assert suggested(KIND, SYNTAX + text, files) == []


def test_what_downloads_nothing_shares_the_mount_of_what_does() -> None:
    found = only(
        KIND, SYNTAX + "FROM rust\nRUN cargo chef prepare --recipe-path r.json\nRUN cargo build\n", {"a": ""}
    )
    assert found.suggestion.lines == (3, 4)


def test_a_later_yarn_keeps_its_cache_elsewhere() -> None:
    text = "FROM node\nRUN yarn install\n"
    assert suggested(KIND, text, {"yarn.lock": "", ".yarnrc.yml": ""}) == []
    assert suggested(KIND, text) == []


def test_all_runs_that_call_it_get_the_mount() -> None:
    text = "FROM golang\nWORKDIR /src\nCOPY . .\nRUN go mod download\nRUN go build -o /x .\n"
    found = only(KIND, text, {"go.mod": ""})
    assert found.suggestion.lines == (4, 5)
    assert found.text.count("target=/go/pkg/mod") == 2


@pytest.mark.parametrize(
    ("head", "profile", "version", "requires"),
    [
        (SYNTAX, Builder.BUILDKIT, (), ""),
        ("# syntax=docker/dockerfile:1.1\n", Builder.BUILDKIT, (), "BuildKit"),
        ("# syntax=docker/dockerfile:1.2\n", Builder.BUILDKIT, (), ""),
        ("", Builder.BUILDKIT, (), "BuildKit"),
        ("", Builder.BUILDAH, (), "buildah 1.24"),
        ("", Builder.BUILDAH, (1, 28), ""),
    ],
)
def test_whether_the_builder_knows_it(
    head: str, profile: Builder, version: tuple[int, ...], requires: str
) -> None:
    text = f"{head}FROM node\nRUN npm ci\n"
    found = only(KIND, text, {"a": ""}, profile=profile, builder_version=version)
    assert found.suggestion.requires.startswith(requires)
    assert bool(found.suggestion.requires) == bool(requires)


@pytest.mark.parametrize(("profile", "version"), [(Builder.CLASSIC, ()), (Builder.BUILDAH, (1, 23))])
def test_builders_that_do_not_know_it(profile: Builder, version: tuple[int, ...]) -> None:
    assert (
        suggested(KIND, "FROM node\nRUN npm ci\n", {"a": ""}, profile=profile, builder_version=version) == []
    )


def test_what_the_image_holds_of_it_is_counted_and_said_to_go() -> None:
    text = f"{SYNTAX}FROM node\nRUN npm ci\n"
    image = built(
        text,
        [
            ("ADD rootfs / # buildkit", [file("bin/sh"), directory("root")]),
            (
                "RUN /bin/sh -c npm ci # buildkit",
                [file("root/.npm/_cacache/x", b"x" * 300), file("m/y", b"y")],
            ),
        ],
    )
    found = only(KIND, text, {"a": ""}, **image)
    assert found.suggestion.bytes_saved == 300
    assert found.suggestion.changed_paths == ("/root/.npm",)
    assert not found.joins
    joined = advised(text, {"a": ""}, kinds=frozenset({KIND}), **image)
    assert joined.safe is not None
    assert joined.safe.changed_paths == ("/root/.npm",)


def test_where_the_image_holds_nothing_of_it_it_joins_the_patch() -> None:
    run = "apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*"
    text = f"{SYNTAX}FROM debian\nRUN {run}\n"
    image = built(
        text,
        [
            (
                "ADD rootfs / # buildkit",
                [file("bin/sh"), directory("var/cache/apt"), directory("var/lib/apt/lists")],
            ),
            (f"RUN /bin/sh -c {run} # buildkit", [file("usr/bin/git", b"g")]),
        ],
    )
    found = only(KIND, text, {"a": ""}, **image)
    assert (found.suggestion.trust, found.suggestion.changed_paths) == (Trust.EVIDENCE, ())
    assert found.joins


@pytest.mark.parametrize(
    ("above", "files"),
    [
        ("RUN pnpm config set store-dir /cache/store", {"a": ""}),
        ("RUN true", {".npmrc": "store-dir=/cache/store\n"}),
        ("RUN true", {"pnpm-workspace.yaml": "storeDir: /cache/store\n"}),
    ],
)
def test_a_store_that_is_elsewhere_gets_no_mount(above: str, files: dict[str, str]) -> None:
    text = f"{SYNTAX}FROM node:22\n{above}\nRUN pnpm install\n"
    assert suggested(KIND, text, files) == []
    assert suggested(KIND, text.replace(above, "RUN true"), {"a": ""})
