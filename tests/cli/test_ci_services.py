"""Where the repository is, and where summaries go."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerscope.cli.ci_services import append_step_summary, source_tree
from layerscope.errors import OutputError
from layerscope.report.dialects.outcome import SourceTree

ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BITBUCKET_CLONE_DIR", "BUILD_SOURCESDIRECTORY", "WORKSPACE")


@pytest.fixture
def nested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ROOTS:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "repo" / "build").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repo" / "build")
    return tmp_path / "repo"


def test_the_root_is_the_nearest_directory_that_git_keeps(
    nested: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nested / ".git").write_text("gitdir: elsewhere", encoding="utf-8")  # as in a work tree
    monkeypatch.setenv("CI_PROJECT_DIR", str(nested.parent))
    assert source_tree() == SourceTree(nested.as_posix(), (nested / "build").as_posix())


@pytest.mark.parametrize("name", ROOTS)
def test_without_git_a_service_says_it(nested: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, str(nested))
    assert source_tree().path("Dockerfile") == "build/Dockerfile"


def test_a_root_that_is_elsewhere_is_not_believed(nested: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", "/github/workspace")
    assert source_tree().path("Dockerfile") == "Dockerfile"


def test_a_summary_is_added_to_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "summary.md"
    file.write_bytes(b"before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    append_step_summary(b"ours\n")
    assert file.read_bytes() == b"before\nours\n"


def test_a_summary_that_cannot_be_written_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    with pytest.raises(OutputError, match="GITHUB_STEP_SUMMARY"):
        append_step_summary(b"ours\n")


def test_elsewhere_there_is_no_summary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.chdir(tmp_path)
    append_step_summary(b"ours\n")
    assert list(tmp_path.iterdir()) == []
