"""Whatever a Dockerfile holds: advice has the same instructions in an order that keeps every dependency."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.advice.advise import Known, advise
from layerscope.advice.independence import Trust, independence
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.read import read_dockerfile
from tests.unit.advice.cases import context_of, instructions

FILES = {"a": "", "src/b": "", "package.json": "{}", "package-lock.json": "{}", "requirements.txt": "x\n"}
LINES = st.sampled_from(
    [
        *(
            "COPY . .",
            "COPY . /app/",
            "COPY a /app/",
            "COPY src /app/src",
            "ADD a.tar /",
            "COPY --chown=1 a /x/",
        ),
        *("RUN apt-get update && apt-get install -y x", "RUN npm ci", "RUN pip install -r requirements.txt"),
        *(
            "RUN make",
            "RUN ln -s /app/a /a",
            "RUN mkdir -p /app/x",
            "RUN echo $GIT_SHA > /v",
            "RUN rm -rf /app/x",
        ),
        *(
            "RUN <<E\nmake\nE",
            "RUN useradd u",
            "ARG GIT_SHA",
            "ARG V=1",
            "ENV S=$GIT_SHA",
            "ENV PATH=/app:$PATH",
        ),
        *("LABEL r=$GIT_SHA", "LABEL a=b", "WORKDIR /app", "WORKDIR sub", "USER 1", "USER root", "EXPOSE 1"),
        *(
            "VOLUME /app",
            "CMD x",
            "ENTRYPOINT x",
            'SHELL ["/bin/bash", "-c"]',
            "# a comment",
            "",
            "ONBUILD RUN x",
        ),
    ]
)
BODIES = st.lists(LINES, max_size=9).map("\n".join)


@settings(deadline=None, max_examples=150)
@given(BODIES, BODIES, st.sampled_from(list(Builder)), st.booleans())
def test_advice_keeps_every_dependency(one: str, two: str, builder: Builder, with_context: bool) -> None:
    text = f"FROM x AS first\n{one}\nFROM first\n{two}\n"
    context = context_of(FILES) if with_context else None
    parsed = read_dockerfile(text.encode(), "Dockerfile")
    advice = advise(parsed, Known(context=context, profile=builder))
    for stage in advice.stages:
        for plan, least in ((stage.safe, Trust.EVIDENCE), (stage.further, Trust.UNVERIFIED)):
            if plan is None:
                continue
            assert plan.gain >= 0
            assert plan.lowest <= plan.after.seconds + 1e-9 <= plan.before.seconds + 2e-9
            place = {position: at for at, position in enumerate(plan.order)}
            elements = plan.problem.elements
            for first, second in combinations(range(len(elements)), 2):
                if place[first] > place[second]:
                    pair = plan.problem.graph.pairs[first, second]
                    assert pair.trust >= least
                    own = {elements[first].index, elements[second].index}
                    if not plan.problem.added and len(own) == 2:
                        assert pair == independence(elements[first], elements[second], builder)
    for proposal in filter(None, (advice.safe, advice.further)):
        before, after = instructions(text), instructions(proposal.text)
        added = [line for line in after if after.count(line) > before.count(line)]
        assert all(line.startswith("COPY ") and line.endswith("/") for line in added)
        assert len(after) == len(before) + len(added)
        assert [line for line in after if line.startswith("FROM")] == ["FROM x AS first", "FROM first"]
        assert proposal.patch.startswith("--- a/Dockerfile\n+++ b/Dockerfile\n@@ ")


@settings(deadline=None, max_examples=100)
@given(BODIES, st.sampled_from(list(Builder)))
def test_what_a_step_sees_is_what_it_saw(body: str, builder: Builder) -> None:
    """User, working directory and shell of each RUN, and every variable that it names, stay as they were."""
    text = f"FROM x\n{body}\n"
    advice = advise(read_dockerfile(text.encode(), "f"), Known(context=context_of(FILES), profile=builder))
    for proposal in filter(None, (advice.safe, advice.further)):
        assert seen(proposal.text) == seen(text)


def seen(text: str) -> list[tuple[str, str, str, str, str]]:
    """Each RUN with what holds in front of it, sorted."""
    user = directory = shell = ""
    values: dict[str, str] = {}
    found = []
    for line in instructions(text):
        keyword, _, rest = line.partition(" ")
        if keyword == "USER":
            user = rest
        elif keyword == "WORKDIR":
            directory = rest if rest.startswith("/") else f"{directory}/{rest}"
        elif keyword == "SHELL":
            shell = rest
        elif keyword in ("ARG", "ENV"):
            name, _, value = rest.partition("=")
            values[name] = value
        elif keyword == "RUN":
            named = {name: given for name, given in values.items() if f"${name}" in rest or name == "PATH"}
            found.append((rest, user, directory, shell, repr(sorted(named.items()))))
    return sorted(found)
