"""Managers whose packages have directories of their own: npm, gem, composer; and conda, whose records list
files."""

from __future__ import annotations

import json

from tests.builders import directory, file, hardlink, symlink
from tests.unit.packages.records import added, dist_info, node_package, owned_paths, table


def test_a_node_package_owns_its_directory_but_for_packages_within() -> None:
    found = table(
        [
            node_package("app/node_modules/outer", "outer"),
            node_package("app/node_modules/outer/node_modules/inner", "inner"),
            node_package("app/node_modules/@scope/deep", "@scope/deep", "2.0.0"),
            file("app/node_modules/outer/lib/a.js", b"12"),
            file("app/node_modules/outer/node_modules/inner/lib/b.js", b"123"),
            file("app/node_modules/outer/node_modules/.bin/x", b"1"),
            file("app/node_modules/@scope/deep/c.js", b"1234"),
            file("app/node_modules/.package-lock.json", b"12345"),
            file("app/index.js", b"123456"),
        ]
    )
    modules = "app/node_modules"
    assert owned_paths(found) == {
        "outer": [
            f"{modules}/outer/lib/a.js",
            f"{modules}/outer/node_modules/.bin/x",
            f"{modules}/outer/package.json",
        ],
        "inner": [
            f"{modules}/outer/node_modules/inner/lib/b.js",
            f"{modules}/outer/node_modules/inner/package.json",
        ],
        "@scope/deep": [f"{modules}/@scope/deep/c.js", f"{modules}/@scope/deep/package.json"],
    }
    assert found.unowned_bytes == 11
    assert added(found)["@scope/deep"] == ("2.0.0", 0)


def test_a_linked_directory_belongs_to_what_is_there() -> None:
    found = table(
        [
            node_package("app/node_modules/.pnpm/x@1/node_modules/x", "x"),
            symlink("app/node_modules/x", ".pnpm/x@1/node_modules/x"),
            file("app/node_modules/.pnpm/x@1/node_modules/x/a.js", b"12"),
        ]
    )
    assert [p.name for p in found.packages] == ["x"]
    assert found.packages[0].files == 2


def test_the_same_version_twice_is_two_packages() -> None:
    found = table([node_package("a/node_modules/x", "x"), node_package("b/node_modules/x", "x")])
    assert [(p.name, p.record) for p in found.packages] == [
        ("x", b"a/node_modules/x/package.json"),
        ("x", b"b/node_modules/x/package.json"),
    ]


def test_an_inode_of_two_packages_counts_once() -> None:
    found = table(
        [
            node_package("a/node_modules/x", "x"),
            file("a/node_modules/x/data", b"1234567890"),
            node_package("b/node_modules/y", "y"),
            hardlink("b/node_modules/y/data", "a/node_modules/x/data"),
        ]
    )
    assert sum(p.files for p in found.packages) == 3


def test_a_gem_owns_its_directory_and_what_was_compiled_for_it() -> None:
    home = "usr/local/bundle"
    found = table(
        [
            file(f"{home}/specifications/nokogiri-1.18.1-x86_64-linux-gnu.gemspec", b"# a"),
            file(f"{home}/specifications/net-http-2-0.4.gemspec", b"# b"),
            file(f"{home}/specifications/default/json-2.6.1.gemspec", b"# c"),
            file(f"{home}/gems/nokogiri-1.18.1-x86_64-linux-gnu/lib/n.rb", b"12"),
            file(f"{home}/extensions/x86_64-linux/3.3.0/net-http-2-0.4/n.so", b"123"),
            file(f"{home}/cache/net-http-2-0.4.gem", b"1234"),
        ]
    )
    assert {p.name: (p.version, p.architecture, p.content_bytes) for p in found.packages} == {
        "nokogiri": ("1.18.1", "x86_64-linux-gnu", 5),
        "net-http-2": ("0.4", "", 6),
        "json": ("2.6.1", "", 3),
    }
    assert found.unowned_bytes == 4


def test_composer_says_where_each_package_is() -> None:
    listed = [
        {"name": "monolog/monolog", "version": "3.5.0", "install-path": "../monolog/monolog"},
        {"name": "old/one", "version": "1.0"},
        {"name": "the/project", "version": "dev", "install-path": "./"},
    ]
    found = table(
        [
            file("app/vendor/composer/installed.json", json.dumps({"packages": listed}).encode()),
            file("app/vendor/monolog/monolog/a.php", b"12"),
            file("app/vendor/old/one/b.php", b"123"),
            file("app/vendor/composer/ClassLoader.php", b"1234"),
        ]
    )
    assert owned_paths(found) == {
        "monolog/monolog": ["app/vendor/monolog/monolog/a.php"],
        "old/one": ["app/vendor/old/one/b.php"],
        "the/project": [],
    }


def test_a_composer_path_to_the_root_owns_nothing() -> None:
    listed = [
        {"name": "evil", "version": "1", "install-path": "../../../.."},
        {"name": "e2", "install-path": "/"},
    ]
    found = table([file("v/vendor/composer/installed.json", json.dumps(listed).encode()), file("x", b"12")])
    assert [p.content_bytes for p in found.packages] == [0, 0]


def test_conda_lists_files_and_comes_before_pip_s_records_of_the_same() -> None:
    site = "lib/python3.12/site-packages"
    record = {
        "name": "six",
        "version": "1.16",
        "build": "py_0",
        "files": [f"{site}/six.py", f"{site}/six-1.16.dist-info/METADATA"],
    }
    found = table(
        [
            file("opt/conda/conda-meta/six-1.16-py_0.json", json.dumps(record).encode()),
            file("opt/conda/conda-meta/history", b"x"),
            file(f"opt/conda/{site}/six.py", b"12"),
            file(f"opt/conda/{site}/__pycache__/six.cpython-312.pyc", b"12"),
            *dist_info(f"opt/conda/{site}", "six", "1.16", ["six.py"]),
        ]
    )
    files = {p.ecosystem: p.files for p in found.packages}
    assert files == {"conda": 4, "pypi": 1}


def test_a_directory_that_a_layer_replaced_is_owned_as_it_ends() -> None:
    found = table(
        [node_package("a/node_modules/x", "x"), file("a/node_modules/x/old", b"123")],
        [
            directory("a/node_modules/x"),
            file("a/node_modules/x/old", b"1"),
            file("a/node_modules/x/new", b"1"),
        ],
    )
    assert found.packages[0].files == 3
    assert found.packages[0].added_in == 0
