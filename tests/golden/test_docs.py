"""The documentation is what the program does, and its links lead somewhere."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

import layerscope
from layerscope.blobs.limits import Limits
from layerscope.report.attribution import (
    DockerfileMatchReport,
    DockerfileReport,
    FindingReport,
    FixReport,
    LocationReport,
    PackageReport,
    PackagesReport,
    PathReport,
    UnownedReport,
)
from layerscope.report.listing import FileRecord
from layerscope.report.model import (
    BaseReport,
    ImageReport,
    LayerReport,
    NoticeReport,
    Report,
    Totals,
    WastedFileReport,
    WasteReport,
)
from layerscope.rules.registry import everything
from tests.differential.tools import require

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    *REPOSITORY.glob("*.md"),
    *(REPOSITORY / "docs").rglob("*.md"),
    *REPOSITORY.glob("*/README.md"),
]

WRITTEN_BY_A_RUN = {"benchmarks/RESULTS.md"}
"""Files that a command of the page makes, and that need not be there."""


def _generate_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", REPOSITORY / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_documents_are_what_the_program_says() -> None:
    """If this fails: `python docs/generate.py`, then look at what changed."""
    made = _generate_script().generated()
    assert {"README.md", "docs/reference/cli.md", "docs/reference/exit-codes.md"} <= set(made)
    there = {name: (REPOSITORY / name).read_text(encoding="utf-8") for name in made}
    assert [name for name in made if there[name] != made[name]] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text)]
    local = {target for target in targets if target and "://" not in target}
    there = {target for target in local if (document.parent / target).exists()}
    folder = document.parent.relative_to(REPOSITORY)
    made = {target for target in local if (folder / target).as_posix() in WRITTEN_BY_A_RUN}
    assert local - there - made == set()


def test_every_page_of_a_rule_has_its_rule() -> None:
    pages = {path.name for path in (REPOSITORY / "docs" / "rules").iterdir()}
    assert pages == {"README.md"} | {f"{rule.id}.md" for rule in everything()}


def _shell_examples() -> list[tuple[str, int, str, str | None]]:
    """The blocks below `<!-- run: exit N -->`: the page, N, a script, and what it prints if that is given."""
    block = re.compile(
        r"^<!-- run: exit (\d+) -->\n```sh\n(.*?)^```$(?:\n```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE
    )
    return [
        (document.name, int(found[1]), found[2], found[3])
        for document in DOCUMENTS
        for found in block.finditer(document.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(
    ("page", "code", "script", "output"),
    [pytest.param(*example, id=f"{number}-{example[0]}") for number, example in enumerate(_shell_examples())],
)
def test_shell_examples_do_what_the_page_says(
    page: str, code: int, script: str, output: str | None, tmp_path: Path
) -> None:
    """In a directory with nothing but the samples, as a CI service runs scripts."""
    if "jq" in script:
        require("jq", root=False)
    (tmp_path / "sample_images").symlink_to(REPOSITORY / "sample_images")
    program = tmp_path / "bin" / "layerscope"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m layerscope "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == code, f"{page}: {done.stderr}"
    if output is not None:
        assert done.stdout == output, page


def test_the_page_on_formats_names_every_key() -> None:
    text = (REPOSITORY / "docs/reference/formats.md").read_text(encoding="utf-8")
    models = [
        Report,
        ImageReport,
        Totals,
        LayerReport,
        WasteReport,
        WastedFileReport,
        NoticeReport,
        FileRecord,
        *(
            BaseReport,
            DockerfileMatchReport,
            DockerfileReport,
            FindingReport,
            LocationReport,
            PathReport,
            FixReport,
        ),
        *(PackagesReport, PackageReport, UnownedReport),
    ]
    keys = {field.name for model in models for field in msgspec.structs.fields(model)}
    assert {key for key in keys if not re.search(rf"\b{key}\b", text)} == set()


def test_the_limits_page_has_every_bound_with_its_default() -> None:
    text = (REPOSITORY / "docs/reference/limits.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]+ \|$", text, re.MULTILINE))
    assert set(table) == {field.name for field in dataclasses.fields(Limits)}
    assert table["path_bytes"] == "64 KiB"
    assert table["layer_entries"] == "50,000,000"
    assert Limits().path_bytes == 64 * 1024
    assert Limits().layer_entries == 50_000_000


def test_the_python_example_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    text = (REPOSITORY / "docs/how-to/use-from-python.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert example is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example[1], "use-from-python.md", "exec"), {})
    promised = [line.partition("# ")[2] for line in example[1].splitlines() if re.search(r"# .*\d", line)]
    assert promised == ["15000", "metadata_only 15000"]
    assert printed.getvalue().splitlines()[:2] == promised


def test_the_python_example_of_an_error_gives_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (REPOSITORY / "docs/how-to/use-from-python.md").read_text(encoding="utf-8")
    example = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[1]
    (promised,) = re.findall(r"# (\d .*)", example)
    exec(compile(example, "use-from-python.md", "exec"), {"layerscope": layerscope})
    assert capsys.readouterr().out == promised + "\n"


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("first command", "layerscope inspect sample_images/removed-directory.tar"),
        ("test command", "pytest -n auto"),
    ],
)
def test_ci_runs_the_commands_of_the_readme(name: str, ends: str) -> None:
    """.ci/run takes them from the README, so there they must be found: one line each."""
    script = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    assert f'readme_command "{name}"' in script
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    block = re.search(rf"^<!-- {name} -->\n```sh\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    assert block is not None
    (line,) = block[1].splitlines()
    assert line.startswith("python3 -m venv .venv && ")
    assert line.endswith(ends)


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in sorted((REPOSITORY / "docs/decisions").glob("*.md"))]
    assert all(number.isdigit() for number in numbers)
    assert len(set(numbers)) == len(numbers)
