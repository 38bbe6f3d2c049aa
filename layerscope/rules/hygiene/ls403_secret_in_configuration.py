"""Secrets in the configuration and history.

## What it finds

Environment variables, labels, default commands and build arguments that hold a secret: a variable that is
named like one (`DB_PASSWORD`, `API_TOKEN`) with a value that is no placeholder, a token whose form says
whose it is, or a URL with a password. The variable is named; its value is never shown. A variable that a
later `ENV` empties is still in the history and is found there.

## Why it matters

The configuration is the part of an image that is easiest to read: `docker inspect` and `docker history`
print it, and so do registries' web pages. Build arguments stay in the history of every `RUN` after them,
although the container does not have them.

## How to fix it

Make a new secret, and revoke this one. Hand it over when the container is run (`docker run --env-file`, a
secret of the orchestrator), or to a single instruction of the build:

    RUN --mount=type=secret,id=token,env=API_TOKEN ./install.sh

    docker build --secret id=token,env=API_TOKEN .
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from layerscope.image.history import Instruction
from layerscope.image.secrets import assignments, tokens, urls
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity

__all__ = ["SecretInConfiguration"]

_BY_NAME = "variable"
_IN_URL = "url"
_ASSIGNED: Callable[[bytes], Iterable[str]] = assignments(_BY_NAME)
_URLS: Callable[[bytes], Iterable[str]] = urls(_IN_URL)
_MOST_CHARACTERS = 64 << 10
"""What is looked at of one text: documents of an image may be megabytes."""
_NAME_CHARACTERS = 80
_BUILD_ARGUMENTS = re.compile(r"(?:RUN )?\|([0-9]{1,4}) ")
_ARGUMENT = re.compile(r"(?:^| )([A-Za-z_]\w*)=(\S*)")
_SET = re.compile(r"(?:/bin/sh -c #\(nop\) +)?(?:ENV|ARG|LABEL) +")
_PAIR = re.compile(r"""(?<![\w.-])([\w.-]+)=("(?:[^"\\]|\\.)*"|\S*)""")
"""From the beginning of a word only: else a long word without `=` would be read once for each letter."""
_FIX = Fix(
    "make a new secret and revoke this one; hand it over when the container is run, "
    "or to the one instruction that needs it",
    "RUN --mount=type=secret,id=NAME,env=NAME COMMAND",
)


class SecretInConfiguration(Rule):
    """Variables, labels, commands and build arguments with secrets, each named once. It claims no bytes."""

    id = "LS403"
    name = "secret-in-configuration"
    severity = Severity.ERROR
    always = True

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """What the configuration holds, then what the history holds beside it."""
        named: set[str] = set()
        for what, name, value in _configuration(evidence):
            severity = _judge(name, value)
            if severity is not None and name not in named:
                named.add(name)
                yield Draft(f"{what} holds a secret", _FIX, severity=severity)
        for instruction, layers in _with_layers(evidence):
            yield from _of_instruction(instruction, layers, named)


def _with_layers(evidence: Evidence) -> Iterator[tuple[Instruction, tuple[int, ...]]]:
    """Every instruction of the history with the layer that it made, if it made one and that is known."""
    layers, made = evidence.analysis.layers, 0
    for instruction in evidence.analysis.image.history:
        if instruction.empty_layer:
            yield instruction, ()
            continue
        known = made < len(layers) and layers[made].layer.instruction is not None
        yield instruction, (made,) if known else ()
        made += 1


def _configuration(evidence: Evidence) -> Iterator[tuple[str, str, str]]:
    """(what it is, its name, its value) of everything in the configuration that may hold a secret."""
    config = evidence.analysis.image.config.config
    if config is None:
        return
    for variable in config.Env or ():
        name, _, value = variable.partition("=")
        yield f"the environment variable {name[:_NAME_CHARACTERS]}", name, value
    for name, value in (config.Labels or {}).items():
        yield f"the label {name[:_NAME_CHARACTERS]}", name, value
    for what, words in (("entry point", config.Entrypoint), ("default command", config.Cmd)):
        yield f"the {what}", "", " ".join(words or ())


def _of_instruction(instruction: Instruction, layers: tuple[int, ...], named: set[str]) -> Iterator[Draft]:
    text = instruction.created_by[:_MOST_CHARACTERS]
    for what, name, value in _assigned(text):
        severity = _judge(name, value)
        if severity is not None and name not in named:
            named.add(name)
            yield Draft(
                f"the {what} {name[:_NAME_CHARACTERS]} holds a secret, which the history keeps",
                _FIX,
                layers=layers,
                severity=severity,
            )
    rest = text if not _is_assignment(text) else ""
    if _judge("", rest) is not None:
        yield Draft("an instruction of the history holds a secret", _FIX, layers=layers)


def _is_assignment(text: str) -> bool:
    return bool(_SET.match(text) or _BUILD_ARGUMENTS.match(text))


def _assigned(text: str) -> Iterator[tuple[str, str, str]]:
    """(what it is, name, value) of what an ENV, ARG or LABEL sets, or a RUN was given."""
    given = _BUILD_ARGUMENTS.match(text)
    if given is not None:
        pairs = _ARGUMENT.finditer(text, given.end() - 1)
        for _, found in zip(range(int(given[1])), pairs, strict=False):
            yield "build argument", found[1], found[2]
        return
    setting = _SET.match(text)
    if setting is None:
        return
    what = "build argument" if "ARG" in setting[0] else "label" if "LABEL" in setting[0] else "variable"
    for found in _PAIR.finditer(text, setting.end()):
        yield what, found[1], found[2].strip('"')


def _judge(name: str, value: str) -> Severity | None:
    """ERROR for what is a secret by its form, WARNING for what only its name says, None for neither.

    A name counts without what stands before its last dot or slash: `com.example.token`.
    """
    content = value[:_MOST_CHARACTERS].encode("utf-8", "surrogatepass")
    content = content.replace(b"@sha256:", b" sha256:")  # docker://alpine:3.20@sha256:… has no password
    if any(True for _ in tokens(content)) or any(True for _ in _URLS(content)):
        return Severity.ERROR
    last = re.split(r"[./]", name[-_NAME_CHARACTERS:])[-1].replace("-", "_")
    first_line = content.partition(b"\n")[0]
    if last and _BY_NAME in _ASSIGNED(last.encode("utf-8", "surrogatepass") + b"=" + first_line):
        return Severity.WARNING
    return None
