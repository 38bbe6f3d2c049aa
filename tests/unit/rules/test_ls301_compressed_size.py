"""LS301: the blobs, as they are stored."""

from __future__ import annotations

from layerscope.analysis.snapshot import take_snapshot
from layerscope.blobs.compression import Compression
from layerscope.rules.measuring import Measured
from layerscope.rules.registry import budget
from tests.analyses import analysis, step
from tests.budget_cases import APP, measured
from tests.builders import file


def test_blobs_of_all_layers_count() -> None:
    total = sum(layer.reading.compressed_bytes for layer in APP.layers)
    assert measured("compressed-size").value == total > 1140


def test_blobs_that_are_not_compressed_yet_say_nothing_about_a_pull() -> None:
    plain, packed = (
        analysis(step(file("a", b"x"), compression=kind)) for kind in (Compression.NONE, Compression.GZIP)
    )
    reasons = [budget("LS301").unreliable(Measured(each, take_snapshot(each))) for each in (plain, packed)]
    assert "uncompressed" in reasons[0]
    assert reasons[1] == ""
