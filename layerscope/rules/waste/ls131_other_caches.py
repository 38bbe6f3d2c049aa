"""Caches of other package managers and build tools.

## What it finds

What NuGet, Homebrew, Coursier, sbt and Ivy, Bun, CPAN, Hex, opam and Cabal downloaded, what compilers cached
(ccache, sccache, Bazel), and what JavaScript's and Python's tools keep between two runs
(`node_modules/.cache`, `.next/cache`, `.mypy_cache`, `.pytest_cache`, `.ruff_cache`, `.tox`, `.nox`).

## Why it matters

They serve the next build or the next run of the tests, and neither happens in a container.

## How to fix it

Build in one stage and copy what is needed into another, or keep the cache on a mount:

    RUN --mount=type=cache,target=/root/.nuget/packages dotnet publish -c Release -o /app
    RUN --mount=type=cache,target=/root/.cache/coursier sbt assembly
    RUN --mount=type=cache,target=/root/.bun/install/cache bun install --production
    RUN --mount=type=cache,target=/root/.cache/ccache make CC="ccache gcc"
    RUN --mount=type=cache,target=/src/.next/cache npm run build
    RUN cpanm --notest Module && rm -rf /root/.cpanm
    RUN brew install jq && brew cleanup --prune=all -s && rm -rf "$(brew --cache)"

What a tool keeps in the project's directory belongs into `.dockerignore`: `**/.mypy_cache`, `**/.tox`.
"""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.finding import Fix

__all__ = ["OtherCaches"]


class OtherCaches(CacheRule):
    """Live files in caches that have no rule of their own."""

    id = "LS131"
    name = "other-caches"
    patterns = {
        "nuget": (
            "**/.nuget/packages/**",
            "**/.local/share/NuGet/http-cache/**",
            "**/.local/share/NuGet/v3-cache/**",
            "tmp/NuGetScratch*/**",
        ),
        "homebrew": ("**/.cache/Homebrew/**",),
        "scala": ("**/.cache/coursier/**", "**/.ivy2/cache/**", "**/.sbt/boot/**"),
        "bun": ("**/.bun/install/cache/**",),
        "cpan": ("**/.cpan/build/**", "**/.cpan/sources/**", "**/.cpanm/**"),
        "languages": (
            "**/.hex/packages/**",
            "**/.cache/rebar3/**",
            "**/.opam/download-cache/**",
            "**/.cabal/packages/**",
            "**/.cache/cabal/packages/**",
        ),
        "compilers": (
            "**/.ccache/**",
            "**/.cache/ccache/**",
            "**/.cache/sccache/**",
            "**/.cache/bazel/**",
            "**/.cache/golangci-lint/**",
        ),
        "javascript": ("**/node_modules/.cache/**", "**/.next/cache/**", "**/.angular/cache/**"),
        "python": (
            "**/.mypy_cache/**",
            "**/.pytest_cache/**",
            "**/.ruff_cache/**",
            "**/.tox/**",
            "**/.nox/**",
            "**/.cache/pre-commit/**",
        ),
    }
    messages = {
        "nuget": "packages that NuGet downloaded are stored",
        "homebrew": "downloads of Homebrew are stored",
        "scala": "artifacts that Coursier, sbt or Ivy downloaded are stored",
        "bun": "the cache of Bun is stored",
        "cpan": "sources and build directories of CPAN are stored",
        "languages": "packages that a package manager downloaded are stored",
        "compilers": "a cache of compiled results is stored",
        "javascript": "caches of JavaScript build tools are stored",
        "python": "caches or environments of Python's development tools are stored",
    }
    fixes = {
        "nuget": Fix(
            "publish in another stage, or mount a cache",
            "RUN --mount=type=cache,target=/root/.nuget/packages dotnet publish -c Release -o /app",
        ),
        "homebrew": Fix(
            "clean up in the instruction that runs brew",
            'RUN brew install FORMULA && brew cleanup --prune=all -s && rm -rf "$(brew --cache)"',
        ),
        "scala": Fix(
            "build in another stage, or mount a cache",
            "RUN --mount=type=cache,target=/root/.cache/coursier sbt assembly",
        ),
        "bun": Fix(
            "mount a cache",
            "RUN --mount=type=cache,target=/root/.bun/install/cache bun install --production",
        ),
        "cpan": Fix(
            "remove it in the instruction that installs",
            "RUN cpanm --notest MODULE && rm -rf /root/.cpanm /root/.cpan",
        ),
        "languages": Fix("build in another stage, or mount a cache at this directory"),
        "compilers": Fix(
            "build in another stage, or mount a cache",
            'RUN --mount=type=cache,target=/root/.cache/ccache make CC="ccache gcc"',
        ),
        "javascript": Fix(
            "build in another stage, or mount a cache",
            "RUN --mount=type=cache,target=/src/node_modules/.cache npm run build",
        ),
        "python": Fix(
            "remove them in the instruction that runs these tools, and name them in .dockerignore: "
            "**/.mypy_cache, **/.pytest_cache, **/.ruff_cache, **/.tox, **/.nox"
        ),
    }
