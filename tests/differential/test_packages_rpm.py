"""RPM databases as rpm itself reads them: SQLite, Berkeley DB, and the one of a public CentOS image.

Debian's rpm is built without the third kind, ndb; `tests/unit/packages/test_rpm.py` writes one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import layerscope
from layerscope.analysis.analyze import Analysis
from layerscope.packages.base import PackageRecord
from layerscope.packages.rpm import RpmReader
from tests.builders import analyzed
from tests.differential.tools import require, run
from tests.fixtures import FIXTURES, needs_fixtures

_SPEC = """
Name: {name}
Version: {version}
Release: 3
Epoch: {epoch}
Summary: a sample
License: none
BuildArch: {arch}
%description
A sample.
%install
mkdir -p %{{buildroot}}/usr/bin %{{buildroot}}/usr/share/{name}/empty %{{buildroot}}/var/log
head -c {size} /dev/zero > %{{buildroot}}/usr/bin/{name}
ln %{{buildroot}}/usr/bin/{name} %{{buildroot}}/usr/bin/{name}-again
ln -s {name} %{{buildroot}}/usr/bin/{name}-link
echo text > "%{{buildroot}}/usr/share/{name}/a file, naïve"
for n in $(seq {files}); do echo $n > %{{buildroot}}/usr/share/{name}/$n; done
touch %{{buildroot}}/var/log/{name}.log
%files
/usr/bin/{name}*
/usr/share/{name}
%ghost /var/log/{name}.log
"""
_FACTS = "%{NAME}\\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{LONGSIZE}\\n"
_LISTS = "[%{=NAME}-%{=VERSION}-%{=RELEASE}\\t%{FILENAMES}\\n]"

Fact = tuple[str, str, str, int]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Builds a package."""
    require("rpm", "rpmbuild", "db5.3_load")
    top = tmp_path_factory.mktemp("rpmbuild")

    @cache
    def built(name: str, version: str, *, epoch: int = 0, size: int = 0, files: int = 0) -> Path:
        arch = "noarch" if files else "%{_target_cpu}"
        spec = top / f"{name}-{version}.spec"
        spec.write_text(
            _SPEC.format(name=name, version=version, epoch=epoch, arch=arch, size=size, files=files)
        )
        target = top / f"{name}-{version}"
        options = ["--quiet", "--define", f"_topdir {top}", "--define", f"_rpmdir {target}"]
        run("rpmbuild", "-bb", *options, spec)
        (package,) = target.rglob("*.rpm")
        return package

    return built


def _rpm(root: Path, backend: str, *command: str | Path) -> str:
    where = ["--root", root, "--dbpath", "/var/lib/rpm", "--define", f"_db_backend {backend}"]
    return run("rpm", *where, *command)


def _installed(root: Path, packages: Callable[..., Path]) -> list[bytes]:
    """Two layers: three packages; one of them upgraded, one removed, one added."""
    root.mkdir()
    first = [packages("alpha", "1", size=5000), packages("beta", "1", files=300), packages("gamma", "1")]
    _rpm(root, "sqlite", "-i", "--nodeps", "--nosignature", *first)
    (root / "var" / "log").mkdir(exist_ok=True)
    (root / "var" / "log" / "alpha.log").write_text("a ghost")
    layers = [_tar(root)]
    second = [packages("beta", "2", files=10, epoch=4), packages("delta", "1", size=1)]
    _rpm(root, "sqlite", "-U", "--nodeps", "--nosignature", *second)
    _rpm(root, "sqlite", "-e", "gamma")
    layers.append(_tar(root))
    return layers


def _tar(root: Path) -> bytes:
    archive = root.with_suffix(".tar")
    run("tar", "-C", root, "--format=pax", "-cf", archive, ".")
    return archive.read_bytes()


def _facts(told: str) -> list[Fact]:
    rows = [line.split("\t") for line in told.splitlines()]
    known = [["" if cell == "(none)" else cell for cell in row] for row in rows]
    return sorted((name, version, arch, int(size)) for name, version, arch, size in known)


def _our_facts(analysis: Analysis) -> list[Fact]:
    found = analysis.packages.packages
    return sorted((p.name, p.version, p.architecture, p.declared_bytes or 0) for p in found)


def _on_disk(root: Path, paths: list[str]) -> int:
    """Content bytes at these paths, each inode once."""
    places = [root / path.lstrip("/") for path in paths]
    there = [place.lstat() for place in places if place.is_file() and not place.is_symlink()]
    return sum({status.st_ino: status.st_size for status in there}.values())


def _lists(root: Path) -> dict[str, list[str]]:
    """NAME-VERSION-RELEASE to paths, of a Berkeley DB without its indexes."""
    lists: dict[str, list[str]] = {}
    for line in _rpm(root, "bdb_ro", "-qa", "--qf", _LISTS).splitlines():
        package, _, path = line.partition("\t")
        lists.setdefault(package, []).append(path)
    return lists


def test_what_rpm_installs_is_found_as_rpm_tells_it(packages: Callable[..., Path], tmp_path: Path) -> None:
    root = tmp_path / "root"
    analysis = analyzed(*_installed(root, packages))
    assert _our_facts(analysis) == _facts(_rpm(root, "sqlite", "-qa", "--qf", _FACTS))
    assert {p.name: (p.version, p.added_in) for p in analysis.packages.packages} == {
        "alpha": ("0:1-3", 0),
        "beta": ("4:2-3", 1),
        "delta": ("0:1-3", 1),
    }
    for package in analysis.packages.packages:
        listed = _rpm(root, "sqlite", "-ql", package.name).splitlines()
        assert len(listed) > 5
        assert package.content_bytes == _on_disk(root, listed) > 0
    assert analysis.packages.notices == ()


def test_berkeley_db_is_read_as_rpm_reads_it(packages: Callable[..., Path], tmp_path: Path) -> None:
    root = tmp_path / "root"
    _installed(root, packages)
    database = root / "var" / "lib" / "rpm" / "rpmdb.sqlite"
    with sqlite3.connect(database) as connection:
        headers = connection.execute("SELECT hnum, blob FROM Packages").fetchall()
    connection.close()
    pairs = [(0, (max(number for number, _ in headers) + 1).to_bytes(4, "little")), *headers]
    dump = "".join(f" {key.to_bytes(4, 'little').hex()}\n {value.hex()}\n" for key, value in pairs)
    (root / "dump").write_text(
        f"VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END\n{dump}DATA=END\n"
    )
    run("db5.3_load", "-f", root / "dump", database.with_name("Packages"))
    for left in database.parent.glob("rpmdb.sqlite*"):
        left.unlink()
    analysis = analyzed(_tar(root))
    assert _our_facts(analysis) == _facts(_rpm(root, "bdb_ro", "-qa", "--qf", _FACTS))
    assert len(analysis.packages.packages) == 3
    lists = _lists(root)
    for package in analysis.packages.packages:
        listed = lists[f"{package.name}-{package.version.rpartition(':')[2]}"]
        assert package.content_bytes == _on_disk(root, listed) > 0


@needs_fixtures
def test_a_public_image_of_centos_has_what_rpm_tells_of_its_database(tmp_path: Path) -> None:
    require("rpm")
    image = FIXTURES / "aboutcode-org+scancode.io/scanpipe/tests/data/docker/centos.tar.gz"
    analysis = layerscope.inspect(str(image))
    (changeset,) = analysis.rootfs.inodes.changesets
    documents = {changeset.path(index): content for index, content in changeset.documents.items()}
    home = tmp_path / "var" / "lib" / "rpm"
    home.mkdir(parents=True)
    (home / "Packages").write_bytes(documents[b"var/lib/rpm/Packages"])

    theirs = _facts(_rpm(tmp_path, "bdb_ro", "-qa", "--qf", _FACTS))
    assert len(theirs) > 90
    assert _our_facts(analysis) == theirs
    lists = _lists(tmp_path)
    ours = {_title(record): _listed(record) for record in RpmReader().packages(documents, _damage)}
    assert sum(map(len, lists.values())) > 2_000
    assert {name: sorted(paths) for name, paths in ours.items() if paths} == {
        name: sorted(paths) for name, paths in lists.items()
    }


def _title(record: PackageRecord) -> str:
    return f"{record.name}-{record.version.rpartition(':')[2]}"


def _listed(record: PackageRecord) -> list[str]:
    claim = RpmReader().claim(record, {}, _damage)
    return [(directory + name).decode() for directory, names in claim.files for name in names]


def _damage(path: bytes, what: str) -> None:
    pytest.fail(f"{path!r}: {what}")
