"""From the bytes of a JSON document to its struct, with errors that name the key.

`manifest.layers[2].digest: expected a string, got int` is what a person can look up in the document; a
parser's own words are not.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from layerscope.errors import Malformed

__all__ = ["decode", "decode_fields", "decode_first", "from_builtins"]

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)

_AT = re.compile(r"(?P<what>.*) - at `(?:key in )?\$?(?P<path>[^`]*)`", re.DOTALL)
_TRAILING = re.compile(r"JSON is malformed: trailing characters \(byte (\d+)\)")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def decode(data: bytes, kind: type[T], where: str) -> T:
    """Decode a whole document; `where` names it in messages. Raises Malformed.

    Unknown keys are ignored, and `null` counts as absent wherever a field has a default of None.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(error, data, where) from error


def decode_first(data: bytes, kind: type[T], where: str) -> tuple[T, int]:
    """Decode the first JSON value of a document and count the bytes that follow it.

    Docker and go-containerregistry ignore what follows, podman refuses it. Raises Malformed.
    """
    try:
        return msgspec.json.decode(data, type=kind), 0
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        trailing = _TRAILING.fullmatch(str(error))
        if trailing is None:
            raise _malformed(error, data, where) from error
        end = int(trailing[1]) - 1  # the first byte that does not belong is counted as read
    return decode(data[:end], kind, where), len(data) - end


def from_builtins(value: object, kind: type[T], where: str) -> T:
    """Turn decoded JSON into a struct. Raises Malformed."""
    try:
        return msgspec.convert(value, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _malformed(error, b"{}", where) from error


def decode_fields(data: bytes, kind: type[S], where: str) -> tuple[S, tuple[str, ...]]:
    """Decode an object of which every field is optional, leaving out the fields that are wrong.

    Returns the struct and, for each field left out, a message. A configuration whose `Cmd` has the wrong type
    must not hide the layers. Raises Malformed if the document is no JSON object at all.
    """
    try:
        return msgspec.json.decode(data, type=kind), ()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        document = decode(data, dict[str, Any], where)
    kept: dict[str, object] = {}
    problems = []
    for field in msgspec.structs.fields(kind):
        if field.encode_name in document:
            try:
                kept[field.name] = from_builtins(
                    document[field.encode_name], field.type, f"{where}.{field.encode_name}"
                )
            except Malformed as error:
                problems.append(str(error))
    return kind(**kept), tuple(problems)


def _malformed(error: Exception, data: bytes, where: str) -> Malformed:
    """The library's error in the house's form."""
    if not data.strip(b" \t\r\n"):
        return Malformed(f"{where}: is empty")
    if data.startswith(_BYTE_ORDER_MARKS):
        return Malformed(f"{where}: starts with a byte order mark, which JSON does not allow")
    if isinstance(error, RecursionError):
        return Malformed(f"{where}: is nested too deeply")
    if isinstance(error, UnicodeDecodeError):
        return Malformed(f"{where}: holds text that is not UTF-8")
    found = _AT.fullmatch(str(error))
    what, path = (found["what"], found["path"]) if found else (str(error), "")
    what = what.replace("`", "").replace(" | null", "")
    return Malformed(f"{where}{path}: {what if what.startswith('JSON') else what[:1].lower() + what[1:]}")
