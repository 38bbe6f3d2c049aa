"""LS142: bytecode of Python."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import analyzed, directory, file, layer, whiteout
from tests.rule_cases import claimed, findings, named, owned

FOUND = {
    "app/__pycache__/main.cpython-312.pyc": 500,
    "app/__pycache__/main.cpython-312.opt-1.pyc": 400,
    "app/old.pyc": 300,
    "__pycache__/top.cpython-312.pyc": 20,
    "app/pkg/__pycache__/__init__.pypy310.pyc": 10,
}
SOURCES = ("app/main.py", "app/old.py", "top.py", "app/pkg/__init__.py")
LEAN = (
    "app/main.py",
    "app/pyc",
    "app/__pycache__/README",
)
NEAR = (
    "app/__pycache__/gone.cpython-312.pyc",
    "app/only.pyc",
    "opt/vendored.pyc",
)


def test_bytecode_beside_its_source_is_found_with_their_bytes() -> None:
    compiled = (file(path, b"x" * size) for path, size in FOUND.items())
    stored = layer(*(file(path, b"x") for path in SOURCES), *compiled)
    assert claimed("LS142", stored) == FOUND


def test_source_is_not_meant() -> None:
    assert named("LS142", layer(*(file(path, b"x") for path in LEAN))) == []


def test_bytecode_without_its_source_is_the_program() -> None:
    assert named("LS142", layer(*(file(path, b"x") for path in NEAR))) == []


def test_it_is_never_more_than_information() -> None:
    stored = layer(file("app/a.py", b"x"), file("app/__pycache__/a.cpython-312.pyc", b"x" * 5000))
    found = findings("LS142", stored)
    assert [(finding.severity, finding.freed_bytes) for finding in found] == [(Severity.INFO, 5000)]


def test_source_that_a_later_layer_removes_leaves_bytecode_that_is_the_program() -> None:
    stored = layer(file("app/a.py", b"x"), file("app/__pycache__/a.cpython-312.pyc", b"x"))
    assert named("LS142", stored, layer(whiteout("app/a.py"))) == []


def test_what_packages_of_the_system_compiled_has_its_own_fix() -> None:
    whole = analyzed(
        layer(
            file("usr/lib/python3/a.py", b"x"),
            file("usr/lib/python3/__pycache__/a.cpython-311.pyc", b"x" * 70),
            file("app/b.py", b"x"),
            file("app/__pycache__/b.cpython-311.pyc", b"x" * 30),
        )
    )
    found = findings("LS142", owned(whole, "usr/lib/python3/a.py"))
    assert [(f.freed_bytes, "apt-get install" in f.fix.example) for f in found] == [(70, True), (30, False)]


def test_a_directory_that_is_called_like_source_is_none() -> None:
    stored = layer(directory("app/a.py"), file("app/__pycache__/a.cpython-312.pyc", b"x"))
    assert named("LS142", stored) == []
