"""What images share by each identity of their layers, and how what they do not share belongs together."""

from __future__ import annotations

import pytest

from layerscope.analysis.layer_difference import Aspect
from layerscope.analysis.sharing_types import RelationKind, Remedy
from tests.builders import Member, directory, file, hardlink, whiteout
from tests.sharing import Built, built, relations, sharing

LATER = 1_000_000_700


def tree(prefix: str, count: int = 40, size: int = 100, **metadata: int) -> list[Member]:
    """Files with contents of their own."""
    return [
        file(f"{prefix}/{n}", f"{prefix} {n} ".encode().ljust(size, b"."), **metadata) for n in range(count)
    ]


BASE = built(*tree("usr"), by="COPY root /")
APP = built(*tree("srv", 10), by="RUN make app")
OTHER = built(*tree("opt", 20), by="RUN make other")


def blob_bytes(*layers: Built) -> int:
    return sum(len(layer.blob) for layer in layers)


# --- what is shared -----------------------------------------------------------------------------------------


def test_a_layer_of_two_images_is_stored_once() -> None:
    found = sharing([BASE, APP], [BASE, OTHER])
    assert (found.blobs.summed_items, found.blobs.once_items) == (4, 3)
    assert found.blobs.summed_bytes == blob_bytes(BASE, APP, BASE, OTHER)
    assert found.blobs.once_bytes == blob_bytes(BASE, APP, OTHER)
    assert found.contents.once_bytes == found.disk.once_bytes == 4000 + 1000 + 2000
    assert (found.documents.once_items, found.documents.once_bytes) == (2, 200)
    assert found.layers[0].images == (0, 1)
    assert [image.layers for image in found.images] == [(0, 1), (0, 2)]


def test_each_image_is_told_what_it_has_alone() -> None:
    first, second = sharing([BASE, APP], [BASE, OTHER]).images
    assert (first.blob_bytes, first.unique_blob_bytes) == (blob_bytes(BASE, APP), blob_bytes(APP))
    assert (second.content_bytes, second.unique_content_bytes) == (6000, 2000)


def test_one_layer_upon_two_is_one_blob_and_twice_on_disk() -> None:
    found = sharing([BASE, APP], [OTHER, APP])
    assert found.blobs.once_items == 3
    assert found.disk.once_bytes - found.contents.once_bytes == 1000
    (app,) = [layer for layer in found.layers if layer.instruction == "RUN make app"]
    assert app.chains == 2
    (relation,) = relations(found, RelationKind.OTHER_PARENTS)
    assert (relation.members, relation.savings.disk_bytes, relation.savings.registry_bytes) == (
        ((app.number,),),
        1000,
        0,
    )
    assert [image.unique_blob_bytes for image in found.images] == [blob_bytes(BASE), blob_bytes(OTHER)]


def test_one_diff_id_in_two_blobs_is_one_layer_and_twice_in_a_registry() -> None:
    members = tree("srv", 10)
    gzip, zstd = (built(*members, compression=way) for way in ("gzip", "zstd"))
    found = sharing([gzip], [zstd])
    assert (found.contents.once_items, found.blobs.once_items, found.disk.once_items) == (1, 2, 1)
    (relation,) = relations(found, RelationKind.COMPRESSION)
    assert relation.savings.registry_bytes == max(len(gzip.blob), len(zstd.blob))
    assert relation.remedies == (Remedy.SAME_COMPRESSION,)
    assert found.aligned_registry_bytes == min(len(gzip.blob), len(zstd.blob))


def test_an_uncompressed_layer_is_no_other_compression() -> None:
    """A saved archive has no compressed blobs; what a registry would have is not known."""
    members = tree("srv", 10)
    found = sharing([built(*members)], [built(*members, compression="gzip")])
    assert found.relations == ()
    assert found.aligned_registry_bytes == found.blobs.once_bytes


def test_the_matrix_has_what_each_two_images_have_in_common() -> None:
    found = sharing([BASE, APP], [BASE, OTHER], [OTHER])
    assert [[cell.layers for cell in row] for row in found.matrix] == [[2, 1, 0], [1, 2, 1], [0, 1, 1]]
    assert found.matrix[0][1].blob_bytes == blob_bytes(BASE)
    assert found.matrix[1][2].content_bytes == 2000
    assert found.matrix[1][2].stored_bytes == 0
    assert found.matrix[0][0].stored_bytes == found.images[0].content_bytes


def test_a_layer_that_comes_twice_in_one_image_is_one_blob_of_it() -> None:
    found = sharing([APP, APP])
    assert (found.blobs.summed_items, found.blobs.summed_bytes) == (1, len(APP.blob))
    assert found.disk.once_items == 2
    assert found.relations == ()


# --- what could be ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "counts", "remedies"),
    [
        (tree("srv", 10, mtime=LATER), {(Aspect.MTIME,): 10}, (Remedy.SOURCE_DATE_EPOCH,)),
        (tree("srv", 10, uid=7), {(Aspect.OWNER,): 10}, (Remedy.SAME_OWNERS,)),
        (tree("srv", 10, mode=0o600), {(Aspect.MODE,): 10}, (Remedy.SAME_OWNERS,)),
        (
            tree("srv", 10, uid=7, mtime=LATER),
            {(Aspect.OWNER, Aspect.MTIME): 10},
            (Remedy.SOURCE_DATE_EPOCH, Remedy.SAME_OWNERS),
        ),
        (tree("srv", 10)[::-1], {}, (Remedy.SAME_BUILDER,)),
    ],
    ids=["mtime", "owner", "mode", "both", "order"],
)
def test_twins_are_named_with_what_differs(
    other: list[Member], counts: dict[tuple[Aspect, ...], int], remedies: tuple[Remedy, ...]
) -> None:
    twin = built(*other, by="RUN make app")
    found = sharing([BASE, APP], [BASE, twin])
    (relation,) = found.relations
    assert (relation.kind, relation.common_bytes, relation.same_instruction) == (
        RelationKind.TWIN,
        1000,
        True,
    )
    (difference,) = relation.differences
    assert {each.aspects: each.paths for each in difference.counts} == counts
    assert difference.reordered == (not counts)
    assert relation.remedies == remedies
    assert relation.savings.disk_bytes == 1000
    assert relation.savings.registry_bytes == relation.savings.pull_bytes == len(twin.blob)
    assert not relation.savings.estimated
    assert found.aligned_registry_bytes == blob_bytes(BASE, APP)
    assert found.aligned_disk_bytes == 5000


def test_twins_that_are_only_written_in_another_way_are_twins_too() -> None:
    (relation,) = sharing([BASE, APP], [BASE, built(tar=APP.tar + bytes(10240))]).relations
    assert (relation.kind, relation.remedies) == (RelationKind.TWIN, (Remedy.SAME_BUILDER,))
    assert relation.differences[0].counts == ()


def test_names_of_one_inode_in_another_order_are_twins() -> None:
    one = built(file("a", b"x" * 500), hardlink("b", to="a"))
    other = built(file("b", b"x" * 500), hardlink("a", to="b"))
    (relation,) = sharing([BASE, one], [BASE, other]).relations
    assert (relation.kind, relation.remedies) == (RelationKind.TWIN, (Remedy.SAME_BUILDER,))


def test_layers_that_are_the_same_but_for_a_few_files_are_near_misses() -> None:
    members = tree("srv", 40)
    near = built(*members[:-2], file("srv/38", b"another"), file("srv/more", b"x"), by="RUN make other")
    found = sharing([BASE, built(*members, by="RUN make app")], [BASE, near])
    (relation,) = found.relations
    assert (relation.kind, relation.common_bytes) == (RelationKind.NEAR_MISS, 3800)
    assert (relation.savings.disk_bytes, relation.savings.estimated) == (3800, True)
    assert 0 < relation.savings.registry_bytes < len(near.blob)
    named = {each.path for count in relation.differences[0].counts for each in count.examples}
    assert named == {b"srv/38", b"srv/39", b"srv/more"}
    assert relation.remedies == (Remedy.COMMON_BASE,)


def test_near_misses_of_one_instruction_are_told_to_pin_what_they_fetch() -> None:
    members = tree("srv", 40)
    one, other = built(*members, by="RUN x"), built(*members[:-1], by="RUN x")
    (relation,) = sharing([BASE, one], [BASE, other]).relations
    assert relation.remedies == (Remedy.PIN_INPUTS, Remedy.COMMON_BASE)


def test_many_near_misses_are_one_relation() -> None:
    members = tree("srv", 40)
    stacks = [[BASE, built(*members, file("own", f"{n}".encode()))] for n in range(12)]
    (relation,) = sharing(*stacks).relations
    assert (relation.kind, len(relation.members), relation.images) == (
        RelationKind.NEAR_MISS,
        12,
        tuple(range(12)),
    )
    assert relation.savings.disk_bytes == 11 * 4000


def test_two_builds_of_a_base_drift_apart() -> None:
    rebuilt = built(*tree("usr")[:-3], file("usr/new", b"n" * 300), by="COPY root /")
    found = sharing([BASE, APP], [BASE, OTHER], [rebuilt, APP])
    (relation,) = found.relations
    assert (relation.kind, relation.members, relation.images) == (
        RelationKind.BASE_DRIFT,
        ((0,), (3,)),
        (0, 1, 2),
    )
    assert relation.common_bytes == 3700
    assert relation.remedies == (Remedy.SAME_BASE,)
    assert relation.savings.registry_bytes == len(rebuilt.blob)
    assert relation.savings.disk_bytes == 4000 + 1000  # the application is upon another base, too
    assert found.aligned_disk_bytes == 4000 + 1000 + 2000


def test_bases_of_several_layers_drift_as_a_whole() -> None:
    python = built(*tree("python", 30), by="RUN install python")
    other_python = built(*tree("python", 29), by="RUN install python")
    other_base = built(*tree("usr")[:-1], by="COPY root /")
    found = sharing([BASE, python, APP], [other_base, other_python, OTHER], bases=[2, 2])
    (relation,) = found.relations
    assert (relation.kind, relation.members) == (RelationKind.BASE_DRIFT, ((0, 1), (3, 4)))
    assert relation.savings.registry_bytes == blob_bytes(other_base, other_python)


def test_different_bases_do_not_drift() -> None:
    program = file("bin/busybox", b"b" * 5000)
    alpine = built(program, *tree("alpine"), by="COPY root /")
    debian = built(program, *tree("debian"), by="COPY root /")
    assert relations(sharing([alpine, APP], [debian, OTHER]), RelationKind.BASE_DRIFT) == []


def test_layers_of_different_platforms_are_not_meant_to_be_the_same() -> None:
    both = ("linux/amd64", "linux/arm64")
    near = built(*tree("usr")[:-1], by="COPY root /")
    result = built(file("srv/x", b"1" * 999), by="RUN make")
    other = built(file("srv/x", b"2" * 999), file("srv/y"), by="RUN make")
    assert sharing([BASE, result], [near, other], platforms=both).relations == ()
    assert len(sharing([BASE, result], [near, other]).relations) == 1
    later = built(*tree("usr", mtime=LATER), by="COPY root /")
    (relation,) = sharing([BASE, APP], [later, OTHER], platforms=both).relations
    assert relation.kind is RelationKind.TWIN  # data is the same for all


def test_an_image_upon_another_one_does_not_drift_from_it() -> None:
    assert sharing([BASE, APP], [BASE, APP, OTHER], bases=[1, 2]).relations == ()


def test_a_base_that_differs_in_times_alone_is_a_twin() -> None:
    later = built(*tree("usr", mtime=LATER), by="COPY root /")
    (relation,) = sharing([BASE, APP], [later, OTHER]).relations
    assert (relation.kind, relation.remedies) == (RelationKind.TWIN, (Remedy.SOURCE_DATE_EPOCH,))


def test_a_squashed_image_is_traced_to_the_layers_of_another() -> None:
    squashed = built(*tree("usr"), *tree("srv", 10), *tree("opt", 20), file("own", b"o" * 50))
    found = sharing([BASE, APP, OTHER], [squashed])
    (relation,) = found.relations
    assert (relation.kind, relation.members) == (RelationKind.REGROUPED, ((0, 1, 2), (3,)))
    assert (relation.common_bytes, relation.remedies) == (7000, (Remedy.KEEP_LAYERS,))
    assert (relation.savings.registry_bytes, relation.savings.estimated) == (len(squashed.blob), True)


def test_the_same_command_with_other_results_is_named() -> None:
    one = built(file("srv/random", b"1" * 3000), directory("srv"), by="RUN make-random")
    other = built(file("srv/random", b"2" * 3000), directory("srv"), by="RUN make-random")
    (relation,) = sharing([BASE, one], [BASE, other]).relations
    assert (relation.kind, relation.common_bytes) == (RelationKind.SAME_INSTRUCTION, 0)
    assert relation.differences[0].paths_with(Aspect.CONTENT) == 1
    assert relation.remedies == (Remedy.PIN_INPUTS,)


def test_the_same_words_in_unrelated_images_mean_nothing() -> None:
    one, other = built(*tree("a"), by="RUN make"), built(*tree("b"), by="RUN make")
    assert sharing([BASE, one], [OTHER, other]).relations == ()
    copied = [built(file("srv/x", text * 999), by="COPY . /srv") for text in (b"1", b"2")]
    assert sharing([BASE, copied[0]], [BASE, copied[1]]).relations == ()


def test_layers_of_one_image_alone_are_no_relation() -> None:
    later = built(*tree("srv", 10, mtime=LATER), by="RUN make app")
    assert sharing([BASE, APP, later], [BASE]).relations == ()


def test_empty_layers_are_no_twins() -> None:
    """They differ in their padding alone, and nothing is saved."""
    assert sharing([BASE, built()], [BASE, built(tar=bytes(20480))]).relations == ()


def test_layers_that_only_remove_can_be_twins() -> None:
    one, other = (
        built(whiteout("usr/1"), directory("usr", mtime=time), by="RUN rm") for time in (1_000_000_000, LATER)
    )
    (relation,) = sharing([BASE, one], [BASE, other]).relations
    assert relation.kind is RelationKind.TWIN


def test_images_with_nothing_in_common_have_no_relations() -> None:
    found = sharing([BASE, APP], [OTHER])
    assert found.relations == ()
    assert found.files.repeated == ()


# --- files --------------------------------------------------------------------------------------------------


def test_contents_that_images_repeat_are_named_with_their_paths() -> None:
    big = b"b" * 9000
    one = built(file("usr/lib/big", big), file("one", b"1"))
    other = built(file("opt/big", big), file("opt/again", big), file("two", b"2"))
    files = sharing([BASE, one], [BASE, other]).files
    (repeated,) = files.repeated
    assert (repeated.content_bytes, repeated.copies, repeated.images) == (9000, 2, 2)
    assert repeated.places == ((1, b"usr/lib/big"), (2, b"opt/big"))
    assert files.layer_bytes - files.file_bytes == 18000
    assert (files.repeated_contents, files.repeated_bytes) == (1, 9000)


def test_what_is_in_a_shared_layer_is_not_repeated() -> None:
    files = sharing([BASE, APP], [BASE, OTHER], [BASE]).files
    assert (files.repeated, files.repeated_bytes) == ((), 0)
    assert files.layer_bytes == files.file_bytes == 7000


def test_what_one_image_repeats_within_itself_is_not_repeated_across_images() -> None:
    again = built(*tree("srv", 10), file("more", b"m"))
    assert sharing([BASE, APP, again], [BASE]).files.repeated == ()
