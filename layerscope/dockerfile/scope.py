"""What variables, working directory and shell are at each instruction of a chain of stages.

Two values are kept of each variable. The plain one takes what the Dockerfile says: defaults of arguments. The
open one is `UNKNOWN` where the user of the builder could have said otherwise.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from layerscope.dockerfile.expand import UNKNOWN, Allowance, Expansion, ExpansionError, expand
from layerscope.dockerfile.syntax import SourceInstruction

__all__ = ["Scope", "base_scope"]

_PLATFORM_ARGUMENTS = (
    *("TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE"),
    *("BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT"),
)


@dataclass(slots=True)
class Scope:
    """State in front of an instruction; `pass_by` goes on to the next."""

    escape: str
    given: Mapping[str, str]
    """Build arguments that the user repeated."""
    platform: str
    """Of the image: `linux/amd64`."""
    plain: dict[str, str] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    global_plain: dict[str, str] = field(default_factory=dict)
    directories: tuple[str, str] = ("/", "/")
    """The working directory: plain and open."""
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    shell_known: bool = False
    """Whether SHELL said so; else the base image may have had another one."""
    arguments: dict[str, bool] = field(default_factory=dict)
    """Names that ARG declared in this stage or below it, and whether each may have a value."""
    environment: set[str] = field(default_factory=set)
    """Names that ENV has set."""
    allowance: Allowance = field(default_factory=Allowance)

    def expanded(self, text: str, values: Mapping[str, str]) -> str | None:
        """`text` expanded with one set of values; None where a builder would refuse it."""
        result = self._expand(text, values)
        return None if result is None else result.text

    def split(self, text: str, values: Mapping[str, str]) -> tuple[str, ...]:
        """The words that `text` gives when expanded."""
        result = self._expand(text, values, split=True)
        return () if result is None else result.words

    def _expand(self, text: str, values: Mapping[str, str], *, split: bool = False) -> Expansion | None:
        try:
            return expand(text, values, allowance=self.allowance, escape=self.escape, split=split)
        except ExpansionError:
            return None

    def directory(self, path: str, open_: bool) -> str:
        """`path` from the working directory, normalized."""
        return posixpath.normpath(posixpath.join(self.directories[open_], path)).replace("//", "/")

    def enter_stage(self) -> None:
        """Begin the next stage of a chain: BuildKit keeps the arguments of the one below, others do not."""
        for name in self.arguments:
            if name not in self.environment:
                self.open[name] = UNKNOWN

    def pass_by(self, instruction: SourceInstruction) -> None:
        """Do what an instruction does to variables, working directory and shell."""
        keyword = instruction.keyword
        words = [word.text for word in instruction.words]
        if keyword == "ENV":
            self._environment(words)
        elif keyword == "ARG":
            for word in words:
                self._argument(word)
        elif keyword == "WORKDIR" and words:
            self.directories = (self._changed(words[0], open_=False), self._changed(words[0], open_=True))
        elif keyword == "SHELL" and instruction.exec_form and words:
            self.shell, self.shell_known = tuple(words), True

    def _changed(self, path: str, *, open_: bool) -> str:
        expanded = self.expanded(path, self.open if open_ else self.plain)
        return UNKNOWN if expanded is None else self.directory(expanded, open_)

    def _environment(self, words: Sequence[str]) -> None:
        """All values of one ENV see what was before it."""
        changes: list[tuple[dict[str, str], str, str]] = []
        for name, value in zip(words[::2], words[1::2], strict=False):
            for values in (self.plain, self.open):
                key, result = self.expanded(name, values), self.expanded(value, values)
                if key is not None:
                    changes.append((values, key, UNKNOWN if result is None else result))
        for values, key, result in changes:
            values[key] = result
            self.environment.add(key)

    def _argument(self, word: str) -> None:
        name, equals, default = word.partition("=")
        value = self.given.get(name)
        if value is not None:
            plain: str | None = value
        elif equals:
            plain = self.expanded(default, self.plain)
        else:
            plain = self.global_plain.get(name, self._of_platform(name))
        self.arguments[name] = self.arguments.get(name, False) or plain is not None
        if name in self.environment:
            self.open[name] = UNKNOWN  # ENV wins with some builders, ARG with others
            return
        if plain is not None:
            self.plain[name] = plain
        self.open[name] = UNKNOWN if value is None else value

    def _of_platform(self, name: str) -> str | None:
        if name not in _PLATFORM_ARGUMENTS:
            return None
        system, _, rest = self.platform.partition("/")
        architecture, _, variant = rest.partition("/")
        known = {
            "TARGETPLATFORM": self.platform,
            "TARGETOS": system,
            "TARGETARCH": architecture,
            "TARGETVARIANT": variant,
        }
        return known.get(name, UNKNOWN)


def base_scope(
    escape: str, given: Mapping[str, str], platform: str, environment: Sequence[str], directory: str
) -> Scope:
    """The scope above a base with the variables `environment` (`NAME=value`) in `directory`."""
    scope = Scope(escape, given, platform, directories=(directory, directory))
    for entry in environment:
        name, _, value = entry.partition("=")
        scope.plain[name] = scope.open[name] = value
    return scope
