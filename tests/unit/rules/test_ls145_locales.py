"""LS145: translations and locale definitions."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import analyzed, file, layer
from tests.rule_cases import claimed, configured, findings, named, on_base

FOUND = {
    "usr/share/locale/de/LC_MESSAGES/coreutils.mo": 500,
    "usr/share/locale/pt_BR/LC_MESSAGES/tar.mo": 400,
    "usr/share/i18n/locales/fr_FR": 300,
    "usr/lib/locale/de_DE.utf8/LC_COLLATE": 200,
}
LEAN = (
    "usr/lib/locale/C.utf8/LC_CTYPE",
    "usr/share/locale/en_GB/LC_MESSAGES/tar.mo",
    "usr/lib/locale/en_US.utf8/LC_CTYPE",
    "usr/share/locale/locale.alias",
    "usr/lib/locale/locale-archive",
)
NEAR = (
    "app/locale/de/LC_MESSAGES/app.mo",
    "usr/share/zoneinfo/Europe/Berlin",
)


def test_translations_and_their_sources_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS145", stored) == FOUND


def test_english_and_what_was_chosen_are_not_meant() -> None:
    assert named("LS145", layer(*(file(path, b"x") for path in LEAN))) == []


def test_translations_of_a_program_elsewhere_are_not_meant() -> None:
    assert named("LS145", layer(*(file(path, b"x") for path in NEAR))) == []


def test_the_languages_of_the_configuration_are_not_meant() -> None:
    whole = analyzed(
        layer(
            file("usr/share/locale/de/LC_MESSAGES/tar.mo", b"x"),
            file("usr/share/locale/nl/LC_MESSAGES/tar.mo", b"x"),
            file("usr/share/locale/fr/LC_MESSAGES/tar.mo", b"x"),
        )
    )
    chosen = configured(whole, {"LANG": "de_DE.UTF-8", "LANGUAGE": "nl:en"})
    assert named("LS145", chosen) == ["usr/share/locale/fr/LC_MESSAGES/tar.mo"]


def test_an_archive_of_all_locales_is_found() -> None:
    archive = layer(file("usr/lib/locale/locale-archive", bytes(20_000_000)))
    assert claimed("LS145", archive) == {"usr/lib/locale/locale-archive": 20_000_000}


def test_it_warns_only_of_what_is_known_to_be_ones_own() -> None:
    whole = analyzed(layer(file("a", b"a")), layer(file("usr/share/locale/de/LC_MESSAGES/a.mo", b"x" * 900)))
    assert [finding.severity for finding in findings("LS145", whole)] == [Severity.INFO]
    assert [finding.severity for finding in findings("LS145", on_base(whole))] == [Severity.WARNING]
