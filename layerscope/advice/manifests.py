"""Which files an install reads: its manifests and lock files, if these are all that it reads.

An install may go above the sources only with a **closed** set of files: scripts that it would run, local
packages, and files that its manifests name would be missing otherwise, and the build would break.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from layerscope.advice.context import ContextFiles
from layerscope.advice.footprint import Ecosystem, Install

__all__ = ["Manifests", "manifests_of"]


@dataclass(frozen=True, slots=True)
class Manifests:
    """Files of the context that an install reads, or why that cannot be said."""

    files: tuple[str, ...] = ()
    refusal: str = ""


_Place = Callable[[str], str]
_LIFECYCLE = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish")
_LOCAL = re.compile(r"^(?:file|link|portal|patch|workspace|exec):|^\.{0,2}/")
_GO_LOCAL = re.compile(r"=>\s*(?:\.{1,2}(?:/|\s|$)|/)")
_RUBY_READS = re.compile(
    r"\b(?:path|gemspec|eval_gemfile|instance_eval|require_relative|load|Dir|File|IO|`)\b|\bpath:|:path\b|`"
)
_REMOTE = re.compile(r"(?:https?|ssh|git)://")
_FILE = re.compile(r"^[./]|/|\.(?:whl|zip|gz|bz2)$")
_INCLUDED = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?=[^\s-]))(\S+)")
_LOCAL_LINE = re.compile(r"^(?:\.{0,2}/|file:)|@\s*(?:file:|[./])|\.(?:whl|tar\.gz|zip)(?:\s|;|$)")
_MAX_INCLUDES = 50


def manifests_of(install: Install, context: ContextFiles, prefix: str) -> Manifests:
    """The closed set of an install that runs in the directory `prefix` of the context (empty: its root)."""

    def place(name: str) -> str:
        return posixpath.normpath(posixpath.join(prefix, name))

    found = _FINDERS[install.ecosystem](install, context, place)
    missing = [file for file in found.files if file not in context.paths]
    if missing and not found.refusal:
        state = "is ignored" if missing[0] in context.ignored else "is not in the context"
        return Manifests(refusal=f"{missing[0]} {state}")
    unread = [file for file in found.files if context.text(file) is None]
    if unread and not found.refusal:
        return Manifests(refusal=f"{unread[0]} cannot be read: it is a link, or no text")
    return found


def _refused(why: str) -> Manifests:
    return Manifests(refusal=why)


def _present(context: ContextFiles, place: _Place, *names: str) -> tuple[str, ...]:
    return tuple(place(name) for name in names if place(name) in context.paths)


def _pip(install: Install, context: ContextFiles, place: _Place) -> Manifests:
    files: list[str] = []
    words = list(install.words[2:])
    while words:
        word = words.pop(0)
        if word in ("-r", "-c", "--requirement", "--constraint") and words:
            files.append(words.pop(0))
        elif word.startswith(("--requirement=", "--constraint=")):
            files.append(word.partition("=")[2])
        elif re.match(r"-[rc]\S", word):
            files.append(word[2:])
        elif word.startswith(("-e", "--editable", "-f", "--find-links")):
            return _refused(f"pip {word} may read the sources")
        elif not word.startswith("-") and not _REMOTE.search(word) and _FILE.search(word):
            return _refused(f"pip installs {word}")
    if any(file.startswith("/") for file in files):
        return _refused("a requirements file is named by an absolute path")
    return _requirements([place(file) for file in files], context)


def _requirements(pending: list[str], context: ContextFiles) -> Manifests:
    """Requirement files, and those that they include."""
    files: list[str] = []
    while pending:
        path = pending.pop(0)
        if path in files:
            continue
        files.append(path)
        if len(files) > _MAX_INCLUDES:
            return _refused("requirements files include too many others")
        text = context.text(path) or ""  # what is not there is said to be missing
        for line in re.sub(r"\\\r?\n", " ", text).splitlines():
            stripped = line.strip()
            included = _INCLUDED.match(stripped)
            if included:
                pending += [_beside(path, included[1])] if "://" not in included[1] else []
            elif re.match(r"(?:-e|--editable|-f|--find-links)\b", stripped):
                return _refused(f"{path} has {stripped.split()[0]}")
            elif (
                not stripped.startswith("#") and not _REMOTE.search(stripped) and _LOCAL_LINE.search(stripped)
            ):
                return _refused(f"{path} names a file: {stripped[:40]}")
    return Manifests(tuple(files))


def _beside(path: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), name))


def _package_json(install: Install, context: ContextFiles, place: _Place) -> Manifests:
    """package.json with its lock file and settings, for npm, yarn and pnpm."""
    text = context.text(place("package.json"))
    if text is None:
        return Manifests((place("package.json"),))
    try:
        document: Any = json.loads(text)
    except ValueError:
        return _refused(f"{place('package.json')} is not valid JSON")
    why = _unclosed_package(document, install) if isinstance(document, dict) else "package.json is no object"
    prefix = place("x").removesuffix("x")
    if not why and place("binding.gyp") in context.paths:
        why = "binding.gyp makes the install build the sources"
    if not why and any(path.startswith((f"{prefix}.yarn/", f"{prefix}patches/")) for path in context.paths):
        why = "there are .yarn or patches directories that it may read"
    if not why and place("pnpm-workspace.yaml") in context.paths:
        why = "pnpm-workspace.yaml has other packages"
    if why:
        return _refused(why)
    locks = {
        Ecosystem.NPM: ("package-lock.json", "npm-shrinkwrap.json"),
        Ecosystem.YARN: ("yarn.lock",),
        Ecosystem.PNPM: ("pnpm-lock.yaml",),
    }[install.ecosystem]
    settings = (".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "pnpmfile.js", ".nvmrc")
    found = _present(context, place, "package.json", *locks, *settings)
    yarnrc = (context.text(place(".yarnrc.yml")) or "") + (context.text(place(".yarnrc")) or "")
    if re.search(r"yarn-?path|plugins", yarnrc, re.IGNORECASE):
        return _refused("the settings of yarn name files of the sources")
    locked = any(place(lock) in found for lock in locks)
    needs_lock = any(word in ("ci", "--frozen-lockfile", "--immutable") for word in install.words)
    if needs_lock and not locked:
        return _refused(f"{place(locks[0])} is not in the context")
    return Manifests(found)


def _unclosed_package(document: dict[str, Any], install: Install) -> str:
    """What of a package.json needs files that it does not list."""
    scripts = document.get("scripts")
    if isinstance(scripts, dict) and "--ignore-scripts" not in install.words:
        for name in _LIFECYCLE:
            if name in scripts:
                return f"the install runs the script {name} of package.json, which may read the sources"
    if document.get("workspaces"):
        return "package.json has workspaces, whose manifests it reads, too"
    for kind in (
        "dependencies",
        "devDependencies",
        "optionalDependencies",
        "peerDependencies",
        "resolutions",
        "overrides",
    ):
        listed = document.get(kind)
        for name, version in listed.items() if isinstance(listed, dict) else ():
            if isinstance(version, str) and _LOCAL.match(version):
                return f"package.json takes {name} from {version.partition(':')[0]}"
            if not isinstance(version, str):
                return f"package.json has {kind} that are not read here"
    return ""


def _go(_install: Install, context: ContextFiles, place: _Place) -> Manifests:
    text = context.text(place("go.mod"))
    if any(path.rpartition("/")[2] == "go.work" for path in context.paths):
        return _refused("go.work has other modules")
    found = _GO_LOCAL.search(text or "")
    if found:
        line = next(line for line in (text or "").splitlines() if _GO_LOCAL.search(line))
        return _refused(f"go.mod replaces a module by a directory: {line.strip()[:60]}")
    return Manifests((place("go.mod"), *_present(context, place, "go.sum")))


def _bundler(_install: Install, context: ContextFiles, place: _Place) -> Manifests:
    text = context.text(place("Gemfile"))
    if text is None:
        return Manifests((place("Gemfile"),))
    code = "\n".join(line.partition("#")[0] for line in text.splitlines())
    found = _RUBY_READS.search(code)
    if found:
        return _refused(f"the Gemfile reads other files ({found[0]})")
    prefix = place("x").removesuffix("x")
    if any(path.startswith((f"{prefix}vendor/cache/", f"{prefix}.bundle/")) for path in context.paths):
        return _refused("there are vendor/cache or .bundle directories that it may read")
    return Manifests(
        (
            place("Gemfile"),
            place("Gemfile.lock"),
            *_present(context, place, ".ruby-version", ".tool-versions"),
        )
    )


_FINDERS: dict[str, Callable[[Install, ContextFiles, _Place], Manifests]] = {
    Ecosystem.PIP: _pip,
    Ecosystem.NPM: _package_json,
    Ecosystem.YARN: _package_json,
    Ecosystem.PNPM: _package_json,
    Ecosystem.GO: _go,
    Ecosystem.BUNDLER: _bundler,
}
