"""What the detectors of detect-secrets find in generated files, layerscope finds too.

Its detectors of one vendor's tokens are meant: its guesses by entropy and keyword find what is no secret.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from random import Random

import pytest

from layerscope.image.secrets import SECRET_KINDS
from tests.builders import file, layer, read_layer
from tests.differential.tools import require_module

ALPHANUMERIC = string.ascii_letters + string.digits
URL_SAFE = ALPHANUMERIC + "_-"
UPPER = string.ascii_uppercase + string.digits

Make = Callable[[Callable[..., str]], str]


def some(random: Random) -> Callable[..., str]:
    """Makes `count` characters of an alphabet."""

    def make(alphabet: str, count: int, most: int | None = None) -> str:
        return "".join(random.choices(alphabet, k=random.randint(count, most or count)))

    return make


CASES: list[tuple[str, str, str, str, Make]] = [
    ("aws", "AWSKeyDetector", "aws-credentials", ".env", lambda s: f"ID=AKIA{s(UPPER, 16)}"),
    ("aws", "AWSKeyDetector", "aws-credentials", ".env", lambda s: f"ID=ASIA{s(UPPER, 16)}"),
    (
        "github_token",
        "GitHubTokenDetector",
        "github-token",
        ".env",
        lambda s: f"A=gh{s('pousr', 1)}_{s(ALPHANUMERIC, 36)}",
    ),
    *(
        ("gitlab_token", "GitLabTokenDetector", "gitlab-token", ".env", make)
        for make in (
            lambda s: f"A=glpat-{s(URL_SAFE, 20, 50)}",
            lambda s: f"A=gldt-{s(URL_SAFE, 20, 50)}",
            lambda s: f"A=glrt-{s(URL_SAFE, 20, 50)}",
            lambda s: f"A=glcbt-{s('0123456789abcdef', 2)}_{s(URL_SAFE, 20)}",
            lambda s: f"A=glptt-{s(URL_SAFE, 40)}",
            lambda s: f"A=GR1348941{s(URL_SAFE, 20)}",
        )
    ),
    (
        "slack",
        "SlackDetector",
        "slack-token",
        ".env",
        lambda s: f"A=xox{s('abposr', 1)}-{s('12', 10)}-{s(ALPHANUMERIC, 20)}",
    ),
    (
        "slack",
        "SlackDetector",
        "slack-token",
        ".env",
        lambda s: f"A=https://hooks.slack.com/services/T{s(UPPER, 8)}/B{s(UPPER, 8)}/{s(ALPHANUMERIC, 24)}",
    ),
    (
        "stripe",
        "StripeDetector",
        "stripe-key",
        ".env",
        lambda s: f"A={s('rs', 1)}k_live_{s(ALPHANUMERIC, 24)}",
    ),
    (
        "npm",
        "NpmDetector",
        "npm-token",
        ".npmrc",
        lambda s: f"//r.test/:_authToken=npm_{s(ALPHANUMERIC, 36)}",
    ),
    (
        "npm",
        "NpmDetector",
        "npm-token",
        "home/me/.npmrc",
        lambda s: f"//r.test/:_authToken={s('0123456789abcdef-', 36)}",
    ),
    (
        "pypi_token",
        "PypiTokenDetector",
        "pypi-token",
        ".pypirc",
        lambda s: f"password = pypi-AgEIcHlwaS5vcmc{s(URL_SAFE, 70, 150)}",
    ),
    (
        "pypi_token",
        "PypiTokenDetector",
        "pypi-token",
        ".env",
        lambda s: f"A=pypi-AgENdGVzdC5weXBpLm9yZw{s(URL_SAFE, 70)}",
    ),
    (
        "sendgrid",
        "SendGridDetector",
        "sendgrid-key",
        ".env",
        lambda s: f"A=SG.{s(URL_SAFE, 22)}.{s(URL_SAFE, 43)}",
    ),
    (
        "openai",
        "OpenAIDetector",
        "openai-key",
        ".env",
        lambda s: f"A=sk-{s(ALPHANUMERIC, 20)}T3BlbkFJ{s(ALPHANUMERIC, 20)}",
    ),
    (
        "azure_storage_key",
        "AzureStorageKeyDetector",
        "azure-credentials",
        ".env",
        lambda s: f"A=AccountKey={s(ALPHANUMERIC + '+/', 86)}==",
    ),
    (
        "basic_auth",
        "BasicAuthDetector",
        "git-credentials",
        ".git-credentials",
        lambda s: f"https://{s(ALPHANUMERIC, 5)}:{s(ALPHANUMERIC, 12)}@git.test",
    ),
    *(
        (
            "private_key",
            "PrivateKeyDetector",
            "private-key",
            "key.pem",
            lambda s, label=label: f"-----BEGIN {label}-----\n{s(ALPHANUMERIC, 64)}\n-----END {label}-----",
        )
        for label in ("DSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY", "RSA PRIVATE KEY")
    ),
    (
        "private_key",
        "PrivateKeyDetector",
        "private-key",
        "key.asc",
        lambda s: f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{s(ALPHANUMERIC, 64)}\n",
    ),
]


@pytest.mark.parametrize(
    ("module", "detector", "kind", "path", "make"),
    CASES,
    ids=[f"{case[1]}-{number}" for number, case in enumerate(CASES)],
)
def test_what_detect_secrets_finds_is_found(
    module: str, detector: str, kind: str, path: str, make: Make
) -> None:
    plugins = require_module(f"detect_secrets.plugins.{module}")
    plugin = getattr(plugins, detector)()
    random = Random(f"{detector} {kind}")
    contents = [make(some(random)) for _ in range(60)]
    theirs = [c for c in contents if any(plugin.analyze_string(line) for line in c.splitlines())]
    assert len(theirs) == len(contents)
    changeset = read_layer(layer(*(file(f"{n}/{path}", text.encode()) for n, text in enumerate(contents))))
    assert [contents[n] for n in range(len(contents)) if kind not in changeset.secrets.get(n, ())] == []
    assert kind in SECRET_KINDS
