"""Records of apk, pacman and opkg."""

from __future__ import annotations

from tests.builders import file
from tests.unit.packages.records import added, apk_package, dpkg_package, owned_paths, table


def test_an_apk_package_owns_the_files_of_its_directories() -> None:
    installed = apk_package(
        "musl", "1.2.4-r2", {"": ["top"], "lib": ["ld.so", "libc.so"], "etc": []}, size=1000
    )
    found = table(
        [
            file("lib/apk/db/installed", (installed + apk_package(".deps", "0", {})).encode()),
            file("top", b"1"),
            file("lib/ld.so", b"12"),
            file("lib/other.so", b"123"),
        ]
    )
    assert owned_paths(found) == {"musl": ["lib/ld.so", "top"], ".deps": []}
    package = found.packages[0]
    assert (package.version, package.architecture, package.declared_bytes) == ("1.2.4-r2", "x86_64", 1000)
    assert (package.ecosystem, package.content_bytes) == ("apk", 3)


def test_a_damaged_paragraph_of_apk_is_said() -> None:
    found = table([file("lib/apk/db/installed", b"P:a\n\n" + apk_package("b", "1", {}).encode())])
    assert added(found) == {"b": ("1", 0)}
    assert [notice.code for notice in found.notices] == ["package-record-damaged"]


def test_a_pacman_package_owns_its_files_and_its_records() -> None:
    home = "var/lib/pacman/local/zlib-1:1.3-1"
    desc = b"%NAME%\nzlib\n\n%VERSION%\n1:1.3-1\n\n%ARCH%\nx86_64\n\n%SIZE%\n4242\n"
    found = table(
        [
            file(f"{home}/desc", desc),
            file(f"{home}/files", b"%FILES%\nusr/\nusr/lib/\nusr/lib/libz.so\n\n%BACKUP%\netc/z\tab\n"),
            file("usr/lib/libz.so", b"12345"),
            file("etc/z", b"1"),
        ]
    )
    assert owned_paths(found) == {"zlib": ["usr/lib/libz.so", f"{home}/desc", f"{home}/files"]}
    package = found.packages[0]
    assert (package.ecosystem, package.version, package.declared_bytes) == ("alpm", "1:1.3-1", 4242)


def test_pacman_records_without_a_name_or_a_list_are_said() -> None:
    home = "var/lib/pacman/local"
    found = table(
        [file(f"{home}/a-1/desc", b"%NAME%\n\n"), file(f"{home}/b-1/desc", b"%NAME%\nb\n\n%VERSION%\n1\n")]
    )
    assert added(found) == {"b": ("1", 0)}
    assert found.notices[0].count == 2


def test_opkg_keeps_its_records_as_dpkg_does() -> None:
    found = table(
        [
            file("usr/lib/opkg/status", dpkg_package("busybox", "1.36", "install user installed").encode()),
            file("usr/lib/opkg/info/busybox.list", b"/bin/busybox\n"),
            file("bin/busybox", b"123"),
        ]
    )
    assert owned_paths(found) == {"busybox": ["bin/busybox"]}
    assert found.packages[0].ecosystem == "opkg"
