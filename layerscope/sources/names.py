"""Names of members: text in documents, bytes in archives."""

from __future__ import annotations

__all__ = ["leaves_archive", "member_name", "normalize", "shown"]


def normalize(name: bytes) -> bytes:
    """A member's name without `./`, `/` in front, doubled or trailing slashes; `..` stops at the root."""
    if b"/" not in name and name not in {b".", b".."}:
        return name
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in {b"", b"."}:
            parts.append(part)
    return b"/".join(parts)


def leaves_archive(name: bytes) -> bool:
    """Tell whether a name has more `..` than directories to leave."""
    depth = 0
    for part in name.split(b"/"):
        depth += {b"..": -1, b".": 0, b"": 0}.get(part, 1)
        if depth < 0:
            return True
    return False


def member_name(name: str) -> bytes:
    """The bytes of a name from a JSON document; escaped lone surrogates must not end the program."""
    return name.encode("utf-8", "surrogatepass")


def shown(name: bytes) -> str:
    """A member's name in a message."""
    return name.decode("utf-8", "backslashreplace")
