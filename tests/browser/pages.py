"""Reports of small images, as files."""

from __future__ import annotations

from pathlib import Path

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.comparison import compare
from layerscope.api import examine
from layerscope.report.html.page import html_report
from tests.analyses import analysis, step
from tests.builders import directory, file, whiteout

__all__ = ["ordinary", "write_comparison", "write_report"]


def ordinary(parts: int = 240) -> Analysis:
    """A base, an installation of so many files with its cache, and a layer that removes something."""
    many = [file(f"usr/lib/app/part{number:03}.so", bytes([number % 251]) * 9_000) for number in range(parts)]
    return analysis(
        step(file("etc/os-release", b"x" * 900), file("usr/bin/tool", b"t" * 2_000_000), by="ADD base.tar /"),
        step(
            directory("usr"),
            file("var/lib/apt/lists/deb.example_Packages", b"p" * 3_000_000),
            *many,
            by="RUN /bin/sh -c apt-get update && apt-get install -y app # buildkit",
        ),
        step(whiteout("usr/bin/tool"), file("srv/data.bin", b"d" * 500_000), by="RUN rm /usr/bin/tool"),
    )


def write_report(path: Path, given: Analysis, **more: object) -> Path:
    """The report of one image."""
    path.write_bytes(html_report(given, examine(given), **more))  # type: ignore[arg-type]
    return path


def write_comparison(path: Path, old: Analysis, new: Analysis) -> Path:
    """The report of `new` with what changed since `old`."""
    return write_report(path, new, comparison=compare(old, new))
