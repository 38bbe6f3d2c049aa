"""LS101: what a later layer removes is still stored."""

from __future__ import annotations

from layerscope.rules.finding import Role, Severity
from tests.analyses import analysis, step
from tests.builders import directory, file, layer, opaque, whiteout
from tests.rule_cases import claimed, findings, on_base


def test_a_removed_file_is_found_with_its_bytes_and_both_layers() -> None:
    image = analysis(step(file("a", b"x" * 10), file("b", b"y")), step(whiteout("a")))
    (found,) = findings("LS101", image)
    assert (found.freed_bytes, found.wasted_bytes, found.in_base) == (10, 10, False)
    assert found.message == "files of layer 0 are removed by layer 1"
    assert [(place.layer, place.role, place.files) for place in found.locations] == [
        (0, Role.STORED, 1),
        (1, Role.HIDDEN, 1),
    ]


def test_removed_directories_and_opaque_ones_count_what_was_in_them() -> None:
    lower = layer(directory("d"), file("d/a", b"xx"), directory("e"), file("e/b", b"yyy"))
    assert claimed("LS101", lower, layer(whiteout("d"), opaque("e"))) == {"d/a": 2, "e/b": 3}


def test_what_is_overwritten_or_removed_by_its_own_layer_is_no_removal() -> None:
    assert findings("LS101", layer(file("a", b"x"), file("a", b"yy")), layer(file("a", b"z"))) == ()


def test_the_fix_for_a_copy_is_not_to_copy() -> None:
    image = analysis(step(file("a", b"x"), by="COPY . /src # buildkit"), step(whiteout("a")))
    assert ".dockerignore" in findings("LS101", image)[0].fix.text


def test_what_the_base_stores_is_another_finding_with_another_fix() -> None:
    image = analysis(
        step(file("base", b"x" * 10)), step(file("own", b"y")), step(whiteout("own"), whiteout("base"))
    )
    own, base = sorted(findings("LS101", on_base(image)), key=lambda each: each.in_base)
    assert (own.freed_bytes, own.severity) == (1, Severity.WARNING)
    assert (base.freed_bytes, base.severity) == (10, Severity.INFO)
    assert "base" in base.fix.text
    assert base.fix != own.fix


def test_small_removals_of_many_layers_are_one_finding() -> None:
    steps = [step(file(f"f{number}", b"x"), file("keep", b"y" * 10_000)) for number in range(5)]
    image = analysis(*steps, step(*[whiteout(f"f{number}") for number in range(5)]))
    (found,) = findings("LS101", image)
    assert found.freed_bytes == 5
    assert found.severity is Severity.INFO
    assert [place.layer for place in found.locations if place.role is Role.STORED] == [0, 1, 2, 3, 4]
