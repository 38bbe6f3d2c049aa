"""Contents that several images store in layers that they do not share, and what storing each once gives."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from layerscope.analysis.layer_summary import CONTENT_SIZE, LayerSummary
from layerscope.analysis.sharing_types import FileForecast, RepeatedFile
from layerscope.image.entry import EntryKind

__all__ = ["forecast"]

_FILE = int(EntryKind.FILE)
_MOST = 100
_PLACES = 5


def forecast(summaries: Sequence[LayerSummary | None], images: Sequence[Sequence[int]]) -> FileForecast:
    """Look for equal contents in distinct layers; `images` are the images that use each layer.

    Two passes over the digests: most contents are in one layer, and of those nothing more is kept.
    """
    layer_bytes = file_bytes = 0
    copies: dict[bytes, int] = {}
    for summary in summaries:
        for digest, size in _contents(summary).items():
            if digest not in copies:
                file_bytes += size
            copies[digest] = copies.get(digest, 0) + 1
        layer_bytes += sum(summary.sizes) if summary is not None else 0
    places: dict[bytes, list[int]] = {digest: [] for digest, count in copies.items() if count > 1}
    sizes: dict[bytes, int] = {}
    for number, summary in enumerate(summaries):
        for digest, size in _contents(summary).items():
            if digest in places:
                places[digest].append(number)
                sizes[digest] = size
    repeated = [digest for digest, numbers in places.items() if _across(numbers, images)]
    costliest = heapq.nsmallest(
        _MOST, repeated, key=lambda digest: (-sizes[digest] * (len(places[digest]) - 1), digest)
    )
    return FileForecast(
        layer_bytes=layer_bytes,
        file_bytes=file_bytes,
        repeated_contents=len(repeated),
        repeated_bytes=sum(sizes[digest] * (len(places[digest]) - 1) for digest in repeated),
        repeated=tuple(_named(summaries, images, costliest, places, sizes)),
    )


def _across(numbers: Sequence[int], images: Sequence[Sequence[int]]) -> bool:
    """Whether the layers are not all of one image."""
    first = images[numbers[0]]
    return len(first) > 1 or any(tuple(images[number]) != tuple(first) for number in numbers)


def _contents(summary: LayerSummary | None) -> dict[bytes, int]:
    """The digests of a layer's files that are not empty, each once, with their sizes."""
    if summary is None:
        return {}
    contents, kinds = summary.contents, summary.kinds
    return {
        bytes(contents[index * CONTENT_SIZE : (index + 1) * CONTENT_SIZE]): size
        for index, size in enumerate(summary.sizes)
        if size and kinds[index] == _FILE
    }


def _named(
    summaries: Sequence[LayerSummary | None],
    images: Sequence[Sequence[int]],
    digests: Sequence[bytes],
    places: dict[bytes, list[int]],
    sizes: dict[bytes, int],
) -> Iterator[RepeatedFile]:
    """The contents with the paths of some of their copies, found in one more look at their layers."""
    wanted: dict[int, list[bytes]] = {}
    for digest in digests:
        for number in places[digest][:_PLACES]:
            wanted.setdefault(number, []).append(digest)
    paths: dict[tuple[int, bytes], bytes] = {}
    for number, found in wanted.items():
        summary, asked = summaries[number], set(found)
        assert summary is not None
        for index, size in enumerate(summary.sizes):
            if size and summary.kinds[index] == _FILE and summary.content(index) in asked:
                paths.setdefault((number, summary.content(index)), summary.path(index))
    for digest in digests:
        numbers = places[digest]
        yield RepeatedFile(
            content_bytes=sizes[digest],
            copies=len(numbers),
            images=len({image for number in numbers for image in images[number]}),
            places=tuple((number, paths[number, digest]) for number in numbers[:_PLACES]),
        )
