"""`--output FORMAT=FILE`: what it means, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerscope.cli.several_outputs import Output, check_outputs, parse_outputs, write_outputs
from layerscope.errors import OutputError, UsageError

FORMATS = ("text", "json", "sarif", "junit")


@pytest.mark.parametrize(
    ("given", "outputs"),
    [
        ([], [("text", None)]),
        (["a.txt"], [("text", "a.txt")]),
        (["sarif=a.sarif"], [("text", None), ("sarif", "a.sarif")]),
        (["sarif=a", "b", "junit=c=d"], [("text", "b"), ("sarif", "a"), ("junit", "c=d")]),
        (["a.txt", "sarif=-"], [("text", "a.txt"), ("sarif", None)]),
        (["./x=y"], [("text", "x=y")]),
        (["text=a"], [("text", None), ("text", "a")]),
    ],
)
def test_the_main_format_comes_first_and_the_others_in_their_order(
    given: list[str], outputs: list[tuple[str, str | None]]
) -> None:
    wanted = [Output(name, None if target is None else Path(target)) for name, target in outputs]
    assert parse_outputs(given, FORMATS, "text") == wanted


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["sarfi=x"], "--output sarfi=x: no such format; sarif is near it (for a file of that name write ."),
        (["q=x"], "no such format; there are json, junit, sarif, text"),
        (["a", "b"], "--output b: a is given already; more than one needs FORMAT=FILE"),
        (["sarif="], "--output sarif=: no file is named"),
        ([""], "no file is named"),
        (["sarif=x", "junit=x"], "--output sarif=x: x is given twice"),
        (["x", "junit=./x"], "--output junit=x: x is given twice"),
        (["junit=-"], "--output junit=-: standard output is given twice"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(given: list[str], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_outputs(given, FORMATS, "text")
    assert message in str(raised.value)


def test_an_output_that_cannot_be_written_is_found_before_anything_is_read(tmp_path: Path) -> None:
    good, bad = Output("sarif", tmp_path / "a"), Output("junit", tmp_path / "no" / "b")
    with pytest.raises(OutputError):
        check_outputs([good, bad], None)
    assert list(tmp_path.iterdir()) == []


def test_files_are_replaced_as_a_whole_and_nothing_is_left_beside_them(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"a much longer text than the new one")
    write_outputs([(Output("sarif", target), b"new"), (Output("junit", tmp_path / "b"), b"other")])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"new", "b": b"other"}


def test_what_cannot_be_rendered_leaves_every_file_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def rendered() -> object:
        yield Output("sarif", target), b"new"
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        write_outputs(rendered())  # type: ignore[arg-type]
    assert target.read_bytes() == b"old"
