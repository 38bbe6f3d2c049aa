"""Looking up directories of a finished tree (`rootfs.locate`)."""

from __future__ import annotations

import pytest

from layerscope.rootfs.rootfs import Rootfs
from tests.builders import Member, directory, file, layer, read_layer, symlink


def rootfs(*members: Member) -> Rootfs:
    tree = Rootfs()
    tree.apply(read_layer(layer(*members, written_by="raw")))
    return tree


TREE = rootfs(
    file("usr/lib/x/a", b""),
    file("usr/bin/b", b""),
    symlink("lib", "usr/lib"),
    symlink("usr/lib/up", "../.."),
    symlink("opt", "/lib/x"),
    symlink("loop", "loop/loop"),
    symlink("dangling", "nowhere"),
    symlink("out", "../../../../usr"),
    directory("empty"),
)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (b"usr/lib/x", [b"a"]),
        (b"/usr/lib/x", [b"a"]),
        (b"usr//lib/./x/", [b"a"]),
        (b"lib/x", [b"a"]),
        (b"opt", [b"a"]),
        (b"lib/../bin", [b"b"]),
        (b"lib/up/usr/bin", [b"b"]),
        (b"out/bin", [b"b"]),
        (b"../../usr/bin", [b"b"]),
        (b"empty", []),
        (b"loop", []),
        (b"loop/x", []),
        (b"dangling/x", []),
        (b"usr/bin/b", []),
        (b"usr/bin/b/c", []),
        (b"nowhere/at/all", []),
        (b"usr/../" * 5000 + b"usr/bin", [b"b"]),
        (b"x/" * 5000, []),
    ],
    ids=str,
)
def test_a_path_leads_where_the_kernel_would_go(path: bytes, names: list[bytes]) -> None:
    locator = TREE.locator()
    assert list(locator.names_in(path)) == names
    assert list(locator.names_in(path)) == names  # remembered


def test_two_spellings_of_what_is_gone_are_anchored_at_one_place() -> None:
    locator = TREE.locator()
    assert locator.anchor(b"lib/gone/deep") == locator.anchor(b"usr/lib/gone/deep")
    assert locator.anchor(b"lib/gone/deep") != locator.anchor(b"usr/bin/gone/deep")
    assert locator.anchor(b"lib/x")[1] == b""


def test_a_link_at_the_end_of_a_path_is_what_is_there() -> None:
    locator = TREE.locator()
    inode = locator.node(b"lib")
    assert isinstance(inode, int)
    assert TREE.inodes.symlink_target(inode) == b"usr/lib"
    assert locator.node(b"lib/x/nothing") is None
