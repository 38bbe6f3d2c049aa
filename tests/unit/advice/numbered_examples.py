"""The twenty worked examples: Dockerfiles with the structure, and the trap, of those of public repositories.

Each has a history of its own, and the answer that a human gave. Numbers are for the test that all are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["ANSWERED", "LEFT", "TOLD", "Numbered"]


@dataclass(frozen=True)
class Numbered:
    """One case."""

    number: int
    name: str
    dockerfile: str
    files: Mapping[str, str]
    commits: tuple[str, ...]
    """Files that each commit behind the first changes, with blanks between them."""
    human: str = ""
    """What was merged, as far as it is an order and new COPYs; empty if nothing was, or it was taken back."""
    kept: tuple[tuple[str, str], ...] = ()
    """Beginnings of instructions that keep their order."""
    reason: str = ""
    """Of what is left alone: a word of why."""
    kind: str = ""
    """Of what is told and not done: the kind of suggestion."""
    sketch: tuple[str, ...] = ()
    """Beginnings of lines that the sketch has, in order."""
    steady: tuple[str, ...] = field(default=())
    """Build arguments that nobody passes."""
    stale_with_buildah: bool = False
    """Whether the human's order lets buildah serve an old value from its cache (R18)."""


_GO = {"go.mod": "module x\n\nrequire y v1.0.0\n", "go.sum": ""}

ANSWERED = (
    Numbered(
        1,
        "packages and a virtual environment stood below the sources",
        """\
FROM python:3.12-slim AS builder
RUN mkdir /src
COPY . /src/
ENV VIRTUAL_ENV=/opt/venv
ENV HATCH_BUILD_HOOKS_ENABLE=1
RUN apt update && apt install -y build-essential git python3-dev
RUN python -m venv $VIRTUAL_ENV
ENV PATH="/opt/venv/bin:$PATH"
RUN cd /src && hatch build -t wheel && pip install dist/*.whl
FROM python:3.12-slim
COPY --from=builder /opt/venv /opt/venv
CMD ["/opt/venv/bin/tool"]
""",
        {"pyproject.toml": "[build-system]\nrequires = ['hatch-vcs']\n", "src/tool.py": "", "README.md": ""},
        ("src/tool.py", "README.md", "src/tool.py", "pyproject.toml", "src/tool.py"),
        """\
FROM python:3.12-slim AS builder
RUN mkdir /src
ENV VIRTUAL_ENV=/opt/venv
ENV HATCH_BUILD_HOOKS_ENABLE=1
RUN apt update && apt install -y build-essential git python3-dev
RUN python -m venv $VIRTUAL_ENV
COPY . /src/
ENV PATH="/opt/venv/bin:$PATH"
RUN cd /src && hatch build -t wheel && pip install dist/*.whl
FROM python:3.12-slim
COPY --from=builder /opt/venv /opt/venv
CMD ["/opt/venv/bin/tool"]
""",
        kept=(("COPY . /src/", "RUN cd /src"), ("ENV VIRTUAL_ENV", "RUN python")),
    ),
    Numbered(
        2,
        "scripts are ignored, so that the manifests are a closed set",
        """\
FROM node:22 AS builder
WORKDIR /src
COPY . .
RUN apt-get update && apt-get install -y --no-install-recommends curl
RUN yarn --ignore-scripts --frozen-lockfile
RUN node node_modules/esbuild/install.js
RUN yarn build
FROM node:22
WORKDIR /bin/bridge
COPY --from=builder /src/yarn.lock /src/package.json ./
""",
        {"package.json": '{"scripts": {"prepare": "make"}}', "yarn.lock": "", "src/a.ts": ""},
        ("src/a.ts", "src/a.ts", "yarn.lock", "src/a.ts", "src/a.ts"),
        """\
FROM node:22 AS builder
WORKDIR /src
RUN apt-get update && apt-get install -y --no-install-recommends curl
COPY package.json yarn.lock ./
RUN yarn --ignore-scripts --frozen-lockfile
COPY . .
RUN node node_modules/esbuild/install.js
RUN yarn build
FROM node:22
WORKDIR /bin/bridge
COPY --from=builder /src/yarn.lock /src/package.json ./
""",
        kept=(("COPY . .", "RUN yarn build"), ("RUN yarn --ignore", "RUN node")),
    ),
    Numbered(
        4,
        "packages are removed above the sources, too, and only the link needs them",
        """\
FROM python:3.12-slim
WORKDIR /code
COPY . /code
RUN apt-get update && apt-get install -y --no-install-recommends gcc python3-dev
RUN pip install --no-cache-dir -r /code/requirements.txt
RUN apt-get remove -y gcc python3-dev
RUN ln -s /code/cli.py /usr/bin/cli && chmod +x /usr/bin/cli && cli completion install
CMD ["python", "main.py"]
""",
        {"requirements.txt": "fastapi==0.1\nuvicorn\n", "main.py": "", "cli.py": ""},
        ("main.py", "main.py", "cli.py", "requirements.txt", "main.py", "main.py"),
        """\
FROM python:3.12-slim
WORKDIR /code
RUN apt-get update && apt-get install -y --no-install-recommends gcc python3-dev
COPY requirements.txt /code/
RUN pip install --no-cache-dir -r /code/requirements.txt
COPY . /code
RUN apt-get remove -y gcc python3-dev
RUN ln -s /code/cli.py /usr/bin/cli && chmod +x /usr/bin/cli && cli completion install
CMD ["python", "main.py"]
""",
        kept=(("COPY . /code", "RUN ln -s"), ("RUN pip", "RUN apt-get remove")),
    ),
    Numbered(
        5,
        "two installs, of Ruby and of JavaScript, with the files that say which program installs",
        """\
FROM ruby:3.4 AS build
WORKDIR /rails
COPY . .
RUN apt-get update && apt-get install -y build-essential libpq-dev
RUN bundle install
RUN yarn install --immutable
RUN ./bin/rails assets:precompile
""",
        {
            "Gemfile": "source 'https://rubygems.org'\nruby file: '.ruby-version'\ngem 'rails'\n",
            "Gemfile.lock": "",
            ".ruby-version": "3.4.1\n",
            "package.json": "{}",
            "yarn.lock": "",
            ".yarnrc.yml": "nodeLinker: node-modules\n",
            "bin/rails": "",
            "app/a.rb": "",
        },
        ("app/a.rb", "app/a.rb", "Gemfile Gemfile.lock", "app/a.rb", "yarn.lock", "app/a.rb"),
        """\
FROM ruby:3.4 AS build
WORKDIR /rails
RUN apt-get update && apt-get install -y build-essential libpq-dev
COPY Gemfile Gemfile.lock .ruby-version ./
RUN bundle install
COPY package.json yarn.lock .yarnrc.yml ./
RUN yarn install --immutable
COPY . .
RUN ./bin/rails assets:precompile
""",
        kept=(("COPY . .", "RUN ./bin/rails"),),
    ),
    Numbered(
        6,
        "the revision stood above the packages of a stage that another one continues",
        """\
FROM debian:13 AS base
ARG GIT_SHA=unknown
ENV BUILD_SHA=$GIT_SHA
RUN apt-get update && apt-get install -y curl
RUN npm install -g code-server
FROM base AS app
RUN apt-get update && apt-get install -y git
""",
        {"server.py": ""},
        ("server.py",) * 4,
        """\
FROM debian:13 AS base
RUN apt-get update && apt-get install -y curl
RUN npm install -g code-server
ARG GIT_SHA=unknown
ENV BUILD_SHA=$GIT_SHA
FROM base AS app
RUN apt-get update && apt-get install -y git
""",
        kept=(("ARG GIT_SHA", "ENV BUILD_SHA"),),
        stale_with_buildah=True,
    ),
    Numbered(
        9,
        "what a stage built is copied last",
        """\
FROM python:3.12 AS build
WORKDIR /app
COPY . /app
RUN make generated
FROM python:3.12
COPY --from=build /app/service/ /app/service/
RUN apt-get update && apt-get install -y libpq5
COPY --from=build /usr/local/bin/tool /usr/local/bin/
CMD ["/app/service/run"]
""",
        {"Makefile": "", "service/a.py": ""},
        ("service/a.py", "service/a.py", "Makefile"),
        """\
FROM python:3.12 AS build
WORKDIR /app
COPY . /app
RUN make generated
FROM python:3.12
RUN apt-get update && apt-get install -y libpq5
COPY --from=build /usr/local/bin/tool /usr/local/bin/
COPY --from=build /app/service/ /app/service/
CMD ["/app/service/run"]
""",
        kept=(("COPY . /app", "RUN make"),),
    ),
    Numbered(
        10,
        "arguments of each build, their labels, and the one RUN that writes them down",
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
        {"README.md": ""},
        ("README.md",) * 3,
        """\
FROM base
RUN apt-get update && apt-get install -y python3
RUN conda install -y numpy
RUN pip install pandas
ARG GIT_COMMIT=unknown
ARG BUILD_DATE=unknown
LABEL git-commit=$GIT_COMMIT
LABEL build-date=$BUILD_DATE
RUN echo "$GIT_COMMIT" > /etc/git_commit && echo "$BUILD_DATE" > /etc/build_date
""",
        kept=(
            ("ARG GIT_COMMIT", "LABEL git"),
            ("ARG BUILD_DATE", "RUN echo"),
            ("ARG GIT_COMMIT", "RUN echo"),
        ),
    ),
    Numbered(
        11,
        "modules were downloaded below the sources",
        """\
FROM golang:1.25
ENV GO111MODULE=on
WORKDIR /go/src/match
COPY . .
RUN go mod download
""",
        _GO | {"main.go": "", "docs/a.md": ""},
        ("main.go", "docs/a.md", "go.mod go.sum", "main.go", "main.go"),
        """\
FROM golang:1.25
ENV GO111MODULE=on
WORKDIR /go/src/match
COPY go.mod go.sum ./
RUN go mod download
COPY . .
""",
    ),
    Numbered(
        12,
        "a small service: no path in a RUN has to be rewritten",
        """\
FROM python:3.12-slim
COPY . /app
WORKDIR /app
RUN pip install -r requirements.txt
CMD ["python", "app.py"]
""",
        {"requirements.txt": "sanic\n", "app.py": ""},
        ("app.py", "requirements.txt", "app.py", "app.py"),
        """\
FROM python:3.12-slim
COPY requirements.txt /app/requirements.txt
RUN pip install -r /app/requirements.txt
COPY . /app
WORKDIR /app
CMD ["python", "app.py"]
""",
    ),
    Numbered(
        14,
        "two stages, of which the first has the modules below the sources",
        """\
FROM golang:1.25 AS builder
WORKDIR /src
COPY . .
RUN go mod download
RUN go build -o /assets/in ./cmd/in
FROM alpine:3 AS resource
RUN apk add --no-cache ca-certificates
COPY --from=builder /assets /opt/resource
""",
        _GO | {"cmd/in/main.go": ""},
        ("cmd/in/main.go", "go.mod go.sum", "cmd/in/main.go"),
        """\
FROM golang:1.25 AS builder
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go build -o /assets/in ./cmd/in
FROM alpine:3 AS resource
RUN apk add --no-cache ca-certificates
COPY --from=builder /assets /opt/resource
""",
        kept=(("COPY . .", "RUN go build"),),
    ),
    Numbered(
        15,
        "a label of each build: the human moved it, and left its arguments at the top, which gained nothing",
        """\
FROM ubuntu:24.04
ARG BUILD_DATE
ARG VCS_REF
ARG VERSION=1.2
LABEL build-date=$BUILD_DATE vcs-ref=$VCS_REF
ENV APP_VERSION=$VERSION
RUN apt-get update && apt-get install -y ca-certificates
COPY assets /assets
RUN bash /assets/build.sh
""",
        {"assets/build.sh": "", "README.md": ""},
        ("README.md", "README.md", "assets/build.sh", "README.md"),
        """\
FROM ubuntu:24.04
ARG BUILD_DATE
ARG VCS_REF
ARG VERSION=1.2
ENV APP_VERSION=$VERSION
RUN apt-get update && apt-get install -y ca-certificates
COPY assets /assets
RUN bash /assets/build.sh
LABEL build-date=$BUILD_DATE vcs-ref=$VCS_REF
""",
        kept=(("ARG VERSION", "ENV APP_VERSION"), ("ENV APP_VERSION", "RUN apt-get")),
    ),
    Numbered(
        18,
        "a module is replaced by a directory of the sources, which goes along with the manifests",
        """\
FROM golang:1.25 AS build
WORKDIR /app
COPY . .
RUN go mod download
RUN go build -o /cli ./cmd
""",
        {
            "go.mod": "module x\nreplace y/api => ./workers/api\n",
            "go.sum": "",
            "workers/api/go.mod": "module y\n",
            "workers/api/api.go": "",
            "cmd/main.go": "",
        },
        ("cmd/main.go", "workers/api/api.go", "cmd/main.go", "cmd/main.go", "go.sum"),
        """\
FROM golang:1.25 AS build
WORKDIR /app
COPY go.mod go.sum ./
COPY workers/api workers/api
RUN go mod download
COPY . .
RUN go build -o /cli ./cmd
""",
        kept=(("COPY . .", "RUN go build"),),
    ),
)
"""A safe order is cheaper, and at least as cheap as the human's."""

TOLD = (
    Numbered(
        3,
        "one RUN installs, makes a user, and changes the owner of what was copied",
        """\
FROM alpine:3
COPY program/ /nikto
RUN apk add --no-cache perl && addgroup nikto && adduser -G nikto -D nikto && chown -R nikto.nikto /nikto
USER nikto
ENTRYPOINT ["/nikto/nikto.pl"]
""",
        {"program/nikto.pl": ""},
        ("program/nikto.pl",) * 3,
        reason="/nikto",
        kind="split-run",
        sketch=("RUN apk add", "COPY program/", "RUN chown"),
    ),
    Numbered(
        8,
        "a script of the sources downloads and compiles",
        """\
FROM fedora:42 AS builder
RUN dnf install -y git-core golang
COPY . /build
WORKDIR /build
RUN ./build.sh
FROM fedora:42
COPY --from=builder /build/bin/tool /usr/bin/tool
""",
        _GO | {"main.go": "", "build.sh": "#!/bin/sh\nset -e\nCGO_ENABLED=0 go build -o bin/tool ./cmd\n"},
        ("main.go", "main.go", "go.mod go.sum", "main.go"),
        reason="has more than commands",
        kind="separate-download",
        sketch=("COPY go.mod go.sum /build/", "RUN go mod download", "COPY . /build"),
    ),
    Numbered(
        13,
        "cargo has no download that does without sources",
        """\
FROM rust:1 AS builder
WORKDIR /app
COPY . .
RUN cargo build --release
FROM debian:13
COPY --from=builder /app/target/release/app /usr/bin/app
""",
        {"Cargo.toml": '[package]\nname = "app"\nversion = "0.1.0"\n', "Cargo.lock": "", "src/main.rs": ""},
        ("src/main.rs", "src/main.rs", "Cargo.lock", "src/main.rs"),
        reason="has more than commands",
        kind="cargo-chef",
        sketch=(
            "FROM chef AS planner",
            "RUN cargo chef prepare",
            "RUN cargo chef cook",
            "COPY . .",
            "RUN cargo b",
        ),
    ),
    Numbered(
        20,
        "a second copy of all sources defeats the recipe: to leave it out is no other order",
        """\
FROM rust:1 AS chef
WORKDIR /app
RUN cargo install cargo-chef
FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json
FROM chef AS builder
COPY --from=planner /app/recipe.json recipe.json
COPY . .
RUN cargo chef cook --release --recipe-path recipe.json
RUN cargo build --release
""",
        {"Cargo.toml": '[package]\nname = "app"\nversion = "0.1.0"\n', "Cargo.lock": "", "src/main.rs": ""},
        ("src/main.rs",) * 3,
        reason="has more than commands",
        kind="cargo-chef",
        sketch=("RUN cargo chef cook", "COPY . ."),
    ),
)
"""No order helps, and what would is the author's to do: it is told, and nothing is in the patch."""

LEFT = (
    Numbered(
        7,
        "a build of one package: that it reads no other one is not known",
        """\
FROM node:22
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY packages/core packages/core
COPY packages/engine packages/engine
RUN npm run build --prefix packages/core
""",
        {
            "package.json": "{}",
            "package-lock.json": "{}",
            "packages/core/package.json": '{"scripts": {"build": "tsc"}}',
            "packages/engine/a.ts": "",
        },
        ("packages/engine/a.ts",) * 3,
        reason="has more than commands",
    ),
    Numbered(
        15,
        "the same label where nobody passes its arguments: nothing changes on any builder",
        """\
FROM ubuntu:24.04
ARG BUILD_DATE
ARG VCS_REF
LABEL build-date=$BUILD_DATE vcs-ref=$VCS_REF
RUN apt-get update && apt-get install -y ca-certificates
COPY assets /assets
""",
        {"assets/a": "", "README.md": ""},
        ("README.md", "assets/a"),
        steady=("BUILD_DATE", "VCS_REF"),
    ),
    Numbered(
        16,
        "an install that runs the build of the sources",
        """\
FROM node:22
WORKDIR /usr/src/app
COPY . .
RUN npm install
""",
        {
            "package.json": '{"scripts": {"postinstall": "gulp build && cd website/client && npm install"}}',
            "package-lock.json": "{}",
            "gulpfile.js": "",
            "website/client/package.json": "{}",
        },
        ("gulpfile.js",) * 3,
        reason="postinstall",
    ),
    Numbered(
        17,
        "an install that copies by a script of the sources",
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
            "lms/a.py": "",
        },
        ("lms/a.py",) * 3,
        reason="postinstall",
    ),
    Numbered(
        19,
        "an install of the project itself, whose version and text it reads",
        """\
FROM python:3.12
WORKDIR /app
COPY . .
RUN poetry install
""",
        {
            "pyproject.toml": '[tool.poetry]\nname = "app"\nversion = "1"\nreadme = "README.md"\n',
            "poetry.lock": "",
            "README.md": "",
            "app/a.py": "",
        },
        ("app/a.py", "README.md", "app/a.py"),
        reason="has more than commands",
    ),
)
"""Nothing is changed, and it is said why."""
