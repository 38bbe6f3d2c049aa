"""Where the base image ends: given, named, counted by a Dockerfile, guessed, or unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layerscope.analysis.base_image import NO_BASE, BaseHints, BaseImage, BaseOrigin, find_base
from layerscope.errors import UsageError
from layerscope.image.history import read_instructions
from layerscope.image.image import Image
from layerscope.image.layer import Layer
from layerscope.oci.config import ContainerConfig, HistoryEntry, ImageConfig
from layerscope.oci.digest import DiffID, Digest, chain_ids

NAME, DIGEST = "org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"
MANIFEST = f"sha256:{0xBA5E:064x}"

ALPINE = (
    ("/bin/sh -c #(nop) ADD file:" + "1" * 64 + " in / ", "03:00"),
    ('/bin/sh -c #(nop)  CMD ["/bin/sh"]', "03:00"),
)
APP = (("COPY . /app # buildkit", "07:00"), ('CMD ["app"]', "07:00", "buildkit.dockerfile.v0"))
BUILDKIT = "buildkit.dockerfile.v0"
CMD = 'CMD ["app"]'
LATE_COPY = ("COPY . /app # buildkit", "23:00")
DEBIAN = ("# debian.sh out 'bookworm'", "01:00", "debuerreotype 0.15")
PYTHON = (
    ("RUN apt-get update # buildkit", "09:00"),
    ("RUN make python # buildkit", "09:00"),
    ('CMD ["python3"]', "09:00", BUILDKIT),
)


def diff_id(letter: str) -> DiffID:
    return DiffID(f"sha256:{letter.encode().hex():0<64}")


def image(layers: str, *history: tuple[str, ...], **fields: Any) -> Image:
    """One layer for each letter, equal letters being equal layers; history is (created_by, hour, comment),
    and CMD, ENTRYPOINT, ENV and LABEL make no layer."""
    entries = [
        HistoryEntry(
            created_by=created_by,
            created=f"2024-05-01T{hour}:00Z" if hour else None,
            comment="".join(comment),
            empty_layer=any(f" {word}" in f" {created_by}" for word in ("CMD", "ENTRYPOINT", "ENV", "LABEL")),
        )
        for created_by, hour, *comment in history
    ]
    stack = tuple(
        Layer(index, Digest(f"sha256:{index:064d}"), diff_id(letter), media_type="", size=None)
        for index, letter in enumerate(layers)
    )
    plain = Image("app.tar", "oci", None, None, "", (), None, ImageConfig(), stack)
    return replace(plain, history=read_instructions(entries), **fields)


def base(of: Image, **hints: Any) -> BaseImage:
    return find_base(of, [layer.diff_id for layer in of.layers], BaseHints(**hints))


def guessed(*history: tuple[str, ...]) -> int:
    """Layers of the base of an image with this history."""
    count = sum(not entry.empty_layer for entry in image("", *history).history)
    found = base(image("abcdefgh"[:count], *history))
    assert found.origin is (BaseOrigin.HISTORY if found.layers else BaseOrigin.NONE)
    return found.layers


def test_the_base_that_is_given_has_the_lowest_layers() -> None:
    given = image("ab", digest=Digest(MANIFEST))
    assert base(image("abc"), given=given, given_name="b.tar") == BaseImage(
        2, BaseOrigin.GIVEN, "b.tar", MANIFEST
    )
    assert base(image("ab"), given=given, given_name="b.tar").layers == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            "ax",
            "base b: it is not the base of this image: layer 1 is 62[0]+ in the image and 78[0]+ in",
        ),
        ("abcd", "base b: it has 4 layers and the image only 3"),
    ],
)
def test_what_is_no_base_of_the_image_is_refused_and_the_layer_named(given: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        base(image("abc"), given=image(given), given_name="b")


def test_layers_without_diff_ids_are_not_compared() -> None:
    known = image("ab")
    unknown = replace(known, layers=tuple(replace(layer, diff_id=None) for layer in known.layers))
    with pytest.raises(UsageError, match="its diff IDs are unknown"):
        base(known, given=unknown, given_name="b")
    with pytest.raises(UsageError, match="the diff ID of the image's layer 0 is unknown"):
        base(unknown, given=known, given_name="b")


def test_a_digest_names_the_topmost_layer_of_the_base() -> None:
    of = image("abac")
    ids = [diff_id(letter) for letter in "abac"]
    chain = chain_ids(ids)
    assert base(of, given=ids[1]) == BaseImage(2, BaseOrigin.GIVEN)
    assert base(of, given=chain[2]).layers == 3
    assert base(of, given=of.layers[2].digest).layers == 3
    with pytest.raises(UsageError, match="no layer of the image has this diff ID, chain ID or digest"):
        base(of, given=MANIFEST)


def test_a_layer_that_comes_twice_names_no_place() -> None:
    with pytest.raises(UsageError, match="layers 1 and 3 are this one; give its chain ID"):
        base(image("abcb"), given=diff_id("b"))
    assert base(image("aba"), given=diff_id("a")).layers == 1  # which is the chain ID of layer 0


def test_the_digest_of_the_annotation_stands_for_its_base() -> None:
    annotations = ((DIGEST, MANIFEST), (NAME, "alpine:3"))
    of = image("ab", *ALPINE, *APP, annotations=annotations)
    assert base(of, given=MANIFEST) == BaseImage(1, BaseOrigin.GIVEN, "alpine:3", MANIFEST, guessed=True)
    with pytest.raises(UsageError, match="neither a Dockerfile nor the history says how many layers"):
        base(image("ab", annotations=annotations), given=MANIFEST)


def test_an_annotation_names_and_the_history_counts() -> None:
    annotations = ((DIGEST, MANIFEST), (NAME, "alpine:3"))
    found = base(image("ab", *ALPINE, *APP, annotations=annotations))
    assert found == BaseImage(1, BaseOrigin.ANNOTATION, "alpine:3", MANIFEST, guessed=True)
    alone = base(image("ab", annotations=annotations))
    assert alone == BaseImage(0, BaseOrigin.NONE, "alpine:3", MANIFEST)


def test_a_label_names_the_base_unless_it_may_be_inherited() -> None:
    config = ImageConfig(config=ContainerConfig(Labels={NAME: "alpine:3"}))
    assert base(image("ab", *ALPINE, *APP, config=config)).name == "alpine:3"
    label = (f"LABEL {NAME}=scratch", "03:00", "buildkit.dockerfile.v0")
    assert base(image("ab", ALPINE[0], label, *APP, config=config)).name == ""


def test_a_dockerfile_counts_better_than_the_history() -> None:
    of = image("abc", *ALPINE, ("COPY a /a # buildkit", "05:00"), *APP)
    found = base(of, dockerfile_layers=2, dockerfile_name="python:3")
    assert found == BaseImage(2, BaseOrigin.DOCKERFILE, "python:3")
    assert base(of, dockerfile_layers=0).layers == 0


def test_nothing_is_looked_for_if_none_is_wanted() -> None:
    annotated = image("ab", *ALPINE, *APP, annotations=((NAME, "alpine:3"),))
    assert base(annotated, look=False, dockerfile_layers=1) == NO_BASE


@pytest.mark.parametrize(
    ("history", "layers"),
    [
        pytest.param((*ALPINE, *APP), 1, id="another builder"),
        pytest.param((ALPINE[0], ("RUN make # buildkit", "03:00"), *APP), 1, id="another builder, at once"),
        pytest.param(
            (("bazel build ...", ""), ("bazel build ...", ""), ("COPY app / # buildkit", "")), 2, id="bazel"
        ),
        pytest.param(
            (
                ("# debian.sh out 'bookworm'", "03:00", "debuerreotype 0.15"),
                ("RUN apt-get update # buildkit", "03:00"),
            ),
            1,
            id="debuerreotype",
        ),
        pytest.param(
            (
                ("ADD alpine-minirootfs-3.22.1-x86_64.tar.gz / # buildkit", "03:00"),
                ("RUN apk add python3 # buildkit", "05:00"),
                ("COPY . /app # buildkit", "05:00"),
            ),
            1,
            id="a root filesystem, and later a build",
        ),
        pytest.param(
            (
                ("ADD rootfs.tar / # buildkit", "03:00"),
                ("RUN make python # buildkit", "04:30"),
                ('CMD ["python3"]', "04:31", "buildkit.dockerfile.v0"),
                ("COPY . /app # buildkit", "06:00"),
                ('CMD ["app"]', "06:00", "buildkit.dockerfile.v0"),
            ),
            2,
            id="hours after CMD, and another CMD",
        ),
        pytest.param(
            (DEBIAN, *PYTHON, ("RUN pip install x # buildkit", "23:00"), (CMD, "23:00", BUILDKIT)),
            3,
            id="python on debian, with a CMD of one's own",
        ),
        pytest.param(
            (DEBIAN, *PYTHON, ("RUN pip install x # buildkit", "23:00")),
            3,
            id="a reproducible build, nothing of one's own but layers",
        ),
        pytest.param(
            (DEBIAN, ("RUN install rust # buildkit", "09:00"), ("RUN cargo build # buildkit", "23:00")),
            1,
            id="rust and golang have no CMD: debian's layer is all that is sure",
        ),
        pytest.param(
            (("ADD rootfs.tar / # buildkit", "03:00"), ('CMD ["/bin/sh"]', "03:00", BUILDKIT), LATE_COPY),
            1,
            id="a shell right above a root filesystem",
        ),
        pytest.param(
            (
                ("/bin/sh -c make base", "03:00", "FROM localhost/base:1"),
                ("/bin/sh -c make app", "03:10", "FROM localhost/app:1"),
                ('/bin/sh -c #(nop) CMD ["a"]', "03:10", "FROM fcdec658905f"),
                ("/bin/sh -c make more", "23:00", "FROM fcdec658905e"),
                ('/bin/sh -c #(nop) CMD ["b"]', "23:00", "FROM fcdec658905d"),
            ),
            1,
            id="what buildah says beats a CMD that comes twice",
        ),
        pytest.param(
            (
                ("/bin/sh -c #(nop) COPY file:1 in /bin/busybox ", "03:00"),
                ("/bin/sh -c make base", "03:00", "FROM 6c5fe48ca7cc"),
                ("/bin/sh -c make app", "03:00", "FROM localhost/base:1"),
                ("/bin/sh -c make more", "03:00", "FROM fcdec658905f"),
            ),
            2,
            id="buildah",
        ),
    ],
)
def test_two_builds_leave_marks_in_the_history(history: Any, layers: int) -> None:
    assert guessed(*history) == layers


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(ALPINE, id="a base image itself"),
        pytest.param(
            (("COPY /out / # buildkit", "03:00"), LATE_COPY), id="one's own root, from the cache, on scratch"
        ),
        pytest.param(
            (("ADD rootfs.tar / # buildkit", "03:00"), (CMD, "03:00", BUILDKIT), LATE_COPY),
            id="one's own root and command, from the cache",
        ),
        pytest.param(
            (
                ("ADD rootfs.tar / # buildkit", "03:00"),
                ('CMD ["a"]', "03:00", "buildkit.dockerfile.v0"),
                ("COPY a /a # buildkit", "03:10"),
            ),
            id="one build that sets CMD early",
        ),
        pytest.param(
            (("RUN a # buildkit", "03:00"), ("RUN b # buildkit", "23:00")), id="a layer from the build cache"
        ),
        pytest.param(
            (("ADD rootfs.tar / # buildkit", "yesterday"), ("RUN b # buildkit", "23:00")), id="no date"
        ),
        pytest.param(
            (("RUN a # buildkit", "03:00"), ("umoci repack", "23:00")), id="one's own image, changed by umoci"
        ),
    ],
)
def test_weak_marks_are_none(history: Any) -> None:
    assert guessed(*history) == 0


def test_an_entry_point_above_layers_from_the_cache_is_no_end_of_a_base() -> None:
    """BuildKit gives ENTRYPOINT the time of the layer below it, which is the time of the cached one."""
    install = ("RUN apt-get update && apt-get install -y tini # buildkit", "09:00")
    entry_point = ('ENTRYPOINT ["tini" "--"]', "09:00", BUILDKIT)
    assert guessed(DEBIAN, install, entry_point, LATE_COPY, (CMD, "23:00", BUILDKIT)) == 1


def test_what_the_history_counts_is_a_guess_and_what_is_given_is_none() -> None:
    of = image("ab", *ALPINE, *APP)
    assert base(of).guessed
    assert not base(of, dockerfile_layers=1).guessed
    assert not base(of, given=of.layers[0].digest).guessed


def test_a_dockerfile_whose_first_instructions_are_gone_only_guesses() -> None:
    """`RUN a` was taken out after the build: its layer seems to be the base's, minutes before `RUN b`."""
    of = image("abc", DEBIAN, ("RUN a # buildkit", "09:00"), ("RUN b # buildkit", "09:05"))
    assert base(of, dockerfile_layers=2) == BaseImage(2, BaseOrigin.DOCKERFILE, guessed=True)
    assert not base(of, dockerfile_layers=1).guessed
    ended = image("abc", DEBIAN, *PYTHON[1:], ("RUN b # buildkit", "09:05"))
    assert not base(ended, dockerfile_layers=2).guessed
    one_time = image("ab", ("RUN a # buildkit", "09:00"), ("RUN b # buildkit", "09:00"))
    assert not base(one_time, dockerfile_layers=1).guessed


def test_a_history_that_does_not_pair_with_the_layers_counts_nothing() -> None:
    assert base(image("abc", *ALPINE, *APP)) == NO_BASE
