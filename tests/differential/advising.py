"""`layerscope advise` as a process, beside a builder."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from tests.cli.running import COMMAND, REPOSITORY

__all__ = ["advise"]


def advise(environment: Mapping[str, str], *arguments: object) -> dict[str, Any]:
    """What it says, as JSON; a failure that shows the message if it did not end well."""
    done = subprocess.run(
        [*COMMAND, "advise", *map(str, arguments), "--format", "json"],
        env={**environment, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result
