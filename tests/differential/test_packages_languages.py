"""Python's and Node's packages, as Python's own library and npm tell them of the same directory."""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
from pathlib import Path

from layerscope.packages.table import PackageTable
from tests.builders import analyzed
from tests.differential.tools import require, run


def _packages(root: Path) -> PackageTable:
    archive = root.with_suffix(".tar")
    run("tar", "-C", root, "--format=pax", "-cf", archive, ".")
    return analyzed(archive.read_bytes()).packages


def test_every_python_distribution_takes_what_its_record_lists(tmp_path: Path) -> None:
    require("tar")
    root = tmp_path / "root"
    environment = root / "opt" / "venv"
    run(sys.executable, "-m", "venv", environment)
    installer = [environment / "bin" / "python", "-m", "pip", "-q", "--disable-pip-version-check", "install"]
    run(*installer, "requests", "rich", "PyYAML", "Flask")
    run(*installer, "--no-compile", "six")
    (site,) = environment.glob("lib/python*/site-packages")

    theirs = {}
    for distribution in importlib.metadata.distributions(path=[str(site)]):
        listed = [Path(distribution.locate_file(path)) for path in distribution.files or ()]
        there = [path.stat() for path in listed if path.is_file()]
        assert there
        theirs[distribution.metadata["Name"], distribution.version] = sum(
            {status.st_ino: status.st_size for status in there}.values()
        )
    shown = run(
        environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "list", "--format=json"
    )
    ours = {(p.name, p.version): p.content_bytes for p in _packages(root).packages}
    assert len(theirs) > 12
    assert ours == theirs
    assert {(row["name"], row["version"]) for row in json.loads(shown)} == ours.keys()


def test_every_node_package_takes_its_directory_but_for_packages_within(tmp_path: Path) -> None:
    require("npm", "node", "tar", root=False)
    root = tmp_path / "root"
    app = root / "srv" / "app"
    app.mkdir(parents=True)
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    # two majors of one package: the older one lies within a package that needs it
    run(*install, "express@4", "debug@4", "@types/node", cwd=app)
    lines = run("npm", "ls", "--all", "--parseable", "--long", cwd=app).splitlines()
    theirs: dict[str, tuple[str, str]] = {}
    for line in lines[1:]:
        path, title = line.split(":")[:2]
        name, _, version = title.rpartition("@")
        theirs[str(Path(path).relative_to(root))] = (name, version)
    sizes = dict.fromkeys(theirs, 0)
    for directory, _, files in os.walk(app):
        for file in files:
            path = Path(directory, file)
            holder = next((p for p in path.relative_to(root).parents if str(p) in sizes), None)
            if holder is not None and not path.is_symlink():
                sizes[str(holder)] += path.stat().st_size

    found = _packages(root)
    ours = {os.fsdecode(p.record).removesuffix("/package.json"): p for p in found.packages}
    assert len(theirs) > 60
    assert {path: (p.name, p.version) for path, p in ours.items()} == theirs
    assert {path: p.content_bytes for path, p in ours.items()} == sizes
    assert any(path.count("node_modules") == 2 for path in theirs)
