"""LS160: one file that outweighs the rest."""

from __future__ import annotations

from layerscope.analysis.analyze import Analysis, analyze
from layerscope.rules.finding import Severity
from tests.builders import file, layer, memory_image, read
from tests.rule_cases import findings, on_base


def weighed(*layers: dict[str, int]) -> Analysis:
    """An image of files of these sizes, whose contents nobody has to write."""
    readings = []
    for sizes in layers:
        reading = read(layer(*[file(name, b"x") for name in sizes]))
        reading.changeset.sizes[:] = type(reading.changeset.sizes)("q", sizes.values())
        readings.append(reading)
    return analyze(memory_image(readings), readings)


def test_a_huge_file_is_named_with_its_size_and_claims_nothing() -> None:
    (found,) = findings("LS160", weighed({"model.bin": 150_000_000, "app": 400_000_000}))[1:]
    assert (found.freed_bytes, found.severity) == (0, Severity.INFO)
    (shown,) = found.locations[0].paths
    assert (shown.path, shown.freed_bytes, shown.content_bytes) == (b"model.bin", 0, 150_000_000)


def test_less_than_a_hundred_megabytes_or_a_quarter_is_not_huge() -> None:
    assert findings("LS160", weighed({"a": 99_999_999})) == ()
    rest = {f"f{number}": 99_000_000 for number in range(5)}
    assert findings("LS160", weighed({"a": 150_000_000, **rest})) == ()


def test_files_of_the_base_are_not_named_and_do_not_count() -> None:
    image = on_base(weighed({"base": 900_000_000}, {"own": 120_000_000}))
    (found,) = findings("LS160", image)
    assert [shown.path for place in found.locations for shown in place.paths] == [b"own"]
