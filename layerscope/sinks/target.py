"""From what the user typed after `-o` to a sink."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layerscope.errors import UsageError
from layerscope.sinks.archive import ArchiveSink
from layerscope.sinks.layout import LayoutSink
from layerscope.sinks.sink import Sink

__all__ = ["FORMATS", "Target", "parse_target"]

FORMATS = ("docker-archive", "oci-archive", "oci")
"""What can be written."""


class Target:
    """A place and the medium to write there."""

    def __init__(self, image_format: str, path: Path) -> None:
        self.format = image_format
        self.path = path

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
    """Read `[transport:]path`, with the transports docker-archive, oci-archive and oci.

    Without a transport the medium is the source's own, an archive where the path ends in `.tar`. Raises
    UsageError.
    """
    transport, colon, path = text.partition(":")
    if colon and transport in FORMATS:
        if not path:
            raise UsageError(f"--output {text}: no path after {transport}:")
        return Target(transport, Path(path))
    if text in ("", "-") or text.startswith("/dev/"):
        raise UsageError(f"--output {text}: an image is written to a file or a directory")
    docker = source_format.startswith("docker-archive")
    if text.endswith(".tar"):
        return Target("docker-archive" if docker else "oci-archive", Path(text))
    if text.endswith("/") or source_format in ("oci", "dir"):
        return Target("oci", Path(text))
    return Target("docker-archive" if docker else "oci-archive", Path(text))
