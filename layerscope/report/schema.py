"""JSON Schemas of the machine formats, generated from their models.

    python -m layerscope.report.schema docs/reference/schema

writes one file for each format; a test compares the files in the repository with what this makes.
"""

from __future__ import annotations

import json
import sys
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from layerscope.report.advice import AdviceReport
from layerscope.report.baseline import BaselineDocument
from layerscope.report.comparison_report import ComparisonReport
from layerscope.report.listing import FileRecord
from layerscope.report.model import Report
from layerscope.report.policy_pages import PolicyReport
from layerscope.report.rule_pages import RulePages
from layerscope.report.sharing_report import SharingReport
from layerscope.report.verdict_report import CheckReport

__all__ = ["SCHEMAS", "schema_text", "write_schemas"]

SCHEMAS: dict[str, type[msgspec.Struct]] = {
    "inspect.schema.json": Report,
    "files.schema.json": FileRecord,
    "diff.schema.json": ComparisonReport,
    "share.schema.json": SharingReport,
    "rules.schema.json": RulePages,
    "advise.schema.json": AdviceReport,
    "check.schema.json": CheckReport,
    "baseline.schema.json": BaselineDocument,
    "config.schema.json": PolicyReport,
}
"""File name to model: `inspect --format json`, one line of `files --format jsonl`, `rules --format json`,
and so on by the verb."""


def schema_text(name: str) -> str:
    """One schema, JSON Schema 2020-12, as the text of its file."""
    document: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    document |= msgspec.json.schema(SCHEMAS[name])
    for definition in document["$defs"].values():
        definition["description"] = cleandoc(definition["description"])
    return json.dumps(document, indent=2) + "\n"


def write_schemas(directory: Path) -> None:
    """Write all schemas into `directory`, making it if needed."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in SCHEMAS:
        (directory / name).write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
