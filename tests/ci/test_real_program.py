"""The action, the component and the hook with the real program on a real image."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from tests.ci.composite import run_action
from tests.ci.programs import REPOSITORY, program_path, real_layerscope
from tests.ci.test_gitlab_component import filled_in
from tests.dialect_schemas import check_schema
from tests.differential.tools import STRICT, require_module

SAMPLES = REPOSITORY / "sample_images"


@pytest.mark.parametrize(
    ("sample", "result", "code"),
    [("removed-directory.tar", "failed", 1), ("lean.tar", "passed", 0), ("README.md", "error", 4)],
)
def test_the_action_tells_what_came_of_it(tmp_path: Path, sample: str, result: str, code: int) -> None:
    (tmp_path / "scratch").mkdir()
    real_layerscope(tmp_path / "tools")
    done = run_action(
        REPOSITORY / "action.yml",
        tmp_path,
        tmp_path / "scratch",
        program_path(tmp_path / "tools"),
        install="false",
        image=str(SAMPLES / sample),
    )
    assert done.outputs["result"] == result, done.errors
    assert done.outputs["exit-code"] == str(code)
    assert done.failed is (code != 0)
    if result == "error":
        assert "sarif" not in {name for name, value in done.outputs.items() if value}
        return
    assert done.summary.startswith(f"### layerscope: the gate {result} for ")
    assert ("::error file=" in done.log) is (code == 1)
    check_schema(json.loads(Path(done.outputs["sarif"]).read_bytes()), "sarif-2.1.0")
    assert json.loads(Path(done.outputs["json"]).read_bytes())
    suite = ET.fromstring(Path(done.outputs["junit"]).read_bytes())[0]
    assert (suite.get("failures") == "0") is (code == 0)
    assert (Path(done.outputs["comment"]).read_bytes() == b"") is (code == 0)


@pytest.mark.parametrize(("sample", "code"), [("removed-directory.tar", 1), ("lean.tar", 0)])
def test_the_component_leaves_the_reports_of_gitlab(tmp_path: Path, sample: str, code: int) -> None:
    real_layerscope(tmp_path / "tools")
    _, job = filled_in(image=str(SAMPLES / sample))
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join([*job["before_script"], *job["script"]])],
        cwd=tmp_path,
        env={"PATH": program_path(tmp_path / "tools"), **job["variables"]},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == code, done.stderr
    reports = job["artifacts"]["reports"]
    issues = json.loads((tmp_path / reports["codequality"]).read_bytes())
    assert bool([each for each in issues if each["severity"] in ("critical", "blocker", "major")]) is bool(
        code
    )
    ET.fromstring((tmp_path / reports["junit"]).read_bytes())


def test_pre_commit_runs_the_hook_from_this_repository(tmp_path: Path) -> None:
    """`pre-commit try-repo` clones and installs this repository, and runs its hook."""
    if os.environ.get(STRICT) != "1":
        pytest.skip(f"installs packages: only with {STRICT}=1, as .ci/run has it")
    require_module("pre_commit")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.test", "-c", "commit.gpgsign=false"]
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    subprocess.run([*git, "clone", "--quiet", "--no-hardlinks", REPOSITORY, ours], check=True)
    theirs.mkdir()
    (theirs / "image.tar").write_bytes((SAMPLES / "removed-directory.tar").read_bytes())
    (theirs / ".pre-commit-config.yaml").write_text(
        yaml.safe_dump(
            {
                "repos": [
                    {
                        "repo": str(ours),
                        "rev": subprocess.check_output(
                            [*git, "rev-parse", "HEAD"], cwd=ours, text=True
                        ).strip(),
                        "hooks": [{"id": "layerscope-check", "args": ["image.tar"]}],
                    }
                ]
            }
        ),
        encoding="utf-8",
    )
    subprocess.run([*git, "init", "--quiet"], cwd=theirs, check=True)
    subprocess.run([*git, "add", "."], cwd=theirs, check=True)
    command = [sys.executable, "-m", "pre_commit", "run", "--hook-stage", "manual", "layerscope-check"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        command,
        cwd=theirs,
        env=environment | {"PRE_COMMIT_HOME": str(tmp_path / "home")},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "exit code: 1" in done.stdout
    assert "LS308" in done.stdout
