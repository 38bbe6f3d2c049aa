"""Whatever a Dockerfile holds: its findings name its lines, claim no bytes, and add up to what is saved."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.advice.advise import Known, advise
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.read import read_dockerfile
from layerscope.rules.building import Building
from layerscope.rules.examine import examine
from layerscope.rules.finding import Finding
from layerscope.rules.registry import all_rules
from tests.builders import analyzed
from tests.property.test_advice import BODIES, FILES
from tests.unit.advice.cases import context_of

RULES = [rule for rule in all_rules() if rule.about_dockerfile]
ORDER = ("LS201", "LS202", "LS203")


def looked_at(text: str, builder: Builder, *, with_context: bool) -> tuple[Building, tuple[Finding, ...]]:
    known = Known(context=context_of(FILES) if with_context else None, profile=builder)
    building = Building(advise(read_dockerfile(text.encode(), "Dockerfile"), known), known)
    return building, examine(analyzed(), RULES, building)


@settings(deadline=None, max_examples=60)
@given(BODIES, BODIES, st.sampled_from(list(Builder)), st.booleans())
def test_findings_stand_on_instructions_and_claim_nothing(
    one: str, two: str, builder: Builder, with_context: bool
) -> None:
    text = f"FROM x AS first\n{one}\nFROM first\n{two}\n"
    _, findings = looked_at(text, builder, with_context=with_context)
    begin = {each.first_line for each in read_dockerfile(text.encode(), "Dockerfile").instructions}
    for finding in findings:
        assert finding.freed_bytes == finding.wasted_bytes == 0
        assert finding.locations
        assert {each.lines.first for each in finding.locations if each.lines} <= begin
        assert all(each.lines is not None and each.layer is None for each in finding.locations)


@settings(deadline=None, max_examples=60)
@given(BODIES, st.sampled_from(list(Builder)), st.booleans())
def test_what_findings_save_is_at_most_what_the_order_saves(
    body: str, builder: Builder, with_context: bool
) -> None:
    building, findings = looked_at(f"FROM x\n{body}\n", builder, with_context=with_context)
    saved = sum(each.build.steps_saved for each in findings if each.build and each.rule_id in ORDER)
    (stage,) = building.advice.stages
    plan = stage.plan(further=True)
    fewer = 0.0
    for at, element in enumerate(plan.problem.elements if plan else ()):
        if plan is not None and element.role == "step" and at not in plan.problem.added:
            fewer += max(0.0, plan.before.missed[at] - plan.after.missed[at])
    assert saved <= fewer + 1e-6
