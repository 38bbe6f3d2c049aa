"""Gathers what is known around a Dockerfile, and asks for advice."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from layerscope.advice.advise import Advice, Known, advise
from layerscope.advice.context import ContextFiles, git_reader, source_pattern
from layerscope.advice.costs import seconds_in_log
from layerscope.advice.history import History
from layerscope.advice.suggestions.registry import known_kinds
from layerscope.advice.volatility import Volatility
from layerscope.analysis.analyze import Analysis
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.ignore import (
    NOTHING_IGNORED,
    Inheritance,
    ignore_file_names,
    read_ignore_rules,
)
from layerscope.dockerfile.syntax import Dockerfile
from layerscope.errors import LimitExceeded, SourceNotFound, UsageError
from layerscope.image.image import Image
from layerscope.notices import Notice, NoticeLog, Severity
from layerscope.workspace.context import directory_bytes, read_context, volatile_arguments
from layerscope.workspace.git import NoHistory, Repository, find_repository

__all__ = ["PROFILES", "Consultation", "Question", "consult"]

PROFILES = ("auto", Builder.BUILDKIT, Builder.CLASSIC, Builder.BUILDAH)
"""Whose cache is meant; `auto` asks the image's history, and takes BuildKit where that does not tell."""

_MOST_IGNORE_BYTES = 1 << 20
_MOST_LOG_BYTES = 256 << 20
_PASSED = re.compile(r"(?:RUN )?\|([0-9]{1,4}) ")
_VERSION = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Question:
    """What advice is asked for."""

    dockerfile: Dockerfile
    path: Path
    """Of the Dockerfile."""
    context: Path | None = None
    target: str = ""
    build_args: Mapping[str, str] | None = None
    profile: str = "auto"
    commits: int = 300
    """How many of the last commits are replayed."""
    log: Path | None = None
    """Of a build, as BuildKit writes it with `--progress=rawjson` or `plain`."""
    volatile: Sequence[str] = ()
    """Build arguments that change with every build."""
    steady: Sequence[str] = ()
    """Build arguments that do not, whatever their names say."""
    kinds: Sequence[str] = ()
    """Kinds of suggestions that are wanted in the proposals, whatever they change."""
    only: bool = False
    """Whether nothing but these is wanted, no order either."""


@dataclass(frozen=True, slots=True)
class Consultation:
    """The advice, and what it rests on."""

    question: Question
    advice: Advice
    notices: tuple[Notice, ...]
    """What could not be taken into account."""
    repository: Repository | None
    known: Known
    ignore_path: Path | None = None
    """The ignore file that counts, or the one that would be made; None without a context."""


def consult(question: Question, analysis: Analysis | None) -> Consultation:
    """Read the context and its history, and find the best safe order.

    `analysis` is that of an image that the Dockerfile made, with its lines; None if there is none. Raises
    what reading the context raises, and DockerfileError.
    """
    log = NoticeLog()
    image = _usable(analysis, log)
    repository, history = _history(question, log)
    profile = _profile(question.profile, image)
    ignore_file, ignore_text, ignored = _ignored(question, profile)
    has_repository = _has_repository(question.context, ignored)
    context = read_context(question.context, ignored) if question.context is not None else None
    if context is not None:
        context = replace(context, repository=has_repository)
    else:
        what = "no build context was given: which files a COPY takes, and what manifests hold, is not known"
        log.add("context-not-given", Severity.INFO, what)
    tools, tool_bytes = _tools_for_building(analysis) if analysis is not None and image else ((), 0)
    ignore_path = question.context / (ignore_file or ".dockerignore") if question.context else None
    known = Known(
        image=image,
        readings=tuple(layer.reading for layer in analysis.layers) if analysis is not None and image else (),
        context=context,
        history=history,
        ignored=ignored,
        volatility=_volatility(question, image, repository),
        log=_log(question.log),
        build_args=question.build_args or {},
        profile=profile,
        repository_in_context=has_repository,
        repository_bytes=_repository_bytes(question.context, ignored),
        ignore_file=_patch_path(repository, ignore_path) if ignore_path else "",
        ignore_name=ignore_file,
        ignore_text=ignore_text,
        kinds=known_kinds(question.kinds),
        only=question.only,
        builder_version=_builder_version(image),
        tools_for_building=tools,
        tool_bytes=tool_bytes,
    )
    path = _patch_path(repository, question.path)
    found = advise(question.dockerfile, known, target=question.target, path=path)
    if context is not None and has_repository and _takes_all(question.dockerfile):
        proposed = any(".git" in each.suggestion.ignores for each in found.suggestions)
        log.add("git-in-context", Severity.INFO, _about_git(question, context, proposed=proposed))
    return Consultation(question, found, log.notices(), repository, known, ignore_path)


def _patch_path(repository: Repository | None, path: Path) -> str:
    """How a patch calls a file."""
    return repository.path_of(path) if repository else _plain_path(path)


def _usable(analysis: Analysis | None, log: NoticeLog) -> Image | None:
    """The image, if its history is that of the Dockerfile."""
    if analysis is None:
        what = (
            "no image was given: what tools read and write is taken from knowledge of them, not from layers"
        )
        log.add("image-not-given", Severity.INFO, what)
        return None
    log.extend(analysis.notices)
    match = analysis.image.dockerfile
    if match is None or not match.matched:
        what = "the image's layers prove nothing of this Dockerfile: their history does not agree with it"
        log.add("advice-without-layers", Severity.WARNING, what)
        return None
    return analysis.image


def _history(question: Question, log: NoticeLog) -> tuple[Repository | None, History | None]:
    directory = question.context or question.path.parent
    try:
        repository = find_repository(directory)
    except NoHistory as error:
        log.add("no-git-history", Severity.INFO, f"context {directory}: {error}: changes are guessed")
        return None, None
    if question.context is None:
        return repository, None
    try:
        history = repository.history(question.commits)
        shallow = len(history.commits) < 2 and repository.is_shallow()
    except NoHistory as error:
        log.add("no-git-history", Severity.INFO, f"context {directory}: {error}: changes are guessed")
        return repository, None
    if len(history.commits) < 2:  # the files that it tracks are known all the same
        why = "one commit only" + (", the clone is shallow (git fetch --unshallow)" if shallow else "")
        log.add("no-git-history", Severity.INFO, f"context {directory}: {why}: changes are guessed")
    return repository, history


def _ignored(question: Question, builder: Builder) -> tuple[str, str, Callable[[str], bool]]:
    """The ignore file that the builder would take: its path in the context, its text, what it leaves out."""
    if question.context is None:
        return "", "", NOTHING_IGNORED.ignores
    inheritance = Inheritance.SAME_DEPTH if builder is Builder.BUILDAH else Inheritance.ALL
    inside = Path(os.path.relpath(question.path.absolute(), question.context.absolute())).as_posix()
    for name in ignore_file_names(builder, inside):
        path = question.context / name
        if path.is_file():
            try:
                with path.open("rb") as file:
                    text = file.read(_MOST_IGNORE_BYTES + 1)
            except OSError as error:
                raise SourceNotFound(f"{path}: {error.strerror or error}") from error
            if len(text) > _MOST_IGNORE_BYTES:
                raise LimitExceeded(f"{path}: more than {_MOST_IGNORE_BYTES:,} bytes")
            rules = read_ignore_rules(text, str(path), inheritance)
            return name, text.decode("utf-8", "surrogateescape"), rules.ignores
    return "", "", NOTHING_IGNORED.ignores


def _about_git(question: Question, context: ContextFiles, *, proposed: bool) -> str:
    """What to do about `.git` in the context: an entry of .dockerignore changes what a broad COPY takes."""
    what = (
        f"context {question.context}: .git is sent to the builder, so that COPY of all misses at every commit"
    )
    if proposed:
        return f"{what}; a line for .dockerignore is among the suggestions"
    reader = git_reader(context, question.dockerfile.text)
    if reader:
        return f"{what}; it seems to be read ({reader}), so leave it, or copy less"
    return f"{what}; name it in .dockerignore if no build reads it"


def _takes_all(dockerfile: Dockerfile) -> bool:
    """Whether a COPY takes the whole context: no other one has to do with `.git`."""
    return any(
        instruction.keyword in ("COPY", "ADD")
        and instruction.flag("from") is None
        and any(not source_pattern(word.text) for word in instruction.words[:-1])
        for instruction in dockerfile.instructions
    )


def _has_repository(context: Path | None, ignored: Callable[[str], bool]) -> bool:
    return context is not None and (context / ".git").exists() and not ignored(".git/HEAD")


def _tools_for_building(analysis: Analysis) -> tuple[tuple[str, ...], int]:
    """Packages for building that LS140 finds in the image, and their content bytes."""
    from layerscope.rules.evidence import Evidence  # noqa: PLC0415  # few ask
    from layerscope.rules.waste.ls140_build_tools import BuildTools  # noqa: PLC0415

    evidence = Evidence(analysis, {})
    drafts = [draft for draft in BuildTools().check(evidence) if draft.severity is None]
    names = [name for draft in drafts for name in draft.message.partition(": ")[2].split(", ")]
    inodes = {inode for draft in drafts for inode in draft.inodes}
    return tuple(names), sum(map(evidence.size, inodes))


def _repository_bytes(context: Path | None, ignored: Callable[[str], bool]) -> int | None:
    """What `.git` adds to what is sent; None where it is not sent."""
    return directory_bytes(context / ".git") if context and _has_repository(context, ignored) else None


def _builder_version(image: Image | None) -> tuple[int, ...]:
    """Of the buildah that made the image, which says so in a label."""
    config = image.config.config if image is not None else None
    found = _VERSION.match(((config and config.Labels) or {}).get("io.buildah.version", ""))
    return tuple(map(int, found.groups())) if found else ()


def _volatility(question: Question, image: Image | None, repository: Repository | None) -> Volatility:
    both = set(question.volatile) & set(question.steady)
    if both:
        raise UsageError(f"{min(both)}: both volatile and steady")
    passed: dict[str, str] = {}
    for directory in dict.fromkeys(filter(None, (question.context, repository.top if repository else None))):
        passed |= {name: file for name, file in volatile_arguments(directory).items() if name not in passed}
    return Volatility(
        frozenset(question.volatile), frozenset(question.steady), passed, _values_of(image) if image else {}
    )


def _values_of(image: Image) -> dict[str, str]:
    """Build arguments that RUNs were given, as the history shows them: `|2 A=1 B=2 /bin/sh -c …`."""
    values: dict[str, str] = {}
    for entry in image.history:
        found = _PASSED.match(entry.created_by)
        if found:
            words = entry.created_by[found.end() :].split(" ", int(found[1]))
            values |= dict(word.partition("=")[::2] for word in words[: int(found[1])] if "=" in word)
    return values


def _log(path: Path | None) -> dict[str, float]:
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_LOG_BYTES + 1)
    except OSError as error:
        raise SourceNotFound(f"log {path}: {error.strerror or error}") from error
    if len(content) > _MOST_LOG_BYTES:
        raise LimitExceeded(f"log {path}: more than {_MOST_LOG_BYTES:,} bytes")
    return seconds_in_log(content.decode("utf-8", "replace"))


def _profile(asked: str, image: Image | None) -> Builder:
    """The builder whose cache counts."""
    if asked not in PROFILES:
        raise UsageError(f"builder {asked}: not one of {', '.join(PROFILES)}")
    if asked != "auto":
        return Builder(asked)
    builders = [entry.builder for entry in image.history] if image else []
    known = {"docker": Builder.CLASSIC, "buildah": Builder.BUILDAH, "buildkit": Builder.BUILDKIT}
    return next((known[builder] for builder in reversed(builders) if builder in known), Builder.BUILDKIT)


def _plain_path(path: Path) -> str:
    """How a patch calls a file that is in no repository: relative to where one is, else by its name."""
    return path.name if path.is_absolute() else path.as_posix().removeprefix("./")
