"""`layerscope optimize` ended at any line of the code that writes: nothing is half written or left over."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import directory, file, image, layer, whiteout
from tests.cli.running import environment
from tests.media import write_medium

PROGRAM = Path(__file__).with_name("every_moment.py")
MOMENTS = "40"
FORMS = {
    "archive": ["docker-archive-gzip-layers", "docker-archive:{}"],
    "copy to layout": ["docker-archive-gzip-outside", "oci:{}"],
    "copy, sorted": [
        "docker-archive-zstd-outside",
        "oci-archive:{}",
        "--reproducible",
        "--recompress",
        "zstd",
    ],
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL"])
@pytest.mark.parametrize("form", FORMS)
def test_whenever_it_ends_the_target_is_what_it_was_or_whole(form: str, name: str, tmp_path: Path) -> None:
    noise = random.Random(0)
    layers = [
        layer(directory("srv"), *(file(f"srv/{n}-{i}", noise.randbytes(9000)) for i in "ab")) for n in "xy"
    ]
    spec = image(*layers, layer(whiteout("srv/x-a"), file("end", b"end")))
    medium, output, *more = FORMS[form]
    source = write_medium(medium, spec, tmp_path / "app.tar")
    before = source.read_bytes()
    (tmp_path / "made").mkdir()
    arguments = ["optimize", source, "-o", output.format(tmp_path / "made" / "out"), "--jobs", "1", *more]
    done = subprocess.run(
        [sys.executable, PROGRAM, name, MOMENTS, tmp_path / "made", *arguments],
        env=environment(SOURCE_DATE_EPOCH="1"),
        capture_output=True,
        check=False,
        text=True,
    )
    lines, *wrong = done.stdout.splitlines() or [""]
    assert (wrong, done.returncode, done.stderr) == ([], 0, "")
    assert int(lines) > 500
    assert source.read_bytes() == before
