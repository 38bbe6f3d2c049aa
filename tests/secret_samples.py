"""Contents with secrets that open nothing, put together so that no scanner takes this file for a leak."""

from __future__ import annotations

__all__ = ["DOTENV", "ENCRYPTED_KEY", "NPMRC", "PRIVATE_KEY", "TOKEN"]

_BODY = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZn\n" * 4

PRIVATE_KEY = b"-----BEGIN " + b"PRIVATE KEY-----\n" + _BODY + b"-----END " + b"PRIVATE KEY-----\n"
ENCRYPTED_KEY = (
    b"-----BEGIN " + b"ENCRYPTED PRIVATE KEY-----\n" + _BODY + b"-----END " + b"ENCRYPTED PRIVATE KEY-----\n"
)
TOKEN = "ghp" + "_" + "q7Rk2WzX9vBn4TmL8sYc1HdF6gJpA3uE5oiN"
"""By its form a token of GitHub's."""
NPMRC = b"//registry.npmjs.org/:_auth" + b"Token=9f8e7d6c-5b4a-4f3e-8d2c-1b0a9f8e7d6c\n"
DOTENV = b"DB_HOST=db\nDB_PASS" + b"WORD=hunter2-but-longer\n"
