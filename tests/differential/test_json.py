"""One image gives one JSON document, whatever it is stored in and wherever it is read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.differential.test_umoci import FILES, RECIPES

REPOSITORY = Path(__file__).resolve().parents[2]

OF_THE_MEDIUM = {"reference", "digest", "tags", "media_type", "compression", "compressed_bytes"}
"""Keys that say how an image is stored, and may differ between formats; all others may not."""


def inspected(
    reference: Path | str, environment: dict[str, str] | None = None, stdin: Path | None = None
) -> bytes:
    """What `layerscope inspect --format json` prints."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))
    }
    with (stdin or Path(os.devnull)).open("rb") as source:
        done = subprocess.run(
            [sys.executable, "-m", "layerscope", "inspect", "--format", "json", str(reference)],
            cwd=REPOSITORY,
            env=kept | {"PYTHONPATH": "."} | (environment or {}),
            stdin=source,
            capture_output=True,
            check=True,
        )
    return done.stdout


def of_the_image(value: Any) -> Any:
    """A document without what belongs to the medium."""
    if isinstance(value, dict):
        return {key: of_the_image(item) for key, item in value.items() if key not in OF_THE_MEDIUM}
    return [of_the_image(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("form", [*FILES, "standard input"])
@pytest.mark.parametrize("recipe", RECIPES)
def test_the_document_does_not_depend_on_the_format(
    recipe: str, form: str, build: Callable[[str, str], Path]
) -> None:
    directory = build(recipe, "overlay")
    expected = of_the_image(json.loads(inspected(directory / "oci")))
    assert expected["totals"]["stored_bytes"] > 0
    if form == "standard input":
        document = inspected("-", stdin=directory / "docker.tar")
    else:
        document = inspected(directory / FILES[form])
    assert of_the_image(json.loads(document)) == expected


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {"PYTHONUTF8": "0"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}],
    ids=lambda environment: " ".join(f"{name}={value}" for name, value in environment.items()),
)
def test_the_document_does_not_depend_on_the_locale(
    environment: dict[str, str], build: Callable[[str, str], Path]
) -> None:
    """The image has names that are not UTF-8, and names that are."""
    archive = build("attributes", "overlay") / "docker.tar"
    assert inspected(archive, environment) == inspected(archive)
