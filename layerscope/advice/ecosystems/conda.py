"""conda, mamba and micromamba: an environment file, with what pip installs for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from layerscope.advice.ecosystems.base import COMMON, Manifests, Project, installed, options_of, refused
from layerscope.advice.footprint import Ecosystem, Footprint, Install
from layerscope.advice.paths import NOTHING, Paths
from layerscope.dockerfile.expand import UNKNOWN

__all__ = ["FINDERS", "INSTALLERS"]

_CONDA = Paths(COMMON | {"/opt", "/home"})
"""Where environments lie, too: /opt/conda, /opt/miniforge3, /home/mambauser."""
_VALUED = frozenset({"-f", "--file", "-n", "--name", "-c", "--channel", "--solver"})
_PLAIN = re.compile(
    r"-[yqv]+|--(?:yes|quiet|verbose|prune|freeze-installed|no-deps|override-channels|no-default-packages"
    r"|solver=\w+)|(?:-n|--name|-c|--channel)=[\w.-]+"
)
_FILE = re.compile(r"(?:-f|--file)=(.+)")
_SPECIFICATION = re.compile(r"[A-Za-z0-9_][\w.=<>!*,+-]*")
"""A package by its name; what is a path or an address has a slash."""
_SETTINGS = frozenset({"clean", "config", "info", "list", "--version"})
_LOCAL = re.compile(
    r"^\s*-\s*[\"']?(?:-|\.|/|file:|.*@\s*(?:file:|\.|/)|.*\.(?:whl|zip|tar\.gz|tar\.bz2|conda)\b)"
)
"""An entry of a list that is an option of pip (`-r`, `-e`), or a file or directory."""


def _conda(words: Sequence[str], directory: str) -> Footprint | None:
    """`conda env create -f FILE`, `conda install NAME…`, and settings."""
    if any(UNKNOWN in word for word in words):
        return None
    verb = words[1] if len(words) > 1 else ""
    if verb in _SETTINGS:
        return Footprint(_CONDA, _CONDA, exact=False, packages=True)
    of_environment = verb == "env"
    named = words[1 + of_environment :]
    if not named or named[0] not in ("create", "update", "" if of_environment else "install"):
        return None
    options, operands = options_of(named, _VALUED)
    files = [found[1] for option in options if (found := _FILE.fullmatch(option))]
    others = [option for option in options if not _FILE.fullmatch(option)]
    if not all(map(_PLAIN.fullmatch, others)) or not all(map(_SPECIFICATION.fullmatch, operands)):
        return None
    if not files and not of_environment:
        return Footprint(_CONDA, _CONDA, exact=False, packages=True, downloads=True) if operands else None
    if of_environment and operands:
        return None
    kept = ("conda", *(files or ["environment.yml"]))
    places = {file.rpartition("/")[0] for file in kept[1:]}
    if len(places) == 1 and all(file.startswith("/") for file in kept[1:]):
        directory = places.pop() or "/"
        kept = ("conda", *(file.rpartition("/")[2] for file in kept[1:]))
    return installed(Ecosystem.CONDA, kept, directory, where=_CONDA, outputs=NOTHING, evaluates=True)


def _conda_files(install: Install, project: Project) -> Manifests:
    files = list(install.words[1:])
    if any(file.startswith(("/", "~")) or "://" in file for file in files):
        return refused("an environment file is named by an absolute path or an address")
    for file in files:
        lines = (project.text(file) or "").splitlines()  # what is not there is said to be missing
        named = next((line.strip() for line in lines if _LOCAL.match(line.partition(" #")[0])), "")
        if named:
            return refused(f"{project.place(file)} names another file: {named[:40]}")
    return Manifests(tuple(project.place(file) for file in files))


INSTALLERS = dict.fromkeys(("conda", "mamba", "micromamba"), _conda)
"""Program to what an install of it does."""

FINDERS = {Ecosystem.CONDA: _conda_files}
"""Which files an install reads."""
