"""LS125: caches and intermediate results of Cargo."""

from __future__ import annotations

from tests.builders import file, layer
from tests.rule_cases import claimed, named

FOUND = {
    "usr/local/cargo/registry/cache/index.crates.io-6f17d22bba15001f/libc-0.2.150.crate": 500,
    "root/.cargo/registry/src/index.crates.io-6f17d22bba15001f/libc-0.2.150/src/lib.rs": 400,
    "root/.cargo/git/db/some-1a2b/HEAD": 30,
    "app/target/release/deps/liblibc-1a2b.rlib": 300,
    "app/target/release/.fingerprint/app-1a2b/bin-app": 20,
    "app/target/x86_64-unknown-linux-musl/release/build/libc-1a2b/build-script-build": 200,
    "app/target/debug/incremental/app-1a2b/s-1/dep-graph.bin": 100,
}
LEAN = (
    "usr/local/cargo/bin/cargo",
    "usr/local/cargo/env",
    "app/target/release/app",
    "usr/local/bin/app",
)
NEAR = (
    "app/target/release/deps/app-9111ddb5dd965589",
    "app/target/release/build/app-1a2b/out/assets.bin",
    "app/deps/lib.rlib",
    "srv/target/page.html",
    "usr/lib/rustlib/x86_64-unknown-linux-gnu/lib/libstd.rlib",
)


def test_crates_and_intermediate_results_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS125", stored) == FOUND


def test_programs_are_not_meant() -> None:
    assert named("LS125", layer(*(file(path, b"x") for path in LEAN))) == []


def test_what_a_program_may_need_is_not_meant() -> None:
    assert named("LS125", layer(*(file(path, b"x") for path in NEAR))) == []
