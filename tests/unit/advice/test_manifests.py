"""Installs whose files are a closed set, and those that read more than their manifests."""

from __future__ import annotations

import pytest

from layerscope.advice.footprint import Install
from layerscope.advice.knowledge import footprint_of
from layerscope.advice.manifests import manifests_of
from tests.unit.advice.cases import context_of

GEMS = "source 'https://rubygems.org'\nruby '3.4.1'\ngem 'rails'\n"

ENVIRONMENT = (
    "name: ds\nchannels: [conda-forge]\ndependencies:\n  - python=3.12\n  - pip:\n    - flask==3.0  # -r\n"
)


@pytest.mark.parametrize(
    ("command", "files", "expected"),
    [
        ("pip install -r r.txt", {"r.txt": "a\n"}, ("r.txt",)),
        (
            "pip install -r r.txt",
            {"r.txt": "-r b/c.txt\n", "b/c.txt": "-c d.txt", "b/d.txt": ""},
            ("r.txt", "b/c.txt", "b/d.txt"),
        ),
        ("pip install -rr.txt -c c.txt", {"r.txt": "", "c.txt": ""}, ("r.txt", "c.txt")),
        ("pip install -r r.txt", {"r.txt": "a @ https://x.test/a.whl\n# -e .\n"}, ("r.txt",)),
        (
            "npm ci",
            {"package.json": "{}", "package-lock.json": "{}", ".npmrc": "", "a.js": ""},
            ("package.json", "package-lock.json", ".npmrc"),
        ),
        (
            "npm install --ignore-scripts",
            {"package.json": '{"scripts": {"prepare": "x"}}'},
            ("package.json",),
        ),
        (
            "yarn",
            {"package.json": '{"dependencies": {"a": "^1"}}', "yarn.lock": ""},
            ("package.json", "yarn.lock"),
        ),
        (
            "pnpm install --frozen-lockfile",
            {"package.json": "{}", "pnpm-lock.yaml": ""},
            ("package.json", "pnpm-lock.yaml"),
        ),
        ("go mod download", {"go.mod": "module a\nreplace b => c v1\n", "go.sum": ""}, ("go.mod", "go.sum")),
        (
            "go mod download",
            {"go.mod": "module a\nreplace b => ./b\n// replace c => ./c\n", "b/go.mod": "", "b/b.go": ""},
            ("go.mod", "b/go.mod"),
        ),
        (
            "go mod download",
            {
                "go.mod": "",
                "go.work": "use (\n\t.\n\t./b // x\n)\n",
                "go.sum": "",
                "b/go.mod": "",
                "b/go.sum": "",
            },
            ("go.work", "go.mod", "go.sum", "b/go.mod", "b/go.sum"),
        ),
        (
            "bundle install",
            {"Gemfile": GEMS, "Gemfile.lock": "", ".ruby-version": ""},
            ("Gemfile", "Gemfile.lock", ".ruby-version"),
        ),
        ("conda env create", {"environment.yml": ENVIRONMENT}, ("environment.yml",)),
        ("conda env update --file b/c.yml", {"b/c.yml": ENVIRONMENT}, ("b/c.yml",)),
        ("conda env create -f /app/c.yml", {"c.yml": ENVIRONMENT}, ("c.yml",)),
        ("gem install bundler:2.5.9", {"Gemfile": GEMS, "lib/bundler.gem": ""}, ()),
        ("pecl install redis-6.0.2 apcu", {"a.php": ""}, ()),
    ],
)
def test_closed(command: str, files: dict[str, str], expected: tuple[str, ...]) -> None:
    (install,) = footprint_of(command, "/app", {}).installs
    found = manifests_of(install, context_of(files), "")
    assert found.refusal == ""
    assert found.files == expected


@pytest.mark.parametrize(
    ("command", "files", "why"),
    [
        ("pip install -r r.txt", {}, "not in the context"),
        ("pip install -r r.txt", {"r.txt": "-e .\n"}, "-e"),
        ("pip install -r r.txt", {"r.txt": "./lib\n"}, "names a file"),
        ("pip install -r r.txt", {"r.txt": "a @ file:///app/a\n"}, "names a file"),
        ("pip install -r r.txt", {"r.txt": "wheels/a.whl\n"}, "names a file"),
        ("pip install -r r.txt", {"r.txt": "--find-links wheels\n"}, "--find-links"),
        ("pip install -r r.txt ./lib", {"r.txt": ""}, "./lib"),
        ("pip install -r r.txt --find-links wheels", {"r.txt": ""}, "--find-links"),
        ("npm ci", {"package.json": "{}"}, "package-lock.json is not"),
        ("npm ci", {"package-lock.json": "{}"}, "package.json is not"),
        ("npm ci", {"package.json": "{", "package-lock.json": ""}, "not valid JSON"),
        ("npm ci", {"package.json": '{"scripts": {"prepare": "husky"}}', "package-lock.json": ""}, "prepare"),
        (
            "npm ci",
            {"package.json": '{"dependencies": {"a": "file:a"}}', "package-lock.json": ""},
            "from file",
        ),
        ("npm ci", {"package.json": "{}", "package-lock.json": "", "binding.gyp": ""}, "binding.gyp"),
        ("npm ci", {"package.json": "{}", "package-lock.json": "", "patches/a": ""}, "patches"),
        ("yarn", {"package.json": "{}", "yarn.lock": "", ".yarnrc.yml": "yarnPath: x"}, "settings of yarn"),
        ("yarn", {"package.json": "{}", "yarn.lock": "", ".yarn/plugins/a": ""}, ".yarn"),
        ("go mod download", {"go.mod": "replace a => ../b", "go.sum": ""}, "outside of the context"),
        ("go mod download", {"go.mod": "replace a => /b", "go.sum": ""}, "outside of the context"),
        ("go mod download", {"go.mod": "replace (\n a v1 => ./b\n)", "go.sum": ""}, "b/go.mod is not"),
        ("go mod download", {"go.mod": "", "go.work": "use ./a\n"}, "a/go.mod is not"),
        ("go mod download", {"go.mod": "", "go.work": "use ../a\n"}, "outside of the context"),
        ("conda env create", {}, "environment.yml is not in the context"),
        (
            "conda env create",
            {"environment.yml": ENVIRONMENT + "    - -r r.txt\n"},
            "names another file: - -r r.txt",
        ),
        ("conda env create", {"environment.yml": ENVIRONMENT + "    - '-e .'\n"}, "names another file"),
        ("conda env create", {"environment.yml": ENVIRONMENT + "    - ./lib\n"}, "names another file"),
        (
            "conda env create",
            {"environment.yml": ENVIRONMENT + "    - a @ file:///a\n"},
            "names another file",
        ),
        ("conda env create", {"environment.yml": "channels:\n- file:///c\n"}, "names another file"),
        ("gem install bundler", {"bundler-2.5.9.gem": ""}, "would take bundler-2.5.9.gem"),
        ("pecl install redis-6.0.2", {"redis": ""}, "would take redis"),
        ("bundle install", {"Gemfile": GEMS}, "Gemfile.lock is not"),
        ("bundle install", {"Gemfile": "gem 'a', path: 'a'", "Gemfile.lock": ""}, "reads other files"),
        ("bundle install", {"Gemfile": "gemspec", "Gemfile.lock": ""}, "reads other files"),
        ("bundle install", {"Gemfile": GEMS, "Gemfile.lock": "", "vendor/cache/a.gem": ""}, "vendor/cache"),
    ],
)
def test_not_closed(command: str, files: dict[str, str], why: str) -> None:
    installs = footprint_of(command, "/app", {}).installs
    install = installs[0] if installs else Install(ecosystem(command), "/app", tuple(command.split()))
    assert why in manifests_of(install, context_of(files), "").refusal


def test_what_is_ignored_is_not_there() -> None:
    install = Install("go", "/app", ("go", "mod", "download"))
    found = manifests_of(install, context_of({"go.sum": ""}, ignored=["go.mod"]), "")
    assert found.refusal == "go.mod is ignored"


def test_an_install_below_the_top_takes_its_own_manifests() -> None:
    install = Install("npm", "/app/web", ("npm", "ci"))
    files = {"package.json": "{", "web/package.json": "{}", "web/package-lock.json": ""}
    assert manifests_of(install, context_of(files), "web").files == (
        "web/package.json",
        "web/package-lock.json",
    )


def ecosystem(command: str) -> str:
    return {"bundle": "bundler"}.get(command.split(maxsplit=1)[0], command.split(maxsplit=1)[0])
