"""Tests can fail, skips say why, and nothing in the repository knows the machine it was written on."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.architecture.house import REPOSITORY, TEST_MODULES, Module, functions, repository_files

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SAYS_SO = re.compile(r"(\w+\.)*(raises|warns|fail|validate|(assert|check|expect|verify)(_\w+)?)$")


def asserts(function: Function, helpers: set[str]) -> bool:
    """Whether a function has an assertion, or calls something that is known or named to have one."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if _SAYS_SO.fullmatch(called) or called in helpers:
                return True
    return False


def silent_tests(module: Module) -> list[str]:
    """Test functions that cannot fail."""
    helpers: set[str] = set()
    for _ in range(3):  # a helper may call a helper
        helpers |= {f.name for f in functions(module) if asserts(f, helpers)}
    return [f.name for f in functions(module) if f.name.startswith("test_") and f.name not in helpers]


def skips_without_reason(module: Module) -> list[str]:
    """Skips and expected failures that keep their reason to themselves."""
    faults = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).removeprefix("pytest.").removeprefix("mark.")
            has_reason = any(keyword.arg == "reason" for keyword in node.keywords)
            reason_at = {"skip": 1, "xfail": 1, "importorskip": 3, "skipif": 99}.get(name)
            if reason_at is not None and not has_reason and len(node.args) < reason_at:
                faults.append(f"line {node.lineno}: {ast.unparse(node)}")
        elif isinstance(node, ast.FunctionDef):
            bare = {"pytest.mark.skip", "pytest.mark.xfail"}
            faults += [
                f"line {node.lineno}: {node.name}" for d in node.decorator_list if ast.unparse(d) in bare
            ]
    return faults


def machine_paths() -> list[bytes]:
    """Places of this machine that no file of the repository may name."""
    places = [REPOSITORY, REPOSITORY.parent / "shared", Path(sys.prefix), Path.home() / ".cache"]
    everywhere = {Path(sys.base_prefix), Path("/usr/local"), Path("/root/.cache")}  # in containers, too
    own = [p for p in places if len(p.parts) > 2 and p not in everywhere]
    return [str(place).encode() for place in own]


@pytest.mark.parametrize("module", TEST_MODULES, ids=lambda module: module.name)
def test_every_test_can_fail(module: Module) -> None:
    assert silent_tests(module) == []


@pytest.mark.parametrize("module", TEST_MODULES, ids=lambda module: module.name)
def test_every_skip_says_why(module: Module) -> None:
    assert skips_without_reason(module) == []


@pytest.mark.parametrize("module", TEST_MODULES, ids=lambda module: module.name)
def test_no_test_measures_time(module: Module) -> None:
    """A timing assertion fails on a busy machine and proves nothing on a fast one; benchmarks/ measures."""
    clocks = {"time.time", "time.perf_counter", "time.monotonic", "time.process_time", "timeit.timeit"}
    assert [name for name, _ in module.calls() if name in clocks] == []


def test_no_file_names_a_place_of_this_machine() -> None:
    needles = machine_paths()
    naming = [
        str(path.relative_to(REPOSITORY))
        for path in repository_files()
        if any(needle in path.read_bytes() for needle in needles)
    ]
    assert naming == []


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("def test_a():\n    f()", ["test_a"]),
        ("def test_a():\n    assert f()", []),
        ("def test_a():\n    with pytest.raises(E):\n        f()", []),
        ("def check_x():\n    assert 1\ndef test_a():\n    check_x()", []),
        ("def same(a):\n    assert a\ndef test_a():\n    same(1)", []),
    ],
)
def test_a_test_that_cannot_fail_is_seen(text: str, silent: list[str]) -> None:
    assert silent_tests(Module("tests.x", text)) == silent


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("@pytest.mark.skip\ndef test_a():\n    assert 1", 1),
        ("pytest.skip()", 1),
        ("pytest.skip('no umoci')", 0),
        ("pytest.mark.skipif(True)", 1),
        ("pytest.mark.skipif(True, reason='no umoci')", 0),
        ("pytest.importorskip('atheris')", 1),
    ],
)
def test_a_skip_without_a_reason_is_seen(text: str, faults: int) -> None:
    assert len(skips_without_reason(Module("tests.x", text))) == faults
