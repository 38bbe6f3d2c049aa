"""Contents of files: documents of package managers, files with secrets, programs."""

from __future__ import annotations

from layerscope.blobs.tar_content import HEAD_BYTES, TAIL_BYTES
from layerscope.image.changeset import Changeset
from layerscope.image.documents import DOCUMENTS
from layerscope.image.elf import ELF_MAGIC, debug_bytes
from layerscope.image.keeping import ContentKeeper
from layerscope.image.secret_names import SECRETS
from layerscope.image.secrets import SECRET_KINDS
from tests.builders import file, layer, read_layer
from tests.elves import elf, ordinary

__all__ = ["CONTENTS", "contents_of_interest", "kept_contents", "read_a_content"]

_KEY = (
    b"-----BEGIN PRIVATE KEY-----\n"
    + b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 4
    + b"\n-----END PRIVATE KEY-----\n"
)

CONTENTS = (
    elf(*ordinary(1000)),
    elf(*ordinary(1000), bits=32, order="big"),
    elf(*ordinary(5000), headers_first=True, kind=1),
    b"Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\n",
    b"Metadata-Version: 2.1\nName: a\nVersion: 1\n\nText\n",
    b'{"name": "a", "version": "1", "files": ["x", "y"], "scripts": {"a": [1, {}]}}',
    b'{"packages": [{"name": "a/b", "version": "1", "install-path": "../a"}]}',
    b'{"auths": {"r.test": {"auth": "dXNlcjpwYXNz"}}, "type": "service_account", "private_key": "abcdefgh"}',
    _KEY,
    b"PuTTY-User-Key-File-2: a\nEncryption: none\n",
    b"export API_TOKEN='kGh3jL9sPq' # x\nURL=postgres://a:kGh3jL9s@b/c\nA=AKIAQ4R5T6Y7U8W9Z2X3\n",
    b"//r.test/:_authToken=kGh3jL9sPqkGh3jL9sPq\n<password>kGh3jL9sPq</password>\npassword = kGh3jL9sPq\n",
)
"""One of each sort."""


def read_a_content(data: bytes) -> None:
    """Whatever a file holds, what is kept of it is bytes, a number that fits, or words of the list."""
    for document in DOCUMENTS:
        assert isinstance(document.reduce(data), bytes | None)
    for secret in {pattern.look for pattern in SECRETS}:
        assert set(secret(data)) <= set(SECRET_KINDS)

    def read(offset: int, length: int) -> bytes | None:
        end = offset + length
        far = end > HEAD_BYTES and offset < len(data) - TAIL_BYTES
        return None if end > len(data) or far else data[offset:end]

    assert 0 <= debug_bytes(read, len(data)) <= len(data)
    changeset = read_layer(layer(file("app/.env", data), file("var/lib/dpkg/status", data)))
    is_program = data.startswith(ELF_MAGIC) and len(data) >= ContentKeeper.program_bytes
    assert changeset.documents == ({1: data} if data and not is_program else {})


def contents_of_interest() -> bytes:
    """A layer in which every reader of contents finds something."""
    return layer(
        file("usr/bin/a", elf(*ordinary())),
        file("var/lib/dpkg/status", CONTENTS[3] * 100),
        file("node_modules/a/package.json", CONTENTS[5]),
        file("app/.env", CONTENTS[10]),
        file("app/key.pem", CONTENTS[8]),
    )


def kept_contents(changeset: Changeset, entries: int | None) -> object:
    """What was kept of the first entries."""
    columns = (changeset.documents, changeset.secrets, changeset.debug_bytes)
    return [
        [(n, found) for n, found in column.items() if entries is None or n < entries] for column in columns
    ]
