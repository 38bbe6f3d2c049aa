"""Annotations of GitHub Actions: read here as the runner reads them, so that only our commands are obeyed."""

from __future__ import annotations

from dataclasses import dataclass

from layerscope.report.dialects.github import MOST_ANNOTATIONS, github_annotations
from layerscope.report.dialects.outcome import State
from layerscope.rules.finding import Severity
from tests.told import hostile_told, outcome, told


@dataclass(frozen=True)
class Command:
    """What the runner makes of a line."""

    name: str
    properties: dict[str, str]
    data: str


def commands(written: bytes) -> list[Command]:
    """The runner's reading: leading blanks do not count, `::` ends name and properties, escapes come last.

    Every line has to be a command; the old form, which counts anywhere in a line, must not occur.
    """
    found = []
    for line in written.decode().splitlines():
        assert line.lstrip().startswith("::")
        assert "##[" not in line
        assert "##vso[" not in line
        head, _, data = line.lstrip()[2:].partition("::")
        name, _, given = head.partition(" ")
        pairs = [pair.partition("=") for pair in given.split(",") if pair]
        properties = {key: unescaped(value, {"%3A": ":", "%2C": ","}) for key, _, value in pairs}
        found.append(Command(name, properties, unescaped(data, {})))
    return found


def unescaped(text: str, more: dict[str, str]) -> str:
    for escape, character in ({"%0D": "\r", "%0A": "\n"} | more | {"%25": "%"}).items():
        text = text.replace(escape, character)
    return text


def of(*outcomes: object, **fields: object) -> list[Command]:
    return commands(github_annotations(told(*outcomes, **fields)))  # type: ignore[arg-type]


def test_an_annotation_has_its_place_its_title_and_all_it_says() -> None:
    (command,) = of(outcome(details=("layer 3: a, b: c",), fix="100 % less", example="RUN x\nRUN y"))
    assert command == Command(
        "error",
        {"file": "app/Dockerfile", "line": "7", "endLine": "9", "title": "LS110 apt-caches"},
        "apt's lists are stored\nlayer 3: a, b: c\nfix: 100 % less\nRUN x\nRUN y",
    )


def test_only_what_fails_the_gate_is_an_error() -> None:
    kinds = {
        (state, severity): [command.name for command in of(outcome(state=state, severity=severity))]
        for state in State
        for severity in Severity
    }
    errors = {key for key, names in kinds.items() if names == ["error"]}
    assert {state for state, _ in errors} == {State.FAILED, State.BROKEN}
    assert kinds[State.REPORTED, Severity.ERROR] == ["warning"]
    assert kinds[State.REPORTED, Severity.INFO] == ["notice"]
    assert kinds[State.WAIVED, Severity.ERROR] == kinds[State.PASSED, Severity.ERROR] == []


def test_more_than_github_shows_are_counted() -> None:
    many = [outcome(f"number {number}") for number in range(25)]
    found = of(*many, outcome("aside", state=State.REPORTED))
    errors = [command for command in found if command.name == "error"]
    assert len(errors) == MOST_ANNOTATIONS
    assert errors[-1].data == "16 more errors; the summary of the job has all"
    assert [command.data for command in errors[:-1]] == [f"number {number}" for number in range(9)]
    assert [command.name for command in of(*many[:10])] == ["error"] * 10


def test_hostile_text_is_data_and_nothing_else() -> None:
    given = hostile_told()
    for start in range(0, len(given.outcomes), len(State)):
        part = given.outcomes[start : start + len(State)]
        shown = told(*part)
        found = commands(github_annotations(shown))
        assert {command.name for command in found} <= {"error", "warning", "notice"}
        for command in found:
            assert set(command.properties) == {"file", "line", "endLine", "title"}
            assert command.properties["file"] == "Dockerfile"
            assert command.data.startswith(part[0].headline + "\n")


def test_nothing_wrong_says_nothing() -> None:
    assert github_annotations(told(outcome(state=State.PASSED))) == b""
