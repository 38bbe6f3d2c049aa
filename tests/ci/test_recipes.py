"""The recipes of docs/how-to/ci.md: valid for who reads them, and their shells do what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.programs import REPOSITORY, program_path, stand_in
from tests.dialect_schemas import check_schema
from tests.differential.tools import require, require_module

PAGE = (REPOSITORY / "docs" / "how-to" / "ci.md").read_text(encoding="utf-8")


def recipe(name: str) -> str:
    """The block below `<!-- NAME -->`."""
    found = re.search(rf"^<!-- {name} -->\n```\w+\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None, name
    return found[1]


def test_the_workflow_is_valid_and_uses_what_the_action_has() -> None:
    workflow = yaml.safe_load(recipe("github workflow"))
    workflow["on"] = workflow.pop(True)  # YAML 1.1 takes the word for true
    check_schema(workflow, "GitHub Workflow")
    action = yaml.safe_load((REPOSITORY / "action.yml").read_text(encoding="utf-8"))
    (step,) = [each for each in workflow["jobs"]["image"]["steps"] if "layerscope" in each.get("uses", "")]
    assert set(step["with"]) <= set(action["inputs"])
    used = set(re.findall(rf"steps\.{step['id']}\.outputs\.([\w-]+)", recipe("github workflow")))
    assert used
    assert used <= set(action["outputs"])


def test_the_page_names_the_outputs_of_the_action() -> None:
    action = yaml.safe_load((REPOSITORY / "action.yml").read_text(encoding="utf-8"))
    assert [name for name in action["outputs"] if f"`{name}`" not in PAGE] == []


def test_the_pipeline_of_gitlab_is_valid_and_gives_what_the_component_asks_for() -> None:
    pipeline = yaml.safe_load(recipe("gitlab pipeline"))
    (include,) = pipeline.pop("include")
    check_schema(pipeline, "gitlab-ci")
    header, _ = yaml.safe_load_all((REPOSITORY / "templates" / "check.yml").read_text(encoding="utf-8"))
    known = header["spec"]["inputs"]
    assert {name for name, about in known.items() if "default" not in about} <= set(include["inputs"])
    assert set(include["inputs"]) <= set(known)
    assert include["component"].endswith("/check@v1")
    assert include["inputs"]["image"] in pipeline["build"]["artifacts"]["paths"]


def test_the_job_of_gitlab_leaves_the_reports_that_it_names(tmp_path: Path) -> None:
    pipeline = yaml.safe_load(recipe("gitlab job"))
    check_schema(pipeline, "gitlab-ci")
    job = pipeline["layerscope"]
    stand_in(tmp_path / "tools", "pip")
    stand_in(tmp_path / "tools", "layerscope", code=1)
    done = shell("\n".join(job["script"]), tmp_path)
    assert done.returncode == 1
    assert set(job["artifacts"]["reports"].values()) == {
        path.name for path in tmp_path.iterdir() if path.name != "tools"
    }


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=folder,
        env={"PATH": program_path(folder / "tools"), "HOME": str(folder)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_the_shell_of_jenkins_leaves_what_its_steps_read(tmp_path: Path) -> None:
    text = recipe("jenkins pipeline")
    (script,) = re.findall(r"'''(.*?)'''", text, re.DOTALL)
    script = script.replace("\\\n", "")  # Groovy joins the lines itself
    stood_in = stand_in(tmp_path / "tools", "layerscope", code=1)
    done = shell(script, tmp_path)
    assert done.returncode == 1, done.stderr
    assert "--quiet" in stood_in.calls[0]
    read = set(re.findall(r"(?:testResults: |pattern: )'([^']+)'", text))
    assert read == {path.name for path in tmp_path.iterdir() if path.name != "tools"}


@pytest.mark.parametrize("code", [0, 1, 4])
def test_make_saves_the_image_once_and_fails_as_the_gate_does(tmp_path: Path, code: int) -> None:
    require("make", root=False)
    (tmp_path / "Makefile").write_text(recipe("makefile"), encoding="utf-8")
    (tmp_path / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")
    stood_in = stand_in(tmp_path / "tools", "layerscope", code=code)
    tools = tmp_path / "tools"
    (tools / "docker").write_text('#!/bin/sh\necho "$1" >> docker.log\n[ "$1" = build ] || echo x > "$3"\n')
    (tools / "docker").chmod(0o755)
    for _ in range(2):
        done = shell("make check-image", tmp_path)
        assert (done.returncode != 0) is (code != 0)
    assert (
        stood_in.calls
        == [
            [
                "check",
                "build/image.tar",
                "--dockerfile",
                "Dockerfile",
                "--baseline",
                "layerscope-baseline.json",
            ]
        ]
        * 2
    )
    assert (tmp_path / "docker.log").read_text(encoding="utf-8") == "build\nsave\n"


def test_the_configuration_of_pre_commit_is_valid_and_names_a_hook_of_ours(tmp_path: Path) -> None:
    require_module("pre_commit")
    file = tmp_path / "config.yaml"
    file.write_text(recipe("pre-commit configuration"), encoding="utf-8")
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(file)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "")
    hooks = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    configuration: Any = yaml.safe_load(recipe("pre-commit configuration"))
    assert {hook["id"] for hook in configuration["repos"][0]["hooks"]} <= {hook["id"] for hook in hooks}
