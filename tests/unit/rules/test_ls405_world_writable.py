"""LS405: files and directories that everybody may write."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import analyzed, directory, fifo, file, layer, symlink
from tests.rule_cases import findings, named, on_base, owned


def test_programs_and_configuration_are_a_warning_and_data_is_information() -> None:
    found = findings(
        "LS405",
        layer(
            file("app/run", b"x", mode=0o777),
            file("etc/app.conf", b"x", mode=0o666),
            directory("app/data", mode=0o777),
            file("app/data/a", b"x", mode=0o666),
        ),
    )
    assert {f.severity: sorted(p.path for p in f.locations[0].paths) for f in found} == {
        Severity.WARNING: [b"app/run", b"etc/app.conf"],
        Severity.INFO: [b"app/data", b"app/data/a"],
    }
    assert [finding.freed_bytes for finding in found] == [0, 0]


def test_sticky_directories_links_and_pipes_are_not_meant() -> None:
    lean = layer(
        directory("tmp", mode=0o1777),
        directory("app", mode=0o775),
        symlink("bin/sh", "dash"),
        fifo("run/pipe", mode=0o666),
        file("app/a", b"x", mode=0o664),
    )
    assert named("LS405", lean) == []


def test_what_a_later_layer_corrects_and_what_the_base_has_is_not_meant() -> None:
    loose = layer(directory("srv", mode=0o777), file("srv/a", b"x", mode=0o666))
    strict = layer(directory("srv", mode=0o755), file("srv/a", b"x", mode=0o644))
    assert named("LS405", loose) == ["srv", "srv/a"]
    assert named("LS405", loose, strict) == []
    assert named("LS405", on_base(analyzed(loose, layer(file("a", b"a"))))) == []


def test_a_directory_that_a_later_layer_opens_is_found_in_that_layer() -> None:
    (found,) = findings("LS405", layer(directory("srv")), layer(directory("srv", mode=0o777)))
    assert [place.layer for place in found.locations] == [1]


def test_what_a_package_installed_that_way_is_not_meant() -> None:
    whole = analyzed(layer(file("var/lib/some/a", b"x", mode=0o666)))
    assert named("LS405", owned(whole, "var/lib/some/a")) == []


def test_a_project_below_usr_src_is_no_part_of_the_system() -> None:
    found = findings("LS405", layer(file("usr/src/app/a.txt", b"x", mode=0o666)))
    assert [finding.severity for finding in found] == [Severity.INFO]
