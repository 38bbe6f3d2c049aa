"""`layerscope advise`: what it says, what it writes, and what it does with wrong input."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from layerscope.report.schema import schema_text
from tests.builders import file, image, layer
from tests.cli.running import environment, layerscope
from tests.differential.tools import require
from tests.media import docker_archive, write_tar
from tests.unit.packages.records import dpkg_package

DOCKERFILE = """\
FROM base
COPY src /src
# where data goes
RUN mkdir -p /data
RUN apt-get update && apt-get install -y git
"""
BETTER = """\
FROM base
# where data goes
RUN mkdir -p /data
RUN apt-get update && apt-get install -y git
COPY src /src
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    (place / "src").mkdir(parents=True)
    (place / "src" / "a").write_text("a")
    (place / "Dockerfile").write_text(DOCKERFILE)
    return place


@pytest.fixture
def built(tmp_path: Path) -> Path:
    texts = ("ADD rootfs /", "COPY src /src", "RUN /bin/sh -c mkdir -p /data")
    apt = "RUN /bin/sh -c apt-get update && apt-get install -y git"
    layers = (
        layer(file("etc/passwd")),
        layer(file("src/a", b"a")),
        layer(file("data/.keep")),
        layer(file("usr/bin/git", b"x" * 100)),
    )
    history = tuple({"created_by": f"{text} # buildkit"} for text in (*texts, apt))
    return write_tar(docker_archive(image(*layers, history=history)), tmp_path / "app.tar")


def test_with_an_image_a_patch_that_git_applies(project: Path, built: Path) -> None:
    require("git", root=False)
    subprocess.run(["git", "init", "-q", "."], cwd=project, check=True)
    ended = layerscope("advise", built, "--dockerfile", project, "--format", "patch")
    assert (ended.code, ended.err) == (0, "")
    subprocess.run(["git", "apply"], cwd=project, input=ended.out, check=True)
    assert (project / "Dockerfile").read_text() == BETTER
    again = layerscope("advise", built, "--dockerfile", project, "--format", "patch")
    assert again.out == b""


def test_without_an_image_nothing_unverified_is_written(project: Path) -> None:
    ended = layerscope("advise", "--dockerfile", project, "--write")
    assert ended.code == 0
    assert "needs a verifying build" in ended.text
    assert "no image was given" in ended.text
    first = (project / "Dockerfile").read_text()
    assert first.index("apt-get") > first.index("COPY")
    assert layerscope("advise", "--dockerfile", project, "--write", "--unverified").code == 0
    assert (project / "Dockerfile").read_text() == BETTER


def test_write_keeps_what_is_safe(project: Path, built: Path) -> None:
    ended = layerscope("advise", built, "--dockerfile", project / "Dockerfile", "--write")
    assert ended.code == 0
    assert "Patch (safe by evidence)" in ended.text
    assert (project / "Dockerfile").read_text() == BETTER
    nothing = layerscope("advise", built, "--dockerfile", project, "--exit-code")
    assert "Nothing to gain" in nothing.text
    assert nothing.code == 0


def test_the_exit_code_says_whether_there_is_something_to_gain(project: Path, built: Path) -> None:
    assert layerscope("advise", built, "--dockerfile", project, "--exit-code").code == 1
    assert layerscope("advise", built, "--dockerfile", project).code == 0


def test_the_json_keeps_to_its_schema(project: Path, built: Path) -> None:
    for arguments in (["advise", built, "--dockerfile", project], ["advise", "--dockerfile", project]):
        ended = layerscope(*arguments, "--format", "json")
        document = json.loads(ended.out)
        jsonschema.validate(document, json.loads(schema_text("advise.schema.json")))
        assert document["schema_version"] == 1
    assert document["safe"] is None
    assert document["further"]["seconds_saved"] > 10
    assert document["stages"][0]["further"]["suggestions"][0]["trust"] == "needs verification"


def test_the_same_input_gives_the_same_output(project: Path, built: Path) -> None:
    outputs = {layerscope("advise", built, "--dockerfile", project, "--format", "json").out for _ in range(3)}
    assert len(outputs) == 1


def test_ignored_files_are_not_copied(project: Path) -> None:
    text = "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
    (project / "Dockerfile").write_text(text)
    (project / "requirements.txt").write_text("flask\n")
    assert "COPY requirements.txt ./" in layerscope("advise", "--dockerfile", project).text
    (project / ".dockerignore").write_text("*.txt\n")
    assert "requirements.txt is ignored" in layerscope("advise", "--dockerfile", project).text
    (project / "Dockerfile.dockerignore").write_text("src\n")
    assert "COPY requirements.txt ./" in layerscope("advise", "--dockerfile", project).text


def test_a_dockerfile_that_does_nothing_of_it_says_why(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM base\nCOPY . /src\nRUN make -C /src\n")
    ended = layerscope("advise", "--dockerfile", project)
    assert "Nothing to gain" in ended.text
    assert "[R3]" in ended.text


def test_escape_sequences_and_secrets_do_not_reach_the_terminal(project: Path) -> None:
    token = "ghp_" + "a1B2" * 9
    (project / "Dockerfile").write_text(
        "FROM base\nCOPY src /src\nRUN mkdir -p '/d\x1b[31m'\n"
        f"RUN curl -o /usr/x https://user:{token}@host.example.test/x\n"
    )
    ended = layerscope("advise", "--dockerfile", project)
    assert b"\x1b" not in ended.out
    assert token not in ended.text
    assert "+COPY src /src" in ended.text
    assert ended.code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--dockerfile", "missing"], 3, "--dockerfile missing: no such file"),
        (["--dockerfile", "{project}", "--context", "missing"], 3, "context missing: no such directory"),
        (["missing.tar", "--dockerfile", "{project}"], 3, "missing.tar"),
        (["--dockerfile", "{project}", "--log", "missing"], 3, "log missing"),
        (["--dockerfile", "{project}", "--target", "x"], 7, "no stage"),
        (["--dockerfile", "{project}", "--verify-with", "buildah"], 2, "needs --verify"),
        (["--dockerfile", "{project}", "--verify", "--verify-with", "make"], 2, "not one of"),
        (["--dockerfile", "{project}", "--volatile", "A", "--steady", "A"], 2, "both volatile and steady"),
        (["--dockerfile", "{project}", "-o", "{project}/Dockerfile"], 2, "would be overwritten"),
        (["--dockerfile", "{project}", "--builder", "kaniko"], 2, "kaniko"),
        (["--dockerfile", "{project}", "--with", "magic"], 2, "kind magic: not one of bind-mount"),
        (["--dockerfile", "{project}", "--only", "magic"], 2, "kind magic: not one of bind-mount"),
    ],
)
def test_what_is_wrong_is_said(project: Path, arguments: list[str], code: int, message: str) -> None:
    ended = layerscope("advise", *(argument.replace("{project}", str(project)) for argument in arguments))
    assert ended.code == code
    assert message in ended.err
    assert ended.out == b""


CLEANED = """\
FROM node
WORKDIR /app
COPY . .
RUN npm ci
RUN apt-get update && apt-get install -y git
RUN rm -rf /var/lib/apt/lists/*
"""


@pytest.fixture
def cleaned(project: Path) -> Path:
    (project / "Dockerfile").write_text(CLEANED)
    (project / "README.md").write_text("r" * 20_000)
    return project


def test_only_one_kind_as_a_patch_that_git_applies(cleaned: Path) -> None:
    require("git", root=False)
    ended = layerscope("advise", "--dockerfile", cleaned, "--only", "dockerignore", "--format", "patch")
    assert (ended.code, ended.err) == (0, "")
    subprocess.run(["git", "apply"], cwd=cleaned, input=ended.out, check=True)
    assert "README.md" in (cleaned / ".dockerignore").read_text().split()
    assert (cleaned / "Dockerfile").read_text() == CLEANED


def test_kinds_join_with_with(cleaned: Path) -> None:
    plain = layerscope("advise", "--dockerfile", cleaned, "--format", "patch")
    assert "+RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*" in plain.text
    assert "--mount" not in plain.text
    more = layerscope("advise", "--dockerfile", cleaned, "--format", "patch", "--with", "cache-mount")
    assert "--mount=type=cache,target=/root/.npm" in more.text


def test_write_changes_both_files(cleaned: Path) -> None:
    wanted = ("--with", "dockerignore", "--with", "merge-cleanup", "--write")
    ended = layerscope("advise", "--dockerfile", cleaned, *wanted)
    assert ended.code == 0
    assert "README.md" in (cleaned / ".dockerignore").read_text().split()
    assert "git && rm -rf" in (cleaned / "Dockerfile").read_text()


def test_suggestions_are_told_with_what_they_change(cleaned: Path) -> None:
    text = layerscope("advise", "--dockerfile", cleaned).text
    assert "Besides the order:" in text
    assert "proved; in the patch" in text
    assert "needs BuildKit" in text
    assert "changes the image: /app/README.md" in " ".join(text.split())
    document = json.loads(layerscope("advise", "--dockerfile", cleaned, "--format", "json").out)
    jsonschema.validate(document, json.loads(schema_text("advise.schema.json")))
    kinds = {each["kind"] for each in document["other_suggestions"]}
    assert {"merge-cleanup", "cache-mount", "dockerignore"} <= kinds


def test_tools_for_building_that_stay_in_the_image(project: Path, tmp_path: Path) -> None:
    install = "apt-get update && apt-get install -y gcc make"
    (project / "Dockerfile").write_text(
        f"FROM base\nRUN {install}\nCOPY src /src\nRUN make -C /src install\n"
    )
    status = "".join(map(dpkg_package, ("gcc", "make"))).encode()
    tools = [
        file(f"var/lib/dpkg/info/{name}.list", f"/usr/bin/{name}\n".encode()) for name in ("gcc", "make")
    ]
    programs = [file(f"usr/bin/{name}", b"x" * 100) for name in ("gcc", "make")]
    layers = (
        layer(file("etc/passwd")),
        layer(file("var/lib/dpkg/status", status), *tools, *programs),
        layer(file("src/a", b"a")),
        layer(file("usr/local/bin/app", b"app")),
    )
    texts = (
        "ADD rootfs /",
        f"RUN /bin/sh -c {install}",
        "COPY src /src",
        "RUN /bin/sh -c make -C /src install",
    )
    history = tuple({"created_by": f"{text} # buildkit"} for text in texts)
    archive = write_tar(docker_archive(image(*layers, history=history)), tmp_path / "tools.tar")
    ended = layerscope("advise", archive, "--dockerfile", project, "--format", "json")
    (found,) = [
        each for each in json.loads(ended.out)["other_suggestions"] if each["kind"] == "separate-stage"
    ]
    assert found["bytes_saved"] == 200
    assert "gcc, make" in found["reasons"][0]["reason"]
    assert "COPY --from=build /usr/local/bin /usr/local/bin" in found["sketch"]


def test_a_broken_dockerfile(project: Path) -> None:
    (project / "Dockerfile").write_text("FROM base\nRUM x\n")
    ended = layerscope("advise", "--dockerfile", project)
    assert ended.code == 7
    assert "Dockerfile:2:1: unknown instruction" in ended.err


def test_an_image_of_another_dockerfile_proves_nothing(project: Path, built: Path) -> None:
    (project / "Dockerfile").write_text("FROM base\nCOPY src /code\nRUN apk add curl\nRUN touch /x\n")
    ended = layerscope("advise", built, "--dockerfile", project)
    assert ended.code == 0
    assert "prove nothing of this Dockerfile" in ended.text
    assert "evidence" not in ended.text


def test_a_repository_in_the_context_is_noticed(project: Path) -> None:
    require("git", root=False)
    subprocess.run(["git", "init", "-q", "."], cwd=project, check=True)
    told = layerscope("advise", "--dockerfile", project, "--format", "json").text
    assert "git-in-context" not in told  # no COPY takes the repository
    (project / "Dockerfile").write_text("FROM a\nCOPY . /all\n")
    told = layerscope("advise", "--dockerfile", project).text
    assert "a line for .dockerignore is among the suggestions" in " ".join(told.split())
    (project / "Dockerfile").write_text(DOCKERFILE + "COPY . /all\n")
    told = layerscope("advise", "--dockerfile", project).text
    assert "name it in .dockerignore if no build reads it" in " ".join(told.split())
    (project / "pyproject.toml").write_text('requires = ["hatch-vcs"]')
    assert (
        "seems to be read (pyproject.toml: hatch-vcs)" in layerscope("advise", "--dockerfile", project).text
    )
    (project / ".dockerignore").write_text(".git\n")
    assert "git-in-context" not in layerscope("advise", "--dockerfile", project, "--format", "json").text


def test_write_keeps_the_mode_of_the_file(project: Path, built: Path) -> None:
    (project / "Dockerfile").chmod(0o640)
    layerscope("advise", built, "--dockerfile", project, "--write")
    assert (project / "Dockerfile").read_text() == BETTER
    assert (project / "Dockerfile").stat().st_mode & 0o777 == 0o640


def test_all_of_a_directory_of_dockerfiles_is_no_context(project: Path) -> None:
    (project / "docker").mkdir()
    text = "FROM python:3\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
    (project / "docker" / "app.Dockerfile").write_text(text)
    (project / "requirements.txt").write_text("flask\n")
    command = ("advise", "--dockerfile", "docker/app.Dockerfile", "--format", "patch", "--unverified")
    assert b"+COPY requirements.txt ./" in layerscope(*command, cwd=project).out
    (project / "docker" / "run.sh").write_text("exit\n")
    assert layerscope(*command, cwd=project).out == b""


def test_the_context_is_where_the_command_runs_if_that_has_what_is_copied(project: Path) -> None:
    (project / "build").mkdir()
    (project / "Dockerfile").rename(project / "build" / "Dockerfile")
    ended = layerscope("advise", "--dockerfile", "build/Dockerfile", "--format", "json", cwd=project)
    given = layerscope(
        "advise", "--dockerfile", "build/Dockerfile", "--context", ".", "--format", "json", cwd=project
    )
    assert ended.code == given.code == 0
    assert json.loads(ended.out)["further"] == json.loads(given.out)["further"] is not None


WINDOWS = (
    "FROM python:3.12\r\nWORKDIR /app\r\nCOPY . .\r\n# what it needs\r\n"
    "RUN pip install -r requirements.txt\r\nRUN <<EOF\r\nset -e\r\necho COPY > /etc/x\r\nEOF\r\n"
)


@pytest.fixture
def windows(tmp_path: Path) -> Path:
    """A repository without commits, with a Dockerfile in a directory whose lines end as on Windows."""
    require("git", root=False)
    place = tmp_path / "repository" / "services" / "app"
    place.mkdir(parents=True)
    (place / "Dockerfile").write_bytes(WINDOWS.encode())
    (place / "requirements.txt").write_text("flask\n")
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path / "repository", check=True)
    return place


BETTER_WINDOWS = WINDOWS.replace("COPY . .\r\n", "COPY requirements.txt ./\r\n") + "COPY . .\r\n"


@pytest.mark.parametrize("below", ["", "services", "services/app"])
def test_a_patch_applies_wherever_in_the_repository_one_is(windows: Path, below: str) -> None:
    ended = layerscope("advise", "--dockerfile", windows, "--format", "patch", "--unverified")
    top = windows.parent.parent
    subprocess.run(["git", "apply"], cwd=top / below, input=ended.out, check=True)
    assert (windows / "Dockerfile").read_bytes() == BETTER_WINDOWS.encode()


def test_write_keeps_the_ends_of_lines_and_documents(windows: Path) -> None:
    ended = layerscope("advise", "--dockerfile", windows, "--write", "--unverified")
    assert ended.err == f"layerscope: wrote {windows / 'Dockerfile'}\n"
    assert (windows / "Dockerfile").read_bytes() == BETTER_WINDOWS.encode()
    assert b"Nothing to gain" in layerscope("advise", "--dockerfile", windows).out


def test_a_repository_without_commits_is_told_in_few_words(windows: Path) -> None:
    told = " ".join(layerscope("advise", "--dockerfile", windows).out.decode().split())
    assert f"context {windows}: no commits: changes are guessed" in told


def test_write_says_why_nothing_was_written(project: Path) -> None:
    ended = layerscope("advise", "--dockerfile", project, "--write")
    assert ended.err == (
        "layerscope: nothing was written: a build has to verify the patch: add --verify, or --unverified\n"
    )
    (project / "Dockerfile").write_text(BETTER)
    ended = layerscope("advise", "--dockerfile", project, "--write")
    assert ended.err == "layerscope: nothing was written: nothing is to be changed\n"
    assert layerscope("advise", "--dockerfile", project, "--write", "--quiet").err == ""


def test_a_patch_that_is_not_there_is_told(project: Path, built: Path) -> None:
    ended = layerscope("advise", "--dockerfile", project, "--format", "patch")
    assert (ended.code, ended.out) == (0, b"")
    assert ended.err == (
        "layerscope: no patch: a build has to verify the patch: add --verify, or --unverified\n"
    )
    assert layerscope("advise", "--dockerfile", project, "--format", "patch", "--quiet").err == ""
    ended = layerscope("advise", built, "--dockerfile", project, "--format", "patch")
    assert ended.out.startswith(b"--- ")
    assert ended.err == ""


def test_a_shallow_clone_is_told_how_to_get_its_history(project: Path) -> None:
    require("git", root=False)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.test", "-c", "commit.gpgsign=false")
    for command in (("init", "-q", "."), ("add", "-A"), (*who, "commit", "-q", "-m", "one")):
        subprocess.run(["git", *command], cwd=project, check=True)
    told = " ".join(layerscope("advise", "--dockerfile", project).text.split())
    assert f"context {project}: one commit only: changes are guessed" in told
    (project / "src" / "a").write_text("b")
    subprocess.run(["git", *who, "commit", "-q", "-a", "-m", "two"], cwd=project, check=True)
    assert "changes are guessed" not in layerscope("advise", "--dockerfile", project).text
    clone = project.parent / "clone"
    subprocess.run(["git", "clone", "-q", "--depth=1", project.as_uri(), clone], check=True)
    told = " ".join(layerscope("advise", "--dockerfile", clone).text.split())
    assert f"context {clone}: one commit only, the clone is shallow (git fetch --unshallow)" in told


def test_manifests_that_are_added_are_told(windows: Path) -> None:
    text = layerscope("advise", "--dockerfile", windows).out.decode()
    assert "add COPY requirements.txt ./, above the COPY that brings the same again" in text


def test_eighty_columns_are_enough_for_all_but_patches(project: Path, built: Path) -> None:
    ended = layerscope("advise", built, cwd=project, env=environment() | {"COLUMNS": "80"})
    lines = ended.out.decode().splitlines()
    assert len(lines) > 10
    assert [
        line for line in lines if len(line) > 80 and not line.startswith((" COPY", "+", "-", " RUN"))
    ] == []
