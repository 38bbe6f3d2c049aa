"""templates/check.yml: filled in as GitLab fills it in, and its scripts run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.programs import REPOSITORY, program_path, stand_in
from tests.dialect_schemas import check_schema

COMPONENT = REPOSITORY / "templates" / "check.yml"


def filled_in(**inputs: str) -> tuple[str, dict[str, Any]]:
    """Name and definition of the job; as in GitLab, inputs go into strings and not into YAML."""
    header, body = yaml.safe_load_all(COMPONENT.read_text(encoding="utf-8"))
    known = header["spec"]["inputs"]
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    assert set(given) <= set(known)
    values = {name: about["default"] for name, about in known.items() if "default" in about} | given

    def fill(node: Any) -> Any:
        if isinstance(node, dict):
            return {fill(key): fill(value) for key, value in node.items()}
        if isinstance(node, list):
            return [fill(value) for value in node]
        return re.sub(r"\$\[\[ inputs\.(\S+) \]\]", lambda found: values[found[1]], str(node))

    ((name, job),) = fill(body).items()
    return name, job


def run(tmp_path: Path, shell: str, **inputs: str) -> subprocess.CompletedProcess[str]:
    """All lines in one shell, as the runner does it: the first that fails ends the job."""
    _, job = filled_in(**inputs)
    script = "\n".join([*job["before_script"], *job["script"]])
    (tmp_path / "work").mkdir(exist_ok=True)
    return subprocess.run(
        [shell, "-e", "-c", script],
        cwd=tmp_path / "work",
        env={"PATH": program_path(tmp_path / "tools"), **job["variables"]},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_it_is_valid_for_gitlab() -> None:
    name, job = filled_in(image="image.tar")
    check_schema({name: job}, "gitlab-ci")
    assert name == "layerscope"


def test_the_image_has_no_default() -> None:
    header, _ = yaml.safe_load_all(COMPONENT.read_text(encoding="utf-8"))
    required = {name for name, about in header["spec"]["inputs"].items() if "default" not in about}
    assert required == {"image"}


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_all_that_is_given_arrives(tmp_path: Path, shell: str) -> None:
    stood_in = stand_in(tmp_path / "tools", "layerscope")
    evil = "a b; touch evil $(touch evil) ' \""
    done = run(
        tmp_path,
        shell,
        image=f"-{evil}",
        dockerfile=evil,
        base=evil,
        config=evil,
        baseline=evil,
        arguments="-x *",
    )
    assert done.returncode == 0
    (call,) = stood_in.calls
    named = ["--dockerfile", evil, "--base", evil, "--config", evil, "--baseline", evil]
    assert call[:10] == ["check", "--quiet", *named]
    assert call[10:12] == ["-x", "*"]
    assert call[-2:] == ["--", f"-{evil}"]
    assert not (tmp_path / "work" / "evil").exists()


@pytest.mark.parametrize("code", [0, 1, 4])
def test_the_job_ends_as_the_gate_and_its_reports_are_there(tmp_path: Path, code: int) -> None:
    stand_in(tmp_path / "tools", "layerscope", code=code)
    assert run(tmp_path, "bash", image="image.tar").returncode == code
    _, job = filled_in(image="image.tar")
    reports = job["artifacts"]["reports"]
    promised = {reports["codequality"], reports["junit"], *job["artifacts"]["paths"]}
    assert {path.name for path in (tmp_path / "work").iterdir()} == promised
    assert job["artifacts"]["when"] == "always"


def test_it_installs_the_package_where_there_is_none(tmp_path: Path) -> None:
    pip = stand_in(tmp_path / "tools", "pip", code=7)
    _, job = filled_in(image="image.tar", package="layerscope==9")
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", "\n".join(job["before_script"])],
        env={"PATH": str(tmp_path / "tools"), **job["variables"]},
        check=False,
    )
    assert done.returncode == 7
    assert pip.calls == [["install", "--quiet", "--disable-pip-version-check", "layerscope==9"]]
