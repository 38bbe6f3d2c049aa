"""OCI and Docker documents: what is accepted, and errors that name the key."""

from __future__ import annotations

import pytest

from layerscope.errors import Malformed, UsageError
from layerscope.oci.config import ImageConfig
from layerscope.oci.decode import decode, decode_fields, decode_first
from layerscope.oci.descriptor import Descriptor
from layerscope.oci.digest import ChainID, DiffID, chain_ids, digest_mismatch, parse_digest, sha256_of
from layerscope.oci.docker import decode_archive_manifest, decode_repositories
from layerscope.oci.index import Index
from layerscope.oci.manifest import Manifest, decode_manifest
from layerscope.oci.media_type import OCI_INDEX, OCI_MANIFEST, guess_document, is_tar
from layerscope.oci.platform import parse_platform

DIGEST = "sha256:" + "0" * 64
EMPTY_SHA256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"layers":[{"digest":"x"},{"digest":3}]}', "manifest.layers[1].digest: expected str, got int"),
        (b'{"layers":[{}]}', "manifest.layers[0]: object missing required field digest"),
        (b'{"layers":{}}', "manifest.layers: expected array, got object"),
        (b"[]", "manifest: expected object, got array"),
        (b"", "manifest: is empty"),
        (b"  \n", "manifest: is empty"),
        (b"\xef\xbb\xbf{}", "manifest: starts with a byte order mark, which JSON does not allow"),
        (b'{"mediaType":"\xff"}', "manifest: holds text that is not UTF-8"),
        (b'{"unknown":' + b"[" * 100_000, "manifest: "),
    ],
)
def test_a_decoding_error_names_the_key(text: bytes, message: str) -> None:
    with pytest.raises(Malformed) as raised:
        decode(text, Manifest, "manifest")
    assert str(raised.value).startswith(message)


def test_a_bad_layer_digest_names_the_layer() -> None:
    text = (
        f'{{"config":{{"digest":"{DIGEST}"}},"layers":[{{"digest":"{DIGEST}"}},{{"digest":"sha256:../x"}}]}}'
    )
    with pytest.raises(Malformed, match=r"^manifest\.layers\[1\]\.digest: 'sha256:\.\./x' is not a digest$"):
        decode_manifest(text.encode(), "manifest")


@pytest.mark.parametrize(
    "text",
    [
        "sha256:../../etc/passwd",
        "sha256:" + "A" * 64,
        "sha256:" + "0" * 63,
        "sha512:" + "0" * 64,
        "0" * 64,
        "sha256:",
        ":" + "0" * 64,
        "sha256:" + "0" * 64 + "\n",
        "SHA256:" + "0" * 64,
        "multihash+base58:a/b",
    ],
)
def test_text_that_breaks_the_grammar_is_no_digest(text: str) -> None:
    """Spec: image-spec v1.1.1, descriptor.md#digests."""
    with pytest.raises(Malformed, match=r"^key: .* is not a digest$"):
        parse_digest(text, "key")


@pytest.mark.parametrize(
    "text", [DIGEST, "sha512:" + "a" * 128, "blake3:" + "b" * 64, "multihash+base58:QmRZxt2b1FVZPNqd8hsiyk"]
)
def test_registered_and_unregistered_algorithms_are_digests(text: str) -> None:
    """Spec: image-spec v1.1.1, descriptor.md#digests."""
    assert parse_digest(text, "key") == text


def test_null_counts_as_absent() -> None:
    assert decode(b'{"layers":null,"config":null,"annotations":null}', Manifest, "manifest") == Manifest()
    assert decode(b'{"manifests":null}', Index, "index") == Index()


def test_trailing_bytes_are_counted() -> None:
    assert decode_first(b'{"mediaType":"x"}\n{}junk', Manifest, "m") == (Manifest(media_type="x"), 6)
    assert decode_first(b'{"mediaType":"x"}\n', Manifest, "m") == (Manifest(media_type="x"), 0)


def test_a_wrong_field_of_a_configuration_leaves_the_others() -> None:
    config, problems = decode_fields(b'{"os":"linux","created":3,"history":[]}', ImageConfig, "config")
    assert config == ImageConfig(os="linux", history=())
    assert problems == ("config.created: expected str, got int",)


def test_keys_of_an_archive_manifest_have_no_case() -> None:
    """Go matches keys without regard to case; Jib wrote `repoTags` for years."""
    items, trailing = decode_archive_manifest(b'[{"config":"c","repoTags":["a:1"],"LAYERS":["l"]}]')
    assert (items[0].config, items[0].repo_tags, items[0].layers) == ("c", ("a:1",), ("l",))
    assert trailing == 0


def test_an_archive_manifest_names_the_wrong_item() -> None:
    with pytest.raises(Malformed, match=r"^manifest\.json\[1\]\.layers\[0\]: expected str, got int$"):
        decode_archive_manifest(b'[{},{"Layers":[7]}]')


def test_repositories_are_turned_around() -> None:
    text = b'{"a":{"1":"x","2":"y"},"b":{"1":"x"},"c":null}'
    assert decode_repositories(text) == {"x": ("a:1", "b:1"), "y": ("a:2",)}


@pytest.mark.parametrize(
    ("media_type", "keys", "guessed"),
    [
        ("", ["manifests"], OCI_INDEX),
        ("", ["layers"], OCI_MANIFEST),
        ("", ["layers", "manifests"], ""),
        ("", [], ""),
        ("application/x", ["layers"], "application/x"),
    ],
)
def test_a_document_without_a_type_is_known_by_its_keys(
    media_type: str, keys: list[str], guessed: str
) -> None:
    assert guess_document(media_type, keys) == guessed


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/vnd.oci.image.layer.v1.tar+zstd", True),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", True),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar", True),
        ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", True),
        ("application/vnd.in-toto+json", False),
        ("application/vnd.dev.cosign.simplesigning.v1+json", False),
        ("application/vnd.sylabs.image.layer.v1.squashfs", False),
    ],
)
def test_a_layer_has_tar_in_its_media_type(media_type: str, expected: bool) -> None:
    assert is_tar(media_type) is expected


@pytest.mark.parametrize(
    ("asked", "platform", "expected"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/x86_64", "linux/amd64", True),
        ("linux/amd64", "linux/arm64", False),
        ("linux/amd64", "windows/amd64", False),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/aarch64", "linux/arm64/v8", True),
        ("linux/arm", "linux/arm/v6", True),
        ("linux/arm/v6", "linux/arm/v7", False),
        ("linux/arm/v7", "linux/arm", True),
        ("linux/amd64", "", False),
    ],
)
def test_a_platform_matches_with_its_default_variant(asked: str, platform: str, expected: bool) -> None:
    """Spec: image-spec v1.1.1, image-index.md#platform-variants."""
    assert parse_platform(asked).matches(platform) is expected


@pytest.mark.parametrize("text", ["", "linux", "linux/", "/amd64", "a/b/c/d"])
def test_a_platform_is_os_and_architecture(text: str) -> None:
    with pytest.raises(UsageError, match="os/architecture"):
        parse_platform(text)


def test_digests_and_sizes_are_verified() -> None:
    sha512_of_nothing = (
        "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
    )
    assert sha256_of(b"") == EMPTY_SHA256
    assert digest_mismatch(b"", EMPTY_SHA256, 0) == ""
    assert digest_mismatch(b"", sha512_of_nothing, None) == ""
    assert "1 bytes, 0 were promised" in digest_mismatch(b"x", EMPTY_SHA256, 0)
    assert EMPTY_SHA256 in digest_mismatch(b"x", EMPTY_SHA256, None)
    assert sha512_of_nothing in digest_mismatch(b"x", sha512_of_nothing, 1)
    assert digest_mismatch(b"x", "blake3:" + "0" * 64, 1) == ""


def test_embedded_content_is_decoded() -> None:
    """Spec: image-spec v1.1.1, descriptor.md#embedded-content."""
    assert Descriptor(digest=DIGEST, data="e30=").embedded() == b"{}"
    assert Descriptor(digest=DIGEST).embedded() is None
    assert Descriptor(digest=DIGEST, data="not base64").embedded() is None


def test_a_chain_id_covers_all_layers_below() -> None:
    """Spec: image-spec v1.1.1, config.md#layer-chainid.

    The digest of the second line is that of `sha256:aa… sha256:bb…`, as `sha256sum` gives it.
    """
    below, above = DiffID("sha256:" + "a" * 64), DiffID("sha256:" + "b" * 64)
    chain = chain_ids([below, above])
    assert chain[0] == ChainID(below)
    assert chain[1] == sha256_of(f"{below} {above}".encode())
    assert chain_ids([]) == []
