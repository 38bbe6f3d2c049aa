"""What a command reads and writes, as knowledge of the tool tells it."""

from __future__ import annotations

from dataclasses import dataclass

from layerscope.advice.paths import ANYTHING, NOTHING, Paths

__all__ = ["UNKNOWN_COMMAND", "Ecosystem", "Footprint", "Install"]


class Ecosystem:
    """Names of package managers whose installs may go above the sources (`manifests.py`)."""

    PIP = "pip"
    NPM = "npm"
    YARN = "yarn"
    PNPM = "pnpm"
    GO = "go"
    BUNDLER = "bundler"
    UV = "uv"
    UV_PIP = "uv pip"
    POETRY = "poetry"
    CARGO = "cargo"
    MAVEN = "maven"
    GRADLE = "gradle"
    DOTNET = "dotnet"
    COMPOSER = "composer"
    CONDA = "conda"
    BY_NAME = "by name"
    """Packages by their names, which a file in the working directory would stand for."""


@dataclass(frozen=True, slots=True)
class Install:
    """An install of what manifests list."""

    ecosystem: str
    directory: str
    """Where it runs; empty if that is not known."""
    words: tuple[str, ...]
    """Its arguments, the program's own name first."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """Reads and writes of one RUN, or of one command in it."""

    reads: Paths = NOTHING
    writes: Paths = NOTHING
    inputs: Paths = NOTHING
    """What its installs read of their directories besides: manifests.py says which files those are."""
    outputs: Paths = NOTHING
    """What its installs write there."""
    exact: bool = True
    """Whether all of it follows from the command's text, as for `ln -s`; an installer runs what others
    wrote."""
    runs_own_code: bool = False
    """Whether it may run code that the Dockerfile copied, or evaluates manifests that may name variables."""
    known: bool = True
    packages: bool = False
    """Whether it works on a database of packages that its like work on, too."""
    downloads: bool = False
    installs: tuple[Install, ...] = ()
    programs: frozenset[str] = frozenset()
    """Names of the programs that it calls."""
    unknown: str = ""
    """The command that nobody knows, in one or two words; empty where that is not known either."""

    @property
    def all_reads(self) -> Paths:
        """Everything it reads."""
        return self.reads | self.inputs

    @property
    def all_writes(self) -> Paths:
        """Everything it writes."""
        return self.writes | self.outputs

    def __or__(self, other: Footprint) -> Footprint:
        return Footprint(
            self.reads | other.reads,
            self.writes | other.writes,
            self.inputs | other.inputs,
            self.outputs | other.outputs,
            self.exact and other.exact,
            self.runs_own_code or other.runs_own_code,
            self.known and other.known,
            self.packages or other.packages,
            self.downloads or other.downloads,
            self.installs + other.installs,
            self.programs | other.programs,
            self.unknown or other.unknown,
        )


UNKNOWN_COMMAND = Footprint(reads=ANYTHING, writes=ANYTHING, exact=False, runs_own_code=True, known=False)
"""Of what nobody knows."""
