"""LS104: the same file, stored again as it was."""

from __future__ import annotations

from tests.analyses import analysis, step
from tests.builders import file, layer
from tests.rule_cases import claimed, findings, on_base


def test_an_identical_file_counts_once_for_each_time_it_was_stored_before() -> None:
    same = layer(file("a", b"xxx"))
    found = findings("LS104", same, same, same)
    assert sum(each.freed_bytes for each in found) == 6
    assert {each.message for each in found} == {
        "files of layer 0 are stored again, unchanged, by layer 1",
        "files of layer 1 are stored again, unchanged, by layer 2",
    }


def test_any_difference_is_another_rule() -> None:
    lower = layer(file("a", b"x"), file("b", b"y"), file("c", b"z"))
    upper = layer(file("a", b"x", mtime=5), file("b", b"Y"), file("c", b"z"))
    assert claimed("LS104", lower, upper) == {"c": 1}


def test_the_fix_for_files_of_the_base_is_to_leave_them_out() -> None:
    image = analysis(step(file("a", b"x")), step(file("a", b"x"), by="COPY a / # buildkit"))
    assert "leave them out" in findings("LS104", on_base(image))[0].fix.text


def test_a_run_that_writes_files_again_is_told_to_write_what_changes() -> None:
    image = analysis(step(file("a", b"x")), step(file("a", b"x")))
    (found,) = findings("LS104", on_base(image))
    assert found.fix.text.startswith("write only what changes")
    assert not found.in_base
