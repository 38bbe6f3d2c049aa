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

import json
from collections.abc import Iterator

from layerscope.image.history import Instruction
from layerscope.image.secrets import holds
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.spoken_secrets import names_secret, spoken_secrets

__all__ = ["SecretInConfiguration"]

_MOST_CHARACTERS = 64 << 10
"""What is looked at of one text: documents of an image may be megabytes."""
_NAME_CHARACTERS = 80
_Named = set[tuple[str, str]]
"""(what it is, its name): a label is not the variable of the same name."""
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
        named: _Named = set()
        for what, name, value in _configuration(evidence):
            severity = _judge(name, value)
            if severity is not None:
                named.add((what.removeprefix("environment "), name))
                shown = f" {name[:_NAME_CHARACTERS]}" if name else ""
                yield Draft(f"the {what}{shown} holds a secret", _FIX, severity=severity)
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
        yield "environment variable", name, value
    for name, value in (config.Labels or {}).items():
        yield "label", name, value
    for what, words in (("entry point", config.Entrypoint), ("default command", config.Cmd)):
        yield what, "", json.dumps(words or (), ensure_ascii=False)


def _of_instruction(instruction: Instruction, layers: tuple[int, ...], named: _Named) -> Iterator[Draft]:
    """One draft for each variable that it sets, and one for all else in it."""
    text = instruction.created_by[:_MOST_CHARACTERS]
    others, sure = [], False
    for secret in spoken_secrets(text):
        if not secret.what:
            others.append(secret.name[:_NAME_CHARACTERS])
            sure = sure or secret.sure
        elif (secret.what, secret.name) not in named:
            named.add((secret.what, secret.name))
            yield Draft(
                f"the {secret.what} {secret.name[:_NAME_CHARACTERS]} holds a secret, which the history keeps",
                _FIX,
                layers=layers,
                severity=_severity(sure=secret.sure),
            )
    if others:
        name = next(filter(None, others), "")
        message = "an instruction of the history holds a secret" + (f": {name}" if name else "")
        yield Draft(message, _FIX, layers=layers, severity=_severity(sure=sure))


def _judge(name: str, value: str) -> Severity | None:
    """ERROR for what is a secret by its form, WARNING for what only its name says, None for neither."""
    value = value[:_MOST_CHARACTERS]
    found = spoken_secrets(value)
    if any(secret.sure for secret in found):
        return Severity.ERROR
    first_line = value.partition("\n")[0].encode("utf-8", "surrogatepass")
    if found or (names_secret(name) and holds(first_line)):
        return Severity.WARNING
    return None


def _severity(*, sure: bool) -> Severity:
    return Severity.ERROR if sure else Severity.WARNING
