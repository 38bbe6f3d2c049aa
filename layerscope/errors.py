"""Every error that layerscope raises on purpose, and the exit code that each one ends the program with.

    LayerscopeError               70  a bug in layerscope (never raised as such)
    ├── UsageError                 2  wrong arguments
    │   ├── InvalidReference       2  IMAGE is not a path, `-` or `transport:name`
    │   └── ConfigurationError     2  a configuration file or key is wrong
    ├── SourceError                3  the source cannot be read
    │   ├── SourceNotFound         3  nothing is there
    │   ├── AmbiguousImage         3  several images are there and none was chosen
    │   └── NoSuchImage            3  the chosen name or platform is not there
    ├── InvalidImage               4  not a valid image
    │   ├── Truncated              4  the bytes end too early
    │   ├── Malformed              4  a document, a header or a stream breaks its format
    │   └── DigestMismatch         4  the bytes are not those that were promised
    ├── Unsupported                5  valid, but layerscope does not read it
    ├── LimitExceeded              6  a bound of `blobs.limits` was passed
    ├── DockerfileError            7  a Dockerfile breaks its syntax, or has no such stage
    ├── OutputError                8  the output cannot be written
    └── MissingDependency          9  an optional extra or a native library is missing

Exit code 1 is not here: it means a failed gate or a difference that was asked for, which is a result and
no error. 130 and 141 belong to signals and closed pipes (`cli/main.py`).

A message is lower case and says *where: what*:
`layer 3 (sha256:4f53…): etc/passwd: hard link to a path that does not exist`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

__all__ = [
    "AmbiguousImage",
    "ConfigurationError",
    "DigestMismatch",
    "DockerfileError",
    "InvalidImage",
    "InvalidReference",
    "LayerscopeError",
    "LimitExceeded",
    "Malformed",
    "MissingDependency",
    "NoSuchImage",
    "OutputError",
    "SourceError",
    "SourceNotFound",
    "Truncated",
    "Unsupported",
    "UsageError",
]


class LayerscopeError(Exception):
    """Base of all errors that layerscope raises on purpose; its message is meant for the user.

    `message` is one line. What is shown below it stands in `further`, one line each. Text from an image may
    be in all of them, and a line feed in it begins no line: whoever shows the error makes it visible.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, further: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.further = tuple(further)

    def __str__(self) -> str:
        return "\n".join([self.message, *self.further])

    def at(self, where: str) -> LayerscopeError:
        """Return the same error with `where: ` before its message, for a caller that knows the place."""
        return type(self)(f"{where}: {self.message}", further=self.further)


class UsageError(LayerscopeError):
    """The arguments are wrong."""

    exit_code = 2


class InvalidReference(UsageError):
    """IMAGE is not a path, `-` or `transport:name`."""


class ConfigurationError(UsageError):
    """A configuration file, key or value is wrong."""


class SourceError(LayerscopeError):
    """The source cannot be read."""

    exit_code = 3


class SourceNotFound(SourceError):
    """Nothing is where the reference points."""


class AmbiguousImage(SourceError):
    """Several images are there and none was chosen; the message lists them."""


class NoSuchImage(SourceError):
    """The chosen name or platform is not in the source; the message lists what is."""


class InvalidImage(LayerscopeError):
    """What was read is not a valid image."""

    exit_code = 4


class Truncated(InvalidImage):
    """The bytes end before they should."""


class Malformed(InvalidImage):
    """A document, a tar header or a compressed stream breaks its format."""


class DigestMismatch(InvalidImage):
    """The bytes do not have the digest or the size that was promised for them."""


class Unsupported(LayerscopeError):
    """The image is valid, but layerscope does not read this kind."""

    exit_code = 5


class LimitExceeded(LayerscopeError):
    """A bound of `blobs.limits.Limits` was passed; the message names the bound."""

    exit_code = 6


class DockerfileError(LayerscopeError):
    """A Dockerfile breaks its syntax, or has no such stage.

    The message begins `file:line:column`, counted from 1, columns in characters; `file` where a stage is
    missing.
    """

    exit_code = 7


class OutputError(LayerscopeError):
    """The output cannot be written."""

    exit_code = 8


class MissingDependency(LayerscopeError):
    """An optional extra or a native library is missing; the message says what to install."""

    exit_code = 9
