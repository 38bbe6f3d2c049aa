r"""The notation that layer cases are written in: one line a layer, one item an entry.

    d/ ; d/a "1" [0600; uid=5; mtime=9] ; ln -> d ; hard => d/a ; c {char 1:3} ; x "" [x{path=caf\xe9}]

`n "data"` is a regular file, `n` alone an empty one, `n/` a directory, `n -> t` a symlink, `n => t` a hard
link. `{…}` is another type: `fifo`, `char M:m`, `block M:m`, `dir`, `symlink`, `link`, or `type X` for the
typeflag itself (`type NUL`). `[…]` are fields that are not the default: an octal mode, `uid= gid= mtime=
size= major= minor= prefix=`, `-> t` for the link name, `x{k=v, k=v}` for a PAX header before the entry. An
item `x{…}`, `g{…}`, `GNU L{…}` or `GNU K{…}` is such a header alone. `n*50` is fifty times n; `\n \t \0 \xNN
\\ \"` are as in Python.

Defaults: mode 0644, directories 0755, symlinks 0777, owner 0:0, mtime 1000000000, ustar.

An expected root filesystem is a line in the same notation. Beside the fields above it knows `implicit` (a
directory without an entry; its time is open), `k?` (the field k is open) and `xattr:NAME=VALUE`; a hard link
there says that two paths are names of one inode. mtime may have a fraction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests import rawtar

__all__ = ["LOW", "LOWER_D", "Item", "parse", "tar"]

LOWER_D = 'd/ ; d/old "old" ; d/sub/ ; d/sub/old "o"'
LOW = f'{LOWER_D} ; foo "low" ; bar "bar"'
"""The lower layer of most cases."""

_TYPES = {"fifo": b"6", "char": b"3", "block": b"4", "dir": b"5", "symlink": b"2", "link": b"1"}
_MODES = {b"5": 0o755, b"2": 0o777}
_LONE_HEADER = re.compile(r"(x|g|GNU L|GNU K)\{(.*)\}")
_PART = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(->|=>)\s*(\S+)|\{([^}]*)\}|\[((?:[^\]{]|\{[^}]*\})*)\])')
_ESCAPE = re.compile(rb'\\(x[0-9a-f]{2}|[nt0\\"])')
_REPEAT = re.compile(rb"(\w)\*(\d+)")


@dataclass
class Item:
    """One parsed item."""

    name: bytes = b""
    typeflag: bytes = b"0"
    body: bytes = b""
    link: bytes = b""
    mode: int = 0o644
    numbers: dict[str, int] = field(default_factory=dict)
    """Numeric header fields that were given."""
    prefix: bytes = b""
    records: list[tuple[str, bytes]] = field(default_factory=list)
    lone_header: bytes = b""
    """A header that stands by itself, as raw blocks; the item is nothing else then."""
    flags: set[str] = field(default_factory=set)
    """`implicit` and `k?`, for expectations."""
    fraction_ns: int = 0
    xattrs: dict[bytes, bytes] = field(default_factory=dict)

    def raw(self) -> bytes:
        """The item's blocks, its PAX header first."""
        if self.lone_header:
            return self.lone_header
        fields: dict[str, object] = {"size": len(self.body), **self.numbers}
        blocks = rawtar.entry(
            self.name,
            self.body,
            typeflag=self.typeflag,
            mode=self.mode,
            linkname=self.link,
            prefix=self.prefix,
            **fields,  # type: ignore[arg-type]
        )
        return (rawtar.pax_header(self.records) if self.records else b"") + blocks


def tar(line: str, end: bytes = rawtar.END) -> bytes:
    """The layer that a line describes."""
    return rawtar.tar(*(item.raw() for item in parse(line)), end=end)


def parse(line: str) -> list[Item]:
    """The items of a line."""
    return [_parse_item(text.strip()) for text in line.split(" ; ") if text.strip()]


def _parse_item(text: str) -> Item:
    if lone := _LONE_HEADER.fullmatch(text):
        return Item(lone_header=_lone_header(*lone.groups()))
    name, _, rest = text.partition(" ")
    item = Item(name=_bytes(name))
    position = 0
    explicit_type = None
    while position < len(rest):
        part = _PART.match(rest, position)
        if part is None:
            raise ValueError(f"not in the notation: {rest[position:]!r} of {text!r}")
        position = part.end()
        body, arrow, target, braces, brackets = part.groups()
        if body is not None:
            item.body = _bytes(body, repeat=False)
        elif arrow:
            explicit_type = b"2" if arrow == "->" else b"1"
            item.link = _bytes(target)
        elif braces is not None:
            explicit_type = _typeflag(item, braces)
        else:
            _read_fields(item, brackets)
    item.typeflag = explicit_type or (b"5" if item.name.endswith(b"/") else b"0")
    if "mode" not in item.flags:
        item.mode = _MODES.get(item.typeflag, 0o644)
    return item


def _lone_header(kind: str, content: str) -> bytes:
    if kind.startswith("GNU"):
        return rawtar.gnu_long(_bytes(content), typeflag=kind[-1].encode())
    return rawtar.pax_header(_records(content), typeflag=kind.encode())


def _typeflag(item: Item, braces: str) -> bytes:
    word, _, argument = braces.partition(" ")
    if word == "type":
        return b"\x00" if argument == "NUL" else argument.encode()
    if argument:
        major, _, minor = argument.partition(":")
        item.numbers.update(major=int(major), minor=int(minor))
    return _TYPES[word]


def _read_fields(item: Item, brackets: str) -> None:
    for part in re.split(r";\s*", brackets):
        key, _, value = part.partition("=")
        if part.startswith("x{"):
            item.records.extend(_records(part[2:-1]))
        elif part.startswith("-> "):
            item.link = _bytes(part[3:])
        elif re.fullmatch("[0-7]+", part):
            item.mode = int(part, 8)
            item.flags.add("mode")
        elif part.startswith("xattr:"):
            item.xattrs[_bytes(key[6:], repeat=False)] = _bytes(value, repeat=False)
        elif key == "prefix":
            item.prefix = _bytes(value)
        elif "." in value:
            seconds, _, digits = value.partition(".")
            item.numbers[key], item.fraction_ns = int(seconds), int(digits.ljust(9, "0"))
        elif value:
            item.numbers[key] = int(value)
        else:
            item.flags.add(part)


def _records(content: str) -> list[tuple[str, bytes]]:
    pairs = (record.partition("=") for record in content.split(", "))
    return [(key, _bytes(value)) for key, _, value in pairs]


def _bytes(text: str, *, repeat: bool = True) -> bytes:
    raw = text.encode()
    if repeat:
        raw = _REPEAT.sub(lambda m: m[1] * int(m[2]), raw)
    return _ESCAPE.sub(_unescape, raw)


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code.startswith(b"x"):
        return bytes.fromhex(code[1:].decode())
    return {b"n": b"\n", b"t": b"\t", b"0": b"\x00"}.get(code, code)
