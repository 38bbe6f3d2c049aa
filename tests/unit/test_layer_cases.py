"""Every semantic of layers, one case at a time: what is read, what it gives, what is said about it."""

from __future__ import annotations

import hashlib

import pytest

from layerscope.analysis.analyze import analyze
from layerscope.notices import Severity
from tests.accounting import verify_the_account
from tests.builders import memory_image, read
from tests.cases import Case, endings, formats, links, metadata, names, replacing, whiteouts
from tests.cases.expectation import differences

FAMILIES = (whiteouts, replacing, links, names, metadata, formats, endings)
CASES = [case for family in FAMILIES for case in family.CASES]

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_the_root_filesystem_is_the_expected_one(case: Case) -> None:
    readings = [read(tar, content_hash="sha256") for tar in case.layers]
    rootfs = analyze(memory_image(readings), readings).rootfs
    actual = {entry.path: entry for entry in rootfs.entries()}
    assert case.root is None or differences(actual, case.root, case.open_paths) == []


@each_case
def test_a_layer_that_breaks_says_so_and_no_other_does(case: Case) -> None:
    errors = [read(tar).error for tar in case.layers]
    if case.root is not None:
        assert [error is not None for error in errors] == [False] * (len(errors) - 1) + [case.broken]
    assert all(error is None or error.exit_code == 4 for error in errors)


@each_case
def test_what_is_odd_is_noticed_and_what_is_not_is_not(case: Case) -> None:
    """A case without codes is one that all engines agree about: it may give no warning."""
    readings = [read(tar) for tar in case.layers]
    notices = analyze(memory_image(readings), readings).notices
    if case.codes:
        assert {notice.code for notice in notices} >= case.codes
    elif case.root is None or case.broken:
        assert notices or any(reading.error for reading in readings)
    else:
        assert [notice for notice in notices if notice.severity is not Severity.INFO] == []


@each_case
def test_every_stored_byte_is_live_or_wasted(case: Case) -> None:
    readings = [read(tar) for tar in case.layers]
    verify_the_account(analyze(memory_image(readings), readings))


@each_case
def test_the_size_of_the_blocks_does_not_matter(case: Case) -> None:
    """Small blocks cut headers and contents in the middle."""
    for tar in case.layers:
        whole, pieces = read(tar), read(tar, block=100)
        assert list(pieces.changeset.entries()) == list(whole.changeset.entries())
        assert pieces.changeset.whiteouts == whole.changeset.whiteouts
        assert pieces.changeset.opaques == whole.changeset.opaques
        assert pieces.notices == whole.notices
        assert str(pieces.error) == str(whole.error)


@each_case
def test_the_diff_id_covers_every_byte_of_the_stream(case: Case) -> None:
    """What follows the end mark belongs to it. Spec: image-spec v1.1.1, config.md#layer-diffid."""
    for tar in case.layers:
        reading = read(tar)
        assert reading.error is not None or reading.diff_id == f"sha256:{hashlib.sha256(tar).hexdigest()}"
        assert reading.error is not None or reading.changeset.tar_bytes == len(tar)
