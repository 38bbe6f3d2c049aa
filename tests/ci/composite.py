"""Runs a composite action of GitHub as its runner does: the steps' shells, with files for what they leave.

Of the expressions it knows what ours use; anything else fails.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

__all__ = ["ActionRun", "run_action"]

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@dataclass
class ActionRun:
    """What a run left behind."""

    outputs: dict[str, str] = field(default_factory=dict)
    """Of the action."""
    codes: dict[str, int] = field(default_factory=dict)
    """Step to the exit code of its shell; a step that was left out is missing."""
    log: str = ""
    """Standard output of all steps: where commands are obeyed."""
    errors: str = ""
    summary: str = ""

    @property
    def failed(self) -> bool:
        """Whether the job fails."""
        return any(self.codes.values())


@dataclass
class _Context:
    inputs: dict[str, str]
    action_path: Path
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    failed: bool = False

    def value(self, reference: str) -> str:
        """`inputs.x`, `steps.x.outputs.y`, `github.action_path`, or a literal."""
        literal = re.fullmatch(r"'([^']*)'", reference)
        if literal:
            return literal[1]
        if reference == "github.action_path":
            return str(self.action_path)
        kind, *names = reference.split(".")
        if kind == "inputs":
            return self.inputs[names[0]]
        assert (kind, names[1]) == ("steps", "outputs"), reference
        return self.steps.get(names[0], {}).get(names[2], "")

    def text(self, template: str) -> str:
        """A string with its expressions evaluated."""
        return _EXPRESSION.sub(lambda found: self.value(found[1]), template)

    def holds(self, condition: str) -> bool:
        """An `if`: terms with && between them; without always() a step is left out after a failure."""
        terms = [term.strip() for term in condition.split("&&")]
        always = "always()" in terms
        for term in terms:
            if term == "always()":
                continue
            compared = re.fullmatch(r"(\S+) (==|!=) (\S+)", term)
            assert compared is not None, term
            equal = self.value(compared[1]) == self.value(compared[3])
            if equal != (compared[2] == "=="):
                return False
        return always or not self.failed


def run_action(action: Path, workspace: Path, scratch: Path, path: str, **inputs: str) -> ActionRun:
    """Run all steps in `workspace`, with `path` as PATH; inputs are given with `_` for `-`."""
    document = yaml.safe_load(action.read_text(encoding="utf-8"))
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    assert set(given) <= set(document["inputs"])
    defaults = {name: str(about.get("default", "")) for name, about in document["inputs"].items()}
    context = _Context(defaults | given, action.parent)
    run = ActionRun()
    files = {name: scratch / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
    (scratch / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
    variables = {
        **{name: str(file) for name, file in files.items()},
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(scratch / "event.json"),
        "GITHUB_REPOSITORY": "someone/something",
        "GITHUB_WORKSPACE": str(workspace),
        "RUNNER_TEMP": str(scratch),
        "PATH": path,
        "HOME": str(scratch),
        "LC_ALL": "C.UTF-8",
    }
    for step in document["runs"]["steps"]:
        files["GITHUB_OUTPUT"].write_text("", encoding="utf-8")
        files["GITHUB_STEP_SUMMARY"].touch()
        if context.holds(step.get("if", "always()" if not context.failed else "'' != ''")):
            _run_step(step, context, run, variables, workspace, scratch)
    run.summary = files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
    run.outputs = {name: context.text(about["value"]) for name, about in document["outputs"].items()}
    return run


def _run_step(
    step: dict[str, Any],
    context: _Context,
    run: ActionRun,
    variables: dict[str, str],
    workspace: Path,
    scratch: Path,
) -> None:
    assert step["shell"] == "bash"
    assert "${{" not in step["run"], "what is given would become a part of the script"
    script = scratch / "step.sh"
    script.write_text(step["run"], encoding="utf-8")
    env = variables | {name: context.text(str(value)) for name, value in step.get("env", {}).items()}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script],
        cwd=workspace,
        env={"TMPDIR": os.environ.get("TMPDIR", "/tmp"), **_python(), **env},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    run.codes[step["id"]] = done.returncode
    run.log += done.stdout
    run.errors += done.stderr
    context.failed = context.failed or bool(done.returncode)
    lines = Path(variables["GITHUB_OUTPUT"]).read_text(encoding="utf-8").splitlines()
    context.steps[step["id"]] = dict(line.split("=", 1) for line in lines)


def _python() -> dict[str, str]:
    """What pip needs to find packages on the machine of the test."""
    return {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTP"))}
