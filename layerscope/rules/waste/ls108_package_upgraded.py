"""Packages that a later layer upgrades.

## What it finds

Stored files of packages that were installed by then and that a later layer brings in another version:
`apt-get upgrade` in an image that is built on another one, `pip install --upgrade pip`, or installing what a
lower layer has in an older version.

## Why it matters

The old files stay in the layer below. An upgrade makes the image larger by everything it upgrades, and the
longer the base was not renewed, the more that is.

## How to fix it

Take a newer base, or build the base anew, instead of upgrading what is in it. If an upgrade must be, for
example because a security fix is not in any base yet, upgrade only the packages that need it:
`RUN apt-get install -y --only-upgrade libssl3`.

Where both layers are one's own, install the right version in the first place.
"""

from __future__ import annotations

from collections.abc import Iterator

from layerscope.analysis.ledger import WasteCause
from layerscope.rules.base import Draft, Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.installing import install

__all__ = ["PackageUpgraded"]

_CAUSES = (WasteCause.OVERWRITTEN, WasteCause.METADATA_ONLY, WasteCause.UNCHANGED, WasteCause.REPLACED)
"""What unpacking a package does to the files of the old one. What it removes is not known to be its."""

_NAMED = 3
"""Packages that a message names."""

_BASE = Fix(
    "take a base image that has the newer packages instead of upgrading them (docker build --pull fetches "
    "its tag anew), or upgrade only those that have to be"
)
_OWN = "install the version that is wanted where the package is installed first"
_LANGUAGES = {
    "pypi": "RUN pip install --no-cache-dir PACKAGE==VERSION",
    "gem": "RUN gem install --no-document PACKAGE --version VERSION",
    "conda": "RUN conda install -y PACKAGE=VERSION && conda clean -afy",
    "npm": "RUN npm install --global PACKAGE@VERSION && npm cache clean --force",
}
_SYSTEMS = {"deb": "PACKAGE=VERSION", "apk": "PACKAGE=VERSION", "rpm": "PACKAGE-VERSION"}


class PackageUpgraded(Rule):
    """Waste at paths of packages that the hiding layer brought in another version."""

    id = "LS108"
    name = "package-upgraded"
    rank = 80

    def check(self, evidence: Evidence) -> Iterator[Draft]:
        """One draft for each pair of layers and package manager."""
        bringing = {package.added_in for package in evidence.packages.packages}
        for (written_in, hidden_in), inodes in evidence.wasted(*_CAUSES).items():
            if written_in >= hidden_in or hidden_in not in bringing:
                continue
            by_manager: dict[str, tuple[dict[str, int], list[int]]] = {}
            for inode in inodes:
                package = evidence.packages.owner_of_path(evidence.path(inode))
                if package is None or package.added_in != hidden_in or package.earlier_in is None:
                    continue
                if package.earlier_in <= written_in:
                    by_package, upgraded = by_manager.setdefault(package.ecosystem, ({}, []))
                    upgraded.append(inode)
                    name = package.name
                    by_package[name] = by_package.get(name, 0) + evidence.size(inode)
            for ecosystem, (by_package, upgraded) in sorted(by_manager.items()):
                yield Draft(
                    f"packages of layer {written_in} are upgraded by layer {hidden_in}: {_names(by_package)}",
                    _BASE if evidence.in_base(written_in) else _own(evidence, ecosystem),
                    inodes=upgraded,
                    by_hider=True,
                )


def _own(evidence: Evidence, ecosystem: str) -> Fix:
    if ecosystem in _SYSTEMS:
        return Fix(_OWN, install(evidence, package=_SYSTEMS[ecosystem], system=ecosystem))
    return Fix(_OWN, _LANGUAGES.get(ecosystem, ""))


def _names(by_package: dict[str, int]) -> str:
    """The largest ones, and how many more."""
    names = sorted(by_package, key=lambda name: (-by_package[name], name))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
