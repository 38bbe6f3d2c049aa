"""What is known of a generated image without asking any of the tools under test."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["ImageFacts", "load_facts", "save_facts"]


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """Counts kept by the generator, and where the image lies.

    `entries` are tar entries of all layers without the whiteouts. `stored_bytes` and `wasted_bytes` are None
    for an image that was built by real tools: nobody knows its answer beforehand.
    """

    recipe: str
    """Changes whenever the image would: an image with another recipe is made anew."""
    layers: int
    entries: int
    whiteouts: int
    stored_bytes: int | None
    wasted_bytes: int | None
    archive_bytes: int
    remarks: str = ""


def _facts_path(image: Path) -> Path:
    return image.with_suffix(".facts.json")


def load_facts(image: Path, recipe: str) -> ImageFacts | None:
    """Return the facts of a finished image made by `recipe`; None if it has to be made."""
    path = _facts_path(image)
    if not (image.exists() and path.exists()):
        return None
    try:
        facts = ImageFacts(**json.loads(path.read_text()))
    except (ValueError, TypeError):  # written by another version of this file
        return None
    return facts if facts.recipe == recipe else None


def save_facts(image: Path, facts: ImageFacts) -> None:
    """Write the facts beside a finished image; from then on it is not made again."""
    _facts_path(image).write_text(json.dumps(asdict(facts), indent=2) + "\n")
