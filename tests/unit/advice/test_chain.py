"""Commands of a list and their places: what is cut out leaves the others as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.advice.chain import read_chain, without_link
from layerscope.advice.shell import read_commands


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        ("a b && c", ["a b", "c"]),
        ("a; b ;c", ["a", "b", "c"]),
        ("a \\\n  && b \\\n# why\n\n  && c d", ["a", "b", "c d"]),
        ("a | b && c 2>&1 > /x", ["a | b", "c 2>&1 > /x"]),
        ("a '&& b' && c \"; $(d) ${e}\"", ["a '&& b'", 'c "; $(d) ${e}"']),
        ("a x\\\ny && b", ["a xy", "b"]),
        ("a \\; && b &> /x", ["a \\;", "b &> /x"]),
        ("a;", ["a"]),
    ],
)
def test_links(raw: str, texts: list[str]) -> None:
    links = read_chain(raw)
    assert links is not None
    assert [link.text for link in links] == texts


@pytest.mark.parametrize(
    "raw",
    [
        *("a || b", "a & b", "(a)", "{ a; }", "if a; then b; fi", "a && ", "a ;; b", "a # b", "! a", "a <<x"),
        *("a 'b", 'a "b', "a `b", "a $(b", "a <(b)", "for x in y; do z; done", 'a "$(b "c")"', "a && && b"),
    ],
)
def test_what_is_more_than_a_list_is_not_read(raw: str) -> None:
    assert read_chain(raw) is None


@pytest.mark.parametrize(
    ("raw", "index", "left"),
    [
        ("a && b && c", 0, "b && c"),
        ("a && b && c", 1, "a && c"),
        ("a && b && c", 2, "a && b"),
        ("a \\\n  && b \\\n  # of c\n  && c", 1, "a \\\n  # of c\n  && c"),
        ("set -e; a; b", 2, "set -e; a"),
        ("a; b; c", 1, "a; c"),
    ],
)
def test_one_link_less(raw: str, index: int, left: str) -> None:
    links = read_chain(raw)
    assert links is not None
    cut = without_link(raw, links, index)
    assert cut is not None
    assert raw[: cut[0]] + raw[cut[1] :] == left


@pytest.mark.parametrize(("raw", "index"), [("a", 0), ("a; b", 1), ("a && b; c", 1)])
def test_a_link_that_the_others_depend_on_stays(raw: str, index: int) -> None:
    links = read_chain(raw)
    assert links is not None
    assert without_link(raw, links, index) is None


COMMANDS = st.sampled_from(
    ["apk add x", "rm -rf /a/* /b", "cp 'a b' \"c;d\"", "x=1 y", "cat < a > b 2>&1", "a|b"]
)
JOINTS = st.sampled_from(
    [" && ", " \\\n    && ", " && \\\n\t", " \\\n  # a comment; and more\n  && ", "; ", ";\\\n "]
)


@given(st.lists(COMMANDS, min_size=1, max_size=5), st.data())
def test_links_and_commands_agree(commands: list[str], data: st.DataObject) -> None:
    raw = commands[0] + "".join(data.draw(JOINTS) + command for command in commands[1:])
    links = read_chain(raw)
    assert links is not None
    assert [link.text.strip() for link in links] == commands
    for index in range(len(links)):
        cut = without_link(raw, links, index)
        if cut is not None:
            left = read_chain(raw[: cut[0]] + raw[cut[1] :])
            assert left is not None
            assert [link.text for link in left] == commands[:index] + commands[index + 1 :]
    separate = [command for link in links for command in read_commands(link.text, {}) or ()]
    joined = read_commands(" && ".join(link.text for link in links), {})
    assert joined == tuple(separate)
