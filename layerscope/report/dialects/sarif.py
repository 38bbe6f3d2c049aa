"""SARIF 2.1.0, for GitHub's code scanning, Azure DevOps, and editors.

Results stand on lines of the Dockerfile where those are known. A waiver is a suppression; what could not be
read is a notification, and the run is then not a successful one. The help of a rule is in the file, since the
place that shows it may have no network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from layerscope import __version__
from layerscope.report.dialects.outcome import Outcome, Place, State, Told
from layerscope.report.printable import printable
from layerscope.report.rule_pages import SECTIONS, rule_page
from layerscope.rules.finding import Severity
from layerscope.rules.registry import everything

__all__ = ["SCHEMA", "sarif_report"]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
"""What relative URIs start from, by the name that GitHub and others know."""

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_FIXED = {"waste": "size", "dockerfile": "build-cache", "hygiene": "security", "budget": "budget"}
"""Folder of a rule to the tag that says what it is about."""

_LINK = re.compile(r"\](?=\()")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def sarif_report(told: Told) -> bytes:
    """One run with its rules, results and notifications; ends with a line break."""
    shown = told.of(State.FAILED, State.REPORTED, State.WAIVED)
    rules = sorted({outcome.rule_id for outcome in shown})
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "layerscope",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": list(_rules(shown, rules)),
            }
        },
        "automationDetails": {"id": _category(told)},
        "invocations": [_invocation(told)],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(outcome, rules.index(outcome.rule_id)) for outcome in shown],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _category(told: Told) -> str:
    """What tells this image's results from another's: an upload replaces the last of its category."""
    parts = ("layerscope", told.repository, told.platform.replace("/", "-"))
    return "".join(quote(part, safe="/:") + "/" for part in parts if part)


def _invocation(told: Told) -> dict[str, Any]:
    broken = [(outcome.headline, "error") for outcome in told.of(State.BROKEN)]
    notes = [(text, "note") for text in told.notices]
    found: dict[str, Any] = {"executionSuccessful": not broken}
    if broken or notes:
        found["toolExecutionNotifications"] = [
            {"level": level, "message": {"text": _message(text)}} for text, level in broken + notes
        ]
    return found


def _rules(shown: list[Outcome], rules: list[str]) -> Iterator[dict[str, Any]]:
    known = {rule.id: rule for rule in everything()}
    names = {outcome.rule_id: outcome.rule_name for outcome in shown}
    worst = {
        rule_id: min((o.severity for o in shown if o.rule_id == rule_id), key=list(_LEVEL).index)
        for rule_id in rules
    }
    for rule_id in rules:
        name = "".join(part.capitalize() for part in names[rule_id].split("-"))
        found: dict[str, Any] = {"id": rule_id, "name": name}
        level = _LEVEL[worst[rule_id]]
        if rule_id in known:
            rule = known[rule_id]
            page = rule_page(rule)
            bodies = (page.what_it_finds, page.why_it_matters, page.how_to_fix_it)
            level = _LEVEL[rule.severity]
            found |= {
                "shortDescription": {"text": f"{page.title}."},
                "fullDescription": {"text": _flat(page.what_it_finds)},
                "help": {
                    "text": "\n\n".join(map(_flat, bodies)),
                    "markdown": "\n\n".join(
                        f"## {heading}\n\n{body}" for heading, body in zip(SECTIONS, bodies, strict=True)
                    ),
                },
                "properties": {"tags": ["container-image", *_tags(type(rule).__module__)]},
            }
        found["defaultConfiguration"] = {"level": level}
        yield found


def _tags(module: str) -> list[str]:
    return [tag for folder, tag in _FIXED.items() if f".{folder}." in module]


def _flat(markdown: str) -> str:
    """Paragraphs of a rule's page as plain text, one line each."""
    return "\n".join(" ".join(part.split()) for part in re.split(r"\n{2,}", markdown.replace("`", "")))


def _result(outcome: Outcome, rule_index: int) -> dict[str, Any]:
    first, *others = outcome.places
    found: dict[str, Any] = {
        "ruleId": outcome.rule_id,
        "ruleIndex": rule_index,
        "level": "error" if outcome.state is State.FAILED else _LEVEL[outcome.severity],
        "message": {"text": _message(_text(outcome))},
        "locations": [{"physicalLocation": _physical(first)}],
        "partialFingerprints": {
            "layerscope/v1": outcome.fingerprint,
            "primaryLocationLineHash": outcome.fingerprint[:16] + ":1",  # the only one that GitHub looks at
        },
        "properties": {"freed_bytes": outcome.freed_bytes, "fails_the_gate": outcome.state is State.FAILED},
    }
    if outcome.saved_seconds is not None:
        found["properties"]["saved_seconds"] = round(outcome.saved_seconds, 3)
    if others:
        found["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(place)} for number, place in enumerate(others, 1)
        ]
    if outcome.state is State.WAIVED:
        found["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": outcome.excuse or "waived"}
        ]
    return found


def _text(outcome: Outcome) -> str:
    """The headline as a sentence of its own, which may be all that is shown, then the rest."""
    lines = [outcome.headline.rstrip(".") + ".", *outcome.details]
    if outcome.fix:
        lines.append(f"Fix: {outcome.fix}")
    return "\n".join([*lines, *outcome.example.splitlines()])


def _message(text: str) -> str:
    """Plain text, in which nothing is a link and nothing waits for an argument.

    Sections 3.11.5 and 3.11.6 of SARIF 2.1.0. Braces are doubled only where a number stands in them: readers
    leave others as they are, and `${VERSION}` stays what it is.
    """
    return _PLACEHOLDER.sub(r"{{\1}}", _LINK.sub(r"\\]", text))


def _physical(place: Place) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": place.first, "endLine": place.last}
    if place.text:
        region["snippet"] = {"text": "\n".join(printable(line) for line in place.text.splitlines())}
    return {"artifactLocation": _artifact(place.path), "region": region}


def _artifact(path: str) -> dict[str, Any]:
    encoded = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    if path.startswith("/"):
        return {"uri": f"file://{encoded}"}
    if path[1:3] == ":/":  # a drive of Windows
        return {"uri": f"file:///{path[0]}:{encoded.partition('%3A')[2]}"}
    return {"uri": encoded, "uriBaseId": ROOT}
