"""`dotnet restore`: the project or solution, the projects that it references, and what MSBuild imports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from layerscope.advice.ecosystems.base import (
    COMMON,
    Manifests,
    Project,
    closure,
    installed,
    options_of,
    refused,
    within,
)
from layerscope.advice.footprint import Ecosystem, Footprint, Install
from layerscope.advice.paths import Paths
from layerscope.dockerfile.expand import UNKNOWN

__all__ = ["FINDERS", "INSTALLERS"]

_NET = Paths(COMMON | {"/home"})
_PLAIN = re.compile(
    r"--(?:locked-mode|no-cache|disable-parallel|force|use-current-runtime|ucr|no-http-cache|runtime=[\w.-]+"
    r"|arch=\w+|verbosity=\w+|nologo)|-a=\w+|-r=[\w.-]+|-v=?\w+|[-/]p:\w+=[\w.-]+|-nologo"
)
_VALUED = frozenset({"-r", "--runtime", "-a", "--arch", "-v", "--verbosity"})
_PROJECT = re.compile(r"\.(?:cs|fs|vb)proj$")
_SOLUTION = re.compile(r"\.slnx?$")
_IN_SOLUTION = re.compile(r'^Project\("[^"]*"\)\s*=\s*"[^"]*",\s*"([^"]+)"', re.MULTILINE)
_IN_SLNX = re.compile(r'<Project\s[^>]*Path="([^"]+)"')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_REFERENCE = re.compile(r'<ProjectReference\s[^>]*?(?:Include|Update)="([^"]*)"')
_IMPORT = re.compile(r'<Import\s[^>]*?Project="([^"]*)"')
_SDK = re.compile(r'<Project\s[^>]*?Sdk="([^"]*)"')
_ODD = re.compile(
    r"Exists\s*\(|\$\(\[|<RestoreSources>|<RestoreAdditionalProjectSources>|\bInitialTargets\b"
    r"|<Target\b[^>]*(?:Restore|CollectPackage|_Get)"
    r"|<BaseIntermediateOutputPath>|<MSBuildProjectExtensionsPath>|packages\.config"
)
_SOURCE = re.compile(r'<add\s[^>]*?value="([^"]*)"')
_AROUND = (
    *("global.json", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"),
    *("nuget.config", "NuGet.config", "NuGet.Config"),
)


def _dotnet(words: Sequence[str], directory: str) -> Footprint | None:
    """`dotnet restore`; what it writes beside each project is found with the projects."""
    if any(UNKNOWN in word for word in words):
        return None
    options, operands = options_of(words, _VALUED)
    if operands[:1] != ["restore"] or len(operands) > 2 or not all(map(_PLAIN.fullmatch, options)):
        return None
    return installed(
        Ecosystem.DOTNET, words, directory, where=_NET, outputs=Paths(frozenset({directory})), evaluates=True
    )


def _dotnet_files(install: Install, project: Project) -> Manifests:
    _, operands = options_of(install.words, _VALUED)
    start, why = _start(operands[1:], project)
    if why:
        return refused(why)
    files, why = closure(project, start, _one)
    if why:
        return refused(why)
    projects = [path for path in files if _PROJECT.search(path)]
    around, why = _around(project, projects)
    if why:
        return refused(why)
    places = [Project(project.context, path.rpartition("/")[0]) for path in projects]
    locks = [lock for place in places for lock in place.present("packages.lock.json")]
    outputs = tuple(place.place(name) for place in places for name in ("obj", "packages.lock.json"))
    outputs = tuple(path for path in outputs if path not in locks)
    return Manifests(tuple(dict.fromkeys((*files, *around, *locks))), outputs=outputs)


def _start(operands: Sequence[str], project: Project) -> tuple[str, str]:
    """The project or solution that is restored: the one that is named, else the only one that is there."""
    if operands:
        named = project.place(operands[0].replace("\\", "/"))
        if _PROJECT.search(named) or _SOLUTION.search(named):
            return (named, "") if within(named) else ("", f"{named} is outside of the context")
        project = project.at(operands[0])
    start = project.place("x").removesuffix("x")
    here = [
        path for path in project.context.paths if path.startswith(start) and "/" not in path[len(start) :]
    ]
    for kind in (_SOLUTION, _PROJECT):
        found = [path for path in here if kind.search(path)]
        if len(found) == 1:
            return found[0], ""
        if found:
            return "", f"there are several of {min(found)} and its like"
    return "", f"there is no project in {project.prefix or 'the context'}"


def _one(place: Project, path: str) -> tuple[list[str], str]:
    """The files that a project, a solution or an imported file names."""
    text = place.context.text(path)
    if text is None:
        return [], ""
    if _SOLUTION.search(path):
        named = [*_IN_SOLUTION.findall(text), *_IN_SLNX.findall(text)]
        projects = [each for each in named if _PROJECT.search(each)]
        odd = [each for each in named if re.search(r"\.\w+proj$", each) and not _PROJECT.search(each)]
        if odd:
            return [], f"{path} has {odd[0]}, which is not read here"
        return _resolved(place, path, projects)
    plain = _COMMENT.sub("", text)
    odd_text = _ODD.search(plain)
    if odd_text:
        return [], f"{path} may read other files ({odd_text[0].strip()})"
    sdks = _SDK.findall(plain)
    if any(not sdk.startswith("Microsoft.NET.Sdk") for sdk in sdks):
        return [], f"{path} has the SDK {sdks[0]}, which is not known"
    references = [each for listed in _REFERENCE.findall(plain) for each in listed.split(";") if each.strip()]
    return _resolved(place, path, [*references, *_IMPORT.findall(plain)])


def _resolved(place: Project, path: str, names: Sequence[str]) -> tuple[list[str], str]:
    found: list[str] = []
    for name in names:
        wanted = name.strip().replace("$(MSBuildThisFileDirectory)", "").replace("\\", "/")
        if "$(" in wanted or "*" in wanted or wanted.startswith("/"):
            return [], f"{path} names {name}, which is not read here"
        resolved = place.place(wanted)
        if not within(resolved):
            return [], f"{path} names {name}, which is outside of the context"
        found.append(resolved)
    return found, ""


def _around(project: Project, projects: Sequence[str]) -> tuple[list[str], str]:
    """What MSBuild and NuGet look for in the directories of projects and above."""
    found: list[str] = []
    starts = [project, *(Project(project.context, path.rpartition("/")[0]) for path in projects)]
    pending = [file for start in starts for each in start.above() for file in each.present(*_AROUND)]
    while pending:
        path = pending.pop(0)
        if path in found:
            continue
        found.append(path)
        text = _COMMENT.sub("", project.context.text(path) or "")
        if path.lower().endswith("nuget.config"):
            local = [value for value in _sources(text) if not value.startswith(("https://", "http://"))]
            if local:
                return [], f"{path} has a source of packages that is no address: {local[0]}"
        elif path.endswith((".props", ".targets")):
            more, why = _one(Project(project.context, path.rpartition("/")[0]), path)
            if why:
                return [], why
            pending += more
    return found, ""


def _sources(text: str) -> Iterator[str]:
    for section in re.findall(r"<packageSources>(.*?)</packageSources>", text, re.DOTALL):
        yield from _SOURCE.findall(section)


INSTALLERS = {"dotnet": _dotnet}
"""Program to what an install of it does."""

FINDERS = {Ecosystem.DOTNET: _dotnet_files}
"""Which files an install reads."""
