"""What package managers share: an install as a command has it, and the closed set of files that it reads.

An install may go above the sources only with a **closed** set of files: scripts that it would run, local
packages, and files that its manifests name would be missing otherwise, and the build would break.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from layerscope.advice.context import ContextFiles
from layerscope.advice.footprint import Ecosystem, Footprint, Install
from layerscope.advice.paths import NOTHING, Paths

__all__ = [
    "COMMON",
    "Finder",
    "Installer",
    "Manifests",
    "Project",
    "by_name",
    "called_script",
    "closure",
    "installed",
    "names_only",
    "options_of",
    "refused",
    "within",
    "written_below",
]

_NAME = re.compile(r"[A-Za-z0-9][\w-]*(?:(?::|-|@|==?)[\w.]+)?")
_NAME_ALONE = re.compile(r"[A-Za-z0-9][A-Za-z_]*")

COMMON = frozenset({"/usr", "/lib", "/lib64", "/bin", "/etc", "/root", "/var", "/tmp"})  # noqa: S108
"""Where every package manager reads its settings, and keeps its caches and what it installs for all."""


@dataclass(frozen=True, slots=True)
class Manifests:
    """Files of the context that an install reads, or why that cannot be said."""

    files: tuple[str, ...] = ()
    refusal: str = ""
    outputs: tuple[str, ...] | None = None
    """Paths of the context at which the install writes; None for those that its footprint has."""
    certain: bool = True
    """False where it rests on reading a program, such as a build script: then a build has to verify it."""


Installer = Callable[[Sequence[str], str], Footprint | None]
"""From the words of a command and the directory that it runs in (empty: not known); None where the arguments
ask for something that is not known."""


@dataclass(frozen=True, slots=True)
class Project:
    """Files of a context, as an install sees them that runs in its directory `prefix` (empty: its root)."""

    context: ContextFiles
    prefix: str

    def place(self, *names: str) -> str:
        """A path of the context, from one that counts from the directory."""
        return posixpath.normpath(posixpath.join(self.prefix, *names))

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return self.place(name) in self.context.paths

    def text(self, name: str) -> str | None:
        """A file's text; None if it is not there, or no text."""
        return self.context.text(self.place(name))

    def present(self, *names: str) -> tuple[str, ...]:
        """Those of these files that are there."""
        return tuple(self.place(name) for name in names if self.has(name))

    def below(self, name: str) -> tuple[str, ...]:
        """All files in a directory, sorted."""
        start = self.place(name) + "/"
        return tuple(sorted(path for path in self.context.paths if path.startswith(start)))

    def above(self) -> Iterator[Project]:
        """The project as seen from here, then from each directory above, up to the root of the context."""
        prefix = "" if self.prefix == "." else self.prefix
        while True:
            yield Project(self.context, prefix)
            if not prefix:
                return
            prefix = posixpath.dirname(prefix)

    def at(self, directory: str) -> Project:
        """The project in another directory, which counts from this one."""
        found = self.place(directory)
        return Project(self.context, "" if found == "." else found)


Finder = Callable[[Install, Project], Manifests]
"""Finds the closed set of an install."""


def refused(why: str) -> Manifests:
    """No closed set is known."""
    return Manifests(refusal=why)


def within(path: str) -> bool:
    """Whether a path of the context, normalized, does not lead out of it."""
    return not path.startswith(("../", "/")) and path != ".."


_MOST_FILES = 60
"""Manifests that name one another; a patch that copies more of them nobody wants to read."""


def closure(
    project: Project, first: str, read: Callable[[Project, str], tuple[list[str], str]]
) -> tuple[list[str], str]:
    """The manifest `first` and all that are reached from it, as they are named; or why that is not known.

    `read` gives what the manifest at a path names, and a reason where that cannot be said.
    """
    pending, found = [first], list[str]()
    while pending:
        path = pending.pop(0)
        if path in found:
            continue
        found.append(path)
        if len(found) > _MOST_FILES:
            return [], f"more than {_MOST_FILES} manifests name one another"
        named, why = read(Project(project.context, posixpath.dirname(path)), path)
        if why:
            return [], why
        pending += named
    return found, ""


def called_script(
    install: Install, project: Project, known: re.Pattern[str], unknown: re.Pattern[str]
) -> tuple[tuple[str, ...], str]:
    """The script of the sources that calls an install (`bin/bundle`), if one does; or why it is not known.

    Its text has to have what is `known`, and nothing of what is `unknown`.
    """
    if "/" not in install.words[0]:
        return (), ""
    place = project.place(install.words[0])
    text = project.text(install.words[0])
    if text is None:
        return (), f"{place} is not in the context, or no text"
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    if not known.search(text) or unknown.search(code):
        return (), f"{place} is a script that may read the sources"
    return (place,), ""


def written_below(directory: str, names: Iterable[str]) -> Paths:
    """These names in a directory."""
    return Paths(frozenset(f"/{name}" if directory == "/" else f"{directory}/{name}" for name in names))


def options_of(words: Sequence[str], valued: frozenset[str] = frozenset()) -> tuple[list[str], list[str]]:
    """Options and operands of a command behind its name; those in `valued` take the next word with them."""
    options: list[str] = []
    operands: list[str] = []
    rest = list(words[1:])
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-":
            operands.append(word)
            continue
        options.append(word)
        if word in valued and rest:
            options[-1] = f"{word}={rest.pop(0)}"
    return options, operands


def by_name(words: Sequence[str], names: Sequence[str], directory: str, where: Paths) -> Footprint | None:
    """An install of packages by their names. The tool takes a file of that name instead, where the working
    directory has one: so it counts as an install with manifests, of which there must be none."""
    if not names or not all(map(_NAME.fullmatch, names)):
        return None
    return installed(Ecosystem.BY_NAME, (words[0], *names), directory, where=where, outputs=NOTHING)


def names_only(install: Install, project: Project) -> Manifests:
    """No files, if the context has none that an install `by_name` would take for its package."""
    names = tuple(_NAME_ALONE.match(word)[0] for word in install.words[1:])  # type: ignore[index]  # as by_name saw
    for path in sorted(project.context.paths | project.context.ignored):
        directory, _, file = path.rpartition("/")
        if directory == project.prefix and file.startswith(names):
            return refused(f"{install.words[0]} would take {path} for the package")
    return Manifests(())


def installed(
    ecosystem: str,
    words: Sequence[str],
    directory: str,
    *,
    where: Paths,
    outputs: Paths,
    evaluates: bool = False,
) -> Footprint | None:
    """An install that reads manifests in `directory`, and works in `where`.

    `evaluates` says that its manifests are evaluated, so that they may name any variable.
    """
    if not directory:
        return None
    return Footprint(
        reads=where,
        writes=where,
        inputs=Paths(frozenset({directory})),
        outputs=outputs,
        exact=False,
        runs_own_code=evaluates,
        packages=True,
        downloads=True,
        installs=(Install(ecosystem, directory, tuple(words)),),
    )
