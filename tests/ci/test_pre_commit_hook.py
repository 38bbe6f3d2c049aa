""".pre-commit-hooks.yaml: valid, and its command runs what is given in `args`."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import yaml

from tests.ci.programs import REPOSITORY, program_path, stand_in
from tests.differential.tools import require_module

HOOKS = REPOSITORY / ".pre-commit-hooks.yaml"


def test_it_is_valid_for_pre_commit() -> None:
    require_module("pre_commit")
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", HOOKS]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_its_command_is_one_of_this_program_and_gets_no_names_of_files(tmp_path: Path) -> None:
    """pre-commit splits `entry` as a shell does, and puts `args` behind it."""
    (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    stood_in = stand_in(tmp_path / "tools", "layerscope", code=1)
    command = [*shlex.split(hook["entry"]), "build/app image.tar"]
    done = subprocess.run(command, env={"PATH": program_path(tmp_path / "tools")}, check=False)
    assert done.returncode == 1
    assert stood_in.calls == [["check", "--quiet", "build/app image.tar"]]
    assert hook["pass_filenames"] is False
