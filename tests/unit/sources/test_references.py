"""What the user types: paths, transports, standard input, and messages that say what to do."""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

import layerscope
from layerscope.errors import (
    InvalidImage,
    InvalidReference,
    LayerscopeError,
    SourceError,
    SourceNotFound,
    Truncated,
    Unsupported,
)
from layerscope.image.read import ReadOptions
from layerscope.sources.detect import open_reference
from tests import rawtar
from tests.builders import directory, file, image, layer, whiteout
from tests.compressing import compress
from tests.media import as_tar, dir_layout, docker_archive, oci_layout, write_directory, write_tar

ONE, TWO = layer(file("one", b"1")), layer(file("two", b"22"))


def tags(reference: str) -> tuple[str, ...]:
    with layerscope.open_source(reference) as source:
        return layerscope.choose_image(source, reference).tags


def test_a_transport_carries_a_path_and_a_name(tmp_path: Path) -> None:
    specs = image(ONE, tags=("a.test/app:1",)), image(ONE, TWO, tags=("a.test/app:2",))
    archive = write_tar(docker_archive(*specs), tmp_path / "image.tar")
    layout = write_directory(oci_layout(*specs), tmp_path / "oci")
    oci_archive = write_tar(oci_layout(*specs), tmp_path / "oci.tar")
    assert tags(f"docker-archive:{archive}:a.test/app:2") == ("a.test/app:2",)
    assert tags(f"oci:{layout}:a.test/app:2") == ("a.test/app:2",)
    assert tags(f"oci-archive:{oci_archive}:a.test/app:1") == ("a.test/app:1",)
    assert tags(f"docker-archive:{archive}:@1") == ("a.test/app:2",)


def test_a_dir_has_no_names(tmp_path: Path) -> None:
    path = write_directory(dir_layout(image(ONE)), tmp_path / "dir")
    assert tags(f"dir:{path}") == tags(str(path)) == ()


def test_a_path_that_exists_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`docker://x` could be a file, and `a:b.tar` is one."""
    monkeypatch.chdir(tmp_path)
    write_tar(docker_archive(image(ONE, tags=("x:1",))), tmp_path / "oci:a:b.tar")
    assert tags("oci:a:b.tar") == ("x:1",)
    assert tags("docker-archive:oci:a:b.tar") == ("x:1",)
    assert tags("docker-archive:oci:a:b.tar:x:1") == ("x:1",)


@pytest.mark.parametrize(
    ("reference", "error", "message"),
    [
        ("", InvalidReference, "IMAGE is empty"),
        ("oci:", InvalidReference, "no path after oci:"),
        ("oci:nowhere:1", SourceNotFound, "no such file or directory"),
        ("./nowhere.tar", SourceNotFound, "no such file or directory"),
        ("alpine:3", SourceNotFound, "docker save alpine:3 | layerscope inspect -"),
        ("docker-daemon:alpine:3", Unsupported, "docker save alpine:3"),
        ("docker://alpine", Unsupported, "skopeo copy docker://alpine"),
        ("nul\0byte", SourceNotFound, "no such file"),
        ("x" * 5000, SourceNotFound, "no such file"),
    ],
)
def test_a_reference_that_leads_nowhere_says_so(
    reference: str, error: type[LayerscopeError], message: str
) -> None:
    with pytest.raises(error) as raised:
        layerscope.open_source(reference)
    assert message in str(raised.value)


@pytest.mark.parametrize("path", ["/nowhere/image", "./image", "../image", "image.tar", "image.tar.gz"])
def test_a_path_gets_no_advice_about_daemons(path: str) -> None:
    with pytest.raises(SourceNotFound) as raised:
        layerscope.open_source(path)
    assert str(raised.value) == f"{path}: no such file or directory"


def test_a_dangling_symlink_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(SourceNotFound, match="symbolic link"):
        layerscope.open_source(str(tmp_path / "link"))


def test_a_socket_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(SourceError, match=r"^socket: "):
            layerscope.open_source("socket")


def test_a_named_pipe_is_read_as_a_stream(tmp_path: Path) -> None:
    data = as_tar(docker_archive(image(ONE, tags=("x:1",))))
    read_end, write_end = os.pipe()
    assert len(data) < 1 << 16, "a pipe holds 64 KiB"
    os.write(write_end, data)
    os.close(write_end)
    try:
        assert tags(f"/dev/fd/{read_end}") == ("x:1",)
    finally:
        os.close(read_end)


def from_memory(data: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(data)


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd", "xz", "bzip2"])
def test_standard_input_is_read_in_one_pass(compression: str) -> None:
    data = as_tar(docker_archive(image(ONE, TWO, tags=("x:1",))), compression)
    with open_reference("-", ReadOptions(), stdin=from_memory(data)) as source:
        analysis = layerscope.analyze_image(layerscope.choose_image(source, "-"))
    assert [entry.path for entry in analysis.rootfs.entries()] == [b"one", b"two"]


@pytest.mark.parametrize("data", [b"", b"x", b"\x1f\x8b", b"{}", bytes(10240)])
def test_standard_input_that_is_no_image_says_so(data: bytes) -> None:
    with pytest.raises(InvalidImage, match=r"^standard input: "):
        open_reference("-", ReadOptions(), stdin=from_memory(data))


def test_standard_input_that_is_closed_is_not_called_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """`layerscope inspect - <&-`: Python has no sys.stdin then."""
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InvalidReference, match=r"^-: standard input is closed; "):
        layerscope.open_source("-")


NO_IMAGES = {
    "an empty file": (b"", Truncated, "the file is empty"),
    "text": (b"FROM scratch\n" * 100, InvalidImage, "not an image"),
    "a layer": (layer(file("a"), whiteout("b")), InvalidImage, "looks like a single layer"),
    "a root filesystem": (
        layer(*(file(f"{name}/x") for name in ("etc", "usr", "bin"))),
        InvalidImage,
        "looks like a root filesystem (`docker export`?)",
    ),
    "a plain tar": (layer(file("src/main.c")), InvalidImage, "looks like an ordinary tar"),
    "an empty tar": (rawtar.END, InvalidImage, "it holds no files"),
    "directories": (layer(directory("d")), InvalidImage, "it holds no files"),
    "a part of a layout": (layer(file("oci-layout", b"{}")), InvalidImage, "a part of an OCI layout"),
}


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize(("data", "error", "message"), NO_IMAGES.values(), ids=NO_IMAGES)
def test_a_file_that_is_no_image_is_told_what_it_seems_to_be(
    data: bytes, error: type[LayerscopeError], message: str, compression: str, tmp_path: Path
) -> None:
    if compression == "gzip" and error is Truncated:
        message, error = "it holds no files", InvalidImage
    path = tmp_path / "file"
    path.write_bytes(compress(data, compression))
    with pytest.raises(error) as raised:
        layerscope.open_source(str(path))
    assert str(raised.value).startswith(f"{path}: ")
    assert message in str(raised.value)
    assert raised.value.exit_code == 4


@pytest.mark.parametrize("wrong", ["docker-archive", "oci-archive"])
def test_a_wrong_transport_is_told_the_right_one(wrong: str, tmp_path: Path) -> None:
    right = {"docker-archive": "oci-archive", "oci-archive": "docker-archive"}[wrong]
    members = oci_layout(image(ONE)) if right == "oci-archive" else docker_archive(image(ONE))
    path = write_tar(members, tmp_path / "image.tar")
    with pytest.raises(InvalidImage) as raised:
        layerscope.open_source(f"{wrong}:{path}")
    advice = f"it looks like {right}: leave the transport out, or write {right}:{path}"
    assert str(raised.value).endswith(advice)


def test_a_directory_is_not_called_a_tar(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int main;")
    with pytest.raises(InvalidImage, match="it looks like an ordinary directory; save the image"):
        layerscope.open_source(str(tmp_path))


def test_an_empty_directory_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(InvalidImage, match="it holds no files"):
        layerscope.open_source(str(tmp_path))


def test_a_transport_asks_for_its_own_documents(tmp_path: Path) -> None:
    path = write_tar(docker_archive(image(ONE)), tmp_path / "image.tar")
    with pytest.raises(InvalidImage, match=r"no index\.json"):
        layerscope.open_source(f"oci-archive:{path}")


def test_progress_hears_of_a_stream_up_to_its_end(tmp_path: Path) -> None:
    path = write_tar(docker_archive(image(ONE, TWO)), tmp_path / "image.tar.gz", "gzip")
    heard: list[tuple[int, int]] = []
    layerscope.open_source(str(path), progress=lambda done, total: heard.append((done, total)))
    assert heard[-1] == (path.stat().st_size, path.stat().st_size)
