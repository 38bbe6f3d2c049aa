"""Go modules: `go mod download` reads go.mod, go.sum, and the go.mod of each directory that replaces one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from layerscope.advice.ecosystems.base import COMMON, Manifests, Project, installed, refused, within
from layerscope.advice.footprint import Ecosystem, Footprint, Install
from layerscope.advice.paths import NOTHING, Paths

__all__ = ["FINDERS", "INSTALLERS"]

_GO = Paths(COMMON | {"/go/bin", "/go/pkg"})
_COMMENT = re.compile(r"//.*")
_LOCAL = re.compile(r"=>\s*(\"[^\"]*\"|`[^`]*`|\S+)")
_USE = re.compile(r"^\s*use\s*\(([^)]*)\)|^\s*use\s+(\S+)", re.MULTILINE)


def _go(words: Sequence[str], directory: str) -> Footprint | None:
    if list(words[1:3]) != ["mod", "download"] or len(words) > 4 or (len(words) == 4 and words[3] != "-x"):
        return None
    return installed(Ecosystem.GO, words, directory, where=_GO, outputs=NOTHING)


def _go_files(_install: Install, project: Project) -> Manifests:
    work = next((each for each in project.above() if each.has("go.work")), None)
    if work is not None:
        return _workspace(work)
    return _module(project)


def _module(project: Project) -> Manifests:
    """One module, with the go.mod of the directories that it replaces others by.

    Replacements in those are ignored by Go: only the main module's count.
    """
    files = [project.place("go.mod"), *project.present("go.sum")]
    for directory in _replaced(project.text("go.mod") or ""):
        place = project.place(directory, "go.mod")
        if directory.startswith("/") or not within(place):
            return refused(f"go.mod replaces a module by {directory}, which is outside of the context")
        files.append(place)
    return Manifests(tuple(dict.fromkeys(files)))


def _workspace(project: Project) -> Manifests:
    """A go.work, and the go.mod and go.sum of every module that it uses."""
    text = _COMMENT.sub("", project.text("go.work") or "")
    files = [project.place("go.work"), *project.present("go.work.sum")]
    used = [word.strip('"`') for many, one in _USE.findall(text) for word in (many or one).split()]
    directories = [*used, *_replaced(text)]
    for directory in directories:
        if directory.startswith("/") or not within(project.place(directory)):
            return refused(f"go.work uses {directory}, which is outside of the context")
    for directory in directories:
        found = _module(project.at(directory))
        if found.refusal:
            return found
        files += found.files
    return Manifests(tuple(dict.fromkeys(files)))


def _replaced(text: str) -> Iterator[str]:
    """Directories behind `=>`; a module behind it has a version."""
    for line in text.splitlines():
        for found in _LOCAL.findall(_COMMENT.sub("", line)):
            word = found.strip('"`')
            if word.startswith(("./", "../", "/")) or word in (".", ".."):
                yield word


INSTALLERS = {"go": _go}
"""Program to what an install of it does."""

FINDERS = {Ecosystem.GO: _go_files}
"""Which files an install reads."""
