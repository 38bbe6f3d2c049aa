"""LS126: module and build caches of Go."""

from __future__ import annotations

from tests.builders import file, layer
from tests.rule_cases import claimed, named

FOUND = {
    "go/pkg/mod/cache/download/golang.org/x/text/@v/v0.14.0.zip": 500,
    "root/go/pkg/mod/golang.org/x/text@v0.14.0/doc.go": 400,
    "home/dev/go/pkg/mod/cache/lock": 3,
    "root/.cache/go-build/01/011c69-a": 300,
}
LEAN = (
    "go/bin/app",
    "usr/local/go/src/fmt/print.go",
    "usr/local/bin/app",
)
NEAR = (
    "app/go/pkg/model/m.go",
    "src/pkg/mod/mod.go",
    "app/go-build/x",
)


def test_modules_and_compiled_packages_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS126", stored) == FOUND


def test_programs_and_the_toolchain_are_no_cache() -> None:
    assert named("LS126", layer(*(file(path, b"x") for path in LEAN))) == []


def test_similar_places_are_not_meant() -> None:
    assert named("LS126", layer(*(file(path, b"x") for path in NEAR))) == []


def test_what_go_clean_leaves_is_not_claimed() -> None:
    assert named("LS126", layer(file("go/pkg/sumdb/sum.golang.org/latest", b"x"))) == []
