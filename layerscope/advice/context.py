"""The build context as builders see it: the files that .dockerignore leaves in it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["ContextFiles", "git_reader", "listed", "matches_source", "source_pattern"]

_Reader = Callable[[str], bytes | None]
_CARRIED = re.compile(
    r"(?:^|/)(?:[^/]*(?:Docker|Container)file[^/]*|\.github/.*|\.gitlab-ci\.yml|\.git/.*|[^/]*\.md)$"
)
"""Files that name build arguments and are not run in a build."""
_PROJECTS = re.compile(
    r"(?:.*/)?(?:pyproject\.toml|setup\.(?:py|cfg)|Cargo\.toml|build\.rs|package\.json|Makefile|pom\.xml|build\.gradle(?:\.kts)?"
    r"|settings\.gradle(?:\.kts)?|[^/]*\.(?:sh|props|targets|[a-z]+proj))"
)
_GIT_READERS = re.compile(
    r"setuptools[-_]scm|hatch[-_]vcs|versioneer|pbr\b|dunamai|vergen|goreleaser|git describe|git rev-parse"
    r"|git log|git-version|\b(?:car)?go (?:build|install)|\bdotnet (?:build|publish|pack|test)"
    r"|git-?commit-?id|buildnumber|jgitver|git-?properties|grgit|axion-release|nebula\.release|git-revision"
    r"|GitVersion|MinVer|Nerdbank\.GitVersioning"
)
"""Go and .NET put the commit into what they build, unless told otherwise; so may a build.rs for Cargo."""
_GLOB = frozenset("*?[\\")


@dataclass(frozen=True, slots=True)
class ContextFiles:
    """Files of the context, relative paths with `/`, those that are ignored left out."""

    paths: frozenset[str]
    read: _Reader
    """The content of one of them; None if it cannot be had."""
    ignored: frozenset[str] = frozenset()
    """Files that are there, but ignored."""
    size: Callable[[str], int] = lambda _: 0
    """Bytes of one of them; 0 where that cannot be had."""
    repository: bool = False
    """Whether `.git` is there, too, and not ignored."""

    def text(self, path: str) -> str | None:
        """A file as text; None if it is not there or no UTF-8."""
        if path not in self.paths:
            return None
        content = self.read(path)
        try:
            return None if content is None else content.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def mentions(self, name: str) -> bool:
        """Whether a file that may be run names a variable; also where that cannot be told."""
        wanted = name.encode()
        for path in self.paths:
            if _CARRIED.search(path):
                continue
            content = self.read(path)
            if content is None or wanted in content:
                return True
        return False

    def below(self, source: str) -> frozenset[str]:
        """Files that a source of COPY takes."""
        matches = matches_source(source)
        return frozenset(path for path in self.paths if matches(path))


def source_pattern(source: str) -> str:
    """A source of COPY as a normalized path of the context; empty for all of it."""
    path = posixpath.normpath("/" + source).lstrip("/")
    return "" if path == "." else path


def git_reader(context: ContextFiles, dockerfile: str) -> str:
    """What seems to read `.git` in a build (`pyproject.toml: hatch-vcs`); empty if nothing does."""
    texts = {path: context.text(path) or "" for path in sorted(context.paths) if _PROJECTS.fullmatch(path)}
    for path, text in {"the Dockerfile": dockerfile, **texts}.items():
        found = _GIT_READERS.search(text)
        if found:
            return f"{path}: {found[0]}"
    return ""


def matches_source(source: str) -> Callable[[str], bool]:
    """Whether a file of the context is, or is below, what a source names; `*`, `?` and `[…]` as in Go."""
    path = source_pattern(source)
    if not path:
        return lambda _: True
    if not _GLOB & set(path):
        return lambda name: name == path or name.startswith(path + "/")
    compiled = re.compile("/".join(_component(part) for part in path.split("/")) + "(?:/.*)?", re.DOTALL)
    return lambda name: compiled.fullmatch(name) is not None


def _component(part: str) -> str:
    """One component of a glob as an expression."""
    out: list[str] = []
    at = 0
    while at < len(part):
        character = part[at]
        if character == "*":
            out.append("[^/]*")
        elif character == "?":
            out.append("[^/]")
        elif character == "\\" and at + 1 < len(part):
            at += 1
            out.append(re.escape(part[at]))
        elif character == "[" and "]" in part[at + 1 :]:
            end = part.index("]", at + 1)
            inside = part[at + 1 : end]
            negated = inside.startswith("^")
            body = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside[negated:])
            out.append(f"[{'^' if negated else ''}{body}]" if body else re.escape(part[at : end + 1]))
            at = end
        else:
            out.append(re.escape(character))
        at += 1
    return "".join(out)


def listed(paths: Iterable[str], most: int = 3) -> str:
    """Some names for a message."""
    names = sorted(paths)
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
