"""Findings, packages and the base image in the machine format."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jsonschema
import msgspec
import pytest

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.base_image import BaseImage, BaseOrigin
from layerscope.packages.table import NO_PACKAGES
from layerscope.report.json import json_blocks
from layerscope.report.model import Report, report
from layerscope.report.schema import schema_text
from layerscope.rules.finding import Finding, Role, Severity
from tests.analyses import analysis, step
from tests.builders import file, whiteout
from tests.findings import LINES, finding, location, package, with_base, with_packages

GIVEN = analysis(
    step(file("a", b"x" * 700), file("c/d", b"x" * 300)), step(file("b", b"x" * 50), whiteout("c"))
)


def document(given: Analysis, findings: Sequence[Finding] | None = None) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(b"".join(json_blocks(given, findings)))
    return decoded


def test_a_finding_has_its_figures_places_and_fix() -> None:
    here = location((b"c/d", 200), (b"c/e", 100), files=9, directory=b"c", lines=LINES)
    there = location(layer=1, role=Role.HIDDEN, by="RUN rm -r c # buildkit")
    (found,) = document(GIVEN, [finding(300, here, there, wasted_bytes=300)])["findings"]
    assert found == {
        **{"rule_id": "LS199", "name": "some-rule", "severity": "warning", "message": "caches are stored"},
        **{"bytes": 300, "wasted_bytes": 300, "in_base": False},
        "locations": [
            {
                **{"layer": 0, "role": "stored", "files": 9, "bytes": 300, "directory": "c"},
                "paths": [{"path": "c/d", "bytes": 200}, {"path": "c/e", "bytes": 100}],
                "instruction": "RUN make",
                "dockerfile": {
                    **{"file": "app/Dockerfile", "first_line": 7, "last_line": 9, "stage": "build"},
                    "text": "RUN make \\\n  && rm -rf x \\\n  && true",
                },
            },
            {
                **{"layer": 1, "role": "hidden", "files": 0, "bytes": 0, "directory": "", "paths": []},
                **{"instruction": "RUN rm -r c", "dockerfile": None},
            },
        ],
        "fix": {"text": "remove them", "example": "RUN make && rm -rf x"},
        "build": None,
    }


def test_findings_keep_their_order() -> None:
    given = [finding(size, severity=Severity.ERROR) for size in (5, 900, 7)]
    assert [found["bytes"] for found in document(GIVEN, given)["findings"]] == [5, 900, 7]


def test_a_place_that_is_not_utf8_keeps_its_bytes() -> None:
    (found,) = document(GIVEN, [finding(1, location((b"\xe9/x", 1), directory=b"\xe9"))])["findings"]
    (place,) = found["locations"]
    assert (place["directory"], base64.b64decode(place["directory_bytes"])) == ("\ufffd", b"\xe9")
    assert base64.b64decode(place["paths"][0]["path_bytes"]) == b"\xe9/x"


def test_no_findings_and_no_rules_asked_are_told_apart() -> None:
    assert (document(GIVEN, [])["examined"], document(GIVEN, [])["findings"]) == (True, [])
    assert (document(GIVEN, None)["examined"], document(GIVEN, None)["findings"]) == (False, [])


def test_own_bytes_and_base_bytes_are_told_apart() -> None:
    found = document(with_base(GIVEN, 1))
    assert found["image"]["base"] == {"layers": 1, "origin": "given", "name": "base:1", "digest": None}
    shares = {key: value for key, value in found["totals"].items() if key.startswith(("own_", "base_"))}
    assert shares == {
        **{"own_stored_bytes": 50, "own_wasted_bytes": 300},
        **{"base_stored_bytes": 1000, "base_wasted_bytes": 0},
    }, "what one's own layers hide in the base is one's own waste"
    assert [layer["in_base"] for layer in found["layers"]] == [True, False]


def test_waste_is_whose_layers_made_it() -> None:
    """300 are removed within the base, 700 of the base by one's own layer; 50 of one's own are waste, too."""
    given = analysis(
        step(file("a", b"x" * 700), file("c/d", b"x" * 300)),
        step(whiteout("c")),
        step(whiteout("a"), file("b", b"x" * 50)),
        step(file("b", b"y" * 60)),
    )
    found = document(with_base(given, 2))["totals"]
    assert (found["base_stored_bytes"], found["base_wasted_bytes"]) == (1000, 300)
    assert (found["own_stored_bytes"], found["own_wasted_bytes"]) == (110, 750)
    assert found["wasted_bytes"] == 1050


def test_without_a_base_all_is_ones_own() -> None:
    found = document(GIVEN)
    assert found["image"]["base"] == {"layers": 0, "origin": "none", "name": None, "digest": None}
    assert (found["totals"]["own_stored_bytes"], found["totals"]["base_stored_bytes"]) == (1050, 0)
    assert [layer["in_base"] for layer in found["layers"]] == [False, False]


def test_a_layer_has_its_lines_of_the_dockerfile() -> None:
    first, second = GIVEN.layers
    assert first.layer.instruction is not None
    instruction = replace(first.layer.instruction, lines=LINES)
    given = replace(
        GIVEN, layers=(replace(first, layer=replace(first.layer, instruction=instruction)), second)
    )
    assert [
        layer["dockerfile"] and layer["dockerfile"]["first_line"] for layer in document(given)["layers"]
    ] == [
        7,
        None,
    ]


def test_packages_have_sums_by_ecosystem_and_what_none_owns() -> None:
    packages = (package("libc6", 500), package("six", 100, ecosystem="pypi", added_in=1), package("dash", 50))
    found = document(with_packages(with_base(GIVEN, 1), *packages, unowned=(2, 100)))["packages"]
    assert found["ecosystems"] == {
        "deb": {"packages": 2, "files": 2, "bytes": 550},
        "pypi": {"packages": 1, "files": 1, "bytes": 100},
    }
    assert found["by_layer"] == [
        {"layer": 0, "packages": 2, "bytes": 550},
        {"layer": 1, "packages": 1, "bytes": 100},
    ]
    assert found["unowned"] == {"files": 2, "bytes": 100, "largest": []}
    assert found["list"][1] == {
        **{"ecosystem": "pypi", "name": "six", "version": "1.0", "architecture": "amd64", "added_in": 1},
        **{"in_base": False, "files": 1, "bytes": 100, "declared_bytes": None},
        "record": "var/lib/dpkg/status",
    }
    assert [each["in_base"] for each in found["list"]] == [True, False, True]


def test_packages_that_were_not_looked_for_are_null() -> None:
    assert document(replace(GIVEN, packages=NO_PACKAGES))["packages"] is None
    assert document(GIVEN)["packages"] == {
        "ecosystems": {},
        "by_layer": [],
        "unowned": {
            **{"files": 2, "bytes": 750},
            "largest": [{"path": "a", "bytes": 700, "layer": 0}, {"path": "b", "bytes": 50, "layer": 1}],
        },
        "list": [],
    }


EVIL = "a\x1b[31m\u202e\x9b\ud800\n"


def hostile() -> tuple[Analysis, list[Finding]]:
    """Text of an image wherever one can be."""
    lines = replace(LINES, file=EVIL, stage=EVIL, text=EVIL)
    place = location((b"\xff\x1b[31m", 3), directory=b"\x1b]0;x\x07", by="RUN \x1b[2J \u202e", lines=lines)
    given = with_packages(with_base(GIVEN, 1, BaseOrigin.ANNOTATION, EVIL), package(EVIL, 3))
    return given, [finding(3, place, message=EVIL, fix=EVIL, example=EVIL)]


def test_nothing_of_an_image_acts_on_a_terminal() -> None:
    encoded = b"".join(json_blocks(*hostile()))
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", encoded.decode()) is None
    assert json.loads(encoded)["findings"][0]["message"] == "a\x1b[31m\u202e\x9b\ufffd\n"


@pytest.mark.parametrize(
    ("given", "findings"),
    [(GIVEN, []), (GIVEN, None), hostile()],
    ids=["no findings", "not examined", "hostile"],
)
def test_the_pieces_are_the_whole_and_follow_the_schema(
    given: Analysis, findings: list[Finding] | None
) -> None:
    encoded = b"".join(json_blocks(given, findings))
    whole = report(given, findings)
    assert msgspec.json.decode(encoded, type=Report) == whole
    assert json.loads(encoded) == json.loads(msgspec.json.encode(whole))
    schema = json.loads(schema_text("inspect.schema.json"))
    jsonschema.validate(json.loads(encoded), schema, jsonschema.Draft202012Validator)


def test_a_base_digest_is_shown() -> None:
    given = replace(GIVEN, base=BaseImage(0, BaseOrigin.NONE, "", "sha256:12"))
    assert document(given)["image"]["base"]["digest"] == "sha256:12"
