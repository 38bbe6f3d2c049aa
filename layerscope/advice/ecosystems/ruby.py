"""Bundler: a Gemfile is a program, so it has to be one that reads nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from layerscope.advice.ecosystems.base import (
    COMMON,
    Manifests,
    Project,
    by_name,
    installed,
    names_only,
    options_of,
    refused,
    written_below,
)
from layerscope.advice.footprint import Ecosystem, Footprint, Install
from layerscope.advice.paths import Paths

__all__ = ["FINDERS", "INSTALLERS"]

_RUBY = Paths(COMMON)
_READS = re.compile(
    r"\b(?:path|gemspec|eval_gemfile|instance_eval|require_relative|load|Dir|File|IO|`)\b|\bpath:|:path\b|`"
)
_GEM_PLAIN = re.compile(
    r"--(?:no-document|no-doc|no-ri|no-rdoc|conservative|force|quiet|version=[\w.]+)|-[NfqV]|-v=[\w.]+"
)


def _bundle(words: Sequence[str], directory: str) -> Footprint | None:
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if list(words[1:2]) == ["config"]:
        return Footprint(_RUBY, _RUBY, exact=False, packages=True)
    if verbs[:1] not in ([], ["install"]) or any(word.startswith(("--path", "--gemfile")) for word in words):
        return None
    outputs = written_below(directory, (".bundle", "vendor/bundle"))
    return installed(Ecosystem.BUNDLER, words, directory, where=_RUBY, outputs=outputs)


def _bundler_files(_install: Install, project: Project) -> Manifests:
    text = project.text("Gemfile")
    if text is None:
        return Manifests((project.place("Gemfile"),))
    code = "\n".join(line.partition("#")[0] for line in text.splitlines())
    found = _READS.search(code)
    if found:
        return refused(f"the Gemfile reads other files ({found[0]})")
    if project.below("vendor/cache") or project.below(".bundle"):
        return refused("there are vendor/cache or .bundle directories that it may read")
    settings = project.present(".ruby-version", ".tool-versions")
    return Manifests((project.place("Gemfile"), project.place("Gemfile.lock"), *settings))


def _gem(words: Sequence[str], directory: str) -> Footprint | None:
    """`gem install NAME`, from the index unless NAME.gem lies here."""
    if words[1:2] in (["update"], ("update",)) and "--system" in words:
        return Footprint(_RUBY, _RUBY, exact=False, packages=True, downloads=True)
    options, operands = options_of(words, frozenset({"-v", "--version"}))
    if operands[:1] != ["install"] or not all(map(_GEM_PLAIN.fullmatch, options)):
        return None
    return by_name(words, operands[1:], directory, _RUBY)


INSTALLERS = {"bundle": _bundle, "bundler": _bundle, "gem": _gem}
"""Program to what an install of it does."""

FINDERS = {Ecosystem.BUNDLER: _bundler_files, Ecosystem.BY_NAME: names_only}
"""Which files an install reads."""
