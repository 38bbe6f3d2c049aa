"""Where the repository is that a command runs in, for outputs that name its files from its root."""

from __future__ import annotations

import os
from pathlib import Path

from layerscope.report.dialects.outcome import SourceTree

__all__ = ["source_tree"]

_SERVICES = (
    "GITHUB_WORKSPACE",
    "CI_PROJECT_DIR",
    "BITBUCKET_CLONE_DIR",
    "BUILD_SOURCESDIRECTORY",
    "WORKSPACE",
)
"""Variables of CI services that name the root, for those that check out without git."""


def source_tree() -> SourceTree:
    """The nearest directory above that git keeps; else what the CI service says; else where we are."""
    here = Path.cwd()
    roots = [each for each in (here, *here.parents) if (each / ".git").exists()]
    named = [Path(os.environ[name]) for name in _SERVICES if os.environ.get(name)]
    root = next((each for each in (*roots, *named) if here.is_relative_to(each)), here)
    return SourceTree(root.as_posix(), here.as_posix())
