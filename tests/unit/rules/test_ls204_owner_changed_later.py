"""LS204: `chown -R` of what was copied."""

from __future__ import annotations

from dataclasses import replace

from layerscope.rules.finding import Severity
from tests.builders import directory, file
from tests.dockerfile_rules import found, lines
from tests.unit.advice.cases import built
from tests.unit.advice.suggestions.cases import ACCOUNTS

TEXT = "FROM base\nCOPY src /srv/app\nRUN chown -R 1000:1000 /srv/app\n"
COPIED = (directory("srv/app"), file("srv/app/a", b"x" * 100))
OWNED = tuple(replace(member, uid=1000, gid=1000) for member in COPIED)


def image_of(*after: object) -> dict[str, object]:
    base = ("ADD rootfs / # buildkit", [directory("srv"), *ACCOUNTS])
    run = ("RUN /bin/sh -c chown -R 1000:1000 /srv/app # buildkit", list(after))
    return built(TEXT, [base, ("COPY src /srv/app # buildkit", COPIED), run])  # type: ignore[list-item]


def test_it_names_both_instructions_and_the_command() -> None:
    (finding,) = found("LS204", TEXT, {"src/a": ""}, **image_of(*OWNED))
    assert lines(finding) == [2, 3]
    assert finding.freed_bytes == 0  # LS103 has the bytes
    assert finding.build is not None
    assert finding.build.stored_bytes == 100
    assert finding.build.seconds is None  # the image has no times
    assert finding.fix.text.endswith("layerscope advise app.tar --only copy-chown --write")
    assert finding.severity is Severity.WARNING


def test_seconds_that_were_measured_are_named() -> None:
    log = {"RUN chown -R 1000:1000 /srv/app": 20.0}
    (finding,) = found("LS204", TEXT, {"src/a": ""}, log=log, **image_of(*OWNED))
    assert finding.build is not None
    assert finding.build.seconds is not None
    assert finding.build.seconds > 1


def test_nothing_where_the_layers_show_more() -> None:
    other = (directory("srv/app", uid=1000, gid=1000), file("srv/app/a", b"y" * 99, uid=1000, gid=1000))
    assert found("LS204", TEXT, {"src/a": ""}, **image_of(*other)) == ()


def test_nothing_without_layers() -> None:
    assert found("LS204", TEXT, {"src/a": ""}) == ()


def test_an_owner_that_the_copy_gives_is_right() -> None:
    assert found("LS204", "FROM base\nCOPY --chown=1000:1000 src /srv/app\n", {"src/a": ""}) == ()
