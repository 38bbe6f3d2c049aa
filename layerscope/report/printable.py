"""The one place where text from an image becomes text for people.

Whoever built an image chose its paths, its history and its tags. Shown as they are, they could move the
cursor, rename the window, hide a line or turn the direction of writing (CVE-2021-42574); and a CI service
that reads its jobs' logs would take it for a command. Every output passes what it shows through `printable`
or `path_text`; machine formats escape the same characters in their own way.
"""

from __future__ import annotations

import re

__all__ = ["LOG_COMMAND", "UNSAFE", "path_text", "printable", "shortened", "without_surrogates"]

UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: escape sequences begin here
    "\u00ad\u061c\u180e\u200b-\u200f"  # soft hyphen, zero-width characters, direction marks
    "\u2028-\u202e\u2060-\u206f"  # line separators, bidirectional embeddings, overrides and isolates
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # byte order mark, annotations, tags
    "\ud800-\udfff]"  # surrogates: no encoder takes them
)
"""Characters that act on a terminal or on their neighbors instead of being seen.

The ranges are written out, since `unicodedata` differs from one Python version to the next.
"""

LOG_COMMAND = re.compile(
    r"#(?=#\w*\[)"  # ##vso[task.setvariable ...], ##[add-mask], ##teamcity[...]: anywhere in a line
    r"|:(?=:(?:add-(?:mask|matcher|path)|debug|echo|end-?group|error|group|notice|remove-matcher|save-state"
    r"|set-env|set-output|stop-commands|warning)[ :])",  # GitHub, where wrapping makes it a line's beginning
    re.ASCII | re.IGNORECASE,
)
"""The first character of what a CI service obeys when a job prints it: Azure Pipelines would set a variable,
GitHub Actions an output, for whoever named a file in the image."""


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    short = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}.get(code)
    if short:
        return short
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def printable(text: str) -> str:
    """Make every character that is not seen, but acts, visible: `\\x1b`, `\\u202e`, `\\n`; and the
    first one of what a CI service would obey: `\\x23#vso[`.

    A backslash is left as it is, so the result is for reading, not for parsing.
    """
    return LOG_COMMAND.sub(_escape, UNSAFE.sub(_escape, text))


def path_text(path: bytes) -> str:
    """A path for people: UTF-8 where it is, `\\xe9` for a byte that is not."""
    return printable(path.decode("utf-8", "backslashreplace"))


def shortened(text: str, most: int) -> str:
    """At most some `most` characters of a text: of a longer one, which only somebody with bad intentions
    makes, the beginning and the end. `report.fit` cuts to a width instead."""
    if len(text) <= most:
        return text
    return f"{text[: most * 2 // 3]}...{text[-most // 3 :]}"


def without_surrogates(text: str) -> str:
    """Replace lone surrogates by U+FFFD; they come from arguments that are not UTF-8 (os.fsdecode)."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
