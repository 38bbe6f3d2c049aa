"""Secrets in what a builder wrote down: a history may hold passwords, and no report shows them.

What is masked is what the rules about secrets find: values of variables that are named like secrets,
passwords in URLs, tokens that look like nothing else, private keys.
"""

from __future__ import annotations

import re
from functools import lru_cache

from layerscope.image.secrets import assignments, holds, tokens

__all__ = ["MASK", "masked"]

MASK = "***"

_KEY = re.compile(
    r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----).*?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)", re.S
)
_PAIR = re.compile(r"""([A-Za-z_][\w.-]*)(=|:[ ])("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+)""")
_URL_PASSWORD = re.compile(r"(://[^\s:/@\"'<>]{0,256}:)([^\s@/\"'<>]{1,1024})(?=@)")
_WORD = re.compile(r"[^\s\"'=,;()]+")
_is_secret = assignments("variable")


@lru_cache(maxsize=512)
def masked(text: str) -> str:
    """The text with `***` instead of each secret in it; in nearly all texts there is none."""
    text = _KEY.sub(rf"\1 {MASK}", text)
    text = _URL_PASSWORD.sub(_masked_password, text)
    text = _PAIR.sub(_masked_value, text)
    return _WORD.sub(_masked_token, text) if _holds_token(text) else text


def _masked_password(found: re.Match[str]) -> str:
    return found[1] + MASK if holds(_bytes(found[2])) else found[0]


def _masked_value(found: re.Match[str]) -> str:
    value = found[3].strip("\"'")
    line = _bytes(f"{found[1]}={value.splitlines()[0] if value else ''}")
    return f"{found[1]}{found[2]}{MASK}" if any(True for _ in _is_secret(line)) else found[0]


def _masked_token(found: re.Match[str]) -> str:
    return MASK if _holds_token(found[0]) else found[0]


def _holds_token(text: str) -> bool:
    return any(True for _ in tokens(_bytes(text)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
