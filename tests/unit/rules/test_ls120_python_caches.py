"""LS120: caches of pip, uv, Poetry, Pipenv and PDM."""

from __future__ import annotations

from tests.builders import file, hardlink, layer, whiteout
from tests.rule_cases import claimed, named

FOUND = {
    "root/.cache/pip/http-v2/a/b/c/d/e/abcde.body": 500,
    "home/dev/.cache/pip/wheels/12/34/six.whl": 400,
    "tmp/pip-unpack-x1y2/six.whl": 350,
    "root/.cache/uv/wheels-v5/pypi/six/six.msgpack": 300,
    "root/.cache/pypoetry/artifacts/12/six.whl": 250,
    "root/.cache/pypoetry/cache/repositories/PyPI/_http/1": 200,
    "root/.cache/pipenv/hash/1": 150,
    "root/.cache/pdm/wheels/six.whl": 100,
}
LEAN = (
    "usr/local/lib/python3.12/site-packages/six.py",
    "usr/local/bin/pip",
    "root/.config/pip/pip.conf",
)
NEAR = (
    "root/.cache/pypoetry/virtualenvs/app-1/lib/python3.12/site-packages/six.py",
    "root/.cache/pdm/packages/six-1.17.0/lib/six.py",
    "app/cache/pip/x",
    "tmp/pipe/x",
    "tmp/pip-notes.txt",
)


def test_caches_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS120", stored) == FOUND


def test_installed_packages_are_no_cache() -> None:
    assert named("LS120", layer(*(file(path, b"x") for path in LEAN))) == []


def test_what_environments_run_from_is_not_meant() -> None:
    assert named("LS120", layer(*(file(path, b"x") for path in NEAR))) == []


def test_a_file_that_uv_linked_into_an_environment_is_not_meant() -> None:
    linked = layer(
        file("root/.cache/uv/archive-v0/Q/six.py", b"x" * 70),
        file("root/.cache/uv/archive-v0/Q/unused.py", b"x" * 30),
        hardlink("app/.venv/lib/python3.12/site-packages/six.py", to="root/.cache/uv/archive-v0/Q/six.py"),
    )
    assert claimed("LS120", linked) == {"root/.cache/uv/archive-v0/Q/unused.py": 30}


def test_the_file_stays_meant_by_nothing_when_a_later_layer_removes_the_cache() -> None:
    linked = layer(
        file("root/.cache/uv/archive-v0/Q/six.py", b"x" * 70),
        hardlink("app/.venv/lib/python3.12/site-packages/six.py", to="root/.cache/uv/archive-v0/Q/six.py"),
    )
    assert claimed("LS120", linked, layer(whiteout("root/.cache"))) == {}
