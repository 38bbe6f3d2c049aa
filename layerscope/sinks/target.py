"""From what the user typed after `-o` to a sink."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layerscope.errors import UsageError
from layerscope.sinks.archive import ArchiveSink
from layerscope.sinks.documents import is_docker_tag
from layerscope.sinks.layout import LayoutSink
from layerscope.sinks.sink import Sink

__all__ = ["FORMATS", "Target", "parse_target", "split_target"]

FORMATS = ("docker-archive", "oci-archive", "oci")
"""What can be written."""
_COMPRESSED = (".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2")
"""Names that promise what is not written."""


class Target:
    """A place and the medium to write there, and what the image is to be called there.

    `name` is empty where it keeps its names.
    """

    def __init__(self, image_format: str, path: Path, name: str = "") -> None:
        self.format = image_format
        self.path = path
        self.name = name

    def open(self) -> Sink:
        """Begin to write; whoever does has to `discard` in the end. Raises OutputError."""
        sink = self._sink()
        sink.begin()
        return sink

    @contextmanager
    def writing(self) -> Iterator[Sink]:
        """The same, with nothing left behind that was not committed. Raises OutputError."""
        sink = self._sink()
        try:
            try:
                sink.begin()
                yield sink
            finally:
                sink.discard()
        except BaseException:
            sink.discard()  # the first time may have been interrupted
            raise

    def _sink(self) -> Sink:
        return LayoutSink(self.path) if self.format == "oci" else ArchiveSink(self.path, self.format)


def parse_target(text: str, source_format: str) -> Target:
    """Read `path` or `transport:path[:name]`, with the transports docker-archive, oci-archive and oci.

    Without a transport the medium is the source's own, an archive where the path ends in `.tar`, and the
    image keeps its names. Raises UsageError.
    """
    transport, path, name = split_target(text)
    if transport:
        if path == Path():
            raise UsageError(f"--output {text}: no path after {transport}:")
        if transport != "oci":
            _refuse_compressed(text, path.name)
        return Target(transport, path, _image_name(text, name) if transport == "docker-archive" else name)
    if text in ("", "-") or text.startswith("/dev/"):
        raise UsageError(f"--output {text}: an image is written to a file or a directory")
    _refuse_compressed(text, text)
    docker = source_format.startswith("docker-archive")
    if text.endswith(".tar"):
        return Target("docker-archive" if docker else "oci-archive", Path(text))
    if text.endswith("/") or source_format in ("oci", "dir"):
        return Target("oci", Path(text))
    return Target("docker-archive" if docker else "oci-archive", Path(text))


def _refuse_compressed(text: str, name: str) -> None:
    if name.endswith(_COMPRESSED):
        raise UsageError(
            f"--output {text}: an archive is not compressed as a whole: name it .tar; "
            "--recompress gzip or zstd compresses its layers"
        )


def split_target(text: str) -> tuple[str, Path, str]:
    """Transport, path and image name of what was typed; the first and the last are empty where there is none.

    With a transport, the first colon ends the path, as skopeo has it; that of a drive is part of it.
    """
    transport, colon, rest = text.partition(":")
    if not colon or transport not in FORMATS:
        return "", Path(text), ""
    drive = 2 if rest[1:2] == ":" and rest[2:3] in ("/", "\\") else 0
    path, _, name = rest[drive:].partition(":")
    return transport, Path(rest[:drive] + path), name


def _image_name(text: str, name: str) -> str:
    """A name as a docker-archive has it: with a tag. Raises UsageError for what engines refuse."""
    if not name:
        return ""
    tagged = name if ":" in name.rpartition("/")[2] else f"{name}:latest"
    if not is_docker_tag(tagged):
        raise UsageError(f"--output {text}: {name} is no name of an image, such as example.test/app:1")
    return tagged
