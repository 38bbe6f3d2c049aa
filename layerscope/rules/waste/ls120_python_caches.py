"""Caches of pip, uv, Poetry, Pipenv and PDM.

## What it finds

Downloads and built wheels that Python's package managers keep in the home directory (`~/.cache/pip`,
`~/.cache/uv`, …), and what an interrupted pip leaves in `/tmp`. Poetry keeps virtual environments in its
cache directory, and PDM may keep packages there that environments link to: they are not meant. Files that
uv hard-linked into an environment cost nothing extra and are not meant either.

## Why it matters

Each package is stored twice: installed, and as the download it came from.

## How to fix it

Let the manager keep nothing, or keep it on a cache mount, which also makes the next build faster:

    RUN pip install --no-cache-dir -r requirements.txt
    RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt

    RUN --mount=type=cache,target=/root/.cache/uv UV_LINK_MODE=copy uv sync --locked
    RUN uv pip install --system --no-cache -r requirements.txt

    RUN poetry install --only main && rm -rf /root/.cache/pypoetry/cache /root/.cache/pypoetry/artifacts
    RUN --mount=type=cache,target=/root/.cache/pipenv pipenv sync
    RUN --mount=type=cache,target=/root/.cache/pdm pdm sync --prod
"""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix

__all__ = ["PythonCaches"]


class PythonCaches(CacheRule):
    """Live files in cache directories, without those that an environment uses in place."""

    id = "LS120"
    name = "python-caches"
    patterns = {
        "pip": (
            "**/.cache/pip/**",
            "tmp/pip-*/**",
            "var/tmp/pip-*/**",
        ),
        "uv": ("**/.cache/uv/**",),
        "poetry": ("**/.cache/pypoetry/cache/**", "**/.cache/pypoetry/artifacts/**"),
        "pipenv": ("**/.cache/pipenv/**", "**/.cache/virtualenv/**"),
        "pdm": ("**/.cache/pdm/**",),
    }
    messages = {
        "pip": "downloads or built wheels of pip are stored",
        "uv": "the cache of uv is stored",
        "poetry": "the cache of Poetry is stored",
        "pipenv": "the cache of Pipenv or virtualenv is stored",
        "pdm": "the cache of PDM is stored",
    }
    fixes = {
        "pip": Fix(
            "let pip keep nothing, or mount a cache: RUN --mount=type=cache,target=/root/.cache/pip …",
            "RUN pip install --no-cache-dir -r requirements.txt",
        ),
        "uv": Fix(
            "mount a cache, or let uv keep nothing (--no-cache)",
            "RUN --mount=type=cache,target=/root/.cache/uv UV_LINK_MODE=copy uv sync --locked",
        ),
        "poetry": Fix(
            "remove both directories in the instruction that runs Poetry: --no-cache keeps the archives, "
            "and a mount over all of /root/.cache/pypoetry would hide the environments there",
            "RUN poetry install --only main "
            "&& rm -rf /root/.cache/pypoetry/cache /root/.cache/pypoetry/artifacts",
        ),
        "pipenv": Fix(
            "mount a cache",
            "RUN --mount=type=cache,target=/root/.cache/pipenv "
            "--mount=type=cache,target=/root/.cache/virtualenv pipenv sync",
        ),
        "pdm": Fix(
            "mount a cache",
            "RUN --mount=type=cache,target=/root/.cache/pdm pdm sync --prod",
        ),
    }

    def keeps(self, evidence: Evidence, inode: int) -> bool:
        """PDM links environments to `packages` in its cache, if it is told to: then they run from there."""
        return not any(b"/.cache/pdm/packages/" in b"/" + name for name in evidence.names(inode))
