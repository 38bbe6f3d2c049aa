"""The examples get the right answer: some are improved, the others are left alone and say why."""

from __future__ import annotations

import pytest

from layerscope.advice.advise import Advice
from layerscope.advice.independence import Trust
from layerscope.dockerfile.builders import Builder
from tests.unit.advice.cases import advised, instructions
from tests.unit.advice.worked_examples import NEGATIVE, POSITIVE, Example

BUILDERS = (Builder.BUILDKIT, Builder.CLASSIC, Builder.BUILDAH)


def place(lines: list[str], beginning: str) -> int:
    found = [at for at, line in enumerate(lines) if line.startswith(beginning)]
    assert len(found) == 1, (beginning, lines)
    return found[0]


def reasons(advice: Advice) -> str:
    return " | ".join(
        text
        for stage in advice.stages
        for text in (stage.why, *(o.reason for o in stage.obstacles), *(r.reason for r in stage.refusals))
    )


@pytest.mark.parametrize("example", POSITIVE, ids=lambda example: example.name)
def test_it_is_improved(example: Example) -> None:
    advice = advised(example.dockerfile, example.files)
    proposal = advice.further or advice.safe
    assert proposal is not None, reasons(advice)
    lines = instructions(proposal.text)
    for first in example.first:
        for then in example.then:
            assert place(lines, first) < place(lines, then)
    assert example.reason in reasons(advice)


@pytest.mark.parametrize("profile", BUILDERS)
@pytest.mark.parametrize("example", POSITIVE + NEGATIVE, ids=lambda example: example.name)
def test_what_has_to_keep_its_order_keeps_it(example: Example, profile: Builder) -> None:
    advice = advised(example.dockerfile, example.files, profile=profile)
    for proposal in filter(None, (advice.safe, advice.further)):
        lines = instructions(proposal.text)
        for first, then in example.kept:
            assert place(lines, first) < place(lines, then)
        original = instructions(example.dockerfile)
        assert sorted(set(lines) & set(original)) == sorted(set(original))
        assert [line for line in lines if line.startswith("FROM")] == [
            line for line in original if line.startswith("FROM")
        ]


@pytest.mark.parametrize("profile", BUILDERS)
@pytest.mark.parametrize("example", NEGATIVE, ids=lambda example: example.name)
def test_it_is_left_alone(example: Example, profile: Builder) -> None:
    advice = advised(example.dockerfile, example.files, profile=profile)
    assert advice.safe is None
    assert advice.further is None
    assert example.reason in reasons(advice)


@pytest.mark.parametrize("example", POSITIVE, ids=lambda example: example.name)
def test_knowledge_of_tools_alone_is_never_called_evidence(example: Example) -> None:
    advice = advised(example.dockerfile, example.files)
    for stage in advice.stages:
        for step in stage.safe.steps if stage.safe else ():
            assert step.trust >= Trust.EVIDENCE
        for step in stage.further.steps if stage.further else ():
            crossed = (
                {stage.further.problem.elements[at].keyword for at in step.move.across}
                if stage.further
                else {}
            )
            moved = (
                {stage.further.problem.elements[at].keyword for at in step.move.moved}
                if stage.further
                else {}
            )
            if {"RUN"} & set(crossed) and {"COPY", "ADD"} & set(moved):
                assert step.trust is Trust.UNVERIFIED


@pytest.mark.parametrize("example", POSITIVE, ids=lambda example: example.name)
def test_the_proposal_cannot_be_improved_again(example: Example) -> None:
    first = advised(example.dockerfile, example.files)
    text = (first.further or first.safe).text  # type: ignore[union-attr]
    again = advised(text, example.files)
    assert (again.further or again.safe) is None
