"""What a file is that is no tar, for messages: a word for the kinds that people take for images."""

from __future__ import annotations

__all__ = ["MAGIC_BYTES", "recognized"]

MAGIC_BYTES = 32_774
"""How many leading bytes `recognized` looks at. ISO 9660 has its magic behind 16 sectors."""

_MAGIC = (
    (0, b"PK\x03\x04", "a zip file"),
    (0, b"\x7fELF", "an ELF program"),
    (0, b"MZ", "a Windows program"),
    (0, b"QFI\xfb", "a qcow2 disk image"),
    (0, b"KDMV", "a VMDK disk image"),
    (0, b"conectix", "a VHD disk image"),
    (0, b"vhdxfile", "a VHDX disk image"),
    (0, b"hsqs", "a squashfs file system"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!", "a rar archive"),
    (0, b"!<arch>\n", "an ar archive, such as a Debian package"),
    (0, b"\xed\xab\xee\xdb", "an RPM package"),
    (0, b"07070", "a cpio archive"),
    (0, b"\x04\x22\x4d\x18", "compressed with lz4, which no container engine reads"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"#!", "a script"),
    (32, b"SIF_MAGIC", "a Singularity image"),
    (0x438, b"\x53\xef", "an ext file system"),
    (0x8001, b"CD001", "an ISO 9660 disk image"),
)


def recognized(prefix: bytes) -> str:
    """A word, with its article, for what begins with `prefix` (`MAGIC_BYTES` long at most); '' if unknown."""
    for offset, magic, word in _MAGIC:
        if prefix[offset : offset + len(magic)] == magic:
            return word
    text = prefix.lstrip()[:1]
    if text in (b"{", b"["):
        return "a JSON document"
    if text == b"<":
        return "an HTML or XML document"
    return ""
