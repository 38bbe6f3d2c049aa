"""action.yml: its shells are run as GitHub's runner runs them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from tests.ci.composite import ActionRun, run_action
from tests.ci.programs import REPOSITORY, StandIn, program_path, stand_in
from tests.dialect_schemas import check_schema
from tests.differential.tools import STRICT, require

ACTION = REPOSITORY / "action.yml"


def run(tmp_path: Path, **inputs: str) -> ActionRun:
    """In an empty workspace, with the programs of tools/ first."""
    for name in ("workspace", "scratch", "tools"):
        (tmp_path / name).mkdir(exist_ok=True)
    inputs = {"install": "false", **inputs}
    path = program_path(tmp_path / "tools")
    return run_action(ACTION, tmp_path / "workspace", tmp_path / "scratch", path, **inputs)


def program(tmp_path: Path, **behavior: object) -> StandIn:
    (tmp_path / "tools").mkdir()
    return stand_in(tmp_path / "tools", "layerscope", **behavior)  # type: ignore[arg-type]


def test_it_is_valid_for_github() -> None:
    check_schema(yaml.safe_load(ACTION.read_text(encoding="utf-8")), "GitHub Action")


def test_all_that_is_given_arrives_as_one_argument_each(tmp_path: Path) -> None:
    stood_in = program(tmp_path)
    evil = "a b; touch evil $(touch evil) `touch evil` ' \" ${{ x }}"
    done = run(
        tmp_path,
        image=f"--{evil}",
        dockerfile=evil,
        base=evil,
        config=evil,
        baseline=evil,
        arguments=f"--target\n{evil}\n\n--allow-partial",
    )
    assert not done.failed
    (call,) = stood_in.calls
    named = ["--dockerfile", evil, "--base", evil, "--config", evil, "--baseline", evil, "--target", evil]
    assert call[:4] == ["check", "--quiet", "--format", "github"]
    assert call[4:15] == [*named, "--allow-partial"]
    assert call[-2:] == ["--", f"--{evil}"]
    assert list((tmp_path / "workspace").iterdir()) == []


def test_what_is_not_given_is_no_argument(tmp_path: Path) -> None:
    stood_in = program(tmp_path)
    run(tmp_path, image="app.tar")
    (call,) = stood_in.calls
    options = [argument for argument in call if argument.startswith("--")]
    assert options == ["--quiet", "--format", *["--output"] * 4, "--"]


@pytest.mark.parametrize(
    ("code", "fail", "result", "failed"),
    [
        (0, "true", "passed", False),
        (1, "true", "failed", True),
        (1, "false", "failed", False),
        (3, "false", "error", True),
        (4, "true", "error", True),
        (70, "false", "error", True),
    ],
)
def test_a_failed_gate_and_a_broken_image_are_told_apart(
    tmp_path: Path, code: int, fail: str, result: str, failed: bool
) -> None:
    program(tmp_path, code=code)
    done = run(tmp_path, image="app.tar", fail=fail)
    assert done.failed is failed
    assert done.outputs["result"] == result
    assert done.outputs["exit-code"] == str(code)
    assert Path(done.outputs["sarif"]).read_text(encoding="utf-8") == "x"
    assert {Path(done.outputs[name]).name for name in ("junit", "json", "comment")} == {
        "layerscope.xml",
        "layerscope.json",
        "comment.md",
    }


def test_files_that_were_not_written_are_not_named(tmp_path: Path) -> None:
    program(tmp_path, code=3, writes=False)
    done = run(tmp_path, image="app.tar", comment_token="t")
    assert {name: value for name, value in done.outputs.items() if value} == {
        "result": "error",
        "exit-code": "3",
    }
    assert "comment" not in done.codes


@pytest.mark.parametrize("inputs", [{}, {"image": "a.tar", "docker_image": "a:1"}])
def test_an_image_is_given_once(tmp_path: Path, inputs: dict[str, str]) -> None:
    stood_in = program(tmp_path)
    done = run(tmp_path, **inputs)
    assert done.codes == {"check": 2}
    assert done.log == "::error title=layerscope::give either image or docker-image\n"
    assert stood_in.calls == []


def test_an_image_of_the_daemon_is_saved_first(tmp_path: Path) -> None:
    stood_in = program(tmp_path)
    docker = stand_in(tmp_path / "tools", "docker")
    run(tmp_path, docker_image="app:1")
    ((save, output, file, dashes, name),) = docker.calls
    assert (save, output, dashes, name) == ("save", "--output", "--", "app:1")
    assert stood_in.calls[0][-1] == file


def test_an_image_that_cannot_be_saved_fails_the_job_before_the_gate(tmp_path: Path) -> None:
    stood_in = program(tmp_path)
    stand_in(tmp_path / "tools", "docker", code=1)
    assert run(tmp_path, docker_image="app:1", fail="false").failed
    assert stood_in.calls == []


@pytest.mark.parametrize("code", [0, 1])
def test_the_comment_is_sent_with_a_token_alone_and_whether_the_gate_failed_or_not(
    tmp_path: Path, code: int
) -> None:
    require("jq", root=False)
    program(tmp_path, code=code, text="<!-- layerscope-check a -->\n")
    gh = stand_in(tmp_path / "tools", "gh", says="[]")
    without = run(tmp_path, image="app.tar")
    assert "comment" not in without.codes
    assert gh.calls == []
    done = run(tmp_path, image="app.tar", comment_token="secret")
    assert done.codes == {"check": code, "comment": 0}
    address = "repos/someone/something/issues/7/comments"
    body = f"body=@{done.outputs['comment']}"
    posts = [call for call in gh.calls if "POST" in call]
    assert posts == [["api", "--silent", "--method", "POST", address, "-F", body]]
    assert "secret" not in json.dumps(gh.calls) + done.log + done.errors


def test_it_installs_the_layerscope_of_its_own_version(tmp_path: Path) -> None:
    """As `uses:` does: with pip, from the directory of the action, into an environment of its own."""
    if os.environ.get(STRICT) != "1":
        pytest.skip(f"installs packages: only with {STRICT}=1, as .ci/run has it")
    done = run(tmp_path, install="true", image=str(tmp_path / "not-there.tar"))
    assert done.codes == {"install": 0, "check": 3}
    assert done.outputs["result"] == "error"
