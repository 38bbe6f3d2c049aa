"""`layerscope check` in the dialects of CI services: real images, all outputs of one run, pass or fail."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from layerscope.report.dialects.render import DIALECTS
from layerscope.report.printable import LOG_COMMAND, UNSAFE
from tests.builders import ImageSpec, file, image, layer, whiteout
from tests.cli.running import COMMAND, Ended, environment, layerscope
from tests.dialect_schemas import JENKINS, check_schema, check_xsd
from tests.media import docker_archive, write_tar
from tests.told import HOSTILE

LOWEST = layer(file("etc/base", b"b" * 4000))
SECOND = layer(file("srv/app", b"x" * 3_000_000))
THIRD = layer(whiteout("srv/app"))
HISTORY = (
    {"created_by": "ADD alpine-minirootfs-3.22.1.tar.gz / # buildkit"},
    {"created_by": "COPY app /srv/ # buildkit"},
    {"created_by": "RUN /bin/sh -c rm /srv/app # buildkit"},
)
DOCKERFILE = 'FROM base AS build\n\nCOPY app \\\n  /srv/\nRUN rm /srv/app\nCMD ["sh"]\n'
RULES = '[rules]\nfail-on = "warning"\n[budgets]\nimage-size = "1 MB"\n'


def spec() -> ImageSpec:
    return image(LOWEST, SECOND, THIRD, history=HISTORY)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with an image that fails, below its root, and where `check` is run from there."""
    (tmp_path / ".git").mkdir()
    work = tmp_path / "services" / "app"
    work.mkdir(parents=True)
    (work / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    (work / "layerscope.toml").write_text(RULES, encoding="utf-8")
    write_tar(docker_archive(spec()), work / "app.tar")
    return work


def check(work: Path, *arguments: str, **variables: str) -> Ended:
    return layerscope("check", "app.tar", "--quiet", *arguments, cwd=work, env=environment(**variables))


def all_outputs(folder: str = "out") -> list[str]:
    return [part for dialect in DIALECTS for part in ("--output", f"{dialect}={folder}/{dialect}")]


def test_one_run_writes_every_dialect_although_the_gate_failed(repository: Path) -> None:
    (repository / "out").mkdir()
    ended = check(repository, "--dockerfile", "Dockerfile", *all_outputs())
    assert ended.code == 1, ended.err
    check_schema(json.loads((repository / "out" / "sarif").read_bytes()), "sarif-2.1.0")
    check_xsd((repository / "out" / "junit").read_bytes(), JENKINS)
    assert {path.name for path in (repository / "out").iterdir()} == set(DIALECTS)


def test_each_output_is_what_its_format_prints(repository: Path) -> None:
    (repository / "out").mkdir()
    check(repository, "--dockerfile", "Dockerfile", *all_outputs())
    for dialect in DIALECTS:
        alone = check(repository, "--dockerfile", "Dockerfile", "--format", dialect)
        assert alone.code == 1
        assert alone.out == (repository / "out" / dialect).read_bytes()


def test_results_stand_on_the_lines_of_the_dockerfile_from_the_repository_s_root(repository: Path) -> None:
    sarif = json.loads(check(repository, "--dockerfile", "Dockerfile", "--format", "sarif").out)
    places = {
        result["ruleId"]: result["locations"][0]["physicalLocation"] for result in sarif["runs"][0]["results"]
    }
    removed = places["LS101"]
    assert removed["artifactLocation"] == {"uri": "services/app/Dockerfile", "uriBaseId": "%SRCROOT%"}
    assert (removed["region"]["startLine"], removed["region"]["endLine"]) == (3, 4)
    assert places["LS302"] == removed  # the layer that has most
    issues = json.loads(check(repository, "--dockerfile", "Dockerfile", "--format", "gitlab").out)
    assert {"path": "services/app/Dockerfile", "lines": {"begin": 3}} in [each["location"] for each in issues]


def test_without_lines_a_budget_stands_where_it_is_written_and_a_finding_at_the_image(
    repository: Path,
) -> None:
    issues = json.loads(check(repository, "--format", "gitlab").out)
    places = {each["check_name"][:5]: each["location"] for each in issues}
    assert places["LS302"] == {"path": "services/app/layerscope.toml", "lines": {"begin": 1}}
    assert places["LS101"] == {"path": "services/app/app.tar", "lines": {"begin": 1}}


def test_an_image_that_is_cut_off_is_an_error_in_every_dialect_and_never_a_failure(repository: Path) -> None:
    whole = (repository / "app.tar").read_bytes()
    (repository / "app.tar").write_bytes(whole[: len(whole) // 2])
    (repository / "out").mkdir()
    ended = check(repository, *all_outputs())
    assert ended.code == 4
    written = {path.name: path.read_bytes() for path in (repository / "out").iterdir()}
    if written:  # it could be opened, so something can be said
        suite = ET.fromstring(written["junit"])[0]
        assert int(suite.get("errors", "0")) == 1
        (run,) = json.loads(written["sarif"])["runs"]
        assert run["invocations"][0]["executionSuccessful"] is False
        assert written["github"].startswith(b"::error ")
        assert b"the gate failed" not in written["markdown"]


def test_a_gate_that_passes_says_so_or_nothing(repository: Path) -> None:
    (repository / "layerscope.toml").write_text(
        '[rules]\nfail-on = "never"\n[budgets]\nown-wasted-ratio = "off"\n', encoding="utf-8"
    )
    (repository / "out").mkdir()
    assert check(repository, *all_outputs()).code == 0
    assert (repository / "out" / "markdown").read_bytes() == b""
    assert b"::error" not in (repository / "out" / "github").read_bytes()
    suite = ET.fromstring((repository / "out" / "junit").read_bytes())[0]
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")


def test_the_summary_of_the_job_is_written_for_github_alone(repository: Path) -> None:
    summary = repository / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    check(repository, GITHUB_STEP_SUMMARY=str(summary))
    assert summary.read_text(encoding="utf-8") == "before\n"
    check(repository, "--format", "github", GITHUB_STEP_SUMMARY=str(summary))
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n### layerscope: the gate failed for `example.test/app:1`\n")
    assert "LS101" in text


def test_outputs_are_the_same_in_every_place_time_and_locale(repository: Path) -> None:
    def outputs(name: str, **variables: str) -> dict[str, bytes]:
        (repository / name).mkdir()
        check(repository, *all_outputs(name), **variables)
        return {path.name: path.read_bytes() for path in (repository / name).iterdir()}

    one = outputs("one", LC_ALL="C", TZ="Pacific/Kiritimati", CI="true", GITHUB_ACTIONS="true")
    assert one == outputs("two", LC_ALL="C.UTF-8", TZ="UTC", PYTHONHASHSEED="7")
    assert set(one) == set(DIALECTS)


def test_runs_at_the_same_time_leave_whole_files(repository: Path) -> None:
    (repository / "out").mkdir()
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda _: check(repository, *all_outputs()), range(4)))
    assert {each.code for each in ended} == {1}
    assert {path.name for path in (repository / "out").iterdir()} == set(DIALECTS)
    check_schema(json.loads((repository / "out" / "sarif").read_bytes()), "sarif-2.1.0")
    ET.fromstring((repository / "out" / "junit").read_bytes())


def test_an_image_that_means_harm_is_told_and_harmless(repository: Path) -> None:
    """Names of files, instructions, labels and tags, all hostile, through the whole program."""
    names = [text.replace("/", "_").replace("\0", "") for text in HOSTILE]
    names = [name.encode("utf-8", "surrogatepass") for name in names] + [b"\xff\xfe\x80"]
    stored = layer(*(file(b"srv/" + name, b"x" * 300_000) for name in names))
    removed = layer(*(whiteout(b"srv/" + name) for name in names))
    says = [{"created_by": f"RUN {text}".replace("\udce9\udcff", "?")} for text in HOSTILE[:2]]
    given = image(
        stored,
        removed,
        history=tuple(says),
        tags=("a:`x`|@you<img>",),
        execution={"Labels": {"x": HOSTILE[6]}},
    )
    write_tar(docker_archive(given), repository / "app.tar")
    (repository / "out").mkdir()
    ended = check(repository, *all_outputs())
    assert ended.code == 1, ended.err
    written = {path.name: path.read_bytes() for path in (repository / "out").iterdir()}
    for dialect, content in written.items():
        text = content.decode()
        assert not UNSAFE.search(text.replace("\n", "")), dialect
        assert dialect == "github" or not LOG_COMMAND.search(text), dialect
    check_schema(json.loads(written["sarif"]), "sarif-2.1.0")
    check_xsd(written["junit"], JENKINS)
    assert all(line.startswith("::") for line in written["github"].decode().splitlines())
    assert b"srv" in written["junit"]


def test_the_reader_of_standard_output_may_go_away_and_files_are_there(repository: Path) -> None:
    (repository / "out").mkdir()
    command = [*COMMAND, "check", "app.tar", "--quiet", *all_outputs()]
    process = subprocess.Popen(command, cwd=repository, env=environment(), stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(60) in (1, 141)
    assert {path.name for path in (repository / "out").iterdir()} == set(DIALECTS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output", "sarfi=x"], "sarif is near it"),
        (["--output", "sarif=app.tar"], "this is the image"),
        (["--output", "sarif=Dockerfile", "--dockerfile", "Dockerfile"], "this is the Dockerfile"),
        (["--output", "sarif=x", "--output", "junit=x"], "given twice"),
    ],
)
def test_outputs_that_cannot_be_meant_are_refused_before_anything_is_read(
    repository: Path, arguments: list[str], message: str
) -> None:
    before = {path.name: path.read_bytes() for path in repository.iterdir() if path.is_file()}
    ended = check(repository, *arguments)
    assert ended.code == 2
    assert message in ended.err
    after: dict[str, Any] = {path.name: path.read_bytes() for path in repository.iterdir() if path.is_file()}
    assert after == before
