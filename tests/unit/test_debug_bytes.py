"""Bytes of programs that are there for debuggers alone."""

from __future__ import annotations

import pytest

from layerscope.blobs.tar_content import HEAD_BYTES, TAIL_BYTES
from layerscope.image.elf import debug_bytes
from tests.builders import file, hardlink, layer, read_layer
from tests.elves import NOBITS, PROGBITS, STRTAB, SYMTAB, Section, elf, ordinary

HEADER = {32: 40, 64: 64}


def counted(content: bytes) -> int:
    """What is found with the reach that a content has which passes in a stream."""

    def read(offset: int, length: int) -> bytes | None:
        if offset + length > len(content) or (
            offset + length > HEAD_BYTES and offset < len(content) - TAIL_BYTES
        ):
            return None
        return content[offset : offset + length]

    return debug_bytes(read, len(content))


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["little", "big"])
def test_sections_for_debuggers_and_their_headers_are_counted(bits: int, order: str) -> None:
    assert counted(elf(*ordinary(), bits=bits, order=order)) == 1600 + 4 * HEADER[bits]


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["little", "big"])
def test_an_object_file_is_linked_by_its_symbols_which_stay(bits: int, order: str) -> None:
    """So is a kernel module."""
    relocations = Section(b".rela.debug_info", b"r" * 50, 4)
    content = elf(*ordinary(), relocations, bits=bits, order=order, kind=1)
    assert counted(content) == 1350 + 3 * HEADER[bits]


def test_a_signed_kernel_module_is_not_to_be_stripped() -> None:
    assert counted(elf(*ordinary(), kind=1, end=b"~Module signature appended~\n")) == 0


@pytest.mark.parametrize(
    "name", [b".debug_line", b".zdebug_info", b".gdb_index", b".stab", b".stabstr", b".gnu.debuglto_.debug_x"]
)
def test_debugging_sections_have_many_names(name: bytes) -> None:
    assert counted(elf(Section(name, b"x" * 100))) == 164


@pytest.mark.parametrize(
    "section",
    [
        Section(b".text", b"x" * 100, flags=6),
        Section(b".comment", b"x" * 100),
        Section(b".note.debug", b"x" * 100, 7),
        Section(b".debug_kept", b"x" * 100, flags=2),
        Section(b".debug_info", b"", NOBITS, size=100),
        Section(b".debug_info", b""),
        Section(b".dynsym", b"x" * 100, 11, flags=2),
        Section(b"payload", b"x" * 100),
        Section(b".symtab", b"", SYMTAB, link=2),
    ],
    ids=lambda section: section.name.decode(),
)
def test_what_a_program_needs_is_not_counted(section: Section) -> None:
    assert counted(elf(section)) == 0


def test_strings_that_are_not_the_symbols_own_stay() -> None:
    """A linker may put all names in one table."""
    assert counted(elf(Section(b".symtab", b"y" * 100, SYMTAB, link=2))) == 164
    assert counted(elf(Section(b".symtab", b"y" * 100, SYMTAB, link=99))) == 164
    loaded = Section(b".strtab", b"s" * 50, STRTAB, flags=2)
    assert counted(elf(Section(b".symtab", b"y" * 100, SYMTAB, link=2), loaded)) == 164


def test_headers_at_the_front_are_go_s_and_do_without_names() -> None:
    """In a large program the names are far from both ends; all that is not loaded is for debuggers."""
    large = Section(b".data", bytes(TAIL_BYTES + 1), flags=3)
    go = elf(*ordinary(8192), headers_first=True)
    names_far = elf(
        Section(b".text", b"x" * 8192, flags=6),
        Section(b".shstrtab", b"\0.text\0", STRTAB),
        large,
        Section(b".debug_info", b"i" * 1000),
        Section(b".symtab", b"y" * 240, SYMTAB, link=6),
        Section(b".strtab", b"\0" * 60, STRTAB),
        headers_first=True,
        names_index=2,
    )
    assert counted(go) == 1600 + 4 * 64
    assert counted(names_far) == 1300 + 3 * 64


def test_a_file_whose_headers_are_out_of_reach_claims_nothing() -> None:
    """They are followed by more than what can be looked at."""
    assert counted(elf(*ordinary(), end=bytes(TAIL_BYTES))) == 0
    assert counted(elf(*ordinary(), end=bytes(1000))) == 1600 + 4 * 64


@pytest.mark.parametrize(
    "content",
    [
        elf(Section(b".debug_info", b"x" * 9, size=1 << 62)),
        elf(Section(b".debug_info", b"x" * 9, offset=1 << 62)),
        elf(Section(b".debug_info", b"x" * 9), names_index=9),
        elf(Section(b".debug_info", b"x" * 9, kind=PROGBITS), kind=4),
        elf(*ordinary())[:-1],
        elf(*ordinary())[:64],
        elf(*ordinary())[:63],
        b"\x7fELF",
        b"\x7fELF\2\1\1" + b"\xff" * 100,
        b"\x7fELF\3\1" + elf(*ordinary())[6:],
        b"\x7fELF\2\3" + elf(*ordinary())[6:],
    ],
    ids=range(11),
)
def test_a_header_that_lies_claims_nothing(content: bytes) -> None:
    assert counted(content) == 0


def test_sections_that_overlap_are_counted_once() -> None:
    """Else a header could claim more than the file has."""
    body = Section(b".debug_a", b"x" * 1000)
    same = [Section(b".debug_b", offset=64, size=1000) for _ in range(50)]
    assert counted(elf(body, *same)) == 1000 + 51 * 64
    content = elf(*(Section(b".debug_c", offset=0, size=300) for _ in range(60)))
    assert counted(content) <= len(content)


ELF = elf(*ordinary(), end=bytes(500))
LARGE = elf(*ordinary(TAIL_BYTES + 20_000))


@pytest.mark.parametrize("content_hash", ["xxh3-128", "none"])
@pytest.mark.parametrize("block", [512, 10_007, 1 << 20, 1 << 30])
def test_block_sizes_change_nothing(block: int, content_hash: str) -> None:
    tar = layer(
        file("usr/bin/tool", ELF),
        hardlink("usr/bin/same", to="usr/bin/tool"),
        file("large", LARGE),
        file("out-of-reach", LARGE + bytes(TAIL_BYTES)),
        file("usr/lib/.hidden.so", ELF),
        file("small", elf(*ordinary(100))),
        file("text", b"x" * 50_000),
        file("stripped", elf(ordinary()[0])),
    )
    assert read_layer(tar, block=block, content_hash=content_hash).debug_bytes == {
        0: 1600 + 4 * 64,
        2: 1600 + 4 * 64,
        4: 1600 + 4 * 64,
    }
