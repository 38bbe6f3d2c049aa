"""Rust: what others wrote is compiled above the sources, by advice only."""

from __future__ import annotations

import pytest

from tests.unit.advice.cases import history_of
from tests.unit.advice.suggestions.cases import only, suggested

KIND = "cargo-chef"
FILES = {"Cargo.toml": "", "Cargo.lock": "", "src/main.rs": ""}
HISTORY = history_of(list(FILES), ["src/main.rs"], ["src/main.rs"])
BUILD = "FROM rust:1 AS app\nWORKDIR /app\nCOPY . .\nRUN cargo build --release\n"


def test_the_sketch_has_the_stages_of_the_recipe() -> None:
    found = only(KIND, BUILD, FILES, history=HISTORY)
    assert found.suggestion.lines == (3, 4)
    assert found.patch == ""
    assert found.suggestion.sketch == (
        "FROM rust:1 AS chef\nRUN cargo install --locked cargo-chef\nWORKDIR /app\n"
        "FROM chef AS planner\nCOPY . .\nRUN cargo chef prepare --recipe-path recipe.json\n"
        "FROM chef AS app\nCOPY --from=planner /app/recipe.json ./\n"
        "RUN cargo chef cook --release --recipe-path recipe.json\n"
        "COPY . .\nRUN cargo build --release\n"
    )


def test_sources_above_the_cook_are_told() -> None:
    text = BUILD.replace("RUN cargo build", "RUN cargo chef cook --recipe-path recipe.json\nRUN cargo build")
    found = only(KIND, text, FILES, history=HISTORY)
    assert found.suggestion.lines == (3, 4)
    assert "take out the COPY of line 3" in found.suggestion.what


@pytest.mark.parametrize(
    ("text", "files"),
    [
        (BUILD, {"Cargo.toml": "", "src/main.rs": ""}),
        (BUILD.replace("cargo build", "--mount=type=cache,target=/usr/local/cargo cargo build"), FILES),
        (BUILD.replace("COPY . .", "COPY Cargo.toml Cargo.lock ./"), FILES),
        (BUILD.replace("cargo build", "cargo fmt"), FILES),
    ],
    ids=["no lock file", "a cache mount", "nothing but manifests", "nothing is compiled"],
)
def test_where_it_would_not_help_it_is_not_told(text: str, files: dict[str, str]) -> None:
    assert suggested(KIND, text, files, history=history_of(list(files), *[["src/main.rs"]] * 2)) == []


def test_dependencies_that_are_compiled_apart_already_are_left_alone() -> None:
    text = (
        "FROM rust:1\nWORKDIR /app\nCOPY Cargo.toml Cargo.lock ./\nCOPY macros macros\n"
        "RUN cargo build\nCOPY . .\nRUN touch src/main.rs && cargo build\n"
    )
    files = FILES | {"macros/Cargo.toml": "", "macros/lib.rs": ""}
    history = history_of(list(files), ["src/main.rs"], ["macros/lib.rs"], ["src/main.rs"])
    assert suggested(KIND, text, files, history=history) == []
