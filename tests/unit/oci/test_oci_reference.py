"""Names of images: which mean the same, and which transports lead to files."""

from __future__ import annotations

import pytest

from layerscope.errors import Unsupported
from layerscope.oci.reference import normalize_name, refuse_remote, same_image_name, split_transport


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("alpine", "docker.io/library/alpine:latest"),
        ("alpine:3", "docker.io/library/alpine:3"),
        ("me/app", "docker.io/me/app:latest"),
        ("docker.io/alpine:3", "docker.io/library/alpine:3"),
        ("localhost/app:1", "localhost/app:1"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("ghcr.io/a/b@sha256:00", "ghcr.io/a/b@sha256:00"),
    ],
)
def test_a_short_name_has_one_full_form(name: str, full: str) -> None:
    assert normalize_name(name) == full


def test_names_are_compared_in_full() -> None:
    assert same_image_name("alpine", "docker.io/library/alpine:latest")
    assert not same_image_name("alpine:3", "alpine")
    assert not same_image_name("ghcr.io/me/app", "me/app")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oci:dir", ("oci", "dir")),
        ("oci-archive:a.tar:1", ("oci-archive", "a.tar:1")),
        ("docker-archive:a.tar", ("docker-archive", "a.tar")),
        ("dir:/x", ("dir", "/x")),
        ("image.tar", ("", "image.tar")),
        ("other:x", ("", "other:x")),
        ("oci", ("", "oci")),
    ],
)
def test_a_transport_is_one_of_those_that_lead_to_files(text: str, expected: tuple[str, str]) -> None:
    assert split_transport(text) == expected


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("docker-daemon:alpine:3", "docker save alpine:3 | layerscope inspect -"),
        ("docker://alpine:3", "skopeo copy docker://alpine:3 oci-archive:image.tar"),
        ("containers-storage:alpine", "podman save --format oci-archive alpine | layerscope inspect -"),
    ],
)
def test_daemons_and_registries_are_refused_with_the_way_to_save(text: str, command: str) -> None:
    with pytest.raises(Unsupported) as raised:
        refuse_remote(text)
    assert command in str(raised.value)
    assert raised.value.exit_code == 5
