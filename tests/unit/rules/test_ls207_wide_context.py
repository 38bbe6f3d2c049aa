"""LS207: entries that .dockerignore lacks."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import directory, file
from tests.dockerfile_rules import found, lines
from tests.unit.advice.cases import built, history_of

TEXT = 'FROM base\nWORKDIR /app\nCOPY . .\nRUN mkdir -p /data\nCMD ["app"]\n'
FILES = {"main.c": "", "README.md": "read me\n", "docs/a.txt": "", ".dockerignore": ""}
HISTORY = history_of(list(FILES), ["README.md"], ["main.c"], ["docs/a.txt"])


def image() -> dict[str, object]:
    copied = [directory("app/docs"), *(file(f"app/{path}") for path in FILES)]
    steps = (
        ("ADD rootfs / # buildkit", [file("bin/sh")]),
        ("WORKDIR /app", [directory("app")]),
        ("COPY . . # buildkit", copied),
        ("RUN /bin/sh -c mkdir -p /data # buildkit", [directory("data")]),
        ('CMD ["app"]', None),
    )
    return built(TEXT, steps)


def test_documentation_that_changes_and_nobody_reads() -> None:
    (finding,) = found("LS207", TEXT, FILES, history=HISTORY, **image())
    assert lines(finding) == [3]
    assert "README.md, docs" in finding.fix.text
    assert "the image changes at /app/" in finding.fix.text
    assert finding.severity is Severity.WARNING
    assert finding.build is not None
    assert finding.build.steps_saved > 0.05


def test_where_a_command_may_read_it_is_for_information() -> None:
    text = TEXT.replace("mkdir -p /data", "make")
    findings = found("LS207", text, FILES, history=HISTORY)
    assert findings
    assert {finding.severity for finding in findings} == {Severity.INFO}


def test_a_context_without_anything_else_is_right() -> None:
    assert found("LS207", TEXT, {"main.c": ""}, history=history_of(["main.c"], ["main.c"])) == ()


def test_without_a_broad_copy_nothing_is_said() -> None:
    assert found("LS207", TEXT.replace("COPY . .", "COPY main.c ."), FILES, history=HISTORY) == ()
