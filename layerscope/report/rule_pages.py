"""What each rule means: a table of all, and a page for one, for people and for machines.

A page is the docstring of the rule's module: Markdown that uses headings, paragraphs, lists, `code` and
indented blocks, and nothing else.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from layerscope.report.finding_words import SEVERITY_WORD
from layerscope.report.units import plural
from layerscope.rules.finding import Severity
from layerscope.rules.registry import Explained

__all__ = [
    "SECTIONS",
    "RulePage",
    "RulePages",
    "rule_page",
    "rules_json",
    "rules_markdown",
    "rules_text",
]

SECTIONS = ("What it finds", "Why it matters", "How to fix it")
"""Headings that every page has, in this order."""

_WIDEST = 100
"""Columns of running text; a longer line is hard to read."""

_LIST_ITEM = re.compile(r"(?:[*-]|\d+\.) ")


class RulePage(Struct, frozen=True, kw_only=True):
    """One rule: its `severity` at most, a one-line `title`, and the sections of its page as Markdown."""

    id: str
    name: str
    severity: str
    title: str
    what_it_finds: str
    why_it_matters: str
    how_to_fix_it: str


class RulePages(Struct, frozen=True, kw_only=True):
    """What `layerscope rules --format json` prints: the rules, by id."""

    schema_version: int
    rules: tuple[RulePage, ...]


def rule_page(rule: Explained) -> RulePage:
    """The page of a rule, out of its module's docstring; a section that is missing is empty."""
    title, sections = _sections(_docstring(rule))
    what, why, how = (sections.get(heading, "") for heading in SECTIONS)
    return RulePage(
        id=rule.id,
        name=rule.name,
        severity=str(rule.severity),
        title=title,
        what_it_finds=what,
        why_it_matters=why,
        how_to_fix_it=how,
    )


def _docstring(rule: Explained) -> str:
    module = inspect.getmodule(type(rule))
    return inspect.cleandoc((module.__doc__ if module else None) or "")


def _sections(text: str) -> tuple[str, dict[str, str]]:
    """The title line without its period, and the text below each `## heading`."""
    top, *rest = re.split(r"(?m)^## +(.+?) *$", text)
    found = {heading: body.strip("\n") for heading, body in zip(rest[::2], rest[1::2], strict=True)}
    return " ".join(top.split()).rstrip("."), found


def rules_json(rules: Sequence[Explained]) -> bytes:
    """The pages of these rules as one JSON document."""
    pages = RulePages(schema_version=1, rules=tuple(map(rule_page, rules)))
    return msgspec.json.format(msgspec.json.encode(pages), indent=2) + b"\n"


def rules_markdown(rules: Sequence[Explained]) -> str:
    """The page of one rule, or a table of several that links to their pages."""
    pages = list(map(rule_page, rules))
    if len(pages) == 1:
        return _markdown_page(pages[0])
    lines = ["| rule | name | at most | finds |", "|---|---|---|---|"]
    lines += [
        f"| [{page.id}]({page.id}.md) | `{page.name}` | {_severity(rule)} | {page.title} |"
        for page, rule in zip(pages, rules, strict=True)
    ]
    return "\n".join(lines) + "\n"


def _markdown_page(page: RulePage) -> str:
    severity = SEVERITY_WORD[Severity(page.severity)]
    parts = [f"# {page.id}: {page.title}", f"Name: `{page.name}`. At most: {severity}."]
    for heading, body in _headed(page):
        parts += [f"## {heading}", body]
    return "\n\n".join(parts) + "\n"


def rules_text(rules: Sequence[Explained], *, width: int, color: bool) -> str:
    """The page of one rule, or a table of several, in `width` columns."""
    if len(rules) == 1:
        return "".join(line + "\n" for line in _text_page(rule_page(rules[0]), width, color=color))
    return "".join(line + "\n" for line in _text_table(rules, width, color=color))


def _text_table(rules: Sequence[Explained], width: int, *, color: bool) -> Iterator[str]:
    pages = list(map(rule_page, rules))
    names = max((len(page.name) for page in pages), default=0)
    severities = [_severity(rule) for rule in rules]
    for page, severity in zip(pages, severities, strict=True):
        lead = f"{page.id}  {page.name:{names}}  {severity:7}  "
        first, *more = textwrap.wrap(page.title, max(width - len(lead), 20)) or [""]
        yield _bold(page.id, color=color) + lead[len(page.id) :] + first
        yield from (" " * len(lead) + line for line in more)
    yield ""
    yield f"{plural(len(pages), 'rule')}; layerscope rules ID says more about one."


def _text_page(page: RulePage, width: int, *, color: bool) -> Iterator[str]:
    yield from _wrapped(_bold(f"{page.id} {page.name}", color=color) + f": {page.title}", width)
    yield f"At most: {SEVERITY_WORD[Severity(page.severity)]}"
    for heading, body in _headed(page):
        yield ""
        yield _bold(heading, color=color)
        yield ""
        for number, block in enumerate(re.split(r"\n{2,}", body)):
            if number:
                yield ""
            yield from _text_block(block, width)


def _text_block(block: str, width: int) -> Iterator[str]:
    """A paragraph or a list, wrapped; a piece of a Dockerfile as it is."""
    if block.startswith(("    ", "```")):
        yield from block.splitlines()
        return
    item: list[str] = []
    for line in block.splitlines():
        if _LIST_ITEM.match(line) and item:
            yield from _wrapped(" ".join(item), width)
            item = []
        item.append(line.strip())
    yield from _wrapped(" ".join(item), width)


def _wrapped(text: str, width: int) -> list[str]:
    marker = _LIST_ITEM.match(text)
    indent = " " * len(marker[0]) if marker else ""
    return textwrap.wrap(
        text,
        min(width, _WIDEST),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _headed(page: RulePage) -> list[tuple[str, str]]:
    bodies = (page.what_it_finds, page.why_it_matters, page.how_to_fix_it)
    return list(zip(SECTIONS, bodies, strict=True))


def _severity(rule: Explained) -> str:
    return SEVERITY_WORD[rule.severity]


def _bold(text: str, *, color: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if color else text
