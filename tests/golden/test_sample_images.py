"""The table of sample_images/README.md is true, and build.py makes the files that lie beside it."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import layerscope
from layerscope.analysis.analyze import Analysis
from tests.differential.tools import require

SAMPLES = Path(__file__).resolve().parents[2] / "sample_images"


@dataclass(frozen=True)
class Row:
    """One documented sample."""

    file: str
    stored: int
    wasted: int
    causes: dict[str, int]
    command: str


def rows() -> list[Row]:
    """The table of the README."""
    found = []
    for line in (SAMPLES / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[0].startswith("`"):
            causes = dict(part.split() for part in re.split(r", (?=[a-z])", cells[4]) if part)
            found.append(
                Row(
                    cells[0].strip("`"),
                    _number(cells[2]),
                    _number(cells[3]),
                    {cause: _number(text) for cause, text in causes.items()},
                    cells[5].strip("`"),
                )
            )
    return found


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _inspect(command: str) -> Analysis:
    program, verb, path, *options = shlex.split(command)
    assert (program, verb) == ("layerscope", "inspect")
    chosen = dict(zip(options[::2], options[1::2], strict=True))
    assert set(chosen) <= {"--image", "--platform"}
    return layerscope.inspect(
        str(SAMPLES.parent / path), image=chosen.get("--image"), platform=chosen.get("--platform")
    )


def _build_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sample_images_build", SAMPLES / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SAMPLES))  # where a script finds its neighbors
        patch.setattr(sys, "dont_write_bytecode", True)
        spec.loader.exec_module(module)
    return module


BUILD = _build_script()


def test_the_table_names_every_sample() -> None:
    assert {row.file for row in rows()} == {path.name for path in SAMPLES.glob("*.tar")}


@pytest.mark.parametrize("row", rows(), ids=lambda row: shlex.join(shlex.split(row.command)[2:]))
def test_documented_figures_are_what_inspect_gives(row: Row) -> None:
    ledger = _inspect(row.command).ledger
    assert (ledger.stored_bytes, ledger.wasted_bytes) == (row.stored, row.wasted)
    assert {cause.value: size for cause, size in ledger.by_cause.items() if size} == row.causes


def test_the_lean_twin_has_the_same_root_filesystem() -> None:
    def paths(name: str) -> list[tuple[object, ...]]:
        analysis = layerscope.inspect(str(SAMPLES / name))
        return [(e.path, e.kind, e.mode, e.size, e.content_digest) for e in analysis.rootfs.entries()]

    assert paths("lean.tar") == paths("overwrite.tar")
    assert len(paths("lean.tar")) == 6  # bin bin/app etc etc/os-release srv srv/data.db


def test_the_oldest_sample_has_the_history_that_its_builder_wrote() -> None:
    """Docker's builder before BuildKit: a shell before everything, `#(nop)` where none was run, and a layer
    for every instruction."""
    layers = layerscope.inspect(str(SAMPLES / "docker-v1.tar")).layers
    written = [layer.layer.instruction for layer in layers if layer.layer.instruction]
    assert [re.sub(r"\b[0-9a-f]{64}\b", "HASH", instruction.created_by) for instruction in written] == [
        "/bin/sh -c #(nop) COPY dir:HASH in /",
        "/bin/sh -c #(nop) COPY file:HASH in /srv/",
        "/bin/sh -c /bin/app migrate /srv/data.db",
        '/bin/sh -c #(nop) CMD ["/bin/app"]',
    ]
    assert [instruction.keyword for instruction in written] == ["COPY", "COPY", "RUN", "CMD"]
    assert layers[-1].reading.changeset.tar_bytes == 1024  # nothing but the end mark


def test_sums_are_those_of_the_files() -> None:
    lines = (SAMPLES / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in SAMPLES.glob("*.tar")}
    assert lines == [f"{sums[name]}  {name}" for name in sorted(sums)]


@pytest.mark.parametrize("name", sorted(set(BUILD.WRITTEN) - BUILD.COMPRESSED))
def test_a_written_sample_is_built_again_byte_for_byte(name: str, tmp_path: Path) -> None:
    BUILD.build(name, tmp_path / name)
    assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes()


@pytest.mark.parametrize("name", sorted(BUILD.COMPRESSED))
def test_a_compressed_sample_is_built_again_layer_for_layer(name: str, tmp_path: Path) -> None:
    """Two versions of a compressor may give other bytes for the same layer: diff IDs do not change."""
    BUILD.build(name, tmp_path / name)
    platform = "linux/amd64"
    again = layerscope.inspect(str(tmp_path / name), platform=platform)
    assert _diff_ids(again) == _diff_ids(layerscope.inspect(str(SAMPLES / name), platform=platform))


@pytest.mark.parametrize("name", sorted(BUILD.CONTEXTS))
def test_a_recipe_gives_the_same_layers_with_buildah(name: str, tmp_path: Path) -> None:
    require("buildah", "busybox")
    BUILD.build(name, tmp_path / name)
    again = layerscope.inspect(str(tmp_path / name))
    assert _entries(again) == _entries(layerscope.inspect(str(SAMPLES / name)))


def _diff_ids(analysis: Analysis) -> list[str | None]:
    assert analysis.layers
    return [layer.reading.diff_id for layer in analysis.layers]


def _entries(analysis: Analysis) -> list[list[object]]:
    """Entries of every layer without the files that a builder mounts (their mode and presence vary)."""
    mounted = {b"dev", b"etc", b"proc", b"run", b"sys", b"tools"}
    return [
        [e for e in layer.reading.changeset.entries() if e.path.split(b"/")[0] not in mounted]
        for layer in analysis.layers
    ]
