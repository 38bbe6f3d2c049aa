"""What a command knows of the CI service that runs it: where the repository is, and where summaries go.

Nothing here changes a result; an output has the same bytes on every service.
"""

from __future__ import annotations

import os
from pathlib import Path

from layerscope.errors import OutputError
from layerscope.report.dialects.outcome import SourceTree

__all__ = ["append_step_summary", "source_tree"]

_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BITBUCKET_CLONE_DIR", "BUILD_SOURCESDIRECTORY", "WORKSPACE")
"""Variables that name the repository's root, for services that check out without git."""

_SUMMARY = "GITHUB_STEP_SUMMARY"


def source_tree() -> SourceTree:
    """The nearest directory above that git keeps; else what the CI service says; else where we are."""
    here = Path.cwd()
    kept = [each for each in (here, *here.parents) if (each / ".git").exists()]
    named = [Path(os.environ[name]) for name in _ROOTS if os.environ.get(name)]
    root = next((each for each in (*kept, *named) if here.is_relative_to(each)), here)
    return SourceTree(root.as_posix(), here.as_posix())


def append_step_summary(summary: bytes) -> None:
    """Put a summary on the page of the job, below what other commands of the step wrote there.

    Nothing happens where GITHUB_STEP_SUMMARY is not set. Raises OutputError.
    """
    name = os.environ.get(_SUMMARY)
    if not name:
        return
    try:
        with Path(name).open("ab") as file:
            file.write(summary)
    except OSError as error:
        raise OutputError(f"{name} ({_SUMMARY}): {error.strerror or error}") from error
