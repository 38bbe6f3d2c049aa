"""The machine format: the keys of the design, exact bytes, safe on a terminal, the same every time."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import jsonschema
import msgspec
import pytest

from layerscope.blobs.compression import Compression
from layerscope.errors import Truncated
from layerscope.notices import Notice, Severity
from layerscope.oci.digest import DiffID
from layerscope.report.json import json_blocks
from layerscope.report.model import Report, report
from layerscope.report.schema import schema_text
from tests.analyses import analysis, step
from tests.builders import file, whiteout

BASE = step(file("etc/passwd", b"x" * 100), file(b"caf\xe9", b"x" * 7), by="RUN /bin/sh -c make\n # buildkit")
TOP = step(file("etc/passwd", b"y" * 50), whiteout(b"caf\xe9"), by=None)


def keys(text: str) -> set[str]:
    """The words of `text`."""
    return set(text.split())


def document(*steps: Any, **options: Any) -> dict[str, Any]:
    """The JSON document, decoded."""
    decoded: dict[str, Any] = json.loads(b"".join(json_blocks(analysis(*steps, **options), None)))
    return decoded


def test_the_keys_are_those_of_the_design_and_more() -> None:
    found = document(BASE, TOP)
    assert found["schema_version"] == 1
    assert set(found) == keys(
        "schema_version complete image totals layers waste examined findings packages notices"
    )
    assert set(found["image"]) == keys("reference image_id digest platform tags created base dockerfile")
    assert set(found["totals"]) == keys(
        "layers entries compressed_bytes tar_bytes stored_bytes live_bytes wasted_bytes efficiency_ratio "
        "own_stored_bytes own_wasted_bytes base_stored_bytes base_wasted_bytes"
    )
    assert set(found["layers"][0]) >= keys(
        "index diff_id digest chain_id media_type compression compressed_bytes tar_bytes content_bytes "
        "entries added modified removed wasted_bytes instruction created_by created"
    )
    assert set(found["waste"]["files"][0]) >= keys("path bytes cause written_in hidden_in")


def test_the_figures_are_exact() -> None:
    """157 bytes are stored, 50 of them live; 100 were overwritten and 7 removed by layer 1."""
    found = document(BASE, TOP)
    assert (found["totals"]["stored_bytes"], found["totals"]["live_bytes"]) == (157, 50)
    assert found["totals"]["wasted_bytes"] == 107
    assert found["totals"]["efficiency_ratio"] == pytest.approx(50 / 157)
    assert found["waste"]["by_cause"] == {
        **{"overwritten": 100, "metadata_only": 0, "unchanged": 0, "removed": 7},
        **{"opaque": 0, "replaced": 0, "duplicate_entry": 0},
    }
    assert [layer["wasted_bytes"] for layer in found["layers"]] == [107, 0]
    assert [layer["hidden_bytes"] for layer in found["layers"]] == [0, 107]


def test_a_path_that_is_not_utf8_keeps_its_bytes_in_a_second_key() -> None:
    passwd, cafe = document(BASE, TOP)["waste"]["files"]
    assert passwd["path"] == "etc/passwd"
    assert "path_bytes" not in passwd
    assert cafe["path"] == "caf\ufffd"
    assert base64.b64decode(cafe["path_bytes"]) == b"caf\xe9"


def test_an_instruction_is_one_line_and_what_history_says_is_whole() -> None:
    made, unknown = document(BASE, TOP)["layers"]
    assert (made["instruction"], made["created_by"]) == ("RUN make", "RUN /bin/sh -c make\n # buildkit")
    assert (unknown["instruction"], unknown["created_by"], unknown["created"]) == (None, None, None)


def test_characters_that_act_on_a_terminal_are_escaped_and_come_back() -> None:
    name = "a\x1b[31m\u202e\x9b\x7f\U000e0041z"
    encoded = b"".join(json_blocks(analysis(step(file(name, b"x")), step(whiteout(name))), None))
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\U000e0041]", encoded.decode()) is None
    assert json.loads(encoded)["waste"]["files"][0]["path"] == name


def test_one_record_stands_on_one_line() -> None:
    lines = b"".join(json_blocks(analysis(BASE, TOP), None)).decode().split("\n")
    records = [json.loads(line.removesuffix(",")) for line in lines if line.startswith('{"index"')]
    assert [record["index"] for record in records] == [0, 1]
    assert lines[-1] == ""


def test_the_pieces_are_the_whole() -> None:
    """Written piece by piece or encoded at once: the same document."""
    given = analysis(BASE, TOP, notices=(Notice("x", Severity.INFO, "y", path=b"\xff"),))
    whole = report(given, None)
    assert msgspec.json.decode(b"".join(json_blocks(given, None)), type=Report) == whole
    assert json.loads(b"".join(json_blocks(given, None))) == json.loads(msgspec.json.encode(whole))


def test_an_image_without_layers_or_waste_is_a_document_too() -> None:
    found = document()
    assert (found["layers"], found["waste"]["files"], found["notices"]) == ([], [], [])
    assert found["totals"]["efficiency_ratio"] == 1


def test_notices_carry_their_place_and_count() -> None:
    notices = (Notice("hard-link-dangling", Severity.WARNING, "hard link to nothing", 1, b"b\xff", 17),)
    assert document(BASE, notices=notices)["notices"] == [
        {
            **{"code": "hard-link-dangling", "severity": "warning", "message": "hard link to nothing"},
            **{"layer": 1, "path": "b\ufffd", "path_bytes": base64.b64encode(b"b\xff").decode(), "count": 17},
        }
    ]


def test_a_reference_that_is_not_utf8_is_shown_with_a_replacement_character() -> None:
    assert document(BASE, reference="caf\udce9.tar")["image"]["reference"] == "caf\ufffd.tar"


@pytest.mark.parametrize(
    ("layer", "verified"),
    [
        (step(file("a")), True),
        (step(file("a"), verify=False), False),
        (step(file("a"), promised=DiffID(f"sha256:{0:064x}")), False),
        (step(file("a"), error=Truncated("ends after 3 bytes")), False),
        (step(absent="foreign layer"), False),
    ],
)
def test_a_layer_is_verified_only_if_its_bytes_are_what_was_promised(layer: Any, *, verified: bool) -> None:
    assert document(layer)["layers"][0]["verified"] is verified


def test_a_layer_says_why_it_was_not_read() -> None:
    layers = document(step(absent="foreign layer"), step(file("a"), error=Truncated("ends early")))["layers"]
    assert [(layer["absent"], layer["error"]) for layer in layers] == [
        ("foreign layer", None),
        (None, "ends early"),
    ]


@pytest.mark.parametrize(
    ("steps", "notices", "complete"),
    [
        ((BASE, TOP), (), True),
        ((BASE, step(absent="foreign layer")), (), False),
        ((BASE, step(file("a"), error=Truncated("ends early"))), (), False),
        ((BASE, TOP), (Notice("config-missing", Severity.ERROR, "c.json: not in the source"),), False),
        ((BASE, TOP), (Notice("x", Severity.WARNING, "engines disagree"),), True),
    ],
)
def test_only_a_whole_and_sound_image_is_complete(steps: Any, notices: Any, *, complete: bool) -> None:
    assert document(*steps, notices=notices)["complete"] is complete


def test_documents_follow_the_published_schema() -> None:
    schema = json.loads(schema_text("inspect.schema.json"))
    jsonschema.Draft202012Validator.check_schema(schema)
    steps = (BASE, step(compression=Compression.GZIP, absent="foreign layer"), TOP)
    notices = (Notice("x", Severity.ERROR, "y", 2, b"\xff", 3), Notice("z", Severity.INFO, "w"))
    jsonschema.validate(document(*steps, notices=notices), schema, jsonschema.Draft202012Validator)
    broken = document(*steps) | {"schema_version": "one"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema, jsonschema.Draft202012Validator)
