"""What the written documents say of the image, and which sources an image may come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import layerscope
from layerscope.errors import InvalidImage, SourceNotFound, Unsupported
from tests.builders import directory, file, image, layer, whiteout
from tests.layouts import TAR_TYPE, Layout
from tests.media import docker_v1, write_medium, write_tar

BASE = layer(directory("etc"), file("etc/a", b"a" * 3000))
APP = layer(file("etc/b", b"b" * 2000), whiteout("etc/a"))


def index_of(layout: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((layout / "index.json").read_bytes())
    return found


SAID = {
    "org.opencontainers.image.ref.name": "1",
    "io.containerd.image.name": "docker.io/library/app:1",
    "vnd.docker.reference.digest": "sha256:0",
    "containerd.io/distribution.source.docker.io": "library/app",
    "org.opencontainers.image.created": "2026-01-01T00:00:00Z",
    "of": "descriptor",
}


def test_annotations_of_descriptor_and_index_that_still_hold_stay(tmp_path: Path) -> None:
    layout = Layout()
    attestation = layout.image(BASE, annotations={"vnd.docker.reference.type": "attestation-manifest"})
    layout.root(layout.image(BASE, APP, annotations=SAID), attestation, annotations={"of": "index"})
    reference = layout.write(tmp_path / "layout")
    layerscope.optimize(reference, f"oci:{tmp_path}/out", base="none")
    index = index_of(tmp_path / "out")
    (described,) = index["manifests"]
    assert index["annotations"] == {"of": "index"}
    assert described["annotations"] == {
        "org.opencontainers.image.ref.name": "docker.io/library/app:1",
        "org.opencontainers.image.created": "2026-01-01T00:00:00Z",
        "of": "descriptor",
    }
    layerscope.optimize(reference, f"oci:{tmp_path}/then", base="none", reproducible=0)
    (described,) = index_of(tmp_path / "then")["manifests"]
    assert described["annotations"]["org.opencontainers.image.created"] == "1970-01-01T00:00:00Z"


def test_what_refers_to_an_image_is_none(tmp_path: Path) -> None:
    layout = Layout()
    subject = layout.image(BASE)
    manifest = layout.manifest(layout.config(BASE), [layout.blob(BASE, TAR_TYPE)], subject=subject)
    with pytest.raises(Unsupported, match="refers to"):
        layerscope.optimize(layout.root(manifest).write(tmp_path / "layout"), f"oci:{tmp_path}/out")
    assert [path.name for path in tmp_path.iterdir()] == ["layout"]


def test_a_damaged_layer_of_the_first_age_is_said(tmp_path: Path) -> None:
    members = docker_v1(image(BASE, APP))
    members[[name for name in members if name.endswith("/json")][-1]] = b"{"
    path = write_tar(members, tmp_path / "v1.tar")
    with pytest.raises(InvalidImage, match="json"):
        layerscope.optimize(str(path), tmp_path / "out.tar")
    assert not (tmp_path / "out.tar").exists()


def test_a_reference_that_names_nothing_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match=r"gone\.tar"):
        layerscope.optimize(f"docker-archive:{tmp_path}/gone.tar", tmp_path / "out.tar")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("medium", ["oci", "docker-archive-v1", "docker-archive-gzip-outside"])
def test_what_is_shared_is_known_from_every_medium(medium: str, tmp_path: Path) -> None:
    """The lowest layers are kept, the topmost keeps its blob unless its form is to change."""
    lower, top = layer(file("x", b"x" * 3000), file("y")), layer(file("srv", b"s" * 1000))
    spec = image(BASE, lower, layer(whiteout("x")), top)
    reference = str(write_medium("docker-archive", spec, tmp_path / "a"))
    other = str(write_medium(medium, image(BASE, lower, layer(file("z")), top), tmp_path / "b"))
    plan = layerscope.optimize(reference, base="none", keep_shared_with=[other]).plan
    assert (plan.kept, plan.unshared) == (2, ())
    again = layerscope.optimize(reference, base="none", keep_shared_with=[other], recompress="gzip").plan
    assert again.unshared == ((other, (3,)),)
