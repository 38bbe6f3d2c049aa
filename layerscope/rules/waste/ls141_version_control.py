"""Version-control data.

## What it finds

Directories of Git, Mercurial, Subversion, Bazaar and CVS (`.git`, `.hg`, `.svn`, `.bzr`, `CVS`), and the
`.git` file of a submodule. What a package of the operating system brings along is not meant, nor are the
templates of the Git package itself.

## Why it matters

The history is often larger than the program, and it holds everything that was ever committed: also what was
removed since, passwords among it. Each commit changes it, so that a `COPY . .` that takes it along never
comes from the build cache.

## How to fix it

Name it in `.dockerignore`:

    **/.git
    **/.hg
    **/.svn

Where a repository is fetched while building, take its files alone:

    ADD https://github.com/OWNER/REPOSITORY.git#v1.2.3 /src
    RUN git clone --depth 1 --branch v1.2.3 https://github.com/OWNER/REPOSITORY.git /src && rm -rf /src/.git

If the program wants to know its version, hand it over: `ARG VERSION`.
"""

from __future__ import annotations

from layerscope.rules.base import PatternRule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.origins import system_package

__all__ = ["VersionControl"]


class VersionControl(PatternRule):
    """Live files of version-control systems, unless the operating system's packages own them."""

    id = "LS141"
    name = "version-control"
    rank = 45  # of the bytes in a repository this is known best, whatever directory it lies in
    patterns = {
        "git": ("**/.git/**", "**/.git"),
        "other": (
            "**/.hg/**",
            "**/.svn/**",
            "**/.bzr/**",
            "**/CVS/Entries",
            "**/CVS/Root",
            "**/CVS/Repository",
        ),
    }
    messages = {
        "git": "the history of a Git repository is stored",
        "other": "data of a version-control system are stored",
    }
    fixes = {
        "git": Fix(
            "name .git in .dockerignore, or remove it in the instruction that clones",
            "RUN git clone --depth 1 URL /src && rm -rf /src/.git",
        ),
        "other": Fix(
            "name it in .dockerignore, or export instead of checking out", "RUN svn export URL /src"
        ),
    }

    def keeps(self, evidence: Evidence, inode: int) -> bool:
        """Nobody can take a file out of a package of the operating system."""
        return system_package(evidence, inode) is None
