"""A COPY of all of the context becomes one of the files that a stage needs, if all of that is known."""

from __future__ import annotations

import pytest

from layerscope.advice.independence import Trust
from tests.unit.advice.cases import instructions
from tests.unit.advice.suggestions.cases import only, suggested

KIND = "narrow-copy"
FILES = {"package.json": "{}", "package-lock.json": "{}", "src/a.js": "", "docs/x": ""}
TEXT = """\
FROM node AS deps
WORKDIR /app
COPY . .
RUN npm ci
FROM node
COPY --from=deps /app/node_modules /app/node_modules
COPY src /app/src
"""


def test_a_stage_that_only_installs_needs_its_manifests() -> None:
    found = only(KIND, TEXT, FILES)
    assert instructions(found.text)[2] == "COPY package-lock.json package.json ./"
    assert found.suggestion.trust is Trust.UNVERIFIED
    assert not found.joins
    assert (found.seconds_saved or 0) > 10


def test_a_stage_that_only_copies() -> None:
    text = "FROM base AS files\nCOPY . /in\nFROM base\nCOPY --from=files /in/package.json /p.json\n"
    found = only(KIND, text, FILES)
    assert instructions(found.text)[1] == "COPY package.json /in/"
    assert not found.joins  # a link in the base could lead from there to what is not copied


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("/app/node_modules /app/node_modules", "/app /app"),
        TEXT.replace("RUN npm ci", "RUN npm ci && npm run build"),
        TEXT.replace("FROM node\n", "FROM deps\n"),
        TEXT.replace("RUN npm ci", "RUN cat src/a.js"),
        TEXT.replace("RUN npm ci", "RUN pip install ."),
        TEXT.replace("COPY --from=deps /app/node_modules", "COPY --from=deps /app/$X"),
        TEXT.replace("COPY --from=deps /app/node_modules", "COPY --from=deps /app/s*"),
        TEXT.replace("COPY src /app/src", "RUN --mount=type=bind,from=deps,target=/d cp -r /d/app/src /s"),
        TEXT.partition("FROM node\n")[0],
    ],
)
def test_what_may_be_needed_stays(text: str) -> None:
    assert suggested(KIND, text, FILES) == []
