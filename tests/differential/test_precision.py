"""Ordinary images give few findings, and each above INFO is right: all of them were looked at by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import layerscope
from layerscope.rules.finding import Finding, Severity
from tests.differential.ordinary.context import distroless_root, write_context
from tests.differential.unpacking import assert_unpacks_to_the_same
from tests.differential.wasteful.workshop import Workshop
from tests.fixtures import FIXTURES, needs_fixtures

RECIPES = Path(__file__).with_name("ordinary")
ALPINE = "snyk+snyk-docker-plugin/test/fixtures/containerd-archives/alpine.tar"

UNSTRIPPED = ("LS146", b"usr/local/bin/node")
"""The symbol table of node as it is published: 13 MB that nothing reads."""


@pytest.fixture(scope="module")
def ordinary(workshop: Workshop) -> Callable[[str], Path]:
    """Build an ordinary image; where it was saved."""
    workshop.debian_root()
    directory = workshop.directory / "ordinary"
    with workshop.once("ordinary") as needed:
        if needed:
            write_context(workshop.fresh("ordinary"))
    with workshop.once("distroless") as needed:
        if needed:
            root = workshop.fresh("distroless")
            distroless_root(root / "root.tar")
            (root / "Dockerfile").write_text("FROM scratch\nADD root.tar /\n")
            workshop.build(root / "Dockerfile", root, "localhost/distroless:root")

    def built(name: str) -> Path:
        if name == "debian":
            return workshop.save("localhost/debian:root")
        workshop.build(RECIPES / f"Dockerfile.{name}", directory, f"localhost/{name}:1")
        return workshop.save(f"localhost/{name}:1")

    return built


def findings_of(reference: Path) -> tuple[Finding, ...]:
    analysis = layerscope.inspect(str(reference))
    assert analysis.packages.packages
    return layerscope.examine(analysis)


def above_info(findings: tuple[Finding, ...]) -> set[tuple[str, bytes]]:
    """Rule and largest path of each finding that somebody should act on."""
    return {
        (finding.rule_id, path.path)
        for finding in findings
        for location in finding.locations
        for path in location.paths[:1]
        if finding.severity is not Severity.INFO
    }


@pytest.mark.parametrize("name", ["debian", "distroless", "python"])
def test_nothing_is_to_be_done_about_an_ordinary_image(name: str, ordinary: Callable[[str], Path]) -> None:
    assert above_info(findings_of(ordinary(name))) == set()


@pytest.mark.parametrize("name", ["distroless", "python"])
def test_an_ordinary_image_unpacks_to_the_same_once_optimized(
    name: str, ordinary: Callable[[str], Path], tmp_path: Path
) -> None:
    layout = ordinary(name)
    layerscope.optimize(str(layout), f"oci:{tmp_path}/slim", base="none")
    assert layerscope.inspect(f"{tmp_path}/slim").ledger.wasted_bytes == 0
    assert not layerscope.optimize(f"{tmp_path}/slim", base="none").plan.changes
    assert_unpacks_to_the_same(f"oci:{layout}:1", f"oci:{tmp_path}/slim:1", f"{tmp_path}/slim", tmp_path)


def test_of_node_only_its_symbol_table_could_go(ordinary: Callable[[str], Path], workshop: Workshop) -> None:
    """nodejs.org and NodeSource publish it unstripped, Debian does not."""
    found = above_info(findings_of(ordinary("node")))
    node = (workshop.directory / "ordinary" / "runtime" / "node").read_bytes()
    assert found == ({UNSTRIPPED} if b"\0.symtab\0" in node else set())


@needs_fixtures
def test_nothing_at_all_is_said_of_alpine() -> None:
    assert findings_of(FIXTURES / ALPINE) == ()
