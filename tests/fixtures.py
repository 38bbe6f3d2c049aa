"""The public images that the tests read: found through LAYERSCOPE_FIXTURES, never part of the repository."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

__all__ = ["FIXTURES", "Truth", "fixture_paths", "needs_fixtures", "truths"]

FIXTURES = Path(os.environ.get("LAYERSCOPE_FIXTURES") or "no-fixtures")

needs_fixtures = pytest.mark.skipif(
    not (FIXTURES / "MANIFEST.tsv").is_file(), reason="LAYERSCOPE_FIXTURES does not lead to the fixtures"
)


@dataclass(frozen=True)
class Truth:
    """A root filesystem that containers/storage made, and the image that it made it of."""

    name: str
    path: Path
    image: str | None
    """Which of several images: `@N`, or a tag."""
    listings: tuple[Path, ...]
    """That of overlay and, where it differs in the groups of hard links, that of vfs."""

    def rows(self, listing: Path) -> list[dict[str, Any]]:
        """One object for each path."""
        with gzip.open(listing, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


def fixture_paths() -> dict[str, Path]:
    """Every fixture by a name for messages: images, layers, plain tars, damaged ones."""
    paths = {}
    for row in _table("MANIFEST.tsv"):
        name = f"{row['repo'].replace('/', '+')}/{row['path']}"
        paths[name] = FIXTURES / name
    for row in _table("GENERATED.tsv"):
        paths[f"_generated/{row['path']}"] = FIXTURES / "_generated" / row["path"]
    return paths


def truths() -> dict[str, Truth]:
    """Every image whose root filesystem was recorded."""
    found = {}
    for row in _table("truth/INDEX.tsv"):
        if row["file"] == "-":
            continue
        name = row["fixture"]
        path, image = FIXTURES / name, None
        for mark in ("@", ":"):
            if not path.exists() and mark in name:
                place, _, choice = name.rpartition(mark)
                path, image = FIXTURES / place, choice if mark == ":" else f"@{choice}"
        listing = FIXTURES / "truth" / row["file"]
        of_vfs = listing.with_name(listing.name.replace(".jsonl", ".vfs.jsonl"))
        found[name] = Truth(name, path, image, (listing, of_vfs) if of_vfs.is_file() else (listing,))
    return found


def _table(name: str) -> list[dict[str, str]]:
    """Rows of a table with tabs; none where the fixtures are not there."""
    path = FIXTURES / name
    if not path.is_file():
        return []
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    return [dict(zip(head.split("\t"), line.split("\t"), strict=False)) for line in lines]
