"""LS102: what a later layer writes again is stored twice."""

from __future__ import annotations

from dataclasses import replace

from layerscope.analysis.base_image import BaseImage, BaseOrigin
from layerscope.rules.finding import Severity
from tests.analyses import analysis, step
from tests.builders import analyzed, directory, file, layer, whiteout
from tests.rule_cases import claimed, findings, on_base


def test_each_earlier_content_counts() -> None:
    layers = [layer(file("a", b"x" * size)) for size in (1, 2, 3)]
    found = findings("LS102", *layers)
    assert [(each.freed_bytes, each.message) for each in found] == [
        (2, "files of layer 1 are written again by layer 2"),
        (1, "files of layer 0 are written again by layer 1"),
    ]


def test_a_file_that_becomes_a_directory_is_written_again() -> None:
    assert claimed("LS102", layer(file("a", b"xx")), layer(directory("a"), file("a/b", b"y"))) == {"a": 2}


def test_removed_and_unchanged_files_are_left_to_other_rules() -> None:
    lower = layer(file("a", b"x"), file("b", b"y"), file("c", b"z"))
    upper = layer(whiteout("a"), file("b", b"y"), file("c", b"z", mode=0o600))
    assert findings("LS102", lower, upper) == ()


def test_the_fix_knows_whether_the_file_was_copied() -> None:
    upper = step(file("a", b"y"), by="RUN sed -i s/x/y/ a # buildkit")
    copied = analysis(step(file("a", b"x"), by="COPY a / # buildkit"), upper)
    written = analysis(step(file("a", b"x")), upper)
    assert "another stage" in findings("LS102", copied)[0].fix.text
    assert "one RUN" in findings("LS102", written)[0].fix.text


def test_what_the_base_stores_calls_for_another_base() -> None:
    image = analysis(step(file("etc/passwd", b"root")), step(file("etc/passwd", b"root app")))
    (found,) = findings("LS102", on_base(image))
    assert found.in_base
    assert found.fix.text.startswith("the base image stores")


def test_a_base_s_package_database_is_for_information_even_if_the_base_is_a_guess() -> None:
    status = "var/lib/dpkg/status"
    given = analyzed(layer(file(status, b"x" * 9)), layer(file(status, b"y")), layer(file(status, b"z")))
    guessed = replace(given, base=BaseImage(1, BaseOrigin.HISTORY))
    found = findings("LS102", guessed)
    assert [(each.freed_bytes, each.severity) for each in found] == [
        (9, Severity.INFO),
        (1, Severity.WARNING),
    ]
    assert "package databases" in found[0].message
