"""OCI layouts: indexes within indexes, what is an image and what is not, blobs that are not there."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

import layerscope
from layerscope.blobs.limits import Limits
from layerscope.errors import LimitExceeded, Malformed, NoSuchImage, Unsupported
from layerscope.image.image import Image
from layerscope.notices import Severity
from layerscope.report.model import Verification, verification
from tests.builders import file, layer
from tests.layouts import CONFIG_TYPE, INDEX_TYPE, MANIFEST_TYPE, TAR_TYPE, Layout
from tests.media import sha256
from tests.rawtar import entry, gnu_long, tar

ONE, TWO = layer(file("one", b"1")), layer(file("two", b"22"))


def open_image(reference: str, **choice: Any) -> Image:
    with layerscope.open_source(reference) as source:
        return layerscope.choose_image(source, reference, **choice)


def kinds(reference: str) -> list[str]:
    with layerscope.open_source(reference) as source:
        return [candidate.kind for candidate in source.candidates()]


def codes(image: Image) -> dict[str, Severity]:
    return {notice.code: notice.severity for notice in image.notices}


def test_an_image_says_what_its_documents_promise(tmp_path: Path) -> None:
    layout = Layout()
    manifest = layout.image(ONE, TWO, annotations={"org.opencontainers.image.ref.name": "1"})
    image = open_image(layout.root(manifest).write(tmp_path / "oci"))
    assert (image.format, image.platform, image.tags) == ("oci", "linux/amd64", ("1",))
    assert image.digest == manifest["digest"]
    assert [one.digest for one in image.layers] == [f"sha256:{sha256(tar)}" for tar in (ONE, TWO)]
    assert [one.diff_id for one in image.layers] == [f"sha256:{sha256(tar)}" for tar in (ONE, TWO)]
    assert [one.size for one in image.layers] == [len(ONE), len(TWO)]
    assert {one.media_type for one in image.layers} == {TAR_TYPE}
    assert image.notices == ()


def test_documents_without_media_types_are_known_by_their_keys(tmp_path: Path) -> None:
    layout = Layout()
    config = layout.config(ONE)
    manifest = layout.document({"config": config, "layers": [layout.blob(ONE, TAR_TYPE)]}, "")
    nested = layout.document({"manifests": [manifest]}, "")
    layout.members["index.json"] = json.dumps({"manifests": [nested]}).encode()
    assert len(open_image(layout.write(tmp_path / "oci")).layers) == 1


def test_a_document_that_could_be_two_things_is_refused(tmp_path: Path) -> None:
    """`manifests` and `layers` in one document without a type: engines disagree which one they see."""
    layout = Layout()
    twofold = {"manifests": [], "config": layout.config(), "layers": []}
    reference = layout.root(layout.document(twofold, "")).write(tmp_path / "oci")
    with pytest.raises(Malformed, match="has `manifests` and `layers`"):
        open_image(reference)


def test_names_come_from_index_json_and_reach_through_nested_indexes(tmp_path: Path) -> None:
    layout = Layout()
    inner = layout.image(ONE, annotations={"org.opencontainers.image.ref.name": "not-valid-here"})
    middle = layout.index(layout.index(inner))
    middle["annotations"] = {"io.containerd.image.name": "docker.io/library/app:1"}
    reference = layout.root(middle).write(tmp_path / "oci")
    assert open_image(reference).tags == ("docker.io/library/app:1",)
    assert open_image(reference, image="app:1").digest == inner["digest"]
    assert open_image(reference, image=middle["digest"]).digest == inner["digest"]


def test_a_tag_that_repeats_the_full_name_is_one_name(tmp_path: Path) -> None:
    layout = Layout()
    annotations = {"io.containerd.image.name": "a.b/app:1", "org.opencontainers.image.ref.name": "1"}
    reference = layout.root(layout.image(ONE, annotations=annotations)).write(tmp_path / "oci")
    assert open_image(reference).tags == ("a.b/app:1",)
    assert open_image(reference, image="1").tags == ("a.b/app:1",)


def test_several_descriptors_of_one_manifest_are_one_image(tmp_path: Path) -> None:
    layout = Layout()
    manifest = layout.image(ONE)
    tags = [{**manifest, "annotations": {"org.opencontainers.image.ref.name": tag}} for tag in "ab"]
    reference = layout.root(manifest, *tags).write(tmp_path / "oci")
    assert kinds(reference) == ["image"]
    assert open_image(reference).tags == ("a", "b")


def test_an_index_that_lists_itself_ends(tmp_path: Path) -> None:
    """A true cycle of digests cannot be made; a layout that is not verified can pretend one."""
    layout = Layout()
    fake = "sha256:" + "c" * 64
    cycle = {"mediaType": INDEX_TYPE, "digest": fake, "size": 1}
    document = {"mediaType": INDEX_TYPE, "manifests": [cycle, layout.image(ONE)]}
    layout.members[f"blobs/sha256/{'c' * 64}"] = json.dumps(document).encode()
    image = open_image(layout.root(cycle).write(tmp_path / "oci"))
    assert len(image.layers) == 1
    assert codes(image)["index-cycle"] is Severity.WARNING


def test_indexes_within_indexes_have_a_limit(tmp_path: Path) -> None:
    layout = Layout()
    descriptor = layout.image(ONE)
    for _ in range(4):
        descriptor = layout.index(descriptor)
    reference = layout.root(descriptor).write(tmp_path / "oci")
    assert kinds(reference) == ["image"]
    with pytest.raises(LimitExceeded, match="index_depth"):
        layerscope.open_source(reference, limits=Limits(index_depth=3))


def test_an_image_of_a_layout_has_a_limited_number_of_layers(tmp_path: Path) -> None:
    layout = Layout()
    blob = layout.blob(ONE, TAR_TYPE)
    reference = layout.root(layout.manifest(layout.config(), [blob] * 10_001)).write(tmp_path / "oci")
    with pytest.raises(LimitExceeded, match=r"limit layers\)"):
        layerscope.open_source(reference)


def test_indexes_that_multiply_one_another_cost_no_time(tmp_path: Path) -> None:
    """16 levels of 50 descriptors each are 50^16 ways down."""
    layout = Layout()
    descriptor = layout.image(ONE)
    for _ in range(15):
        descriptor = layout.index(*[descriptor] * 50)
    assert kinds(layout.root(descriptor).write(tmp_path / "oci")) == ["image"]


def test_attestations_are_listed_and_make_no_ambiguity(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image(ONE)
    statement = layout.blob(b"{}", "application/vnd.in-toto+json")
    attestation = layout.manifest(
        layout.config(),
        [statement],
        descriptor={
            "platform": {"os": "unknown", "architecture": "unknown"},
            "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
        },
    )
    reference = layout.root(layout.index(image, attestation)).write(tmp_path / "oci")
    assert kinds(reference) == ["image", "attestation"]
    assert open_image(reference).digest == image["digest"]
    with pytest.raises(Unsupported, match="attestation"):
        open_image(reference, image=attestation["digest"])


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("application/vnd.in-toto+json", "attestation"),
        ("application/vnd.dsse.envelope.v1+json", "attestation"),
        ("application/vnd.dev.cosign.simplesigning.v1+json", "attestation"),
        ("application/vnd.sylabs.image.layer.v1.squashfs", "artifact"),
        ("application/vnd.example.build-type+json", "artifact"),
    ],
)
def test_the_type_of_the_config_makes_no_image(media_type: str, kind: str, tmp_path: Path) -> None:
    """Without a layer that is a tar, a manifest with an image's config type is something else."""
    layout = Layout()
    manifest = layout.manifest(layout.config(), [layout.blob(b"{}", media_type)])
    reference = layout.root(manifest).write(tmp_path / "oci")
    assert kinds(reference) == [kind]
    with pytest.raises(Unsupported, match="holds no image") as raised:
        open_image(reference)
    assert media_type in str(raised.value)


def test_artifacts_are_listed_and_never_opened(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image(ONE)
    tar = layout.blob(TWO, "application/vnd.cncf.helm.chart.content.v1.tar+gzip")
    empty = layout.blob(b"{}", "application/vnd.oci.empty.v1+json")
    chart = layout.manifest(layout.blob(b"{}", "application/vnd.cncf.helm.config.v1+json"), [tar])
    typed = layout.manifest(empty, [tar], artifactType="application/x")
    referrer = layout.manifest(layout.config(TWO), [layout.blob(TWO, TAR_TYPE)], subject=image)
    other = layout.blob(b"<xml/>", "application/xml")
    reference = layout.root(chart, typed, referrer, other, image).write(tmp_path / "oci")
    assert kinds(reference) == ["artifact"] * 4 + ["image"]
    assert open_image(reference).digest == image["digest"]


def test_a_descriptor_that_repeats_the_config_type_is_an_image(tmp_path: Path) -> None:
    """apko writes the type of the config as `artifactType` of the descriptor."""
    layout = Layout()
    reference = layout.root(layout.image(ONE, artifactType=CONFIG_TYPE)).write(tmp_path / "oci")
    assert kinds(reference) == ["image"]


def test_the_one_platform_that_is_there_is_chosen_with_a_word(tmp_path: Path) -> None:
    """`docker save` keeps the index of all platforms and the blobs of the one that was pulled."""
    layout = Layout()
    here = layout.image(ONE, platform={"os": "linux", "architecture": "amd64"})
    gone = layout.image(
        TWO, architecture="arm64", platform={"os": "linux", "architecture": "arm64", "variant": "v8"}
    )
    layout.forget(gone)
    reference = layout.root(layout.index(here, gone)).write(tmp_path / "oci")
    assert kinds(reference) == ["image", "missing"]
    assert open_image(reference).digest == here["digest"]
    with pytest.raises(NoSuchImage, match="not in the source: linux/arm64/v8"):
        open_image(reference, platform="linux/arm64")


def test_a_platform_whose_layers_are_missing_gives_way_to_the_one_that_is_there(tmp_path: Path) -> None:
    layout = Layout()
    here, gone = layout.image(ONE), layout.image(TWO, architecture="arm64")
    layout.forget({"digest": f"sha256:{sha256(TWO)}"})
    reference = layout.root(layout.index(here, gone)).write(tmp_path / "oci")
    image = open_image(reference)
    assert image.digest == here["digest"]
    assert codes(image) == {"platforms-absent": Severity.INFO}
    absent = open_image(reference, platform="linux/arm64")
    assert absent.layers[0].blob is None
    assert codes(absent)["layer-missing"] is Severity.WARNING


def test_a_missing_layer_leaves_the_others(tmp_path: Path) -> None:
    layout = Layout()
    reference = layout.root(layout.image(ONE, TWO)).forget({"digest": f"sha256:{sha256(ONE)}"})
    analysis = layerscope.inspect(reference.write(tmp_path / "oci"))
    lower, upper = analysis.image.layers
    assert repr(lower.absent) == f"SourceNotFound('blobs/sha256/{sha256(ONE)} is not in the layout')"
    assert lower.size == len(ONE)
    assert upper.absent is None
    assert [entry.path for entry in analysis.rootfs.entries()] == [b"two"]


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        TAR_TYPE,
    ],
)
def test_a_foreign_layer_may_be_elsewhere(media_type: str, tmp_path: Path) -> None:
    layout = Layout()
    foreign = layout.blob(ONE, media_type, urls=["https://example.test/base"])
    manifest = layout.manifest(layout.config(ONE, TWO), [foreign, layout.blob(TWO, TAR_TYPE)])
    image = open_image(layout.root(manifest).forget(foreign).write(tmp_path / "oci"))
    assert [repr(one.absent) for one in image.layers] == ["Unsupported('foreign layer')", "None"]
    assert image.layers[0].size == len(ONE)
    assert codes(image) == {"layer-foreign": Severity.WARNING}


def test_a_foreign_layer_that_is_there_is_read(tmp_path: Path) -> None:
    layout = Layout()
    foreign = layout.blob(
        ONE, "application/vnd.docker.image.rootfs.foreign.diff.tar", urls=["https://x.test"]
    )
    reference = layout.root(layout.manifest(layout.config(ONE), [foreign])).write(tmp_path / "oci")
    assert [entry.path for entry in layerscope.inspect(reference).rootfs.entries()] == [b"one"]


def test_an_encrypted_layer_shows_its_size_alone(tmp_path: Path) -> None:
    layout = Layout()
    secret = layout.blob(b"secret" * 100, TAR_TYPE + "+gzip+encrypted")
    manifest = layout.manifest(layout.config(ONE, TWO), [layout.blob(ONE, TAR_TYPE), secret])
    reference = layout.root(manifest).write(tmp_path / "oci")
    image = open_image(reference)
    assert layerscope.inspect(reference).notices == image.notices, "an absent layer is no damaged one"
    assert [repr(one.absent) for one in image.layers] == ["None", "Unsupported('encrypted layer')"]
    assert image.layers[1].size == 600
    assert image.layers[1].blob is None
    assert codes(image) == {"layer-encrypted": Severity.WARNING}


def test_a_layer_that_is_no_tar_leaves_the_others(tmp_path: Path) -> None:
    layout = Layout()
    odd = layout.blob(b"hsqs", "application/vnd.sylabs.image.layer.v1.squashfs")
    manifest = layout.manifest(layout.config(ONE, TWO), [layout.blob(ONE, TAR_TYPE), odd])
    image = open_image(layout.root(manifest).write(tmp_path / "oci"))
    assert isinstance(image.layers[1].absent, Unsupported)
    assert str(image.layers[1].absent) == (
        "media type application/vnd.sylabs.image.layer.v1.squashfs is no tar"
    )
    assert codes(image)["layer-not-tar"] is Severity.WARNING


def test_docker_types_in_oci_documents_and_the_reverse(tmp_path: Path) -> None:
    layout = Layout()
    docker = "application/vnd.docker"
    config = {**layout.config(ONE, TWO), "mediaType": f"{docker}.container.image.v1+json"}
    layers = [layout.blob(ONE, f"{docker}.image.rootfs.diff.tar.gzip"), layout.blob(TWO, TAR_TYPE)]
    manifest = layout.document(
        {"mediaType": f"{docker}.distribution.manifest.v2+json", "config": config, "layers": layers},
        f"{docker}.distribution.manifest.v2+json",
    )
    nested = layout.document(
        {"mediaType": f"{docker}.distribution.manifest.list.v2+json", "manifests": [manifest]},
        f"{docker}.distribution.manifest.list.v2+json",
    )
    reference = layout.root(nested).write(tmp_path / "oci")
    assert [entry.path for entry in layerscope.inspect(reference).rootfs.entries()] == [b"one", b"two"]


def test_a_manifest_of_schema_1_is_unsupported(tmp_path: Path) -> None:
    layout = Layout()
    old = layout.document(
        {"schemaVersion": 1, "fsLayers": [], "history": []},
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    )
    with pytest.raises(Unsupported, match="schema 1"):
        open_image(layout.root(old).write(tmp_path / "oci"))


def test_a_digest_that_leaves_the_layout_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"{}")
    layout = Layout()
    bad = {"mediaType": MANIFEST_TYPE, "digest": "sha256:../../../secret", "size": 2}
    with pytest.raises(Malformed, match=r"index\.json\.manifests\[0\]\.digest: .* is not a digest"):
        open_image(layout.root(bad).write(tmp_path / "oci"))


def test_a_manifest_that_was_changed_is_an_error_and_still_shown(tmp_path: Path) -> None:
    layout = Layout()
    manifest = layout.image(ONE)
    name = "blobs/sha256/" + manifest["digest"].removeprefix("sha256:")
    content = layout.members[name]
    assert isinstance(content, bytes)
    layout.members[name] = content + b" "
    reference = layout.root(manifest).write(tmp_path / "oci")
    assert codes(open_image(reference)) == {"document-digest-mismatch": Severity.ERROR}
    with layerscope.open_source(reference, verify=False) as source:
        assert layerscope.choose_image(source, reference).notices == ()


def test_a_config_that_was_changed_has_its_own_image_id(tmp_path: Path) -> None:
    layout = Layout()
    config = layout.config(ONE)
    manifest = layout.manifest(config, [layout.blob(ONE, TAR_TYPE)])
    name = "blobs/sha256/" + config["digest"].removeprefix("sha256:")
    layout.members[name] = b'{"os":"plan9","architecture":"mips"}'
    image = open_image(layout.root(manifest).write(tmp_path / "oci"))
    assert image.image_id == "sha256:" + sha256(b'{"os":"plan9","architecture":"mips"}')
    assert image.platform == "plan9/mips"
    assert codes(image)["document-digest-mismatch"] is Severity.ERROR


def test_sha512_digests_lead_to_their_blobs(tmp_path: Path) -> None:
    layout = Layout()
    manifest = layout.image(ONE)
    content = layout.members.pop("blobs/sha256/" + manifest["digest"].removeprefix("sha256:"))
    assert isinstance(content, bytes)
    digest = hashlib.sha512(content).hexdigest()
    layout.members[f"blobs/sha512/{digest}"] = content
    image = open_image(layout.root({**manifest, "digest": f"sha512:{digest}"}).write(tmp_path / "oci"))
    assert image.digest == f"sha512:{digest}"
    assert image.notices == ()


def test_an_embedded_manifest_needs_no_blob(tmp_path: Path) -> None:
    """Spec: image-spec v1.1.1, descriptor.md#embedded-content."""
    layout = Layout()
    manifest = layout.image(ONE)
    content = layout.members["blobs/sha256/" + manifest["digest"].removeprefix("sha256:")]
    assert isinstance(content, bytes)
    layout.forget(manifest).root({**manifest, "data": base64.b64encode(content).decode()})
    assert len(open_image(layout.write(tmp_path / "oci")).layers) == 1


def test_a_malformed_config_leaves_the_layers(tmp_path: Path) -> None:
    layout = Layout()
    manifest = layout.manifest(layout.blob(b"{broken", CONFIG_TYPE), [layout.blob(ONE, TAR_TYPE)])
    image = open_image(layout.root(manifest).write(tmp_path / "oci"))
    assert len(image.layers) == 1
    assert codes(image)["config-malformed"] is Severity.ERROR


def test_a_missing_config_leaves_the_layers(tmp_path: Path) -> None:
    layout = Layout()
    config = layout.config(ONE)
    manifest = layout.manifest(config, [layout.blob(ONE, TAR_TYPE)])
    image = open_image(layout.root(manifest).forget(config).write(tmp_path / "oci"))
    assert image.image_id == config["digest"]
    assert codes(image) == {"config-missing": Severity.ERROR}
    (missing,) = image.notices
    assert missing.message.startswith(f"blobs/{config['digest'].replace(':', '/')}: the configuration is not")
    assert image.layers[0].no_instruction == "the configuration is missing"


def test_a_large_document_is_refused(tmp_path: Path) -> None:
    layout = Layout()
    reference = layout.root(layout.image(ONE), annotations={"x": "y" * 1000}).write(tmp_path / "oci")
    with pytest.raises(LimitExceeded, match=r"index\.json: .* document_bytes"):
        layerscope.open_source(reference, limits=Limits(document_bytes=1000))


@pytest.mark.parametrize(
    ("marker", "notice"),
    [
        (None, {"oci-layout-missing": Severity.INFO}),
        (b'{"imageLayoutVersion":"2.0.0"}', {"oci-layout-version": Severity.WARNING}),
        (b"{", {"oci-layout-malformed": Severity.WARNING}),
    ],
)
def test_an_odd_marker_file_is_mentioned(
    marker: bytes | None, notice: dict[str, Severity], tmp_path: Path
) -> None:
    """Spec: image-spec v1.1.1, image-layout.md#oci-layout-file."""
    layout = Layout()
    layout.root(layout.image(ONE))
    del layout.members["oci-layout"]
    if marker is not None:
        layout.members["oci-layout"] = marker
    assert codes(open_image(layout.write(tmp_path / "oci"))) == notice


def test_a_history_of_another_length_names_no_layer(tmp_path: Path) -> None:
    layout = Layout()
    history = [{"created_by": "a"}, {"created_by": "b", "empty_layer": True}, {"created_by": "c"}]
    fitting = layout.manifest(
        layout.config(ONE, TWO, history=history), [layout.blob(ONE, TAR_TYPE), layout.blob(TWO, TAR_TYPE)]
    )
    longer = layout.manifest(layout.config(ONE, history=history), [layout.blob(ONE, TAR_TYPE)])
    reference = layout.root(fitting, longer).write(tmp_path / "oci")
    pairs = open_image(reference, image=fitting["digest"]).layers
    assert [one.instruction and one.instruction.created_by for one in pairs] == ["a", "c"]
    unpaired = open_image(reference, image=longer["digest"])
    assert [one.instruction for one in unpaired.layers] == [None]
    assert len(unpaired.history) == 3
    assert codes(unpaired) == {"history-count": Severity.INFO}


def test_a_multi_platform_dir_keeps_manifests_apart(tmp_path: Path) -> None:
    """`skopeo copy --all … dir:` names manifests `<hex>.manifest.json` and blobs by their bare digest."""
    layout = Layout()
    manifests = [layout.image(ONE), layout.image(TWO, architecture="arm64")]
    layout.root(*manifests)
    hexes = {manifest["digest"].removeprefix("sha256:") for manifest in manifests}
    members = {
        "manifest.json": layout.members["index.json"],
        "version": b"Directory Transport Version: 1.1\n",
    }
    for name, content in layout.members.items():
        digest = name.rpartition("/")[2]
        if name.startswith("blobs/"):
            members[f"{digest}.manifest.json" if digest in hexes else digest] = content
    other = Layout()
    other.members = members
    reference = other.write(tmp_path / "dir")
    image = open_image(reference, platform="linux/arm64")
    assert image.format == "dir"
    assert image.layers[0].blob is not None


def _renamed(layout: Layout, descriptor: dict[str, Any], algorithm: str, encoded: str) -> dict[str, Any]:
    """The same blob under a digest of another algorithm."""
    content = layout.members.pop("blobs/sha256/" + descriptor["digest"].removeprefix("sha256:"))
    layout.members[f"blobs/{algorithm}/{encoded}"] = content
    return {**descriptor, "digest": f"{algorithm}:{encoded}"}


@pytest.mark.parametrize("algorithm", ["blake3", "crc+32"])
def test_a_digest_that_cannot_be_checked_is_said(algorithm: str, tmp_path: Path) -> None:
    """Of a manifest, a configuration and a layer: nothing of them was compared, and that is no yes."""
    layout = Layout()
    blob = _renamed(layout, layout.blob(ONE, TAR_TYPE), algorithm, "a" * 64)
    config = _renamed(layout, layout.config(ONE), algorithm, "b" * 64)
    manifest = _renamed(layout, layout.manifest(config, [blob]), algorithm, "c" * 64)
    found = layerscope.inspect(layout.root(manifest).write(tmp_path / "oci"))
    severities = {(n.code, n.layer): n.severity for n in found.notices}
    assert severities == {
        ("digest-not-verified", None): Severity.WARNING,
        ("digest-not-verified", 0): Severity.WARNING,
    }
    assert [verification(layer) for layer in found.layers] == [Verification.PARTIAL]


@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_layers_with_sha512_digests_are_compared(tmp_path: Path, *, streamed: bool, wrong: bool) -> None:
    layout = Layout()
    digest = hashlib.sha512(TWO if wrong else ONE).hexdigest()
    blob = _renamed(layout, layout.blob(ONE, TAR_TYPE), "sha512", digest)
    layout.root(layout.manifest(layout.config(ONE), [blob]))
    if streamed:
        members = [(name.encode(), data) for name, data in layout.members.items() if isinstance(data, bytes)]
        parts = [part for name, data in members for part in (gnu_long(name), entry(name[:100], data))]
        path = tmp_path / "oci.tar.gz"
        path.write_bytes(gzip.compress(tar(*parts)))
        found = layerscope.inspect(str(path))
    else:
        found = layerscope.inspect(layout.write(tmp_path / "oci"))
    outcome = Verification.MISMATCH if wrong else Verification.VERIFIED
    assert [verification(layer) for layer in found.layers] == [outcome]
    assert ["digest-mismatch"] * wrong == [notice.code for notice in found.notices]
