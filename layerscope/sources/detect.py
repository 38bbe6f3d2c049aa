"""From what the user typed to a source: which path, which kind of thing, which way to read it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from layerscope.blobs.compression import SNIFF_BYTES, Compression, sniff
from layerscope.blobs.location import FileRange
from layerscope.blobs.streams import Block, file_blocks, pipe_blocks
from layerscope.errors import InvalidReference, SourceError, SourceNotFound, Truncated
from layerscope.image.read import ReadOptions
from layerscope.oci.reference import refuse_remote, split_transport
from layerscope.sources.archive import ArchiveStore
from layerscope.sources.directory import DirectoryStore
from layerscope.sources.documents import Documents
from layerscope.sources.source import StoredSource
from layerscope.sources.store import Store
from layerscope.sources.stream import StreamStore

__all__ = ["Progress", "locate", "open_reference", "path_of"]

STANDARD_INPUT = "-"

_FILE_SUFFIXES = (".tar", ".tgz", ".gz", ".zst", ".xz", ".bz2", "/")
"""What is meant as a path even where nothing is; everything else could be the name of an image."""


Progress = Callable[[int, int], None]
"""Called with (stored bytes read so far, stored bytes to read; 0 if nobody knows)."""


def open_reference(
    reference: str,
    options: ReadOptions,
    *,
    stdin: Callable[[], BinaryIO] | None = None,
    progress: Progress | None = None,
) -> StoredSource:
    """Open what `reference` names: a path, `-`, or `transport:path[:image]`.

    A path that exists is a path, whatever characters it has. `progress` hears of streams alone: everything
    else is opened without reading layers. Raises InvalidReference, SourceNotFound,
    Unsupported for daemons and registries, InvalidImage for what is no image.
    """
    if reference == STANDARD_INPUT:
        if stdin is None:
            raise InvalidReference("-: there is no standard input to read here")
        blocks = _reported(pipe_blocks(stdin()), progress, 0)
        store: Store = StreamStore(blocks, "standard input", options)
        return _source(store, options, "", "")
    transport, path, wanted = locate(reference)
    return _source(_open_path(path, options, progress), options, transport, wanted)


def path_of(reference: str) -> Path | None:
    """The file or directory that `reference` names; None for standard input.

    Raises what `open_reference` raises for a reference that names nothing.
    """
    return None if reference == STANDARD_INPUT else locate(reference)[1]


def _source(store: Store, options: ReadOptions, transport: str, wanted: str) -> StoredSource:
    documents = Documents(store, options.limits, verify=options.verify)
    return StoredSource(documents, transport=transport, wanted=wanted)


def locate(reference: str) -> tuple[str, Path, str]:
    """Transport, path and image name of a reference; the first and the last are empty where it has none.

    Raises what `open_reference` raises for a reference that names nothing.
    """
    if not reference:
        raise InvalidReference("IMAGE is empty: give a path, `-` or transport:path")
    if _exists(reference):
        return "", Path(reference), ""
    transport, rest = split_transport(reference)
    if not transport:
        refuse_remote(reference)
        raise _not_found(reference)
    if not rest:
        raise InvalidReference(f"{reference}: no path after {transport}:")
    path, name = _split_name(rest)
    if path is None:
        raise SourceNotFound(f"{reference}: {rest}: no such file or directory")
    return transport, Path(path), name


def _split_name(rest: str) -> tuple[str | None, str]:
    """Split `path[:name]` so that the path exists; the longest one wins, names and paths hold colons."""
    end = len(rest)
    while end > 0:
        if _exists(rest[:end]):
            return rest[:end], rest[end + 1 :]
        end = rest.rfind(":", 0, end)
    return None, ""


def _exists(path: str) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:  # a NUL in it
        return False


def _not_found(reference: str) -> SourceNotFound:
    message = f"{reference}: no such file or directory"
    if reference.startswith(("/", ".", "~")) or reference.endswith(_FILE_SUFFIXES):
        return SourceNotFound(message)
    return SourceNotFound(
        f"{message}; to inspect an image that a daemon holds, save it: "
        f"docker save {reference} | layerscope inspect -"
    )


def _open_path(path: Path, options: ReadOptions, progress: Progress | None) -> Store:
    label = str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            next(path.iterdir(), None)  # fails here if the directory cannot be read
            return DirectoryStore(path, label, options.limits)
        if not stat.S_ISREG(mode):  # a pipe: `<(docker save alpine)`, /dev/stdin
            with path.open("rb") as pipe:
                return StreamStore(_reported(pipe_blocks(pipe), progress, 0), label, options)
        return _open_file(path, label, options, progress)
    except FileNotFoundError as error:
        raise SourceNotFound(f"{label}: a symbolic link to a file that does not exist") from error
    except OSError as error:
        raise SourceError(f"{label}: {(error.strerror or str(error)).lower()}") from error


def _open_file(path: Path, label: str, options: ReadOptions, progress: Progress | None) -> Store:
    with path.open("rb") as file:
        prefix = file.read(SNIFF_BYTES)
    if not prefix:
        raise Truncated(f"{label}: the file is empty")
    if sniff(prefix) is Compression.NONE:
        return ArchiveStore(path, label, options.limits)
    size = path.stat().st_size
    return StreamStore(_reported(file_blocks(FileRange(path, 0, size)), progress, size), label, options)


def _reported(blocks: Iterable[Block], progress: Progress | None, total: int) -> Iterable[Block]:
    """The same blocks, with a word to `progress` as each is asked for after the one before."""
    if progress is None:
        return blocks

    def reporting(report: Progress) -> Iterator[Block]:
        done = 0
        for block in blocks:
            yield block
            done += len(block)
            report(done, total)

    return reporting(progress)
