"""From a history, or from experience, to how often each element's input changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from layerscope.advice.changes import ChangeModel, GuessedChanges, ReplayedChanges
from layerscope.advice.context import ContextFiles, matches_source, source_pattern
from layerscope.advice.elements import Element, Role
from layerscope.advice.history import History, weights_of
from layerscope.dockerfile.builders import Builder

__all__ = ["StageChanges", "Surroundings", "change_model"]

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
_SOURCE, _LOCK, _MANIFEST, _SETTING, _ARTIFACT, _REMOTE = 0.95, 0.2, 0.06, 0.1, 0.95, 0.02
"""Shares of builds, as replays of public repositories gave them."""


@dataclass(frozen=True, slots=True)
class StageChanges:
    """What a stage as a whole is to another one that continues it or copies from it."""

    states: Sequence[int] | None
    rate: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What inputs are taken from."""

    context: ContextFiles | None
    history: History | None
    ignored: Callable[[str], bool]
    repository_in_context: bool
    profile: Builder


_NO_CHANGES = StageChanges(None, 0.0)


def change_model(
    elements: Sequence[Element],
    around: Surroundings,
    stages: Mapping[str, StageChanges],
    below: StageChanges,
) -> tuple[ChangeModel, StageChanges]:
    """How often the inputs of these elements change, and the stage with them.

    `stages` are those that elements copy from, by what `--from` says; `below` is the one that this one
    continues.
    """
    history = around.history
    if history is None or len(history.commits) < 2:
        rates = [_rate(element, around, stages) for element in elements]
        guessed = GuessedChanges(rates, below.rate)
        return guessed, StageChanges(None, guessed.missed((1 << len(elements)) - 1))
    columns = [_states(element, history, around, stages) for element in elements]
    weights = weights_of(history.commits)
    replayed = ReplayedChanges(columns, weights, below.states)
    present = [column for column in (*columns, below.states) if column is not None]
    joint = [hash(states) for states in zip(*present, strict=True)] if present else None
    return replayed, StageChanges(joint, replayed.missed((1 << len(elements)) - 1))


def _counts(element: Element, profile: Builder) -> bool:
    """Whether a changing argument in an element's text changes what the builder compares."""
    if element.role is Role.METADATA:
        return profile == Builder.CLASSIC
    return not (profile == Builder.BUILDAH and element.keyword in ("ENV", "LABEL"))


def _states(
    element: Element, history: History, around: Surroundings, stages: Mapping[str, StageChanges]
) -> Sequence[int] | None:
    every = range(len(history.commits))
    if element.volatile and _counts(element, around.profile):
        return every
    columns: list[Sequence[int]] = []
    for source in _sources(element):
        if not source_pattern(source) and around.repository_in_context:
            return every
        takes = _taking(source, around)
        if any(takes(path) for path in history.tracked):
            columns.append(history.states(takes))
        elif source_pattern(source):
            return every  # it is made before each build
    for stage in _stages(element):
        found = stages.get(stage, _NO_CHANGES).states
        if found is not None:
            columns.append(found)
    if not columns:
        return None
    return columns[0] if len(columns) == 1 else [hash(joint) for joint in zip(*columns, strict=True)]


def _taking(source: str, around: Surroundings) -> Callable[[str], bool]:
    matches, ignored = matches_source(source), around.ignored
    return lambda path: matches(path) and not ignored(path)


def _sources(element: Element) -> Sequence[str]:
    if element.copy is not None:
        return element.copy.sources if element.copy.from_context else ()
    return element.mount_sources


def _stages(element: Element) -> Sequence[str]:
    if element.copy is not None:
        return (element.copy.stage,) if element.copy.stage else ()
    return element.mount_stages


def _rate(element: Element, around: Surroundings, stages: Mapping[str, StageChanges]) -> float:
    if element.volatile:
        return 1.0 if _counts(element, around.profile) else 0.0
    kept = 1.0
    for source in _sources(element):
        kept *= 1 - _rate_of(source, around.context)
    for stage in _stages(element):
        kept *= 1 - stages.get(stage, _NO_CHANGES).rate
    if element.copy is not None and element.copy.remote:
        kept *= 1 - _REMOTE
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
