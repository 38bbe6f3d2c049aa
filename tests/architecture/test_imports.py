"""Who may import whom, and through which one door each third-party package enters the house."""

from __future__ import annotations

import re
import sys
import tomllib

import pytest

from tests.architecture.house import MODULES, PACKAGE, REPOSITORY, Module

LEVELS = (
    ("errors",),
    ("notices",),
    ("oci",),
    ("blobs",),
    ("image",),
    ("cache", "sources", "sinks"),
    ("rootfs",),
    ("packages",),
    ("analysis", "dockerfile"),
    ("advice",),
    ("rules",),
    ("gate", "optimizer", "fleet", "workspace"),
    ("report",),
    ("api",),
    ("advising",),
    ("several", "checking", "optimizing"),
    ("tui",),
    ("cli",),
    ("__main__",),
)
"""The house from the ground up. A package imports what stands lower, never higher and never beside it."""

LEVEL: dict[str, float] = {name: level for level, names in enumerate(LEVELS) for name in names}
LEVEL[""] = LEVEL["tui"] - 0.5  # layerscope/__init__.py shows the API and nothing else

DOORS: dict[str, tuple[str, ...]] = {
    "libarchive": ("layerscope.blobs",),
    "archi": ("layerscope.blobs",),
    "isal": ("layerscope.blobs",),
    "backports.zstd": ("layerscope.blobs",),
    "xxhash": ("layerscope.blobs",),
    "blake3": ("layerscope.blobs",),
    "numpy": ("layerscope.fleet",),
    "msgspec": ("layerscope",),
    "yaml": ("layerscope.gate.dive",),
    "rich": ("layerscope.report", "layerscope.cli"),
    "humanize": ("layerscope.report.units",),
    "jinja2": ("layerscope.report.html",),
    "squarify": ("layerscope.report.html.treemap",),
    "typer": ("layerscope.cli",),
}
"""Every third-party package, and the only places that import it."""

STDLIB_DOORS: dict[str, tuple[str, ...]] = {
    "ctypes": ("layerscope.blobs",),
    "mmap": ("layerscope.blobs",),
    "zlib": ("layerscope.blobs",),
    "gzip": ("layerscope.blobs",),
    "bz2": ("layerscope.blobs",),
    "lzma": ("layerscope.blobs",),
    "compression": ("layerscope.blobs",),
    "hashlib": ("layerscope.blobs", "layerscope.oci"),
    "tarfile": (),
    "zipfile": (),
    "shutil.unpack_archive": (),
    "shutil.make_archive": (),
    "sqlite3": ("layerscope.packages.rpm_sqlite",),
    "pickle": (),
    "logging": (),
}
"""Standard modules with one home, or with none: libarchive is the only tar reader, notices are no log."""


def is_within(name: str, door: str) -> bool:
    return name == door or name.startswith(door + ".")


def direction_faults(module: Module) -> list[str]:
    """Imports of layerscope packages that do not stand lower than the module's own."""
    faults = []
    for imported in module.imports():
        if not is_within(imported, "layerscope") or imported == "layerscope.__version__":
            continue
        parts = imported.split(".")
        package = parts[1] if len(parts) > 1 and parts[1] in LEVEL else ""
        if package != module.package and LEVEL[package] >= LEVEL[module.package]:
            faults.append(f"{module.name} imports {imported}")
    return faults


def door_faults(module: Module) -> list[str]:
    """Imports that go around the one door, or that no table knows."""
    faults = []
    doors = DOORS | STDLIB_DOORS
    for imported in module.imports():
        known = [name for name in doors if is_within(imported, name)]
        top = imported.partition(".")[0]
        if not known and top not in sys.stdlib_module_names and top != "layerscope":
            faults.append(f"{module.name} imports {imported}, which no table knows")
        faults += [
            f"{module.name} imports {imported}"
            for name in known
            if not any(is_within(module.name, door) for door in doors[name])
        ]
    return faults


def test_every_package_has_its_level() -> None:
    here = PACKAGE.iterdir()
    names = {path.stem for path in here if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert names - {"__init__"} <= set(LEVEL)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_module_imports_only_what_stands_lower(module: Module) -> None:
    assert direction_faults(module) == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_third_party_packages_enter_by_one_door(module: Module) -> None:
    assert door_faults(module) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("layerscope.oci.digest", "from layerscope.blobs import limits"),
        ("layerscope.blobs.tar", "def f():\n    import layerscope.api"),
        ("layerscope.sources.registry", "from layerscope.cache.store import Store"),
        ("layerscope.report.json", "from layerscope import inspect"),
        ("layerscope.image.read", "from ..rootfs.rootfs import Rootfs"),
        ("layerscope.errors", "if TYPE_CHECKING:\n    from layerscope.notices import Notice"),
    ],
)
def test_an_import_upwards_is_seen(name: str, text: str) -> None:
    assert len(direction_faults(Module(name, text))) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("layerscope.cli.main", "from layerscope.api import inspect"),
        ("layerscope.report.html", "from layerscope import __version__"),
        ("layerscope.image.read", "from .layer import Layer\nfrom ..blobs import limits"),
    ],
)
def test_an_import_downwards_is_fine(name: str, text: str) -> None:
    assert direction_faults(Module(name, text)) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("layerscope.image.read", "import libarchive.ffi"),
        ("layerscope.report.text", "import humanize"),
        ("layerscope.api", "from typer import echo"),
        ("layerscope.blobs.tar", "import tarfile"),
        ("layerscope.sources.oci_archive", "from shutil import unpack_archive"),
        ("layerscope.image.read", "import requests"),
        ("layerscope.sources.stdin", "from hashlib import sha256"),
    ],
)
def test_a_second_door_is_seen(name: str, text: str) -> None:
    assert len(door_faults(Module(name, text))) == 1


def test_every_dependency_has_a_door_and_every_door_a_dependency() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["chunks"]]
    declared = {re.split(r"[ ;<>=!~\[]", line, maxsplit=1)[0] for line in lines}
    named = {"libarchive-c": "libarchive", "pyyaml": "yaml"}
    imported = {named.get(name, name) for name in declared}
    assert imported == set(DOORS)
