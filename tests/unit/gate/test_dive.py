"""A `.dive-ci` decides as dive does on images that dive counts right, and rightly on the others."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from layerscope.checking import check
from layerscope.errors import ConfigurationError
from layerscope.gate.config_files import load_configuration
from layerscope.gate.configuration import read_configuration
from layerscope.gate.dive import import_dive, read_dive
from layerscope.gate.verdict import Decision
from tests.unit.test_known_waste import KNOWN, Known, M, save

COUNTED_RIGHT = {1: False, 12: False, 19: True, 20: True, 21: True, 22: False, 24: False, 28: False, 29: True}
"""Number of a known image on which dive 0.13.1 has the right waste and efficiency, and whether its default
rules pass. `tests/differential/test_dive.py` asks dive itself."""

TODAY = date(2026, 11, 1)


def decision(image: Path, rules: str, folder: Path) -> Decision:
    file = folder / ".dive-ci"
    file.write_text(rules, encoding="utf-8")
    return check(str(image), configuration=load_configuration(file), today=TODAY).verdict.decision


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: f"{known.number}")
def test_the_default_rules_decide_rightly_on_every_known_image(known: Known, tmp_path: Path) -> None:
    """Every image wastes nothing, or 10 MB and more of at most 40, but for the fourth: 1 of 16 MB."""
    wasted = sum(size for _, size, *_ in known.waste)
    passes = wasted == 0 or known.number == 4
    assert passes is COUNTED_RIGHT.get(known.number, passes)
    found = decision(save(known, tmp_path / "image.tar"), "rules:\n", tmp_path)
    assert found is (Decision.PASSED if passes else Decision.FAILED)


@pytest.mark.parametrize(
    ("rules", "passes"),
    [
        ("highestWastedBytes: 10MB", True),
        ("highestWastedBytes: 9999999B", False),
        ("highestUserWastedPercent: 1", True),
        ("highestUserWastedPercent: 0.99", False),
        ("lowestEfficiency: 0.3333", True),
        ("lowestEfficiency: 0.3334", False),
        ("lowest-efficiency: 0.3333", True),
    ],
)
def test_each_rule_is_compared_with_its_own_figure(rules: str, passes: bool, tmp_path: Path) -> None:
    """One of 15.001 MB deleted from a base of 5.001: as dive prints it, 33.3378 % and 100 %."""
    name = rules.partition(":")[0].replace("-e", "E")
    off = [
        f"  {key}: off"
        for key in ("lowestEfficiency", "highestWastedBytes", "highestUserWastedPercent")
        if key != name
    ]
    text = "\n".join(["rules:", *off, f"  {rules}"])
    found = decision(save(KNOWN[0], tmp_path / "image.tar"), text, tmp_path)
    assert found is (Decision.PASSED if passes else Decision.FAILED)


def test_a_file_that_says_nothing_has_dive_s_defaults_and_no_rules_of_ours() -> None:
    policy = read_configuration({}, "x").policy([], read_dive(b"", ".dive-ci"))
    limits = {limit.budget_id: limit.allowed for limit in policy.limits}
    assert limits == {"LS306": 0.9, "LS308": 0.1}
    assert policy.fail_on.value == "off"
    assert policy.base_layers == 1


@pytest.mark.parametrize("word", ["disabled", "off", "false", "''", "Disabled"])
def test_words_switch_a_rule_off(word: str) -> None:
    found = read_dive(f"rules:\n  lowestEfficiency: {word}\n".encode(), ".dive-ci")
    assert found.limits["LS306", ""] == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"rules:\n  lowestEficiency: 0.9\n", "rules.lowestEficiency: unknown key"),
        (b"rules:\n  lowestEfficiency: 90\n", "rules.lowestEfficiency: 90.0 is not"),
        (b"rules:\n  highestUserWastedPercent: 20%\n", "not a ratio from 0 to 1"),
        (b"rules:\n  highestWastedBytes: lots\n", "'lots' is not a size"),
        (b"rules: [1]\n", "the key rules"),
        (b"lowestEfficiency: 0.9\n", "the key rules"),
        (b"rules: {a: [}\n", "no YAML"),
        (b"- !!python/object/apply:os.system [x]\n", "the key rules"),
    ],
)
def test_what_dive_would_not_take_is_an_error_that_names_the_key(content: bytes, message: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^\.dive-ci: ") as raised:
        read_dive(content, ".dive-ci")
    assert message in raised.value.message


def test_the_import_says_the_same_in_our_words() -> None:
    text = import_dive(b"rules:\n  lowestEfficiency: 0.95\n  highestWastedBytes: 20MB\n", ".dive-ci")
    document = tomllib.loads(text)
    assert document == {
        "budgets": {
            "efficiency": "95%",
            "wasted-bytes": 20 * M,
            "own-wasted-ratio": "10%",
            "own-growth": "off",
        },
        "rules": {"fail-on": "never"},
    }
    limits = read_configuration(document, "layerscope.toml").settings.limits
    assert [[limit.allowed for limit in limits[key]] for key in sorted(limits)] == [
        [20 * M],
        [0.95],
        [0.1],
        [],
    ]


@pytest.mark.parametrize("name", [".dive-ci", ".dive-ci.yml", "dive-ci.conf", "gate.yaml"])
def test_a_file_is_read_as_dives_by_its_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("rules:\n  lowestEfficiency: 0.5\n", encoding="utf-8")
    assert load_configuration(tmp_path / name).settings.base_layers == 1


def test_a_file_in_toml_is_ours_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "dive.toml").write_text('[budgets]\nefficiency = "50%"\n', encoding="utf-8")
    assert load_configuration(tmp_path / "dive.toml").settings.base_layers is None
