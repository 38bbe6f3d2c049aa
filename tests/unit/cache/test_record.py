"""A kept reading as bytes: what comes out is what went in, or an error."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given

from layerscope.blobs.hashing import wide_hash
from layerscope.cache.record import DamagedRecord, RecordKey, decode_record, encode_record, is_record
from layerscope.image.layer import LayerReading
from layerscope.rootfs.rootfs import Rootfs
from tests.builders import Member, layer, read
from tests.cases import Case
from tests.property.strategies import SETTINGS, layers
from tests.unit.test_layer_cases import CASES
from tests.unit.test_read_layers import seen


def key_of(reading: LayerReading) -> RecordKey:
    return RecordKey("settings", reading.diff_id or "", reading.fingerprint or "")


@SETTINGS
@given(layers)
def test_a_kept_reading_is_the_reading_in_every_field(members: list[Member]) -> None:
    reading = read(layer(*members))
    data = encode_record(key_of(reading), reading)
    assert is_record(data)
    assert seen(decode_record(data, key_of(reading))) == seen(reading)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_of_layers_can_be_kept(case: Case) -> None:
    for tar in case.layers:
        reading = read(tar)
        if reading.error is None:
            data = encode_record(key_of(reading), reading)
            assert seen(decode_record(data, key_of(reading))) == seen(reading)


@pytest.mark.parametrize("field", ["settings", "diff_id", "fingerprint"])
def test_the_answer_to_another_question_is_refused(field: str) -> None:
    reading = read(CASES[0].layers[0])
    data = encode_record(key_of(reading), reading)
    with pytest.raises(DamagedRecord):
        decode_record(data, msgspec.structs.replace(key_of(reading), **{field: "other"}))


def test_every_byte_counts() -> None:
    reading = read(CASES[0].layers[0])
    data = encode_record(key_of(reading), reading)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        assert not is_record(bytes(changed))
        with pytest.raises(DamagedRecord):
            decode_record(bytes(changed), key_of(reading))
        assert not is_record(data[:place])
    assert not is_record(data + b"\0")


def forged(data: bytes, how: random.Random) -> bytes:
    """A change with the checksum that goes with it."""
    head = data.index(b"\n") + 1
    body = bytearray(data[head + 16 :])
    for _ in range(1 + how.randrange(3)):
        place = how.randrange(len(body))
        body[place] = how.choice([0, 1, 127, 128, 255, how.randrange(256)])
    return data[:head] + wide_hash(bytes(body)) + bytes(body)


def test_what_was_forged_is_refused_or_holds_together() -> None:
    """Whoever writes a file with its checksum may lie, and may not make layerscope fall over its columns."""
    how, outcomes = random.Random(9), {True: 0, False: 0}
    readings = [read(tar) for case in CASES for tar in case.layers]
    sound = [(reading, encode_record(key_of(reading), reading)) for reading in readings if not reading.error]
    for _ in range(3000):
        reading, data = how.choice(sound)
        try:
            found = decode_record(forged(data, how), key_of(reading))
        except DamagedRecord:
            outcomes[False] += 1
            continue
        outcomes[True] += 1
        assert found.diff_id == reading.diff_id
        assert use(found) >= 0
    assert min(outcomes.values()) > 100


def use(reading: LayerReading) -> Any:
    """Do with a changeset what every run does."""
    rootfs = Rootfs()
    rootfs.apply(reading.changeset)
    return len(list(rootfs.entries())) + len(list(reading.changeset.entries()))
