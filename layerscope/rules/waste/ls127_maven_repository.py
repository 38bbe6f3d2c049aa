"""The local repository of Maven.

## What it finds

Artifacts and plugins that Maven downloaded (`~/.m2/repository`), and distributions that its wrapper
downloaded (`~/.m2/wrapper`).

## Why it matters

It holds each dependency of the program, which a packaged program brings along, and all plugins of the build,
which it never needs.

## How to fix it

Build in one stage and copy the package into another; a cache mount makes the next build faster:

    FROM maven:3-eclipse-temurin-21 AS build
    WORKDIR /src
    COPY . .
    RUN --mount=type=cache,target=/root/.m2/repository mvn -B package

    FROM eclipse-temurin:21-jre
    COPY --from=build /src/target/app.jar /app.jar

A mount over all of `/root/.m2` would hide `settings.xml`.
"""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.finding import Fix

__all__ = ["MavenRepository"]


class MavenRepository(CacheRule):
    """Live files in the local repository; `settings.xml` beside it is none of them."""

    id = "LS127"
    name = "maven-repository"
    patterns = {"repository": ("**/.m2/repository/**",), "wrapper": ("**/.m2/wrapper/**",)}
    messages = {
        "repository": "artifacts and plugins that Maven downloaded are stored",
        "wrapper": "distributions that Maven's wrapper downloaded are stored",
    }
    fixes = {
        "repository": Fix(
            "build in another stage and copy the package from it, or mount a cache",
            "RUN --mount=type=cache,target=/root/.m2/repository mvn -B package",
        ),
        "wrapper": Fix(
            "build in another stage and copy the package from it, or mount a cache",
            "RUN --mount=type=cache,target=/root/.m2/wrapper ./mvnw -B package",
        ),
    }
