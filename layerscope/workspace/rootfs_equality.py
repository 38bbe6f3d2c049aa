"""Whether two images are the same: root filesystem and configuration, but for what differs anyway."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from layerscope.analysis.analyze import Analysis

__all__ = ["differing_keys", "differing_paths"]

_NOISY = re.compile(rb"^var/(?:log|cache/(?:apt|ldconfig|debconf|man))/|\.log$|^var/lib/dpkg/.*-old$|\.pyc$")
"""Files whose contents are of the time of a build: logs, caches, and compiled Python, which holds the times
of its sources. That they are there, and their modes and owners, counts."""


def differing_paths(one: Analysis, two: Analysis) -> set[bytes]:
    """Paths that are not the same in both: type, mode, owner, size, content, link, device, attributes.

    Times do not count. Paths of one inode count as they are grouped.
    """
    first, second = dict(_described(one)), dict(_described(two))
    return {path for path in first.keys() | second.keys() if first.get(path) != second.get(path)}


def _described(analysis: Analysis) -> Iterator[tuple[bytes, tuple[object, ...]]]:
    first_names: dict[int, bytes] = {}
    for entry in analysis.rootfs.entries():
        noisy = _NOISY.search(entry.path) is not None
        yield (
            entry.path,
            (
                entry.kind,
                entry.mode,
                (entry.uid, entry.gid),
                0 if noisy else entry.size,
                b"" if noisy else entry.content_digest,
                entry.link_target,
                entry.device,
                entry.xattrs,
                first_names.setdefault(entry.inode, entry.path),
            ),
        )


def differing_keys(one: Analysis, two: Analysis) -> list[str]:
    """Keys of the configuration that differ; variables count as a map, in whatever order."""
    first, second = _keys(one.image.config.config), _keys(two.image.config.config)
    return sorted(key for key in first.keys() | second.keys() if first.get(key) != second.get(key))


def _keys(config: msgspec.Struct | None) -> dict[str, object]:
    """What is set; what is empty counts as not set."""
    if config is None:
        return {}
    found = {name: getattr(config, name) or None for name in config.__struct_fields__}
    return {name: sorted(value) if name == "Env" and value else value for name, value in found.items()}
