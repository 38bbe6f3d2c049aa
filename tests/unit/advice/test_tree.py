"""The tree below a directory between two layers."""

from __future__ import annotations

from layerscope.advice.tree import tree_below
from tests.builders import directory, file, layer, read, symlink, whiteout


def test_who_wrote_a_path_last() -> None:
    readings = [
        read(layer(*members))
        for members in (
            [directory("a"), file("a/x", b"1"), file("a/y", b"2"), file("other")],
            [file("a/x", b"3"), whiteout("a/y")],
            [directory("a", uid=7), symlink("a/z", "x")],
        )
    ]
    assert {path: placed.layer for path, placed in tree_below(readings, 3, ["/a"]).items()} == {
        "/a": 2,
        "/a/x": 1,
        "/a/z": 2,
    }
    assert set(tree_below(readings, 1, ["/a/x", "/a/y"])) == {"/a/x", "/a/y"}
