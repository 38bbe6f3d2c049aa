"""The file table's data: one JSON document, columns of numbers, names by directory.

300,000 files take some 5 to 10 MB, and nothing takes more than MOST_BYTES. `report.js` reads the document,
which stands in an element that browsers do not execute; no character in it can end that element.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from layerscope.report.html.files import FileRow, FileRows
from layerscope.report.printable import path_text, shortened
from layerscope.rootfs.change import WasteCause

__all__ = ["MOST_BYTES", "bounded_payload", "file_payload"]

MOST_BYTES = 13_000_000
"""Of the document. Of files that need more the smallest are left out, and the page says so."""
_MOST_PACKAGE = 200
"""Characters of a package's name."""
_SPARE = 0.95

CAUSES = tuple(WasteCause)
"""A row's cause is its place in this tuple, counted from 1; 0 is a live file."""


def bounded_payload(
    rows: FileRows, packages: Sequence[str], most_bytes: int = MOST_BYTES
) -> tuple[FileRows, str]:
    """The rows that have room, and their document."""
    while True:
        text = file_payload(rows, packages)
        length = len(text.encode())
        if length <= most_bytes or not rows.rows:
            return rows, text
        rows = rows.largest(int(len(rows.rows) * _SPARE * most_bytes / length))


def file_payload(rows: FileRows, packages: Sequence[str]) -> str:
    """The rows as JSON. `packages` are the names of what a row's `package` counts.

    `directories` are paths, `counts` how many rows each has, `names` those rows' names with a line feed
    between them (a printable name has none), `sizes` their bytes; `layers`, `packages`, `causes` and `hiders`
    are runs: a value, how often, the next value. `labels` say what the values of two of them mean.
    """
    used = {row.package for row in rows.rows}
    groups = [(directory, list(group)) for directory, group in groupby(rows.rows, key=_directory)]
    document = {
        "directories": [path_text(directory) for directory, _ in groups],
        "counts": [len(group) for _, group in groups],
        "names": ["\n".join(path_text(_name(row)) for row in group) for _, group in groups],
        "sizes": [row.size for row in rows.rows],
        "layers": _runs(row.layer for row in rows.rows),
        "packages": _runs(row.package for row in rows.rows),
        "causes": _runs(0 if row.cause is None else 1 + CAUSES.index(row.cause) for row in rows.rows),
        "hiders": _runs(-1 if row.hidden_in is None else row.hidden_in for row in rows.rows),
        "labels": {
            "packages": [
                shortened(name, _MOST_PACKAGE) if index in used else "" for index, name in enumerate(packages)
            ],
            "causes": ["", *(str(cause).replace("_", " ") for cause in CAUSES)],
        },
    }
    text = msgspec.json.encode(document).decode()
    # `</script>` and `<!--` would end the element or change how what follows is read
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _directory(row: FileRow) -> bytes:
    return row.path.rpartition(b"/")[0]


def _name(row: FileRow) -> bytes:
    return row.path.rpartition(b"/")[2]


def _runs(values: Iterator[int]) -> Sequence[int]:
    found: list[int] = []
    for value, group in groupby(values):
        found += (value, sum(1 for _ in group))
    return found
