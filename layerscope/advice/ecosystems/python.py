"""pip, uv and Poetry."""

from __future__ import annotations

import posixpath
import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from layerscope.advice.context import ContextFiles
from layerscope.advice.ecosystems.base import (
    COMMON,
    Manifests,
    Project,
    installed,
    options_of,
    refused,
    written_below,
)
from layerscope.advice.footprint import Ecosystem, Footprint, Install
from layerscope.advice.paths import NOTHING, Paths
from layerscope.dockerfile.expand import UNKNOWN

__all__ = ["FINDERS", "INSTALLERS"]

_PYTHON = Paths(COMMON | {"/opt/venv", "/venv"})
_REQUIREMENTS = re.compile(r"-[rc]|--(?:requirement|constraint)")
_REMOTE = re.compile(r"(?:https?|ssh|git)://")
_FILE = re.compile(r"^[./]|/|\.(?:whl|zip|gz|bz2)$")
_INCLUDED = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?=[^\s-]))(\S+)")
_LOCAL_LINE = re.compile(r"^(?:\.{0,2}/|file:)|@\s*(?:file:|[./])|\.(?:whl|tar\.gz|zip)(?:\s|;|$)")
_MAX_INCLUDES = 50
_UV_VALUED = frozenset(
    {"--extra", "--group", "--no-group", "--only-group", "--python", "-p", "--package", "--index-url"}
)
_UV_PLAIN = re.compile(
    r"--(?:frozen|locked|no-install-project|no-install-workspace|no-install-local|no-dev|no-editable|all-extras"
    r"|all-groups|no-cache|no-progress|compile-bytecode|quiet|verbose|inexact|no-default-groups|no-managed-python"
    r"|link-mode=\w+|extra=.+|group=.+|no-group=.+|only-group=.+|python=.+)|-q|-v|-n|-p=.+"
)
_POETRY_VALUED = frozenset({"--only", "--with", "--without", "--extras", "-E"})
_POETRY_PLAIN = re.compile(
    r"--(?:no-root|no-dev|sync|no-interaction|no-ansi|no-cache|quiet|verbose|compile|all-extras|all-groups"
    r"|only=.+|with=.+|without=.+|extras=.+)|-n|-q|-v+|-E=.+"
)


def _pip(words: Sequence[str], directory: str) -> Footprint | None:
    if len(words) < 2:
        return None
    if words[1] in ("--version", "list", "cache", "config"):
        return Footprint(_PYTHON, _PYTHON, exact=False, packages=True)
    if words[1] != "install" or any(UNKNOWN in word for word in words):
        return None
    if any(word.startswith(("-t", "--target", "--prefix", "--root", "--src")) for word in words):
        return None
    words, directory = _with_directory(words, directory)
    found = installed(Ecosystem.PIP, words, directory, where=_PYTHON, outputs=NOTHING)
    if found is not None and not any(_REQUIREMENTS.match(word) for word in words):
        local = any(
            word in (".", "-e", "--editable") or word.startswith(("./", "../", "/")) for word in words
        )
        return None if local else replace(found, inputs=NOTHING, installs=())
    return found


def _with_directory(words: Sequence[str], directory: str) -> tuple[tuple[str, ...], str]:
    """`-r /app/requirements.txt` as `-r requirements.txt` in /app."""
    named = [
        at + 1 for at, word in enumerate(words[:-1]) if word in ("-r", "--requirement", "-c", "--constraint")
    ]
    places = {words[at].rpartition("/")[0] for at in named}
    if len(places) != 1 or not all(words[at].startswith("/") for at in named):
        return tuple(words), directory
    renamed = tuple(word.rpartition("/")[2] if at in named else word for at, word in enumerate(words))
    return renamed, places.pop() or "/"


def _python(words: Sequence[str], directory: str) -> Footprint | None:
    """`python -m pip …` and `python -m venv …`: both look for modules in the working directory first."""
    if len(words) < 3 or words[1] != "-m" or not directory:
        return None
    here = Paths(frozenset({directory} if directory != "/" else {"/pip", "/venv", "/pip.py", "/venv.py"}))
    if words[2] == "pip":
        found = _pip(words[2:], directory)
        return None if found is None else found | Footprint(reads=here, exact=False)
    if words[2] == "venv" and len(words) == 4 and words[3].startswith("/") and UNKNOWN not in words[3]:
        made = Paths(frozenset({words[3].rstrip("/")}))
        return Footprint(_PYTHON | here | made, made, exact=False)
    return None


def _uv(words: Sequence[str], directory: str) -> Footprint | None:
    """`uv sync`, and `uv pip install -r …`; nothing that would build or run the project."""
    if any(UNKNOWN in word for word in words):
        return None
    if list(words[1:3]) == ["pip", "install"]:
        found = _pip(words[1:], directory)  # pip's own words behind the program's name
        if found is None or any(word.startswith(("--project", "--directory")) for word in words):
            return None
        settings = [replace(each, ecosystem=Ecosystem.UV_PIP) for each in found.installs]
        return replace(found, installs=tuple(settings))
    options, operands = options_of(words, _UV_VALUED)
    if operands != ["sync"] or not all(_UV_PLAIN.fullmatch(option) for option in options):
        return None
    if not {"--no-install-project", "--no-install-workspace", "--no-install-local"} & set(options):
        return None
    kept = {"--frozen", "--locked"} & set(options)
    outputs = written_below(directory, (".venv",) if kept else (".venv", "uv.lock"))
    return installed(Ecosystem.UV, words, directory, where=_PYTHON, outputs=outputs)


def _poetry(words: Sequence[str], directory: str) -> Footprint | None:
    """`poetry install --no-root`, and settings; without it the project itself is installed."""
    if any(UNKNOWN in word for word in words):
        return None
    if list(words[1:2]) == ["config"]:
        return None if "--local" in words else Footprint(_PYTHON, _PYTHON, exact=False, packages=True)
    options, operands = options_of(words, _POETRY_VALUED)
    if operands != ["install"] or not all(_POETRY_PLAIN.fullmatch(option) for option in options):
        return None
    if "--no-root" not in options:
        return None
    return installed(
        Ecosystem.POETRY, words, directory, where=_PYTHON, outputs=written_below(directory, (".venv",))
    )


def _pip_files(install: Install, project: Project) -> Manifests:
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
            return refused(f"pip {word} may read the sources")
        elif not word.startswith("-") and not _REMOTE.search(word) and _FILE.search(word):
            return refused(f"pip installs {word}")
    if any(file.startswith("/") for file in files):
        return refused("a requirements file is named by an absolute path")
    return _requirements([project.place(file) for file in files], project.context)


def _uv_pip_files(install: Install, project: Project) -> Manifests:
    """uv looks for its settings in pyproject.toml and uv.toml, here and above."""
    found = _pip_files(install, project)
    settings = [file for each in project.above() for file in each.present("pyproject.toml", "uv.toml")]
    return found if found.refusal else Manifests((*found.files, *settings))


def _requirements(pending: list[str], context: ContextFiles) -> Manifests:
    """Requirement files, and those that they include."""
    files: list[str] = []
    while pending:
        path = pending.pop(0)
        if path in files:
            continue
        files.append(path)
        if len(files) > _MAX_INCLUDES:
            return refused("requirements files include too many others")
        text = context.text(path) or ""  # what is not there is said to be missing
        for line in re.sub(r"\\\r?\n", " ", text).splitlines():
            stripped = line.strip()
            included = _INCLUDED.match(stripped)
            if included:
                pending += [_beside(path, included[1])] if "://" not in included[1] else []
            elif re.match(r"(?:-e|--editable|-f|--find-links)\b", stripped):
                return refused(f"{path} has {stripped.split()[0]}")
            elif (
                not stripped.startswith("#") and not _REMOTE.search(stripped) and _LOCAL_LINE.search(stripped)
            ):
                return refused(f"{path} names a file: {stripped[:40]}")
    return Manifests(tuple(files))


def _beside(path: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), name))


def _document(project: Project) -> dict[str, Any] | str:
    """pyproject.toml, or what is wrong with it."""
    text = project.text("pyproject.toml")
    if text is None:
        return ""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return f"{project.place('pyproject.toml')} is not valid TOML"


def _table(document: Any, *keys: str) -> Any:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _uv_files(install: Install, project: Project) -> Manifests:
    """The lock file is what is installed from; without `--frozen` it is compared with the manifests first."""
    frozen = "--frozen" in install.words
    document = _document(project)
    if isinstance(document, str):
        return refused(document) if document else Manifests((project.place("pyproject.toml"),))
    found = [project.place("pyproject.toml"), project.place("uv.lock")]
    above = [each for each in project.above() if each.prefix != project.prefix]
    if any(each.has("pyproject.toml") or each.has("uv.toml") for each in above):
        return refused("a directory above has a pyproject.toml or uv.toml, which uv reads, too")
    for each in project.above():
        found += each.present(".python-version", ".python-versions")
    found += project.present("uv.toml")
    why = _uv_unclosed(document, install, frozen=frozen)
    return refused(why) if why else Manifests(tuple(found))


def _uv_unclosed(document: dict[str, Any], install: Install, *, frozen: bool) -> str:
    words = set(install.words)
    workspace = _table(document, "tool", "uv", "workspace") is not None
    if workspace and "--no-install-workspace" not in words and "--no-install-local" not in words:
        return "pyproject.toml has a workspace, whose members are installed: --no-install-workspace"
    if workspace and not frozen:
        return "pyproject.toml has a workspace: without --frozen the manifests of its members are read"
    if not frozen and _table(document, "project", "dynamic"):
        return "pyproject.toml has dynamic metadata: without --frozen uv builds the project for it"
    sources = _table(document, "tool", "uv", "sources")
    listed = sources.values() if isinstance(sources, dict) else ()
    for source in listed:
        for each in source if isinstance(source, list) else [source]:
            if isinstance(each, dict) and "path" in each and "--no-install-local" not in words:
                return f"pyproject.toml takes a package from {each['path']}"
    return ""


def _poetry_files(_install: Install, project: Project) -> Manifests:
    document = _document(project)
    if isinstance(document, str):
        return refused(document) if document else Manifests((project.place("pyproject.toml"),))
    if not project.has("poetry.lock"):
        return refused(f"{project.place('poetry.lock')} is not in the context, so that it is made")
    text = project.text("pyproject.toml") or ""
    if "dynamic-versioning" in text:
        return refused("poetry-dynamic-versioning reads the repository")
    if re.search(r"\bpath\s*=\s*[\"']|@ *file:", text):
        return refused("pyproject.toml takes a package from a directory")
    return Manifests(project.present("pyproject.toml", "poetry.lock", "poetry.toml"))


INSTALLERS = {
    **dict.fromkeys(("pip", "pip3"), _pip),
    **dict.fromkeys(("python", "python3"), _python),
    "uv": _uv,
    "poetry": _poetry,
}
"""Program to what an install of it does; None of it where the arguments ask for something else."""

FINDERS = {
    Ecosystem.PIP: _pip_files,
    Ecosystem.UV_PIP: _uv_pip_files,
    Ecosystem.UV: _uv_files,
    Ecosystem.POETRY: _poetry_files,
}
"""Which files an install reads."""
