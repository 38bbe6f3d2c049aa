"""LS146: debugging information."""

from __future__ import annotations

from layerscope.analysis.analyze import Analysis
from layerscope.rules.finding import Severity
from tests.builders import analyzed, file, layer, whiteout
from tests.rule_cases import claimed, findings, owned


def unstripped(*layers: bytes, **debug_bytes: int) -> Analysis:
    """An image whose program of this name in the lowest layer has so many bytes of debugging sections."""
    image = analyzed(*layers)
    changeset = image.rootfs.inodes.changesets[0]
    for name, count in debug_bytes.items():
        changeset.debug_bytes[changeset.names.index(name.encode())] = count
    return image


def test_the_sections_count_and_not_the_program() -> None:
    (found,) = findings("LS146", unstripped(layer(file("bin/app", b"x" * 100)), app=60))
    assert (found.freed_bytes, found.wasted_bytes, found.severity) == (60, 0, Severity.WARNING)
    (shown,) = found.locations[0].paths
    assert (shown.freed_bytes, shown.content_bytes) == (60, 100)
    assert "strip" in found.fix.example


def test_separate_files_count_whole_and_once() -> None:
    image = unstripped(layer(file("usr/lib/debug/app.debug", b"x" * 100)), **{"app.debug": 90})
    assert claimed("LS146", image) == {"usr/lib/debug/app.debug": 100}


def test_programs_of_the_system_and_hidden_ones_are_passed_over() -> None:
    image = unstripped(layer(file("bin/app", b"x" * 100)), app=60)
    assert findings("LS146", owned(image, "bin/app")) == ()
    hidden = unstripped(layer(file("bin/app", b"x" * 100)), layer(whiteout("bin/app")), app=60)
    assert findings("LS146", hidden) == ()


def test_libraries_of_a_language_are_for_information() -> None:
    image = unstripped(layer(file("site/lib.so", b"x" * 100)), **{"lib.so": 60})
    (found,) = findings("LS146", owned(image, "site/lib.so", ecosystem="pypi"))
    assert (found.freed_bytes, found.severity) == (60, Severity.INFO)
