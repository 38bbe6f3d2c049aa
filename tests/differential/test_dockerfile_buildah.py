"""Images that buildah builds: the lines of every layer are those of the instruction that wrote its files.

The recipes tell the truth themselves: what an instruction makes has a name with `mark-` that stands in this
instruction alone, so a layer's tar says which instruction wrote it, whatever the history says.
"""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from layerscope import choose_image, open_source
from layerscope.dockerfile.match import Attribution, attribute
from layerscope.dockerfile.read import read_dockerfile
from tests.differential.tools import require, run

RECIPES = Path(__file__).parents[1] / "unit" / "dockerfile" / "recipes"
MARK = re.compile(r"mark-[a-z]+(?:-[a-z]+)*")
BUILD_ARGS = ("TAG=bh", "WHERE=/some/where")

Build = Callable[[str, bool], Path]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build a recipe, with or without a layer for each instruction; its docker-archive."""
    require("buildah", "busybox")
    scratch = tmp_path_factory.mktemp("attribution")
    context = scratch / "context"
    (context / "dir").mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "", context / "busybox")
    for name in ("one.txt", "two.txt", "dir/mark-added"):
        (context / name).write_text(f"{name}\n")

    @cache
    def built(recipe: str, layers: bool) -> Path:
        place = scratch / str(layers)
        buildah = ["buildah", "--root", f"{place}", "--runroot", f"{place}-run", "--storage-driver", "vfs"]
        options = [
            f"--layers={str(layers).lower()}",
            "--isolation",
            "chroot",
            "--format",
            "docker",
            "--pull-never",
        ]
        arguments = (
            [part for pair in BUILD_ARGS for part in ("--build-arg", pair)] if recipe == "child" else []
        )
        name = "localhost/local/base:bh" if recipe == "base" else f"localhost/{recipe}:1"
        if recipe == "child":
            built("base", layers)
        source = RECIPES / f"{recipe}.Dockerfile"
        run(*buildah, "bud", "-q", *options, *arguments, "-f", source, "-t", name, context)
        archive = scratch / f"{recipe}-{layers}.tar"
        run(*buildah, "push", "-q", name, f"docker-archive:{archive}")
        return archive

    return built


def attributed(recipe: str, archive: Path) -> Attribution:
    source = (RECIPES / f"{recipe}.Dockerfile").read_bytes()
    with open_source(str(archive)) as opened:
        return attribute(choose_image(opened, str(archive)), read_dockerfile(source, recipe))


def marks_of_layers(archive: Path) -> list[set[str]]:
    """The marks that the paths of each layer have, read with the standard library."""
    found = []
    with tarfile.open(archive) as outer:
        manifest = outer.extractfile("manifest.json")
        assert manifest is not None
        for name in json.load(manifest)[0]["Layers"]:
            with tarfile.open(fileobj=outer.extractfile(name)) as layer:
                entries = [entry.name for entry in layer if not entry.isdir() or "mark-" in entry.name]
            found.append({mark for entry in entries for mark in MARK.findall(entry)})
    return found


def lines_with(recipe: str, mark: str) -> set[int]:
    """Every line of the recipe that names a mark."""
    text = (RECIPES / f"{recipe}.Dockerfile").read_text(encoding="utf-8")
    return {number for number, line in enumerate(text.splitlines(), 1) if mark in MARK.findall(line)}


@pytest.mark.parametrize(("recipe", "least"), [("plain", 5), ("stages", 7), ("shell", 4), ("child", 4)])
def test_each_layer_has_the_lines_that_wrote_its_files(build: Build, recipe: str, least: int) -> None:
    archive = build(recipe, True)
    layers = attributed(recipe, archive).image.layers
    compared = 0
    for layer, marks in zip(layers, marks_of_layers(archive), strict=True):
        lines = layer.instruction.lines if layer.instruction else None
        own = {mark for mark in marks if lines_with(recipe, mark)}
        if not own:
            continue
        assert lines is not None
        assert any(lines_with(recipe, mark) & set(range(lines.first, lines.last + 1)) for mark in own)
        assert {mark for mark in own if mark in lines.text} != set()
        compared += 1
    assert compared >= least


@pytest.mark.parametrize("recipe", ["plain", "shell", "stages"])
def test_one_layer_of_a_stage_has_the_lines_of_all_that_wrote(build: Build, recipe: str) -> None:
    archive = build(recipe, False)
    found = attributed(recipe, archive)
    layer, marks = found.image.layers[-1], marks_of_layers(archive)[-1]
    lines = layer.instruction.lines if layer.instruction else None
    assert lines is not None
    assert len(marks) > 2
    for mark in marks:
        assert lines_with(recipe, mark) & set(range(lines.first, lines.last + 1))


@pytest.mark.parametrize("layers", [True, False])
@pytest.mark.parametrize("recipe", ["plain", "stages", "shell", "child"])
def test_every_instruction_is_found(build: Build, recipe: str, layers: bool) -> None:
    found = attributed(recipe, build(recipe, layers))
    assert found.matched == found.instructions >= 8
    assert found.notices == ()


def test_the_base_image_ends_below_the_first_own_layer(build: Build) -> None:
    found = attributed("child", build("child", True))
    with open_source(str(build("base", True))) as opened:
        base = choose_image(opened, "base")
    triggers = 2
    assert found.base_entries == len(base.history) + triggers
    assert found.base_layers == len(base.layers) + triggers
