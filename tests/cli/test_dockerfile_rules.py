"""The rules about Dockerfiles in `inspect`, `check` and `report`: where they stand, when they are asked."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

import layerscope as package
from tests.builders import file, image, layer
from tests.cli.running import REPOSITORY, environment, layerscope
from tests.differential.tools import require
from tests.media import docker_archive, write_tar

DOCKERFILE = """\
FROM base
ARG GIT_SHA
COPY src /src
RUN mkdir -p /data
RUN apt-get update && apt-get install -y git
LABEL revision=$GIT_SHA
"""
GOOD = """\
FROM base
RUN apt-get update && apt-get install -y git
COPY src /src
RUN make -C /src
"""
APT = "/bin/sh -c apt-get update && apt-get install -y git"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    (place / "src").mkdir(parents=True)
    (place / "src" / "a.c").write_text("a")
    (place / "Dockerfile").write_text(DOCKERFILE)
    texts = (
        "ADD rootfs /",
        "COPY src /src",
        "RUN |1 GIT_SHA= /bin/sh -c mkdir -p /data",
        f"RUN |1 GIT_SHA= {APT}",
    )
    layers = (
        layer(file("etc/passwd")),
        layer(file("src/a.c", b"a")),
        layer(file("data/.keep")),
        layer(file("usr/bin/git", b"x" * 100)),
    )
    history = tuple(
        {"created_by": f"{text} # buildkit", "created": f"2026-11-26T10:0{minute}:00Z"}
        for minute, text in enumerate(texts)
    )
    write_tar(docker_archive(image(*layers, history=history)), place / "app.tar")
    return place


def committed(project: Path, *changes: str) -> None:
    """A repository with a first commit and one for each change of a source."""
    require("git", root=False)
    who = {f"GIT_{role}_{what}": "a@b.test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def git(*arguments: str) -> None:
        command = ["git", "-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false", *arguments]
        subprocess.run(command, cwd=project, check=True, env=os.environ | who, capture_output=True)

    git("init", "-q", ".")
    for text in ("first", *changes):
        if text != "first":
            (project / "src" / "a.c").write_text(text)
        git("add", "src", "Dockerfile")
        git("commit", "-q", "--allow-empty", "-m", text)


def inspected(project: Path, *arguments: object) -> dict[str, Any]:
    ended = layerscope("inspect", "app.tar", "--format", "json", "--quiet", *arguments, cwd=project)
    assert (ended.code, ended.err) == (0, "")
    return dict(json.loads(ended.out))


def about_dockerfile(document: dict[str, Any]) -> dict[str, Any]:
    return {each["rule_id"]: each for each in document["findings"] if each["rule_id"].startswith("LS2")}


def test_findings_have_lines_layers_and_savings(project: Path) -> None:
    committed(project, "b", "c", "d")
    found = about_dockerfile(inspected(project, "--dockerfile", "Dockerfile"))
    assert {"LS201", "LS202"} <= set(found)
    volatile = found["LS202"]
    places = [(each["layer"], each["dockerfile"]["first_line"]) for each in volatile["locations"]]
    assert places == [(None, 2), (2, 4), (3, 5)]
    assert volatile["build"]["builds"] == 3
    assert volatile["bytes"] == 0
    saved = volatile["build"]["seconds"] + found["LS201"]["build"]["seconds"]
    assert saved == pytest.approx(120, rel=0.01)  # a minute each, in every build


def test_without_a_dockerfile_nothing_is_asked(project: Path) -> None:
    assert about_dockerfile(inspected(project)) == {}
    ended = layerscope("check", "app.tar", "--no-config", "--format", "json", "--quiet", cwd=project)
    assert not [each for each in json.loads(ended.out)["results"] if each["rule_id"].startswith("LS2")]


def test_a_good_file_passes(project: Path) -> None:
    (project / "Dockerfile").write_text(GOOD)
    assert about_dockerfile(inspected(project, "--dockerfile", "Dockerfile")) == {}
    ended = layerscope(
        "check", "app.tar", "--no-config", "--format", "json", "--quiet", "--dockerfile", ".", cwd=project
    )
    passed = [
        each["rule_id"]
        for each in json.loads(ended.out)["results"]
        if each["rule_id"].startswith("LS2") and each["outcome"] == "passed"
    ]
    assert {"LS201", "LS202", "LS203"} <= set(passed)


def test_the_gate_fails_on_lines_of_the_dockerfile(project: Path) -> None:
    ended = layerscope(
        *(
            "check",
            "app.tar",
            "--no-config",
            "--quiet",
            "--dockerfile",
            "Dockerfile",
            "--rule",
            "LS2xx=warning",
        ),
        *("--output", "sarif=out.sarif", "--output", "html=out.html", "--output", "text.txt"),
        cwd=project,
        env=environment(COLUMNS="80"),
    )
    assert (ended.code, ended.err) == (1, "")
    text = (project / "text.txt").read_text()
    assert "LS202 early-volatile: RUN of lines 4 and 5 are never taken from the cache" in text
    assert "Next: layerscope advise app.tar --dockerfile Dockerfile\n" in text
    assert max(map(len, text.splitlines())) <= 80
    (run,) = json.loads((project / "out.sarif").read_text())["runs"]
    lines = {
        each["ruleId"]: each["locations"][0]["physicalLocation"]["region"]["startLine"]
        for each in run["results"]
    }
    assert lines.items() >= {"LS201": 3, "LS202": 2}.items()
    page = (project / "out.html").read_text()
    assert 'title="RUN of lines 4 and 5 are never taken from the cache' in page


def test_rules_are_switched_off_and_excused_one_by_one(project: Path) -> None:
    (project / "layerscope.toml").write_text(
        '[rules]\nfail-on = "warning"\ncostly-order = "off"\n'
        '[[waivers]]\nrule = "LS202"\ninstruction = "* GIT_SHA*"\nowner = "me"\nreason = "x"\n'
        "expires = 2999-01-01\n"
        '[[waivers]]\nrule = "LS202"\nowner = "me"\nreason = "x"\nexpires = 2999-01-01\n'
    )
    ended = layerscope("check", "app.tar", "--format", "json", "--quiet", "--dockerfile", ".", cwd=project)
    document = json.loads(ended.out)
    outcomes = {
        each["rule_id"]: each["outcome"] for each in document["results"] if each["rule_id"].startswith("LS20")
    }
    assert ended.code == 0
    assert outcomes["LS202"] == "waived"
    assert "LS201" not in outcomes
    assert [each["state"] for each in document["waivers"]] == ["unused", "used"]


def test_the_context_is_where_the_dockerfile_is_or_where_the_command_runs(project: Path) -> None:
    (project / "build").mkdir()
    (project / "Dockerfile").rename(project / "build" / "Dockerfile")
    found = about_dockerfile(inspected(project, "--dockerfile", "build/Dockerfile"))
    assert "--dockerfile build/Dockerfile --context" in found["LS201"]["fix"]["text"]
    given = about_dockerfile(inspected(project, "--dockerfile", "build/Dockerfile", "--context", "."))
    assert found["LS201"]["build"] == given["LS201"]["build"]


def test_a_context_that_is_not_there_is_said(project: Path) -> None:
    ended = layerscope("inspect", "app.tar", "--dockerfile", ".", "--context", "nowhere", cwd=project)
    assert (ended.code, ended.out) == (3, b"")
    assert "context nowhere: no such directory" in ended.err
    ended = layerscope("inspect", "app.tar", "--context", ".", cwd=project)
    assert (ended.code, ended.err) == (2, "layerscope: error: --context needs --dockerfile\n")


def test_a_report_marks_the_lines(project: Path) -> None:
    page = layerscope("report", "app.tar", "--dockerfile", "Dockerfile", "--quiet", cwd=project).text
    assert 'title="RUN of lines 4 and 5 are never taken from the cache' in page
    assert "Each build: " in page


def test_a_page_for_each(project: Path) -> None:
    for rule_id in ("LS201", "early-volatile"):
        ended = layerscope("rules", rule_id, cwd=project)
        assert ended.code == 0
        assert "How to fix it" in ended.text


@pytest.mark.parametrize("output_format", ["text", "json", "junit", "github", "sarif"])
def test_no_escape_sequence_and_no_secret_of_a_dockerfile_is_shown(project: Path, output_format: str) -> None:
    (project / "Dockerfile").write_text(
        'FROM base\nARG GIT_SHA\nCOPY src "/s\x1b[31mrc"\nRUN apt-get update && apt-get install -y git\n'
        "RUN TOKEN=q8w7e6r5t4z3u2i1 apt-get install -y curl && make -C /src\n"
    )
    ended = layerscope(
        *("check", "app.tar", "--no-config", "--quiet", "--dockerfile", "Dockerfile"),
        *("--format", output_format),
        cwd=project,
    )
    assert "LS202" in ended.text
    assert "\x1b" not in ended.text
    assert "q8w7e6r5t4z3u2i1" not in ended.text


def test_the_python_example_asks_them_too(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    text = (REPOSITORY / "docs" / "how-to" / "use-from-python.md").read_text(encoding="utf-8")
    example = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[2]
    exec(compile(example, "use-from-python.md", "exec"), {"layerscope": package})
    assert re.findall(r"^LS\d+", capsys.readouterr().out, re.MULTILINE)[:2] == ["LS201", "LS202"]
