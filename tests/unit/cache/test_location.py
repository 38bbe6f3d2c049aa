"""Where the cache lies and how large it may grow."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from layerscope.cache.location import DEFAULT_BYTES, CacheLocation, locate, parse_bytes
from layerscope.errors import ConfigurationError

HOME = {"HOME": "/home/me", "LOCALAPPDATA": "C:\\local"}
UNIX = pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="other places on this system")


@UNIX
@pytest.mark.parametrize(
    ("environment", "directory"),
    [
        ({}, "/home/me/.cache/layerscope"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/layerscope"),
        ({"XDG_CACHE_HOME": ""}, "/home/me/.cache/layerscope"),
        ({"XDG_CACHE_HOME": "relative/is/invalid"}, "/home/me/.cache/layerscope"),
        ({"XDG_CACHE_HOME": "/x", "LAYERSCOPE_CACHE_DIR": "/ci/cache"}, "/ci/cache"),
        ({"LAYERSCOPE_CACHE_DIR": ""}, "/home/me/.cache/layerscope"),
    ],
)
def test_the_environment_says_where(environment: dict[str, str], directory: str) -> None:
    assert locate(HOME | environment) == CacheLocation(Path(directory), DEFAULT_BYTES)


def test_a_named_directory_may_be_relative() -> None:
    found = locate({"LAYERSCOPE_CACHE_DIR": "build/cache"})
    assert found is not None
    assert found.directory == Path.cwd() / "build" / "cache"


@pytest.mark.parametrize("environment", [{}, {"HOME": ""}, {"HOME": "relative"}])
def test_without_a_home_there_is_none(environment: dict[str, str]) -> None:
    assert locate(environment) is None


@pytest.mark.parametrize(
    ("text", "size"), [("2GB", 2 * 10**9), ("512MiB", 512 << 20), ("1000", 1000), ("0", 0)]
)
def test_the_environment_says_how_much(text: str, size: int) -> None:
    found = locate(HOME | {"LAYERSCOPE_CACHE_SIZE": text})
    assert found is not None
    assert found.max_bytes == size == parse_bytes(text)


@pytest.mark.parametrize("text", ["much", "-1", "1 PB", "1e9"])
def test_what_is_no_size_is_said(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"LAYERSCOPE_CACHE_SIZE: .* is not a size such as 2GB"):
        locate(HOME | {"LAYERSCOPE_CACHE_SIZE": text})
