"""LS122: caches of Yarn."""

from __future__ import annotations

from tests.builders import file, hardlink, layer
from tests.rule_cases import claimed, named

FOUND = {
    "usr/local/share/.cache/yarn/v6/npm-left-pad-1.3.0/node_modules/left-pad/index.js": 500,
    "home/node/.cache/yarn/v6/.tmp/x": 60,
    "root/.yarn/berry/cache/left-pad-npm-1.3.0-0382e69409-10c0.zip": 400,
}
LEAN = (
    "app/node_modules/left-pad/index.js",
    "app/yarn.lock",
    "app/.yarnrc.yml",
)
NEAR = (
    "app/.yarn/cache/left-pad-npm-1.3.0-0382e69409-10c0.zip",
    "app/.yarn/releases/yarn-4.1.0.cjs",
    "app/.yarn/unplugged/x/y.js",
)


def test_caches_of_both_generations_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS122", stored) == FOUND


def test_installed_packages_are_no_cache() -> None:
    assert named("LS122", layer(*(file(path, b"x") for path in LEAN))) == []


def test_what_a_project_with_plug_n_play_runs_from_is_not_meant() -> None:
    assert named("LS122", layer(*(file(path, b"x") for path in NEAR))) == []


def test_a_shared_cache_that_plug_n_play_refers_to_is_not_meant() -> None:
    package = file("root/.yarn/berry/cache/left-pad-npm-1.3.0-0382e69409-10c0.zip", b"x")
    assert named("LS122", layer(package), layer(file("app/.pnp.cjs", b"x"))) == []


def test_a_file_that_node_modules_shares_is_not_meant() -> None:
    store = "root/.yarn/berry/store/00/11"
    assert named("LS122", layer(file(store, b"x"), hardlink("app/node_modules/a/a.js", to=store))) == []
