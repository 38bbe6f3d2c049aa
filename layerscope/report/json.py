"""The report as JSON: one record a line, written piece by piece.

The document is a single JSON object. Each layer, wasted file, finding, package and notice stands on a line of
its own, so that `grep` and `diff` work on it and memory stays bounded however much is wasted. It is UTF-8 in
every locale; characters that act on a terminal or in the log of a CI service (`report.printable`) are written
as `\\u` escapes, which changes nothing for a parser. The same analysis gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from layerscope.analysis.analyze import Analysis
from layerscope.report import attribution, model
from layerscope.report.printable import LOG_COMMAND, UNSAFE
from layerscope.rules.finding import Finding

__all__ = ["encode_line", "json_blocks"]

_ENCODER = msgspec.json.Encoder()


def json_blocks(analysis: Analysis, findings: Sequence[Finding] | None) -> Iterator[bytes]:
    """The document in blocks of bytes, a line end after it; `findings` is None where no rule was asked."""
    yield b'{"schema_version":%d,\n"complete":' % model.SCHEMA_VERSION
    yield encode_line(analysis.complete) + b',\n"image":'
    yield encode_line(model.image_report(analysis))
    yield b',\n"totals":' + encode_line(model.totals(analysis))
    yield b',\n"layers":'
    yield from _array(model.layer_reports(analysis))
    yield b',\n"waste":{"by_cause":' + encode_line(model.by_cause(analysis.ledger))
    yield b',\n"files":'
    yield from _array(model.wasted_file_reports(analysis.ledger))
    yield b'},\n"examined":' + encode_line(findings is not None) + b',\n"findings":'
    yield from _array(attribution.finding_reports(findings or ()))
    yield b',\n"packages":'
    yield from _packages(analysis)
    yield b',\n"notices":'
    yield from _array(model.notice_reports(analysis))
    yield b"}\n"


def _packages(analysis: Analysis) -> Iterator[bytes]:
    if not analysis.packages.looked_for:
        yield b"null"
        return
    yield b'{"ecosystems":' + encode_line(attribution.ecosystems(analysis))
    yield b',"by_layer":' + encode_line(attribution.packages_by_layer(analysis))
    yield b',"unowned":' + encode_line(attribution.unowned(analysis)) + b',\n"list":'
    yield from _array(attribution.package_reports(analysis))
    yield b"}"


def encode_line(value: object) -> bytes:
    """One JSON value without line breaks, safe to show on a terminal."""
    encoded = _ENCODER.encode(value)
    if encoded.isascii() and b"\x7f" not in encoded and b"##" not in encoded:
        return encoded  # the encoder escapes C0 itself, and no line begins with text of an image
    return LOG_COMMAND.sub(_escape, UNSAFE.sub(_escape, encoded.decode())).encode()


def _array(values: Iterable[object]) -> Iterator[bytes]:
    separator = b"[\n"
    for value in values:
        yield separator + encode_line(value)
        separator = b",\n"
    yield b"[]" if separator == b"[\n" else b"\n]"


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
