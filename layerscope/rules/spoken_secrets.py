"""Secrets in what a builder wrote down: where in a text of history or of a Dockerfile each of them stands.

The rule about them and the outputs that mask them ask here, so that what is shown and what is found are the
same. A text is free text: what is no variable, option, header, login or URL, and no token that its form gives
away, is not found. Time grows with the text's length, whatever stands in it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from layerscope.image.secrets import assignments, holds, tokens

__all__ = ["Spoken", "names_secret", "spoken_secrets"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A secret from `start` to `end` of a text.

    `what` is `variable`, `label` or `build argument` where an instruction sets one of this `name`; else it is
    empty, and `name` is that of an option, a field or a shell's variable, or empty. `sure` where the form or
    place gives the secret away, and not the name alone.
    """

    start: int
    end: int
    what: str = ""
    name: str = ""
    sure: bool = False


_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(.*?)(?:-----END [A-Z0-9 ]{0,40}-----|\Z)", re.S
)
_VALUE = re.compile(
    r"""(?: "(?:[^"\\]|\\.)*+"  |  '[^']*+'  |  \\["'](?:[^"'\\]|\\[^"'])*+\\["']  )?+
        (?: [^\s"'\\;|&,)}\]]  |  \\[^\n"']
          | "(?=[^\s"'\\;|&,)}\]])[^"\n]*+"  |  '(?=[^\s"'\\;|&,)}\]])[^'\n]*+'
          | [;|&,)}\]](?=[^\s"'\\;|&,)}\]]) )*+""",
    re.VERBOSE | re.DOTALL,
)
"""A word of a shell: quoted pieces and others. A quote in it that blanks or a separator follow ends what
began before the word: `echo 'password=abc' > f`."""
_UNCLOSED = re.compile(r"""\\?["'][^\s"'\\]*+""")
_NAMED = re.compile(
    r"""(?<![\w.$-])(-{0,2})([A-Za-z_][\w.-]*+)
        (?: (\\?["'][ \t]*:[ \t]*(?=\\?["']) | :[ \t]+ | [ \t]+=[ \t]+ | =)   # name=x, name: x, {"name": "x"}
          | (\\?["'],?[ \t]*+(?=\\?["']))                                   # ["--name", "x"]
          | ([ \t]+)(?![-|&;<>#=]) )                                              # --name x
    """,
    re.VERBOSE,
)
_WORDS = re.compile(r"""(?:"(?:[^"\\]|\\.)*+"|'[^']*+'|\\.|[^\s\\])++""", re.DOTALL)
_MOUNTED = re.compile(r"(?:id|type|src|source|env|target)=")
_NO_VALUE = re.compile(
    r"(?:no|disabled?|without|allow|ask|with|skip|require)[-_]|.*[-_](?:stdin|file|path)$", re.I
)
_HEADER = re.compile(
    r"""\b(?:proxy-)?authorization\\?["']?[ \t]*[:=][ \t]*\\?["']?(?:(?:bearer|basic|token|digest)[ \t]+)?
        ([^\s"'\\]{4,})
      | \bbearer[ \t]+([\w.~+/=-]{12,})""",
    re.VERBOSE | re.IGNORECASE,
)
_LOGIN = re.compile(
    r"""\b(?:curl|wget|https?)\b[^\n|;]{0,512}?[ "'](?:-u|--user|--proxy-user)(?:[ =]|",?[ ]?")["']?
        [^\s:"'/]{1,256}:([^\s"']{1,1024})
      | \b(?:login|sshpass)\b[^\n|;&]{0,512}?[ "']-p(?:[ =]?|",?[ ]?")["']?([^\s"'-][^\s"']{0,1023})
      | \b(?:login|user)[ \t]+[^\s]{1,256}\s+password[ \t]+([^\s"']{1,1024})""",
    re.VERBOSE,
)
_URL_PASSWORD = re.compile(
    r"""://[^\s:/@"'<>]{0,256}:([^\s/"'<>]{1,1024})@(?!sha\d)
      | ://[^\s:/@"'<>]{0,256}:(?![0-9]{1,5}/)([^\s@"'<>]{1,1024})@(?!sha\d)""",
    re.VERBOSE,
)
_WORD = re.compile(r"[^\s\"'=,;()]+")
_BUILD_ARGUMENTS = re.compile(r"(?:RUN )?\|([0-9]{1,4}) ")
_ARGUMENT = re.compile(r"(?:^|(?<= ))([A-Za-z_]\w*+)=")
_SHELL = re.compile(r" (?:/\S*/)?(?:(?:ba|da|a|k|z)?sh|cmd|powershell|pwsh)(?:\.exe)? [-/]")
_SET = re.compile(
    r"^[ \t]*(?:/bin/sh -c #\(nop\)[ \t]+)?(?:ONBUILD[ \t]+)?(ENV|ARG|LABEL)\s+", re.IGNORECASE | re.MULTILINE
)
_LOGICAL_LINE = re.compile(r"(?:[^\n]*[\\`][ \t]*\n(?:[ \t]*(?:#[^\n]*)?\n)*+)*+[^\n]*+")
"""To the end of an instruction, over lines that go on. A text may hold several instructions."""
_PAIR = re.compile(r"""["']?([\w./-]++)["']?=""")
_SETS = {"ENV": "variable", "ARG": "build argument", "LABEL": "label"}
_NAME_CHARACTERS = 256
_is_secret = assignments("variable")
_PROBE = "q8w7e6r5t4"
"""A value that is no placeholder: what is left to decide is the name."""


def names_secret(name: str) -> bool:
    """Whether what has this name is meant to be secret. A name counts without what stands before its last dot
    or slash: `com.example.token`; `X-Api-Key` is one, too."""
    last = re.split(r"[./]", name[-_NAME_CHARACTERS:])[-1].replace("-", "_").strip("_")
    return bool(last) and "variable" in _is_secret(_bytes(f"{last}={_PROBE}"))


def spoken_secrets(text: str) -> tuple[Spoken, ...]:
    """The secrets in a text, in its order; none begins within another."""
    assigned = [*_given(text), *_set(text)]
    starts = [value.start for value in assigned]
    found = [value for value in assigned if names_secret(value.name) and _holds(text, value)]
    for spoken in (*_named(text), *_by_form(text)):
        place = bisect_right(starts, spoken.start) - 1
        if spoken.sure and place >= 0 and spoken.end <= assigned[place].end:
            found.append(replace(spoken, what=assigned[place].what, name=assigned[place].name))
        else:
            found.append(spoken)
    kept: list[Spoken] = []
    for spoken in sorted(found, key=lambda spoken: (spoken.start, -spoken.end)):
        if not kept or spoken.start >= kept[-1].end:
            kept.append(spoken)
            continue
        last = kept[-1]  # two that overlap are one: else the end of one would be shown
        kept[-1] = replace(last, end=max(last.end, spoken.end), sure=last.sure or spoken.sure)
    return tuple(kept)


def _by_form(text: str) -> Iterator[Spoken]:
    """Keys, tokens, and what stands where only a secret stands."""
    for found in _KEY.finditer(text):
        if found[1]:
            yield Spoken(found.start(1), found.end(1), sure=True)
    for expression in (_URL_PASSWORD, _HEADER, _LOGIN):
        for found in expression.finditer(text):
            spoken = Spoken(*found.span(found.lastindex or 0), sure=True)
            if _holds(text, spoken):
                yield spoken
    if _holds_token(text):
        for found in _WORD.finditer(text):
            if _holds_token(found[0]):
                yield Spoken(found.start(), found.end(), sure=True)


def _given(text: str) -> Iterator[Spoken]:
    """Build arguments in front of a RUN: `|1 NAME=value with blanks /bin/sh -c make`. Nothing is quoted, so a
    value goes on to the next name or to the shell; without a shell nothing says where the last one ends."""
    head = _BUILD_ARGUMENTS.match(text)
    if head is None:
        return
    shell = _SHELL.search(text, head.end() - 1)
    end = shell.start() if shell else len(text)
    yield from _values(text, [*_ARGUMENT.finditer(text, head.end(), end)], end, "build argument")


def _set(text: str) -> Iterator[Spoken]:
    """What each ENV, ARG and LABEL sets. History has no quotes, so words without a name go on with a value;
    and the old form `ENV NAME all the rest` is a single value."""
    end = 0
    for head in _SET.finditer(text):
        line = _LOGICAL_LINE.match(text, head.end()) if head.start() >= end else None
        if line is None:
            continue
        end = line.end()
        what = _SETS[head[1].upper()]
        words = [*_WORDS.finditer(text, head.end(), end)]
        if words and "=" not in words[0][0] and what != "build argument":
            if len(words) > 1:
                yield _value(text, words[1].start(), words[-1].end(), what, words[0][0].strip("\"'"))
        elif words:
            pairs = [found for word in words if (found := _PAIR.match(text, word.start(), word.end()))]
            yield from _values(text, pairs, words[-1].end(), what)


def _values(text: str, pairs: list[re.Match[str]], end: int, what: str) -> Iterator[Spoken]:
    """Each value goes on to where the next name begins."""
    stops = [found.start() for found in pairs[1:]] + [end]
    for found, stop in zip(pairs, stops, strict=False):
        yield _value(text, found.end(), stop, what, found[1])


def _value(text: str, start: int, end: int, what: str, name: str) -> Spoken:
    value = text[start:end].removesuffix("# buildkit").rstrip()
    if value.endswith("\\"):
        value = value[:-1].rstrip()  # the line goes on
    return Spoken(start, start + len(value), what, name)


def _named(text: str) -> Iterator[Spoken]:
    end = 0
    for found in _NAMED.finditer(text):
        dashes, name, sets, listed, blank = found.groups()
        is_option = bool(dashes) and not _NO_VALUE.match(name)
        if found.start() < end or (sets is None and not is_option) or not names_secret(name):
            continue
        value = _VALUE.match(text, found.end())
        if value is None or (not value[0] and (value := _UNCLOSED.match(text, found.end())) is None):
            continue
        if (blank or listed) and _MOUNTED.match(value[0].lstrip("\\\"'")):
            continue
        end = value.end()
        first_line = value[0].lstrip("\\\"'").partition("\n")[0].rstrip("\\\"'")
        if holds(_bytes(first_line)):
            yield Spoken(value.start(), end, name=name)


def _holds(text: str, value: Spoken) -> bool:
    return value.start < value.end and holds(_bytes(text[value.start : value.end]))


def _holds_token(text: str) -> bool:
    return any(True for _ in tokens(_bytes(text)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
