"""Which files hold secrets, told by name and content, without a byte of a secret going any further."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

from layerscope.blobs.limits import DEFAULT_LIMITS
from layerscope.image.path_patterns import NameGate
from layerscope.image.read import ReadOptions, read_blocks
from layerscope.image.secret_names import SECRETS, SecretPattern
from layerscope.image.secrets import SECRET_KINDS
from layerscope.image.wire import encode_reading
from tests.builders import file, hardlink, image, layer, read, read_layer
from tests.cli.running import layerscope
from tests.media import write_medium

SECRET = "Zq8WvT3nLk5RyU2pXc7B"
BODY = base64.encodebytes(SECRET.encode() * 8).decode()


def pem(label: str, body: str = BODY) -> bytes:
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


def openssh(cipher: bytes) -> bytes:
    start = b"openssh-key-v1\0" + len(cipher).to_bytes(4, "big") + cipher
    return pem("OPENSSH PRIVATE KEY", base64.encodebytes(start + SECRET.encode() * 8).decode())


def docs(value: object) -> bytes:
    return json.dumps(value, indent=2).encode()


FOUND: list[tuple[str, bytes, str]] = [
    ("root/.ssh/id_rsa", pem("RSA PRIVATE KEY"), "private-key"),
    ("root/.ssh/deploy", openssh(b"none"), "private-key"),
    ("root/.ssh/id_ed25519", openssh(b"aes256-ctr"), "encrypted-private-key"),
    ("id_ecdsa", pem("EC PRIVATE KEY"), "private-key"),
    ("etc/ssh/ssh_host_ed25519_key", openssh(b"none"), "private-key"),
    ("etc/ssl/private/server.key", pem("PRIVATE KEY"), "private-key"),
    ("app/both.pem", pem("CERTIFICATE") + pem("PRIVATE KEY"), "private-key"),
    ("app/ssh2.pem", pem("SSH2 ENCRYPTED PRIVATE KEY").replace(b"-----", b"----"), "encrypted-private-key"),
    (
        "app/ssh2-as-written.key",
        pem("SSH2 ENCRYPTED PRIVATE KEY")
        .replace(b"-----BEGIN", b"---- BEGIN")
        .replace(b"KEY-----", b"KEY ----"),
        "encrypted-private-key",
    ),
    ("app/crlf.pem", pem("PRIVATE KEY").replace(b"\n", b"\r\n"), "private-key"),
    ("app/a.pem", pem("ENCRYPTED PRIVATE KEY"), "encrypted-private-key"),
    (
        "app/b.pem",
        pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" + BODY),
        "encrypted-private-key",
    ),
    ("app/c.ppk", b"PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: none\r\n", "private-key"),
    ("app/d.ppk", b"PuTTY-User-Key-File-3: ssh-rsa\nEncryption: aes256-cbc\n", "encrypted-private-key"),
    ("root/.gnupg/private-keys-v1.d/AB.key", b"Created: 1\nKey: (private-key (rsa", "private-key"),
    ("root/key.asc", pem("PGP PRIVATE KEY BLOCK"), "private-key"),
    ("app/store.p12", b"\x30\x82\x01\x02" + SECRET.encode(), "key-store"),
    ("app/store.pfx", b"\x30\x82\x01\x02" + SECRET.encode(), "key-store"),
    ("app/store.jks", b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\1" + SECRET.encode(), "key-store"),
    ("app/config/master.key", b"0123456789abcdef0123456789abcdef\n", "rails-key"),
    ("app/.env", f"DEBUG=1\nDB_PASSWORD='{SECRET}'\n".encode(), "env-file"),
    ("app/.env.production", f"export API_KEY={SECRET} # ours\n".encode(), "env-file"),
    (".env", f"DATABASE_URL=postgres://me:{SECRET}@db/x\n".encode(), "env-file"),
    ("app/prod.env", f"SECRET_KEY_BASE = {SECRET}\r\n".encode(), "env-file"),
    ("root/.npmrc", f"//registry.npmjs.org/:_authToken={SECRET}\n".encode(), "npm-token"),
    ("root/.yarnrc.yml", f'npmAuthToken: "{SECRET}"\n'.encode(), "npm-token"),
    ("root/.pypirc", f"[pypi]\nusername = __token__\npassword = {SECRET}\n".encode(), "pypi-token"),
    ("etc/pip.conf", f"[global]\nindex-url = https://u:{SECRET}@pypi.test/simple\n".encode(), "pypi-token"),
    ("root/.netrc", f"machine a.test login u password {SECRET}\n".encode(), "netrc-password"),
    ("root/.git-credentials", f"https://u:{SECRET}@git.test\n".encode(), "git-credentials"),
    (
        "app/.git/config",
        f'[http "https://git.test/"]\n\textraheader = AUTHORIZATION: basic {SECRET}\n'.encode(),
        "git-credentials",
    ),
    ("root/.docker/config.json", docs({"auths": {"r.test": {"auth": SECRET}}}), "docker-credentials"),
    ("root/.dockercfg", docs({"r.test": {"password": SECRET}}), "docker-credentials"),
    (
        "root/.aws/credentials",
        f"[default]\naws_access_key_id = AKIAQ\naws_secret_access_key = {SECRET * 2}\n".encode(),
        "aws-credentials",
    ),
    (
        "app/any-name.json",
        docs({"type": "service_account", "private_key": pem("PRIVATE KEY").decode()}),
        "google-credentials",
    ),
    (
        "root/.config/gcloud/application_default_credentials.json",
        docs({"refresh_token": SECRET}),
        "google-credentials",
    ),
    ("root/.azure/accessTokens.json", docs([{"refreshToken": SECRET}]), "azure-credentials"),
    ("root/.kube/config", f"users:\n- user:\n    token: {SECRET}\n".encode(), "kube-credentials"),
    ("infra/terraform.tfstate", docs({"r": [{"db_password": SECRET}]}), "terraform-state"),
    ("root/.terraform.d/credentials.tfrc.json", docs({"c": {"a": {"token": SECRET}}}), "terraform-token"),
    ("root/.terraformrc", f'credentials "a" {{\n  token = "{SECRET}"\n}}\n'.encode(), "terraform-token"),
    ("root/.vault-token", SECRET.encode(), "vault-token"),
    (
        "root/.m2/settings.xml",
        f"<settings><server><password>{SECRET}</password></server></settings>".encode(),
        "maven-password",
    ),
    ("root/.gem/credentials", f"---\n:rubygems_api_key: {SECRET}\n".encode(), "rubygems-key"),
    ("root/.composer/auth.json", docs({"github-oauth": {"github.com": SECRET}}), "composer-credentials"),
    (
        "app/auth.json",
        docs({"http-basic": {"a.test": {"username": "u", "password": SECRET}}}),
        "composer-credentials",
    ),
    ("root/.cargo/credentials.toml", f'[registry]\ntoken = "{SECRET}"\n'.encode(), "cargo-token"),
    ("root/.pgpass", f"db:5432:*:me:{SECRET}\n".encode(), "database-password"),
    ("root/.my.cnf", f"[client]\npassword={SECRET}\n".encode(), "database-password"),
    ("etc/nginx/.htpasswd", f"me:$apr1$abcdefgh${SECRET}\n".encode(), "password-hashes"),
    ("root/.bash_history", f"curl -H 'token: ghp_{SECRET}{SECRET[:16]}' x\n".encode(), "github-token"),
]
"""Path, content, the one kind that it is of."""

NOTHING: list[tuple[str, bytes]] = [
    ("root/.ssh/known_hosts", b"host ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + SECRET.encode()),
    ("root/.ssh/id_rsa.pub", b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ" + SECRET.encode()),
    ("root/.ssh/authorized_keys", b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ" + SECRET.encode()),
    ("etc/ssl/certs/ca.pem", pem("CERTIFICATE")),
    ("app/public.pem", pem("PUBLIC KEY")),
    ("app/public.key", pem("PGP PUBLIC KEY BLOCK")),
    ("app/doc.pem", b"-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n"),
    ("app/keynote.key", b"PK\3\4"),
    ("app/trust.jks", b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\2" + SECRET.encode()),
    ("app/text.p12", b"no key store\n"),
    ("app/.env", b"DEBUG=1\nPORT=8080\nNAME=" + SECRET.encode()),
    ("app/.env.example", b"API_KEY=<your-key>\nDB_PASSWORD=changeme\nTOKEN=${TOKEN}\nSECRET=\nA_KEY=x\n"),
    ("app/.env.b", b"SECRET=xxxxxxxx\nTOKEN=your-token-here\nPASSWORD=password\nAPI_KEY='****'\nPWD=/app\n"),
    ("app/.env.c", b"TOKEN_TTL=86400\nSECRET_FILE=/run/secrets/a\nTOKEN=/run/secrets/b\nPASSWORD=$PW\n"),
    ("app/.env.d", b"DATABASE_URL=postgres://me:${PW}@db/x\nURL=postgres://me:password@db/x\n"),
    ("app/.env.e", b"PUBLIC_KEY=" + SECRET.encode() + b"\nAUTHOR=" + SECRET.encode() + b"\n"),
    ("app/.env.f", b"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"),
    ("root/.npmrc", b"registry=https://r.test/\n//r.test/:_authToken=${NPM_TOKEN}\n# _auth=" + b"a" * 20),
    ("root/.pypirc", b"[pypi]\nusername = __token__\n"),
    ("etc/pip.conf", b"[global]\nindex-url = https://pypi.test/simple\n"),
    ("root/.git-credentials", b"\n"),
    ("app/.git/config", b'[remote "origin"]\n\turl = https://git.test/a.git\n'),
    ("root/.docker/config.json", docs({"auths": {"r.test": {}}, "credsStore": SECRET})),
    ("root/.docker/config.json", b"[" * 100_000),
    ("root/.docker/config.json", b'{"auth": "\xff\xfe\xfd\xfc\xfb"}'),
    ("root/.aws/config", b"[default]\nregion = eu-central-1\n"),
    ("app/config.json", docs({"type": "service_account", "private_key": ""})),
    ("app/config.json", docs({"private_key_of": "service_account"})),
    ("root/.kube/config", b"clusters:\n- cluster:\n    certificate-authority-data: " + SECRET.encode()),
    ("infra/terraform.tfstate", docs({"password": "", "secret": None})),
    ("etc/maven/conf/settings.xml", b"<!-- <password>your-password</password> -->"),
    ("root/.m2/settings.xml", b"<password>{COQLCE6DU6GtcS5P=}</password>"),
    ("app/composer.json", docs({"bearer": SECRET})),
    ("root/.composer/auth.json", docs({"http-basic": {"a.test": {"username": SECRET}}})),
    ("app/ordinary.txt", pem("PRIVATE KEY")),
    ("app/.wh..env", b"PASSWORD=" + SECRET.encode()),
    (".wh..wh.plnk/.env", b"PASSWORD=" + SECRET.encode()),
]


@pytest.mark.parametrize(("path", "content", "kind"), FOUND, ids=[path for path, _, _ in FOUND])
def test_a_secret_is_found_by_name_and_content(path: str, content: bytes, kind: str) -> None:
    assert read_layer(layer(file("a", b"1"), file(path, content))).secrets == {1: (kind,)}


@pytest.mark.parametrize(("path", "content"), NOTHING, ids=[path for path, _ in NOTHING])
def test_what_is_no_secret_is_not_called_one(path: str, content: bytes) -> None:
    assert read_layer(layer(file(path, content))).secrets == {}


TOKENS = [
    ("aws-credentials", "AKIA" + "Q4R5T6Y7U8W9Z2X3"),
    ("github-token", "ghp_" + "a1B2" * 9),
    ("github-token", "github_pat_" + "a1" * 11 + "_" + "b" * 59),
    ("gitlab-token", "glpat-" + "a1B2" * 5),
    ("slack-token", "xoxb-" + "1234567890-abcdefABCDEF"),
    ("slack-token", "https://hooks.slack.com/services/" + "T0AB/B0CD/xYz123"),
    ("stripe-key", "sk_live_" + "a1B2" * 6),
    ("npm-token", "npm_" + "a1B2" * 9),
    ("pypi-token", "pypi-AgEIcHlwaS5vcmc" + "a1B2" * 20),
    ("sendgrid-key", "SG." + "a" * 22 + "." + "b" * 43),
    ("google-api-key", "AIza" + "a1B2C" * 7),
    ("azure-credentials", "AccountName=a;AccountKey=" + "a1B2c3" * 14 + "a1=="),
    ("vault-token", "hvs." + "a1B2" * 6),
    ("openai-key", "sk-proj-" + "a1B2" * 5 + "T3BlbkFJ" + "a1B2" * 5),
    ("private-key", pem("PRIVATE KEY").decode().replace("\n", "\\n")),
]


@pytest.mark.parametrize(("kind", "token"), TOKENS)
def test_a_token_says_by_its_form_whose_it_is(kind: str, token: str) -> None:
    """Also behind a name that does not speak of secrets."""
    assert read_layer(layer(file("app/.env", f'SETTING="{token}"\n'.encode()))).secrets == {0: (kind,)}


def test_all_kinds_of_a_file_are_named_in_order() -> None:
    content = f"PASSWORD={SECRET}\nA={TOKENS[5][1]}\nB={TOKENS[0][1]}\n".encode()
    expected = {0: ("aws-credentials", "env-file", "slack-token")}
    assert read_layer(layer(file(".env", content))).secrets == expected


def test_every_kind_has_a_meaning_and_a_test() -> None:
    assert {kind for _, _, kind in FOUND} | {kind for kind, _ in TOKENS} == set(SECRET_KINDS)


def test_every_look_is_tested() -> None:
    gate = NameGate(SECRETS)
    paths = [path.encode().rpartition(b"/") for path, _, _ in FOUND]
    tested = {pattern.look for parent, _, base in paths if (pattern := gate.match(parent, base)) is not None}
    assert [pattern.pattern for pattern in SECRETS if pattern.look not in tested] == []


def test_only_files_up_to_a_bound_are_looked_at() -> None:
    content = f"PASSWORD={SECRET}\n".encode()
    for size, expected in ((1 << 20, {0: ("env-file",)}), ((1 << 20) + 1, {})):
        assert read_layer(layer(file(".env", content.ljust(size, b"\n")))).secrets == expected


def test_the_bytes_that_are_looked_at_are_bounded_for_each_layer() -> None:
    content = f"PASSWORD={SECRET}\n".encode().ljust(1000, b"\n")
    tar = layer(*(file(f"{n}/.env", content) for n in range(5)))
    reading = read_blocks([tar], ReadOptions(limits=replace(DEFAULT_LIMITS, secret_files_bytes=3000)))
    assert list(reading.changeset.secrets) == [0, 1, 2]
    [notice] = reading.notices
    assert (notice.code, notice.path, notice.count) == ("secrets-not-sought", b"3/.env", 2)


def test_a_file_that_is_too_large_to_be_looked_at_is_said() -> None:
    content = f"PASSWORD={SECRET}\n".encode().ljust(1001, b"\n")
    tar = layer(file("a/.env", content), file("a/plain", content), file("b/.env", content[:1000]))
    reading = read_blocks([tar], ReadOptions(limits=replace(DEFAULT_LIMITS, secret_file_bytes=1000)))
    assert list(reading.changeset.secrets) == [2]
    [notice] = reading.notices
    assert (notice.code, notice.path, notice.count) == ("secrets-not-sought", b"a/.env", 1)


def test_a_hard_link_is_no_second_secret() -> None:
    tar = layer(file("app/.env", f"PASSWORD={SECRET}".encode()), hardlink("b/.env", to="app/.env"))
    assert read_layer(tar).secrets == {0: ("env-file",)}


@pytest.mark.parametrize("content_hash", ["xxh3-128", "none"])
@pytest.mark.parametrize("block", [512, 1000, 1 << 20])
def test_block_sizes_change_no_secret(block: int, content_hash: str) -> None:
    tar = layer(*(file(f"{n}/{path}", content) for n, (path, content, _) in enumerate(FOUND)))
    whole = {n: (kind,) for n, (_, _, kind) in enumerate(FOUND)}
    assert read_layer(tar, block=block, content_hash=content_hash).secrets == whole


def test_no_byte_of_a_secret_leaves_the_reader(tmp_path: Path) -> None:
    """Not in what travels between processes, in representations, or in any output."""
    tar = layer(*(file(f"{n}/{path}", content) for n, (path, content, _) in enumerate(FOUND)))
    reading = read(tar)
    assert len(reading.changeset.secrets) == len(FOUND)
    path = write_medium("docker-archive", image(tar), tmp_path / "image.tar")
    outputs = [layerscope("inspect", path, "--format", name) for name in ("json", "text", "markdown")]
    assert [ended.code for ended in outputs] == [0, 0, 0]
    shown = [
        *(encode_reading(reading), repr(reading).encode(), repr(reading.changeset).encode()),
        *(repr(reading.notices).encode(), repr(reading.changeset.secrets).encode()),
        *(text for ended in outputs for text in (ended.out, ended.err.encode())),
    ]
    encoded = BODY.replace("\n", "")
    pieces = {text[i : i + 6].encode() for text in (SECRET, encoded) for i in range(len(text) - 5)}
    assert [piece for text in shown for piece in pieces if piece in text] == []


HOSTILE = [b"A", b"\n", b" ", b"sk-", b"_expir", b"://", b"a:", b'"password"', b"-----BEGIN PRIVATE KEY-----"]
HOSTILE += [b"SECRET=", b"password ", b"<password>", b"{", b"xox", b"https://hooks.slack.com/services/T"]
HOSTILE += [b"\\n" * 20 + b"A" * 40, b"export ", b"- ", b'":', b"_", b"AUTHORIZATION: basic "]


LOOKS = {pattern.look: pattern for pattern in SECRETS}


@pytest.mark.parametrize("pattern", LOOKS.values(), ids=lambda pattern: pattern.pattern)
def test_hostile_contents_are_read_in_linear_time(pattern: SecretPattern) -> None:
    """An expression that goes back and forth would be at it for hours."""
    contents = ((piece * (1 << 17))[: 1 << 17] for piece in HOSTILE)
    assert {kind for content in contents for kind in pattern.look(content)} <= set(SECRET_KINDS)
