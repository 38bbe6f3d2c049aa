"""A result that does not cover all layers is shown, and says so: report, standard error, exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import file, layer
from tests.cli.running import layerscope
from tests.layouts import CONFIG_TYPE, TAR_TYPE, Layout

BASE, TOP = layer(file("base", b"x" * 1000)), layer(file("top", b"x" * 100))
CASES = {"missing": 3, "encrypted": 5, "foreign": 5, "unknown": 5}
"""What is wrong with the upper layer, and the exit code for it."""

_MEDIA_TYPES = {
    "encrypted": TAR_TYPE + "+gzip+encrypted",
    "foreign": "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "unknown": "application/vnd.example.squashfs",
}


def lacking(what: str, path: Path) -> str:
    """An image of two layers; the upper one cannot be read."""
    layout = Layout()
    upper = layout.blob(TOP, _MEDIA_TYPES.get(what, TAR_TYPE))
    layout.root(layout.manifest(layout.config(BASE, TOP), [layout.blob(BASE, TAR_TYPE), upper]))
    if what in ("missing", "foreign"):
        layout.forget(upper)
    return layout.write(path / "oci")


def document(text: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(text)
    return decoded


@pytest.mark.parametrize("command", ["inspect", "files"])
@pytest.mark.parametrize("quiet", ["-q", "--no-verify"])
@pytest.mark.parametrize(("what", "code"), CASES.items())
def test_a_layer_that_was_not_read_is_never_silent(
    what: str, code: int, quiet: str, command: str, tmp_path: Path
) -> None:
    ended = layerscope(command, lacking(what, tmp_path), quiet)
    assert ended.code == code
    assert ended.out
    (line,) = [line for line in ended.err.split("\n") if line.startswith("layerscope: error: ")]
    assert line.startswith("layerscope: error: layer 1: ")
    assert line.endswith("; the result does not cover it (--allow-partial lets that pass)")


@pytest.mark.parametrize("what", CASES)
def test_the_result_of_the_other_layers_is_there_and_says_that_it_is_partial(
    what: str, tmp_path: Path
) -> None:
    reference = lacking(what, tmp_path)
    found = document(layerscope("inspect", reference, "--format", "json").out)
    assert found["complete"] is False
    assert found["totals"]["stored_bytes"] == 1000
    assert [layer["absent"] is None for layer in found["layers"]] == [True, False]
    for output in ("text", "markdown"):
        text = layerscope("inspect", reference, "--format", output).text.lower()
        assert "no wasted bytes" not in text
        assert "layer 1 could not be read in full" in text


@pytest.mark.parametrize("command", ["inspect", "files"])
@pytest.mark.parametrize("what", CASES)
def test_a_partial_result_can_be_allowed(what: str, command: str, tmp_path: Path) -> None:
    ended = layerscope(command, lacking(what, tmp_path), "--allow-partial", "--quiet")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out


def test_an_allowed_partial_result_is_not_called_complete(tmp_path: Path) -> None:
    reference = lacking("missing", tmp_path)
    ended = layerscope("inspect", reference, "--allow-partial", "--format", "json")
    assert document(ended.out)["complete"] is False


@pytest.mark.parametrize("option", [[], ["--allow-partial"]])
def test_damage_counts_more_than_what_is_not_there_and_cannot_be_allowed(
    option: list[str], tmp_path: Path
) -> None:
    layout = Layout()
    gone, broken = layout.blob(BASE, TAR_TYPE), layout.blob(TOP[:600], TAR_TYPE)
    layout.root(layout.manifest(layout.config(BASE, TOP), [gone, broken])).forget(gone)
    ended = layerscope("inspect", layout.write(tmp_path / "oci"), *option)
    assert ended.code == 4
    assert ended.err.startswith("layerscope: error: layer 1: ")


def test_several_layers_that_were_not_read_are_one_line(tmp_path: Path) -> None:
    layout = Layout()
    blobs = [layout.blob(tar, TAR_TYPE) for tar in (BASE, TOP)]
    layout.root(layout.manifest(layout.config(BASE, TOP), blobs))
    ended = layerscope("inspect", layout.forget(blobs[0]).forget(blobs[1]).write(tmp_path / "oci"))
    assert ended.code == 3
    assert ended.err.count("\n") == 1
    assert "; the result covers neither it nor 1 other layer (" in ended.err


@pytest.mark.parametrize("option", [[], ["--allow-partial"]])
@pytest.mark.parametrize("content", [None, b"{broken"])
def test_without_its_configuration_an_image_is_shown_and_damaged(
    content: bytes | None, option: list[str], tmp_path: Path
) -> None:
    layout = Layout()
    config = layout.blob(content or b"{}", CONFIG_TYPE)
    layout.root(layout.manifest(config, [layout.blob(BASE, TAR_TYPE)]))
    if content is None:
        layout.forget(config)
    ended = layerscope("inspect", layout.write(tmp_path / "oci"), *option)
    assert ended.code == 4
    state = "missing" if content is None else "damaged"
    assert f"(unknown: the configuration is {state})" in ended.text
    assert config["digest"].removeprefix("sha256:") in ended.err


def test_a_layer_that_is_there_can_be_listed_alone(tmp_path: Path) -> None:
    ended = layerscope("files", lacking("missing", tmp_path), "--layer", "0")
    assert ended.code == 0
    assert ended.text.endswith(" base\n")
