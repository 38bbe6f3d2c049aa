"""Logs, CI files, build arguments: where seconds come from, and what changes with every build."""

from __future__ import annotations

import json

import pytest

from layerscope.advice.costs import seconds_by_line, seconds_in_log
from layerscope.advice.independence import Trust
from layerscope.advice.volatility import Volatility, arguments_of_ci
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.match import attribute
from layerscope.dockerfile.read import read_dockerfile
from layerscope.oci.config import HistoryEntry
from tests.unit.advice.cases import advised, history_of, instructions
from tests.unit.dockerfile.images import image_of

PLAIN = """\
#5 [build 2/4] RUN apt-get update &&     apt-get install -y gcc
#5 0.312 Get:1 http://deb.example.test
#5 DONE 41.7s

#6 [build 3/4] COPY . .
#6 CACHED

#7 [build 4/4] RUN make
#7 ERROR: exit code: 2
"""


def test_seconds_of_a_plain_log() -> None:
    assert seconds_in_log(PLAIN) == {"RUN apt-get update && apt-get install -y gcc": 41.7}


def test_seconds_of_a_rawjson_log() -> None:
    def line(name: str, **more: object) -> str:
        times = {"started": "2026-01-01T00:00:00.5Z", "completed": "2026-01-01T00:00:03.123456789Z"}
        return json.dumps({"vertexes": [{"digest": "x", "name": name, **times, **more}]})

    log = "\n".join(
        [
            line("[2/3] RUN make"),
            line("[3/3] COPY a b", cached=True),
            line("[internal] load build definition"),
            json.dumps({"vertexes": None}),
            "no json",
        ]
    )
    assert seconds_in_log(log) == {"RUN make": pytest.approx(2.623456)}


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("GIT_SHA", ""),
        ("VCS_REF", ""),
        ("BUILD_DATE", ""),
        ("CI_PIPELINE_ID", ""),
        ("X", "0123456789abcdef0123456789abcdef01234567"),
        ("X", "2026-01-01T00:00:00Z"),
    ],
)
def test_what_changes_with_every_build(name: str, default: str) -> None:
    assert Volatility().why(name, default)


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("VERSION", "1.2.3"),
        ("NODE_ENV", "production"),
        ("DIGITS", "12"),
        ("TARGETARCH", ""),
        ("SPECIFIC_ID", ""),
    ],
)
def test_what_does_not(name: str, default: str) -> None:
    assert Volatility().why(name, default) == ""


def test_the_user_knows_better() -> None:
    assert Volatility(steady=frozenset({"GIT_SHA"})).why("GIT_SHA") == ""
    assert "was said" in Volatility(given=frozenset({"VERSION"})).why("VERSION")


@pytest.mark.parametrize(
    "text",
    [
        "run: docker build --build-arg REV=${{ github.sha }} .",
        "build-args: |\n  REV=${{ github.sha }}\n",
        "args:\n  REV: ${CI_COMMIT_SHA}\n",
        'docker build --build-arg REV="$(git rev-parse HEAD)" .',
    ],
)
def test_arguments_that_ci_sets_anew(text: str) -> None:
    assert arguments_of_ci(text, "ci.yml") == {"REV": "ci.yml"}


def test_arguments_that_ci_sets_to_something_fixed() -> None:
    assert arguments_of_ci("docker build --build-arg REV=1 --build-arg X=$Y .", "ci.yml") == {}


DOCKERFILE = """\
FROM debian:13
COPY docs /docs
COPY src /src
RUN apt-get update && apt-get install -y git
"""
FILES = {"docs/a": "", "src/a": ""}


def test_a_history_says_what_changes() -> None:
    history = history_of(["docs/a", "src/a"], *[["src/a"]] * 8, ["docs/a"])
    advice = advised(DOCKERFILE, FILES, history=history)
    assert advice.builds == 9
    assert advice.further is not None
    order = instructions(advice.further.text)
    assert order[1].startswith("RUN apt-get")
    assert order[2:] == ["COPY docs /docs", "COPY src /src"]


def test_what_never_changed_in_the_history_stays() -> None:
    history = history_of(["docs/a", "src/a"], ["other"], ["other"])
    assert advised(DOCKERFILE, FILES, history=history).further is None


def test_what_git_does_not_know_changes_with_every_build() -> None:
    history = history_of(["docs/a"], ["other"], ["other"])
    advice = advised(DOCKERFILE, FILES, history=history)
    assert advice.further is not None
    assert advice.further.gain == pytest.approx(30.0)


def test_ignored_files_do_not_count() -> None:
    history = history_of(["docs/a", "src/a"], ["docs/x"], ["src/a"])
    everything = advised(DOCKERFILE, FILES, history=history)
    less = advised(DOCKERFILE, FILES, history=history, ignored=lambda path: path == "docs/x")
    assert everything.further is not None
    assert less.further is not None
    assert everything.further.gain > less.further.gain


def test_a_repository_that_is_sent_along_changes_the_whole_context() -> None:
    text = DOCKERFILE.replace("COPY docs /docs\nCOPY src /src", "COPY . /src")
    history = history_of(["docs/a", "src/a"], ["x"], [])
    sent = advised(text, FILES, history=history, repository_in_context=True)
    assert sent.further is not None
    assert sent.further.gain == pytest.approx(30.0)


def test_seconds_of_a_log_decide() -> None:
    text = "FROM debian:13\nCOPY src /src\nRUN mkdir -p /data\nRUN make -C /src\n"
    assert advised(text, FILES, log={"RUN mkdir -p /data": 0.01}).further is None
    slow = advised(text, FILES, log={"RUN mkdir -p /data": 90.0})
    assert slow.further is not None
    assert slow.further.gain == pytest.approx(0.95 * 90, rel=0.01)


STALE = """\
FROM debian:13
ARG GIT_SHA
LABEL revision=$GIT_SHA
RUN apt-get update && apt-get install -y git
RUN mkdir -p /data
"""


def test_buildah_keeps_a_run_below_a_label_of_a_changing_argument() -> None:
    """Else the label of the last build would be served: the key has its unexpanded text."""
    found = advised(STALE, {"a": ""}, profile=Builder.BUILDAH)
    assert found.safe is not None
    order = instructions(found.safe.text)
    assert order[-1] == "RUN mkdir -p /data"
    assert order[-3:-1] == ["ARG GIT_SHA", "LABEL revision=$GIT_SHA"]


def test_buildah_keeps_a_run_below_a_variable_of_a_changing_argument() -> None:
    text = STALE.replace("LABEL revision", "ENV REVISION")
    found = advised(text, {"a": ""}, profile=Builder.BUILDAH)
    proposal = found.further or found.safe
    order = instructions(proposal.text if proposal else text)
    assert order.index("ENV REVISION=$GIT_SHA") < order.index("RUN mkdir -p /data")
    assert order.index("ENV REVISION=$GIT_SHA") > order.index("RUN apt-get update && apt-get install -y git")


def test_buildkit_does_not_mind() -> None:
    found = advised(STALE, {"a": ""}, profile=Builder.BUILDKIT)
    assert found.safe is not None
    order = instructions(found.safe.text)
    assert order.index("ARG GIT_SHA") > order.index("RUN mkdir -p /data")


def test_seconds_of_a_history_are_gaps_between_its_own_layers() -> None:
    text = "FROM base\nCOPY a /a\nRUN make\nLABEL a=b\nRUN test\n"
    times = (
        "2026-01-01T00:00:00Z",
        "2026-03-01T00:00:00Z",
        "2026-03-01T00:00:40.5Z",
        None,
        "2026-03-01T00:00:41Z",
    )
    created_by = (
        "ADD rootfs / # buildkit",
        "COPY a /a # buildkit",
        "RUN /bin/sh -c make # buildkit",
        "LABEL a=b",
    )
    entries = [
        HistoryEntry(
            created_by=by, created=created, comment="buildkit.dockerfile.v0", empty_layer=created is None
        )
        for by, created in zip((*created_by, "RUN /bin/sh -c test # buildkit"), times, strict=True)
    ]
    found = attribute(image_of(entries), read_dockerfile(text.encode(), "Dockerfile"))
    assert seconds_by_line(found.image) == {3: 40.5, 5: 0.5}


@pytest.mark.parametrize("file", ["/etc/pip.conf", "/etc/git_commit/x", "/srv/git_commit", "/etc/GIT"])
def test_a_file_that_a_program_may_read_stays_above_the_program(file: str) -> None:
    text = f"FROM base\nARG GIT_COMMIT\nRUN echo $GIT_COMMIT > {file}\nRUN pip install pandas\n"
    advice = advised(text, {"a": ""})
    lines = instructions((advice.further or advice.safe).text) if advice.further or advice.safe else []
    moved = bool(lines) and lines.index("RUN pip install pandas") < lines.index(
        f"RUN echo $GIT_COMMIT > {file}"
    )
    assert moved == (file == "/srv/git_commit")


def test_a_revision_that_is_written_to_etc_goes_down_if_a_build_verifies_it() -> None:
    text = "FROM base\nARG GIT_COMMIT\nRUN echo $GIT_COMMIT > /etc/git_commit\nRUN pip install pandas\n"
    advice = advised(text, {"a": ""})
    assert advice.safe is None
    assert advice.further is not None
    assert advice.further.trust is Trust.UNVERIFIED
    assert instructions(advice.further.text)[1] == "RUN pip install pandas"


def test_with_buildah_a_run_stays_below_a_changing_label_wherever_another_one_names_its_argument() -> None:
    text = (
        "FROM base\nARG GIT_SHA\nRUN echo $GIT_SHA > /etc/git_sha\nLABEL l=$GIT_SHA\nRUN pip install pandas\n"
    )
    advice = advised(text, {"a": ""}, profile=Builder.BUILDAH)
    for proposal in filter(None, (advice.safe, advice.further)):
        lines = instructions(proposal.text)
        assert "RUN" in " ".join(lines[lines.index("LABEL l=$GIT_SHA") :])
    assert [each.keeps_fresh for each in advice.stages[0].safe.problem.elements][-1]  # type: ignore[union-attr]
