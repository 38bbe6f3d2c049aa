"""The Python API as one meets it in a shell: short representations, errors at hand, arguments checked."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import layerscope
from layerscope.errors import UsageError
from tests.analyses import analysis, step
from tests.builders import file


def test_no_representation_lists_files() -> None:
    given = analysis(step(*(file(f"file{n}", b"x") for n in range(2_000))))
    shown = [given, given.rootfs, given.layers[0].reading, given.layers[0].reading.changeset]
    for value in [*shown, given.layers[0], given.ledger]:
        assert len(repr(value)) < 2_000
        assert "file1" not in repr(value)
    assert repr(given) == "<Analysis of 'app.tar': 1 layers, 0 of 2,000 bytes wasted>"


def test_the_errors_are_there_after_the_import_alone() -> None:
    script = "import layerscope; print(layerscope.errors.LayerscopeError.__name__)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert done.stdout == "LayerscopeError\n"


@pytest.mark.parametrize("jobs", [0, -1])
def test_less_than_one_job_is_refused_before_anything_is_opened(jobs: int) -> None:
    with pytest.raises(UsageError, match=f"jobs: {jobs} is not a number from 1 up"):
        layerscope.inspect("missing.tar", jobs=jobs)


@pytest.mark.parametrize("parameter", inspect.signature(layerscope.inspect).parameters)
def test_the_help_says_what_each_argument_is(parameter: str) -> None:
    assert f"`{parameter}`" in (layerscope.inspect.__doc__ or "")
