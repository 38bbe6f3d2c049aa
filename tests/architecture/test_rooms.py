"""What every module and function of the house keeps to: size, names, docstrings, `__all__`, citations."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.house import MODULES, TEST_MODULES, Module, functions

FILE_LINES = 400
FUNCTION_LINES = 60
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "stuff"}

SPEC_FILES = (
    "annotations|config|considerations|conversion|descriptor|image-index|image-layout|layer|manifest"
    "|media-types|spec"
)
CITATION = re.compile(
    rf"Spec: (?:image-spec v1\.1\.1, (?:{SPEC_FILES})\.md#[a-z0-9][a-z0-9.-]*|RFC \d+ §\d[\d.]*)"
)

each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    is_docstring = ast.get_docstring(function) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def public_definitions(module: Module) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Public functions and classes of a module and public methods of those classes."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in module.tree.body:
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (m for m in node.body if isinstance(m, kinds) and not m.name.startswith("_"))


def exported(module: Module) -> list[str] | None:
    """The names in `__all__`, or None without one."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def citation_faults(text: str) -> list[str]:
    """`Spec:` lines that a reader could not follow to a place in the specification."""
    flat = re.sub(r"\s+#?\s*", " ", text)
    return [
        flat[found.start() : found.start() + 60]
        for found in re.finditer(r"\bSpec:", flat)
        if not CITATION.match(flat, found.start())
    ]


@each_module
def test_module_has_a_docstring(module: Module) -> None:
    assert ast.get_docstring(module.tree)


@each_module
def test_file_is_small_enough_to_read(module: Module) -> None:
    assert module.text.count("\n") <= FILE_LINES


@each_module
def test_functions_are_small_enough_to_read(module: Module) -> None:
    assert [f.name for f in functions(module) if length(f) > FUNCTION_LINES] == []


@each_module
def test_module_name_says_what_is_inside(module: Module) -> None:
    assert not VAGUE_NAMES & set(module.name.split("."))


@each_module
def test_public_names_are_exported_and_documented(module: Module) -> None:
    top = {node.name for node in module.tree.body if hasattr(node, "name") and not node.name.startswith("_")}
    names = exported(module)
    assert top <= set(names or ())
    assert [node.name for node in public_definitions(module) if not ast.get_docstring(node)] == []


@each_module
def test_citations_can_be_followed(module: Module) -> None:
    assert citation_faults(module.text) == []


@pytest.mark.parametrize("module", TEST_MODULES, ids=lambda module: module.name)
def test_citations_in_tests_can_be_followed(module: Module) -> None:
    if module.name.endswith("test_rooms"):
        return  # this file shows wrong ones
    assert citation_faults(module.text) == []


def test_no_module_waits_to_be_written() -> None:
    """A stub or a note to oneself is a promise that nobody keeps."""
    waiting = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    assert [module.name for module in MODULES if waiting.search(module.text)] == []


def test_a_long_function_is_seen() -> None:
    body = "\n".join(f"    x = {n}" for n in range(FUNCTION_LINES))
    module = Module("layerscope.oci.long", f"def f():\n{body}\n")
    assert [length(f) for f in functions(module)] == [FUNCTION_LINES + 1]


def test_a_docstring_does_not_count_as_length() -> None:
    module = Module("layerscope.oci.x", 'def f():\n    """One.\n\n    Two.\n    """\n    return 1\n')
    assert [length(f) for f in functions(module)] == [2]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("Spec: image-spec v1.1.1, layer.md#whiteouts.", 0),
        ("Spec: image-spec v1.1.1,\n    layer.md#whiteouts", 0),
        ("Spec: layer.md#whiteouts", 1),
        ("Spec: image-spec v1.1.1, layer.md", 1),
        ("Spec: RFC 1952 §2.2; CRC and length are checked", 0),
        ("Spec: RFC 1952", 1),
        ("Spec: image-spec v1.0.0, layer.md#whiteouts", 1),
        ("Spec: image-spec v1.1.1, layers.md#whiteouts", 1),
    ],
)
def test_a_citation_that_leads_nowhere_is_seen(text: str, faults: int) -> None:
    assert len(citation_faults(text)) == faults
