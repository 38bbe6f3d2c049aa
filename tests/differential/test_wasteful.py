"""What was planted in an image is found with the bytes that building without it saves; a lean one is clean.

The truth is told by the builder's storage: the sum of the sizes of the files that lie there for each layer.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

import layerscope
from layerscope.analysis.analyze import Analysis
from layerscope.rules.finding import Finding, Role, Severity
from tests.differential.listing import of_image
from tests.differential.unpacking import assert_unpacks_as_listed, assert_unpacks_to_the_same
from tests.differential.wasteful.context import write_context
from tests.differential.wasteful.plants import layers_of, layers_until, plants, render
from tests.differential.wasteful.workshop import Workshop

TOLERANCE = 0.01
"""Of the bytes that are saved; logs and databases of packages change a little with what is installed."""

RULES: dict[str, tuple[str, ...]] = {
    "build-tools": ("LS140",),
    "bytecode": ("LS142",),
    "documentation": ("LS144", "LS145"),
    "apt-archives": ("LS110",),
    "apt-lists": ("LS110",),
    "pip-cache": ("LS120",),
    "test-suite": ("LS143",),
    "npm-cache": ("LS121",),
    "debug-symbols": ("LS146",),
    "removed-later": ("LS101",),
    "overwritten": ("LS102",),
    "owner-copy": ("LS103",),
    "mode-copy": ("LS103",),
    "unchanged": ("LS104",),
    "time-copy": ("LS103",),
    "duplicate": ("LS107",),
    "unpacked-across-layers": ("LS106",),
    "archive-beside-contents": ("LS147",),
    "version-control": ("LS141",),
    "log": ("LS148",),
    "core-file": ("LS149",),
    "editor-backups": ("LS150",),
}
"""Plant to the rules that find it."""

DIRECTORIES = {"apt-archives": b"var/cache/apt", "apt-lists": b"var/lib/apt/lists"}
"""Of plants that one rule finds in one layer."""

PLACES: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "huge-file": ("LS160", (b"srv/model.bin",)),
    "private-key": ("LS401", (b"root/.ssh/id_rsa",)),
    "environment-file": ("LS401", (b"srv/.env",)),
    "npm-token": ("LS401", (b"root/.npmrc",)),
    "setuid": ("LS404", (b"usr/local/bin/become",)),
    "world-writable": ("LS405", (b"usr/local/bin/start",)),
    "tiny-layers": ("LS161", ()),
}
"""Plant that is not about bytes to the rule that finds it, and the paths that it names."""

SILENT = {"bytecode", "duplicate", "test-suite"}
"""Plants that are worth knowing and often right as they are: these findings are for information."""


class Wasteful:
    """The image with all plants and what was found in it, and its variants."""

    def __init__(self, workshop: Workshop, context: Path) -> None:
        self._workshop = workshop
        self._context = context
        self.analysis = layerscope.inspect(str(workshop.save("localhost/wasteful:1")))
        self.findings = layerscope.examine(self.analysis)

    def saved_bytes(self, plant: str) -> int:
        """What building it without the plant saves."""
        planted = self._workshop.stored_bytes("localhost/wasteful:1")[: layers_until(plant)]
        name = f"localhost/without-{plant}:1"
        build(self._workshop, self._context, name, render([plant], about=plant))
        left_out = self._workshop.stored_bytes(name)
        return sum(planted) - sum(left_out)

    def found(self, plant: str) -> list[Finding]:
        """What the rules for a plant found in the layers that it makes."""
        layers = layers_of(plant)
        return [
            finding
            for finding in self.findings
            if finding.rule_id in RULES[plant]
            and any(each.layer in layers for each in finding.locations)
            and finding.locations[0].directory.startswith(DIRECTORIES.get(plant, b""))
        ]


def build(workshop: Workshop, context: Path, name: str, dockerfile: str) -> None:
    path = workshop.directory / name.replace("/", "-")
    path.write_text(dockerfile)
    workshop.build(path, context, name)


@pytest.fixture(scope="module")
def context(workshop: Workshop) -> Path:
    """The build context, with the two images that need no variant: all plants, and none."""
    workshop.debian_root()
    directory = workshop.directory / "context"
    with workshop.once("wasteful") as needed:
        if needed:
            write_context(workshop.fresh("context"))
            for name, without in (("localhost/wasteful:1", ()), ("localhost/lean:1", plants())):
                build(workshop, directory, name, render(without))
                workshop.save(name)
    return directory


@pytest.fixture(scope="module")
def wasteful(workshop: Workshop, context: Path) -> Wasteful:
    return Wasteful(workshop, context)


@pytest.fixture(scope="module")
def lean(workshop: Workshop, context: Path) -> Analysis:
    return layerscope.inspect(str(workshop.save("localhost/lean:1")))


def bytes_in(findings: Collection[Finding], layers: set[int]) -> int:
    """What findings free in some layers, or what is waste because of them."""
    total = 0
    for finding in findings:
        hides = any(each.role is Role.HIDDEN and each.layer in layers for each in finding.locations)
        total += sum(each.freed_bytes for each in finding.locations if hides or each.layer in layers)
    return total


@pytest.mark.parametrize("plant", RULES)
def test_a_plant_is_found_with_the_bytes_that_building_without_it_saves(
    plant: str, wasteful: Wasteful
) -> None:
    saved = wasteful.saved_bytes(plant)
    found = wasteful.found(plant)
    assert saved > 1_000_000
    assert abs(bytes_in(found, layers_of(plant)) - saved) <= TOLERANCE * saved
    loudest = max((finding.severity for finding in found), key=list(Severity).index)
    assert (loudest is Severity.INFO) == (plant in SILENT)


@pytest.mark.parametrize("plant", PLACES)
def test_a_plant_that_is_not_about_bytes_is_found_at_its_place(
    plant: str, wasteful: Wasteful, lean: Analysis
) -> None:
    rule, paths = PLACES[plant]
    found = [
        (location.layer, {path.path for path in location.paths})
        for finding in wasteful.findings
        for location in finding.locations
        if finding.rule_id == rule and location.role is not Role.HIDDEN
    ]
    if paths:
        assert any(layer in layers_of(plant) and named == set(paths) for layer, named in found)
    else:
        assert layers_of(plant) <= {layer for layer, _ in found}
    assert rule not in {finding.rule_id for finding in layerscope.examine(lean)}


def test_a_huge_file_is_named_with_its_size(wasteful: Wasteful) -> None:
    """It may be what the image is there for, so nothing is said to be freed."""
    (finding,) = (each for each in wasteful.findings if each.rule_id == "LS160")
    (path,) = finding.locations[0].paths
    assert (path.path, finding.freed_bytes) == (b"srv/model.bin", 0)
    assert path.content_bytes == wasteful.saved_bytes("huge-file") == 200 << 20


def test_every_plant_is_looked_for() -> None:
    assert sorted([*RULES, *PLACES]) == sorted(plants())


def test_each_layer_stores_what_the_builder_has(wasteful: Wasteful, workshop: Workshop) -> None:
    """Nothing is counted that is not there, nothing is left out: the same files, but for reading no tar."""
    assert list(wasteful.analysis.ledger.stored_by_layer) == workshop.stored_bytes("localhost/wasteful:1")


def test_findings_never_add_up_to_more_than_what_is_stored(wasteful: Wasteful) -> None:
    ledger = wasteful.analysis.ledger
    assert sum(finding.freed_bytes for finding in wasteful.findings) <= ledger.stored_bytes
    assert sum(finding.wasted_bytes for finding in wasteful.findings) == ledger.wasted_bytes


def test_together_they_are_found_with_what_the_lean_twin_is_smaller_by(
    wasteful: Wasteful, workshop: Workshop
) -> None:
    """No plant's bytes depend on another's, and nothing is planted that nobody asked for."""
    found = sum(bytes_in(wasteful.found(plant), layers_of(plant)) for plant in RULES) + (200 << 20)
    stored = wasteful.analysis.ledger.stored_bytes
    saved = stored - sum(workshop.stored_bytes("localhost/lean:1"))
    assert abs(found - saved) <= TOLERANCE * saved


def test_the_lean_twin_is_not_scolded(lean: Analysis) -> None:
    findings = layerscope.examine(lean)
    assert [each for each in findings if each.severity is not Severity.INFO] == []


def test_optimized_it_unpacks_to_the_same(wasteful: Wasteful, workshop: Workshop, tmp_path: Path) -> None:
    layout = workshop.save("localhost/wasteful:1")
    layerscope.optimize(str(layout), f"oci:{tmp_path}/slim", base="none")
    ledger = layerscope.inspect(f"{tmp_path}/slim").ledger
    assert (ledger.wasted_bytes, ledger.stored_bytes) == (0, wasteful.analysis.ledger.live_bytes)
    assert not layerscope.optimize(f"{tmp_path}/slim", base="none").plan.changes
    assert_unpacks_to_the_same(f"oci:{layout}:1", f"oci:{tmp_path}/slim:1", f"{tmp_path}/slim", tmp_path)


def test_what_is_dropped_is_gone_and_everything_else_unpacks_to_the_same(
    wasteful: Wasteful, workshop: Workshop, tmp_path: Path
) -> None:
    layout = workshop.save("localhost/wasteful:1")
    words = ("caches", "docs", "leftovers", "locales", "logs", "pyc", "tests")
    plan = layerscope.optimize(str(layout), f"oci:{tmp_path}/slim", base="none", drop=words).plan
    assert plan.extra is not None
    gone = set(plan.extra.whiteouts)
    assert {"LS110", "LS120", "LS121", "LS142", "LS143", "LS144", "LS148", "LS150"} <= {
        each.rule_id for each in (plan.drops.by_rule if plan.drops else ())
    }
    left = {path: row for path, row in of_image(str(layout)).items() if path not in gone}
    assert_unpacks_as_listed(f"oci:{tmp_path}/slim:1", left, tmp_path)
