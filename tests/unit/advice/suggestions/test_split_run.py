"""A RUN that is in part about what a COPY brought: advice to split it."""

from __future__ import annotations

import pytest

from tests.unit.advice.suggestions.cases import only, suggested

KIND = "split-run"
FILES = {"a.pl": ""}
RUN = "apk add --no-cache perl && addgroup app && adduser -G app -D app && chown -R app.app /app"


def test_packages_and_users_may_stand_above_the_sources() -> None:
    found = only(KIND, f"FROM alpine\nCOPY . /app\nRUN {RUN}\n", FILES)
    assert found.suggestion.sketch == (
        "RUN apk add --no-cache perl \\\n && addgroup app \\\n && adduser -G app -D app\n"
        "COPY . /app\nRUN chown -R app.app /app\n"
    )
    assert found.patch == ""
    assert not found.joins


@pytest.mark.parametrize(
    "run",
    [
        "chown -R app /app && apk add perl",
        "cd /app && apk add perl && make",
        "make -C /app && apk add perl && make -C /app install",
        "apk add perl; make -C /app",
        "apk add perl || make -C /app",
        "apk add perl && touch /x",
        "A=1 && apk add perl && make -C /app",
        "apt-get update && apt-get install -y /app/tool.deb",
    ],
)
def test_what_depends_on_it_from_the_start_or_not_at_all_is_left(run: str) -> None:
    assert suggested(KIND, f"FROM alpine\nCOPY . /app\nRUN {run}\n", FILES) == []


def test_what_does_not_change_needs_no_split() -> None:
    assert suggested(KIND, f"FROM alpine\nRUN {RUN}\n", FILES) == []
