"""The comment on a pull request: silent where nothing changed, found again, bounded, hard to get out of."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from layerscope.report.dialects.comment import (
    COMMENT_CHARACTERS,
    comment_marker,
    job_summary,
    pull_request_comment,
)
from layerscope.report.dialects.outcome import Figure, State
from layerscope.report.printable import LOG_COMMAND, UNSAFE
from tests.told import HOSTILE, hostile_told, outcome, told

GITHUB = 65_536


def test_it_is_empty_where_the_gate_passed_and_nothing_changed() -> None:
    quiet = told(outcome(state=State.REPORTED), changed=False)
    assert pull_request_comment(quiet) == b""
    assert pull_request_comment(told(outcome(state=State.REPORTED), changed=True)) != b""
    assert pull_request_comment(told(outcome(), changed=False)) != b""


def test_the_summary_of_a_job_is_never_empty() -> None:
    text = job_summary(told(outcome(state=State.PASSED), changed=False)).decode()
    assert text == "### layerscope: the gate passed for `registry.example/app:1`\n\n1 passed.\n"


def test_its_first_line_is_the_same_for_every_build_of_an_image() -> None:
    one = pull_request_comment(told(outcome())).decode().split("\n")[0]
    other = (
        pull_request_comment(told(outcome("more"), image="registry.example/app:2")).decode().split("\n")[0]
    )
    assert one == other == "<!-- layerscope-check registry.example/app linux/amd64 -->"
    assert comment_marker(told(platform="linux/arm64")) != one


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_of_an_image_ends_the_marker(text: str) -> None:
    marker = comment_marker(told(repository=text))
    assert re.fullmatch(r"<!-- layerscope-check [A-Za-z0-9._/: -]+ -->", marker)
    assert marker.count("-->") == marker.count("<!--") == 1


def test_what_failed_stands_first_with_place_reason_and_fix() -> None:
    text = pull_request_comment(
        told(
            outcome("minor", state=State.REPORTED),
            outcome("big", details=("layer 3: RUN x", "  a/b"), fix="do not", example="RUN y"),
            outcome("agreed", state=State.WAIVED, excuse="ops: soon"),
            figures=(Figure("blobs", "compressed_bytes", 12_000_000),),
            growth=("#### Grown\n\nx",),
        )
    ).decode()
    assert "1 failed, 1 reported, 1 waived." in text
    failed = (
        "**failed** LS110 `apt-caches` at `app/Dockerfile:7-9`\n\n`big`\n\n- `layer 3: RUN x`\n  - `a/b`\n\n"
        "Fix: `do not`\n\n```dockerfile\nRUN y\n```"
    )
    assert failed in text
    assert "| blobs | 12.0 MB |" in text
    assert text.index("`big`") < text.index("#### Grown") < text.index("`minor`") < text.index("ops: soon")
    assert text.count("<details>") == text.count("</details>") == 2


def test_it_stays_below_what_github_takes_and_says_what_had_no_room() -> None:
    many = [outcome("\U0001f980" * 400, details=("x" * 900,) * 5) for _ in range(400)]
    text = pull_request_comment(told(*many)).decode()
    assert len(text.encode("utf-16-le")) // 2 < COMMENT_CHARACTERS < GITHUB
    shown = text.count("**failed**")
    assert shown > 5
    assert f"{400 - shown} more parts had no room here" in text
    folded = [outcome("y" * 900, state=State.REPORTED, details=("x" * 900,) * 5) for _ in range(400)]
    text = pull_request_comment(told(*folded)).decode()
    assert text.count("<details>") == text.count("</details>")
    assert len(job_summary(told(*many * 9))) < 1 << 20


def test_hostile_text_is_code_and_nothing_else() -> None:
    """A parser of CommonMark is the judge: outside code there are only words of ours."""
    given = hostile_told()
    for start in range(0, len(given.outcomes), len(State)):
        part = given.outcomes[start : start + len(State)]
        text = pull_request_comment(
            told(*part, image=given.image, figures=given.figures, notices=given.notices)
        ).decode()
        assert not UNSAFE.search(text.replace("\n", ""))
        assert not LOG_COMMAND.search(text)
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        inline = [child for token in tokens for child in token.children or ()]
        kinds = {token.type for token in [*tokens, *inline]}
        assert not {"link_open", "image", "html_inline"} & kinds - {"html_inline"}
        markup = "".join(token.content for token in [*tokens, *inline] if token.type.startswith("html"))
        assert set(re.findall(r"</?\w+", markup)) <= {"<details", "</details", "<summary", "</summary"}
        assert markup.count("<!--") == 1
        words = " ".join(child.content for child in inline if child.type == "text")
        assert not set("@#[") & set(words.replace("\\", ""))
