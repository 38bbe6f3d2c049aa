"""A short fuzzing run with fixed inputs, and all inputs that once failed."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS, seeds

REGRESSIONS = sorted((Path(__file__).parent / "regressions").glob("*/*"))


def verify(target: str, data: bytes) -> None:
    """The target asserts; what it raises is named by the input."""
    TARGETS[target](data)


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_failed_fails_no_more(path: Path) -> None:
    verify(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("number", range(5))
def test_mutated_inputs_are_read_or_refused(target: str, number: int) -> None:
    random = Random(f"{target} {number}")
    for _ in range(100):
        verify(target, mutated(random.choice(seeds(target)), seeds(target), random))


@pytest.mark.parametrize("target", TARGETS)
def test_the_inputs_that_mutations_start_from_are_read(target: str) -> None:
    for data in seeds(target):
        verify(target, data)
