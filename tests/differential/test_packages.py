"""Packages of a real Debian image: sizes as `dpkg -L` adds them up in the same root, layers as they were
made."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

import layerscope
from layerscope.analysis.analyze import Analysis
from layerscope.packages.base import Package
from tests.differential.tools import require, run

_INSTALL = """
apt-get update -qq
apt-get install -y -qq --no-install-recommends hello bc busybox python3-minimal python3-six
dpkg -i /sample_1.0_all.deb
rm -rf /var/lib/apt/lists
"""
_CHANGE = """
apt-get remove -y -qq hello
dpkg-divert --quiet --local --rename --divert /usr/bin/shred.distrib --add /usr/bin/shred
printf 1234567 > /usr/bin/shred
dpkg-divert --quiet --package sample --rename --divert /usr/bin/factor.of-coreutils --add /usr/bin/factor
dpkg -i /sample_2.0_all.deb
dpkg -i /sample-tool_1.0_all.deb
rm -rf /usr/share/doc/bc /usr/share/man
"""
_REWRITE = """
chown -R 1000:1000 /usr/lib/python3
chmod 600 /var/lib/dpkg/status
chown 1000:1000 /var/lib/dpkg/info
apt-get purge -y -qq sample-conf
dpkg -i /sample-tool_1.0_all.deb
"""
_DIVERTED = re.compile(r"(?:diverted by \S+|locally diverted) to: (.*)")


@dataclass(frozen=True)
class Installed:
    """What dpkg and the file system of the root say of a package."""

    version: str
    architecture: str
    declared_bytes: int
    content_bytes: int
    files: int


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> tuple[Analysis, Path]:
    """An image of four layers that apt and dpkg made, and its root filesystem as it lies on disk."""
    require("mmdebstrap", "umoci", "bsdtar", "dpkg-deb", "chroot")
    directory = tmp_path_factory.mktemp("packages")
    layout, bundle = directory / "oci", directory / "bundle"
    root = bundle / "rootfs"
    run("mmdebstrap", "--quiet", "--variant=minbase", "bookworm", directory / "root.tar")
    run("umoci", "init", "--layout", layout)
    run("umoci", "new", "--image", f"{layout}:1")
    run("umoci", "unpack", "--image", f"{layout}:1", bundle)
    (root / "dev").mkdir()
    unpack = ["bsdtar", "-xpf", f"{directory}/root.tar", "--numeric-owner", "--exclude", "./dev/*"]
    run(*unpack, "-C", root)
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    _sample(root, "sample", "1.0", {"usr/bin/sample": 1000, "usr/share/sample/old": 77})
    _sample(root, "sample-conf", "1.0", {"etc/sample.conf": 10}, conffiles="/etc/sample.conf\n")
    run("mknod", "-m", "666", root / "dev" / "null", "c", "1", "3")
    run("umoci", "repack", "--refresh-bundle", "--image", f"{layout}:1", bundle)
    _layer(layout, bundle, "dpkg -i /sample-conf_1.0_all.deb" + _INSTALL)
    _sample(root, "sample", "2.0", {"usr/bin/sample": 2500, "lib/sample/new": 5, "usr/bin/factor": 99})
    _sample(root, "sample-tool", "1.0", {"bin/sample-tool": 123})
    _layer(layout, bundle, _CHANGE)
    _layer(layout, bundle, _REWRITE)
    return layerscope.inspect(str(layout)), root


def _sample(root: Path, name: str, version: str, files: dict[str, int], *, conffiles: str = "") -> None:
    """A package of our own, to be installed in the root."""
    tree = root.parent / f"{name}-{version}"
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: a <a@example.test>\n"
    for path, size in {"DEBIAN/control": 0, **files}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(b"x" * size)
    (tree / "DEBIAN" / "control").write_text(f"{control}Installed-Size: 17\nDescription: a sample\n")
    if conffiles:
        (tree / "DEBIAN" / "conffiles").write_text(conffiles)
    run("dpkg-deb", "--build", "--root-owner-group", tree, root / f"{name}_{version}_all.deb")


def _layer(layout: Path, bundle: Path, script: str) -> None:
    run("chroot", bundle / "rootfs", "sh", "-euc", f"export DEBIAN_FRONTEND=noninteractive\n{script}")
    run("umoci", "repack", "--refresh-bundle", "--image", f"{layout}:1", bundle)


def _according_to_dpkg(root: Path) -> dict[str, Installed]:
    """Every installed package: each path that `dpkg -L` gives looked at by the root's own `stat`."""
    show = "${binary:Package}\t${Version}\t${Architecture}\t${Installed-Size}\t${db:Status-Status}\n"
    rows = [line.split("\t") for line in run("chroot", root, "dpkg-query", "-W", "-f", show).splitlines()]
    found = {}
    for name, version, architecture, kib, status in rows:
        if status == "config-files":
            continue
        inodes = _inodes(root, _paths(run("chroot", root, "dpkg-query", "-L", name)))
        found[name] = Installed(
            version, architecture, int(kib) * 1024, sum(inodes.values()), sum(map(bool, inodes.values()))
        )
    return found


def _paths(listing: str) -> list[str]:
    """Paths as they lie: a line that says where the one above it was diverted to takes its place."""
    paths: list[str] = []
    for line in listing.splitlines():
        if diverted := _DIVERTED.fullmatch(line):
            paths[-1] = diverted[1]
        elif line.startswith("/"):
            paths.append(line)
    return paths


def _inodes(root: Path, paths: list[str]) -> dict[str, int]:
    """Inode to size of the regular files among the paths."""
    script = "xargs -d '\\n' stat -c '%i %s %F' -- 2>/dev/null || :"
    listing = root / "listing"
    listing.write_text("\n".join(paths))
    told = run("chroot", root, "sh", "-c", f"{script} < /listing".replace("xargs", "xargs -a /listing"))
    listing.unlink()
    rows = [line.split(" ", 2) for line in told.splitlines()]
    return {inode: int(size) for inode, size, kind in rows if kind.startswith("regular")}


def _by_name(analysis: Analysis) -> dict[str, Package]:
    names = defaultdict(list)
    for package in analysis.packages.packages:
        if package.ecosystem == "deb":
            names[package.name].append(package)
    assert all(len(same) == 1 for same in names.values())
    return {name: package for name, (package,) in names.items()}


def test_every_debian_package_takes_what_dpkg_says(debian: tuple[Analysis, Path]) -> None:
    analysis, root = debian
    theirs = {name.partition(":")[0]: row for name, row in _according_to_dpkg(root).items()}
    ours = {
        name: Installed(p.version, p.architecture, p.declared_bytes or 0, p.content_bytes, p.files)
        for name, p in _by_name(analysis).items()
    }
    assert len(theirs) > 90
    assert ours == theirs
    assert analysis.packages.notices == ()


def test_what_no_package_owns_is_the_rest_of_what_lies_on_disk(debian: tuple[Analysis, Path]) -> None:
    analysis, root = debian
    table = analysis.packages
    statuses = [path.lstat() for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    sizes = {status.st_ino: status.st_size for status in statuses}
    assert sum(p.content_bytes for p in table.packages) + table.unowned_bytes == sum(sizes.values())
    assert sum(p.files for p in table.packages) + table.unowned_files == sum(map(bool, sizes.values()))


def test_a_package_belongs_to_the_layer_that_added_it(debian: tuple[Analysis, Path]) -> None:
    analysis, _ = debian
    packages = _by_name(analysis)
    assert len(analysis.layers) == 4
    added = {name: package.added_in for name, package in packages.items()}
    in_second = {name for name, layer in added.items() if layer == 1}
    assert {"bc", "busybox", "python3-minimal", "python3-six"} <= in_second
    assert (packages["sample"].version, added["sample"]) == ("2.0", 2)
    assert added["sample-tool"] == 2
    assert {name for name, layer in added.items() if layer >= 2} == {"sample", "sample-tool"}
    assert {"dpkg", "bash", "libc6", "coreutils"} <= {name for name, layer in added.items() if layer == 0}
    assert {"hello", "sample-conf"}.isdisjoint(added)


def test_removed_and_replaced_files_of_installed_packages_are_known(debian: tuple[Analysis, Path]) -> None:
    analysis, _ = debian
    owner = analysis.packages.owner_of_path
    owned = {
        path: getattr(owner(path), "name", None)
        for path in (
            b"usr/share/doc/bc/copyright",  # removed by hand
            b"usr/bin/sample",  # overwritten by an upgrade
            b"usr/share/sample/old",  # gone with an upgrade
            b"usr/bin/hello",  # gone with its package
        )
    }
    assert owned == {
        b"usr/share/doc/bc/copyright": "bc",
        b"usr/bin/sample": "sample",
        b"usr/share/sample/old": None,
        b"usr/bin/hello": None,
    }
