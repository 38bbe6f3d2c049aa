"""LS124: package caches of conda."""

from __future__ import annotations

from tests.builders import file, hardlink, layer
from tests.rule_cases import claimed, named

FOUND = {
    "opt/conda/pkgs/numpy-1.26.4-py312_0.conda": 500,
    "root/miniconda3/pkgs/cache/497deca9.json": 300,
    "home/jovyan/.conda/pkgs/urls.txt": 20,
    "opt/miniforge3/pkgs/zlib-1.3/info/index.json": 100,
}
LEAN = (
    "opt/conda/lib/libz.so.1.3",
    "opt/conda/conda-meta/zlib-1.3.json",
    "opt/conda/bin/conda",
)
NEAR = (
    "app/pkgs/x",
    "opt/conda/lib/python3.12/site-packages/conda/pkgs.py",
    "opt/go/pkgs/x",
)


def test_archives_and_unpacked_packages_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS124", stored) == FOUND


def test_environments_are_no_cache() -> None:
    assert named("LS124", layer(*(file(path, b"x") for path in LEAN))) == []


def test_similar_places_are_not_meant() -> None:
    assert named("LS124", layer(*(file(path, b"x") for path in NEAR))) == []


def test_a_file_that_an_environment_shares_is_not_meant() -> None:
    cached, installed = "opt/conda/pkgs/zlib-1.3/lib/libz.so.1.3", "opt/conda/lib/libz.so.1.3"
    assert named("LS124", layer(file(installed, b"x"), hardlink(cached, to=installed))) == []
    assert named("LS124", layer(file(cached, b"x"), hardlink(installed, to=cached))) == []
