"""From a history, or from experience, to how often what a COPY takes changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from layerscope.advice.context import ContextFiles, matches_source, source_pattern
from layerscope.advice.history import History
from layerscope.advice.known import Known

__all__ = ["rate_of_sources", "states_of_sources"]

_LOCKS = re.compile(
    r"(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|Pipfile\.lock"
    r"|Cargo\.lock|go\.sum|composer\.lock|Gemfile\.lock|bun\.lockb?)$"
)
_MANIFESTS = re.compile(
    r"(?:package\.json|requirements[^/]*\.txt|pyproject\.toml|setup\.(?:py|cfg)|Pipfile|Cargo\.toml|go\.mod"
    r"|composer\.json|Gemfile|pom\.xml|build\.gradle(?:\.kts)?|[^/]*\.csproj|\.npmrc|\.yarnrc(?:\.yml)?)$"
)
_SETTINGS = re.compile(
    r"\.(?:sh|conf|cfg|ini|ya?ml|json|toml|properties|xml|service|env|list|repo|gpg|pem|crt)$"
)
_ARTIFACTS = re.compile(
    r"\.(?:jar|war|ear|tar|tgz|tar\.\w+|zip|whl|so|exe|dll)$|(?:^|/)(?:target|dist|build|out|bin|publish)(?:/|$)"
)
_SOURCE, _LOCK, _MANIFEST, _SETTING, _ARTIFACT = 0.95, 0.2, 0.06, 0.1, 0.95
"""Shares of builds, as replays of public repositories gave them."""


def states_of_sources(sources: Sequence[str], history: History, known: Known) -> Sequence[int]:
    """A number for each commit, equal where all that these sources of a COPY take is equal.

    What git does not know is made before each build, and so is another one each time; all of the context is
    where `.git` is sent with it.
    """
    every = range(len(history.commits))
    columns: list[Sequence[int]] = []
    for source in sources:
        if not source_pattern(source) and known.repository_in_context:
            return every
        takes = _taking(source, known)
        if any(takes(path) for path in history.tracked):
            columns.append(history.states(takes))
        elif source_pattern(source):
            return every
    if not columns:
        return [0] * len(history.commits)
    return columns[0] if len(columns) == 1 else [hash(joint) for joint in zip(*columns, strict=True)]


def _taking(source: str, known: Known) -> Callable[[str], bool]:
    matches, ignored = matches_source(source), known.ignored
    return lambda path: matches(path) and not ignored(path)


def rate_of_sources(sources: Sequence[str], context: ContextFiles | None) -> float:
    """The share of builds in which one of these sources of a COPY usually changes."""
    kept = 1.0
    for source in sources:
        kept *= 1 - _rate_of(source, context)
    return 1 - kept


def _rate_of(source: str, context: ContextFiles | None) -> float:
    path = source_pattern(source)
    if _LOCKS.search(path):
        return _LOCK
    if _MANIFESTS.search(path):
        return _MANIFEST
    if _ARTIFACTS.search(path):
        return _ARTIFACT
    if _SETTINGS.search(path):
        return _SETTING
    if context is not None and path in context.paths:
        return 0.3
    return _SOURCE
