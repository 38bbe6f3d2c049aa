"""Dockerfiles as public repositories have them, in short: some may be improved, some must be left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["NEGATIVE", "POSITIVE", "Example"]


@dataclass(frozen=True)
class Example:
    """One case. `first` and `then` are beginnings of instructions: each of `first` has to stand above all of
    `then` in the proposal. `kept` are pairs that must keep their order."""

    name: str
    dockerfile: str
    files: Mapping[str, str] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    """A word of why nothing, or not more, is done."""


POSITIVE = (
    Example(
        "packages and a virtual environment above the sources",
        """\
FROM python:3.12-slim AS builder
RUN mkdir /src
COPY . /src/
ENV VIRTUAL_ENV=/opt/venv
ENV HOOKS=1
# tools to compile with
RUN apt update && apt install -y build-essential git python3-dev
RUN python -m venv $VIRTUAL_ENV
ENV PATH="/opt/venv/bin:$PATH"
RUN cd /src && hatch build -t wheel && pip install dist/*.whl

FROM python:3.12-slim
COPY --from=builder /opt/venv /opt/venv
CMD ["/opt/venv/bin/tool"]
""",
        {"pyproject.toml": "", "tool.py": ""},
        first=("RUN apt update", "RUN python -m venv"),
        then=("COPY . /src/",),
        kept=(
            ("RUN mkdir", "COPY . /src/"),
            ("COPY . /src/", "RUN cd /src"),
            ("ENV VIRTUAL_ENV", "RUN python"),
        ),
        reason="has more than commands",
    ),
    Example(
        "a JavaScript bridge: scripts are ignored, so that the manifests are a closed set",
        """\
FROM node:22 AS builder
WORKDIR /src
COPY . .
RUN apt-get update && apt-get install -y --no-install-recommends curl
RUN yarn --ignore-scripts
RUN yarn build

FROM node:22
WORKDIR /bin/bridge
COPY --from=builder /src/package.json ./
CMD ["node"]
""",
        {"package.json": '{"scripts": {"prepare": "make"}}', "yarn.lock": "", "src/a.ts": ""},
        first=("RUN apt-get", "COPY package.json yarn.lock ./", "RUN yarn --ignore-scripts"),
        then=("COPY . .",),
        kept=(("COPY . .", "RUN yarn build"), ("COPY package.json", "RUN yarn --ignore")),
    ),
    Example(
        "an API server: requirements first",
        """\
FROM python:3.12-slim
WORKDIR /code
COPY . /code
RUN apt-get update && apt-get install -y --no-install-recommends gcc
RUN pip install --no-cache-dir -r /code/requirements.txt
RUN ln -s /code/cli.py /usr/bin/cli && chmod +x /usr/bin/cli
CMD ["python", "main.py"]
""",
        {"requirements.txt": "fastapi==0.1\nuvicorn\n", "main.py": "", "cli.py": ""},
        first=("RUN apt-get", "COPY requirements.txt /code/", "RUN pip install"),
        then=("COPY . /code",),
        kept=(("COPY . /code", "RUN ln -s"),),
    ),
    Example(
        "a small service: the working directory goes up, and no RUN is rewritten",
        """\
FROM python:3.12-slim
COPY . /app
WORKDIR /app
RUN pip install -r requirements.txt
CMD ["python", "app.py"]
""",
        {"requirements.txt": "sanic\n", "app.py": ""},
        first=("WORKDIR /app", "COPY requirements.txt /app/", "RUN pip install -r requirements.txt"),
        then=("COPY . /app",),
    ),
    Example(
        "a Go program: modules are downloaded above the sources",
        """\
FROM golang:1.25
ENV GO111MODULE=on
WORKDIR /go/src/match
COPY . .
RUN go mod download
RUN go build ./...
""",
        {"go.mod": "module x\n\nrequire y v1.0.0\n", "go.sum": "", "main.go": ""},
        first=("COPY go.mod go.sum ./", "RUN go mod download"),
        then=("COPY . .",),
        kept=(("COPY . .", "RUN go build"),),
    ),
    Example(
        "a Rails application",
        """\
FROM ruby:3.4
WORKDIR /rails
COPY . .
RUN apt-get update && apt-get install -y libpq-dev
RUN bundle install
RUN ./bin/rails assets:precompile
""",
        {"Gemfile": "source 'https://rubygems.org'\ngem 'rails'\n", "Gemfile.lock": "", "bin/rails": ""},
        first=("RUN apt-get", "COPY Gemfile Gemfile.lock ./", "RUN bundle install"),
        then=("COPY . .",),
        kept=(("COPY . .", "RUN ./bin/rails"),),
    ),
    Example(
        "arguments of each build, and labels made of them, go to the end",
        """\
FROM base
ARG GIT_COMMIT=unknown
ARG BUILD_DATE=unknown
LABEL git-commit=$GIT_COMMIT
LABEL build-date=$BUILD_DATE
RUN apt-get update && apt-get install -y python3
RUN conda install -y numpy
RUN echo "$GIT_COMMIT" > /etc/git_commit && echo "$BUILD_DATE" > /etc/build_date
RUN pip install pandas
""",
        {"README.md": "GIT_COMMIT"},
        first=("RUN apt-get", "RUN conda"),
        then=("ARG GIT_COMMIT", "ARG BUILD_DATE", "RUN echo"),
        kept=(("ARG GIT_COMMIT", "LABEL git"), ("ARG BUILD_DATE", "RUN echo"), ("LABEL git", "LABEL build")),
    ),
    Example(
        "the revision inside of a stage that others continue",
        """\
FROM debian:13 AS base
ARG GIT_SHA=unknown
ENV BUILD_SHA=$GIT_SHA
RUN apt-get update && apt-get install -y curl
RUN npm install

FROM base AS app
RUN apt-get update && apt-get install -y git
""",
        {"server.py": ""},
        first=("RUN apt-get update && apt-get install -y curl",),
        then=("ARG GIT_SHA", "ENV BUILD_SHA"),
        kept=(("ARG GIT_SHA", "ENV BUILD_SHA"),),
    ),
    Example(
        "what a stage built is copied last",
        """\
FROM python:3.12 AS build
WORKDIR /app
COPY . /app
RUN make

FROM python:3.12
COPY --from=build /app /app
RUN apt-get update && apt-get install -y libpq5
CMD ["/app/run"]
""",
        {"Makefile": ""},
        first=("RUN apt-get",),
        then=("COPY --from=build",),
    ),
    Example(
        "a label of each build: its arguments go down with it",
        """\
FROM ubuntu:24.04
ARG BUILD_DATE
ARG VCS_REF
ARG VERSION=1.2
LABEL build-date=$BUILD_DATE vcs-ref=$VCS_REF
ENV APP_VERSION=$VERSION
RUN apt-get update && apt-get install -y ca-certificates
COPY assets /assets
""",
        {"assets/a": ""},
        first=("RUN apt-get",),
        then=("ARG BUILD_DATE", "ARG VCS_REF", "LABEL build-date"),
        kept=(("ARG VERSION", "ENV APP_VERSION"), ("ENV APP_VERSION", "RUN apt-get")),
    ),
    Example(
        "a module that is replaced by a directory of the sources: its go.mod is copied, too",
        """\
FROM golang:1.25
WORKDIR /app
COPY . .
RUN go mod download
RUN go build ./cmd
""",
        {
            "go.mod": "module x\nreplace y/api => ./workers/api\n",
            "go.sum": "",
            "workers/api/go.mod": "module y",
        },
        first=("COPY go.mod go.sum ./", "COPY workers/api/go.mod workers/api/", "RUN go mod download"),
        then=("COPY . .",),
        kept=(("COPY . .", "RUN go build"),),
    ),
    Example(
        "a workspace: every package's manifest is copied to its place",
        """\
FROM node:22
WORKDIR /app
COPY . .
RUN npm ci
RUN npm run build
""",
        {
            "package.json": '{"workspaces": ["packages/*"]}',
            "package-lock.json": "{}",
            "packages/a/package.json": '{"name": "a"}',
            "packages/a/index.js": "",
            "packages/b/package.json": '{"name": "b", "dependencies": {"a": "^1.0.0"}}',
        },
        first=(
            "COPY package.json package-lock.json ./",
            "COPY packages/a/package.json packages/a/",
            "COPY packages/b/package.json packages/b/",
            "RUN npm ci",
        ),
        then=("COPY . .",),
        kept=(("COPY . .", "RUN npm run build"),),
    ),
)

NEGATIVE = (
    Example(
        "a workspace with a program, whose mode the install would change",
        """\
FROM node:22
WORKDIR /app
COPY . .
RUN npm ci
""",
        {
            "package.json": '{"workspaces": ["packages/*"]}',
            "package-lock.json": "{}",
            "packages/a/package.json": '{"name": "a", "bin": "cli.js"}',
            "packages/a/cli.js": "",
        },
        reason="has programs (bin)",
    ),
    Example(
        "crates are fetched, and no manifest is valid without its sources",
        """\
FROM rust:1
WORKDIR /app
COPY . .
RUN cargo fetch --locked
RUN cargo build --release
""",
        {"Cargo.toml": '[package]\nname = "x"\nversion = "0.1.0"\n', "Cargo.lock": "", "src/main.rs": ""},
        reason="names no target",
    ),
    Example(
        "an install that runs a script of the sources",
        """\
FROM node:22
WORKDIR /usr/src/app
COPY . .
RUN npm install
CMD ["npm", "start"]
""",
        {
            "package.json": '{"scripts": {"postinstall": "gulp build && cd website/client && npm install"}}',
            "package-lock.json": "{}",
            "gulpfile.js": "",
        },
        reason="postinstall",
    ),
    Example(
        "an install that copies by a script",
        """\
FROM ubuntu:24.04
WORKDIR /edx
COPY . .
RUN npm ci
""",
        {
            "package.json": '{"scripts": {"postinstall": "scripts/copy-node-modules.sh"}}',
            "package-lock.json": "{}",
            "scripts/copy-node-modules.sh": "",
        },
        reason="postinstall",
    ),
    Example(
        "an install of the project itself",
        """\
FROM python:3.12
WORKDIR /app
COPY . .
RUN poetry install
""",
        {"pyproject.toml": "", "README.md": ""},
        reason="has more than commands",
    ),
    Example(
        "an install in editable mode",
        """\
FROM python:3.12
WORKDIR /app
COPY . .
RUN pip install -e .
""",
        {"setup.py": ""},
        reason="has more than commands",
    ),
    Example(
        "a recipe that a second copy defeats: leaving out is no reordering",
        """\
FROM rust:1 AS chef
WORKDIR /app
COPY . .
RUN cargo chef prepare --recipe-path recipe.json
COPY . .
RUN cargo chef cook --release --recipe-path recipe.json
""",
        {"Cargo.toml": "", "src/main.rs": ""},
        reason="has more than commands",
    ),
    Example(
        "one RUN that installs and changes the owner of what was copied",
        """\
FROM alpine:3
COPY program/ /nikto
RUN apk add --no-cache perl && adduser -D nikto && chown -R nikto /nikto
USER nikto
""",
        {"program/nikto.pl": ""},
        reason="/nikto",
    ),
    Example(
        "mounts throughout: nothing is left to gain",
        """\
FROM golang:1.25 AS build
WORKDIR /src
RUN apt-get update && apt-get install -y git
RUN --mount=type=bind,target=. --mount=type=cache,target=/root/.cache go build -o /out ./cmd

FROM scratch
COPY --from=build /out /
""",
        {"go.mod": "", "main.go": ""},
    ),
    Example(
        "a package that is in the sources",
        """\
FROM debian:13
COPY . /src
RUN apt-get update && apt-get install -y /src/tool.deb
""",
        {"tool.deb": ""},
        reason="/src",
    ),
    Example(
        "an index of packages that is copied to where the package manager reads",
        """\
FROM debian:13
COPY . /etc/apt/sources.list.d/
RUN apt-get update && apt-get install -y tool
""",
        {"tool.list": ""},
        reason="/etc",
    ),
    Example(
        "modules of the context in the way of the install",
        """\
FROM node:22
WORKDIR /app
COPY . .
RUN npm ci
""",
        {"package.json": "{}", "package-lock.json": "{}", "node_modules/left/index.js": ""},
        reason=".dockerignore should name it",
    ),
    Example(
        "requirements that name the sources",
        """\
FROM python:3.12
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
""",
        {"requirements.txt": "flask\n-e ./lib\n", "lib/setup.py": ""},
        reason="-e",
    ),
    Example(
        "a variable that leads programs into what is copied",
        """\
FROM python:3.12
ENV PYTHONPATH=/app
COPY . /app
RUN pip install requests
""",
        {"requests.py": ""},
        reason="PYTHONPATH",
    ),
    Example(
        "a revision that the build reads",
        """\
FROM debian:13
COPY Makefile /src/
ARG GIT_SHA
RUN make -C /src
""",
        {"Makefile": "all:\n\techo $(GIT_SHA)\n"},
        reason="code that reads it",
    ),
    Example(
        "triggers",
        """\
FROM debian:13
COPY . /src
ONBUILD RUN true
RUN apt-get update && apt-get install -y git
""",
        {"a": ""},
        reason="ONBUILD",
    ),
    Example(
        "a frontend that nobody knows",
        """\
# syntax=example.test/frontend:1
FROM debian:13
COPY . /src
RUN apt-get update && apt-get install -y git
""",
        {"a": ""},
        reason="syntax",
    ),
)
