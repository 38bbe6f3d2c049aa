"""Variables, user, working directory and shell at each instruction, exactly, as each builder keeps them.

`scope.Scope` asks what may have been, for histories of images whose build arguments nobody knows. Here all
inputs of a build are given.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.cache.states import BaseImage
from layerscope.dockerfile.expand import Allowance, ExpansionError, expand
from layerscope.dockerfile.syntax import SourceInstruction

__all__ = ["SETTERS", "SHELL", "Settings", "global_values"]

SHELL = ("/bin/sh", "-c")
SETTERS = frozenset({"ENV", "ARG", "WORKDIR", "USER", "SHELL"})
"""Instructions that change settings: `Settings.pass_by`."""


@dataclass(slots=True)
class Settings:
    """What holds in front of an instruction; `pass_by` goes on to the next."""

    builder: Builder
    escape: str
    given: Mapping[str, str]
    """Build arguments."""
    globals: Mapping[str, str]
    """Values of ARG before the first FROM, and those that a builder knows by itself."""
    environment: dict[str, str] = field(default_factory=dict)
    """In the order that processes get it in; with BuildKit build arguments are among it."""
    arguments: dict[str, str | None] = field(default_factory=dict)
    """Declared by ARG, with their values if they have one."""
    user: str = ""
    directory: str = "/"
    shell: tuple[str, ...] = SHELL
    allowance: Allowance = field(default_factory=Allowance)

    def begin(self, base: BaseImage) -> None:
        """Start on an image."""
        for entry in base.environment:
            name, _, value = entry.partition("=")
            self._set(name, value)
        self.directory = base.directory or "/"
        self.user = base.user
        self.shell = base.shell or SHELL

    def child(self) -> Settings:
        """What a stage starts with that continues this one: BuildKit alone keeps arguments."""
        keeps = self.builder is Builder.BUILDKIT
        return Settings(
            self.builder,
            self.escape,
            self.given,
            self.globals,
            dict(self.environment),
            dict(self.arguments) if keeps else {},
            self.user,
            self.directory,
            self.shell,
            self.allowance,
        )

    def expanded(self, text: str) -> str:
        """`text` with its variables put in; as it is where a builder would refuse it."""
        try:
            return expand(text, self._values(), allowance=self.allowance, escape=self.escape).text
        except ExpansionError:
            return text

    def split(self, text: str) -> tuple[str, ...]:
        """The words that `text` gives when expanded."""
        try:
            return expand(
                text, self._values(), allowance=self.allowance, escape=self.escape, split=True
            ).words
        except ExpansionError:
            return (text,)

    def absolute(self, path: str) -> str:
        """A path from the working directory, normalized; a slash at its end, or `.`, says directory."""
        joined = posixpath.normpath(posixpath.join(self.directory, path)).replace("//", "/")
        is_directory = path in ("", ".") or path.endswith(("/", "/."))
        return joined + "/" if is_directory and joined != "/" else joined

    def pass_by(self, instruction: SourceInstruction) -> None:
        """Do what an instruction does to the settings."""
        keyword = instruction.keyword
        words = [word.text for word in instruction.words]
        if keyword == "ENV":
            pairs = [
                (self.expanded(a), self.expanded(b)) for a, b in zip(words[::2], words[1::2], strict=False)
            ]
            for name, value in pairs:  # all of them see what was before the first
                self._set(name, value)
        elif keyword == "ARG":
            for word in words:
                self._argument(word)
        elif keyword == "WORKDIR" and words:
            self.directory = self.absolute(self.expanded(words[0])).rstrip("/") or "/"
        elif keyword == "USER" and words:
            self.user = self.expanded(words[0])
        elif keyword == "SHELL" and instruction.exec_form and words:
            self.shell = tuple(words)

    def run_arguments(self) -> dict[str, str]:
        """Build arguments that a RUN gets beside its environment, sorted; none with BuildKit."""
        if self.builder is Builder.BUILDKIT:
            return {}
        found = {
            name: value
            for name, value in self.arguments.items()
            if value is not None and (self.builder is Builder.BUILDAH or name not in self.environment)
        }
        if self.builder is Builder.BUILDAH:
            found = {name: self.environment.get(name, value) for name, value in found.items()}
        return dict(sorted(found.items()))

    def _values(self) -> dict[str, str]:
        valued = {name: value for name, value in self.arguments.items() if value is not None}
        return valued | self.environment

    def _set(self, name: str, value: str) -> None:
        self.environment.pop(name, None)  # BuildKit: what is set again goes to the end
        self.environment[name] = value

    def _argument(self, word: str) -> None:
        name, equals, default = word.partition("=")
        value: str | None = self.given.get(name)
        if value is None:
            value = self.expanded(default) if equals else self.globals.get(name)
        self.arguments[name] = value
        if self.builder is Builder.BUILDKIT and value is not None:
            self._set(name, value)


def global_values(
    instructions: Sequence[SourceInstruction], given: Mapping[str, str], platform: str, escape: str
) -> dict[str, str]:
    """Values of the ARGs before the first FROM, and of those that describe the platform."""
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    parts = {"PLATFORM": platform, "OS": system, "ARCH": architecture, "VARIANT": variant}
    values = {f"{side}{part}": value for side in ("TARGET", "BUILD") for part, value in parts.items()}
    settings = Settings(Builder.CLASSIC, escape, given, values)
    for instruction in instructions:
        settings.pass_by(instruction)
    return values | {name: value for name, value in settings.arguments.items() if value is not None}
