"""Caches and intermediate results of Cargo.

## What it finds

Crates that Cargo downloaded and unpacked (`registry` and `git` below `/usr/local/cargo` or `~/.cargo`), and
what it leaves in `target` beside the program: fingerprints, incremental data, libraries and objects of
dependencies, build scripts. The program itself is not meant, nor its hard link in `deps`.

## Why it matters

A program of some megabytes leaves hundreds of megabytes behind, and needs none of them to run.

## How to fix it

Build in one stage and copy the program into another, or build on cache mounts:

    FROM rust:1 AS build
    WORKDIR /src
    COPY . .
    RUN --mount=type=cache,target=/usr/local/cargo/registry \\
        --mount=type=cache,target=/src/target \\
        cargo build --release && cp target/release/app /usr/local/bin/app

    FROM debian:stable-slim
    COPY --from=build /usr/local/bin/app /usr/local/bin/app
"""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.finding import Fix

__all__ = ["CargoCaches"]


class CargoCaches(CacheRule):
    """Live files in Cargo's home, and those in `target` that only Cargo reads."""

    id = "LS125"
    name = "cargo-caches"
    patterns = {
        "registry": (
            "usr/local/cargo/registry/**",
            "usr/local/cargo/git/**",
            "**/.cargo/registry/**",
            "**/.cargo/git/**",
        ),
        "target": (
            "**/target/**/.fingerprint/**",
            "**/target/**/incremental/**",
            "**/target/**/deps/*.rlib",
            "**/target/**/deps/*.rmeta",
            "**/target/**/deps/*.rcgu.o",
            "**/target/**/deps/*.d",
            "**/target/**/build/*/build-script-*",
            "**/target/**/build/*/build_script_*",
        ),
    }
    messages = {
        "registry": "crates that Cargo downloaded are stored",
        "target": "intermediate results of Cargo are stored",
    }
    fixes = {
        "registry": Fix(
            "build in another stage, or mount a cache at the registry",
            "RUN --mount=type=cache,target=/usr/local/cargo/registry cargo install --locked PROGRAM",
        ),
        "target": Fix(
            "build in another stage and copy the program from it",
            "COPY --from=build /src/target/release/app /usr/local/bin/app",
        ),
    }
