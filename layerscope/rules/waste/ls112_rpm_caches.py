"""Caches of dnf, yum, microdnf, tdnf, zypper and pacman.

## What it finds

Repository metadata and downloaded packages that a package manager of an RPM distribution, or Arch Linux's
pacman, left in its cache directory.

## Why it matters

The metadata of a few repositories are some hundred megabytes. They serve the next installation, and in a
container there is none; they are outdated within hours.

## How to fix it

Clean up in the instruction that installs, or keep the cache on a mount:

    RUN dnf install -y --setopt=install_weak_deps=False curl && dnf clean all && rm -rf /var/cache/dnf
    RUN microdnf install -y curl && microdnf clean all
    RUN zypper --non-interactive install --no-recommends curl && zypper clean --all
    RUN pacman -Syu --noconfirm curl && rm -rf /var/cache/pacman/pkg/* /var/lib/pacman/sync/*

    RUN --mount=type=cache,target=/var/cache/dnf,sharing=locked dnf install -y --setopt=keepcache=1 curl

dnf 5 caches in `/var/cache/libdnf5`, yum in `/var/cache/yum`. `pacman -Scc --noconfirm` keeps the packages:
the answer it takes for granted is no.
"""

from __future__ import annotations

from layerscope.rules.base import CacheRule
from layerscope.rules.finding import Fix

__all__ = ["RpmCaches"]


class RpmCaches(CacheRule):
    """Live files in the cache directories of these managers, each with its own command in the fix."""

    id = "LS112"
    name = "rpm-caches"
    patterns = {
        "dnf": ("var/cache/dnf/**", "var/cache/libdnf5/**", "root/.cache/libdnf5/**"),
        "yum": ("var/cache/yum/**",),
        "microdnf": ("var/cache/microdnf/**",),
        "tdnf": ("var/cache/tdnf/**",),
        "zypper": ("var/cache/zypp/**",),
        "pacman": ("var/cache/pacman/pkg/**", "var/lib/pacman/sync/**"),
    }
    messages = {
        "dnf": "repository metadata or packages that dnf downloaded are stored",
        "yum": "repository metadata or packages that yum downloaded are stored",
        "microdnf": "repository metadata or packages that microdnf downloaded are stored",
        "tdnf": "repository metadata or packages that tdnf downloaded are stored",
        "zypper": "repository metadata or packages that zypper downloaded are stored",
        "pacman": "package databases or packages that pacman downloaded are stored",
    }
    fixes = {
        "dnf": Fix(
            "remove the cache in the instruction that runs dnf, or mount one",
            "RUN dnf install -y PACKAGE && dnf clean all "
            "&& rm -rf /var/cache/dnf /var/cache/libdnf5 /root/.cache/libdnf5",
        ),
        "yum": Fix(
            "remove the cache in the instruction that runs yum, or mount one",
            "RUN yum install -y PACKAGE && yum clean all && rm -rf /var/cache/yum",
        ),
        "microdnf": Fix(
            "remove the cache in the instruction that runs microdnf, or mount one",
            "RUN microdnf install -y PACKAGE && microdnf clean all && rm -rf /var/cache/microdnf",
        ),
        "tdnf": Fix(
            "remove the cache in the instruction that runs tdnf, or mount one",
            "RUN tdnf install -y PACKAGE && tdnf clean all && rm -rf /var/cache/tdnf",
        ),
        "zypper": Fix(
            "remove the cache in the instruction that runs zypper, or mount one",
            "RUN zypper --non-interactive install --no-recommends PACKAGE && zypper clean --all "
            "&& rm -rf /var/cache/zypp/*",
        ),
        "pacman": Fix(
            "remove the cache in the instruction that runs pacman, or mount one",
            "RUN pacman -Syu --noconfirm PACKAGE && rm -rf /var/cache/pacman/pkg/* /var/lib/pacman/sync/*",
        ),
    }
