"""No secret that a history or a Dockerfile holds is shown."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from layerscope.report.json import json_blocks
from layerscope.report.markdown import markdown_report
from layerscope.report.masking import masked
from layerscope.report.text import text_report
from layerscope.report.text_options import TextOptions
from tests.analyses import analysis, step
from tests.builders import file, whiteout
from tests.findings import LINES, finding, location

GITHUB = "ghp_" + "a1B2" * 9
KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "QUJD" * 12 + "\n-----END RSA PRIVATE KEY-----"
COMMAND = f"RUN login --password=hunter2hunter2 && git clone https://bot:{GITHUB}@example.test/x.git"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ENV DB_PASSWORD=hunter2hunter2 MODE=fast", "ENV DB_PASSWORD=*** MODE=fast"),
        ('ENV API_TOKEN="two words, one secret" A=b', "ENV API_TOKEN=*** A=b"),
        ("RUN |1 NPM_TOKEN=q8w7e6r5t4 /bin/sh -c npm ci", "RUN |1 NPM_TOKEN=*** /bin/sh -c npm ci"),
        ("RUN git clone https://bot:s3cr3t99@example.test/x", "RUN git clone https://bot:***@example.test/x"),
        (f"RUN curl -H 'Authorization: Bearer {GITHUB}' x", "RUN curl -H 'Authorization: Bearer ***' x"),
        (
            f"RUN echo '{KEY}' > k",
            "RUN echo '-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----' > k",
        ),
        (f"RUN echo '{KEY[:60]}", "RUN echo '-----BEGIN RSA PRIVATE KEY-----***"),
    ],
)
def test_a_secret_becomes_stars(text: str, shown: str) -> None:
    assert masked(text) == shown


S = "hunter2xyzQ"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"ENV DB_PASSWORD {S}", "ENV DB_PASSWORD ***"),
        (f"/bin/sh -c #(nop)  ENV DB_PASSWORD {S} and more", "/bin/sh -c #(nop)  ENV DB_PASSWORD ***"),
        (f"ENV A=1 \\\n  DB_PASSWORD={S} \\\n  C=2", "ENV A=1 \\\n  DB_PASSWORD=*** \\\n  C=2"),
        (f"ENV API_TOKEN=two words {S} A=b", "ENV API_TOKEN=*** A=b"),
        (f"ENV MESSAGE=it's API_TOKEN={S} A=b", "ENV MESSAGE=it's API_TOKEN=*** A=b"),
        (f"RUN a\nENV DB_PASSWORD {S}\nRUN b", "RUN a\nENV DB_PASSWORD ***\nRUN b"),
        (f"ENV A=1 \\\n  # said\n  API_TOKEN=aa {S}\nRUN b", "ENV A=1 \\\n  # said\n  API_TOKEN=***\nRUN b"),
        (f'LABEL "com.x.token"="{S}" a=b', 'LABEL "com.x.token"=*** a=b'),
        (f"RUN |1 DB_PASSWORD=aa {S} /bin/sh -c make", "RUN |1 DB_PASSWORD=*** /bin/sh -c make"),
        (f"|2 DB_PASSWORD=aa {S} V=1 /bin/sh -c x", "|2 DB_PASSWORD=*** V=1 /bin/sh -c x"),
        (f"RUN curl -u user:{S} https://x.test", "RUN curl -u user:*** https://x.test"),
        (f"RUN app --password {S} -v", "RUN app --password *** -v"),
        (f'CMD ["app", "--db-password", "{S}"]', 'CMD ["app", "--db-password", ***]'),
        (f"RUN docker login -u me -p {S} x.test", "RUN docker login -u me -p *** x.test"),
        ("RUN PASSWORD=hun'ter'2xyz make", "RUN PASSWORD=*** make"),
        ('RUN PASSWORD=abc"def ghi" make', "RUN PASSWORD=*** make"),
        ("RUN PASSWORD=correct\\ horse\\ battery make", "RUN PASSWORD=*** make"),
        (f"RUN echo 'password={S}' > f; echo 'a b'", "RUN echo 'password=***' > f; echo 'a b'"),
        (f'RUN echo \'{{"password":"{S}"}}\' > f', "RUN echo '{\"password\":***}' > f"),
        (f"RUN curl -H 'Authorization: Bearer {S}'", "RUN curl -H 'Authorization: Bearer ***'"),
        (f"RUN echo login me password {S} > .netrc", "RUN echo login me password *** > .netrc"),
        ("RUN x postgres://u:my/pass@h/db", "RUN x postgres://u:***@h/db"),
        ("RUN x postgres://u:my@pass@h/db", "RUN x postgres://u:***@h/db"),
    ],
)
def test_a_secret_is_masked_whole_however_it_is_written(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "RUN apt-get update && apt-get install -y --no-install-recommends curl=7.88.1-10 # buildkit",
        'CMD ["python3", "-m", "http.server", "--bind=0.0.0.0:8000"]',
        "ENV PATH=/usr/local/bin:/usr/bin PASSWORD_FILE=/run/secrets/db GPG_KEY=E3FF2839C048B25C",
        "ENV DB_PASSWORD=${DB_PASSWORD} API_TOKEN=changeme",
        "RUN --mount=type=secret,id=token,env=API_TOKEN ./install.sh",
        "COPY file:032a89eceebc in /etc/ssl/private.key",
        "ADD https://user@example.test:8443/x.tar.gz /",
        "COPY --from=token:v1.2.3 /a /b",
        "RUN docker login --password-stdin registry.test && docker build --secret id=token,src=file .",
        "RUN adduser --disabled-password --gecos '' appuser && sudo -u app:app make",
        "RUN skopeo copy docker://alpine:3.20@sha256:" + "0" * 64 + " dir:/a",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


def test_a_text_of_a_megabyte_is_masked_too() -> None:
    assert masked('a=\' "b=" ' * 100_000 + "TOKEN=q8w7e6r5t4").endswith("TOKEN=***")


@pytest.mark.parametrize("piece", ["a", "a=", "://a:", "curl -u ", "login ", "-", "\\", 'password="', "x y"])
def test_a_long_text_takes_no_longer_for_each_letter(piece: str) -> None:
    """In time that grows with the square of the length, this would take hours."""
    text = piece * (400_000 // len(piece))
    assert "q8w7e6r5t4" not in masked(text + " API_TOKEN=q8w7e6r5t4")


def test_no_output_shows_a_secret() -> None:
    """In the layer's instruction, in the Dockerfile's lines, and in what the history says."""
    given = analysis(step(file("d/a", b"x" * 9), by=COMMAND), step(whiteout("d"), by=COMMAND + " # buildkit"))
    place = location((b"d/a", 9), by=COMMAND, lines=replace(LINES, text=COMMAND))
    findings = [finding(9, place), finding(9, location((b"d/a", 9), by=COMMAND))]
    shown = [
        text_report(given, findings, TextOptions(width=1000)),
        markdown_report(given, findings),
        b"".join(json_blocks(given, findings)).decode(),
    ]
    for text in shown:
        assert "***" in text
        assert "hunter2hunter2" not in text
        assert GITHUB not in text
    assert json.loads(shown[2])["layers"][0]["created_by"].startswith("RUN login --password=*** && git")
