"""The history of a context: what git says, and nothing that a repository could start."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from layerscope.advice.history import weights_of
from layerscope.workspace.git import NoHistory, find_repository
from tests.differential.tools import require, run

WHO = ("-c", "user.name=a", "-c", "user.email=a@example.test", "-c", "commit.gpgsign=false")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    require("git", root=False)
    run("git", "init", "-q", "-b", "main", ".", cwd=tmp_path)
    for number, (path, text) in enumerate(
        [("app/a", "1"), ("app/b b", "1"), ("top", "1"), ("app/a", "2"), ("app/a", "1")]
    ):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
        commit(tmp_path, f"{number}")
    return tmp_path


def commit(directory: Path, message: str) -> None:
    run("git", "add", "-A", cwd=directory)
    run("git", *WHO, "commit", "-q", "--allow-empty", "-m", message, cwd=directory)


def test_states_of_a_context_below_the_top(repository: Path) -> None:
    history = find_repository(repository / "app").history(10)
    assert history.tracked == {"a", "b b"}
    assert len(history.commits) == 5
    states = history.states(lambda path: path == "a")
    assert states[1] == states[2] == states[4]  # the last commit is a revert
    assert states[3] not in {states[2]}
    assert len(set(history.states(lambda path: path == "b b"))) == 2
    assert len(set(history.states(lambda path: False))) == 1


def test_only_the_last_commits_are_read(repository: Path) -> None:
    history = find_repository(repository).history(2)
    assert [len(commit.changes) for commit in history.commits] == [1, 1, 1]
    assert history.tracked == {"app/a", "app/b b", "top"}


def test_a_merge_is_one_build(repository: Path) -> None:
    run("git", "checkout", "-q", "-b", "side", cwd=repository)
    for number in range(3):
        (repository / "side").write_text(str(number))
        commit(repository, "side")
    run("git", "checkout", "-q", "main", cwd=repository)
    run("git", *WHO, "merge", "-q", "--no-ff", "-m", "merge", "side", cwd=repository)
    history = find_repository(repository).history(1)
    assert [change.path for change in history.commits[-1].changes] == ["side"]
    assert len(history.commits) == 2


def test_modes_and_names_that_are_no_utf8_count(repository: Path) -> None:
    strange = os.fsencode(repository) + b"/\xff"
    with open(strange, "wb"):  # noqa: PTH123  # a path of bytes
        pass
    (repository / "app" / "a").chmod(0o755)
    commit(repository, "strange")
    changes = find_repository(repository).history(1).commits[-1].changes
    assert {change.path for change in changes} == {"app/a", "\udcff"}


def test_nothing_of_the_repository_is_run(repository: Path) -> None:
    ran = repository / "ran"
    script = repository / ".git" / "script"
    script.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    script.chmod(0o755)
    for name in ("post-checkout", "post-index-change", "reference-transaction"):
        (repository / ".git" / "hooks" / name).write_text(script.read_text())
        (repository / ".git" / "hooks" / name).chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "diff.x.textconv", "core.pager", "gpg.program"):
        run("git", "config", key, str(script), cwd=repository)
    run("git", "config", "log.showSignature", "true", cwd=repository)
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "attributes").write_text("* diff=x\n")
    assert len(find_repository(repository).history(10).commits) == 5
    assert not ran.exists()


def test_without_a_repository_there_is_no_history(tmp_path: Path) -> None:
    require("git", root=False)
    with pytest.raises(NoHistory):
        find_repository(tmp_path).history(3)
    run("git", "init", "-q", ".", cwd=tmp_path)
    with pytest.raises(NoHistory):
        find_repository(tmp_path).history(3)


def test_an_old_commit_counts_less(repository: Path) -> None:
    commits = find_repository(repository).history(10).commits
    assert weights_of(commits)[-1] == 1.0
    assert weights_of([]) == []


def test_the_index_of_the_user_is_left_alone(repository: Path) -> None:
    before = (repository / ".git" / "index").read_bytes()
    found = find_repository(repository)
    found.run("read-tree", "HEAD~1", environment={"GIT_INDEX_FILE": str(repository / ".git" / "other")})
    assert (repository / ".git" / "index").read_bytes() == before
    status = subprocess.run(["git", "status", "--porcelain"], cwd=repository, capture_output=True, check=True)
    assert status.stdout == b""
