"""LS129: the cache of Composer."""

from __future__ import annotations

from tests.builders import file, layer
from tests.rule_cases import claimed, named

FOUND = {
    "root/.composer/cache/files/psr/log/1.zip": 500,
    "home/www/.cache/composer/repo/https---repo.packagist.org/p.json": 300,
    "tmp/cache/files/psr/log/2.zip": 200,
}
LEAN = (
    "app/vendor/psr/log/Psr/Log/LoggerInterface.php",
    "root/.composer/vendor/bin/phpunit",
    "app/composer.lock",
)
NEAR = (
    "tmp/cache/session",
    "app/storage/cache/files/x",
    "root/.composer/config.json",
)


def test_archives_and_metadata_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS129", stored) == FOUND


def test_installed_packages_are_no_cache() -> None:
    assert named("LS129", layer(*(file(path, b"x") for path in LEAN))) == []


def test_similar_places_are_not_meant() -> None:
    assert named("LS129", layer(*(file(path, b"x") for path in NEAR))) == []
