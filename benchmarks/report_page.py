"""`python -m benchmarks.report_page`: the HTML report of an image with 300,000 files.

How large it is, what writing it adds to `inspect`, how soon a browser shows it, how long a search takes. It
needs playwright and Debian's chromium; the results are written to RESULTS-report.md.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.contenders import environment
from benchmarks.images.catalog import CATALOG, prepare

_RUNS = 5
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_SEARCH = """(text) => new Promise((done) => {
    const search = document.getElementById("search");
    const found = document.getElementById("found");
    const begin = performance.now();
    new MutationObserver((_, observer) => {
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - begin), 0));
    }).observe(found, {childList: true});
    search.value = text;
    search.dispatchEvent(new Event("input"));
})"""
_SEARCHES = ("part-of-no-name", "e", "usr 12 3", "/usr/lib/", "")
"""One that finds nothing, one that finds nearly all, several words, a directory, and everything again."""


def seconds(*arguments: str) -> tuple[float, float]:
    """Wall time of `layerscope` with these arguments, and its processor time, which a busy machine changes
    less; medians of some runs."""
    walls, processors = [], []
    for _ in range(_RUNS):
        begin, used = time.perf_counter(), _children()
        subprocess.run([sys.executable, "-m", "layerscope", *arguments], env=environment(), check=True)
        walls.append(time.perf_counter() - begin)
        processors.append(_children() - used)
    return statistics.median(walls), statistics.median(processors)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def in_browser(page_file: Path) -> tuple[float, float]:
    """Milliseconds to the first paint, and until the slowest of some searches is drawn; medians."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # an extra

    paints, searches = [], []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for _ in range(_RUNS):
            page = browser.new_page()
            page.goto(page_file.as_uri())
            page.locator("#found:not(:empty)").wait_for()
            page.wait_for_timeout(1000)  # what is done when nothing else is
            paints.append(page.evaluate(_PAINT))
            searches.append(max(page.evaluate(_SEARCH, text) for text in _SEARCHES))
            page.close()
        browser.close()
    return statistics.median(paints), statistics.median(searches)


def main(data: Path) -> str:
    """Measure everything; the results as Markdown."""
    image = CATALOG["files300k"]
    prepare(image, data, print)
    archive = str(image.path(data))
    with tempfile.TemporaryDirectory() as directory:
        page = Path(directory) / "report.html"
        inspected = seconds("inspect", archive, "--no-cache", "--format", "json", "--output", "/dev/null")
        reported = seconds("report", archive, "--no-cache", "--output", str(page))
        size = page.stat().st_size / 1e6
        paint, search = in_browser(page)
    rows = (
        ("size of the file", "≤ 15 MB", f"{size:.1f} MB"),
        ("writing it, beyond `inspect --format json`", "≤ 5 s", f"{reported[0] - inspected[0]:.2f} s"),
        ("the same in processor time", "", f"{reported[1] - inspected[1]:.2f} s"),
        ("(`inspect`; `report`)", "", f"{inspected[0]:.2f} s; {reported[0]:.2f} s"),
        ("first paint", "≤ 2,000 ms", f"{paint:,.0f} ms"),
        (
            "the slowest of five searches; 60 ms of it wait for more keys",
            "≤ 200 ms",
            f"{search:,.0f} ms",
        ),
    )
    lines = ["| what | bound | measured |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    head = "# The HTML report of 300,000 files\n\nWritten by `python -m benchmarks.report_page`; medians of "
    return f"{head}{_RUNS} runs, load {load}.\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    here = Path(__file__).parent
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else here / "data"
    place.mkdir(parents=True, exist_ok=True)
    text = main(place)
    (here / "RESULTS-report.md").write_text(text)
    print(text)
