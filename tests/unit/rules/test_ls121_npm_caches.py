"""LS121: caches of npm and node-gyp."""

from __future__ import annotations

from tests.builders import file, layer
from tests.rule_cases import claimed, named

FOUND = {
    "root/.npm/_cacache/content-v2/sha512/ab/cd/ef": 500,
    "home/node/.npm/_logs/2024-01-01T00_00_00_000Z-debug-0.log": 60,
    "root/.npm/_npx/0f1e/node_modules/cowsay/index.js": 50,
    "root/.cache/node-gyp/20.11.0/include/node/node.h": 400,
}
LEAN = (
    "app/node_modules/left-pad/index.js",
    "app/package-lock.json",
    "root/.npmrc",
)
NEAR = (
    "app/node_modules/node-gyp/lib/node-gyp.js",
    "app/.npm/readme.md",
    "app/_cacache/x",
)


def test_downloads_logs_and_headers_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS121", stored) == FOUND


def test_installed_packages_are_no_cache() -> None:
    assert named("LS121", layer(*(file(path, b"x") for path in LEAN))) == []


def test_similar_places_are_not_meant() -> None:
    assert named("LS121", layer(*(file(path, b"x") for path in NEAR))) == []
