"""What the treemaps show: live, blob and wasted bytes, each by directory, by package and by instruction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from layerscope.analysis.analyze import Analysis
from layerscope.packages.base import Package
from layerscope.report.finding_words import package_name
from layerscope.report.html.files import FileRow
from layerscope.report.html.treemap import Group, TreemapNode, treemap
from layerscope.report.printable import path_text, shortened
from layerscope.report.words import instruction_text

__all__ = ["Chart", "charts"]

_MOST_TILES = 80
_SMALL = 0.03
"""A directory with less of the whole is not taken apart."""
_LABEL = 120


@dataclass(frozen=True, slots=True)
class Chart:
    """One treemap: what it groups by, which bytes it shows, and how many in all."""

    grouping: str
    measure: str
    total: int
    groups: tuple[Group, ...]


def charts(analysis: Analysis, rows: Sequence[FileRow]) -> tuple[Chart, ...]:
    """All nine; those without a byte are left out."""
    ratios = [_blob_ratio(analysis, layer.layer.index) for layer in analysis.layers]
    measures = (
        ("stored", [(row, row.size) for row in rows if row.cause is None and row.size]),
        (
            "compressed",
            [(row, round(row.size * ratios[row.layer])) for row in rows if row.cause is None and row.size],
        ),
        ("wasted", [(row, row.size) for row in rows if row.cause is not None]),
    )
    found = []
    for measure, weighed in measures:
        total = sum(size for _, size in weighed)
        if total:
            for grouping, nodes in _nodes(analysis, weighed):
                found.append(Chart(grouping, measure, total, treemap(nodes)))
    return tuple(found)


def _blob_ratio(analysis: Analysis, index: int) -> float:
    """Blob bytes for each byte of content in a layer: what a file takes in a blob is known for no single
    one."""
    reading = analysis.layers[index].reading
    content = reading.changeset.content_bytes
    return reading.compressed_bytes / content if content else 0.0


_Weighed = Sequence[tuple[FileRow, int]]


def _nodes(analysis: Analysis, weighed: _Weighed) -> Iterator[tuple[str, Iterator[TreemapNode]]]:
    yield "directory", _by_directory(weighed)
    if analysis.packages.packages:
        yield "package", _by_package(analysis.packages.packages, weighed)
    yield "instruction", _by_instruction(analysis, weighed)


def _by_directory(weighed: _Weighed) -> Iterator[TreemapNode]:
    """Directories, the largest taken apart until all are small, within those below the root."""
    own: dict[bytes, int] = {}
    for row, size in weighed:
        directory = row.path.rpartition(b"/")[0]
        own[directory] = own.get(directory, 0) + size
    total, children = _cumulated(own)
    heap: list[tuple[int, bytes]] = [(-total[b""], b"")]
    done: list[tuple[bytes, int, bool]] = []
    while heap:
        size, path = heappop(heap)
        below = children.get(path, ())
        small = -size < _SMALL * total[b""] and path.count(b"/") > 0
        if not below or small or len(heap) + len(done) > _MOST_TILES:
            done.append((path, -size, False))
            continue
        for child in below:
            heappush(heap, (-total[child], child))
        if own.get(path):
            done.append((path, own[path], True))
    for path, size, partly in done:
        text = path_text(path)
        place = f"{text}/" if text else ""
        label = f"{place or '/'} (files)" if partly else place or "/"
        only = f"in:{place}" if partly else f"below:{place}"
        yield TreemapNode(shortened(label, _LABEL), only, size, shortened(_top(text), _LABEL))


def _top(path: str) -> str:
    return f"{path.partition('/')[0]}/"


def _cumulated(own: dict[bytes, int]) -> tuple[dict[bytes, int], dict[bytes, list[bytes]]]:
    """Bytes of each directory with all below it, and its subdirectories."""
    total: dict[bytes, int] = {b"": 0}
    children: dict[bytes, list[bytes]] = {}
    for directory, size in own.items():
        path = directory
        while True:
            if path and path not in total:
                children.setdefault(path.rpartition(b"/")[0], []).append(path)
            total[path] = total.get(path, 0) + size
            if not path:
                break
            path = path.rpartition(b"/")[0]
    return total, children


def _by_package(packages: Sequence[Package], weighed: _Weighed) -> Iterator[TreemapNode]:
    sums: dict[int, int] = {}
    for row, size in weighed:
        sums[row.package] = sums.get(row.package, 0) + size
    for index, size in sums.items():
        if index < 0:
            yield TreemapNode("of no package", "package:-1", size, "no package")
        else:
            package = packages[index]
            yield TreemapNode(
                shortened(package_name(package), _LABEL), f"package:{index}", size, package.ecosystem
            )


def _by_instruction(analysis: Analysis, weighed: _Weighed) -> Iterator[TreemapNode]:
    sums: dict[int, int] = {}
    for row, size in weighed:
        sums[row.layer] = sums.get(row.layer, 0) + size
    for layer, size in sums.items():
        text = shortened(instruction_text(analysis.layers[layer]), _LABEL)
        group = "base image" if layer < analysis.base.layers else "your layers"
        yield TreemapNode(f"{layer}: {text}", f"layer:{layer}", size, group)
