"""Why an instruction that did not change gave another layer: told by what differs, and by where.

Contents are not kept, so a cause of other contents is told by the path: what builders and package managers
are known to write anew in each build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from layerscope.analysis.comparison_types import Irreproducibility, IrreproducibleCause
from layerscope.analysis.layer_difference import Aspect, PathDifference

__all__ = ["CauseCounter", "cause_of"]

_FEW = 5

_C = IrreproducibleCause
_PLACES: tuple[tuple[IrreproducibleCause, re.Pattern[bytes]], ...] = tuple(
    (cause, re.compile(pattern.encode()))
    for cause, pattern in (
        (_C.BYTECODE, r".*\.py[co]$|(?:.*/)?__pycache__(?:/.*)?$"),
        (_C.LOGS, r"(?:.*/)?var/log/|.*\.log(?:\.\d+)?(?:\.gz|\.xz)?$"),
        (
            _C.IDENTITIES,
            r"etc/machine-id$|var/lib/dbus/machine-id$|etc/ssh/ssh_host_|var/lib/systemd/random-seed$"
            r"|etc/ssl/(?:private|certs)/ssl-cert-snakeoil|etc/hostid$|root/\.gnupg/|etc/pacman\.d/gnupg/",
        ),
        (_C.ACCOUNTS, r"etc/(?:passwd|group|shadow|gshadow|subuid|subgid)-?$"),
        (
            _C.CACHES,
            r"var/cache/|var/lib/apt/lists/|(?:tmp|var/tmp)/|(?:.*/)?\.cache/|(?:.*/)?\.npm/|root/\.gradle/"
            r"|root/\.m2/|(?:.*/)?ld\.so\.cache$|(?:.*/)?node_modules/\.cache/|etc/apk/.*cache|.*/\.uuid$"
            r"|(?:.*/)?(?:icon-theme|mimeinfo)\.cache$|usr/lib/locale/locale-archive$",
        ),
        (
            _C.PACKAGE_STATE,
            r"var/lib/(?:dpkg|rpm|pacman|dnf|yum|apt|aptitude|ucf|systemd/deb-systemd-helper)|usr/lib/sysimage/"
            r"|lib/apk/db/|usr/lib/apk/db/|etc/apk/world$|var/lib/apk/|.*\.dist-info/(?:RECORD|direct_url\.json)$"
            r"|(?:.*/)?conda-meta/|(?:.*/)?\.package-lock\.json$",
        ),
        (_C.ARCHIVES, r".*\.(?:gz|tgz|zip|jar|war|whl|egg|tar|xz|zst|a|deb|rpm|gem)$"),
    )
)
_ASPECTS = {
    Aspect.MTIME: _C.MTIMES,
    Aspect.OWNER: _C.OWNERS,
    Aspect.MODE: _C.MODES,
    Aspect.XATTRS: _C.XATTRS,
    Aspect.HARD_LINK: _C.HARD_LINKS,
}


def cause_of(path: bytes) -> IrreproducibleCause:
    """The cause for other contents at a path; CONTENT where its name says nothing."""
    for cause, pattern in _PLACES:
        if pattern.match(path):
            return cause
    return _C.CONTENT


class CauseCounter:
    """Gathers causes over the layers of an image."""

    def __init__(self) -> None:
        self._layers: dict[IrreproducibleCause, dict[int, None]] = {}
        self._paths: dict[IrreproducibleCause, int] = {}
        self._examples: dict[IrreproducibleCause, list[tuple[int, bytes]]] = {}

    def add_paths(self, layer: int, differing: Iterable[PathDifference]) -> None:
        """The paths that differ in one rebuilt layer of the new image."""
        for found in differing:
            metadata = [_ASPECTS[aspect] for aspect in found.aspects if aspect in _ASPECTS]
            for cause in metadata or [cause_of(found.path)]:
                self._add(layer, cause, found)

    def add_layer(self, layer: int | None, cause: IrreproducibleCause) -> None:
        """A cause that is about a layer as a whole, or with None about the image."""
        layers = self._layers.setdefault(cause, {})
        if layer is not None:
            layers.setdefault(layer)

    def _add(self, layer: int, cause: IrreproducibleCause, found: PathDifference) -> None:
        self._layers.setdefault(cause, {}).setdefault(layer)
        self._paths[cause] = self._paths.get(cause, 0) + 1
        examples = self._examples.setdefault(cause, [])
        examples.append((-max(found.old_bytes, found.new_bytes), found.path))
        if len(examples) >= 20 * _FEW:
            examples.sort()
            del examples[_FEW:]

    def causes(self) -> tuple[Irreproducibility, ...]:
        """All causes, in the order of their enumeration."""
        return tuple(
            Irreproducibility(
                cause,
                tuple(sorted(self._layers[cause])),
                self._paths.get(cause, 0),
                tuple(path for _, path in sorted(self._examples.get(cause, []))[:_FEW]),
            )
            for cause in IrreproducibleCause
            if cause in self._layers
        )
