"""Platforms: operating system, architecture, variant.

Spec: image-spec v1.1.1, image-index.md#platform-variants.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from layerscope.errors import UsageError

__all__ = ["Platform", "PlatformChoice", "parse_platform", "platform_text"]

_ARCHITECTURES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386"}
_DEFAULT_VARIANTS = {"arm64": "v8", "arm": "v7"}


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """`platform` of a descriptor."""

    architecture: str | None = None
    os: str | None = None
    os_version: str | None = msgspec.field(default=None, name="os.version")
    variant: str | None = None


def platform_text(os: str | None, architecture: str | None, variant: str | None = None) -> str:
    """`linux/arm64/v8`; empty if neither is known."""
    if not os and not architecture:
        return ""
    parts = [os or "unknown", architecture or "unknown"]
    return "/".join([*parts, variant] if variant else parts)


@dataclass(frozen=True, slots=True)
class PlatformChoice:
    """What `--platform` asks for."""

    os: str
    architecture: str
    variant: str | None = None

    def matches(self, text: str) -> bool:
        """Tell whether the platform `text` (`linux/arm64/v8`) is one of those asked for.

        Without a variant every variant matches; an image without one has the architecture's default (v8 for
        arm64, v7 for arm).
        """
        os, _, rest = text.partition("/")
        architecture, _, variant = rest.partition("/")
        if (os, _ARCHITECTURES.get(architecture, architecture)) != (self.os, self.architecture):
            return False
        default = _DEFAULT_VARIANTS.get(self.architecture, "")
        return self.variant is None or (variant or default) == self.variant


def parse_platform(text: str) -> PlatformChoice:
    """Parse `os/architecture[/variant]`. Raises UsageError."""
    parts = text.lower().split("/")
    if len(parts) not in {2, 3} or not all(parts):
        raise UsageError(f"--platform {text}: write it as os/architecture[/variant], such as linux/arm64")
    architecture = _ARCHITECTURES.get(parts[1], parts[1])
    return PlatformChoice(parts[0], architecture, parts[2] if len(parts) == 3 else None)
