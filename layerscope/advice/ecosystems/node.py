"""npm, yarn and pnpm, workspaces included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from layerscope.advice.context import matches_source
from layerscope.advice.ecosystems.base import (
    COMMON,
    Manifests,
    Project,
    called_script,
    installed,
    refused,
    written_below,
)
from layerscope.advice.footprint import Ecosystem, Footprint, Install
from layerscope.advice.paths import Paths

__all__ = ["FINDERS", "INSTALLERS", "read_package_json", "workspace_members"]

_NODE = Paths(COMMON)
_LIFECYCLE = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish")
_LOCAL = re.compile(r"^(?:file|link|portal|patch|exec):|^\.{0,2}/")
_PATTERN = re.compile(r"(?:[\w@.-]+|\*)(?:/(?:[\w@.-]+|\*))*/?")
"""Names and whole components that are anything."""
_YARN_SCRIPT = re.compile(r"\bexec\b.*yarn")
_MORE_THAN_YARN = re.compile(r"\b(?:require_relative|load|system|File\.(?:read|open)|IO)\b|`|\bexec\b.*node")
"""What the script that Rails writes does not have: it looks for yarn, and becomes it."""
_WORKSPACE = "workspace:"
_MOST_MEMBERS = 40
_MODULES = "node_modules"
_PNPM_KEYS = frozenset(
    {
        *("packages", "catalog", "catalogs", "onlyBuiltDependencies", "ignoredBuiltDependencies"),
        *("autoInstallPeers", "hoist", "shamefullyHoist", "nodeLinker", "linkWorkspacePackages"),
        *("savePrefix", "strictPeerDependencies", "minimumReleaseAge", "preferWorkspacePackages"),
    }
)
"""Keys of pnpm-workspace.yaml that name no file."""


def _npm(words: Sequence[str], directory: str) -> Footprint | None:
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if verbs[:2] == ["cache", "clean"]:
        return Footprint(_NODE, _NODE, exact=False, packages=True)
    if verbs not in (["ci"], ["install"], ["i"], ["clean-install"]):
        return None
    if any(
        word in ("-g", "--global") or word.startswith(("--prefix", "-w", "--workspace")) for word in words
    ):
        return None
    written = (_MODULES, "package-lock.json", "npm-shrinkwrap.json")
    outputs = written_below(directory, written[: 1 if {"ci", "clean-install"} & set(verbs) else 3])
    return installed(Ecosystem.NPM, words, directory, where=_NODE, outputs=outputs)


def _yarn(words: Sequence[str], directory: str) -> Footprint | None:
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if verbs == ["cache", "clean"]:
        return Footprint(_NODE, _NODE, exact=False, packages=True)
    if verbs not in ([], ["install"]) or any(
        word.startswith(("--cwd", "--modules-folder")) for word in words
    ):
        return None
    frozen = any(word in ("--frozen-lockfile", "--immutable", "--pure-lockfile") for word in words)
    written = (_MODULES, ".yarn", ".pnp.cjs", ".pnp.loader.mjs", "yarn.lock")
    outputs = written_below(directory, written[: 4 if frozen else 5])
    return installed(Ecosystem.YARN, words, directory, where=_NODE, outputs=outputs)


def _pnpm(words: Sequence[str], directory: str) -> Footprint | None:
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if verbs not in (["install"], ["i"], ["fetch"]) or any(
        word.startswith(("-C", "--dir", "--filter", "-F")) for word in words
    ):
        return None
    frozen = "--frozen-lockfile" in words or verbs == ["fetch"]
    outputs = written_below(directory, (_MODULES, "pnpm-lock.yaml")[: 1 if frozen else 2])
    return installed(Ecosystem.PNPM, words, directory, where=_NODE, outputs=outputs)


def _package_json(install: Install, project: Project) -> Manifests:
    """package.json with its lock file and settings, and those of every member of the workspace."""
    document = read_package_json(project)
    if document is None:
        return Manifests((project.place("package.json"),))
    why = document if isinstance(document, str) else _around(install, project)
    if why or isinstance(document, str):
        return refused(why)
    members, why = workspace_members(document, install.ecosystem, project)
    for place, each in members:
        why = why or _hindrance(place, each, project)
    names = {member.get("name") for _, member in members}
    for place, each in (("", document), *members):
        why = why or _unclosed(each, install, names, f"{place}package.json")
    if why:
        return refused(why)
    script, why = called_script(install, project, _YARN_SCRIPT, _MORE_THAN_YARN)
    if why:
        return refused(why)
    found = [*_settings(install, project), *script]
    for place, _ in members:
        found += project.at(place).present("package.json", ".npmrc")
    locks = _LOCKS[install.ecosystem]
    locked = any(project.place(lock) in found for lock in locks)
    needs_lock = any(word in ("ci", "--frozen-lockfile", "--immutable") for word in install.words)
    if needs_lock and not locked:
        return refused(f"{project.place(locks[0])} is not in the context")
    if not members:
        return Manifests(tuple(found), certain=not script)
    made = [project.place(place, _MODULES) for place, _ in members]
    more = [] if locked and needs_lock else [project.place(lock) for lock in locks]
    own = [project.place(name) for name in (_MODULES, ".yarn", ".pnp.cjs", ".pnp.loader.mjs")]
    return Manifests(tuple(found), outputs=(*own, *made, *more), certain=not script)


_LOCKS = {
    Ecosystem.NPM: ("package-lock.json", "npm-shrinkwrap.json"),
    Ecosystem.YARN: ("yarn.lock",),
    Ecosystem.PNPM: ("pnpm-lock.yaml",),
}


def _settings(install: Install, project: Project) -> tuple[str, ...]:
    settings = (".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "pnpmfile.js", ".nvmrc")
    workspace = ("pnpm-workspace.yaml",) if install.ecosystem == Ecosystem.PNPM else ()
    return project.present("package.json", *_LOCKS[install.ecosystem], *settings, *workspace)


def read_package_json(project: Project) -> dict[str, Any] | str | None:
    """package.json, or what is wrong with it; None if it is not there."""
    text = project.text("package.json")
    if text is None:
        return None
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        return f"{project.place('package.json')} is not valid JSON"
    return document if isinstance(document, dict) else f"{project.place('package.json')} is no object"


def _around(install: Install, project: Project) -> str:
    """What beside package.json makes an install read more."""
    if project.has("binding.gyp"):
        return "binding.gyp makes the install build the sources"
    if project.below(".yarn") or project.below("patches"):
        return "there are .yarn or patches directories that it may read"
    yarnrc = (project.text(".yarnrc.yml") or "") + (project.text(".yarnrc") or "")
    if re.search(r"yarn-?path|plugins", yarnrc, re.IGNORECASE):
        return "the settings of yarn name files of the sources"
    if install.ecosystem == Ecosystem.PNPM and (project.has(".pnpmfile.cjs") or project.has("pnpmfile.js")):
        code = (project.text(".pnpmfile.cjs") or "") + (project.text("pnpmfile.js") or "")
        if "require" in code or "import" in code:
            return "the pnpmfile may read the sources"
    above = [each for each in project.above() if each.prefix != project.prefix]
    for each in above:
        outer = read_package_json(each)
        if each.has("pnpm-workspace.yaml") or (isinstance(outer, dict) and outer.get("workspaces")):
            return f"it may be a member of the workspace of {each.prefix or 'the context'}"
    return ""


_Members = list[tuple[str, dict[str, Any]]]


def workspace_members(document: Mapping[str, Any], ecosystem: str, project: Project) -> tuple[_Members, str]:
    """The packages of a workspace whose root `document` is of, each with its directory (`packages/a/`); or
    why they are not known."""
    patterns, why = _patterns(document, ecosystem, project)
    if why or not patterns:
        return [], why
    members: _Members = []
    places = list(_directories(patterns, project))
    for pattern in patterns:
        if "*" not in pattern and project.place(pattern) not in {project.place(each) for each in places}:
            return [], f"the workspace names {pattern}, which has no package.json"
    for place in places:
        if len(members) == _MOST_MEMBERS:
            return [], f"the workspace has more than {_MOST_MEMBERS} packages"
        found = read_package_json(project.at(place))
        if not isinstance(found, dict):
            return [], found or f"{place} has no package.json"
        members.append((place, found))
    return members, ""


def _hindrance(place: str, document: dict[str, Any], project: Project) -> str:
    """What of a package of a workspace makes an install do more than take packages from an index."""
    if project.at(place).has("binding.gyp"):
        return f"{place}binding.gyp makes the install build the sources"
    if document.get("bin") or "bin" in str(document.get("directories")):
        return f"{place}package.json has programs (bin), which the install links and makes executable"
    return f"{place}package.json has workspaces of its own" if document.get("workspaces") else ""


def _patterns(document: Mapping[str, Any], ecosystem: str, project: Project) -> tuple[list[str], str]:
    if ecosystem == Ecosystem.PNPM:
        text = project.text("pnpm-workspace.yaml")
        return ([], "") if text is None else _pnpm_packages(text)
    listed = document.get("workspaces")
    if isinstance(listed, dict):
        if set(listed) - {"packages", "nohoist"}:
            return [], "package.json has workspaces in a form that is not read here"
        listed = listed.get("packages")
    if not listed:
        return [], ""
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        return [], "package.json has workspaces in a form that is not read here"
    return listed, _odd(listed)


def _odd(patterns: Sequence[str]) -> str:
    odd = next((each for each in patterns if ".." in each or not _PATTERN.fullmatch(each)), None)
    return f"the workspace has a pattern that is not read here: {odd}" if odd else ""


def _pnpm_packages(text: str) -> tuple[list[str], str]:
    """`packages` of a pnpm-workspace.yaml that is a plain list; YAML has more than is read here."""
    patterns: list[str] = []
    key = ""
    for line in text.splitlines():
        stripped = re.sub(r"(?:^|\s)#.*", "", line).rstrip()
        if not stripped:
            continue
        top = re.fullmatch(r"([A-Za-z]\w*)\s*:(.*)", stripped)
        if top:
            key = top[1]
            if key not in _PNPM_KEYS or (key == "packages" and top[2].strip()):
                return [], f"pnpm-workspace.yaml has {key} in a form that is not read here"
        elif key == "packages":
            item = re.fullmatch(r"\s*-\s+(['\"]?)([^'\"]+)\1", stripped)
            if item is None:
                return [], "pnpm-workspace.yaml has packages in a form that is not read here"
            patterns.append(item[2].strip())
        elif not key:
            return [], "pnpm-workspace.yaml is not read here"
    return patterns, _odd(patterns)


def _directories(patterns: Sequence[str], project: Project) -> Iterator[str]:
    """Directories with a package.json that the patterns name, sorted, with a slash at their end."""
    start = project.place("x").removesuffix("x")
    wanted = [matches_source(project.place(pattern, "package.json")) for pattern in patterns]
    for path in sorted(project.context.paths):
        if path.startswith(start) and path.endswith("/package.json") and any(each(path) for each in wanted):
            yield path.removeprefix(start).removesuffix("package.json")


def _unclosed(document: dict[str, Any], install: Install, names: set[Any], file: str) -> str:
    """What of a package.json needs files that it does not list."""
    scripts = document.get("scripts")
    if isinstance(scripts, dict) and "--ignore-scripts" not in install.words:
        for name in _LIFECYCLE:
            if name in scripts:
                return f"the install runs the script {name} of {file}, which may read the sources"
    if document.get("pnpm") and "patchedDependencies" in str(document["pnpm"]):
        return f"{file} has patches"
    kinds = (
        *("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"),
        *("resolutions", "overrides"),
    )
    for kind in kinds:
        listed = document.get(kind)
        for name, version in listed.items() if isinstance(listed, dict) else ():
            if not isinstance(version, str):
                return f"{file} has {kind} that are not read here"
            if _LOCAL.match(version):
                return f"{file} takes {name} from {version.partition(':')[0]}"
            if version.startswith(_WORKSPACE) and name not in names:
                return f"{file} takes {name} from the workspace, which has none of that name"
    return ""


INSTALLERS = {"npm": _npm, **dict.fromkeys(("yarn", "bin/yarn", "./bin/yarn"), _yarn), "pnpm": _pnpm}
"""Program to what an install of it does."""

FINDERS = dict.fromkeys((Ecosystem.NPM, Ecosystem.YARN, Ecosystem.PNPM), _package_json)
"""Which files an install reads."""
