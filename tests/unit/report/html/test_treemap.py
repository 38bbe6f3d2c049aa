"""Areas are bytes: the laws of the drawing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.report.html.treemap import HEIGHT, WIDTH, TreemapNode, treemap

nodes = st.lists(
    st.builds(
        TreemapNode,
        label=st.text("abc/", min_size=1, max_size=8),
        only=st.just(""),
        bytes=st.integers(0, 10**12),
        group=st.sampled_from(["usr/", "var/", "opt/"]),
    ),
    max_size=200,
)


@settings(deadline=None)  # drawings of 200 nodes; a busy machine is no failure
@given(nodes)
def test_all_bytes_are_drawn_once_and_inside(given_nodes: list[TreemapNode]) -> None:
    groups = treemap(given_nodes)
    assert sum(group.bytes for group in groups) == sum(node.bytes for node in given_nodes)
    for group in groups:
        assert sum(tile.node.bytes for tile in group.tiles) == group.bytes
        for tile in group.tiles:
            assert -0.2 <= tile.x <= tile.x + tile.width <= WIDTH + 0.3
            assert -0.2 <= tile.y <= tile.y + tile.height <= HEIGHT + 0.3


@settings(deadline=None)
@given(nodes)
def test_the_order_of_nodes_does_not_matter(given_nodes: list[TreemapNode]) -> None:
    assert treemap(given_nodes) == treemap(reversed(given_nodes))


def test_areas_are_in_proportion() -> None:
    (group,) = treemap([TreemapNode("a", "", 3_000_000, "g"), TreemapNode("b", "", 1_000_000, "g")])
    first, second = (tile.width * tile.height for tile in group.tiles)
    assert abs(first / second - 3) < 0.05


def test_what_is_too_small_to_see_is_one_tile() -> None:
    small = [TreemapNode(f"s{number}", "", 1, "g") for number in range(50)]
    groups = treemap([TreemapNode("large", "", 10**6, "g"), *small])
    tiles = [(tile.node.label, tile.node.bytes) for group in groups for tile in group.tiles]
    assert tiles == [("large", 10**6), ("others", 50)]
