"""Whatever a Dockerfile holds: a suggestion changes what it says, and nothing else."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.advice.advise import Known, advise
from layerscope.advice.suggestions.registry import all_kinds
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.read import read_dockerfile
from tests.unit.advice.cases import context_of, history_of

FILES = {
    "package.json": "{}",
    "package-lock.json": "{}",
    "src/b": "",
    "README.md": "x" * 20_000,
    "go.mod": "",
}
HISTORY = history_of(sorted(FILES), ["README.md"], ["src/b"], ["package.json"])
KINDS = frozenset(kind.kind for kind in all_kinds())
LINES = st.sampled_from(
    [
        *(
            "COPY . .",
            "COPY . /app/",
            "COPY package.json package-lock.json ./",
            "COPY src /app/src",
            "WORKDIR /app",
        ),
        *(
            "COPY --from=first /app/node_modules /app/node_modules",
            "COPY --from=0 /app/README.md /r",
            "USER 1",
        ),
        *(
            "RUN npm ci",
            "RUN npm ci && npm cache clean --force",
            "RUN pip install --no-cache-dir x",
            "RUN make",
        ),
        "RUN apt-get update \\\n  # a comment\n  && apt-get install -y gcc make \\\n  && apt-get clean",
        *(
            "RUN rm -rf /var/lib/apt/lists/*",
            "RUN rm -rf /tmp/* && apt-get clean",
            "# a comment",
            "",
            "ENV A=b",
        ),
        *("RUN chown -R 1:1 /app", "RUN apk add --no-cache x && chown -R 1:1 /app", "RUN go mod download"),
        *("RUN go build -o /x", "RUN <<E\nnpm ci\nE", "LABEL a=b", "CMD x", "VOLUME /app", "ARG GIT_SHA"),
        *("RUN --mount=type=cache,target=/root/.npm npm ci", "run\tnpm   ci", "RUN npm ci # no comment"),
    ]
)
BODIES = st.lists(LINES, max_size=8).map("\n".join)
HEADS = st.sampled_from(["", "# syntax=docker/dockerfile:1\n", "\ufeff"])


@settings(deadline=None, max_examples=200)
@given(HEADS, BODIES, BODIES, st.sampled_from(list(Builder)), st.booleans(), st.booleans())
def test_a_suggestion_changes_what_it_says_and_nothing_else(
    head: str, one: str, two: str, builder: Builder, every: bool, windows: bool
) -> None:
    text = f"{head}FROM node AS first\n{one}\nFROM node\n{two}\nENTRYPOINT y\n"
    text = text.replace("\n", "\r\n") if windows else text
    parsed = read_dockerfile(text.encode(), "Dockerfile")
    kinds = KINDS if every else frozenset()
    known = Known(
        context=context_of(FILES), history=HISTORY, profile=builder, kinds=kinds, builder_version=(1, 40)
    )
    advice = advise(parsed, known)
    before = {each.first_line: parsed.lines_of(each) for each in parsed.instructions}
    for found in advice.suggestions:
        assert found.suggestion.kind in KINDS
        assert found.suggestion.reasons
        assert set(found.suggestion.lines) <= before.keys()
        after = read_dockerfile(found.text.encode(), "Dockerfile")
        assert len(after.instructions) == len(before) - len(found.suggestion.removes)
        others = Counter(lines for line, lines in before.items() if line not in found.suggestion.lines)
        assert not others - Counter(map(after.lines_of, after.instructions))
        assert bool(found.patch) == bool(found.suggestion.edits or found.suggestion.ignores)
        assert windows == ("\r\n" in found.text)
        assert found.joins <= bool(found.patch)
        if found.joins and not every:
            assert found.suggestion.keeps_image
    for proposal in filter(None, (advice.safe, advice.further)):
        after = read_dockerfile(proposal.text.encode(), "Dockerfile")
        assert [each.keyword for each in after.instructions].count("FROM") == 2
        assert proposal.patch
