"""Module and build caches of Go.

## What it finds

Modules that Go downloaded and unpacked (`/go/pkg/mod`, `~/go/pkg/mod`) and compiled packages
(`~/.cache/go-build`).

## Why it matters

A Go program needs neither to run, and the build cache alone is often ten times its size.

## How to fix it

Build in one stage and copy the program into another; cache mounts make the next build faster:

    FROM golang:1 AS build
    WORKDIR /src
    COPY . .
    RUN --mount=type=cache,target=/go/pkg/mod \\
        --mount=type=cache,target=/root/.cache/go-build \\
        CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /app .

    FROM scratch
    COPY --from=build /app /app

In a single stage: `RUN go install … && go clean -cache -modcache`.
"""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.finding import Fix

__all__ = ["GoCaches"]

_STAGE = Fix(
    "build in another stage and copy the program from it, or mount caches at /go/pkg/mod "
    "and /root/.cache/go-build",
    "RUN go build -o /usr/local/bin/app . && go clean -cache -modcache",
)


class GoCaches(CacheRule):
    """Live files in the caches that `go clean -cache -modcache` empties."""

    id = "LS126"
    name = "go-caches"
    patterns = {
        "modules": ("go/pkg/mod/**", "root/go/pkg/mod/**", "home/*/go/pkg/mod/**"),
        "build": ("**/.cache/go-build/**",),
    }
    messages = {
        "modules": "modules that Go downloaded are stored",
        "build": "the build cache of Go is stored",
    }
    fixes = {"modules": _STAGE, "build": _STAGE}
