"""What says who owns the bytes, fuzzed: package databases in all their places, and Dockerfiles."""

from __future__ import annotations

from pathlib import Path

from layerscope.api import examine
from layerscope.dockerfile.match import attribute
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.syntax import print_dockerfile
from layerscope.errors import DockerfileError
from tests.accounting import verify_the_account
from tests.analyses import analysis, step
from tests.builders import analyzed, file, layer
from tests.unit.packages.records import apk_package, dpkg_package, rpm_header, rpm_sqlite, verify_the_law
from tests.unit.packages.test_rpm import bdb, ndb

__all__ = ["DATABASES", "dockerfiles", "read_a_database", "read_a_dockerfile"]

_PLACES = (
    "var/lib/dpkg/status",
    "var/lib/dpkg/status.d/a",
    "var/lib/dpkg/info/a.list",
    "var/lib/dpkg/diversions",
    "lib/apk/db/installed",
    "var/lib/rpm/Packages",
    "var/lib/rpm/Packages.db",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "var/lib/pacman/local/a-1/desc",
    "var/lib/pacman/local/a-1/files",
    "site/a-1.dist-info/METADATA",
    "site/a-1.dist-info/RECORD",
    "node_modules/a/package.json",
    "vendor/composer/installed.json",
    "conda-meta/a.json",
)
_HEADERS = (rpm_header("a", "1", [("/usr/lib/", "a")], 9), rpm_header("b", "2", [("/b/", "c"), ("/", "d")]))

DATABASES = (
    dpkg_package("a").encode() + dpkg_package("b", "2:1-1", Installed_Size="12").encode(),
    b"/.\n/usr\n/usr/lib/a\n/usr/lib/b\n",
    b"/usr/lib/a\n/usr/lib/a.real\nb\n",
    apk_package("a", "1", {"usr/lib": ["a", "b"]}, 9).encode(),
    bdb(*_HEADERS),
    ndb(*_HEADERS),
    rpm_sqlite(*_HEADERS),
    b"%NAME%\na\n\n%VERSION%\n1\n\n%FILES%\nusr/\nusr/lib/a\n",
    b"Metadata-Version: 2.1\nName: a\nVersion: 1\n\nText",
    b'usr/lib/a,sha256=x,9\n../usr/lib/b,,\n"a ""b""",,\n',
    b'{"name":"a","version":"1","files":["usr/lib/a"]}',
    b'{"packages":[{"name":"a/b","version":"1","install-path":"../a/b"}]}',
)


def read_a_database(data: bytes) -> None:
    """Whatever a database says, in whichever place, packages and what none owns add up, and rules agree."""
    base = layer(*(file(path, DATABASES[0]) for path in _PLACES), file("usr/lib/a", b"1" * 9))
    found = analyzed(base, layer(*(file(path, data) for path in _PLACES), file("usr/lib/b", b"2")))
    verify_the_account(found)
    verify_the_law(found)
    findings = examine(found)
    assert sum(finding.freed_bytes for finding in findings) <= found.ledger.stored_bytes
    assert sum(finding.wasted_bytes for finding in findings) == found.ledger.wasted_bytes


def read_a_dockerfile(data: bytes) -> None:
    """A Dockerfile is refused with a place, or printed as it was; what it is matched with keeps its texts."""
    image = analysis(step(file("a", b"1")), step(file("b", b"2"), by="COPY b / # buildkit")).image
    try:
        dockerfile = read_dockerfile(data, "Dockerfile")
        assert print_dockerfile(dockerfile) == data
        matched = attribute(image, dockerfile)
    except DockerfileError:
        return
    assert [entry.created_by for entry in matched.image.history] == [e.created_by for e in image.history]


def dockerfiles() -> tuple[bytes, ...]:
    """The worked examples, and what they do not have."""
    folder = Path(__file__).parents[1] / "differential" / "dockerfiles"
    written = [path.read_bytes() for path in sorted(folder.glob("*.Dockerfile"))]
    return (
        *written,
        b"ARG A=1\nFROM x AS b\nRUN <<E\nmake $A\nE\nFROM b\nRUN make\nCOPY --from=b b /\n",
        b'# escape=`\nFROM x\nRUN a `\n# c\n b\nENV A=${B:-c} D=\'e f\'\nONBUILD RUN ["x", "y"]\n',
    )
