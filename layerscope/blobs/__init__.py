"""Bytes: decompression, verification, limits and the tar reader; the only home of libarchive."""
