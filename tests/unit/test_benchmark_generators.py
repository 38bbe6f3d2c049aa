"""The benchmark's images: the same bytes every time, and what their facts say is what is in them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import second_run
from benchmarks.images import plans, ustar
from benchmarks.images.archive import image_layers
from benchmarks.images.catalog import CATALOG, prepare
from benchmarks.images.content import POOL_BYTES, chunks
from benchmarks.images.recompress import recompress
from benchmarks.images.synthetic import FileSizes, ImagePlan, LayerPlan, write_image
from layerscope.api import inspect

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TINY = ImagePlan(
    layers=(
        LayerPlan("usr/lib", new=50),
        LayerPlan("usr/lib", new=10, rewritten=6, chowned=4),
        LayerPlan("srv", new=5, removed_files=3, removed_directories=2),
    ),
    sizes=FileSizes(median=700, sigma=1.0, largest=5_000),
    files_per_directory=10,
)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.tar"
    write_image(TINY, path, "recipe")
    return path


def layer_names(path: Path) -> list[list[str]]:
    """Member names of every layer, as the standard library reads them."""
    layers, _ = image_layers(path)
    names = []
    for layer in layers:
        with path.open("rb") as file:
            file.seek(layer.offset)
            data = io.BytesIO(file.read(layer.size))
        with tarfile.open(fileobj=data) as tar:
            names.append([member.name for member in tar.getmembers()])
    return names


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_image(TINY, tmp_path / name / "tiny.tar", "recipe")
    one, two = ((tmp_path / name / "tiny.tar").read_bytes() for name in ("one", "two"))
    assert one == two


def test_another_seed_gives_other_bytes(tmp_path: Path, tiny: Path) -> None:
    (tmp_path / "other").mkdir()
    write_image(replace(TINY, seed=2), tmp_path / "other" / "tiny.tar", "recipe")
    assert (tmp_path / "other" / "tiny.tar").read_bytes() != tiny.read_bytes()


def test_the_facts_count_what_is_in_the_layers(tmp_path: Path) -> None:
    facts = write_image(TINY, tmp_path / "tiny.tar", "recipe")
    names = [name for layer in layer_names(tmp_path / "tiny.tar") for name in layer]
    markers = [name for name in names if "/.wh." in name]
    assert facts.layers == 3
    assert facts.whiteouts == len(markers) == 3 + 2
    assert facts.entries == len(names) - len(markers)


def test_a_layer_does_what_its_plan_says(tiny: Path) -> None:
    base, second, third = (set(names) for names in layer_names(tiny))
    files = [{name for name in layer if name.endswith(".js")} for layer in (base, second, third)]
    assert len(files[0]) == 50
    assert len(files[1] & files[0]) == 6 + 4
    assert len(files[1] - files[0]) == 10
    hidden = {name.replace(".wh.", "") for name in third if ".wh." in name}
    assert hidden <= base | second
    assert sum(name.endswith(".js") for name in hidden) == 3


def test_diff_ids_are_the_digests_of_the_layers(tiny: Path) -> None:
    layers, config = image_layers(tiny)
    data = tiny.read_bytes()
    digests = [hashlib.sha256(data[layer.offset :][: layer.size]).hexdigest() for layer in layers]
    assert [f"sha256:{digest}" for digest in digests] == config["rootfs"]["diff_ids"]


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_compressed_layers_hold_the_same_tars(tmp_path: Path, tiny: Path, compression: str) -> None:
    target = tmp_path / "packed.tar"
    facts = write_image(TINY, tiny, "recipe")
    packed = recompress(tiny, facts, target, compression, "other recipe")
    layers, config = image_layers(target)
    data = target.read_bytes()
    for layer, diff_id in zip(layers, config["rootfs"]["diff_ids"], strict=True):
        blob = data[layer.offset :][: layer.size]
        assert layer.name == f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}"
        tar = gzip.decompress(blob) if compression == "gzip" else zstd.decompress(blob)
        assert f"sha256:{hashlib.sha256(tar).hexdigest()}" == diff_id
    assert (packed.entries, packed.whiteouts) == (facts.entries, facts.whiteouts)
    assert packed.archive_bytes == target.stat().st_size


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_layerscope_finds_what_the_generator_hid(tmp_path: Path, tiny: Path, compression: str) -> None:
    facts = write_image(TINY, tiny, "recipe")
    path = tiny
    if compression != "none":
        path = tmp_path / "packed.tar"
        recompress(tiny, facts, path, compression, "recipe")
    analysis = inspect(str(path))
    changesets = [layer.reading.changeset for layer in analysis.layers]
    assert sum(len(changeset) for changeset in changesets) == facts.entries
    assert sum(changeset.marker_count for changeset in changesets) == facts.whiteouts
    assert analysis.ledger.stored_bytes == facts.stored_bytes
    assert analysis.ledger.wasted_bytes == facts.wasted_bytes


def test_an_image_is_made_once_and_again_when_its_recipe_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setitem(CATALOG, "small", replace(CATALOG["small"], plan=TINY))
    prepare(CATALOG["small"], tmp_path, said.append)
    prepare(CATALOG["small"], tmp_path, said.append)
    assert said == ["making small.tar"]
    monkeypatch.setitem(CATALOG, "small", replace(CATALOG["small"], plan=replace(TINY, seed=7)))
    prepare(CATALOG["small"], tmp_path, said.append)
    assert said == ["making small.tar"] * 2


def test_an_interrupted_image_is_not_taken_for_a_finished_one(tmp_path: Path) -> None:
    said: list[str] = []
    CATALOG["small"].path(tmp_path).write_bytes(b"cut off")
    facts = prepare(CATALOG["small"], tmp_path, said.append)
    assert said == ["making small.tar"]
    assert facts.archive_bytes == CATALOG["small"].path(tmp_path).stat().st_size


def test_contents_go_round_the_end_of_the_pool() -> None:
    whole = b"".join(chunks(0, POOL_BYTES))
    assert b"".join(chunks(POOL_BYTES - 3, 8)) == whole[-3:] + whole[:5]
    assert b"".join(chunks(5, 0)) == b""


def test_a_name_that_does_not_fit_is_refused_and_not_cut() -> None:
    ustar.header(b"n" * 100, 0)
    with pytest.raises(ValueError, match="does not fit"):
        ustar.header(b"n" * 101, 0)


def test_the_large_plans_have_the_numbers_they_are_named_for() -> None:
    assert len(plans.MILLION.layers) == 10
    assert sum(layer.new for layer in plans.MILLION.layers) == 1_000_000
    assert removed(plans.MILLION) == 15_000
    assert sum(layer.new for layer in plans.TEN_THOUSAND.layers) == 10_000
    assert removed(plans.TEN_THOUSAND) == 150
    assert len(plans.LAYERS_120.layers) == 120
    assert (len(plans.PY2G.layers), removed(plans.PY2G)) == (21, 256)
    assert (len(plans.BIG.layers), removed(plans.BIG)) == (10, 3)


def removed(plan: ImagePlan) -> int:
    return sum(layer.removed_files + layer.removed_directories for layer in plan.layers)


def test_the_facts_beside_an_image_are_json(tmp_path: Path) -> None:
    prepare(CATALOG["small"], tmp_path, lambda _: None)
    facts = json.loads((tmp_path / "small.facts.json").read_text())
    assert facts["layers"] == len(plans.SMALL.layers)


def test_a_rebuilt_image_differs_in_its_top_layer_alone(tmp_path: Path) -> None:
    paths = [tmp_path / "old.tar", tmp_path / "new.tar"]
    for path, plan in zip(paths, (TINY, second_run.rebuilt(TINY)), strict=True):
        write_image(plan, path, "recipe")
    old, new = ([layer.diff_id for layer in inspect(str(path)).layers] for path in paths)
    assert old[:-1] == new[:-1]
    assert old[-1] != new[-1]


def test_a_hundred_images_share_what_they_are_to_share() -> None:
    plans_of = [second_run.related(number) for number in range(100)]
    assert {sum(layer.new for layer in plan.layers) for plan in plans_of} == {10_000}
    assert [len({plan.layers[index] for plan in plans_of}) for index in range(3)] == [1, 10, 100]
