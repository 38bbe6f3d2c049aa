"""LS150: what editors, desktops and shells leave behind."""

from __future__ import annotations

from tests.builders import analyzed, file, layer
from tests.rule_cases import claimed, named, owned

FOUND = {
    "app/main.py~": 500,
    "app/.main.py.swp": 400,
    "etc/app.conf.bak": 300,
    "app/.idea/workspace.xml": 200,
    "app/.DS_Store": 100,
    "etc/ssh/sshd_config.dpkg-old": 50,
    "root/.bash_history": 40,
}
LEAN = (
    "app/main.py",
    "etc/passwd-",
    "root/.bashrc",
    "app/.editorconfig",
)
NEAR = (
    "app/node_modules/pkg/.DS_Store",
    "usr/local/lib/python3.12/site-packages/a.orig",
    "app/x.backup",
    "app/a~b",
    "opt/x.dpkg-old",
)


def test_leftovers_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS150", stored) == FOUND


def test_ordinary_files_are_not_meant() -> None:
    assert named("LS150", layer(*(file(path, b"x") for path in LEAN))) == []


def test_what_packages_bring_is_not_meant() -> None:
    assert named("LS150", layer(*(file(path, b"x") for path in NEAR))) == []


def test_what_a_package_owns_is_not_meant() -> None:
    whole = analyzed(layer(file("usr/lib/tool/a.orig", b"x")))
    assert named("LS150", whole) == ["usr/lib/tool/a.orig"]
    assert named("LS150", owned(whole, "usr/lib/tool/a.orig")) == []
