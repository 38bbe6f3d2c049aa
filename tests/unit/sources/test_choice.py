"""Choosing one of several images: every way to name one, and answers that can be typed in again."""

from __future__ import annotations

import random

import pytest

from layerscope.errors import AmbiguousImage, Malformed, NoSuchImage, Unsupported, UsageError
from layerscope.image.source import Candidate
from layerscope.oci.digest import Digest, ImageID
from layerscope.sources.choice import choose


def candidate(key: int, kind: str = "image", *names: str, platform: str = "", **more: object) -> Candidate:
    digest = Digest(f"sha256:{key:064x}")
    return Candidate(kind, names, platform, digest, key, **more)  # type: ignore[arg-type]


def offered(candidates: list[Candidate]) -> list[dict[str, str]]:
    """The arguments that the message offers, one dictionary a line."""
    with pytest.raises(AmbiguousImage) as raised:
        choose(candidates, "x")
    lines = [line.partition("#")[0].split() for line in str(raised.value).splitlines()[1:]]
    arguments = [line for line in lines if line and line[0].startswith("--")]
    return [dict(zip([a[2:] for a in line[::2]], line[1::2], strict=True)) for line in arguments]


PLATFORMS = ("", "linux/amd64", "linux/arm", "linux/arm/v6", "linux/arm/v7", "linux/arm64", "linux/arm64/v8")


@pytest.mark.parametrize("seed", range(30))
def test_what_a_message_offers_selects_one_image_each(seed: int) -> None:
    chance = random.Random(seed)
    candidates = [
        candidate(
            key,
            "image",
            *chance.sample(["a:1", "a:2", "b:1"], chance.randrange(3)),
            platform=chance.choice(PLATFORMS),
        )
        for key in range(chance.randrange(2, 8))
    ]
    chosen = [choose(candidates, "x", **arguments)[0] for arguments in offered(candidates)]
    assert chosen == candidates


def test_two_images_that_differ_in_nothing_are_told_by_their_place() -> None:
    twins = [Candidate("image", (), "", None, key, ImageID("sha256:" + "1" * 64)) for key in range(2)]
    assert offered(twins) == [{"image": "@0"}, {"image": "@1"}]
    assert choose(twins, "x", image="@1")[0] is twins[1]


def test_attestations_are_no_images_where_images_are_counted_or_listed() -> None:
    first, second = (candidate(key, platform=f"linux/{name}") for key, name in ((0, "amd64"), (2, "arm64")))
    attestation = candidate(1, "attestation", "1", platform="unknown/unknown")
    candidates = [first, attestation, second]
    assert choose(candidates, "x", image="@1")[0] is second
    with pytest.raises(NoSuchImage) as raised:
        choose(candidates, "x", platform="linux/s390x")
    assert str(raised.value).splitlines()[1:] == [
        f"  linux/amd64 {first.digest}",
        f"  linux/arm64 {second.digest}",
        "  (1 attestation)",
    ]


def test_a_bare_tag_is_called_one() -> None:
    with pytest.raises(NoSuchImage, match=r"\n  tag 1 linux/amd64 sha256:000"):
        choose([candidate(0, "image", "1", platform="linux/amd64")], "x", platform="linux/arm64")


def test_several_damaged_manifests_are_a_damaged_image_and_not_an_unsupported_one() -> None:
    with pytest.raises(Malformed, match="holds no image, only: damaged"):
        choose([candidate(0, "damaged", detail="a"), candidate(1, "damaged", detail="b")], "x")


def test_the_only_image_needs_no_choice() -> None:
    only = candidate(0)
    assert choose([candidate(1, "attestation"), only, candidate(2, "artifact")], "x") == (only, ())


def test_an_exact_name_goes_before_a_full_form_and_a_tag() -> None:
    exact, full, tag = (
        candidate(0, "image", "app"),
        candidate(1, "image", "docker.io/library/app:latest"),
        candidate(2, "image", "other:app"),
    )
    assert choose([tag, full, exact], "x", image="app")[0] is exact
    assert choose([tag, full], "x", image="app")[0] is full
    assert choose([tag, candidate(3, "image", "z")], "x", image="app")[0] is tag


def test_a_digest_may_be_short_but_not_too_short() -> None:
    one = Candidate("image", (), "", Digest("sha256:" + "ab" * 32), 0)
    two = Candidate("image", (), "", Digest("sha256:" + "cd" * 32), 1)
    assert choose([one, two], "x", image="abababab")[0] is one
    assert choose([one, two], "x", image="sha256:cdcdcd")[0] is two
    with pytest.raises(NoSuchImage):
        choose([one, two], "x", image="aba")


def test_the_only_image_with_layers_is_chosen_and_the_others_are_named() -> None:
    here, gone = candidate(0), candidate(1, stored=False)
    assert choose([gone, here], "x") == (here, (gone,))


def test_images_without_layers_are_not_chosen_between() -> None:
    with pytest.raises(AmbiguousImage):
        choose([candidate(0, stored=False), candidate(1, stored=False)], "x")


@pytest.mark.parametrize(
    ("candidates", "choice", "error", "message"),
    [
        ([], {}, NoSuchImage, "x: lists no image"),
        ([candidate(0, "artifact", detail="t")], {}, Unsupported, "x: holds no image, only: artifact (t)"),
        ([candidate(0, "missing")], {}, NoSuchImage, "listed but not in the source: image sha256:000"),
        ([candidate(0)], {"image": "b"}, NoSuchImage, "nothing matches --image b; there are:\n  sha256:000"),
        (
            [candidate(0, platform="linux/amd64")],
            {"platform": "linux/arm64"},
            NoSuchImage,
            "nothing matches --platform linux/arm64; there are:\n  linux/amd64 sha256:000",
        ),
        ([candidate(0)], {"platform": "arm64"}, UsageError, "--platform arm64: write it as"),
    ],
)
def test_no_image_is_left_for_a_reason(
    candidates: list[Candidate], choice: dict[str, str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        choose(candidates, "x", **choice)
    assert message in str(raised.value)


def test_a_damaged_manifest_is_opened_only_when_nothing_else_is_there() -> None:
    """Opening it raises what is wrong with it."""
    damaged, image = candidate(0, "damaged"), candidate(1)
    assert choose([damaged, image], "x")[0] is image
    assert choose([damaged], "x")[0] is damaged
    assert choose([damaged, image], "x", image=damaged.digest)[0] is damaged


def test_a_long_list_is_cut() -> None:
    many = [candidate(key) for key in range(60)]
    with pytest.raises(AmbiguousImage) as raised:
        choose(many, "x")
    assert str(raised.value).count("--image") == 50
    assert "… and 10 more" in str(raised.value)
