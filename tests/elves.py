"""A small writer of ELF files, of both sizes and byte orders: for tests of what debuggers alone read."""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["PROGBITS", "STRTAB", "SYMTAB", "Section", "elf", "ordinary"]

PROGBITS, SYMTAB, STRTAB, NOBITS = 1, 2, 3, 8
EXECUTABLE = 2


@dataclass(frozen=True)
class Section:
    """One section; `size` overrides the length of its content, `offset` where it lies."""

    name: bytes
    content: bytes = b""
    kind: int = PROGBITS
    flags: int = 0
    link: int = 0
    size: int | None = None
    offset: int | None = None


def elf(
    *sections: Section,
    bits: int = 64,
    order: str = "little",
    kind: int = EXECUTABLE,
    headers_first: bool = False,
    names_index: int | None = None,
    end: bytes = b"",
) -> bytes:
    """An ELF file of these sections, after an empty one and before that of the names."""
    named = [Section(b"", kind=0), *sections]
    names = b"\0".join([b"", *(s.name for s in sections), b".shstrtab", b""])
    named.append(Section(b".shstrtab", names, STRTAB))
    sign, wide = "<" if order == "little" else ">", bits == 64
    entry = struct.Struct(sign + ("IIQQQQIIQQ" if wide else "10I"))
    start = 64 if wide else 52
    table_at = start
    position = start + (entry.size * len(named) if headers_first else 0)
    offsets, body = [], b""
    for section in named:
        offsets.append(position + len(body))
        body += section.content
    if not headers_first:
        table_at = position + len(body)
    table = b"".join(
        entry.pack(
            names.index(b"\0" + s.name + b"\0") + 1 if s.name else 0,
            *(s.kind, s.flags, 0, offset if s.offset is None else s.offset),
            *(len(s.content) if s.size is None else s.size, s.link, 0, 1),
            (24 if wide else 16) if s.kind == SYMTAB else 0,
        )
        for s, offset in zip(named, offsets, strict=True)
    )
    header = struct.pack(
        sign + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"),
        *(kind, 62, 1, 0, 0, table_at, 0, start, 0, 0, entry.size, len(named)),
        len(named) - 1 if names_index is None else names_index,
    )
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "little" else 2, 1]) + bytes(9)
    parts = (ident, header, table, body) if headers_first else (ident, header, body, table)
    return b"".join(parts) + end


def ordinary(text_bytes: int = 20_000) -> tuple[Section, ...]:
    """Sections as a linker writes them, of which 1,600 bytes and four headers are for debuggers."""
    return (
        Section(b".text", b"\x90" * text_bytes, flags=6),
        Section(b".comment", b"GCC\0" * 10, flags=0x30),
        Section(b".debug_info", b"i" * 1000),
        Section(b".debug_str", b"s" * 300, flags=0x30),
        Section(b".symtab", b"y" * 240, SYMTAB, link=6),
        Section(b".strtab", b"\0" * 60, STRTAB),
    )
