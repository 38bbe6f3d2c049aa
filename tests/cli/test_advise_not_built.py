"""`layerscope advise --verify`: what does not build is told with the reason, for each commit and proposal.

The builder is a program of these tests, which fails where a file of the context says so; real builders fail
in `tests/differential`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from layerscope.report.schema import schema_text
from tests.builders import file, image, layer
from tests.cli.running import Ended, environment, layerscope
from tests.differential.tools import require, run
from tests.media import docker_archive, write_tar

DOCKERFILE = "FROM base\nCOPY src /src\nRUN apt-get update && apt-get install -y git\n"
TOKEN = "ghp_" + "a1B2" * 9
PASSWORD = "kept-to-itself"

BUILDER = """\
#!{python}
import shutil, sys
from pathlib import Path
arguments = sys.argv[1:]
if arguments[0] == "push":
    shutil.copyfile({image!r}, arguments[-1].split(":")[1])
elif arguments[0] == "build":
    context, text = Path(arguments[-1]), Path(arguments[arguments.index("--file") + 1]).read_text()
    moved = text.index("apt-get update") < text.index("COPY src")
    for number, line in enumerate(text.splitlines(), 1):
        print(f"STEP {{number}}/9: {{line}}")
    for name, fails in (("src/fails", True), ("src/fails-moved", moved)):
        if fails and (context / name).exists():
            print((context / name).read_text())
            print('Error: building at STEP "RUN apt-get": exit status 1')
            sys.exit(1)
"""


class Place:
    """A repository, and a builder for it."""

    def __init__(self, directory: Path) -> None:
        require("git", root=False)
        self.repository = directory / "app"
        (self.repository / "src").mkdir(parents=True)
        (self.repository / "Dockerfile").write_text(DOCKERFILE)
        (self.repository / ".dockerignore").write_text(".git\n")
        self._git("init", "-q")
        saved = write_tar(docker_archive(image(layer(file("a", b"a")))), directory / "image.tar")
        self.programs = directory / "bin"
        self.programs.mkdir()
        program = self.programs / "buildah"
        program.write_text(BUILDER.format(python=sys.executable, image=str(saved)))
        program.chmod(0o755)

    def _git(self, *arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.test", "-c", "commit.gpgsign=false")
        return run("git", "-C", self.repository, *who, *arguments)

    def commit(self, **files: str | None) -> str:
        """Commit files of `src`, None for one that goes away; the commit's first digits."""
        for name, text in files.items():
            path = self.repository / "src" / name.replace("_", "-")
            path.unlink(missing_ok=True) if text is None else path.write_text(text)
        self._git("add", "-A")
        self._git("commit", "-q", "-m", "c")
        return self._git("rev-parse", "HEAD")[:12]

    def advise(self, *options: str) -> Ended:
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        where = ("--dockerfile", self.repository, "--verify", "--verify-with", "buildah")
        return layerscope("advise", *where, *options, env=environment() | {"PATH": path, "COLUMNS": "500"})

    def told(self, *options: str) -> dict[str, Any]:
        ended = self.advise("--format", "json", *options)
        assert ended.code == 0, ended.err
        document: dict[str, Any] = json.loads(ended.out)
        jsonschema.validate(document, json.loads(schema_text("advise.schema.json")))
        return document


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def notices(document: dict[str, Any], code: str) -> list[dict[str, Any]]:
    return [notice for notice in document["notices"] if notice["code"] == code]


def verdict_of(document: dict[str, Any], proposal: str) -> dict[str, Any]:
    return next(each for each in document["verification"] if each["proposal"] == proposal)


LAST_WORDS = f"one\ntwo\nno such package\nthree \x1b]0;title\x07\ntried with --token={TOKEN}"


def test_commits_that_do_not_build_are_told_and_the_others_count(place: Place) -> None:
    first = place.commit(a="1", fails=LAST_WORDS)
    second = place.commit(a="2")
    for number in "345":
        place.commit(a=number, fails=None)
    document = place.told()
    (notice,) = notices(document, "commit-does-not-build")
    assert notice["severity"] == "info"
    assert notice["count"] == 2
    message = notice["message"]
    assert message.startswith(
        f"commits {first}, {second}: not built with the file as it is: buildah: "
        'Error: building at STEP "RUN apt-get": exit status 1; its last words: no such package / three '
    )
    assert TOKEN not in message
    assert message.endswith("tried with --token=***")
    verdict = verdict_of(document, "further")
    assert (verdict["equal"], verdict["failure"], verdict["builds"]) == (True, None, 2)

    text = place.advise("--color", "never").out.decode()
    assert f"note: commits {first}, {second}: not built with the file as it is" in text
    assert "\\x1b]0;title\\x07" in text
    assert "\x1b" not in text
    assert TOKEN not in text


def test_a_commit_that_only_a_proposal_does_not_build_is_told_with_its_name(place: Place) -> None:
    place.commit(a="1")
    second = place.commit(a="2", fails_moved="git is not here yet")
    place.commit(a="3", fails_moved=None)
    document = place.told()
    (notice,) = notices(document, "commit-does-not-build")
    assert notice["severity"] == "warning"
    assert notice["message"] == (
        f"commit {second}: not built with proposal further: buildah: "
        'Error: building at STEP "RUN apt-get": exit status 1; its last words: git is not here yet'
    )
    verdict = verdict_of(document, "further")
    assert (verdict["equal"], verdict["builds"]) == (True, 1)


def test_a_proposal_that_does_not_build_is_withdrawn_with_the_reason(place: Place) -> None:
    place.commit(a="1", fails_moved=f"needs /src\npassword={PASSWORD}")
    before = (place.repository / "Dockerfile").read_text()
    document = place.told("--verify-commits", "0", "--write")
    assert (place.repository / "Dockerfile").read_text() == before
    verdict = verdict_of(document, "further")
    assert (verdict["equal"], verdict["differences"]) == (False, [])
    assert verdict["failure"].endswith("its last words: needs /src / password=***")
    (notice,) = notices(document, "proposal-does-not-build")
    assert notice["message"] == f"proposal further does not build, and is withdrawn: {verdict['failure']}"
    assert document["further"]["verified"] is False

    ended = place.advise("--verify-commits", "0", "--write")
    text = ended.out.decode()
    assert "WITHDRAWN: it does not build" in text
    assert "another image" not in text.lower()
    assert "warning: proposal further does not build" in text
    assert "needs /src / password=***" in text
    assert ended.err == "layerscope: nothing was written: it does not build\n"


def test_a_file_that_does_not_build_as_it_is_shows_no_secret(place: Place) -> None:
    place.commit(fails=f"\x1b[31mfetching https://user:{PASSWORD}@host.example.test/x {PASSWORD[::-1]}")
    given = ("--build-arg", f"API_TOKEN={PASSWORD[::-1]}")
    ended = place.advise("--verify-commits", "0", *given)
    assert ended.code == 3
    assert "as it is it does not build: buildah: Error: building at STEP" in ended.err
    assert "fetching https://user:***@host.example.test/x $API_TOKEN" in ended.err
    assert PASSWORD not in ended.err
    assert "\x1b" not in ended.err


def test_a_commit_without_the_context_is_told(place: Place) -> None:
    older = place.commit(a="1")
    moved = place.repository / "inner"
    moved.mkdir()
    for name in ("src", "Dockerfile", ".dockerignore"):
        (place.repository / name).rename(moved / name)
    place._git("add", "-A")
    place._git("commit", "-q", "-m", "moved")
    for number in "23":
        (moved / "src" / "a").write_text(number)
        place._git("commit", "-q", "-a", "-m", number)
    document = place.told("--dockerfile", str(moved))
    (notice,) = notices(document, "commit-does-not-build")
    assert notice["message"] == (
        f"commit {older}: not built with the file as it is: the context is not in this commit"
    )
    assert verdict_of(document, "further")["builds"] == 2


def test_nothing_is_told_where_all_builds(place: Place) -> None:
    for number in "123":
        place.commit(a=number)
    document = place.told()
    assert not [each for each in document["notices"] if each["code"].endswith(("-build", "-replayed"))]
    assert verdict_of(document, "further")["builds"] == 2
