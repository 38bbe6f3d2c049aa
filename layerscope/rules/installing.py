"""Examples of a RUN that installs something, as the image's own package manager wants it."""

from __future__ import annotations

from layerscope.rules.evidence import Evidence
from layerscope.rules.origins import system_of

__all__ = ["install", "rpm_manager"]

_RPM_MANAGERS = ("dnf", "microdnf", "yum", "tdnf", "zypper")
"""By name of the program; where there are several, the first one is what the others lead to."""


def rpm_manager(evidence: Evidence) -> str:
    """The package manager that an image with RPM packages has; `dnf` if none is there."""
    names = evidence.locator.names_in(b"usr/bin")
    return next((name for name in _RPM_MANAGERS if name.encode() in names), "dnf")


def install(
    evidence: Evidence, then: str = "", package: str = "PACKAGE", *, system: str | None = None
) -> str:
    """A RUN that installs `package`, does `then`, and keeps no downloads; empty where no package manager is
    known. `system` is an ecosystem, the image's own if it is not given."""
    manager = rpm_manager(evidence)
    steps = {
        "deb": ["apt-get update", f"apt-get install -y --no-install-recommends {package}"],
        "apk": [f"apk add --no-cache {package}"],
        "rpm": [f"{manager} install -y {package}"],
        "alpm": [f"pacman -Syu --noconfirm {package}"],
        "opkg": ["opkg update", f"opkg install {package}"],
    }
    clean = {
        "deb": ["rm -rf /var/lib/apt/lists/*"],
        "rpm": [f"{manager} clean all"],
        "alpm": ["rm -rf /var/cache/pacman/pkg/* /var/lib/pacman/sync/*"],
    }
    if manager == "zypper":
        steps["rpm"] = [f"zypper --non-interactive install --no-recommends {package}"]
        clean["rpm"] = ["zypper clean --all"]
    ecosystem = system_of(evidence) if system is None else system
    if ecosystem not in steps:
        return ""
    commands = [*steps[ecosystem], *([then] if then else []), *clean.get(ecosystem, [])]
    return "RUN " + " && ".join(commands)
