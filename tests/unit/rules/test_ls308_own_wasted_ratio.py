"""LS308: the wasted part of what one's own layers answer for; a number in any case."""

from __future__ import annotations

from tests.analyses import analysis, step
from tests.budget_cases import measured
from tests.builders import file, whiteout
from tests.findings import with_base


def test_what_is_hidden_in_the_base_is_in_both_parts() -> None:
    assert measured("own-wasted-ratio").value == 400 / (540 + 100)


def test_layers_that_only_remove_have_one_and_those_that_do_nothing_zero() -> None:
    removing = with_base(analysis(step(file("a", b"x" * 9)), step(whiteout("a"))), 1)
    assert measured("own-wasted-ratio", removing).value == 1.0
    assert measured("own-wasted-ratio", with_base(removing, 2)).value == 0.0
