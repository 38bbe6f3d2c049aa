"""Composer: without scripts, autoloader and plugins it reads composer.json and its lock."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from layerscope.advice.ecosystems.base import (
    COMMON,
    Manifests,
    Project,
    by_name,
    installed,
    options_of,
    refused,
)
from layerscope.advice.footprint import Ecosystem, Footprint, Install
from layerscope.advice.paths import Paths
from layerscope.dockerfile.expand import UNKNOWN

__all__ = ["FINDERS", "INSTALLERS"]

_PHP = Paths(COMMON | {"/home"})
_PLAIN = re.compile(
    r"--(?:no-scripts|no-autoloader|no-dev|no-interaction|no-progress|no-ansi|ansi|no-plugins|no-cache|quiet"
    r"|prefer-dist|prefer-source|prefer-install=\w+|ignore-platform-reqs?|ignore-platform-req=[\w-]+"
    r"|no-suggest|no-audit|optimize-autoloader|classmap-authoritative|apcu-autoloader)|-[nqvoa]+"
)


def _composer(words: Sequence[str], directory: str) -> Footprint | None:
    if any(UNKNOWN in word for word in words):
        return None
    options, operands = options_of(words)
    if operands != ["install"] or not all(map(_PLAIN.fullmatch, options)):
        return None
    return installed(Ecosystem.COMPOSER, words, directory, where=_PHP, outputs=Paths(frozenset({directory})))


def _composer_files(install: Install, project: Project) -> Manifests:
    words = set(install.words)
    for option, why in (
        ("--no-scripts", "it runs the scripts of composer.json, which may read the sources"),
        ("--no-autoloader", "it looks into the sources for the autoloader"),
    ):
        if option not in words:
            return refused(f"{why}: {option}")
    texts = {name: project.text(name) for name in ("composer.json", "composer.lock")}
    missing = [name for name, text in texts.items() if text is None]
    if missing:
        return Manifests(tuple(project.place(name) for name in missing))
    try:
        documents: dict[str, Any] = {name: json.loads(text or "") for name, text in texts.items()}
    except (ValueError, RecursionError):
        return refused("composer.json or composer.lock is not valid JSON")
    if not all(isinstance(each, dict) for each in documents.values()):
        return refused("composer.json or composer.lock is no object")
    why = _unclosed(
        documents["composer.json"], documents["composer.lock"], plugins="--no-plugins" not in words
    )
    if not why and project.context.repository:
        why = ".git is in the context, and Composer writes the commit into what it installs"
    if why:
        return refused(why)
    config = documents["composer.json"].get("config")
    made = config.get("vendor-dir", "vendor") if isinstance(config, dict) else "vendor"
    programs = config.get("bin-dir", "vendor/bin") if isinstance(config, dict) else "vendor/bin"
    if not all(isinstance(each, str) and re.fullmatch(r"[\w./-]+", each) for each in (made, programs)):
        return refused("composer.json has directories that are not read here")
    files = project.present("composer.json", "composer.lock", "auth.json", "symfony.lock")
    return Manifests(files, outputs=(project.place(made), project.place(programs)))


def _unclosed(document: dict[str, Any], lock: dict[str, Any], *, plugins: bool) -> str:
    """What of composer.json and its lock needs more files."""
    repositories = document.get("repositories")
    listed = repositories.values() if isinstance(repositories, dict) else repositories or ()
    for each in listed:
        if isinstance(each, dict) and each.get("type") in ("path", "artifact"):
            return f"composer.json takes packages from {each.get('url')}"
    for kind in ("packages", "packages-dev"):
        for package in lock.get(kind) or ():
            if not isinstance(package, dict):
                return "composer.lock is not read here"
            name = package.get("name")
            dist = package.get("dist")
            if isinstance(dist, dict) and dist.get("type") == "path":
                return f"composer.lock takes {name} from a directory"
            if plugins and package.get("type") in ("composer-plugin", "composer-installer"):
                return f"{name} is a plugin, which may read the sources: --no-plugins"
    return ""


def _extension(words: Sequence[str], _directory: str) -> Footprint | None:
    """The scripts of the official images: they work in /usr/src/php, and with the system's packages."""
    options, operands = options_of(words)
    paths = [option for option in options if "/" in option and not re.search(r"=/(?:usr|opt)(?:/|$)", option)]
    if not operands or paths or not all(re.fullmatch(r"[\w.]+", operand) for operand in operands):
        return None
    touched = _PHP | Paths(frozenset({"/lib", "/lib64", "/bin", "/sbin"}))
    return Footprint(touched, touched, exact=False, packages=True, downloads=True)


def _pecl(words: Sequence[str], directory: str) -> Footprint | None:
    """`pecl install NAME`, from the channel unless a file NAME lies here."""
    options, operands = options_of(words)
    if options or operands[:1] != ["install"]:
        return None
    return by_name(words, operands[1:], directory, _PHP)


INSTALLERS = {
    "composer": _composer,
    "pecl": _pecl,
    **dict.fromkeys(
        ("docker-php-ext-install", "docker-php-ext-configure", "docker-php-ext-enable"), _extension
    ),
}
"""Program to what an install of it does."""

FINDERS = {Ecosystem.COMPOSER: _composer_files}
"""Which files an install reads."""
