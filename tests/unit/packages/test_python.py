"""Python's distributions: RECORD, installed-files.txt, and guesses."""

from __future__ import annotations

from tests.builders import file, symlink
from tests.unit.packages.records import added, dist_info, dpkg_package, owned_paths, table

SITE = "usr/lib/python3.11/site-packages"


def test_a_record_is_relative_to_the_directory_that_it_is_in() -> None:
    found = table(
        [
            *dist_info(SITE, "six", "1.16", ["six.py", "../../../bin/six", '"a,""b.py"', "/etc/six.conf"]),
            file(f"{SITE}/six.py", b"123"),
            file(f"{SITE}/not-six.py", b"1234"),
            file("usr/bin/six", b"12"),
            file(f'{SITE}/a,"b.py', b"1"),
            file("etc/six.conf", b"1"),
        ]
    )
    home = f"{SITE}/six-1.16.dist-info"
    assert owned_paths(found) == {
        "six": sorted(
            [
                "etc/six.conf",
                "usr/bin/six",
                f'{SITE}/a,"b.py',
                f"{SITE}/six.py",
                f"{home}/METADATA",
                f"{home}/RECORD",
            ]
        )
    }
    package = found.packages[0]
    assert (package.ecosystem, package.version, package.record.decode()) == (
        "pypi",
        "1.16",
        f"{home}/METADATA",
    )


def test_a_way_up_goes_from_where_a_link_leads() -> None:
    found = table(
        [
            symlink("site", "opt/env/lib/site-packages"),
            file("opt/env/bin/tool", b"12"),
            file("bin/tool", b"123"),
            file("opt/env/lib/site-packages/x.py", b""),
            *dist_info("opt/env/lib/site-packages", "tool", "1", ["../../bin/tool"]),
        ]
    )
    assert "opt/env/bin/tool" in owned_paths(found)["tool"]
    assert "bin/tool" not in owned_paths(found)["tool"]


def test_byte_code_belongs_to_the_package_of_its_module() -> None:
    found = table(
        [
            *dist_info(SITE, "a", "1", ["a.py", "shared/x.py"]),
            *dist_info(SITE, "b", "1", ["b.py", "shared/y.py"]),
            *(file(f"{SITE}/{name}", b"x") for name in ("a.py", "b.py", "shared/x.py", "shared/y.py")),
            file(f"{SITE}/__pycache__/a.cpython-311.pyc", b"1"),
            file(f"{SITE}/__pycache__/b.cpython-311.opt-1.pyc", b"1"),
            file(f"{SITE}/__pycache__/local.cpython-311.pyc", b"1"),
            file(f"{SITE}/shared/__pycache__/y.cpython-311.pyc", b"1"),
        ]
    )
    paths = owned_paths(found)
    assert f"{SITE}/__pycache__/a.cpython-311.pyc" in paths["a"]
    assert f"{SITE}/__pycache__/b.cpython-311.opt-1.pyc" in paths["b"]
    assert f"{SITE}/shared/__pycache__/y.cpython-311.pyc" in paths["b"]
    assert found.unowned_files == 1


def test_the_system_s_manager_has_a_file_before_python_s() -> None:
    found = table(
        [
            *dist_info(SITE, "six", "1.16", ["six.py"]),
            file(f"{SITE}/six.py", b"123"),
            file("var/lib/dpkg/status", dpkg_package("python3-six").encode()),
            file("var/lib/dpkg/info/python3-six.list", f"/{SITE}/six.py\n".encode()),
        ]
    )
    assert owned_paths(found)["python3-six"] == [f"{SITE}/six.py"]
    assert f"{SITE}/six.py" not in owned_paths(found)["six"]


def test_an_egg_info_may_list_what_was_installed() -> None:
    home = f"{SITE}/old-1.0-py3.11.egg-info"
    found = table(
        [
            file(f"{home}/PKG-INFO", b"Name: old\nVersion: 1.0\n"),
            file(f"{home}/installed-files.txt", b"../old/a.py\n../../../../bin/old\nPKG-INFO\n"),
            file(f"{SITE}/old/a.py", b"12"),
            file(f"{SITE}/old/not-listed", b"1234"),
            file("usr/bin/old", b"1"),
        ]
    )
    assert owned_paths(found)["old"] == sorted(
        ["usr/bin/old", f"{SITE}/old/a.py", f"{home}/PKG-INFO", f"{home}/installed-files.txt"]
    )


def test_an_egg_info_without_a_list_has_the_modules_that_it_names_or_the_one_of_its_name() -> None:
    found = table(
        [
            file(f"{SITE}/Py_Thing-1.0.egg-info", b"Name: Py-Thing\nVersion: 1.0\n\ntext"),
            file(f"{SITE}/py_thing/a.py", b"12"),
            file(f"{SITE}/PyYAML-6.0.egg-info/PKG-INFO", b"Name: PyYAML\nVersion: 6.0\n"),
            file(f"{SITE}/PyYAML-6.0.egg-info/top_level.txt", b"_yaml\nyaml\n../..\n"),
            file(f"{SITE}/yaml/a.py", b"1"),
            file(f"{SITE}/_yaml.py", b"1"),
            file(f"{SITE}/pyyaml.py", b"1"),
        ]
    )
    paths = owned_paths(found)
    assert paths["Py-Thing"] == [f"{SITE}/Py_Thing-1.0.egg-info", f"{SITE}/py_thing/a.py"]
    assert {f"{SITE}/yaml/a.py", f"{SITE}/_yaml.py"} < set(paths["PyYAML"])
    assert found.unowned_files == 1


def test_an_egg_is_a_directory_of_its_own() -> None:
    found = table(
        [
            file(f"{SITE}/thing-2.0-py3.11.egg/EGG-INFO/PKG-INFO", b"Name: thing\nVersion: 2.0\n"),
            file(f"{SITE}/thing-2.0-py3.11.egg/thing.py", b"12"),
        ]
    )
    assert added(found) == {"thing": ("2.0", 0)}
    assert found.unowned_files == 0


def test_metadata_without_a_name_leave_it_to_the_directory() -> None:
    found = table([file(f"{SITE}/lost-3.1.dist-info/METADATA", b"Metadata-Version: 2.1\nVersion: 3.1\n")])
    assert added(found) == {"lost": ("3.1", 0)}
    assert [notice.code for notice in found.notices] == ["package-record-damaged"]


def test_blanks_around_values_do_not_count_and_any_number_of_them_is_read() -> None:
    # an expression that tries every end of a value would take minutes for so many
    blanks = " " * 60_000
    content = f"Name \t:\ta \t\r\nVersion: 1{blanks}x\r\n"
    (package,) = table([file(f"{SITE}/a-1.dist-info/METADATA", content.encode())]).packages
    assert (package.name, package.version) == ("a", "1")
