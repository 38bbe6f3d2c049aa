"""LS130: caches of RubyGems and Bundler."""

from __future__ import annotations

from tests.builders import file, layer
from tests.rule_cases import claimed, named

FOUND = {
    "usr/local/bundle/cache/rake-13.1.0.gem": 500,
    "var/lib/gems/3.1.0/cache/zz-1.gem": 400,
    "app/vendor/bundle/ruby/3.3.0/cache/rake-13.1.0.gem": 300,
    "usr/local/lib/ruby/gems/3.3.0/cache/minitest-5.20.0.gem": 200,
    "root/.bundle/cache/compact_index/rubygems.org/versions": 100,
    "root/.local/share/gem/specs/rubygems.org/specs.4.8": 90,
}
LEAN = (
    "usr/local/bundle/gems/rake-13.1.0/lib/rake.rb",
    "usr/local/bundle/specifications/rake-13.1.0.gemspec",
)
NEAR = (
    "app/vendor/cache/rake-13.1.0.gem",
    "app/tmp/cache/bootsnap/load-path-cache",
    "app/cache/x.gem",
)


def test_archives_and_indexes_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS130", stored) == FOUND


def test_installed_gems_are_no_cache() -> None:
    assert named("LS130", layer(*(file(path, b"x") for path in LEAN))) == []


def test_what_a_project_vendors_is_not_meant() -> None:
    assert named("LS130", layer(*(file(path, b"x") for path in NEAR))) == []
