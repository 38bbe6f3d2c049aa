"""Images made from a plan: so many files, rewritten, given to another owner, and removed in each layer.

The tree that the layers make is kept while they are written, so the bytes that the image wastes are known
from the bookkeeping of the writer, not from reading the result.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from benchmarks.images.archive import ArchiveWriter, to_json, write_atomically
from benchmarks.images.content import POOL_BYTES
from benchmarks.images.facts import ImageFacts
from benchmarks.images.layer_writer import LayerWriter

__all__ = ["FileSizes", "ImagePlan", "LayerPlan", "write_image"]


@dataclass(frozen=True, slots=True)
class FileSizes:
    """A log-normal distribution: half of the files are below `median`, none is above `largest`."""

    median: int
    sigma: float = 0.0
    largest: int = 1 << 30

    def draw(self, rng: random.Random) -> int:
        """Return the size of one file in bytes."""
        if not self.sigma:
            return rng.randint(self.median // 2, self.median + self.median // 2)
        return min(int(self.median * rng.lognormvariate(0, self.sigma)), self.largest)


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """What one layer does to the tree below it. All numbers count files, but for `removed_directories`.

    `rewritten` files get other content, `chowned` ones the same content with another owner.
    """

    root: str
    new: int = 0
    rewritten: int = 0
    chowned: int = 0
    removed_files: int = 0
    removed_directories: int = 0
    instruction: str = "RUN true"


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """A whole image. The same plan gives the same bytes."""

    layers: tuple[LayerPlan, ...]
    sizes: FileSizes
    files_per_directory: int = 20
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Content:
    """What a file holds: `size` bytes of the content pool from `start` on."""

    start: int
    size: int


class _ImageState:
    """The root filesystem so far, as files by directory, and the bytes that were lost on the way."""

    def __init__(self, plan: ImagePlan) -> None:
        self._plan = plan
        self._random = random.Random(plan.seed)
        self._directories: dict[bytes, dict[bytes, _Content]] = {}
        self.wasted_bytes = 0

    def write_layer(self, index: int, layer: LayerPlan, writer: LayerWriter) -> None:
        """Removals first, then rewrites, then new files: no layer removes what it writes itself."""
        self._remove_directories(layer.removed_directories, writer)
        self._remove_files(layer.removed_files, writer)
        self._rewrite(layer, writer)
        per_directory = self._plan.files_per_directory
        for number in range(0, layer.new, per_directory):
            path = f"{layer.root}/pkg{index}_{number // 400}/sub{number}".encode()
            self._add_directory(path, min(per_directory, layer.new - number), writer)

    def _new_content(self) -> _Content:
        return _Content(self._random.randrange(POOL_BYTES), self._plan.sizes.draw(self._random))

    def _all_files(self) -> list[tuple[bytes, bytes]]:
        return [(path, name) for path, files in self._directories.items() for name in files]

    def _add_directory(self, path: bytes, count: int, writer: LayerWriter) -> None:
        files = self._directories[path] = {}
        for number in range(count):
            name = b"file%d.js" % number
            content = files[name] = self._new_content()
            writer.file(path, name, content.start, content.size)

    def _remove_directories(self, count: int, writer: LayerWriter) -> None:
        for path in self._random.sample(list(self._directories), count):
            self.wasted_bytes += sum(content.size for content in self._directories.pop(path).values())
            parent, _, name = path.rpartition(b"/")
            writer.whiteout(parent, name)

    def _remove_files(self, count: int, writer: LayerWriter) -> None:
        if not count:
            return
        for path, name in self._random.sample(self._all_files(), count):
            self.wasted_bytes += self._directories[path].pop(name).size
            writer.whiteout(path, name)

    def _rewrite(self, layer: LayerPlan, writer: LayerWriter) -> None:
        """Take a run of neighbors, as `chown -R` or an upgrade of some packages would."""
        count = layer.rewritten + layer.chowned
        if not count:
            return
        files = self._all_files()
        first = self._random.randrange(len(files) - count + 1)
        for number, (path, name) in enumerate(files[first : first + count]):
            chowned = number < layer.chowned
            old = self._directories[path][name]
            new = old if chowned else self._new_content()
            self.wasted_bytes += old.size
            self._directories[path][name] = new
            writer.file(path, name, new.start, new.size, chowned=chowned)


def write_image(plan: ImagePlan, path: Path, recipe: str) -> ImageFacts:
    """Write `plan` as `docker save` of classic Docker would, and return what is known of it."""
    state = _ImageState(plan)
    writers: list[LayerWriter] = []
    diff_ids: list[str] = []
    with write_atomically(path) as file, ArchiveWriter(file) as archive:
        for index, layer in enumerate(plan.layers):
            writer = LayerWriter(archive.begin())
            state.write_layer(index, layer, writer)
            diff_ids.append(writer.close())
            archive.end(f"{diff_ids[-1]}/layer.tar")
            writers.append(writer)
        _write_metadata(plan, path.stem, diff_ids, archive)
    return ImageFacts(
        recipe=recipe,
        layers=len(plan.layers),
        entries=sum(writer.entries for writer in writers),
        whiteouts=sum(writer.whiteouts for writer in writers),
        stored_bytes=sum(writer.stored_bytes for writer in writers),
        wasted_bytes=state.wasted_bytes,
        archive_bytes=path.stat().st_size,
    )


def _write_metadata(plan: ImagePlan, name: str, diff_ids: list[str], archive: ArchiveWriter) -> None:
    config, config_id = to_json(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "2024-02-29T00:00:00Z",
            "config": {"Cmd": ["/bin/sh"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{diff_id}" for diff_id in diff_ids]},
            "history": [
                {"created": "2024-02-29T00:00:00Z", "created_by": f"/bin/sh -c {layer.instruction}"}
                for layer in plan.layers
            ],
        }
    )
    manifest, _ = to_json(
        [
            {
                "Config": f"{config_id}.json",
                "RepoTags": [f"benchmark/{name}:1"],
                "Layers": [f"{diff_id}/layer.tar" for diff_id in diff_ids],
            }
        ]
    )
    archive.add(f"{config_id}.json", config)
    archive.add("manifest.json", manifest)
