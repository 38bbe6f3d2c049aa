"""The validator of SARIF's authors, with the rules of GitHub's code scanning, finds nothing wrong.

It knows what a schema cannot say: that a `ruleIndex` points to its rule, that a URI is one, that a result has
a place.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from layerscope.report.dialects.outcome import State
from layerscope.report.dialects.sarif import sarif_report
from tests.dialect_schemas import node_package
from tests.told import hostile_told, outcome, told

NO_URL = "SARIF2005"
"""It would like to have the address of a site about the tool."""


def complaints(tmp_path: Path, *logs: bytes) -> set[str]:
    """Identities of the rules that the logs break."""
    program = node_package("@microsoft/sarif-multitool-linux") / "Sarif.Multitool"
    program.chmod(0o755)  # npm takes the bit away
    names = [tmp_path / f"{number}.sarif" for number in range(len(logs))]
    for name, log in zip(names, logs, strict=True):
        name.write_bytes(log)
    found = tmp_path / "found.json"
    subprocess.run(
        [program, "validate", *names, "--rule-kind", "Sarif;Ghas", "--output", found, "--quiet"],
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(tmp_path)},
        check=False,
    )
    (run,) = json.loads(found.read_text(encoding="utf-8-sig"))["runs"]
    return {result["ruleId"] for result in run["results"]}


def test_it_finds_nothing(tmp_path: Path) -> None:
    every = told(*(outcome(state=state, excuse="agreed", fix="do not") for state in State), notices=("n",))
    assert complaints(tmp_path, sarif_report(every), sarif_report(told()), sarif_report(hostile_told())) <= {
        NO_URL
    }


def test_it_does_find_what_is_wrong(tmp_path: Path) -> None:
    log: Any = json.loads(sarif_report(told(outcome())))
    del log["runs"][0]["results"][0]["locations"]
    log["runs"][0]["results"][0]["ruleIndex"] = 7
    assert len(complaints(tmp_path, json.dumps(log).encode()) - {NO_URL}) >= 2
