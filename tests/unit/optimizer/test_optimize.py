"""An image is written as planned, proved to be the same, or not there at all."""

from __future__ import annotations

import gzip
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import layerscope
from layerscope.errors import AmbiguousImage, InvalidImage, OutputError, SourceError, UsageError
from layerscope.optimizer.config import rewritten_config
from layerscope.report.plan_text import plan_text
from layerscope.report.text import TextOptions
from tests.builders import ImageSpec, directory, file, hardlink, image, layer, opaque, whiteout
from tests.layouts import Layout
from tests.media import MEDIA, docker_hybrid, oci_layout, write_medium, write_tar
from tests.rewriting import selected

BASE = layer(directory("etc"), file("etc/passwd", b"root" * 100), file("etc/old", b"o" * 5000))
APP = layer(directory("srv"), file("srv/app", b"a" * 9000), file("srv/tmp", b"t" * 8000))
CLEAN = layer(directory("srv", mode=0o711), whiteout("srv/tmp"), directory("etc"), whiteout("etc/old"))
SPEC = image(BASE, APP, CLEAN)


def saved(tmp_path: Path, spec: ImageSpec = SPEC, medium: str = "docker-archive") -> str:
    return str(write_medium(medium, spec, tmp_path / "image"))


def base_of(reference: str) -> str:
    return str(layerscope.inspect(reference).layers[0].diff_id)


def documents(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The configuration and the OCI manifest of an archive."""
    with tarfile.open(path) as archive:

        def read(name: str) -> Any:
            return json.load(archive.extractfile(name))  # type: ignore[arg-type]

        manifest = read(f"blobs/{read('index.json')['manifests'][0]['digest'].replace(':', '/')}")
        return read(f"blobs/{manifest['config']['digest'].replace(':', '/')}"), manifest


def test_what_is_hidden_is_gone_and_the_base_stays(tmp_path: Path) -> None:
    reference = saved(tmp_path)
    out = tmp_path / "out.tar"
    result = layerscope.optimize(reference, out, base=base_of(reference))
    after = layerscope.inspect(str(out))
    assert after.complete
    assert after.layers[0].diff_id == base_of(reference)
    assert list(after.ledger.wasted_by_layer) == [5000, 0, 0]
    paths = [[entry.path for entry in each.reading.changeset.entries()] for each in after.layers]
    assert paths[1:] == [[b"srv", b"srv/app"], [b"srv", b"etc"]]
    assert after.layers[2].reading.changeset.whiteouts == [b"etc/old"]
    assert (result.plan.kept, result.plan.wasted_in_kept, result.plan.left_out) == (1, 5000, ())


def test_without_a_base_nothing_is_wasted_at_all(tmp_path: Path) -> None:
    result = layerscope.optimize(saved(tmp_path), tmp_path / "out.tar", base="none")
    after = layerscope.inspect(str(tmp_path / "out.tar"))
    assert after.ledger.wasted_bytes == 0
    assert result.written is not None
    assert result.written.image_id == after.image.image_id
    assert after.layers[2].reading.changeset.marker_count == 0


@pytest.mark.parametrize("medium", sorted(MEDIA))
def test_every_medium_is_optimized(medium: str, tmp_path: Path) -> None:
    reference = saved(tmp_path, medium=medium)
    before = layerscope.inspect(reference)
    layerscope.optimize(reference, tmp_path / "out", base="none")
    after = layerscope.inspect(str(tmp_path / "out"))
    assert (after.ledger.wasted_bytes, after.ledger.live_bytes) == (0, before.ledger.live_bytes)
    assert {e.reading.compression for e in after.layers} == {e.reading.compression for e in before.layers}
    assert after.image.tags == before.image.tags
    assert {path.name for path in tmp_path.iterdir()} == {"image", "out"}


def test_instructions_keep_their_place_and_say_that_their_layer_is_gone(tmp_path: Path) -> None:
    removed = layer(file("x", b"x" * 2000))
    spec = image(BASE, removed, layer(whiteout("x"), file("y", b"y")))
    result = layerscope.optimize(saved(tmp_path, spec), tmp_path / "out.tar", base="none")
    config, manifest = documents(tmp_path / "out.tar")
    assert result.plan.left_out == (1,)
    assert [entry.get("empty_layer", False) for entry in config["history"]] == [False, True, False]
    assert [entry["created_by"] for entry in config["history"]][1].endswith("step 1")
    assert len(config["rootfs"]["diff_ids"]) == len(manifest["layers"]) == 2


def test_fields_that_nobody_knows_stay(tmp_path: Path) -> None:
    layout = Layout()
    config = layout.config(
        BASE, CLEAN, config={"Labels": {"a": "b"}, "Healthcheck": {"Test": ["NONE"]}}, custom={"x": [1]}
    )
    blobs = [
        layout.blob(tar, "application/vnd.oci.image.layer.v1.tar", annotations={"of": "layer"})
        for tar in (BASE, CLEAN)
    ]
    layout.root(layout.manifest(config, blobs, annotations={"of": "manifest"}))
    reference = layout.write(tmp_path / "layout")
    layerscope.optimize(reference, tmp_path / "out.tar", base="none")
    config, manifest = documents(tmp_path / "out.tar")
    assert config["config"] == {"Labels": {"a": "b"}, "Healthcheck": {"Test": ["NONE"]}}
    assert config["custom"] == {"x": [1]}
    assert manifest["annotations"] == {"of": "manifest"}
    assert [each["annotations"] for each in manifest["layers"]] == [{"of": "layer"}] * 2


def test_of_an_image_of_the_first_age_a_configuration_is_made(tmp_path: Path) -> None:
    """As Docker does when it loads one: the topmost layer's, with the history of all."""
    base = {"created": "2013-01-01T00:00:00Z", "container_config": {"Cmd": ["/bin/sh", "-c", "make"]}}
    top = {
        **{"id": "top", "parent": "base", "Size": 7, "created": "2014-01-01T00:00:00Z", "author": "me"},
        **{"config": {"Env": ["A=1"], "Hostname": "x"}, "docker_version": "0.9", "comment": "done"},
    }
    members = {
        "repositories": b'{"x.test/a":{"1":"top"}}',
        "base/json": json.dumps(base).encode(),
        "base/layer.tar": BASE,
        "top/json": json.dumps(top).encode(),
        "top/layer.tar": CLEAN,
    }
    path = write_tar(members, tmp_path / "image.tar")
    layerscope.optimize(str(path), tmp_path / "out.tar", base="none")
    config, manifest = documents(tmp_path / "out.tar")
    diff_ids = config.pop("rootfs")["diff_ids"]
    assert len(diff_ids) == len(manifest["layers"]) == 2
    assert config == {
        "created": "2014-01-01T00:00:00Z",
        "author": "me",
        "comment": "done",
        "docker_version": "0.9",
        "config": {"Env": ["A=1"], "Hostname": "x"},
        "architecture": "amd64",
        "os": "linux",
        "history": [
            {"created": "2013-01-01T00:00:00Z", "created_by": "/bin/sh -c make"},
            {"created": "2014-01-01T00:00:00Z", "author": "me", "comment": "done"},
        ],
    }
    after = layerscope.inspect(str(tmp_path / "out.tar"))
    assert (after.image.tags, after.image.platform) == (("x.test/a:1",), "linux/amd64")


def test_what_is_said_of_the_index_of_one_image_stays(tmp_path: Path) -> None:
    layout = Layout()
    layout.root(layout.image(BASE), annotations={"of": "index"})
    layerscope.optimize(layout.write(tmp_path / "layout"), f"oci:{tmp_path}/out", base="none")
    index = json.loads((tmp_path / "out" / "index.json").read_bytes())
    assert index["annotations"] == {"of": "index"}


def test_what_is_said_of_an_index_of_several_is_said_of_none(tmp_path: Path) -> None:
    layout = Layout()
    layout.root(layout.image(BASE), layout.image(APP, architecture="arm64"), annotations={"of": "both"})
    reference = layout.write(tmp_path / "layout")
    layerscope.optimize(reference, f"oci:{tmp_path}/out", platform="linux/arm64")
    index = json.loads((tmp_path / "out" / "index.json").read_bytes())
    assert "annotations" not in index
    assert [each["platform"] for each in index["manifests"]] == [{"architecture": "arm64", "os": "linux"}]


def compressed(tmp_path: Path) -> Path:
    """Two images in one archive that passes once."""
    specs = (image(BASE, tags=("x.test/a:1",)), image(BASE, CLEAN, tags=("x.test/b:2",)))
    plain = write_tar(docker_hybrid(*specs), tmp_path / "plain")
    path = tmp_path / "image.tar.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    return path


@pytest.mark.parametrize("reference", ["{}", "docker-archive:{}", "docker-archive:{}:x.test/b:2"])
def test_a_compressed_archive_is_read_under_any_name(reference: str, tmp_path: Path) -> None:
    name = reference.format(compressed(tmp_path))
    chosen = None if name.endswith("/b:2") else "x.test/b:2"
    layerscope.optimize(name, f"docker-archive:{tmp_path}/out.tar", image=chosen, base="none")
    assert layerscope.inspect(str(tmp_path / "out.tar")).image.tags == ("x.test/b:2",)
    assert {each.name for each in tmp_path.iterdir()} == {"image.tar.gz", "out.tar"}


def test_errors_do_not_name_the_copy(tmp_path: Path) -> None:
    path = compressed(tmp_path)
    with pytest.raises(AmbiguousImage) as error:
        layerscope.optimize(str(path))
    assert str(error.value).startswith(f"{path}: 2 images")
    assert ".layerscope." not in str(error.value)


def test_layers_that_are_shared_above_others_are_named(tmp_path: Path) -> None:
    other = write_medium("oci", image(BASE, layer(file("other")), APP), tmp_path / "other")
    reference = saved(tmp_path)
    plan = layerscope.optimize(reference, base="none", keep_shared_with=[str(other)]).plan
    assert (plan.kept, plan.unshared) == (1, ((str(other), (1,)),))
    assert "Layer 1 is in" in " ".join(plan_text(plan, TextOptions(width=80)).split())


def test_a_configuration_that_does_not_change_keeps_its_bytes() -> None:
    document = b'{ "rootfs" : {"diff_ids": ["a"], "type": "layers"},\n"unknown": 1.50 }'
    assert rewritten_config(document, ["a"], 1, {0}, {}) == document  # type: ignore[list-item]


def test_a_label_is_added_to_those_there_are() -> None:
    document = b'{"config":{"Labels":{"a":"b"},"Env":["X=1"]}}'
    config = json.loads(rewritten_config(document, [], 0, set(), {"c": "d"}))
    assert config["config"] == {"Labels": {"a": "b", "c": "d"}, "Env": ["X=1"]}


def test_optimizing_again_writes_the_same_bytes(tmp_path: Path) -> None:
    layerscope.optimize(saved(tmp_path), tmp_path / "one.tar", base="none")
    again = layerscope.optimize(str(tmp_path / "one.tar"), tmp_path / "two.tar", base="none")
    assert not again.plan.changes
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_names_keep_their_order(tmp_path: Path) -> None:
    names = ("zebra:1", "example.test/app:1", "ant:2")
    layerscope.optimize(saved(tmp_path, image(BASE, tags=names)), f"docker-archive:{tmp_path}/one.tar")
    layerscope.optimize(str(tmp_path / "one.tar"), tmp_path / "two.tar")
    for name in ("one.tar", "two.tar"):
        with tarfile.open(tmp_path / name) as archive:
            (item,) = json.load(archive.extractfile("manifest.json"))  # type: ignore[arg-type]
        assert item["RepoTags"] == list(names)


def test_layers_are_merged(tmp_path: Path) -> None:
    reference = saved(tmp_path)
    result = layerscope.optimize(reference, tmp_path / "out.tar", base=base_of(reference), squash=(1, 2))
    after = layerscope.inspect(str(tmp_path / "out.tar"))
    assert [each.sources for each in result.plan.layers] == [(1, 2)]
    assert [entry.path for entry in after.layers[1].reading.changeset.entries()].count(b"srv") == 1
    config, _ = documents(tmp_path / "out.tar")
    assert [entry.get("empty_layer", False) for entry in config["history"]] == [False, True, False]


def test_a_range_that_begins_in_the_base_ends_what_is_kept(tmp_path: Path) -> None:
    reference = saved(tmp_path)
    result = layerscope.optimize(reference, base=base_of(reference), squash=(0, 2))
    assert (result.plan.kept, [each.sources for each in result.plan.layers]) == (0, [(0, 1, 2)])
    assert result.written is None


def test_what_merging_saves_is_what_it_saves(tmp_path: Path) -> None:
    reference = saved(tmp_path)
    plain = layerscope.optimize(reference, tmp_path / "plain.tar", base="none")
    (merge,) = [each for each in plain.plan.merges if (each.first, each.last) == (1, 2)]
    merged = layerscope.optimize(reference, tmp_path / "merged.tar", base="none", squash=(1, 2))
    assert plain.written is not None
    assert merged.written is not None
    tar_bytes = [sum(each.tar_bytes for each in result.written.layers) for result in (plain, merged)]  # type: ignore[union-attr]
    assert tar_bytes[0] - tar_bytes[1] == merge.saved_bytes
    assert merge.unshared_bytes == plain.written.layers[1].tar_bytes


def test_planned_sizes_are_the_written_ones(tmp_path: Path) -> None:
    result = layerscope.optimize(saved(tmp_path), tmp_path / "out.tar", base="none")
    assert result.written is not None
    planned = [each.tar_bytes_after for each in result.plan.layers]
    assert planned == [each.tar_bytes for each in result.written.layers]


def test_layers_that_another_image_has_are_kept(tmp_path: Path) -> None:
    other = write_medium("oci", image(BASE, APP, layer(file("other"))), tmp_path / "other")
    reference = saved(tmp_path)
    result = layerscope.optimize(reference, tmp_path / "out.tar", base="none", keep_shared_with=[str(other)])
    assert (result.plan.kept, result.plan.kept_for) == (2, str(other))
    after, before = layerscope.inspect(str(tmp_path / "out.tar")), layerscope.inspect(reference)
    assert [each.diff_id for each in after.layers][:2] == [each.diff_id for each in before.layers][:2]


@pytest.mark.parametrize("codec", ["gzip:1", "zstd:3", "none"])
def test_layers_above_the_base_are_compressed_anew(codec: str, tmp_path: Path) -> None:
    reference = saved(tmp_path, SPEC.with_compression("gzip"))
    layerscope.optimize(reference, tmp_path / "out.tar", base=base_of(reference), recompress=codec)
    after = layerscope.inspect(str(tmp_path / "out.tar"))
    assert [str(each.reading.compression) for each in after.layers] == [
        "gzip",
        *[codec.partition(":")[0]] * 2,
    ]


def test_a_difference_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = saved(tmp_path)
    monkeypatch.setattr(
        "layerscope.optimizer.run.first_difference", lambda *_, **__: "etc/passwd: is missing"
    )
    with pytest.raises(OutputError, match="etc/passwd: is missing"):
        layerscope.optimize(reference, tmp_path / "out.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["image"]


@pytest.mark.parametrize("output", ["docker-archive:out", "oci:out"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, OSError])
def test_whatever_ends_the_writing_leaves_nothing(
    error: type[BaseException], output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = saved(tmp_path, SPEC.with_compression("gzip"))
    monkeypatch.chdir(tmp_path)
    writing: list[object] = []

    def progress(_done: int, _total: int) -> None:
        if writing:
            raise error

    with pytest.raises(error):
        layerscope.optimize(reference, output, base="none", planned=writing.append, progress=progress)
    assert [path.name for path in tmp_path.iterdir()] == ["image"]


def test_a_wrong_record_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof can fail: a mode that is lost on the way is seen."""
    reference = saved(tmp_path)
    monkeypatch.setattr("layerscope.optimizer.select._Selection._take_directory", lambda *_: None)
    with pytest.raises(OutputError, match="would not be the same"):
        layerscope.optimize(reference, tmp_path / "out.tar", base="none")
    assert not (tmp_path / "out.tar").exists()


def test_the_image_itself_is_never_written(tmp_path: Path) -> None:
    reference = Path(saved(tmp_path))
    before = reference.read_bytes()
    with pytest.raises(UsageError, match="this is the image"):
        layerscope.optimize(str(reference), reference)
    layout = Path(str(write_medium("oci", SPEC, tmp_path / "layout")))
    with pytest.raises(UsageError, match="this is the image"):
        layerscope.optimize(str(layout), f"oci:{layout}")
    assert reference.read_bytes() == before


def test_an_image_that_is_not_all_there_is_refused(tmp_path: Path) -> None:
    members = oci_layout(SPEC)
    blobs = {name: blob for name, blob in members.items() if name.startswith("blobs/")}
    largest = max(blobs, key=lambda name: len(blobs[name]))  # type: ignore[arg-type]
    damaged = bytearray(blobs[largest])  # type: ignore[arg-type]
    damaged[700] ^= 1
    path = write_tar({**members, largest: bytes(damaged)}, tmp_path / "damaged.tar")
    with pytest.raises(InvalidImage):
        layerscope.optimize(str(path), tmp_path / "out.tar")
    del members[largest]
    path = write_tar(members, tmp_path / "missing.tar")
    with pytest.raises(SourceError):
        layerscope.optimize(str(path), tmp_path / "out.tar")
    assert not (tmp_path / "out.tar").exists()


@pytest.mark.parametrize("squash", [(0, 3), (2, 1)])
def test_layers_that_are_not_there_are_not_merged(squash: tuple[int, int], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="0 to 2"):
        layerscope.optimize(saved(tmp_path), squash=squash)


def test_an_unchanged_copy_of_a_file_of_the_base_goes() -> None:
    again = layer(directory("etc"), file("etc/passwd", b"root" * 100), file("etc/old", b"new"))
    (picks,) = selected([BASE, again], kept=1)
    assert bytes(picks.picks[1].taken) == b"\1\0\1"


def test_an_unchanged_copy_stays_where_its_twin_is_hidden() -> None:
    again = layer(directory("etc"), opaque("etc"), file("etc/passwd", b"root" * 100))
    (picks,) = selected([BASE, again], kept=1)
    assert bytes(picks.picks[1].taken) == b"\1\1"


def test_a_directory_above_what_stays_keeps_its_entry() -> None:
    lower = layer(directory("d", mode=0o700), file("d/a", b"a"), directory("e"), file("e/a", b"a"))
    upper = layer(directory("d", mode=0o711), file("d/b", b"b"), directory("e"), whiteout("e/a"))
    first, second = selected([lower, upper])
    assert bytes(first.picks[0].taken) == b"\1\1\0\0"
    assert bytes(second.picks[1].taken) == b"\1\1\1"


def test_a_content_moves_to_the_name_that_is_left() -> None:
    lower = layer(file("a", b"a" * 99), hardlink("b", "a"), hardlink("c", "b"))
    first, second = selected([lower, layer(whiteout("a"))])
    assert bytes(first.picks[0].taken) == b"\1\0\1"
    assert first.picks[0].edits[0].path == b"b"
    assert second.is_empty


def test_plans_are_data() -> None:
    (picks,) = selected([BASE])
    assert replace(picks, root_of=1).root_of == 1
