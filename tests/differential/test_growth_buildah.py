"""A pull request told by two images that buildah built: one pip package more, 30 MB, and who brought it."""

from __future__ import annotations

import base64
import ensurepip
import hashlib
import json
import random
import shutil
import zipfile
from pathlib import Path

import pytest

from layerscope.cli.main import run as layerscope
from tests.differential.wasteful.workshop import Workshop

HEAVY_BYTES = 30_000_000
DOCKERFILE = """\
FROM localhost/debian:root
RUN apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*
COPY requirements.txt /app/
RUN --mount=type=bind,source=wheels,target=/wheels \\
    PYTHONDONTWRITEBYTECODE=1 python3 /wheels/installer.whl/pip install --no-index --no-compile -q \\
      --break-system-packages --find-links /wheels -r /app/requirements.txt
COPY app.py /app/
"""


def wheel(folder: Path, name: str, data: bytes) -> None:
    """A wheel of one module and one file of data, without any builder."""
    info = f"{name}-1.0.dist-info"
    members = {
        f"{name}/__init__.py": b"",
        f"{name}/data.bin": data,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()},{len(content)}"
        for path, content in members.items()
    ]
    members[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, content in members.items():
            archive.writestr(path, content)


@pytest.fixture(scope="module")
def builds(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The image before, the image of the pull request, and the Dockerfile of both."""
    assert workshop.debian_root() == "localhost/debian:root"
    context = tmp_path_factory.mktemp("growth")
    wheels = context / "wheels"
    wheels.mkdir()
    (installer,) = Path(ensurepip.__file__).with_name("_bundled").glob("pip-*.whl")
    shutil.copy(installer, wheels / "installer.whl")
    wheel(wheels, "light", b"light")
    wheel(wheels, "heavy", random.Random(1).randbytes(HEAVY_BYTES))
    (context / "app.py").write_text("import light\n")
    (context / "Dockerfile").write_text(DOCKERFILE)
    saved = []
    for number, requirements in enumerate(("light\n", "light\nheavy\n")):
        (context / "requirements.txt").write_text(requirements)
        workshop.build(context / "Dockerfile", context, f"localhost/growth:{number}")
        saved.append(workshop.save(f"localhost/growth:{number}"))
    return saved[0], saved[1], context / "Dockerfile"


def test_the_report_names_the_package_the_instruction_and_the_bytes(
    builds: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    before, after, dockerfile = builds
    baseline, text, document = tmp_path / "main.json", tmp_path / "check.txt", tmp_path / "check.json"
    given = ["--dockerfile", str(dockerfile), "--no-config", "--quiet"]
    assert layerscope(["check", str(before), *given, "--write-baseline", str(baseline), "-o", str(text)]) == 0
    assert baseline.stat().st_size < 200_000
    for source in (str(baseline), str(before)):  # what was kept of the image says as much as the image
        compare = ["--baseline", source, "-o", str(text), "--output", f"json={document}"]
        assert layerscope(["check", str(after), *given, *compare]) == 1
        found = json.loads(document.read_bytes())
        (failed,) = [result for result in found["results"] if result["outcome"] == "failed"]
        assert (failed["rule_id"], failed["unit"]) == ("LS322", "ratio")
        (place,) = failed["locations"][:1]
        assert place["dockerfile"]["first_line"] == 4
        assert "pip install" in place["instruction"]
        growth = found["growth"]
        assert growth["base_apart"]
        assert growth["base"]["before_bytes"] == growth["base"]["after_bytes"] > 0
        package, own = growth["packages"][0], growth["own"]
        assert [package[key] for key in ("ecosystem", "name", "after_versions")] == ["pypi", "heavy", ["1.0"]]
        grown = package["after_bytes"] - package["before_bytes"]
        assert HEAVY_BYTES <= grown < HEAVY_BYTES + 10_000
        assert grown <= own["after_bytes"] - own["before_bytes"] < grown + 10_000
        instruction = growth["instructions"][0]
        assert "pip install" in instruction["after"]
        assert grown <= instruction["after_bytes"] - instruction["before_bytes"] < grown + 10_000
        assert growth["files"][0]["path"].endswith("/heavy/data.bin")
        assert "heavy" in growth["directories"][0]["path"]
    lines = text.read_text().splitlines()
    assert any("+30.0 MB  new: pypi heavy 1.0, by RUN" in line for line in lines)
    assert any("+30.0 MB  RUN " in line for line in lines), lines
