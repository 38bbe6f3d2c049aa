"""A RUN that downloads dependencies and compiles: a download of its own could stand above the sources (T3).

It is advice, with a sketch and no patch: the download is a command that the file does not have, and may fetch
more than the build does. It is made only where the manifests that the download reads are a closed set.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence

from layerscope.advice.context import ContextFiles, source_pattern
from layerscope.advice.elements import Element
from layerscope.advice.footprint import Ecosystem, Install
from layerscope.advice.independence import Trust
from layerscope.advice.manifests import manifests_of
from layerscope.advice.paths import is_within, resolve
from layerscope.advice.shell import Command, read_commands
from layerscope.advice.split import manifest_copies
from layerscope.advice.suggestions.base import Reason, Suggestion, Transformation
from layerscope.advice.suggestions.scene import Scene, StagePart

__all__ = ["SeparateDownload"]

_LEAST_MISSES = 0.05
_MAVEN = frozenset({"package", "verify", "install", "compile", "test", "deploy"})
_GRADLE = frozenset({"build", "assemble", "bootJar", "bootWar", "jar", "shadowJar", "installDist", "war"})
_SIGNS = ("go-offline", "go mod download", "cargo fetch", "cargo chef", "dotnet restore", "--no-root")
"""What shows that a stage downloads apart already, in a way that is not read here."""

_MANIFEST_EDITS = re.compile(
    r"\bgo\s+(?:mod\s+(?:edit|tidy|init)|get|work)\b|\bversions:(?:set|use)|\bdotnet\s+add\b"
    r"|\b(?:poetry|uv)\s+(?:add|remove|lock)\b|\bcomposer\s+(?:require|remove|update|config)\b"
    r"|\bsed\s+(?:-\S+\s+)*-\S*i"
)
"""Commands that change manifests in front of the build: a download above them would read others, or fail."""


class SeparateDownload(Transformation):
    """Say how dependencies are downloaded above the sources."""

    kind = "separate-download"
    rank = 92

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One for each RUN."""
        for part in scene.parts:
            if any(sign in element.text for element in part.elements for sign in _SIGNS):
                continue
            for place, run in enumerate(part.elements):
                found = _suggestion(scene, part, place, run)
                if found is not None:
                    yield found


def _suggestion(scene: Scene, part: StagePart, place: int, run: Element) -> Suggestion | None:
    source, context = run.source, scene.context
    if run.keyword != "RUN" or source is None or source.exec_form or source.heredocs or context is None:
        return None
    if _MANIFEST_EDITS.search(" ".join(each.text for each in part.elements[: place + 1])):
        return None
    if source.flags or part.missed[place] - part.own_missed[place] < _LEAST_MISSES:
        return None
    for directory, command in _commands(run, part.elements[:place], context):
        download = _download(command)
        if download is None or not directory:
            continue
        ecosystem, words = download
        earlier = [each for other in part.elements[:place] for each in other.footprint.installs]
        broad = _broad(part.elements[:place], directory)
        if broad is None or any(each.ecosystem == ecosystem for each in earlier):
            continue
        install = Install(ecosystem, directory, words)
        found = manifests_of(install, context, _prefix(broad, directory))
        if not found.refusal and found.files:
            return _advice(part, run, broad, _called(run, directory, words), found.files)
    return None


def _called(run: Element, directory: str, words: Sequence[str]) -> str:
    """The command as a RUN in the same place has it."""
    command = " ".join(words)
    return command if directory == run.directory else f"cd {directory} && {command}"


def _advice(
    part: StagePart, run: Element, broad: Element, command: str, files: Sequence[str]
) -> Suggestion | None:
    copies = manifest_copies(broad, files)
    if not copies:
        return None
    named = ", ".join(files[:4]) + (", and more" if len(files) > 4 else "")
    lines = [*copies, f"RUN {command}", f"{broad.keyword} {' '.join(broad.text.split())}"]
    return Suggestion(
        kind=SeparateDownload.kind,
        stage=part.stage.label,
        lines=(run.line, broad.line),
        what=f"download what the RUN of line {run.line} needs above line {broad.line}: {command}",
        reasons=(
            Reason("R11", f"that reads {named}, and no source"),
            Reason("R17", "it is another command, which may download more than the build does"),
        ),
        trust=Trust.UNVERIFIED,
        sketch="".join(f"{line}\n" for line in lines),
    )


def _commands(
    run: Element, earlier: Sequence[Element], context: ContextFiles
) -> Iterator[tuple[str, Command]]:
    """The simple commands of a RUN, and of scripts of the context that it calls, each with the directory that
    it is called in."""
    directory = resolve(".", run.directory)
    for command in read_commands(run.text, run.environment) or ():
        if command.words[:1] == ("cd",):
            directory = resolve(command.words[1], directory or "/") if len(command.words) == 2 else ""
        elif command.words:
            yield directory, command
            for each in _scripted(run, command, directory, earlier, context):
                yield directory, each


def _scripted(
    run: Element, command: Command, directory: str, earlier: Sequence[Element], context: ContextFiles
) -> Iterator[Command]:
    """The simple lines of a script that is called, if it is one of the context and stays in its directory."""
    called = command.words[1:2] if command.words[0] in ("sh", "bash") else command.words[:1]
    if not called or not called[0].endswith(".sh"):
        return
    place, _, name = resolve(called[0], directory).rpartition("/") if directory else ("", "", "")
    broad = _broad(earlier, place or "/")
    text = context.text(posixpath.join(_prefix(broad, place or "/"), name)) if broad is not None else None
    for line in (text or "").splitlines():
        for each in read_commands(line, run.environment) or ():
            if each.words[:1] in (("cd",), ("pushd",)):
                return
            if each.words:
                yield each


def _broad(elements: Sequence[Element], directory: str) -> Element | None:
    """The last COPY of all sources into, or above, a directory."""
    for element in reversed(elements):
        copy = element.copy
        if copy is not None and copy.destination and is_within(directory, copy.destination):
            return element if copy.is_broad and copy.takes_directory else None
    return None


def _prefix(broad: Element, directory: str) -> str:
    copy = broad.copy
    assert copy is not None
    relative = posixpath.relpath(directory, copy.destination)
    prefix = posixpath.normpath(posixpath.join(source_pattern(copy.sources[0]), relative))
    return "" if prefix == "." else prefix


_Download = tuple[str, tuple[str, ...]]


def _download(command: Command) -> _Download | None:
    """What only downloads, for what also compiles or installs the project."""
    words = command.words
    known = _DOWNLOADS.get(words[0])
    return None if known is None or command.globs else known(words)


def _operands(words: Sequence[str]) -> list[str]:
    return [word for word in words[1:] if not word.startswith("-")]


def _maven(words: Sequence[str]) -> _Download | None:
    if not _MAVEN & set(words) or any(word in ("-f", "-s", "-pl") for word in words):
        return None
    return Ecosystem.MAVEN, (words[0], "-B", "dependency:go-offline")


def _gradle(words: Sequence[str]) -> _Download | None:
    tasks = {word.rpartition(":")[2] for word in _operands(words)}
    return (Ecosystem.GRADLE, (words[0], "--no-daemon", "dependencies")) if _GRADLE & tasks else None


def _go(words: Sequence[str]) -> _Download | None:
    builds = words[1:2] in (("build",), ("install",), ("test",)) and not any("@" in word for word in words)
    return (Ecosystem.GO, ("go", "mod", "download")) if builds and "-mod=vendor" not in words else None


def _dotnet(words: Sequence[str]) -> _Download | None:
    operands = _operands(words)
    if operands[:1] not in (["build"], ["publish"]) or "--no-restore" in words:
        return None
    named = [word for word in operands[1:2] if word.endswith(("proj", ".sln", ".slnx"))]
    return Ecosystem.DOTNET, ("dotnet", "restore", *named)


def _poetry(words: Sequence[str]) -> _Download | None:
    if words[1:2] != ("install",) or "--no-root" in words:
        return None
    return Ecosystem.POETRY, ("poetry", "install", "--no-root", *words[2:])


def _uv(words: Sequence[str]) -> _Download | None:
    if words[1:2] != ("sync",) or any(word.startswith("--no-install") for word in words):
        return None
    return Ecosystem.UV, ("uv", "sync", "--no-install-project", *words[2:])


def _composer(words: Sequence[str]) -> _Download | None:
    flags = ("--no-scripts", "--no-autoloader")
    if words[1:2] != ("install",) or all(flag in words for flag in flags):
        return None
    return Ecosystem.COMPOSER, (*words, *(flag for flag in flags if flag not in words))


_DOWNLOADS: dict[str, Callable[[Sequence[str]], _Download | None]] = {
    **dict.fromkeys(("mvn", "./mvnw"), _maven),
    **dict.fromkeys(("gradle", "./gradlew"), _gradle),
    "go": _go,
    "dotnet": _dotnet,
    "poetry": _poetry,
    "uv": _uv,
    "composer": _composer,
}
"""Program to the download that is a part of what it does. Cargo has none that does without sources."""
