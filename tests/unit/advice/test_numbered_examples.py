"""The twenty worked examples get the right verdict, with builds that are simulated for each builder."""

from __future__ import annotations

from typing import Any

import pytest

from layerscope.advice.advise import Advice
from layerscope.advice.builds import Builds
from layerscope.advice.improve import Improved
from layerscope.advice.known import Known
from layerscope.advice.stage_bases import expected_of, stage_bases
from layerscope.advice.volatility import Volatility
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.read import read_dockerfile
from tests.unit.advice.cases import advised, context_of, history_of, instructions
from tests.unit.advice.numbered_examples import ANSWERED, LEFT, TOLD, Numbered

each_builder = pytest.mark.parametrize("builder", list(Builder))


def known_of(example: Numbered, builder: Builder) -> dict[str, Any]:
    """What advice is given beside the context."""
    return {
        "history": history_of(list(example.files), *(commit.split() for commit in example.commits)),
        "profile": builder,
        "volatility": Volatility(steady=frozenset(example.steady)),
    }


def seconds(example: Numbered, text: str, builder: Builder) -> float:
    """What a build of a file costs on average in the example's history."""
    known = Known(context=context_of(example.files), **known_of(example, builder))
    dockerfile = read_dockerfile(text.encode(), "Dockerfile")
    return expected_of(stage_bases(Improved(dockerfile, {}, {}, {}, {}), Builds(known, ""))).seconds


def answer(example: Numbered, builder: Builder) -> Advice:
    return advised(example.dockerfile, example.files, **known_of(example, builder))


def reasons(advice: Advice) -> str:
    return " | ".join(
        text
        for stage in advice.stages
        for text in (stage.why, *(o.reason for o in stage.obstacles), *(r.reason for r in stage.refusals))
    )


def test_all_twenty_are_there() -> None:
    assert {example.number for example in (*ANSWERED, *TOLD, *LEFT)} == set(range(1, 21))


@each_builder
@pytest.mark.parametrize("example", ANSWERED, ids=lambda example: f"{example.number}: {example.name}")
def test_ours_costs_no_more_than_the_humans(example: Numbered, builder: Builder) -> None:
    advice = answer(example, builder)
    proposal = advice.further or advice.safe
    assert proposal is not None, reasons(advice)
    as_it_is, ours, human = (
        seconds(example, text, builder) for text in (example.dockerfile, proposal.text, example.human)
    )
    assert ours < as_it_is
    if not (example.stale_with_buildah and builder is Builder.BUILDAH):
        assert ours <= human + 1e-6
    assert proposal.gain == pytest.approx(as_it_is - ours)
    lines = instructions(proposal.text)
    for first, then in example.kept:
        at, other = (
            next(n for n, line in enumerate(lines) if line.startswith(text)) for text in (first, then)
        )
        assert at < other
    assert set(instructions(example.dockerfile)) <= set(lines)


@each_builder
@pytest.mark.parametrize("example", TOLD, ids=lambda example: f"{example.number}: {example.name}")
def test_what_no_order_mends_is_told(example: Numbered, builder: Builder) -> None:
    advice = answer(example, builder)
    assert advice.safe is None
    assert advice.further is None
    assert example.reason in reasons(advice)
    (told,) = [each for each in advice.suggestions if each.suggestion.kind == example.kind]
    assert told.patch == ""
    assert not told.joins
    sketch = iter(told.suggestion.sketch.splitlines())
    assert all(any(line.startswith(wanted) for line in sketch) for wanted in example.sketch)


@each_builder
@pytest.mark.parametrize("example", LEFT, ids=lambda example: f"{example.number}: {example.name}")
def test_what_must_stay_stays_and_it_is_said_why(example: Numbered, builder: Builder) -> None:
    advice = answer(example, builder)
    assert advice.safe is None
    assert advice.further is None
    assert example.reason in reasons(advice)


@each_builder
def test_a_label_alone_gains_nothing_where_its_arguments_stay_above(builder: Builder) -> None:
    (example,) = [each for each in ANSWERED if each.number == 15]
    before, human = (seconds(example, text, builder) for text in (example.dockerfile, example.human))
    assert human == pytest.approx(before)


def test_a_label_of_each_build_counts_for_the_classic_builder_only() -> None:
    """buildah compares it as written, and BuildKit has no step for it."""
    (example,) = [each for each in ANSWERED if each.number == 15]
    text = "FROM ubuntu:24.04\nARG VCS_REF\nLABEL vcs-ref=$VCS_REF\nCOPY assets /assets\n"
    steps = {
        builder: expected_of(
            stage_bases(
                Improved(read_dockerfile(text.encode(), "Dockerfile"), {}, {}, {}, {}),
                Builds(Known(context=context_of(example.files), **known_of(example, builder)), ""),
            )
        )
        for builder in Builder
    }
    assert steps[Builder.BUILDKIT].steps == 1
    assert steps[Builder.BUILDKIT].hits == pytest.approx(steps[Builder.BUILDAH].hits - 2)
    assert steps[Builder.CLASSIC].hits < steps[Builder.BUILDAH].hits - 1
