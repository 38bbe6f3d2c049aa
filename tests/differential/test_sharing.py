"""What images share, compared with what stores them: a registry on this machine, and containers-storage.

The relations between the images are those that the recipes in `related.py` made.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import layerscope
from layerscope.analysis.comparison_types import (
    Comparison,
    IrreproducibleCause,
    LayerFate,
    RebuildCause,
)
from layerscope.analysis.layer_difference import Aspect
from layerscope.analysis.sharing_types import Relation, RelationKind, Remedy, Sharing
from tests.differential.related import ALIGNED, IMAGES, Builder
from tests.differential.tools import require, run, unmount_below

ON_FIRST_BASE = [
    *("app:1", "web:1", "app:later", "owned:1", "nearly:1", "random:1", "random:2", "zstd:1", "stamped:1")
]


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """All images, built once for all processes of a test run."""
    require("buildah", "skopeo", "busybox")
    directory = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        directory = directory.parent
    made = Builder(directory / "related")
    made.build_once()
    return made


@pytest.fixture(scope="module")
def sharing(builder: Builder) -> Sharing:
    found = layerscope.share([str(builder.layout(name)) for name in IMAGES])
    assert [image.name for image in found.images] == list(IMAGES)
    assert found.complete
    return found


def layer(sharing: Sharing, name: str, index: int) -> int:
    """The number of a layer of an image; 0 is its base."""
    return sharing.images[IMAGES.index(name)].layers[index]


def relation(sharing: Sharing, kind: RelationKind, *layers: int) -> Relation:
    """The one relation of a kind, which tells of these layers and no others."""
    found = [
        each
        for each in sharing.relations
        if each.kind is kind and {number for member in each.members for number in member} == set(layers)
    ]
    assert len(found) == 1, [(each.kind, each.members) for each in sharing.relations]
    return found[0]


# --- relations ----------------------------------------------------------------------------------------------


def test_images_of_one_base_share_it_and_what_a_build_took_from_its_cache(sharing: Sharing) -> None:
    base = layer(sharing, "app:1", 0)
    found = [sharing.images[number].name for number in sharing.layers[base].images]
    assert found == ON_FIRST_BASE
    assert layer(sharing, "app:1", 1) == layer(sharing, "web:1", 1)


def test_two_builds_of_the_base_are_base_drift(sharing: Sharing) -> None:
    found = relation(
        sharing, RelationKind.BASE_DRIFT, layer(sharing, "app:1", 0), layer(sharing, "app:drift", 0)
    )
    (difference,) = found.differences
    assert difference.paths_with(Aspect.CONTENT) == 7
    assert found.remedies == (Remedy.SAME_BASE,)
    blobs = sharing.layers[layer(sharing, "app:drift", 0)].blobs
    assert found.savings.registry_bytes == blobs[0].compressed_bytes


def test_the_same_instruction_at_other_times_gives_twins_that_differ_in_mtime_alone(sharing: Sharing) -> None:
    tools = [layer(sharing, name, 1) for name in ("app:1", "app:later", "app:drift")]
    found = relation(sharing, RelationKind.TWIN, *tools)
    for difference in found.differences:
        assert [each.aspects for each in difference.counts] == [(Aspect.MTIME,)]
        assert difference.differing_paths >= 10 + 2  # and the directories that the builder mounts
    assert (found.remedies, found.same_instruction) == ((Remedy.SOURCE_DATE_EPOCH,), True)


def test_what_is_said_to_be_saved_is_saved_by_what_is_said_to_do_it(builder: Builder) -> None:
    """Two builds with one timestamp: nothing is left to align, and the disk has as much less as was said."""
    twins = layerscope.share([str(builder.layout(name)) for name in ("app:1", "app:later")])
    aligned = layerscope.share([str(builder.layout(name)) for name in ALIGNED])
    assert [each.kind for each in twins.relations] == [RelationKind.TWIN] * 2
    assert {each.remedies for each in twins.relations} == {(Remedy.SOURCE_DATE_EPOCH,)}
    assert aligned.relations == ()
    assert aligned.disk.once_items == aligned.blobs.once_items == 3
    assert aligned.disk.once_bytes == twins.aligned_disk_bytes == twins.disk.once_bytes - 900_000


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (RelationKind.BASE_DRIFT, [sorted([*ON_FIRST_BASE, "app:drift"])]),
        (
            RelationKind.TWIN,
            [  # the copies of app; the tools, which web:1 took from the cache
                ["app:1", "app:drift", "app:later", "owned:1"],
                ["app:1", "app:drift", "app:later", "web:1", "zstd:1"],
            ],
        ),
        (RelationKind.SAME_INSTRUCTION, [["random:1", "random:2"]]),
        (RelationKind.OTHER_PARENTS, [["stamped:1", "stamped:other"]]),
    ],
)
def test_a_relation_names_the_images_that_have_it_and_no_others(
    sharing: Sharing, kind: RelationKind, names: list[list[str]]
) -> None:
    found = [
        sorted(IMAGES[number] for number in each.images) for each in sharing.relations if each.kind is kind
    ]
    assert sorted(found) == names


def test_copies_with_another_owner_are_twins_that_differ_in_owner(sharing: Sharing) -> None:
    copies = [layer(sharing, name, 2) for name in ("app:1", "app:later", "app:drift")]
    owned = layer(sharing, "owned:1", 1)
    found = relation(sharing, RelationKind.TWIN, *copies, owned)
    by_layer = dict(zip((member[0] for member in found.members[1:]), found.differences, strict=True))
    assert by_layer[owned].paths_with(Aspect.OWNER) == 20 + 1
    assert all(by_layer[each].paths_with(Aspect.OWNER) == 0 for each in copies if each in by_layer)
    assert Remedy.SAME_OWNERS in found.remedies


def test_a_layer_with_one_more_file_is_a_near_miss(sharing: Sharing) -> None:
    nearly = layer(sharing, "nearly:1", 1)
    (found,) = (
        each
        for each in sharing.relations
        if each.kind is RelationKind.NEAR_MISS and (nearly,) in each.members
    )
    named = {each.path for count in found.differences[-1].counts for each in count.examples}
    assert b"opt/tool/version" in named
    assert found.common_bytes == 600_000
    assert found.savings.estimated


def test_a_squashed_image_is_traced_to_the_layers_that_were_squashed(sharing: Sharing) -> None:
    parts = sharing.images[IMAGES.index("app:1")].layers
    found = relation(sharing, RelationKind.REGROUPED, layer(sharing, "squashed:1", 0), *parts)
    assert found.members[0] == parts
    assert found.common_bytes == sharing.layers[layer(sharing, "squashed:1", 0)].content_bytes


def test_an_instruction_with_random_results_is_named(sharing: Sharing) -> None:
    results = [layer(sharing, name, 1) for name in ("random:1", "random:2")]
    found = relation(sharing, RelationKind.SAME_INSTRUCTION, *results)
    assert (found.common_bytes, found.remedies) == (0, (Remedy.PIN_INPUTS,))


def test_a_copy_that_was_compressed_anew_has_the_same_layers_in_other_blobs(sharing: Sharing) -> None:
    for index in range(3):
        number = layer(sharing, "zstd:1", index)
        assert number == layer(sharing, "web:1", index)
        found = relation(sharing, RelationKind.COMPRESSION, number)
        assert {str(blob.compression) for blob in sharing.layers[number].blobs} == {"gzip", "zstd"}
        assert found.remedies == (Remedy.SAME_COMPRESSION,)


def test_one_layer_upon_two_bases_is_stored_twice_on_disk(sharing: Sharing) -> None:
    stamped = layer(sharing, "stamped:1", 1)
    assert stamped == layer(sharing, "stamped:other", 1)
    found = relation(sharing, RelationKind.OTHER_PARENTS, stamped)
    assert (found.savings.disk_bytes, found.savings.registry_bytes) == (300_000, 0)


def test_a_stranger_is_related_to_nothing(sharing: Sharing) -> None:
    stranger = IMAGES.index("stranger:1")
    assert [each for each in sharing.relations if stranger in each.images] == []
    assert sharing.images[stranger].unique_blob_bytes == sharing.images[stranger].blob_bytes


def test_nothing_else_is_said_to_be_related(sharing: Sharing) -> None:
    kinds = sorted(str(each.kind) for each in sharing.relations)
    assert kinds == [
        "base_drift",
        *["compression"] * 3,
        "near_miss",
        "other_parents",
        "regrouped",
        "same_instruction",
        *["twin"] * 2,
    ]


# --- two against each other ---------------------------------------------------------------------------------


def compared(builder: Builder, old: str, new: str) -> Comparison:
    return layerscope.compare(str(builder.layout(old)), str(builder.layout(new)))


def outcomes(found: Comparison) -> list[tuple[LayerFate, RebuildCause | None]]:
    return [(pair.fate, pair.cause) for pair in found.layers]


KEPT = (LayerFate.KEPT, None)


def test_the_same_dockerfile_at_another_time_differs_in_times_alone(builder: Builder) -> None:
    found = compared(builder, "app:1", "app:later")
    assert outcomes(found) == [KEPT, *[(LayerFate.REBUILT, RebuildCause.METADATA)] * 2]
    assert [(each.cause, each.layers) for each in found.causes] == [
        (IrreproducibleCause.MTIMES, (1, 2)),
        (IrreproducibleCause.CREATED, ()),
    ]
    assert found.differs
    assert found.growth.live.grown == found.paths.added == found.paths.content == 0


def test_random_contents_are_said_to_be_unexplained(builder: Builder) -> None:
    causes = {each.cause: each.examples for each in compared(builder, "random:1", "random:2").causes}
    assert causes[IrreproducibleCause.CONTENT] == (b"srv/random",)


def test_the_same_layer_upon_another_base_changed_its_parents_alone(builder: Builder) -> None:
    found = compared(builder, "stamped:1", "stamped:other")
    assert outcomes(found)[1] == (LayerFate.REBUILT, RebuildCause.PARENTS)
    assert (found.pull.reused_layers, found.pull.stored_layers) == (1, 2)


def test_another_compression_changes_blobs_alone(builder: Builder) -> None:
    found = compared(builder, "web:1", "zstd:1")
    assert outcomes(found) == [(LayerFate.REBUILT, RebuildCause.COMPRESSION)] * 3
    assert (found.pull.stored_layers, found.configuration) == (0, ())


@pytest.mark.parametrize(
    ("old", "new"), [("app:1", "app:later"), ("app:1", "web:1"), ("app:1", "app:drift"), ("web:1", "zstd:1")]
)
def test_what_a_pull_moves_is_what_the_manifests_say(builder: Builder, old: str, new: str) -> None:
    there = {blob["digest"] for blob in _manifest(builder, old)["layers"]}
    moved = {blob["digest"]: blob["size"] for blob in _manifest(builder, new)["layers"]}
    pull = compared(builder, old, new).pull
    assert pull.pulled_bytes == sum(size for digest, size in moved.items() if digest not in there)
    assert pull.reused_bytes == sum(size for digest, size in moved.items() if digest in there)


# --- what stores them ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def registry(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A registry on loopback with all images; the directory that it stores blobs in."""
    require("docker-registry")
    directory = tmp_path_factory.mktemp("registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    configuration = {
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(directory)}},
        "http": {"addr": address},
    }
    (directory / "config.yml").write_text(json.dumps(configuration))
    command = ["docker-registry", "serve", directory / "config.yml"]
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _wait_for(address)
            for name in IMAGES:
                source, target = f"oci:{builder.layout(name)}:{name}", f"docker://{address}/{name}"
                run("skopeo", "copy", "-q", "--preserve-digests", "--dest-tls-verify=false", source, target)
            yield directory / "docker/registry/v2/blobs/sha256"
        finally:
            server.terminate()


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    for _ in range(100):
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the registry does not answer")


def test_what_is_stored_once_is_what_a_registry_holds_to_the_byte(sharing: Sharing, registry: Path) -> None:
    stored = {path.parent.name: path.stat().st_size for path in registry.glob("*/*/data")}
    assert sum(stored.values()) == sharing.blobs.once_bytes + sharing.documents.once_bytes
    assert len(stored) == sharing.blobs.once_items + sharing.documents.once_items
    blobs = {
        str(blob.digest).partition(":")[2]: blob.compressed_bytes
        for each in sharing.layers
        for blob in each.blobs
    }
    assert stored.items() >= blobs.items()
    documents = {
        str(digest).partition(":")[2] for each in sharing.images for digest in (each.digest, each.image_id)
    }
    assert set(stored) == set(blobs) | documents


def test_what_an_image_has_alone_is_what_the_registry_would_not_hold_without_it(
    builder: Builder, sharing: Sharing
) -> None:
    """By pushing all others: the blobs of the others, added up from their manifests."""
    for name in ("app:1", "zstd:1", "stranger:1"):
        others = {
            blob["digest"]: blob["size"]
            for other in IMAGES
            if other != name
            for blob in _manifest(builder, other)["layers"]
        }
        own = {blob["digest"]: blob["size"] for blob in _manifest(builder, name)["layers"]}
        alone = sum(size for digest, size in own.items() if digest not in others)
        assert sharing.images[IMAGES.index(name)].unique_blob_bytes == alone


def _manifest(builder: Builder, name: str) -> dict[str, list[dict[str, Any]]]:
    manifest: dict[str, list[dict[str, Any]]] = json.loads(
        run("skopeo", "inspect", "--raw", f"oci:{builder.layout(name)}:{name}")
    )
    return manifest


@pytest.fixture(scope="module")
def storage(builder: Builder) -> Iterator[Path]:
    """containers-storage with all images, each layer in a directory of its own."""
    require("podman")
    directory = Path(tempfile.mkdtemp())  # podman takes no path of more than 50 characters
    for name in IMAGES:
        source = f"oci:{builder.layout(name)}:{name}"
        run("skopeo", "copy", "-q", source, f"{_destination(directory)}localhost/{name}")
    yield directory
    unmount_below(directory)
    shutil.rmtree(directory)


def test_what_is_on_disk_is_what_containers_storage_has_in_its_layers(
    sharing: Sharing, storage: Path
) -> None:
    """By chain ID, to the byte: contents of files, each inode once."""
    directories = [path for path in (storage / "root/overlay").iterdir() if (path / "diff").is_dir()]
    assert len(directories) == sharing.disk.once_items
    assert sum(_content_bytes(path / "diff") for path in directories) == sharing.disk.once_bytes


def _content_bytes(directory: Path) -> int:
    inodes = {}
    for path, _, names in os.walk(directory):
        for name in names:
            found = (Path(path) / name).lstat()
            if stat.S_ISREG(found.st_mode):
                inodes[found.st_ino] = found.st_size
    return sum(inodes.values())


def test_what_podman_says_of_layers_and_images_is_explained(sharing: Sharing, storage: Path) -> None:
    """It counts tars, headers and padding included; and an image's manifest twice, its configuration once."""
    layers = json.loads((storage / "root/overlay-layers/layers.json").read_text())
    tars = sum(each.tar_bytes * each.chains for each in sharing.layers)
    assert sum(each["diff-size"] for each in layers) == tars
    place = ("--root", storage / "root", "--runroot", storage / "run", "--storage-driver", "overlay")
    listed = json.loads(run("podman", *place, "images", "--format", "json"))
    sizes = {name.removeprefix("localhost/"): each["Size"] for each in listed for name in each["Names"]}
    for image in sharing.images:
        if image.name in {"web:1", "zstd:1"}:  # one image ID: it keeps both manifests of the one image
            continue
        tar_bytes = sum(sharing.layers[number].tar_bytes for number in image.layers)
        with layerscope.open_source(image.reference) as source:
            manifest_bytes = layerscope.choose_image(source, image.reference).manifest_bytes
        assert image.document_bytes is not None
        assert manifest_bytes is not None
        assert sizes[image.name] == tar_bytes + image.document_bytes + manifest_bytes


def test_podman_calls_shared_only_what_an_image_has_from_its_parent(
    builder: Builder, sharing: Sharing, storage: Path
) -> None:
    """And its parent is the image that it was built on with one instruction that made a layer. So layers that
    images share without that are in the sizes of all of them, and the total is more than what is stored."""
    run("skopeo", "copy", "-q", builder.built("base:1"), f"{_destination(storage)}localhost/base:1")
    podman = [
        "podman",
        "--root",
        storage / "root",
        "--runroot",
        storage / "run",
        "--storage-driver",
        "overlay",
    ]
    listed = json.loads(run(*podman, "images", "--format", "json"))
    exact = {name.removeprefix("localhost/"): each["Size"] for each in listed for name in each["Names"]}
    said = {}
    for line in run(*podman, "system", "df", "-v").partition("Containers space")[0].splitlines()[3:]:
        if line:
            repository, tag, *_, size, shared, unique, _ = line.split()
            said[f"{repository.removeprefix('localhost/')}:{tag}"] = (size, shared, unique)
    base = layer(sharing, "app:1", 0)
    upon_base = {each.name for each in sharing.images if each.layers[0] == base and len(each.layers) == 2}
    assert upon_base == {"owned:1", "nearly:1", "random:1", "random:2", "stamped:1"}
    for name, size in exact.items():
        shared = size if name == "base:1" else exact["base:1"] if name in upon_base else 0
        assert said[name] == tuple(_as_podman_prints(each) for each in (size, shared, size - shared))
    assert sum(exact.values()) > 2 * sharing.disk.once_bytes


def _destination(storage: Path) -> str:
    return f"containers-storage:[overlay@{storage}/root+{storage}/run]"


def _as_podman_prints(size: int) -> str:
    """Four digits in decimal units."""
    units = ("B", "kB", "MB", "GB")
    power = 0
    value = float(size)
    while value >= 1000:
        value, power = value / 1000, power + 1
    return f"{value:.4g}{units[power]}"
