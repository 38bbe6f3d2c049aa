"""dpkg's records: what is installed, which files are whose, where diversions put them."""

from __future__ import annotations

import pytest

from tests.builders import Member, file, symlink
from tests.unit.packages.records import added, dpkg_package, owned_paths, table

STATUS, INFO = "var/lib/dpkg/status", "var/lib/dpkg/info"


def status(*paragraphs: str) -> Member:
    return file(STATUS, "".join(paragraphs).encode())


def listed(name: str, *paths: str) -> Member:
    return file(f"{INFO}/{name}.list", "".join(f"{path}\n" for path in paths).encode())


def test_a_package_owns_the_files_of_its_list() -> None:
    found = table(
        [
            status(dpkg_package("a", "2:1.0-1", Installed_Size="12")),
            listed("a", "/.", "/usr", "/usr/bin", "/usr/bin/a", "/usr/share/a/gone"),
            file("usr/bin/a", b"12345"),
            file("usr/bin/b", b"123"),
        ]
    )
    (package,) = found.packages
    assert (package.name, package.version, package.architecture) == ("a", "2:1.0-1", "amd64")
    assert (package.files, package.content_bytes, package.declared_bytes) == (1, 5, 12 * 1024)
    assert (package.ecosystem, package.record) == ("deb", STATUS.encode())
    assert owned_paths(found) == {"a": ["usr/bin/a"]}


def test_the_list_of_a_multiarch_package_has_its_architecture_in_the_name() -> None:
    found = table(
        [
            status(dpkg_package("libc6", Multi_Arch="same")),
            listed("libc6:amd64", "/lib/libc.so.6"),
            file("lib/libc.so.6", b"12345"),
        ]
    )
    assert found.packages[0].content_bytes == 5


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ("install ok installed", True),
        ("hold ok installed", True),
        ("install ok half-configured", True),
        ("install reinstreq half-installed", True),
        ("install ok unpacked", True),
        ("install ok triggers-awaited", True),
        ("deinstall ok config-files", False),
        ("unknown ok not-installed", False),
    ],
)
def test_a_package_is_there_while_its_files_are(state: str, there: bool) -> None:
    found = table(
        [status(dpkg_package("a", status=state)), listed("a", "/etc/a.conf"), file("etc/a.conf", b"x")]
    )
    assert ([package.name for package in found.packages] == ["a"]) is there
    assert found.unowned_files == (2 if there else 3)


def test_paths_lead_through_the_links_of_a_merged_usr() -> None:
    found = table(
        [
            symlink("lib", "usr/lib"),
            symlink("bin", "/usr/bin"),
            file("usr/lib/x86_64/libc.so.6", b"12345"),
            file("usr/bin/sh", b"12"),
            status(dpkg_package("libc6"), dpkg_package("dash")),
            listed("libc6", "/lib/x86_64/libc.so.6"),
            listed("dash", "/bin/sh"),
        ]
    )
    assert {p.name: p.content_bytes for p in found.packages} == {"libc6": 5, "dash": 2}


def test_a_link_that_is_owned_is_not_what_it_leads_to() -> None:
    found = table(
        [
            file("usr/bin/a-1", b"12345"),
            symlink("usr/bin/a", "a-1"),
            status(dpkg_package("a")),
            listed("a", "/usr/bin/a"),
        ]
    )
    assert (found.packages[0].files, found.packages[0].content_bytes) == (0, 0)
    assert owned_paths(found) == {"a": ["usr/bin/a"]}


def test_a_diverted_file_is_its_package_s_under_the_new_name() -> None:
    found = table(
        [
            status(dpkg_package("victim"), dpkg_package("diverter")),
            listed("victim", "/bin/x", "/bin/y"),
            listed("diverter", "/bin/x"),
            file(
                "var/lib/dpkg/diversions",
                b"/bin/x\n/bin/x.old\ndiverter\n/bin/y\n/bin/y.local\n:\n",
            ),
            file("bin/x", b"new"),
            file("bin/x.old", b"old old"),
            file("bin/y", b"written by hand"),
            file("bin/y.local", b"y"),
        ]
    )
    assert owned_paths(found) == {"victim": ["bin/x.old", "bin/y.local"], "diverter": ["bin/x"]}


def test_distroless_images_list_checksums_instead() -> None:
    directory = "var/lib/dpkg/status.d"
    found = table(
        [
            file(
                f"{directory}/base", dpkg_package("base-files", status="").replace("Status: \n", "").encode()
            ),
            file(f"{directory}/base.md5sums", b"d41d8cd98f00b204e9800998ecf8427e  etc/debian_version\n"),
            file("etc/debian_version", b"12.1\n"),
        ]
    )
    assert owned_paths(found) == {"base-files": ["etc/debian_version"]}


def test_a_name_with_two_paths_counts_its_inode_once() -> None:
    from tests.builders import hardlink

    found = table(
        [
            file("usr/bin/perl", b"12345"),
            hardlink("usr/bin/perl5.36", "usr/bin/perl"),
            status(dpkg_package("perl"), dpkg_package("other")),
            listed("perl", "/usr/bin/perl", "/usr/bin/perl5.36"),
            listed("other", "/usr/bin/perl5.36"),
        ]
    )
    assert {p.name: (p.files, p.content_bytes) for p in found.packages} == {"perl": (1, 5), "other": (0, 0)}


def test_what_is_damaged_is_said_and_the_rest_is_read() -> None:
    found = table(
        [
            status("Package: nameless-version\n\n", "gar\xffbage\n\n", dpkg_package("a"), dpkg_package("b")),
            listed("a", "/a"),
            file("a", b"a"),
            file("var/lib/dpkg/diversions", b"/a\n/b"),
        ]
    )
    assert added(found) == {"a": ("1", 0), "b": ("1", 0)}
    (notice,) = found.notices
    assert (notice.code, notice.layer, notice.path, notice.count) == (
        "package-record-damaged",
        0,
        STATUS.encode(),
        4,
    )


def test_blanks_around_values_do_not_count_and_any_number_of_them_is_read() -> None:
    # an expression that tries every end of a value would take hours for so many
    blanks = " " * 400_000
    content = f"Package:\ta \t\r\nStatus:install ok installed{blanks}\nVersion: 1{blanks}x\n"
    (package,) = table([file(STATUS, content.encode())]).packages
    assert (package.name, package.version) == ("a", "1")
