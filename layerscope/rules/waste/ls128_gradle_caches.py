"""Caches of Gradle.

## What it finds

What Gradle keeps in its home, `~/.gradle`: dependencies and build results (`caches`), distributions that the
wrapper downloaded (`wrapper/dists`), downloaded JDKs (`jdks`), native libraries and logs of its daemon.

## Why it matters

It is some hundred megabytes, and the packaged program needs none of it to run.

## How to fix it

Build in one stage and copy the package into another; a cache mount makes the next build faster:

    FROM gradle:jdk21 AS build
    WORKDIR /src
    COPY . .
    RUN --mount=type=cache,target=/home/gradle/.gradle gradle --no-daemon build

    FROM eclipse-temurin:21-jre
    COPY --from=build /src/build/libs/app.jar /app.jar
"""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.finding import Fix

__all__ = ["GradleCaches"]


class GradleCaches(CacheRule):
    """Live files in those directories of Gradle's home that it makes by itself."""

    id = "LS128"
    name = "gradle-caches"
    patterns = {
        "caches": (
            "**/.gradle/caches/**",
            "**/.gradle/wrapper/dists/**",
            "**/.gradle/daemon/**",
            "**/.gradle/native/**",
            "**/.gradle/jdks/**",
        )
    }
    messages = {"caches": "dependencies, distributions or build results of Gradle are stored"}
    fixes = {
        "caches": Fix(
            "build in another stage and copy the package from it, or mount a cache",
            "RUN --mount=type=cache,target=/root/.gradle ./gradlew --no-daemon build",
        )
    }
