"""The new file and its patch: what moves moves as it stands, and git takes the patch."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.advice.patch import unified_diff
from layerscope.advice.rewrite import StageOrder, rewritten
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.stages import read_stages
from tests.differential.tools import require
from tests.unit.advice.cases import advised


def reordered(text: str, *items: int | str, stage: int = 0) -> str:
    parsed = read_dockerfile(text.encode("utf-8", "surrogateescape"), "Dockerfile")
    return rewritten(parsed, [StageOrder(read_stages(parsed).stages[stage], items)])


@pytest.mark.parametrize(
    ("text", "items", "expected"),
    [
        ("FROM a\nRUN b\nRUN c\n", (1, 0), "FROM a\nRUN c\nRUN b\n"),
        ("FROM a\n\n# of b\nRUN b\n\nRUN c\n", (1, 0), "FROM a\n\nRUN c\n\n# of b\nRUN b\n"),
        ("FROM a\n# head\n\nRUN b\nRUN c\n", (1, 0), "FROM a\n# head\nRUN c\n\nRUN b\n"),
        (
            "FROM a\nRUN b \\\n  # inside\n  c\nRUN <<E\n# kept\nE\n",
            (1, 0),
            "FROM a\nRUN <<E\n# kept\nE\nRUN b \\\n  # inside\n  c\n",
        ),
        ("FROM a\nRUN b\nRUN c", (1, 0), "FROM a\nRUN c\nRUN b"),
        ("FROM a\r\nRUN b\r\nRUN c\r\n", (1, "X y", 0), "FROM a\r\nRUN c\r\nX y\r\nRUN b\r\n"),
        (
            "FROM a\nRUN b\nRUN c\n# end\n\n# more\nFROM d\n",
            (1, 0),
            "FROM a\nRUN c\nRUN b\n# end\n\n# more\nFROM d\n",
        ),
        ("ARG v\nFROM a\nRUN b\n", (0,), "ARG v\nFROM a\nRUN b\n"),
        ("FROM a\nRUN b \udcff\nRUN c\n", (1, 0), "FROM a\nRUN c\nRUN b \udcff\n"),
    ],
)
def test_the_new_text(text: str, items: tuple[int | str, ...], expected: str) -> None:
    assert reordered(text, *items) == expected


def test_other_stages_stay_as_they_are() -> None:
    text = "FROM a AS x\nRUN b\nRUN c\nFROM x\nRUN d\nRUN e\n"
    assert reordered(text, 1, 0, stage=1) == "FROM a AS x\nRUN b\nRUN c\nFROM x\nRUN e\nRUN d\n"


LINES = st.lists(st.sampled_from(["RUN a", "# c", "", "COPY a b", "RUN x \\\n  y", "LABEL a=b"]), min_size=1)


@given(LINES, st.booleans(), st.data())
def test_the_same_lines_in_another_order(lines: list[str], ended: bool, data: st.DataObject) -> None:
    text = "\n".join(["FROM a", *lines, "RUN last"]) + ("\n" if ended else "")
    count = len(read_dockerfile(text.encode(), "x").instructions) - 1
    order = data.draw(st.permutations(range(count)))
    new = reordered(text, *order)
    assert sorted(new.splitlines()) == sorted(text.splitlines())
    assert new.endswith("\n") == ended
    assert reordered(text, *range(count)) == text


@pytest.mark.parametrize("before", ["a\nb\nc\n", "a\nb\nc", "a\r\nb\r\n", "x\ny\x0cz\n", "é\nö\n"])
@pytest.mark.parametrize("after", ["c\na\nb\n", "a\nb\nnew\nc", "b\r\na\r\n", "a\u2028b\nc\n"])
def test_git_applies_the_patch(tmp_path: Path, before: str, after: str) -> None:
    require("git", root=False)
    place = tmp_path / "dir"
    place.mkdir()
    (place / "Dockerfile").write_bytes(before.encode())
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    patch = unified_diff(before, after, "dir/Dockerfile")
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch.encode(), check=True)
    assert (place / "Dockerfile").read_bytes() == after.encode()


def test_no_change_is_no_patch() -> None:
    assert unified_diff("a\n", "a\n", "x") == ""


@pytest.mark.parametrize("end", ["\\", "\\\n", "\\\n# more\n"])
def test_a_stage_whose_last_line_is_continued_by_nothing_is_left_alone(end: str) -> None:
    """Above another instruction it would take that one in."""
    text = f"FROM debian\nCOPY src /src\nRUN apt-get update && apt-get install -y git {end}"
    advice = advised(text, {"src/a": ""})
    assert (advice.safe, advice.further) == (None, None)
    assert "continued" in advice.stages[0].why
