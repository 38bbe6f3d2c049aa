"""What is called debugging information is what `strip` takes away, and where pyelftools sees it."""

from __future__ import annotations

import io
import sysconfig
from pathlib import Path

import pytest

from layerscope.image.elf import debug_bytes
from tests.differential.tools import require, require_module, run
from tests.elves import elf, ordinary

LIBRARIES = sorted(
    path
    for place in ("xxhash", "msgspec", "isal", "hypothesis")
    for path in (Path(sysconfig.get_path("platlib")) / place).rglob("*.so")
    if path.stat().st_size > 16384
)
"""Of the packages that the tests need in any case, some are stripped and some are not."""


def counted(content: bytes) -> int:
    return debug_bytes(lambda offset, length: content[offset : offset + length], len(content))


@pytest.mark.skipif(not LIBRARIES, reason="the packages have no ELF libraries on this platform")
def test_stripping_frees_what_is_counted(tmp_path: Path) -> None:
    """Within a hundredth; names of sections and padding, which go as well, are not counted."""
    require("strip", root=False)
    freed = {}
    for path in LIBRARIES:
        run("strip", "-o", tmp_path / "stripped", path)
        freed[path.name] = path.stat().st_size - (tmp_path / "stripped").stat().st_size
    found = {path.name: counted(path.read_bytes()) for path in LIBRARIES}
    assert any(found.values())
    wrong = {n: (found[n], freed[n]) for n in found if not 0 <= freed[n] - found[n] <= freed[n] / 100 + 1024}
    assert wrong == {}


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["little", "big"])
def test_an_independent_reader_sees_the_same_sections(bits: int, order: str) -> None:
    content = elf(*ordinary(), bits=bits, order=order)
    assert counted(content) == by_pyelftools(content) > 0


@pytest.mark.skipif(not LIBRARIES, reason="the packages have no ELF libraries on this platform")
@pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: path.name)
def test_an_independent_reader_sees_the_same_sections_of_libraries(path: Path) -> None:
    content = path.read_bytes()
    assert counted(content) == by_pyelftools(content)


def by_pyelftools(content: bytes) -> int:
    """Sections of debugging information, the symbol table and its strings, and their headers."""
    require_module("elftools")
    elffile = require_module("elftools.elf.elffile")
    file = elffile.ELFFile(io.BytesIO(content))
    unneeded = [
        section
        for section in file.iter_sections()
        if section.name.startswith((".debug", ".zdebug", ".gdb_index", ".symtab", ".strtab"))
        and not section["sh_flags"] & 2
    ]
    return sum(section["sh_size"] + file.header["e_shentsize"] for section in unneeded)
