"""Two images against each other: fates of layers, causes of rebuilding, what a pull costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layerscope.analysis.analyze import Analysis, analyze
from layerscope.analysis.comparison import compare
from layerscope.analysis.comparison_types import (
    Comparison,
    IrreproducibleCause,
    LayerFate,
    RebuildCause,
)
from layerscope.analysis.layer_difference import Aspect
from layerscope.blobs.compression import Compression
from layerscope.errors import Truncated
from layerscope.oci.config import ContainerConfig, HistoryEntry, ImageConfig
from layerscope.oci.digest import Digest, ImageID
from tests.analyses import Step, analysis, step
from tests.builders import Member, file, hardlink

LATER = 1_000_000_700
BASE = step(file("base", b"b" * 100), by="ADD rootfs.tar / # buildkit")
OTHER_BASE = step(file("base", b"c" * 120), by="ADD rootfs.tar / # buildkit")


def fates(found: Comparison) -> list[tuple[int | None, int | None, LayerFate, RebuildCause | None]]:
    return [(pair.old, pair.new, pair.fate, pair.cause) for pair in found.layers]


def one_layer(old: Step, new: Step) -> tuple[LayerFate, RebuildCause | None]:
    (pair,) = compare(analysis(old), analysis(new)).layers
    return pair.fate, pair.cause


def made(*members: Member, by: str = "RUN make # buildkit", **options: Any) -> Step:
    return step(*members, by=by, **options)


def configured(given: Analysis, **fields: Any) -> Analysis:
    return replace(given, image=replace(given.image, config=ImageConfig(**fields)))


def with_digests(given: Analysis, *digests: str) -> Analysis:
    """The same, its layers compressed into blobs of these digests."""
    layers = tuple(
        replace(
            layer,
            layer=replace(layer.layer, digest=Digest(f"sha256:{digest:0>64}")),
            reading=replace(layer.reading, compression=Compression.GZIP),
        )
        for layer, digest in zip(given.layers, digests, strict=True)
    )
    return replace(given, layers=layers)


def test_an_image_does_not_differ_from_itself() -> None:
    given = analysis(BASE, made(file("app", b"1")))
    found = compare(given, given)
    assert not found.differs
    assert fates(found) == [(0, 0, LayerFate.KEPT, None), (1, 1, LayerFate.KEPT, None)]
    assert (found.pull.pulled_bytes, found.pull.stored_bytes, found.causes) == (0, 0, ())
    assert (found.paths.unchanged, found.paths.largest) == (2, ())


@pytest.mark.parametrize(
    ("new", "cause"),
    [
        (made(file("a", b"2"), file("b")), RebuildCause.CONTENT),
        (made(file("a", b"1")), RebuildCause.CONTENT),
        (made(file("a", b"1", mtime=LATER), file("b")), RebuildCause.METADATA),
        (made(file("b"), file("a", b"1")), RebuildCause.ORDER),
    ],
)
def test_why_a_layer_is_another_one(new: Step, cause: RebuildCause) -> None:
    assert one_layer(made(file("a", b"1"), file("b")), new) == (LayerFate.REBUILT, cause)


def test_a_tar_that_is_written_in_another_way_is_another_format() -> None:
    old = made(file("a", b"1"))
    new = replace(old, tar=old.tar + bytes(10240))
    assert one_layer(old, new) == (LayerFate.REBUILT, RebuildCause.FORMAT)


def test_the_same_layer_upon_another_one_is_rebuilt_because_of_its_parents() -> None:
    app = made(file("app", b"1" * 50))
    found = compare(analysis(BASE, app), analysis(OTHER_BASE, app))
    assert fates(found) == [
        (0, 0, LayerFate.REBUILT, RebuildCause.CONTENT),
        (1, 1, LayerFate.REBUILT, RebuildCause.PARENTS),
    ]
    assert (found.pull.pulled_layers, found.pull.reused_layers) == (1, 1)
    assert (found.pull.stored_layers, found.pull.stored_bytes) == (2, 120 + 50)


def test_one_diff_id_in_two_blobs_is_compressed_in_another_way() -> None:
    given = analysis(BASE)
    found = compare(with_digests(given, "a"), with_digests(given, "b"))
    assert fates(found) == [(0, 0, LayerFate.REBUILT, RebuildCause.COMPRESSION)]
    assert [cause.cause for cause in found.causes] == [IrreproducibleCause.COMPRESSION]
    assert (found.pull.pulled_layers, found.pull.stored_layers) == (1, 0)


def test_an_uncompressed_layer_is_the_same_as_any_blob_of_its_diff_id() -> None:
    """`docker save` and a pull of the same image: nothing was rebuilt."""
    given = analysis(BASE)
    found = compare(given, with_digests(given, "b"))
    assert not found.differs
    assert (found.pull.pulled_layers, found.pull.reused_layers) == (0, 1)


def test_a_layer_that_could_not_be_read_is_rebuilt_for_an_unknown_reason() -> None:
    broken = made(file("a", b"2"), error=Truncated("it ends too early"))
    assert one_layer(made(file("a", b"1")), broken) == (LayerFate.REBUILT, RebuildCause.UNKNOWN)


def test_added_and_removed_layers_do_not_shift_the_others() -> None:
    one, two, three = (made(file(name, name.encode()), by=f"RUN {name}") for name in ("one", "two", "three"))
    found = compare(analysis(BASE, one, three), analysis(BASE, two, three))
    assert [(old, new) for old, new, _, _ in fates(found)] == [(0, 0), (1, None), (None, 1), (2, 2)]
    assert found.count(LayerFate.ADDED) == found.count(LayerFate.REMOVED) == 1


def test_layers_pair_by_what_they_hold_where_the_instruction_changed() -> None:
    old = made(*(file(f"f{n}", b"x" * 10) for n in range(10)), by="RUN one-thing")
    new = made(*(file(f"f{n}", b"x" * 10) for n in range(9)), by="COPY another /")
    found = compare(analysis(BASE, old), analysis(BASE, new))
    assert fates(found)[1] == (1, 1, LayerFate.REBUILT, RebuildCause.CONTENT)
    assert not found.layers[1].same_instruction


def test_a_cause_is_named_for_each_path_that_an_unchanged_instruction_wrote_anew() -> None:
    old = made(
        file("app/a.py", b"code"),
        file("app/__pycache__/a.cpython-312.pyc", b"1"),
        file("var/log/dpkg.log", b"1"),
        file("var/cache/ldconfig/aux-cache", b"1"),
        file("var/lib/dpkg/status", b"1"),
        file("etc/machine-id", b"1"),
        file("etc/shadow", b"1"),
        file("app/lib.jar", b"1"),
        file("app/data", b"1"),
        file("app/owned", b"o"),
        file("app/mode", b"m"),
    )
    new = made(
        file("app/a.py", b"code", mtime=LATER),
        file("app/__pycache__/a.cpython-312.pyc", b"2"),
        file("var/log/dpkg.log", b"2"),
        file("var/cache/ldconfig/aux-cache", b"2"),
        file("var/lib/dpkg/status", b"2"),
        file("etc/machine-id", b"2"),
        file("etc/shadow", b"2"),
        file("app/lib.jar", b"2"),
        file("app/data", b"2"),
        file("app/owned", b"o", uid=7),
        file("app/mode", b"m", mode=0o600),
    )
    found = compare(analysis(BASE, old), analysis(BASE, new))
    cause = IrreproducibleCause
    assert {each.cause: each.examples for each in found.causes} == {
        cause.MTIMES: (b"app/a.py",),
        cause.BYTECODE: (b"app/__pycache__/a.cpython-312.pyc",),
        cause.LOGS: (b"var/log/dpkg.log",),
        cause.CACHES: (b"var/cache/ldconfig/aux-cache",),
        cause.PACKAGE_STATE: (b"var/lib/dpkg/status",),
        cause.IDENTITIES: (b"etc/machine-id",),
        cause.ACCOUNTS: (b"etc/shadow",),
        cause.ARCHIVES: (b"app/lib.jar",),
        cause.CONTENT: (b"app/data",),
        cause.OWNERS: (b"app/owned",),
        cause.MODES: (b"app/mode",),
    }
    assert all((each.paths, each.layers) == (1, (1,)) for each in found.causes)


def test_an_instruction_that_changed_is_not_irreproducible() -> None:
    old, new = made(file("a", b"1"), by="RUN one"), made(file("a", b"2"), by="RUN two")
    assert compare(analysis(BASE, old), analysis(BASE, new)).causes == ()


def test_a_copy_is_the_same_instruction_whatever_hash_its_contents_have() -> None:
    old, new = (
        made(file("a", b"1", mtime=time), by=f"/bin/sh -c #(nop) COPY dir:{time:064x} in /srv")
        for time in (1_000_000_000, LATER)
    )
    found = compare(analysis(BASE, old), analysis(BASE, new))
    assert [each.cause for each in found.causes] == [IrreproducibleCause.MTIMES]
    assert found.layers[1].same_instruction


def test_mtimes_are_counted_over_all_layers() -> None:
    def built(mtime: int) -> Analysis:
        first = made(*(file(f"a{n}", b"x", mtime=mtime) for n in range(30)), by="RUN first")
        return analysis(first, made(file("b", b"x", mtime=mtime), by="RUN second"))

    (cause,) = compare(built(1_000_000_000), built(LATER)).causes
    assert (cause.cause, cause.paths, cause.layers) == (IrreproducibleCause.MTIMES, 31, (0, 1))
    assert cause.examples == (b"a0", b"a1", b"a10", b"a11", b"a12")


def test_a_rebuilt_layer_carries_its_difference() -> None:
    old, new = made(file("a", b"1"), file("b")), made(file("a", b"1", mtime=LATER), file("b"))
    (pair,) = compare(analysis(old), analysis(new)).layers
    assert pair.difference is not None
    assert [(each.aspects, each.paths) for each in pair.difference.counts] == [((Aspect.MTIME,), 1)]


def test_configurations_are_compared_key_by_key() -> None:
    old = configured(
        analysis(BASE),
        created="2024-01-01T00:00:00Z",
        config=ContainerConfig(
            Env=("A=1", "B=2"), Cmd=("sh",), Labels={"l": "x"}, ExposedPorts={"80/tcp": {}}
        ),
    )
    new = configured(
        analysis(BASE),
        created="2024-01-02T00:00:00Z",
        config=ContainerConfig(Env=("A=1", "B=3", "C="), Cmd=("sh",), User="app"),
    )
    found = compare(old, new)
    assert [(each.key, each.old, each.new) for each in found.configuration] == [
        ("config.Env.B", "2", "3"),
        ("config.Env.C", None, ""),
        ("config.ExposedPorts.80/tcp", "", None),
        ("config.Labels.l", "x", None),
        ("config.User", None, "app"),
        ("created", "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"),
    ]
    assert found.differs
    assert found.causes == ()


def test_times_of_the_configuration_alone_are_a_cause() -> None:
    def at(time: str) -> Analysis:
        return configured(analysis(BASE), created=time, history=(HistoryEntry(created=time, created_by="x"),))

    found = compare(at("2024-01-01T00:00:00Z"), at("2024-01-02T00:00:00Z"))
    assert [each.cause for each in found.causes] == [IrreproducibleCause.CREATED]
    assert [each.key for each in found.configuration] == ["created", "history.created"]


def test_another_image_id_is_a_difference_although_nothing_known_differs() -> None:
    old = analysis(BASE)
    new = replace(old, image=replace(old.image, image_id=ImageID("sha256:" + "9" * 64)))
    (change,) = compare(old, new).configuration
    assert (change.key, change.new) == ("other", "sha256:" + "9" * 64)


def test_bytes_of_paths_add_up_to_what_the_image_grew_by() -> None:
    old = analysis(made(file("gone", b"g" * 7), file("less", b"l" * 9), file("link", b"k" * 5)))
    new = analysis(
        made(
            file("more", b"m" * 20),
            file("less", b"l" * 2),
            file("a-link", b"k" * 5),
            hardlink("link", to="a-link"),
        )
    )
    paths = compare(old, new).paths
    assert (paths.added, paths.removed, paths.content, paths.metadata) == (2, 1, 1, 0)
    grown = paths.added_bytes - paths.removed_bytes + paths.grew_bytes - paths.shrank_bytes
    assert grown == new.ledger.live_bytes - old.ledger.live_bytes
    assert [each.path for each in paths.largest] == [b"more", b"gone", b"less", b"a-link", b"link"]


def test_what_is_pulled_is_counted_as_stored() -> None:
    old = with_digests(analysis(BASE, made(file("a", b"1"))), "a", "b")
    new = with_digests(analysis(BASE, made(file("a", b"2"))), "a", "c")
    pull = compare(old, new).pull
    blob = new.layers[1].reading.compressed_bytes
    assert (pull.pulled_layers, pull.pulled_bytes, pull.reused_layers, pull.compressed) == (1, blob, 1, True)
    assert pull.pulled_bytes + pull.reused_bytes == sum(each.reading.compressed_bytes for each in new.layers)


def test_a_comparison_of_analyses_without_base_and_packages_is_possible() -> None:
    given = analysis(BASE)
    assert analyze(given.image, [layer.reading for layer in given.layers]).ledger.live_bytes == 100
    assert repr(compare(given, given)).startswith("<Comparison of 'app.tar' and 'app.tar': 1 kept")
