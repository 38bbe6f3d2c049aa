"""LS111: indexes and caches of apk."""

from __future__ import annotations

from tests.builders import file, layer
from tests.rule_cases import claimed, named

FOUND = {
    "var/cache/apk/APKINDEX.8f4ddcd4.tar.gz": 400,
    "etc/apk/cache/curl-8.5.0-r0.f2d1.apk": 90,
}
LEAN = (
    "lib/apk/db/installed",
    "lib/apk/db/scripts.tar",
    "etc/apk/world",
    "etc/apk/repositories",
)
NEAR = (
    "app/var/cache/apk/x",
    "var/cache/apks/x",
    "etc/apk/cached",
)


def test_indexes_and_packages_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS111", stored) == FOUND


def test_the_database_of_installed_packages_is_no_cache() -> None:
    assert named("LS111", layer(*(file(path, b"x") for path in LEAN))) == []


def test_similar_places_are_not_meant() -> None:
    assert named("LS111", layer(*(file(path, b"x") for path in NEAR))) == []
