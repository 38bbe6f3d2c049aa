"""Bounds on what is read from an image, so that no input costs unbounded time or memory."""

from __future__ import annotations

from dataclasses import dataclass

from layerscope.errors import LimitExceeded

__all__ = ["DEFAULT_LIMITS", "Limits"]

_MIB = 1 << 20
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be read at most; past a bound, LimitExceeded (exit code 6) names it.

    All sizes are bytes.
    """

    layer_tar_bytes: int = 256 * _GIB
    """Bytes that one compressed layer, or an archive that is compressed as a whole, may unpack to. What is
    stored uncompressed is as large as its file. The largest published images hold some 60 GB."""

    ratio: int = 500
    """Uncompressed over compressed bytes of one blob, looked at only past `ratio_floor_bytes`: text gives
    some 10, a file of zeros in gzip at most 1,032 (the format's bound), a bomb in bzip2 or xz millions."""

    ratio_floor_bytes: int = 4 * _GIB
    """Below this the ratio is not looked at: an image may hold a disk of zeros."""

    layer_entries: int = 50_000_000
    """Entries of one layer."""

    path_bytes: int = 64 << 10
    """Bytes of one path. Linux takes 4,096 in one system call; deeper trees can be made step by step.
    Names that fit into a plain header (256 bytes) are not looked at, here and for `path_depth`."""

    path_depth: int = 1024
    """Components of one path: each is a directory, so that a header could ask for thousands of them."""

    implied_directories: int = 2_000_000
    """Directories of one layer that have no entry and are there because paths below them are. An entry of a
    kilobyte can imply five hundred."""

    link_components: int = 20_000_000
    """Path components walked while following the symbolic links of one layer: a short path can lead through
    255 long links."""

    document_bytes: int = 64 * _MIB
    """Bytes of one metadata document (manifest, index, configuration)."""

    documents_bytes: int = 512 * _MIB
    """Bytes of all documents that are read to list a source or to open one image, or kept while an archive is
    read in one pass."""

    kept_document_bytes: int = 256 * _MIB
    """Bytes of one package database that is kept while a layer passes; a larger one is not read, with a
    notice. The databases of the largest distribution images have some 150 MB."""

    kept_documents_bytes: int = 512 * _MIB
    """Bytes of all package databases that are kept of one layer."""

    secret_file_bytes: int = _MIB
    """Bytes of one file that is looked at for secrets because of its name; a larger one is not."""

    secret_files_bytes: int = 128 * _MIB
    """Bytes of all files of one layer that are looked at for secrets; past it the others are not, with a
    notice."""

    layers: int = 10_000
    """Layers of one image. Engines stop at some hundreds; a manifest has room for millions."""

    listed_images: int = 20_000
    """Images, and what else indexes list, in one source."""

    listed_layers: int = 1_000_000
    """Layers of all images in one source, each counted in every image that has it."""

    archive_members: int = 1_000_000
    """Members of the outer archive."""

    index_depth: int = 16
    """Indexes within indexes."""

    def check_ratio(self, compressed_bytes: int, uncompressed_bytes: int) -> None:
        """Raise LimitExceeded when a decompressed stream has grown out of proportion or past its bound."""
        if uncompressed_bytes > self.layer_tar_bytes:
            raise LimitExceeded(
                f"more than {self.layer_tar_bytes:,} bytes uncompressed (limit layer_tar_bytes)"
            )
        if uncompressed_bytes > self.ratio_floor_bytes and uncompressed_bytes > self.ratio * max(
            compressed_bytes, 1
        ):
            raise LimitExceeded(
                f"expands more than {self.ratio} times, to over {uncompressed_bytes:,} bytes (limit ratio)"
            )


DEFAULT_LIMITS = Limits()
