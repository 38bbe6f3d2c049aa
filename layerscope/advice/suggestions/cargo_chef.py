"""Rust: dependencies are compiled above the sources with cargo-chef, and not below them again (T12).

It is advice, with a sketch and no patch: stages that the file does not have, and a program that has to be
installed. Where a file has them already, a second COPY of the sources above `cargo chef cook` takes the gain
away: only the recipe may be copied there.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.advice.context import source_pattern
from layerscope.advice.elements import Element
from layerscope.advice.independence import Trust
from layerscope.advice.paths import is_within
from layerscope.advice.suggestions.base import Reason, Suggestion, Transformation
from layerscope.advice.suggestions.scene import Scene, StagePart

__all__ = ["CargoChef"]

_LEAST_MISSES = 0.05
_COMPILES = ("cargo build", "cargo install --path", "cargo install --locked --path")


class CargoChef(Transformation):
    """Say how crates that others wrote are compiled once."""

    kind = "cargo-chef"
    rank = 93

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One for each RUN that compiles, or that cooks what is defeated."""
        chef = any("cargo chef" in element.text for part in scene.parts for element in part.elements)
        for part in scene.parts:
            for place, run in enumerate(part.elements):
                if run.keyword != "RUN" or run.source is None or run.source.flags:
                    continue
                if part.missed[place] - part.own_missed[place] < _LEAST_MISSES:
                    continue
                broad = _sources(part, place)
                if broad is None:
                    continue
                if "cargo chef cook" in run.text:
                    yield _defeated(part, run, broad)
                elif (
                    not chef
                    and _locked(scene, broad)
                    and _compiles(run)
                    and not any(map(_compiles, part.elements[:place]))
                ):
                    yield _advice(part, run, broad)


def _compiles(run: Element) -> bool:
    """Whether it compiles; a second RUN that does so shows that dependencies are compiled apart already."""
    return run.keyword == "RUN" and any(each in run.text for each in _COMPILES)


def _locked(scene: Scene, broad: Element) -> bool:
    """Whether a COPY brings what says which crates are compiled: without it no recipe can be made."""
    copy = broad.copy
    paths = scene.context.paths if scene.context is not None else ()
    directory = source_pattern(copy.sources[0]) if copy is not None else ""
    names = {path for path in paths if path.rpartition("/")[2] in ("Cargo.lock", "Cargo.toml")}
    inside = [path for path in names if is_within(f"/{path}", f"/{directory}")]
    return {path.rpartition("/")[2] for path in inside} == {"Cargo.lock", "Cargo.toml"}


def _sources(part: StagePart, place: int) -> Element | None:
    """The first COPY of a whole directory of the context above an element, if it changes at all."""
    for at, element in enumerate(part.elements[:place]):
        copy = element.copy
        if copy is not None and copy.is_broad and copy.takes_directory and part.own_missed[at]:
            return element
    return None


def _defeated(part: StagePart, run: Element, broad: Element) -> Suggestion:
    return Suggestion(
        kind=CargoChef.kind,
        stage=part.stage.label,
        lines=(broad.line, run.line),
        what=f"copy nothing but the recipe above line {run.line}: "
        f"take out the COPY of line {broad.line}, or put it below",
        reasons=(
            Reason("T12", "cargo chef cook reads the recipe, which changes with the manifests only"),
            Reason("R16", "leaving a COPY out is no other order: what else needs it is yours to say"),
        ),
        trust=Trust.UNVERIFIED,
        sketch=f"RUN {' '.join(run.text.split())}\n{broad.keyword} {' '.join(broad.text.split())}\n",
    )


def _advice(part: StagePart, run: Element, broad: Element) -> Suggestion:
    stage = part.stage
    base = stage.start.words[0].text if stage.start.words else stage.base
    copied = f"{broad.keyword} {' '.join(broad.text.split())}"
    directory = f"WORKDIR {broad.directory}\n" if broad.directory != "/" else ""
    release = " --release" if "--release" in run.text else ""
    return Suggestion(
        kind=CargoChef.kind,
        stage=stage.label,
        lines=(broad.line, run.line),
        what=f"compile what others wrote above line {broad.line}, with cargo-chef",
        reasons=(
            Reason("T12", "the recipe that it makes of the manifests changes with them only"),
            Reason("R17", "it needs stages and a program that the file does not have"),
        ),
        trust=Trust.UNVERIFIED,
        sketch=f"FROM {base} AS chef\nRUN cargo install --locked cargo-chef\n{directory}"
        f"FROM chef AS planner\n{copied}\nRUN cargo chef prepare --recipe-path recipe.json\n"
        f"FROM chef AS {stage.name or 'build'}\nCOPY --from=planner {_join(broad.directory)}recipe.json ./\n"
        f"RUN cargo chef cook{release} --recipe-path recipe.json\n"
        f"{copied}\nRUN {' '.join(run.text.split())}\n",
    )


def _join(directory: str) -> str:
    return directory if directory.endswith("/") else f"{directory}/"
