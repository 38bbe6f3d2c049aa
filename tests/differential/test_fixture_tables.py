"""Whether the public images are there: without them test_fixtures.py is skipped, or has no test at all."""

from __future__ import annotations

import os

import pytest

from tests.fixtures import FIXTURES, fixture_paths, truths


def test_the_fixtures_that_are_named_are_there() -> None:
    """An empty table makes no test, and no test fails: a wrong path must not look like success."""
    if not os.environ.get("LAYERSCOPE_FIXTURES"):
        pytest.skip("LAYERSCOPE_FIXTURES is not set: the public images are not read")
    assert fixture_paths(), f"{FIXTURES} (LAYERSCOPE_FIXTURES) has no MANIFEST.tsv, or an empty one"
    assert truths(), f"{FIXTURES} (LAYERSCOPE_FIXTURES) has no recorded root filesystems"
    missing = [name for name, path in fixture_paths().items() if not path.exists()]
    assert missing == []
