"""How many bytes of a program or library are there for debuggers alone.

ELF: what `strip` takes away. That is the symbol table with its strings and the sections of debugging
information; of an object file (kernel modules are some) only the latter, since it is linked by its symbols.
The dynamic symbols stay, as do Go's line tables: programs do not run without them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["ELF_MAGIC", "ReadContent", "debug_bytes"]

ELF_MAGIC = b"\x7fELF"
ReadContent = Callable[[int, int], bytes | None]
"""Bytes of a content by offset and length; None where they are not at hand."""

_RELOCATABLE, _EXECUTABLE, _SHARED = 1, 2, 3
_CONTENT, _SYMBOLS, _STRINGS, _NO_BITS, _SYMBOL_INDEXES = 1, 2, 3, 8, 18
_ALLOCATED = 2
_FRONT_BYTES = 4096
"""Go's linker puts the section headers at the front and their names in the middle, which of a large program
is not at hand; every other linker puts both at the end."""
_MAX_TABLE_BYTES = 1 << 20
"""Of the section headers, and of their names: some object files have a section for each function."""
_DEBUG_NAMES = (
    *(b".debug", b".zdebug", b".gnu.debuglto_.debug", b".gnu.linkonce.wi.", b".stab", b".gdb_index"),
    *(b".rel.debug", b".rela.debug", b".rel.gnu.debuglto_.debug", b".rela.gnu.debuglto_.debug"),
)


@dataclass(frozen=True, slots=True)
class _Form:
    """How numbers stand in a file: 32 or 64 bits, little or big endian."""

    header: struct.Struct
    """e_type, e_shoff, e_shentsize, e_shnum, e_shstrndx."""
    section: struct.Struct
    """sh_name, sh_type, sh_flags, sh_offset, sh_size, sh_link."""


_Section = tuple[int, int, int, int, int, int]
_FORMS = {
    (bits, data): _Form(
        struct.Struct(order + ("16xH14xI10xHHH" if bits == 1 else "16xH22xQ10xHHH")),
        struct.Struct(order + ("III4xIII12x" if bits == 1 else "IIQ8xQQI20x")),
    )
    for bits in (1, 2)
    for data, order in ((1, "<"), (2, ">"))
}
"""By the bytes EI_CLASS and EI_DATA."""
_HEADER_BYTES = 64
_SIGNED = b"~Module signature appended~\n"
"""The end of a signed kernel module, which the kernel refuses once it was stripped."""


def debug_bytes(read: ReadContent, size: int) -> int:
    """Bytes that stripping this file of `size` bytes frees; 0 if that cannot be told.

    Counted are sections that lie in the file, each byte once, and their headers; not their names.
    """
    head = read(0, _HEADER_BYTES) or b""
    form = _FORMS.get((head[4], head[5])) if len(head) == _HEADER_BYTES else None
    if form is None or not head.startswith(ELF_MAGIC):
        return 0
    kind, offset, entry_bytes, count, names_index = form.header.unpack_from(head)
    length = entry_bytes * count
    if kind not in (_RELOCATABLE, _EXECUTABLE, _SHARED) or names_index >= count:
        return 0
    if entry_bytes != form.section.size or length > _MAX_TABLE_BYTES:
        return 0
    table = read(offset, length)
    if table is None:
        return 0
    sections: list[_Section] = list(form.section.iter_unpack(table))
    names_offset, names_bytes = sections[names_index][3:5]
    names = read(names_offset, names_bytes) if names_bytes <= _MAX_TABLE_BYTES else None
    if names is None and offset > _FRONT_BYTES:
        return 0
    if kind == _RELOCATABLE and read(size - len(_SIGNED), len(_SIGNED)) == _SIGNED:
        return 0
    freed = _freed(sections, names, names_index, with_symbols=kind != _RELOCATABLE)
    covered = _covered([sections[index][3:5] for index in freed], size)
    return min(covered + len(freed) * entry_bytes, size) if covered else 0


def _freed(
    sections: list[_Section], names: bytes | None, names_index: int, *, with_symbols: bool
) -> set[int]:
    """Indexes of the sections that `strip` drops. Without names: of Go's linker, whose others are loaded."""
    freed = set()
    for index, (name, kind, flags, _, _, link) in enumerate(sections):
        if flags & _ALLOCATED or kind == _NO_BITS or index == names_index:
            continue
        if with_symbols and kind in (_SYMBOLS, _SYMBOL_INDEXES):
            freed.add(index)
            if kind == _SYMBOLS and link < len(sections) and link != names_index:
                strings = sections[link]
                if strings[1] == _STRINGS and not strings[2] & _ALLOCATED:
                    freed.add(link)
        elif kind == _CONTENT if names is None else names.startswith(_DEBUG_NAMES, name):
            freed.add(index)
    return freed


def _covered(ranges: list[tuple[int, ...]], size: int) -> int:
    """Bytes of the file that lie in one of these (offset, length); a header may let them overlap."""
    total = end = 0
    for offset, length in sorted(ranges):
        if offset + length <= size:
            total += max(offset + length - max(offset, end), 0)
            end = max(end, offset + length)
    return total
