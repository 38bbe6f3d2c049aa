"""LS402: secrets in files of the image."""

from __future__ import annotations

import pytest

from layerscope.rules.finding import Severity
from tests.builders import analyzed, file, layer, whiteout
from tests.rule_cases import findings, named, owned
from tests.secret_samples import DOTENV, ENCRYPTED_KEY, NPMRC, PRIVATE_KEY


def severities(path: str, content: bytes) -> list[Severity]:
    """Of the findings about one file."""
    return [finding.severity for finding in findings("LS402", layer(file(path, content)))]


def test_a_key_is_named_with_its_kind_and_never_shown() -> None:
    (found,) = findings("LS402", layer(file("app/server.key", PRIVATE_KEY)))
    assert (
        found.message == "a private key that no passphrase protects (private-key) is in the root filesystem"
    )
    assert [shown.path for shown in found.locations[0].paths] == [b"app/server.key"]
    assert (found.freed_bytes, found.severity) == (0, Severity.ERROR)
    assert "QUJD" not in repr(found)


def test_a_token_is_an_error_and_what_is_often_meant_to_be_there_a_warning() -> None:
    assert severities("root/.npmrc", NPMRC) == [Severity.ERROR]
    assert severities("app/.env", DOTENV) == [Severity.WARNING]
    assert severities("app/server.key", ENCRYPTED_KEY) == [Severity.WARNING]


def test_host_keys_have_their_own_fix() -> None:
    (found,) = findings("LS402", layer(file("etc/ssh/ssh_host_rsa_key", PRIVATE_KEY)))
    assert found.severity is Severity.WARNING
    assert "/etc/ssh/ssh_host_*" in found.fix.example


@pytest.mark.parametrize(
    "path",
    [
        "usr/local/lib/python3.12/site-packages/tornado/test/test.key",
        "app/node_modules/public-encrypt/test/test_key.pem",
        "go/pkg/mod/golang.org/x/crypto@v0.1.0/ssh/testdata/a.key",
        "usr/share/doc/libssl-doc/demos/server.pem",
    ],
)
def test_keys_that_tests_of_packages_use_are_not_meant(path: str) -> None:
    assert severities(path, PRIVATE_KEY) == []


@pytest.mark.parametrize(
    "path",
    [
        "app/tests/fixtures/server.key",
        "usr/local/lib/python3.12/site-packages/some/server.key",
        "etc/ssl/private/ssl-cert-snakeoil.key",
        "app/server-test.key",
    ],
)
def test_keys_that_are_likely_to_be_harmless_are_for_information(path: str) -> None:
    assert severities(path, PRIVATE_KEY) == [Severity.INFO]


def test_a_template_of_an_environment_file_is_for_information() -> None:
    assert severities("app/.env.example", DOTENV) == [Severity.INFO]
    assert severities("app/.env.production", DOTENV) == [Severity.WARNING]


def test_keys_that_packages_own_are_public() -> None:
    whole = analyzed(layer(file("usr/lib/some/demo.pem", PRIVATE_KEY)))
    assert [f.severity for f in findings("LS402", whole)] == [Severity.ERROR]
    assert findings("LS402", owned(whole, "usr/lib/some/demo.pem")) == ()
    of_language = findings("LS402", owned(whole, "usr/lib/some/demo.pem", ecosystem="npm"))
    assert [f.severity for f in of_language] == [Severity.INFO]


def test_certificates_public_keys_placeholders_and_what_was_removed_are_not_meant() -> None:
    certificate = PRIVATE_KEY.replace(b"PRIVATE KEY", b"CERTIFICATE")
    lean = layer(
        file("etc/ssl/certs/ca.pem", certificate),
        file("app/id.pem", PRIVATE_KEY.replace(b"PRIVATE", b"PUBLIC")),
        file("app/.env", b"DB_PASSWORD=changeme\nAPI_TOKEN=${API_TOKEN}\n"),
        file("root/.npmrc", b"registry=https://registry.npmjs.org/\n"),
    )
    assert named("LS402", lean) == []
    assert named("LS402", layer(file("app/a.key", PRIVATE_KEY)), layer(whiteout("app/a.key"))) == []
