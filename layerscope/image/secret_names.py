"""Which files are looked at for secrets: names under which secrets are usually kept.

Reasons and alternatives: docs/decisions/0013-kept-contents.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from layerscope.image.secrets import Look, assignments, fields, json_fields, keys, tokens, urls

__all__ = ["SECRETS", "SecretPattern"]


@dataclass(frozen=True, slots=True)
class SecretPattern:
    """Files that may hold secrets, in the patterns of `documents`, and what decides."""

    pattern: str
    look: Look
    most_bytes: int = 1 << 30
    """Larger files are not what the pattern means."""


def _key_store(content: bytes) -> Iterator[str]:
    """PKCS#12 is a DER sequence; of a Java key store the first entry's tag tells a key from a certificate."""
    java = content.startswith(b"\xfe\xed\xfe\xed") and content[12:16] == b"\0\0\0\1"
    if java or content.startswith((b"\x30\x80", b"\x30\x82", b"\x30\x83")):
        yield "key-store"


def _rails_key(content: bytes) -> Iterator[str]:
    if re.fullmatch(rb"[0-9a-f]{32}\s*", content):
        yield "rails-key"
    yield from keys(content)


def _service_account(content: bytes) -> Iterator[str]:
    """Any JSON may be the key of a service account: it says so, and has a key."""
    if b"service_account" in content and b"private_key" in content:
        yield from json_fields("google-credentials", "private_key")(content)


def _google(content: bytes) -> Iterator[str]:
    """Also Google's database of credentials, in which the JSON lies as text."""
    if b'"refresh_token"' in content or b'"private_key"' in content:
        yield "google-credentials"


def _any_value(kind: str) -> Look:
    return fields(kind, rb"\A\s*(\S+)\s*\Z")


def _patterns(look: Look, *patterns: str) -> tuple[SecretPattern, ...]:
    return tuple(SecretPattern(pattern, look) for pattern in patterns)


_AUTHS = ("auth", "password", "identitytoken", "registrytoken")
_NPM = fields("npm-token", rb"^[^#;\n]{0,1024}(?:_authToken|_auth|_password)[ \t]*=[ \t]*(\S+)")
_TERRAFORM = (
    rb'"[^"\n]{0,128}(?:password|secret|private_key|access_key|token)(?:_pem)?"'
    rb'\s{0,8}:\s{0,8}"([^"\n]{4,4096})"'
)

SECRETS: tuple[SecretPattern, ...] = (
    *_patterns(keys, "**/*.pem", "**/*.ppk", "**/*.asc", "**/*_key", "**/*_rsa", "**/*_dsa"),
    *_patterns(keys, "**/*_ecdsa", "**/*_ed25519", "**/*_ecdsa_sk", "**/*_ed25519_sk", "**/.ssh/*"),
    *_patterns(_rails_key, "**/*.key"),
    *_patterns(_key_store, "**/*.p12", "**/*.pfx", "**/*.jks", "**/*.keystore"),
    *_patterns(assignments("env-file"), "**/.env", "**/.env.*", "**/*.env", "**/.envrc"),
    *_patterns(_NPM, "**/.npmrc", "**/npmrc"),
    SecretPattern("**/.yarnrc.yml", fields("npm-token", rb"^[ \t]*npmAuth(?:Token|Ident):[ \t]*(\S+)")),
    SecretPattern("**/.pypirc", fields("pypi-token", rb"^[ \t]*password[ \t]*[:=][ \t]*(\S+)")),
    *_patterns(urls("pypi-token"), "**/pip.conf", "**/.pip/pip.conf", "**/uv.toml"),
    *_patterns(fields("netrc-password", rb"\bpassword\s{1,64}(\S+)"), "**/.netrc", "**/_netrc"),
    *_patterns(urls("git-credentials"), "**/.git-credentials"),
    SecretPattern(
        "**/.git/config",
        fields("git-credentials", rb"^[ \t]*extraheader[ \t]*=[ \t]*AUTHORIZATION:[ \t]*\w+[ \t]+(\S+)"),
    ),
    *_patterns(
        json_fields("docker-credentials", *_AUTHS),
        *("**/.docker/config.json", "**/.dockercfg", "**/.config/containers/auth.json"),
        "**/.dockerconfigjson",
    ),
    *_patterns(
        fields("aws-credentials", rb"^[ \t]*aws_(?:secret_access_key|session_token)[ \t]*=[ \t]*(\S+)"),
        *("**/.aws/credentials", "**/.aws/config", "**/.boto", "**/.s3cfg"),
    ),
    *_patterns(
        _google,
        "**/application_default_credentials.json",
        "**/gcloud/credentials.db",
        "**/gcloud/legacy_credentials/*/adc.json",
    ),
    *_patterns(
        json_fields("azure-credentials", "secret", "client_secret", "accessToken", "refreshToken"),
        *("**/.azure/accessTokens.json", "**/.azure/msal_token_cache.json"),
        "**/.azure/service_principal_entries.json",
    ),
    *_patterns(
        fields("kube-credentials", rb"^[ \t-]*(?:client-key-data|token|password):[ \t]*(\S+)"),
        *("**/.kube/config", "**/kubeconfig", "**/*.kubeconfig", "etc/kubernetes/*.conf"),
    ),
    *_patterns(fields("terraform-state", _TERRAFORM), "**/*.tfstate", "**/*.tfstate.backup"),
    SecretPattern("**/.terraform.d/credentials.tfrc.json", json_fields("terraform-token", "token")),
    SecretPattern("**/.terraformrc", fields("terraform-token", rb'\btoken[ \t]*=[ \t]*"([^"\n]+)"')),
    SecretPattern("**/.vault-token", _any_value("vault-token")),
    *_patterns(
        fields("maven-password", rb"<(?:password|passphrase)>([^<]{1,1024})</"),
        *("**/.m2/settings.xml", "**/conf/settings.xml"),
    ),
    SecretPattern("**/.gem/credentials", fields("rubygems-key", rb"^:?[\w.:/-]+:[ \t]+(\S+)")),
    *_patterns(
        json_fields(
            "composer-credentials",
            *("github-oauth", "gitlab-oauth", "gitlab-token", "bitbucket-oauth", "http-basic", "bearer"),
        ),
        *("**/.composer/auth.json", "**/auth.json"),
    ),
    *_patterns(
        fields("cargo-token", rb'^[ \t]*(?:token|secret-key)[ \t]*=[ \t]*"([^"\n]+)"'),
        *("**/.cargo/credentials", "**/.cargo/credentials.toml", "**/cargo/credentials.toml"),
    ),
    SecretPattern("**/.pgpass", fields("database-password", rb"^(?:[^#:\n][^:\n]*:)(?:[^:\n]*:){3}(.+)$")),
    *_patterns(
        fields("database-password", rb"^[ \t]*password[ \t]*=[ \t]*(\S+)"), "**/.my.cnf", "**/.mylogin.cnf"
    ),
    *_patterns(
        fields("password-hashes", rb"^[^:\s]+:((?:\$apr1\$|\$2[abxy]\$|\$[156]\$|\{SHA\})\S+)"),
        *("**/.htpasswd", "**/htpasswd"),
    ),
    *_patterns(tokens, "**/.bash_history", "**/.ash_history", "**/.zsh_history", "**/.python_history"),
    SecretPattern("**/*.json", _service_account, most_bytes=32 << 10),
)
"""Every file that is looked at; of several patterns the first one counts."""
