"""LS211: a COPY that could be linked."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import directory, file
from tests.dockerfile_rules import found, lines
from tests.unit.advice.cases import built, history_of

TEXT = "# syntax=docker/dockerfile:1\nFROM base\nCOPY src /src\nCOPY big /srv/big/\n"
FILES = {"src/a": "", "big/b": ""}
HISTORY = history_of(["src/a", "big/b"], *[["src/a"]] * 9)
STEPS = (
    ("ADD rootfs / # buildkit", [file("bin/sh"), directory("srv")]),
    ("COPY src /src # buildkit", [directory("src"), file("src/a")]),
    ("COPY big /srv/big/ # buildkit", [directory("srv/big"), file("srv/big/b", b"b" * 100_000)]),
)


def test_a_copy_below_what_changes() -> None:
    log = {"COPY big /srv/big/": 4.0}
    (finding,) = found("LS211", TEXT, FILES, history=HISTORY, log=log, **built(TEXT, STEPS))
    assert lines(finding) == [4]
    assert finding.severity is Severity.INFO  # at most: the order may do as well
    assert finding.build is not None
    assert finding.build.steps_saved > 0.9
    assert "--only copy-link" in finding.fix.text


def test_a_copy_that_is_linked_is_right() -> None:
    text = TEXT.replace("COPY big", "COPY --link big")
    assert found("LS211", text, FILES, history=HISTORY, **built(text, STEPS)) == ()
