"""Public images: a Dockerfile written back from a history is found in it, and other Dockerfiles are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from layerscope import open_source
from layerscope.dockerfile.match import attribute
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.syntax import Dockerfile
from layerscope.errors import LayerscopeError
from layerscope.image.history import Instruction
from layerscope.image.image import Image
from tests.fixtures import FIXTURES, fixture_paths, needs_fixtures

HERE = Path(__file__).parent
COPIED = re.compile(r"(?:file|dir|multi):[0-9a-f]+ in (?=\S+$)")
KANIKO = "wagoodman+dive/.data/test-kaniko-image.tar"

pytestmark = needs_fixtures


def images() -> Iterator[Image]:
    """Every image of the fixtures that has a history, each history once."""
    seen = set()
    for path in fixture_paths().values():
        try:
            with open_source(str(path)) as source:
                opened = [source.open(candidate, str(path)) for candidate in source.candidates()]
        except LayerscopeError:
            continue  # the fixtures have damaged ones, too
        for image in opened:
            texts = tuple(entry.created_by for entry in image.history)
            if texts and texts not in seen:
                seen.add(texts)
                yield image


@cache
def all_images() -> tuple[Image, ...]:
    return tuple(images())


def line_of(entry: Instruction) -> str | None:
    """The instruction that a history entry could come from."""
    if not entry.keyword or entry.keyword == "FROM" or entry.text.endswith("…"):
        return None
    return COPIED.sub("x ", entry.text)


def written_back(image: Image) -> tuple[Dockerfile, list[int | None]] | None:
    """A Dockerfile with one line for each entry, and the line of each; None for what gives no Dockerfile."""
    lines, expected = ["FROM scratch"], []
    for text in map(line_of, image.history):
        lines += [text] if text else []
        expected.append(len(lines) if text else None)
    try:
        return read_dockerfile("\n".join(lines).encode(), "Dockerfile"), expected
    except LayerscopeError:
        return None  # labels with blanks, which history does not quote


def test_a_dockerfile_written_back_from_a_history_is_found_in_it() -> None:
    found = 0
    for image in all_images():
        back = written_back(image)
        if back is None or not any(back[1]):
            continue
        attribution = attribute(image, back[0])
        lines = [entry.lines.first if entry.lines else None for entry in attribution.image.history]
        assert lines in (back[1], [None] * len(lines)), image.reference
        found += lines == back[1]
    assert found >= 70


def test_no_image_takes_lines_of_a_dockerfile_that_is_not_its_own() -> None:
    paths = [*HERE.glob("dockerfiles/*"), *(HERE.parent / "unit" / "dockerfile" / "recipes").glob("*")]
    dockerfiles = [read_dockerfile(path.read_bytes(), path.name) for path in paths]
    compared = 0
    for image in all_images():
        for dockerfile in dockerfiles:
            assert attribute(image, dockerfile).matched == 0, (image.reference, dockerfile.name)
            compared += 1
    assert compared > 800


def test_an_image_of_kaniko_and_its_dockerfile() -> None:
    """Its public recipe has one ADD or RUN a line, from line 2 on, on a base with two entries."""
    with open_source(str(FIXTURES / KANIKO)) as source:
        image = source.open(source.candidates()[0], KANIKO)
    own = image.history[2:]
    dockerfile = read_dockerfile(
        "\n".join(["FROM busybox:latest", *(entry.text for entry in own)]).encode(), "Dockerfile"
    )
    found = attribute(image, dockerfile)
    assert [layer.instruction and layer.instruction.lines and layer.instruction.lines.first
            for layer in found.image.layers] == [None, *range(2, len(own) + 2)]  # fmt: skip
    assert (found.base_entries, found.base_layers, found.notices) == (2, 1, ())
