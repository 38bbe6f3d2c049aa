"""One comment on a pull request: written once, replaced, removed; those of people are left alone.

`gh` is a stand-in that answers with comments and writes down what it was asked for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from layerscope.report.dialects.comment import pull_request_comment
from tests.differential.tools import require
from tests.told import hostile_told, outcome, told

REPOSITORY = Path(__file__).resolve().parents[2]

GH = """#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
arguments = sys.argv[1:]
if "--method" not in arguments:
    comments = json.loads((here / "comments.json").read_text())
    print(json.dumps(comments[:1]) + json.dumps(comments[1:]))  # --paginate gives a document for each page
else:
    body = [a.removeprefix("body=@") for a in arguments if a.startswith("body=@")]
    text = pathlib.Path(body[0]).read_text() if body else None
    method = arguments[arguments.index("--method") + 1]
    call = [method, next(a for a in arguments if a.startswith("repos/")), text]
    with (here / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(call) + "\\n")
"""


def comment(number: int, body: str, kind: str = "Bot") -> dict[str, Any]:
    return {"id": number, "body": body, "user": {"type": kind, "login": "someone"}}


def posted(
    tmp_path: Path, body: bytes, *comments: dict[str, Any], event: object = None
) -> list[tuple[str, str, str | None]]:
    """What the script asks of GitHub: method, address without the repository, text."""
    require("jq", root=False)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "gh").write_text(GH.format(python=sys.executable), encoding="utf-8")
    (tools / "gh").chmod(0o755)
    (tools / "comments.json").write_text(json.dumps(comments), encoding="utf-8")
    (tmp_path / "comment.md").write_bytes(body)
    given = {"pull_request": {"number": 7}} if event is None else event
    (tmp_path / "event.json").write_text(json.dumps(given), encoding="utf-8")
    done = subprocess.run(
        ["bash", REPOSITORY / "ci" / "pull-request-comment.sh", tmp_path / "comment.md"],
        env=os.environ
        | {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    calls = tools / "calls.jsonl"
    lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
    found = [tuple(json.loads(line)) for line in lines]
    return [(method, address.removeprefix("repos/o/r/"), text) for method, address, text in found]


BODY = pull_request_comment(told(outcome()))
MARKER = BODY.decode().split("\n")[0]
OTHER = pull_request_comment(told(outcome(), repository="other")).decode().split("\n")[0]


def test_the_first_one_is_written(tmp_path: Path) -> None:
    wanted = [("POST", "issues/7/comments", BODY.decode())]
    assert posted(tmp_path, BODY, comment(1, "hello"), comment(2, OTHER + "\nx")) == wanted


def test_the_next_one_replaces_it(tmp_path: Path) -> None:
    before = [comment(1, "hello"), comment(2, OTHER + "\nx"), comment(3, MARKER + "\r\nold")]
    assert posted(tmp_path, BODY, *before) == [("PATCH", "issues/comments/3", BODY.decode())]


def test_it_is_removed_when_nothing_changed_any_more(tmp_path: Path) -> None:
    assert posted(tmp_path, b"", comment(1, "hello"), comment(3, MARKER + "\nold")) == [
        ("DELETE", "issues/comments/3", None)
    ]


@pytest.mark.parametrize(
    "comments",
    [
        [],
        [comment(1, "hello <!-- layerscope-check")],
        [comment(1, MARKER + "\nby hand", "User")],
        [comment(1, MARKER + "\none"), comment(2, OTHER + "\nother image")],
    ],
)
def test_nothing_is_removed_that_is_not_surely_ours(tmp_path: Path, comments: list[dict[str, Any]]) -> None:
    assert posted(tmp_path, b"", *comments) == []


def test_a_comment_of_a_person_is_never_replaced(tmp_path: Path) -> None:
    by_hand = comment(1, MARKER + "\nby hand", "User")
    assert [method for method, _, _ in posted(tmp_path, BODY, by_hand)] == ["POST"]


def test_a_push_has_no_pull_request(tmp_path: Path) -> None:
    assert posted(tmp_path, BODY, event={"ref": "refs/heads/main"}) == []


def test_hostile_text_arrives_as_it_is(tmp_path: Path) -> None:
    body = pull_request_comment(hostile_told())
    assert posted(tmp_path, body, comment(1, "\t\\t`$(x)`")) == [("POST", "issues/7/comments", body.decode())]
