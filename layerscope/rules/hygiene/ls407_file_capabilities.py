"""Programs with file capabilities that no package brought.

## What it finds

Programs in one's own layers that have capabilities of their own (the extended attribute
`security.capability`, written by `setcap`), unless a package of the operating system installed them in the
same layer. Rights that amount to root's, like `cap_sys_admin` or `cap_setuid`, are a warning; others, like
`cap_net_bind_service`, are for information.

## Why it matters

Whoever starts the program has these rights, whatever user it is. Besides, the attribute is lost when a
builder or a registry tool that does not know it copies the file, and then the program fails where it ran
before.

## How to fix it

Give a program no more than the one right that it needs, in the instruction that writes it:

    RUN install -m 755 server /usr/local/bin/server && setcap cap_net_bind_service=+ep /usr/local/bin/server

For a port below 1024 none is needed any more: container engines let every user open them
(`net.ipv4.ip_unprivileged_port_start=0`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from layerscope.rootfs.tree import Directory
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.origins import system_package

__all__ = ["FileCapabilities"]

_ATTRIBUTE = b"security.capability"
_REVISIONS = {1: 1, 2: 2, 3: 2}
"""Revision of the attribute to its 32-bit words of capabilities, as in `struct vfs_ns_cap_data` of Linux."""
_NAMES = (
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
    "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
    "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
    "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
    "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
    "checkpoint_restore",
)  # fmt: skip
_LIKE_ROOT = frozenset(
    {"chown", "dac_override", "dac_read_search", "fowner", "setgid", "setuid", "setpcap", "sys_module"}
) | {"sys_rawio", "sys_ptrace", "sys_admin", "setfcap", "mac_admin", "mac_override", "bpf", "mknod"}
_FIX = Fix(
    "give the program no more than the one right that it needs; ports below 1024 need none in a container",
    "RUN setcap -r /usr/local/bin/PROGRAM",
)


class FileCapabilities(Rule):
    """Live programs with capabilities, by layer and what they may. It claims no bytes."""

    id = "LS407"
    name = "file-capabilities"
    always = True

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each set of capabilities in each of one's own layers."""
        for layer in evidence.own_layers:
            found: dict[tuple[str, ...], list[int]] = {}
            for index, xattrs in evidence.inodes.changesets[layer].xattrs.items():
                names = _capabilities(dict(xattrs).get(_ATTRIBUTE, b""))
                if names and _is_live_and_own(evidence, layer, index):
                    found.setdefault(names, []).append(evidence.inodes.bases[layer] + index)
            for names, programs in sorted(found.items()):
                yield Draft(
                    "programs have capabilities of their own: " + ", ".join(f"cap_{name}" for name in names),
                    _FIX,
                    mentions=programs,
                    severity=Severity.INFO if _LIKE_ROOT.isdisjoint(names) else Severity.WARNING,
                )


def _capabilities(value: bytes) -> tuple[str, ...]:
    """The permitted and inheritable capabilities of an attribute, by number; none of one that is damaged."""
    if len(value) < 4:
        return ()
    words = _REVISIONS.get(value[3], 0)
    if not words or len(value) < 4 + 8 * words:
        return ()
    pairs = struct.unpack_from(f"<{2 * words}I", value, 4)
    bits = sum((pairs[2 * word] | pairs[2 * word + 1]) << 32 * word for word in range(words))
    return tuple(
        _NAMES[number] if number < len(_NAMES) else str(number) for number in range(64) if bits >> number & 1
    )


def _is_live_and_own(evidence: Evidence, layer: int, index: int) -> bool:
    """Whether the root filesystem has it from this entry, and no package was installed with it."""
    changeset, first = evidence.inodes.changesets[layer], evidence.inodes.bases[layer]
    directory = changeset.directories[changeset.parents[index]]
    node = evidence.analysis.rootfs.locator().names_in(directory).get(changeset.names[index])
    if node is None or isinstance(node, Directory) or evidence.inodes.metadata_entry(node) != first + index:
        return False
    package = system_package(evidence, node)
    return package is None or package.added_in != layer
