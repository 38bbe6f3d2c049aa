"""Only the command line ends the program or talks to the terminal."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.house import MODULES, Module

EXITS = {"sys.exit", "os._exit", "exit", "quit", "os.abort"}
EXIT_EXCEPTIONS = {"SystemExit", "KeyboardInterrupt"}
THE_ONE_EXIT = "layerscope.cli.main"


def exit_faults(module: Module) -> list[str]:
    """Places that end the process."""
    faults = [f"line {line}: {name}" for name, line in module.calls() if name in EXITS]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = ast.unparse(node.exc).partition("(")[0]
            if raised in EXIT_EXCEPTIONS:
                faults.append(f"line {node.lineno}: raise {raised}")
    return faults


PIPES = {"layerscope.image.worker": "sys.stdout"}
"""A worker's standard output is a pipe to the process that started it, and no terminal."""


def talk_faults(module: Module) -> list[str]:
    """Places that write to the terminal."""
    faults = [f"line {line}: {name}" for name, line in module.calls() if name in {"print", "input"}]
    streams = re.compile(r"sys\.(stdout|stderr|__stdout__|__stderr__)")
    faults += [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and streams.fullmatch(ast.unparse(node))
        and ast.unparse(node) != PIPES.get(module.name)
    ]
    return faults


@pytest.mark.parametrize(
    "module", [m for m in MODULES if m.name != THE_ONE_EXIT], ids=lambda module: module.name
)
def test_only_main_ends_the_program(module: Module) -> None:
    assert exit_faults(module) == []


@pytest.mark.parametrize("module", [m for m in MODULES if m.package != "cli"], ids=lambda module: module.name)
def test_only_the_command_line_talks(module: Module) -> None:
    assert talk_faults(module) == []


@pytest.mark.parametrize(
    "text", ["import sys\nsys.exit(3)", "raise SystemExit(1)", "raise SystemExit", "exit()"]
)
def test_an_exit_is_seen(text: str) -> None:
    assert len(exit_faults(Module("layerscope.api", text))) == 1


@pytest.mark.parametrize("text", ["print('x')", "import sys\nsys.stderr.write('x')"])
def test_talk_is_seen(text: str) -> None:
    assert len(talk_faults(Module("layerscope.api", text))) == 1
