"""Workspaces of npm, yarn and pnpm: the manifests of all packages are the closed set."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.advice.closed_sets import closed

ROOT = '{"private": true, "workspaces": ["packages/*", "tools"]}'
FILES = {
    "package.json": ROOT,
    "package-lock.json": "{}",
    "packages/a/package.json": '{"name": "a"}',
    "packages/a/index.js": "",
    "packages/a/lib/package.json": '{"name": "no member"}',
    "packages/b/package.json": '{"name": "b", "dependencies": {"a": "workspace:*"}}',
    "packages/b/.npmrc": "",
    "tools/package.json": "{}",
    "other/package.json": "{}",
}
SET = (
    *("package.json", "package-lock.json", "packages/a/package.json", "packages/b/package.json"),
    *("packages/b/.npmrc", "tools/package.json"),
)


def test_npm_takes_the_manifest_of_each_package() -> None:
    found = closed("npm ci", FILES)
    assert found.refusal == ""
    assert found.files == SET
    assert found.outputs is not None
    assert {"node_modules", "packages/a/node_modules", "tools/node_modules"} <= set(found.outputs)
    assert "package-lock.json" not in found.outputs


def test_yarn_has_its_packages_in_an_object_too() -> None:
    files = FILES | {
        "yarn.lock": "",
        "package.json": '{"workspaces": {"packages": ["packages/*"], "nohoist": []}}',
    }
    found = closed("yarn install --frozen-lockfile", files)
    assert found.refusal == ""
    assert found.files[:2] == ("package.json", "yarn.lock")
    assert "packages/a/package.json" in found.files


def test_pnpm_lists_them_in_a_file_of_its_own() -> None:
    files = FILES | {
        "package.json": "{}",
        "pnpm-lock.yaml": "",
        "pnpm-workspace.yaml": "packages:\n  # all\n  - 'packages/*'\n  - \"tools\"\ncatalog:\n  a: ^18\n",
    }
    found = closed("pnpm install --frozen-lockfile", files)
    assert found.refusal == ""
    assert found.files[:3] == ("package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml")
    assert "tools/package.json" in found.files


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"packages/a/package.json": '{"scripts": {"prepare": "tsc"}}'}, "script prepare of packages/a/"),
        ({"packages/a/package.json": '{"bin": {"a": "cli.js"}}'}, "programs (bin)"),
        ({"packages/a/package.json": '{"directories": {"bin": "bin"}}'}, "programs (bin)"),
        ({"packages/a/package.json": '{"dependencies": {"c": "file:../c"}}'}, "takes c from file"),
        ({"packages/a/package.json": '{"dependencies": {"c": "workspace:*"}}'}, "takes c from the workspace"),
        ({"packages/a/package.json": '{"workspaces": ["x"]}'}, "workspaces of its own"),
        ({"packages/a/package.json": "{"}, "packages/a/package.json is not valid JSON"),
        ({"packages/a/binding.gyp": ""}, "binding.gyp"),
        ({"package.json": '{"workspaces": ["packages/**"]}'}, "pattern that is not read"),
        ({"package.json": '{"workspaces": ["packages/*", "!packages/b"]}'}, "pattern that is not read"),
        ({"package.json": '{"workspaces": ["gone"]}'}, "names gone, which has no package.json"),
        ({"package.json": '{"workspaces": {"x": 1}}'}, "form that is not read"),
        ({f"packages/p{n}/package.json": "{}" for n in range(50)}, "more than 40"),
    ],
)
def test_what_makes_it_more_than_manifests(changed: dict[str, str], why: str) -> None:
    assert why in closed("npm ci", FILES | changed).refusal


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("packages: ['packages/*']\n", "packages in a form"),
        ("packages:\n  - packages/*\npatchedDependencies:\n  a: patches/a\n", "patchedDependencies"),
        ("- packages/*\n", "not read here"),
        ("packages:\n  - &a packages/*\n", "pattern that is not read|packages"),
    ],
)
def test_yaml_that_is_not_plain(text: str, why: str) -> None:
    files = FILES | {"package.json": "{}", "pnpm-lock.yaml": "", "pnpm-workspace.yaml": text}
    refusal = closed("pnpm install", files).refusal
    assert any(part in refusal for part in why.split("|")), refusal


def test_an_install_in_a_package_belongs_to_the_workspace_above() -> None:
    files = FILES | {"packages/a/package-lock.json": "{}"}
    assert "member of the workspace" in closed("npm ci", files, prefix="packages/a").refusal


def test_a_package_that_is_ignored_is_not_there() -> None:
    files = {path: text for path, text in FILES.items() if path != "tools/package.json"}
    assert "tools" in closed("npm ci", files, ignored=["tools/package.json"]).refusal


names = st.text("abc", min_size=1, max_size=2)


@settings(deadline=None)
@given(st.sets(names, min_size=1, max_size=6), st.booleans())
def test_all_packages_or_none(packages: set[str], wild: bool) -> None:
    """Whatever the packages are called, each one's manifest is in the set, and no other file is."""
    patterns = ["packages/*"] if wild else [f"packages/{name}" for name in sorted(packages)]
    files = {f"packages/{name}/package.json": json.dumps({"name": name}) for name in packages}
    files |= {"package.json": json.dumps({"workspaces": patterns}), "package-lock.json": "{}", "a.js": ""}
    found = closed("npm ci", files)
    assert found.refusal == ""
    assert set(found.files) == set(files) - {"a.js"}
