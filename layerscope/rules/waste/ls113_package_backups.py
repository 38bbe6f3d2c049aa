"""Backup copies and histories of package databases.

## What it finds

The copy that dpkg and debconf make of a database before they write it (`/var/lib/dpkg/status-old`,
`/var/cache/debconf/templates.dat-old`), the nightly copies in `/var/backups`, and the transaction history of
dnf and yum.

## Why it matters

Nothing reads them. Each installation writes them anew, so that every layer that installs something stores
them once more.

## How to fix it

Remove them where packages are installed. It is worth it for the smallest of images only:

    RUN apt-get update && apt-get install -y --no-install-recommends curl \\
     && rm -rf /var/lib/apt/lists/* /var/lib/dpkg/*-old /var/cache/debconf/*-old \\
          /var/backups/dpkg.* /var/backups/apt.* /var/backups/alternatives.*

Without its history `dnf history undo` is not possible, which in a container nobody does.
"""

from __future__ import annotations

from layerscope.rules.base import PatternRule
from layerscope.rules.finding import Fix, Severity

__all__ = ["PackageBackups"]


class PackageBackups(PatternRule):
    """Live backups and histories. Every image with packages has some, so it is no more than information."""

    id = "LS113"
    name = "package-backups"
    severity = Severity.INFO
    patterns = {
        "deb": (
            "var/lib/dpkg/*-old",
            "var/cache/debconf/*-old",
            "var/backups/dpkg.*",
            "var/backups/apt.*",
            "var/backups/alternatives.*",
        ),
        "dnf": ("var/lib/dnf/history.*",),
        "dnf5": ("usr/lib/sysimage/libdnf5/transaction_history.*",),
        "yum": ("var/lib/yum/history/**",),
    }
    messages = {
        "deb": "backup copies of the databases of dpkg and debconf are stored",
        "dnf": "the transaction history of dnf is stored",
        "dnf5": "the transaction history of dnf is stored",
        "yum": "the transaction history of yum is stored",
    }
    fixes = {
        "deb": Fix(
            "remove them in the instruction that installs",
            "RUN apt-get update && apt-get install -y --no-install-recommends PACKAGE "
            "&& rm -rf /var/lib/apt/lists/* /var/lib/dpkg/*-old /var/cache/debconf/*-old "
            "/var/backups/dpkg.* /var/backups/apt.* /var/backups/alternatives.*",
        ),
        "dnf": Fix(
            "remove it in the instruction that installs",
            "RUN dnf install -y PACKAGE && dnf clean all && rm -rf /var/lib/dnf/history.*",
        ),
        "dnf5": Fix(
            "remove it in the instruction that installs",
            "RUN dnf install -y PACKAGE && dnf clean all "
            "&& rm -f /usr/lib/sysimage/libdnf5/transaction_history.*",
        ),
        "yum": Fix(
            "remove it in the instruction that installs",
            "RUN yum install -y PACKAGE && yum clean all && rm -rf /var/lib/yum/history",
        ),
    }
