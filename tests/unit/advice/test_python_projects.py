"""uv and Poetry: what a lock file installs without the project itself."""

from __future__ import annotations

import pytest

from tests.unit.advice.closed_sets import closed, is_known

PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = ["a"]\n'
UV = {"pyproject.toml": PROJECT, "uv.lock": "version = 1\n", "README.md": "", "x/__init__.py": ""}
POETRY = {
    "pyproject.toml": '[tool.poetry]\nname = "x"\nreadme = "README.md"\n',
    "poetry.lock": "",
    "x.py": "",
}


@pytest.mark.parametrize(
    "command",
    [
        "uv sync --frozen --no-install-project",
        "uv sync --locked --no-install-project --no-dev --extra web --group=test",
        "uv sync --locked --no-install-project -q",
    ],
)
def test_uv_without_the_project(command: str) -> None:
    found = closed(command, UV | {".python-version": "3.12"})
    assert found.refusal == ""
    assert set(found.files) == {"pyproject.toml", "uv.lock", ".python-version"}


@pytest.mark.parametrize(
    "command",
    [
        "uv sync",
        "uv sync --frozen",
        "uv sync --frozen --no-install-project --directory web",
        "uv run --frozen app",
        "uv pip install .",
        "poetry install",
        "poetry install --no-root --directory web",
        "poetry build",
        "poetry config --local virtualenvs.create false",
    ],
)
def test_what_installs_the_project_is_not_known(command: str) -> None:
    assert not is_known(command)


@pytest.mark.parametrize(
    ("command", "text", "why"),
    [
        (
            "uv sync --frozen --no-install-project",
            "[tool.uv.workspace]\nmembers = ['a']\n",
            "--no-install-work",
        ),
        (
            "uv sync --locked --no-install-workspace",
            "[tool.uv.workspace]\nmembers = ['a']\n",
            "without --frozen",
        ),
        ("uv sync --locked --no-install-project", "[project]\ndynamic = ['version']\n", "dynamic metadata"),
        ("uv sync --frozen --no-install-project", "[tool.uv.sources]\na = { path = 'a' }\n", "from a"),
        ("uv sync --frozen --no-install-project", "[tool.uv.sources]\na = [{ path = 'b' }]\n", "from b"),
        ("uv sync --frozen --no-install-project", "[", "not valid TOML"),
        ("poetry install --no-root", "[tool.poetry.dependencies]\na = { path = 'a' }\n", "from a directory"),
        (
            "poetry install --no-root",
            "[tool.poetry-dynamic-versioning]\nenable = true\n",
            "reads the repository",
        ),
        ("poetry install --no-root", "[project]\ndependencies = ['a @ file:///a']\n", "from a directory"),
    ],
)
def test_what_needs_more_files(command: str, text: str, why: str) -> None:
    files = {"pyproject.toml": text, "uv.lock": "", "poetry.lock": ""}
    assert why in closed(command, files).refusal


def test_a_frozen_workspace_needs_the_lock_alone() -> None:
    files = UV | {
        "pyproject.toml": PROJECT + "[tool.uv.workspace]\nmembers = ['a']\n",
        "a/pyproject.toml": "",
    }
    found = closed("uv sync --frozen --no-install-workspace", files)
    assert (found.refusal, found.files) == ("", ("pyproject.toml", "uv.lock"))


def test_a_project_below_another_one_may_belong_to_it() -> None:
    files = UV | {"web/pyproject.toml": PROJECT, "web/uv.lock": ""}
    assert "directory above" in closed("uv sync --frozen --no-install-project", files, prefix="web").refusal


def test_a_lock_that_is_missing_is_said() -> None:
    files = {"pyproject.toml": PROJECT}
    assert "uv.lock is not" in closed("uv sync --frozen --no-install-project", files).refusal
    assert "poetry.lock is not" in closed("poetry install --no-root", files).refusal


def test_poetry_without_the_project() -> None:
    found = closed("poetry install --no-root --only main --no-interaction", POETRY | {"poetry.toml": ""})
    assert (found.refusal, found.files) == ("", ("pyproject.toml", "poetry.lock", "poetry.toml"))


def test_uv_installs_requirements_with_its_own_settings() -> None:
    files = {"requirements.txt": "a\n", "pyproject.toml": PROJECT, "x.py": ""}
    found = closed("uv pip install --system -r requirements.txt", files)
    assert (found.refusal, found.files) == ("", ("requirements.txt", "pyproject.toml"))
