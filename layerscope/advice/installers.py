"""Package managers of programming languages: what an install reads and writes besides its manifests.

An install is known only as far as it takes packages from an index, as its manifests and lock files list them.
Which files those are, and whether they are all that it reads, `manifests.py` finds out from the context.
"""

from __future__ import annotations

from collections.abc import Mapping

from layerscope.advice.ecosystems import conda, dotnet, golang, jvm, node, php, python, ruby, rust
from layerscope.advice.ecosystems.base import Finder, Installer

__all__ = ["FINDERS", "INSTALLERS"]

_LANGUAGES = (python, node, golang, ruby, rust, jvm, dotnet, php, conda)

INSTALLERS: Mapping[str, Installer] = {
    program: installer for language in _LANGUAGES for program, installer in language.INSTALLERS.items()
}
"""Program to what an install of it does; None of it where the arguments ask for something else."""

FINDERS: Mapping[str, Finder] = {
    ecosystem: finder for language in _LANGUAGES for ecosystem, finder in language.FINDERS.items()
}
"""Ecosystem to what finds the files that its install reads."""
