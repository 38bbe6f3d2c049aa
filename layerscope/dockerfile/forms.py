"""How builders write an instruction into the history: every form that one of them could have used.

Forms have one blank where there were several, and `UNKNOWN` where anything may stand. `entries.py` brings
what the history has into the same shape.

    classic    `/bin/sh -c #(nop)  ENV A=b`, expanded; `COPY file:<hash> in /dest`; RUN with its shell
    BuildKit   `ENV A=b`, expanded; `COPY a b /dest # buildkit`; RUN with its shell
    buildah    the text of the Dockerfile behind `/bin/sh -c #(nop) `, but COPY and ADD as the classic builder
    kaniko     the text of the Dockerfile
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from layerscope.dockerfile.expand import UNKNOWN
from layerscope.dockerfile.scope import Scope
from layerscope.dockerfile.syntax import SourceInstruction, shown

__all__ = ["COPIED", "MAX_FORM", "forms_of", "go_quoted", "one_line", "ports_in_order"]

MAX_FORM = 1 << 16
"""Longest form in characters; a longer one is left out."""

COPIED = "\N{SECTION SIGN}content\N{SECTION SIGN}"
"""Stands for `file:<hash>`, `dir:<hash>` and `multi:<hash>` in forms of COPY and ADD."""

_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/([A-Za-z]+))?", re.ASCII)
_MAX_PORTS = 5_000
_LEADING_TABS = re.compile(r"^\t+", re.MULTILINE)
_GO_ESCAPES = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
    "\\": "\\\\", '"': '\\"',
}  # fmt: skip


def one_line(text: str) -> str:
    """`text` with one blank wherever there is white space, and none around it."""
    return " ".join(text.split())


def go_quoted(text: str) -> str:
    """`text` as Go's `%q` prints it."""
    out: list[str] = []
    for character in text:
        if character in _GO_ESCAPES:
            out.append(_GO_ESCAPES[character])
        elif character.isprintable() or character == UNKNOWN:
            out.append(character)
        elif ord(character) < 0x80:
            out.append(f"\\x{ord(character):02x}")
        else:
            out.append(f"\\u{ord(character):04x}")
    return '"' + "".join(out) + '"'


def ports_in_order(words: Iterable[str]) -> str | None:
    """Ports as a sorted list with protocols, ranges written out; None for what is no port."""
    ports: set[str] = set()
    for word in words:
        found = _PORTS.fullmatch(word)
        if found is None:
            return None
        first, last = int(found[1]), int(found[2] or found[1])
        if not 0 <= last - first <= _MAX_PORTS - len(ports):
            return None
        ports |= {f"{port}/{(found[3] or 'tcp').lower()}" for port in range(first, last + 1)}
    return " ".join(sorted(ports))


def forms_of(instruction: SourceInstruction, scope: Scope) -> frozenset[str]:
    """Every form of `instruction`, in front of which `scope` holds; each begins with the keyword."""
    keyword = instruction.keyword
    found = {f"{keyword} {instruction.rest}"}
    found |= {f"{keyword} {form}" for form in _FORMS[keyword](instruction, scope)}
    return frozenset(one_line(_clean(form)) for form in found if len(form) <= MAX_FORM)


def _clean(form: str) -> str:
    """What is no UTF-8 in a Dockerfile is U+FFFD in a history, which is JSON."""
    return UNKNOWN.join(shown(part) for part in form.split(UNKNOWN))


def _words(instruction: SourceInstruction) -> list[str]:
    return [word.text for word in instruction.words]


def _run(instruction: SourceInstruction, scope: Scope) -> set[str]:
    words = _words(instruction)
    if instruction.exec_form:
        command = " ".join(words)
        every = " ".join(f"{name}={UNKNOWN}" for name in scope.arguments)
        valued = " ".join(f"{name}={UNKNOWN}" for name, has_value in scope.arguments.items() if has_value)
        return {command, *(f"{prefix} {command}" for prefix in (every, valued) if prefix)}
    commands = {instruction.arguments}
    for heredoc in instruction.heredocs[:1]:
        if len(instruction.arguments.split()) == 1:
            body = _LEADING_TABS.sub("", heredoc.content) if heredoc.strip_tabs else heredoc.content
            commands |= {body, f"/dev/pipes/{heredoc.name}"}
    if instruction.heredocs:
        bodies = "".join(f"\n{heredoc.content}{heredoc.name}" for heredoc in instruction.heredocs)
        commands.add(instruction.arguments + bodies)
    shell = " ".join(scope.shell)
    return commands | {f"{shell} {command}" for command in commands}


def _copy(instruction: SourceInstruction, scope: Scope) -> set[str]:
    words = _words(instruction)
    if len(words) < 2:
        return set()
    names = {f"<<{heredoc.name}" for heredoc in instruction.heredocs}
    inline = [f"<<{heredoc.name}" for heredoc in instruction.heredocs]
    found: set[str] = set()
    for open_, values in enumerate((scope.plain, scope.open)):
        expanded = [
            word if word in names or word.startswith("<<") else scope.expanded(word, values) for word in words
        ]
        if any(word is None for word in expanded):
            continue
        whole = [word or "" for word in expanded]
        sources = [word for word in whole[:-1] if not word.startswith("<<")]
        listed = " ".join([*sources, *inline, whole[-1]])
        found |= {f"{flags}{listed}" for flags in _copy_flags(instruction, scope, values)}
        destinations = {words[-1], whole[-1], scope.directory(whole[-1], bool(open_))}
        destinations |= {destination + "/" for destination in destinations if whole[-1].endswith("/")}
        for destination in destinations:
            found |= {f"{COPIED} in {destination}", f"{' '.join(sources)} in {destination}"}
    return found


def _copy_flags(instruction: SourceInstruction, scope: Scope, values: dict[str, str]) -> set[str]:
    """The flags that BuildKit shows: more of them in newer versions."""
    shown_flags = {""}
    for flag in ("parents", "chown", "chmod"):
        value = instruction.flag(flag)
        if value is not None:
            expanded = scope.expanded(value, values) or ""
            text = "--parents " if flag == "parents" else f"--{flag}={expanded} "
            shown_flags |= {before + text for before in shown_flags}
    return shown_flags


def _pairs(instruction: SourceInstruction, scope: Scope) -> set[str]:
    words = _words(instruction)
    found: set[str] = set()
    for values in (scope.plain, scope.open):
        pairs = [
            (scope.expanded(name, values), scope.expanded(value, values))
            for name, value in zip(words[::2], words[1::2], strict=False)
        ]
        if not any(name is None or value is None for name, value in pairs):
            found.add(" ".join(f"{name}={value}" for name, value in pairs))
    return found


def _argument(instruction: SourceInstruction, scope: Scope) -> set[str]:
    own = [word.partition("=")[0] for word in _words(instruction)]
    declared = {**scope.arguments, **{name: True for name in own if name in scope.given}}
    for word in _words(instruction):
        name, equals, _ = word.partition("=")
        declared[name] = declared.get(name, False) or bool(equals) or name in scope.global_plain
    valued = [name for name, has_value in declared.items() if has_value]
    return {
        " ".join(own),
        " ".join(f"{name}={UNKNOWN}" for name in own),
        *(" ".join(order(names)) for names in (valued, list(declared)) for order in (list, sorted)),
    }


def _expose(instruction: SourceInstruction, scope: Scope) -> set[str]:
    found: set[str] = set()
    for values in (scope.plain, scope.open):
        words = [word for text in _words(instruction) for word in scope.split(text, values)]
        ports = ports_in_order(words)
        found.add(" ".join(sorted(words)) if ports is None else ports)
    return found


def _expanded_words(instruction: SourceInstruction, scope: Scope) -> set[str]:
    """VOLUME, USER, STOPSIGNAL: the words, expanded."""
    found: set[str] = set()
    for values in (scope.plain, scope.open):
        words = [scope.expanded(word, values) for word in _words(instruction)]
        found.add(" ".join(word for word in words if word is not None))
    return found


def _workdir(instruction: SourceInstruction, scope: Scope) -> set[str]:
    found: set[str] = set()
    for text in _words(instruction):
        for open_, values in enumerate((scope.plain, scope.open)):
            path = scope.expanded(text, values)
            if path is not None:
                found |= {path, scope.directory(path, bool(open_))}
    return found


def _command(instruction: SourceInstruction, scope: Scope) -> set[str]:
    """CMD, ENTRYPOINT."""
    words = _words(instruction)
    if instruction.exec_form:
        return {"[" + ", ".join(map(go_quoted, words)) + "]"}
    found = {"[" + ", ".join(map(go_quoted, [*scope.shell, *words])) + "]"}
    if not scope.shell_known:
        found.add(f'["{UNKNOWN}, ' + ", ".join(map(go_quoted, words)) + "]")
    return found


def _health(instruction: SourceInstruction, _scope: Scope) -> set[str]:
    kind, *command = _words(instruction) or [""]
    test = ["CMD" if instruction.exec_form else "CMD-SHELL", *command]
    if kind.upper() == "NONE":
        test = ["NONE"]
    quoted = "[" + ", ".join(map(go_quoted, test)) + "]"
    plain = f"{{Test:[{' '.join(test)}]"
    return {f"{quoted}{UNKNOWN}", f"{plain}{UNKNOWN}", f"&{plain}{UNKNOWN}"}


def _shell(instruction: SourceInstruction, _scope: Scope) -> set[str]:
    return {f"[{' '.join(_words(instruction))}]"}


def _nothing(_instruction: SourceInstruction, _scope: Scope) -> set[str]:
    return set()


_FORMS: dict[str, Callable[[SourceInstruction, Scope], set[str]]] = {
    **dict.fromkeys(("COPY", "ADD"), _copy),
    **dict.fromkeys(("ENV", "LABEL"), _pairs),
    **dict.fromkeys(("VOLUME", "USER", "STOPSIGNAL", "MAINTAINER"), _expanded_words),
    **dict.fromkeys(("CMD", "ENTRYPOINT"), _command),
    **dict.fromkeys(("FROM", "ONBUILD"), _nothing),
    "RUN": _run,
    "ARG": _argument,
    "EXPOSE": _expose,
    "WORKDIR": _workdir,
    "HEALTHCHECK": _health,
    "SHELL": _shell,
}
