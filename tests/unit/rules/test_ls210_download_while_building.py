"""LS210: a download of its own."""

from __future__ import annotations

import pytest

from layerscope.rules.finding import Severity
from tests.dockerfile_rules import found, lines

FILES = {"pom.xml": "<project/>", "src/A.java": ""}
TEXT = "FROM maven:3\nWORKDIR /app\nCOPY . .\nRUN mvn -B package\n"


def test_maven_downloads_and_compiles_at_once() -> None:
    (finding,) = found("LS210", TEXT, FILES)
    assert lines(finding) == [4, 3]
    assert finding.severity is Severity.INFO
    assert finding.fix.example == "COPY pom.xml ./\nRUN mvn -B dependency:go-offline\nCOPY . ."
    assert finding.fix.text.startswith("download what the RUN of line 4 needs above line 3: mvn -B")


@pytest.mark.parametrize(
    ("dockerfile", "files"),
    [
        (TEXT.replace("COPY . .", "COPY pom.xml ./\nRUN mvn -B dependency:go-offline\nCOPY . ."), FILES),
        (TEXT.replace("RUN mvn", "RUN --mount=type=cache,target=/root/.m2 mvn"), FILES),
        (TEXT, FILES | {"pom.xml": "<systemPath>a.jar</systemPath>"}),
        (TEXT.replace("COPY . .", "COPY pom.xml ./"), FILES),
        (TEXT.replace("mvn -B package", "make"), FILES),
    ],
)
def test_nothing_where_it_is_done_or_is_not_closed(dockerfile: str, files: dict[str, str]) -> None:
    assert found("LS210", dockerfile, files) == ()


def test_no_secret_of_the_command_is_in_the_sketch() -> None:
    (finding,) = found("LS210", TEXT.replace("RUN mvn", "RUN TOKEN=q8w7e6r5t4z3u2i1 mvn"), FILES)
    assert "q8w7e6r5t4z3u2i1" not in finding.fix.text + finding.fix.example
