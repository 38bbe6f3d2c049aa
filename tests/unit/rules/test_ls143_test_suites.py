"""LS143: test suites of installed packages."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import analyzed, file, layer
from tests.rule_cases import claimed, findings, named, owned

FOUND = {
    "usr/local/lib/python3.12/site-packages/numpy/core/tests/test_a.py": 500,
    "usr/lib/python3/dist-packages/yaml/tests/a.py": 90,
    "usr/local/lib/python3.12/test/test_os.py": 80,
    "app/node_modules/left-pad/test/test.js": 400,
    "app/node_modules/@scope/pkg/__tests__/a.js": 300,
    "usr/local/bundle/gems/rake-13.1.0/spec/a_spec.rb": 200,
    "app/vendor/psr/log/Tests/LoggerTest.php": 100,
}
LEAN = (
    "usr/local/lib/python3.12/site-packages/numpy/core/multiarray.py",
    "app/node_modules/left-pad/index.js",
    "app/tests/test_app.py",
)
NEAR = (
    "usr/local/lib/python3.12/site-packages/django/test/client.py",
    "usr/local/lib/python3.12/site-packages/numpy/testing/__init__.py",
    "app/node_modules/test/index.js",
    "app/node_modules/@scope/test/index.js",
    "app/node_modules/@scope/test/lib/a.js",
    "app/node_modules/pkg/lib/test.js",
)


def test_test_suites_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS143", stored) == FOUND


def test_programs_and_their_own_tests_are_not_meant() -> None:
    assert named("LS143", layer(*(file(path, b"x") for path in LEAN))) == []


def test_what_programs_import_is_not_meant() -> None:
    assert named("LS143", layer(*(file(path, b"x") for path in NEAR))) == []


def test_the_tests_of_a_package_called_test_are_found() -> None:
    stored = layer(file("app/node_modules/@scope/test/test/a.js", b"x"))
    assert named("LS143", stored) == ["app/node_modules/@scope/test/test/a.js"]


def test_it_is_never_more_than_information() -> None:
    found = findings("LS143", layer(file("app/node_modules/a/test/a.js", b"x" * 5000)))
    assert [finding.severity for finding in found] == [Severity.INFO]


def test_what_a_package_of_the_system_brings_is_not_meant() -> None:
    whole = analyzed(layer(file("usr/lib/python3.11/test/support/__init__.py", b"x")))
    assert named("LS143", whole) == ["usr/lib/python3.11/test/support/__init__.py"]
    assert named("LS143", owned(whole, "usr/lib/python3.11/test/support/__init__.py")) == []
