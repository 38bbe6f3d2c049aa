"""Advice on small repositories, built by buildah commit by commit: more is cached, the image is the same.

Where knowledge of a tool is wrong, the build shows it, and the proposal is withdrawn.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import COMMAND, REPOSITORY
from tests.differential.advising import advise
from tests.differential.tools import require, run
from tests.differential.toys import TOYS, Toy, make_base, make_repository, storage

SECONDS = {"apt-get": 30, "pip": 20, "npm ci": 20, "go mod": 20, "npm run": 5, "go build": 5, "sh": 5} | {
    "ln": 1
}
"""In the log that advice is given, so that it does not depend on how fast this machine is."""

VERIFYING = ("--verify", "--verify-with", "buildah")

CACHED = {"python": (30, 90, 56, 100), "node": (34, 90, 68, 100), "go": (0, 70, 38, 80)}
"""Steps from the cache and steps in ten builds, as the files are and as advised.

python: ARG, LABEL and WORKDIR as it is; WORKDIR, apt, COPY of requirements, pip, ARG and LABEL as advised,
of which one commit changes the third. node: two commits change an ignored file only; else one WORKDIR of each
stage, then also two installs in the first and one in the second. go: as python, without the argument.
"""


@dataclass(frozen=True)
class Shop:
    """Where buildah works."""

    directory: Path
    environment: Mapping[str, str]

    def build(self, repository: Path, name: str) -> Path:
        """Build and save an image of a repository."""
        archive = self.directory / f"{name}.tar"
        for command in (
            ["build", "--layers", "-q", "-t", f"localhost/{name}", str(repository)],
            ["push", "-q", f"localhost/{name}", f"docker-archive:{archive}:{name}:1"],
        ):
            subprocess.run(["buildah", *command], env=self.environment, check=True, capture_output=True)
        return archive

    def advise(self, *arguments: object) -> dict[str, Any]:
        """What `advise --verify` says."""
        return advise(self.environment, *arguments, *VERIFYING)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    require("buildah", "busybox", "git")
    directory = tmp_path_factory.mktemp("advise")
    environment = storage(directory / "storage")
    make_base(directory, environment)
    yield Shop(directory, environment)
    subprocess.run(["buildah", "rmi", "--all", "--force"], env=environment, check=False, capture_output=True)
    subprocess.run(["umount", directory / "storage" / "graph" / "overlay"], check=False, capture_output=True)
    shutil.rmtree(directory / "storage", ignore_errors=True)


def log_of(dockerfile: str, path: Path) -> Path:
    """A log with the seconds of every RUN."""
    lines = []
    runs = [line for line in dockerfile.splitlines() if line.startswith("RUN ")]
    for number, line in enumerate(runs, 1):
        seconds = next(
            value for program, value in SECONDS.items() if line.removeprefix("RUN ").startswith(program)
        )
        lines += [f"#{number} [{number}/{len(runs)}] {line}", f"#{number} DONE {seconds}.0s"]
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("toy", TOYS, ids=lambda toy: toy.name)
def test_more_steps_are_cached_and_the_image_is_the_same(shop: Shop, toy: Toy) -> None:
    repository = shop.directory / toy.name
    make_repository(toy, repository)
    archive = shop.build(repository, toy.name)
    log = log_of(toy.dockerfile, shop.directory / f"{toy.name}.log")
    found = shop.advise(
        archive, "--dockerfile", repository, "--log", log, "--commits", 10, "--verify-commits", 10
    )
    assert found["builder"] == "buildah"
    assert found["builds"] == len(toy.commits) == 10
    for verdict in found["verification"]:
        assert verdict["equal"], verdict["differences"]
    replayed = [each for each in found["verification"] if each["proposal"] in ("safe", "further")]
    assert [each["builds"] for each in replayed] == [10] * len(replayed)
    verdict = replayed[-1]
    cached = (
        verdict["cached_before"],
        verdict["steps_before"],
        verdict["cached_after"],
        verdict["steps_after"],
    )
    assert cached == CACHED[toy.name]
    assert found["safe"]["verified"] is True
    plans = [stage["further"] or stage["safe"] for stage in found["stages"]]
    before = sum(plan["before"]["seconds"] for plan in plans)
    after = sum(plan["after"]["seconds"] for plan in plans)
    assert after < 0.3 * before
    sent = any(notice["code"] == "git-in-context" for notice in found["notices"])
    for when, hits, steps in (("before", *cached[:2]), ("after", *cached[2:])):
        foretold = [sum(plan[when][key] for plan in plans) for key in ("hits", "steps")]
        assert foretold[1] * 10 == steps
        if sent:  # a COPY of all misses at each commit; the trees that are built here have no .git
            assert foretold[0] * 10 <= hits * 1.02
        else:
            assert foretold[0] * 10 == pytest.approx(hits, rel=0.02)  # older commits count a little less


SERVICE = """\
FROM localhost/toy-base
MAINTAINER team@example.test
ADD app.tar /
ADD config.json /opt/app/
ADD start.sh /usr/local/bin/
RUN ln -s /usr/local/bin/start.sh /start.sh
EXPOSE 8080
EXPOSE 8081
CMD ["/start.sh"]
"""


@pytest.mark.parametrize(
    "with_default", [False, True], ids=["without the file", "with a default of the file"]
)
def test_the_application_of_a_java_service_goes_down(shop: Shop, with_default: bool) -> None:
    repository = shop.directory / f"java-{with_default}"
    tree = repository / "tree" / "opt" / "app"
    tree.mkdir(parents=True)
    tree.chmod(0o750)
    (tree / "app.jar").write_bytes(b"jar" * 1000)
    if with_default:
        (tree / "config.json").write_text("default")
    subprocess.run(["tar", "-C", repository / "tree", "-cf", repository / "app.tar", "opt"], check=True)
    shutil.rmtree(repository / "tree")
    (repository / "config.json").write_text("{}")
    (repository / "start.sh").write_text("#!/bin/sh\n")
    (repository / "Dockerfile").write_text(SERVICE)
    archive = shop.build(repository, f"java-{str(with_default).lower()}")
    found = shop.advise(
        archive, "--dockerfile", repository, "--log", log_of(SERVICE, shop.directory / "java.log")
    )
    (verdict,) = found["verification"]
    assert verdict["equal"], verdict["differences"]
    assert found["safe"]["trust"] == "proved"
    added = [line[1:] for line in found["safe"]["patch"].splitlines() if line[:1] in "+ "]
    order = [line for line in added if line.startswith(("ADD", "RUN"))]
    tar = order.index("ADD app.tar /")
    assert tar > order.index("ADD start.sh /usr/local/bin/")
    assert tar > order.index("RUN ln -s /usr/local/bin/start.sh /start.sh")
    assert (tar > order.index("ADD config.json /opt/app/")) == (not with_default)


def test_a_proposal_that_makes_another_image_is_withdrawn(shop: Shop) -> None:
    base = shop.directory / "strange"
    base.mkdir()
    (base / "apt-get").write_text("#!/bin/sh\nls -d /app/* > /usr/share/seen 2>&1 || true\n")
    (base / "apt-get").chmod(0o755)
    (base / "Dockerfile").write_text("FROM localhost/toy-base\nCOPY apt-get /usr/bin/apt-get\n")
    shop.build(base, "strange-base")
    repository = shop.directory / "strange-app"
    repository.mkdir()
    (repository / "a.txt").write_text("a")
    text = "FROM localhost/strange-base\nCOPY . /app\nRUN apt-get update && apt-get install -y git\n"
    (repository / "Dockerfile").write_text(text)
    log = log_of(text, shop.directory / "strange.log")
    archive = shop.build(repository, "strange-app")
    found = shop.advise(archive, "--dockerfile", repository, "--log", log, "--write")
    (verdict,) = [each for each in found["verification"] if each["proposal"] == "safe"]
    assert not verdict["equal"]
    assert "usr/share/seen" in verdict["differences"]
    assert found["safe"]["verified"] is False
    assert (repository / "Dockerfile").read_text() == text


def test_a_dockerfile_that_does_not_build_is_said(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a").write_text("a")
    (tmp_path / "Dockerfile").write_text(
        "FROM localhost/toy-base\nCOPY src /src\nRUN apt-get update && apt-get install -y git\nRUN false\n"
    )
    done = subprocess.run(
        [*COMMAND, "advise", "--dockerfile", str(tmp_path), "--verify", "--verify-with", "buildah"],
        env=dict(shop.environment) | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "as it is it does not build" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"Dockerfile", "src"}


CHECKED = """\
FROM localhost/toy-base
COPY src /src
RUN apt-get update && apt-get install -y git
RUN sh /src/check
"""


def test_why_a_commit_does_not_build_is_told(shop: Shop) -> None:
    repository = shop.directory / "checked"
    (repository / "src").mkdir(parents=True)
    (repository / "Dockerfile").write_text(CHECKED)
    (repository / ".dockerignore").write_text(".git\n")
    git = ("git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.test")
    names = []
    run(*git, "init", "-q")
    for script in ("true", "echo no such host >&2; exit 7", "true # mended", "true # again"):
        (repository / "src" / "check").write_text(f"{script}\n")
        run(*git, "add", "-A")
        run(*git, "commit", "-q", "-m", "c")
        names.append(run(*git, "rev-parse", "HEAD")[:12])
    log = log_of(CHECKED, shop.directory / "checked.log")
    found = shop.advise("--dockerfile", repository, "--log", log, "--verify-commits", 4)
    (notice,) = [each for each in found["notices"] if each["code"] == "commit-does-not-build"]
    assert f"commit {names[1]}: not built with the file as it is: buildah: " in notice["message"]
    assert 'building at STEP "RUN sh /src/check"' in notice["message"]
    assert notice["message"].endswith("7; its last words: no such host")
    verdicts = [each for each in found["verification"] if each["builds"]]
    assert [each["builds"] for each in verdicts] == [2] * len(verdicts)
    assert verdicts
    assert all(each["failure"] is None for each in verdicts)
