"""Every image that is timed, by name, and how it is made once and found again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.images import debian, plans, synthetic
from benchmarks.images.facts import ImageFacts, load_facts, save_facts
from benchmarks.images.recompress import recompress
from benchmarks.images.synthetic import ImagePlan

__all__ = ["CATALOG", "BenchmarkImage", "prepare"]

_GENERATOR = 1
"""Raise it when the generators write other bytes for the same plan."""


@dataclass(frozen=True, slots=True)
class BenchmarkImage:
    """One image of the benchmark. Exactly one of `plan`, `of` and `real` says how it is made."""

    name: str
    about: str
    plan: ImagePlan | None = None
    of: str = ""
    """Name of the image whose layers are compressed."""
    compression: str = "none"
    real: bool = False

    @property
    def recipe(self) -> str:
        """Digest of everything that decides the image's bytes."""
        source = CATALOG[self.of].recipe if self.of else ""
        text = f"{_GENERATOR} {self.plan!r} {source} {self.compression} {debian.RECIPE if self.real else ''}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def path(self, data: Path) -> Path:
        """Where the image lies under the data directory."""
        return data / f"{self.name}.tar"


def _entries() -> tuple[BenchmarkImage, ...]:
    return (
        BenchmarkImage("small", "6 MB, uncompressed layers", plans.SMALL),
        BenchmarkImage("py2g", "Python and Node image, uncompressed layers", plans.PY2G),
        BenchmarkImage("py2g-gzip", "the same, gzip layers", of="py2g", compression="gzip"),
        BenchmarkImage("py2g-zstd", "the same, zstd layers", of="py2g", compression="zstd"),
        BenchmarkImage("big", "few whiteouts, uncompressed layers", plans.BIG),
        BenchmarkImage("ten-thousand", "10,000 files, of the same shape as the next", plans.TEN_THOUSAND),
        BenchmarkImage("million", "1,000,000 files of 200 bytes", plans.MILLION),
        BenchmarkImage("files300k", "300,000 files of 200 bytes, for the HTML report", plans.FILES_300K),
        BenchmarkImage("layers120", "120 layers that overwrite each other", plans.LAYERS_120),
        BenchmarkImage("real", "Debian and Python packages, built with buildah", real=True),
        BenchmarkImage("real-gzip", "the same, gzip layers", of="real", compression="gzip"),
    )


CATALOG = {image.name: image for image in _entries()}


def prepare(image: BenchmarkImage, data: Path, say: Callable[[str], None]) -> ImageFacts:
    """Return the facts of the image, making it first if it is not there; raises UnavailableError."""
    path = image.path(data)
    if facts := load_facts(path, image.recipe):
        return facts
    source = prepare(CATALOG[image.of], data, say) if image.of else None
    say(f"making {path.name}")
    facts = _make(image, source, data)
    save_facts(path, facts)
    return facts


def _make(image: BenchmarkImage, source: ImageFacts | None, data: Path) -> ImageFacts:
    path, recipe = image.path(data), image.recipe
    if source is not None:
        return recompress(CATALOG[image.of].path(data), source, path, image.compression, recipe)
    if image.plan is not None:
        return synthetic.write_image(image.plan, path, recipe)
    return debian.build_image(path, recipe)
