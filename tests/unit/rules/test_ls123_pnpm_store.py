"""LS123: the store of pnpm."""

from __future__ import annotations

from tests.builders import file, hardlink, layer
from tests.rule_cases import claimed, named

FOUND = {
    "root/.local/share/pnpm/store/v3/files/bb/4d129ba4": 500,
    "pnpm/store/v10/files/00/1": 400,
    "app/.pnpm-store/v3/files/01/2": 300,
    "root/.cache/pnpm/metadata-v1.3/registry.npmjs.org/left-pad.json": 200,
}
LEAN = (
    "app/node_modules/.pnpm/left-pad@1.3.0/node_modules/left-pad/index.js",
    "app/pnpm-lock.yaml",
    "root/.local/share/pnpm/pnpm",
)
NEAR = (
    "root/.local/share/pnpm/store/v10/links/left-pad/1.3.0/node_modules/left-pad/index.js",
    "app/pnpm/store/index.js",
    "app/src/store/pnpm.js",
)


def test_files_that_no_node_modules_shares_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS123", stored) == FOUND


def test_the_virtual_store_of_a_project_is_not_meant() -> None:
    assert named("LS123", layer(*(file(path, b"x") for path in LEAN))) == []


def test_what_projects_link_to_is_not_meant() -> None:
    assert named("LS123", layer(*(file(path, b"x") for path in NEAR))) == []


def test_a_file_that_node_modules_shares_is_not_meant_whichever_name_came_first() -> None:
    kept, installed = (
        "root/.local/share/pnpm/store/v3/files/8e/f1",
        "app/node_modules/.pnpm/a@1/node_modules/a/a.js",
    )
    assert named("LS123", layer(file(kept, b"x"), hardlink(installed, to=kept))) == []
    assert named("LS123", layer(file(installed, b"x"), hardlink(kept, to=installed))) == []
