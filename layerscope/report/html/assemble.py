"""A page put together: a template, a style and scripts as one file that loads nothing.

A Content-Security-Policy in the page allows its own scripts and style by their hashes, and nothing else: no
request, no other script, no style attribute. So what an image holds could do nothing even if it got through
the escaping.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from layerscope.oci.digest import sha256_of
from layerscope.report.finding_words import package_name
from layerscope.report.printable import path_text, shortened
from layerscope.report.units import count, percent, plural, signed_size, size

__all__ = ["assembled"]

_PATH = 400
_INSTRUCTION = 160
_FEWEST = 4
"""Fewer characters of a label say nothing."""
_CHARACTER = 6.6
"""Units of a treemap that a character of its labels takes, on average and a little more."""


def assembled(template: str, *, scripts: Sequence[str], payload: str = "", **values: Any) -> bytes:
    """The page in UTF-8. `scripts` are names of files here, which run in this order; `payload` is JSON."""
    style, start = _resource("report.css"), _resource("start.js")
    texts = [_resource(name) for name in scripts]
    page = _environment().get_template(template)
    text = page.render(
        style=style,
        start=start,
        scripts=texts,
        payload=payload,
        policy=_policy(style, [start, *texts]),
        **values,
    )
    return text.encode("utf-8", "replace")


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_resource),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "size": size,
        "signed": signed_size,
        "count": count,
        "path": lambda path: shortened(path_text(path), _PATH),
        "package": lambda package: shortened(package_name(package), _INSTRUCTION),
        "fit": _fit,
        "shorten": lambda text: shortened(text, _INSTRUCTION),
    }
    environment.globals |= {"percent": percent, "plural": plural}
    return environment


def _policy(style: str, scripts: Sequence[str]) -> str:
    """Nothing may be loaded, and nothing run but what stands here now."""
    allowed = " ".join(f"'{_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    """As a Content-Security-Policy names an inline element: over the element's text, exactly."""
    raw = bytes.fromhex(sha256_of(text.encode()).partition(":")[2])
    return f"sha256-{base64.b64encode(raw).decode()}"


def _fit(text: str, width: float) -> str:
    """As much of a label as has room in so many units of a drawing: of a path the end."""
    room = int((width - 6) / _CHARACTER)
    if len(text) <= room or room < _FEWEST:
        return text if len(text) <= room else ""
    if "/" not in text.rstrip("/"):
        return f"{text[: room - 1]}\u2026"
    return f"\u2026{text[1 - room :]}"
