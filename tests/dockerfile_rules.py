"""What rules find in a Dockerfile, with the files of its context, and with layers as an image has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from layerscope.advice.advise import Known, advise
from layerscope.dockerfile.read import read_dockerfile
from layerscope.rules.building import Building
from layerscope.rules.examine import examine
from layerscope.rules.finding import Finding
from layerscope.rules.registry import rule
from tests.builders import analyzed
from tests.unit.advice.cases import context_of

__all__ = ["building", "found", "lines"]


def building(dockerfile: str, files: Mapping[str, str] | None = None, **known: Any) -> Building:
    """What rules look at; without `files` the context is not known."""
    facts = Known(context=None if files is None else context_of(files), **known)
    parsed = read_dockerfile(dockerfile.encode(), "Dockerfile")
    image = known.get("image")
    layers = image.layers if image else ()
    made = {
        each.instruction.lines.first: each.index
        for each in layers
        if each.instruction is not None and each.instruction.lines is not None
    }
    command = ("layerscope", "advise", "app.tar")
    return Building(advise(parsed, facts), facts, command, made)


def found(
    rule_id: str, dockerfile: str, files: Mapping[str, str] | None = None, **known: Any
) -> tuple[Finding, ...]:
    """What one rule finds; without a history it is guessed what changes."""
    return examine(analyzed(), [rule(rule_id)], building(dockerfile, files, **known))


def lines(finding: Finding) -> list[int]:
    """The lines that a finding names, the foremost first."""
    return [location.lines.first for location in finding.locations if location.lines]
