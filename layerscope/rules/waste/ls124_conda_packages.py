"""Package caches of conda, mamba and micromamba.

## What it finds

Downloaded and unpacked packages in `pkgs` below the installation (`/opt/conda/pkgs`) or in `~/.conda/pkgs`,
and the index cache, as far as no environment shares them. conda hard-links files of an unpacked package
into an environment; such a file is stored once and is not meant.

## Why it matters

The downloaded archives alone are often a third of the size of what was installed.

## How to fix it

Clean up in the instruction that installs, or keep the packages on a mount:

    RUN conda env update -n base -f environment.yml && conda clean -afy
    RUN micromamba install -y -n base -f environment.yml && micromamba clean --all --yes

    RUN --mount=type=cache,target=/opt/conda/pkgs conda env update -n base -f environment.yml

`conda clean` in an instruction of its own frees nothing: the layer below still has the files.
"""

from __future__ import annotations

from layerscope.rules.base import PatternRule
from layerscope.rules.finding import Fix

__all__ = ["CondaPackages"]


class CondaPackages(PatternRule):
    """Live files of package caches with one name only."""

    id = "LS124"
    name = "conda-packages"
    patterns = {
        "packages": (
            "**/conda/pkgs/**",
            "**/miniconda*/pkgs/**",
            "**/anaconda*/pkgs/**",
            "**/miniforge*/pkgs/**",
            "**/mambaforge*/pkgs/**",
            "**/micromamba/pkgs/**",
            "**/mamba/pkgs/**",
            "**/.conda/pkgs/**",
            "**/.mamba/pkgs/**",
        )
    }
    messages = {"packages": "packages that conda downloaded, and that no environment shares, are stored"}
    fixes = {
        "packages": Fix(
            "clean up in the instruction that runs conda, or mount a cache at its pkgs directory",
            "RUN conda install -y PACKAGE && conda clean -afy",
        )
    }
