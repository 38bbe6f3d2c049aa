"""Which kinds of secrets a content holds: told by what it says, and by nothing of what it says.

A file is looked at because of its name (`secret_names`), and its content decides. Placeholders, references to
variables and public keys are no secrets. A value is never returned, kept, hashed or put in a message.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import msgspec

__all__ = ["SECRET_KINDS", "Look", "assignments", "fields", "holds", "json_fields", "keys", "tokens", "urls"]

SECRET_KINDS: dict[str, str] = {
    "private-key": "a private key that no passphrase protects (PEM, OpenSSH, PuTTY, GnuPG)",
    "encrypted-private-key": "a private key that a passphrase protects",
    "key-store": "a PKCS#12 or Java key store, which as a rule holds a private key",
    "aws-credentials": "a key of Amazon Web Services",
    "google-credentials": "a key of a Google Cloud service account, or a refresh token",
    "google-api-key": "an API key of Google's",
    "azure-credentials": "a token or client secret of Azure",
    "docker-credentials": "a login of a container registry",
    "kube-credentials": "a client key, token or password of a Kubernetes cluster",
    "git-credentials": "a password or token that git sends",
    "netrc-password": "a password in .netrc",
    "npm-token": "a token or password of an npm registry",
    "pypi-token": "a token or password of a Python package index",
    "rubygems-key": "an API key of a gem server",
    "composer-credentials": "a token or password of Composer's",
    "cargo-token": "a token of a crate registry",
    "maven-password": "a password of a Maven repository",
    "terraform-state": "a state of Terraform with passwords or keys in it",
    "terraform-token": "a token of Terraform's",
    "vault-token": "a token of HashiCorp Vault",
    "database-password": "a password of a database client",
    "password-hashes": "password hashes of a web server",
    "rails-key": "the key that decrypts a Rails application's credentials",
    "env-file": "a password, key or token in a file of environment variables",
    "github-token": "a token of GitHub's",
    "gitlab-token": "a token of GitLab's",
    "slack-token": "a token or webhook of Slack's",
    "stripe-key": "a live key of Stripe's",
    "sendgrid-key": "a key of SendGrid's",
    "openai-key": "a key of OpenAI's",
}
"""The words that `Changeset.secrets` has, and what each means. They do not change."""

Look = Callable[[bytes], Iterable[str]]
"""Gives the kinds of secrets in a content."""

_PLACEHOLDER = re.compile(
    rb"""\$\{|\$\(|^\$\w+$ | ^<.*>$ | \{\{ | ^\{.*\}$ | ^\[.*\]$ | ^%\w+%$ | ^%\( | ^@\w+@$ | ^__\w+__$
    | x{4} | \*{3} | \.\.\. | \xe2\x80\xa6 | ^(.)\1*$
    | change[-_ ]?(?:me|it|this) | replace[-_ ]?(?:me|this|with) | place[-_ ]?holder | example
    | dummy | sample | redacted | your[-_ ] | ^your | ^my[-_]?(?:secret|password|token|key)
    | insert[-_ ] | [-_ ]here$
    | ^(?:null|none|nil|undefined|true|false|yes|no|on|off|test|testing|test\d*|foo|bar|foobar|secret|secrets
        |token|key|user|username|admin|root|postgres|mysql|redis|guest|default|empty|unset|disabled|todo|tbd
        |passw(?:or)?d\d*|passwd|pass|secret[-_]?(?:key|token)?|api[-_]?key|123\d*|abc\d*|localhost)$
    | ^\d{1,5}$ | ^\.{0,2}/ | ^(?:file|env|op|vault|ssm|aws|gcp|keyring)[:+] | ^ref\+""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_MAX_VALUE_BYTES = 4096


def holds(value: bytes) -> bool:
    """Whether a value is a secret rather than a placeholder, a reference or nothing."""
    value = value.strip().strip(b"\"'`").strip()[:_MAX_VALUE_BYTES]
    return len(value) >= 4 and _PLACEHOLDER.search(value) is None


# --- keys ---------------------------------------------------------------------------------------------------

_PEM_KEY = re.compile(
    rb"---- ?-?BEGIN (?:(RSA|DSA|EC|OPENSSH|PGP|ENCRYPTED|ANY) |SSH2 (ENCRYPTED) )?PRIVATE KEY(?: BLOCK)?"
    rb"-? ?----"
)
_BASE64_LINE = re.compile(rb"(?:^|\\n|[ \t\r\n\"'])[A-Za-z0-9+/=]{40}", re.MULTILINE)
_PUTTY = re.compile(rb"\APuTTY-User-Key-File-\d: .*\r?\nEncryption: (\S+)")
_GNUPG = re.compile(rb"\((protected-|shadowed-)?private-key")
_OPENSSH_MAGIC = b"openssh-key-v1\0"
_KEY_BYTES = 4096
_MAX_KEYS = 64


def keys(content: bytes) -> Iterator[str]:
    """Private keys as text; certificates, public keys and headers without a body are none."""
    for count, found in enumerate(_PEM_KEY.finditer(content)):
        body = content[found.end() : found.end() + _KEY_BYTES].partition(b"END ")[0]
        if count < _MAX_KEYS and _BASE64_LINE.search(body):
            yield "encrypted-private-key" if _is_encrypted(found[1] or found[2], body) else "private-key"
    if (putty := _PUTTY.match(content)) is not None:
        yield "private-key" if putty[1] == b"none" else "encrypted-private-key"
    if (gnupg := _GNUPG.search(content, 0, 1024)) is not None and gnupg[1] != b"shadowed-":
        yield "encrypted-private-key" if gnupg[1] else "private-key"


def _is_encrypted(label: bytes | None, body: bytes) -> bool:
    """Whether a passphrase protects the key: its label, a header or, of OpenSSH, the cipher in it says so.

    A PGP key may be either, which only its packets tell; it is taken for an open one.
    """
    if label == b"ENCRYPTED" or b"Proc-Type: 4,ENCRYPTED" in body:
        return True
    if label != b"OPENSSH":
        return False
    text = b"".join(body.replace(b"\\n", b"").split())[:80]
    try:
        start = binascii.a2b_base64(text[: len(text) & -4])
    except binascii.Error:
        return False
    if not start.startswith(_OPENSSH_MAGIC):
        return False
    cipher = start[len(_OPENSSH_MAGIC) + 4 :]
    return not cipher.startswith(b"none")


# --- tokens that look like nothing else ---------------------------------------------------------------------

_TOKENS = re.compile(
    rb"(?<![A-Za-z0-9])(?:"
    rb"(?P<aws_credentials>(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9]))"
    rb"|(?P<github_token>gh[pousr]_[A-Za-z0-9_]{36}|github_pat_[A-Za-z0-9]{22}_)"
    rb"|(?P<gitlab_token>gl(?:pat|dt|ft|rt|soat|cbt|imt|ptt|agent|oas)-[A-Za-z0-9_-]{20}"
    rb"|GR1348941[A-Za-z0-9_-]{20})"
    rb"|(?P<slack_token>xox[abposr]-[0-9]+-[A-Za-z0-9]|xapp-[0-9]-[A-Z0-9]{9}"
    rb"|https://hooks\.slack\.com/services/T[A-Za-z0-9_]+/B[A-Za-z0-9_]+/[A-Za-z0-9_])"
    rb"|(?P<stripe_key>[rs]k_live_[A-Za-z0-9]{24})"
    rb"|(?P<npm_token>npm_[A-Za-z0-9]{36})"
    rb"|(?P<pypi_token>pypi-AgE[A-Za-z0-9_-]{70})"
    rb"|(?P<sendgrid_key>SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})"
    rb"|(?P<google_api_key>AIza[A-Za-z0-9_-]{35})"
    rb"|(?P<azure_credentials>AccountKey=[A-Za-z0-9+/]{86}==)"
    rb"|(?P<vault_token>hv[sb]\.[A-Za-z0-9_-]{24})"
    rb"|(?P<openai_key>sk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{0,256}T3BlbkFJ)"
    rb")"
)
_EXAMPLE = b"EXAMPLE"


def tokens(content: bytes) -> Iterator[str]:
    """Tokens that say by their form whose they are, and the private keys in the content."""
    for found in _TOKENS.finditer(content):
        kind = found.lastgroup or ""
        if not found[0].endswith(_EXAMPLE):  # the keys of Amazon's documentation
            yield kind.replace("_", "-")
    yield from keys(content)


# --- values behind names ------------------------------------------------------------------------------------

_ASSIGNMENT = re.compile(rb"^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*(.*)$", re.MULTILINE)
_SECRET_NAME = re.compile(
    rb"secret|token|passw(?:or)?d|passphrase|(?:^|_)(?:pass|pwd|auth)$|api_?key|access_?key|private_?key"
    rb"|encryption_?key|master_?key|signing_?key|app_key$|credential|account_?key|connection_?string",
    re.IGNORECASE,
)
_NO_SECRET_NAME = re.compile(
    rb"public|(?:_file|_path|_dir|_url|_uri|_name|_type|_ttl|_length|_id|_expir\w*|_enabled|_algorithm)$"
    rb"|max_|min_|num_",
    re.IGNORECASE,
)
_MAX_NAME_BYTES = 256
_URL_PASSWORD = re.compile(rb"://[^\s:/@\"'<>]{0,256}:([^\s@/\"'<>]{1,1024})@")


def assignments(kind: str) -> Look:
    """Look for variables that are named like secrets and have a value, URLs with passwords, and tokens."""

    def look(content: bytes) -> Iterator[str]:
        for found in _ASSIGNMENT.finditer(content):
            name, value = found[1][-_MAX_NAME_BYTES:], found[2].partition(b" #")[0]
            if _SECRET_NAME.search(name) and not _NO_SECRET_NAME.search(name) and holds(value):
                yield kind
                break
        yield from urls(kind)(content)
        yield from tokens(content)

    return look


def urls(kind: str) -> Look:
    """Look for URLs with a password in them."""

    def look(content: bytes) -> Iterator[str]:
        if any(holds(found[1]) for found in _URL_PASSWORD.finditer(content)):
            yield kind

    return look


def fields(kind: str, pattern: bytes) -> Look:
    """Look for what the first group of an expression finds, and for URLs with passwords."""

    def look(content: bytes) -> Iterator[str]:
        expression = _compiled(pattern)  # not before a file needs it: all of them take milliseconds
        if any(holds(found[1]) for found in expression.finditer(content)):
            yield kind
        yield from urls(kind)(content)

    return look


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.MULTILINE)


def json_fields(kind: str, *names: str) -> Look:
    """Look for values of these keys in a JSON document, at any depth; a key may hold an object of secrets."""
    wanted = frozenset(names)

    def look(content: bytes) -> Iterator[str]:
        try:
            document = msgspec.json.decode(content)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return
        if any(holds(value.encode()) for value in _values(document, wanted)):
            yield kind

    return look


def _values(document: Any, wanted: frozenset[str]) -> Iterator[str]:
    """All texts below the wanted keys, user names excepted. Without recursion: a document may be deep."""
    pending: list[tuple[Any, bool]] = [(document, False)]
    while pending:
        value, inside = pending.pop()
        if isinstance(value, dict):
            pending.extend(
                (child, inside or key in wanted) for key, child in value.items() if key != "username"
            )
        elif isinstance(value, list):
            pending.extend((child, inside) for child in value)
        elif inside and isinstance(value, str):
            yield value
