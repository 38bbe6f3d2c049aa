"""JUnit XML: a test case for each thing that was looked at, so that a CI service counts them and has trends.

Valid for the schemas of Jenkins and, but for `skipped`, for the older and stricter one of Ant, which asks for
a time stamp: it is the image's own, so the same image gives the same bytes.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from layerscope.report.dialects.outcome import Outcome, State, Told
from layerscope.report.printable import printable

__all__ = ["junit_report"]

_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, escaped or not."""

_TIME = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d")
_NO_TIME = "1970-01-01T00:00:00"


def junit_report(told: Told) -> bytes:
    """One test suite; ends with a line break."""
    failures, errors = len(told.of(State.FAILED)), len(told.of(State.BROKEN))
    skipped = len(told.of(State.WAIVED, State.SKIPPED))
    given = {
        "name": f"layerscope check {told.image}",
        "package": "layerscope",
        "id": "0",
        "tests": str(len(told.outcomes)),
        "failures": str(failures),
        "errors": str(errors),
        **({"skipped": str(skipped)} if skipped else {}),
        "time": "0",
        "timestamp": _timestamp(told.created),
        "hostname": "localhost",
    }
    properties = [("image", told.image), ("platform", told.platform)]
    properties += [(figure.key, str(figure.value)) for figure in told.figures]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<testsuites>",
        f"  <testsuite{_attributes(given)}>",
        "    <properties>",
        *(f"      <property{_attributes({'name': name, 'value': value})}/>" for name, value in properties),
        "    </properties>",
        *(_testcase(outcome) for outcome in told.outcomes),
        f"    <system-out>{_text(_reported(told))}</system-out>",
        f"    <system-err>{_text(chr(10).join(told.notices))}</system-err>",
        "  </testsuite>",
        "</testsuites>",
    ]
    return "".join(line + "\n" for line in lines).encode()


def _testcase(outcome: Outcome) -> str:
    """Named by what stays from build to build; figures are in the message."""
    subject = f" ({outcome.subject})" * bool(outcome.subject)
    again = f" #{outcome.number}" * (outcome.number > 1)
    given = {
        "name": f"{outcome.rule_id} {outcome.rule_name}{subject}{again}",
        "classname": f"layerscope.{outcome.rule_id}",
        "time": "0",
    }
    opened = f"    <testcase{_attributes(given)}"
    element = {State.FAILED: "failure", State.BROKEN: "error"}.get(outcome.state)
    if element is not None:
        about = _attributes({"message": outcome.headline, "type": outcome.rule_id})
        return f"{opened}><{element}{about}>{_text(_body(outcome))}</{element}></testcase>"
    if outcome.state in (State.WAIVED, State.SKIPPED):
        return f"{opened}><skipped>{_text(outcome.excuse)}</skipped></testcase>"
    return f"{opened}/>"


def _body(outcome: Outcome) -> str:
    place = outcome.places[0]
    lines = [f"{printable(place.path)}:{place.first}", *outcome.details]
    if outcome.fix:
        lines.append(f"fix: {outcome.fix}")
    return "\n".join([*lines, *outcome.example.splitlines()])


def _reported(told: Told) -> str:
    """What is told and fails nothing: a test case has no word for it."""
    lines = [
        f"{outcome.rule_id} {outcome.rule_name}: {outcome.headline}" for outcome in told.of(State.REPORTED)
    ]
    return "\n".join([*lines, *([f"next: {told.next_command}"] if told.next_command else [])])


def _timestamp(created: str | None) -> str:
    found = _TIME.match(created or "")
    return found[0] if found else _NO_TIME


def _attributes(given: dict[str, str]) -> str:
    entities = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
    return "".join(f" {name}={quoteattr(_legal(value), entities)}" for name, value in given.items())


def _text(text: str) -> str:
    return escape(_legal(text))


def _legal(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
