"""LS144: documentation and manual pages."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import analyzed, file, layer
from tests.rule_cases import claimed, findings, named, on_base

FOUND = {
    "usr/share/doc/curl/changelog.Debian.gz": 500,
    "usr/share/man/man1/curl.1.gz": 400,
    "usr/share/info/dir": 30,
    "usr/local/share/man/man1/node.1": 200,
    "usr/share/gtk-doc/html/glib/index.html": 100,
}
LEAN = (
    "usr/share/doc/curl/copyright",
    "usr/share/doc/curl/LICENSE.txt",
    "usr/share/doc/curl/COPYING",
    "usr/share/doc/apache/NOTICE",
    "usr/share/licenses/curl/COPYING",
    "usr/bin/curl",
)
NEAR = (
    "app/doc/guide.md",
    "usr/share/docs/a",
    "usr/share/perl5/pod/a.pod",
)


def test_manuals_and_documentation_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS144", stored) == FOUND


def test_legal_texts_are_not_meant() -> None:
    assert named("LS144", layer(*(file(path, b"x") for path in LEAN))) == []


def test_documentation_elsewhere_is_not_meant() -> None:
    assert named("LS144", layer(*(file(path, b"x") for path in NEAR))) == []


def test_it_warns_only_of_what_is_known_to_be_ones_own() -> None:
    whole = analyzed(
        layer(file("usr/share/man/man1/ls.1.gz", b"x" * 5000)),
        layer(file("usr/share/man/man1/curl.1.gz", b"x" * 3000)),
    )
    assert [(f.severity, f.in_base) for f in findings("LS144", whole)] == [
        (Severity.INFO, False),
        (Severity.INFO, False),
    ]
    assert [(f.severity, f.in_base) for f in findings("LS144", on_base(whole))] == [
        (Severity.INFO, True),
        (Severity.WARNING, False),
    ]
