"""docker-archives as tools have written them since 2014: names, links, several images, two formats in one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import layerscope
from layerscope.blobs.limits import Limits
from layerscope.errors import AmbiguousImage, LimitExceeded, NoSuchImage
from layerscope.image.image import Image
from layerscope.notices import Severity
from tests.builders import file, image, layer
from tests.media import (
    MEDIA,
    Link,
    Members,
    docker_archive,
    docker_hybrid,
    docker_v1,
    sha256,
    write_directory,
    write_medium,
    write_tar,
)

ONE, TWO = layer(file("one", b"1")), layer(file("two", b"22"))


def open_image(path: Path, **choice: Any) -> Image:
    with layerscope.open_source(str(path)) as source:
        return layerscope.choose_image(source, str(path), **choice)


def codes(opened: Image) -> dict[str, Severity]:
    return {notice.code: notice.severity for notice in opened.notices}


def paths(path: Path, **choice: Any) -> list[bytes]:
    return [entry.path for entry in layerscope.inspect(str(path), **choice).rootfs.entries()]


def document(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("medium", MEDIA)
def test_every_medium_gives_the_same_image(medium: str, tmp_path: Path) -> None:
    spec = image(ONE, TWO, tags=("example.test/app:1",))
    analysis = layerscope.inspect(str(write_medium(medium, spec, tmp_path / "image")))
    assert [entry.path for entry in analysis.rootfs.entries()] == [b"one", b"two"]
    assert analysis.ledger.stored_bytes == analysis.ledger.live_bytes == 3
    assert analysis.image.platform == "linux/amd64"
    assert analysis.image.tags == (() if medium.startswith("dir") else ("example.test/app:1",))


def test_an_unpacked_archive_is_read_where_it_lies(tmp_path: Path) -> None:
    path = write_directory(docker_archive(image(ONE, TWO)), tmp_path / "unpacked")
    assert paths(path) == [b"one", b"two"]


def test_links_that_lead_in_a_circle_make_an_absent_layer(tmp_path: Path) -> None:
    members = docker_archive(image(ONE, TWO))
    first = next(name for name in members if name.endswith("/layer.tar"))
    members[first] = Link("../x")
    members["x"] = Link(first)
    analysis = layerscope.inspect(str(write_tar(members, tmp_path / "image.tar")))
    assert [repr(one.absent) for one in analysis.image.layers] == [
        "Malformed('links lead in a circle')",
        "None",
    ]
    assert codes(analysis.image)["layer-link-cycle"] is Severity.ERROR
    assert [entry.path for entry in analysis.rootfs.entries()] == [b"two"]


@pytest.mark.parametrize("target", ["../../../../etc/passwd", "/etc/passwd", "../nowhere"])
def test_a_link_out_of_the_archive_finds_nothing(target: str, tmp_path: Path) -> None:
    members = docker_archive(image(ONE, TWO))
    name = next(name for name in members if name.endswith("/layer.tar"))
    members[name] = Link(target)
    opened = open_image(write_tar(members, tmp_path / "image.tar"))
    assert repr(opened.layers[0].absent) == f"SourceNotFound('{name} is not in the archive')"
    assert codes(opened)["layer-missing"] is Severity.WARNING


def test_a_layer_below_a_symlink_out_of_the_archive_is_not_there(tmp_path: Path) -> None:
    """A link to a directory of the host, and a member behind it: neither is ever opened."""
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "layer.tar").write_bytes(TWO)
    members: Members = {
        "manifest.json": document([{"Config": "c.json", "RepoTags": ["x:1"], "Layers": ["out/layer.tar"]}]),
        "c.json": b"{}",
        "out": Link(str(tmp_path / "host")),
    }
    assert paths(write_tar(members, tmp_path / "image.tar")) == []


def test_a_member_name_that_leaves_the_archive_is_noted(tmp_path: Path) -> None:
    members = {"../../evil": b"x", **docker_archive(image(ONE))}
    opened = open_image(write_tar(members, tmp_path / "image.tar"))
    assert codes(opened) == {"archive-unsafe-name": Severity.WARNING}
    assert not (tmp_path.parent / "evil").exists()


def test_several_images_are_asked_about(tmp_path: Path) -> None:
    first, second = image(ONE, tags=("a:1", "a:2")), image(ONE, TWO, tags=("b:1",))
    path = write_tar(docker_archive(first, second), tmp_path / "image.tar")
    with pytest.raises(AmbiguousImage) as raised:
        open_image(path)
    assert "2 images" in str(raised.value)
    assert "--image a:1" in str(raised.value)
    assert "--image b:1" in str(raised.value)
    assert paths(path, image="a:2") == [b"one"]
    assert paths(path, image="b:1") == [b"one", b"two"]
    assert paths(path, image="@1") == [b"one", b"two"]
    chosen = open_image(path, image="a:1")
    assert open_image(path, image=chosen.image_id) == chosen
    assert open_image(path, image=str(chosen.image_id)[7:19]) == chosen


def test_the_same_image_under_two_items_is_one(tmp_path: Path) -> None:
    members = docker_archive(image(ONE, tags=("a:1",)))
    manifest = members["manifest.json"]
    assert isinstance(manifest, bytes)
    item = json.loads(manifest)[0]
    members["manifest.json"] = document([item, {**item, "RepoTags": ["b:1"]}])
    assert open_image(write_tar(members, tmp_path / "image.tar")).tags == ("a:1", "b:1")


def test_an_image_of_another_name_or_platform_is_not_taken(tmp_path: Path) -> None:
    path = write_tar(docker_archive(image(ONE, tags=("a:1",))), tmp_path / "image.tar")
    for choice in ({"image": "b:1"}, {"platform": "linux/arm64"}):
        with pytest.raises(NoSuchImage, match="there are:\n  a:1 linux/amd64"):
            open_image(path, **choice)


def test_a_hybrid_takes_digests_from_the_layout_and_tags_from_the_manifest(tmp_path: Path) -> None:
    members = docker_hybrid(image(ONE, TWO, tags=("example.test/app:1",)))
    index = members["index.json"]
    manifest = members["manifest.json"]
    assert isinstance(index, bytes)
    assert isinstance(manifest, bytes)
    descriptor = {**json.loads(index)["manifests"][0], "annotations": {}}
    members["index.json"] = document({"schemaVersion": 2, "manifests": [descriptor]})
    opened = open_image(write_tar(members, tmp_path / "image.tar"))
    assert opened.format == "docker-archive"
    assert opened.tags == ("example.test/app:1",)
    assert opened.digest == descriptor["digest"]
    assert [one.digest for one in opened.layers] == [f"sha256:{sha256(tar)}" for tar in (ONE, TWO)]
    assert opened.notices == ()


def test_a_hybrid_whose_halves_differ_says_so(tmp_path: Path) -> None:
    members = docker_hybrid(image(ONE, TWO))
    manifest = members["manifest.json"]
    assert isinstance(manifest, bytes)
    item = json.loads(manifest)[0]
    members["manifest.json"] = document([{**item, "Layers": item["Layers"][:1]}])
    opened = open_image(write_tar(members, tmp_path / "image.tar"))
    assert codes(opened) == {"manifests-differ": Severity.WARNING}
    assert len(opened.layers) == 2


def test_a_transport_takes_one_half_of_a_hybrid(tmp_path: Path) -> None:
    path = write_tar(docker_hybrid(image(ONE)), tmp_path / "image.tar")
    for transport in ("docker-archive", "oci-archive"):
        with layerscope.open_source(f"{transport}:{path}") as source:
            assert layerscope.choose_image(source, "x").format == transport


def test_the_layers_of_a_v1_archive_are_its_chain_of_parents(tmp_path: Path) -> None:
    opened = open_image(write_tar(docker_v1(image(ONE, TWO, tags=("a:1",))), tmp_path / "image.tar"))
    assert opened.format == "docker-archive (v1)"
    assert (opened.image_id, opened.digest, opened.tags) == (None, None, ("a:1",))
    assert [one.size for one in opened.layers] == [len(ONE), len(TWO)]
    assert opened.notices == ()


def v1_archive(layers: dict[str, Any], head: str | None = "top") -> Members:
    """`<id>/json` as given, each with a layer of one file that has the id's name."""
    members: Members = {} if head is None else {"repositories": document({"a": {"1": head}})}
    for image_id, value in layers.items():
        members[f"{image_id}/json"] = document(value)
        members[f"{image_id}/layer.tar"] = layer(file(image_id, b"x"))
    return members


def test_parents_that_lead_in_a_circle_end_the_chain(tmp_path: Path) -> None:
    members = v1_archive({"top": {"parent": "base"}, "base": {"parent": "top"}})
    path = write_tar(members, tmp_path / "image.tar")
    assert paths(path) == [b"base", b"top"]
    assert codes(open_image(path)) == {"v1-parent-cycle": Severity.ERROR}


def test_a_missing_parent_ends_the_chain(tmp_path: Path) -> None:
    path = write_tar(v1_archive({"top": {"parent": "gone"}}), tmp_path / "image.tar")
    assert paths(path) == [b"top"]
    assert codes(open_image(path)) == {"v1-parent-missing": Severity.ERROR}


def test_v1_layers_without_names_are_found_from_the_top(tmp_path: Path) -> None:
    """`docker save <id>` wrote no `repositories`."""
    members = v1_archive({"base": {}, "top": {"parent": "base"}}, head=None)
    path = write_tar(members, tmp_path / "image.tar")
    assert paths(path) == [b"base", b"top"]
    assert codes(open_image(path)) == {"v1-without-names": Severity.WARNING}


def test_v1_commands_are_the_history(tmp_path: Path) -> None:
    command = {"container_config": {"Cmd": ["/bin/sh", "-c", "apt-get update"]}}
    path = write_tar(v1_archive({"top": command}), tmp_path / "image.tar")
    instruction = open_image(path).layers[0].instruction
    assert instruction is not None
    assert instruction.created_by == "/bin/sh -c apt-get update"


def test_foreign_layers_of_a_windows_image_are_named_as_such(tmp_path: Path) -> None:
    """`LayerSources` says where a base layer of Windows is to be had; the archive has none of it."""
    diff_ids = [f"sha256:{sha256(tar)}" for tar in (ONE, TWO)]
    source = {
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "size": 1,
        "digest": "sha256:" + "1" * 64,
        "urls": ["https://example.test/base"],
    }
    members: Members = {
        "c.json": document({"os": "windows", "rootfs": {"diff_ids": diff_ids}}),
        "b/layer.tar": TWO,
        "manifest.json": document(
            [
                {
                    "Config": "c.json",
                    "Layers": ["a/layer.tar", "b/layer.tar"],
                    "LayerSources": {diff_ids[0]: source},
                }
            ]
        ),
    }
    opened = open_image(write_tar(members, tmp_path / "image.tar"))
    assert [repr(one.absent) for one in opened.layers] == ["Unsupported('foreign layer')", "None"]
    assert opened.platform.startswith("windows/")


def refused(members: Members, path: Path, **limits: int) -> str:
    """Which limit an archive passes."""
    with pytest.raises(LimitExceeded) as caught:
        layerscope.open_source(str(write_tar(members, path / "image.tar")), limits=Limits(**limits))
    return str(caught.value).rpartition("(")[2]


def test_an_image_has_a_limited_number_of_layers(tmp_path: Path) -> None:
    members: Members = {"manifest.json": document([{"Config": None, "Layers": ["layer.tar"] * 10_001}])}
    assert refused(members, tmp_path) == "limit layers)"


def test_all_images_have_a_limited_number_of_layers(tmp_path: Path) -> None:
    items = [{"Config": None, "Layers": [f"{n}.tar"] * 50} for n in range(21)]
    assert refused({"manifest.json": document(items)}, tmp_path, listed_layers=1049) == "limit listed_layers)"


def test_a_source_has_a_limited_number_of_images(tmp_path: Path) -> None:
    assert refused({"manifest.json": document([{}] * 20_001)}, tmp_path) == "limit listed_images)"


def test_a_layer_that_is_listed_many_times_is_read_once(tmp_path: Path) -> None:
    members: Members = {
        "a/layer.tar": ONE,
        "manifest.json": document([{"Config": None, "Layers": ["a/layer.tar"] * 50}]),
    }
    read: list[tuple[int, int]] = []
    path = write_tar(members, tmp_path / "image.tar")
    found = layerscope.inspect(str(path), progress=lambda done, total: read.append((done, total)))
    assert read[-1] == (len(ONE), len(ONE))
    assert [layer.reading.compressed_bytes for layer in found.layers] == [len(ONE)] * 50


def test_a_configuration_that_many_images_name_is_read_once(tmp_path: Path) -> None:
    config = document({"os": "linux", "architecture": "amd64", "author": "x" * 1000})
    items = [{"Config": "c.json", "Layers": [f"{n}.tar"]} for n in range(100)]
    members: Members = {"c.json": config, "manifest.json": document(items)}
    with layerscope.open_source(
        str(write_tar(members, tmp_path / "image.tar")), limits=Limits(documents_bytes=2 * len(config))
    ) as source:
        assert [candidate.platform for candidate in source.candidates()] == ["linux/amd64"] * 100


def test_a_configuration_under_many_names_passes_a_limit(tmp_path: Path) -> None:
    """A link is 512 bytes, and asks for a document of megabytes."""
    items = [{"Config": f"{n}.json", "Layers": [f"{n}.tar"]} for n in range(100)]
    members: Members = {f"{n}.json": Link("c.json") for n in range(100)}
    members |= {"c.json": document({"author": "x" * 1000}), "manifest.json": document(items)}
    assert refused(members, tmp_path, documents_bytes=20_000) == "limit documents_bytes)"


def test_v1_images_that_share_their_layers_read_them_once(tmp_path: Path) -> None:
    """Each of 200 layers is an image of its own with all layers below it: 20,100 layers in all."""
    chain = {f"{n}": {"parent": f"{n - 1}", "author": "x" * 1000} if n else {} for n in range(200)}
    members = v1_archive(chain)
    members["repositories"] = document({"r": {f"{n}": f"{n}" for n in range(200)}})
    path = write_tar(members, tmp_path / "image.tar")
    with layerscope.open_source(str(path), limits=Limits(documents_bytes=250_000)) as source:
        assert len(source.candidates()) == 200
    assert refused(members, tmp_path, layers=199) == "limit layers)"
    assert refused(members, tmp_path, listed_layers=20_099) == "limit listed_layers)"
    assert refused(members, tmp_path, listed_images=199) == "limit listed_images)"
