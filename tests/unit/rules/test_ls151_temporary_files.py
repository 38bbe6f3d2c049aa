"""LS151: temporary files."""

from __future__ import annotations

from layerscope.rules.examine import examine
from layerscope.rules.registry import rule
from tests.builders import analyzed, directory, file, layer
from tests.rule_cases import claimed, named

FOUND = {
    "tmp/app.tar.gz": 500,
    "tmp/build/a.o": 40,
    "var/tmp/x": 30,
}
LEAN = (
    "app/tmp/cache",
    "usr/tmpfiles.d/a.conf",
    "run/lock/x",
)
NEAR = (
    "tmpfile",
    "var/tmpl/a",
    "srv/tmp/a",
)


def test_temporary_files_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS151", stored) == FOUND


def test_files_elsewhere_are_not_meant() -> None:
    assert named("LS151", layer(*(file(path, b"x") for path in LEAN))) == []


def test_similar_places_are_not_meant() -> None:
    assert named("LS151", layer(*(file(path, b"x") for path in NEAR))) == []


def test_a_rule_that_knows_more_claims_such_a_file_first() -> None:
    stored = analyzed(layer(file("tmp/pip-unpack-1/six.whl", b"x" * 70), file("tmp/other", b"x" * 30)))
    found = examine(stored, [rule("LS151"), rule("LS120")])
    assert [(finding.rule_id, finding.freed_bytes) for finding in found] == [("LS120", 70), ("LS151", 30)]


def test_an_empty_directory_is_no_finding() -> None:
    assert named("LS151", layer(directory("tmp", mode=0o1777), directory("tmp/x"))) == []
