"""The simulated build cache hits and misses where the real builders do, step by step, commit by commit.

Toy repositories are built with buildah `--layers` and with a docker daemon of our own (BuildKit and the
classic builder); each builder starts with an empty cache and sees one commit after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.cache.simulate import Simulator
from layerscope.dockerfile.cache.states import BuildOutcome, Verdict
from layerscope.dockerfile.ignore import Inheritance, read_ignore_rules
from tests.differential.build_cache.builders import (
    BASE,
    Buildah,
    Docker,
    RealBuilder,
    base_recipe,
)
from tests.differential.build_cache.toys import TOYS, Toy, check_out, state_of
from tests.differential.dockerd import docker_daemon
from tests.differential.tools import require, unmount_below


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    require("buildah", "busybox")
    scratch = tmp_path_factory.mktemp("cache")
    builder = Buildah(scratch / "buildah")
    builder.build(base_recipe(scratch / "base"), {}, BASE)
    yield builder
    unmount_below(scratch)


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Builder, Docker]]:
    """BuildKit and the classic builder of one daemon; they share no cache."""
    require("busybox")
    scratch = tmp_path_factory.mktemp("cache")
    with docker_daemon() as (client, environment):
        both = {
            builder: Docker(client, environment, builder) for builder in (Builder.BUILDKIT, Builder.CLASSIC)
        }
        both[Builder.CLASSIC].build(base_recipe(scratch / "base"), {}, BASE)
        yield both


def simulated(outcome: BuildOutcome) -> list[tuple[str, bool]]:
    steps = [step for step in outcome.steps if step.verdict in (Verdict.HIT, Verdict.MISS)]
    return [(step.instruction.keyword, step.verdict is Verdict.HIT) for step in steps]


def check_replay(real: RealBuilder, toy: Toy, directory: Path) -> None:
    """Build every commit, for real and simulated."""
    simulator = Simulator(real.builder)
    found, expected = [], []
    for commit in toy.commits:
        check_out(commit.files, directory)
        expected.append(real.build(directory, commit.args))
        found.append(simulated(simulator.build(state_of(toy, directory, commit, real.builder))))
    assert found == expected
    assert any(hit for build in expected for _, hit in build)
    assert any(not hit for build in expected[1:] for _, hit in build)


def toys_of(builder: Builder) -> list[ParameterSet]:
    return [pytest.param(toy, id=toy.name) for toy in TOYS if builder in toy.builders]


@pytest.mark.parametrize("toy", toys_of(Builder.BUILDAH))
def test_buildah_takes_the_same_steps_from_its_cache(buildah: Buildah, toy: Toy, tmp_path: Path) -> None:
    check_replay(buildah, toy, tmp_path)


@pytest.mark.parametrize("toy", toys_of(Builder.BUILDKIT))
def test_buildkit_takes_the_same_steps_from_its_cache(
    docker: dict[Builder, Docker], toy: Toy, tmp_path: Path
) -> None:
    check_replay(docker[Builder.BUILDKIT], toy, tmp_path)


@pytest.mark.parametrize("toy", toys_of(Builder.CLASSIC))
def test_the_classic_builder_takes_the_same_steps_from_its_cache(
    docker: dict[Builder, Docker], toy: Toy, tmp_path: Path
) -> None:
    check_replay(docker[Builder.CLASSIC], toy, tmp_path)


IGNORED = (
    "*.md\n!README.md\n",
    "**/modules\nb\n!b/keep\n",
    "*\n!d\nd/x/z\n",
    "d\n!**/y\n!d/q\n",
    "**/*.txt\n!d/x/*.txt\n",
    "./a.md\n/d/../b\n[e-f]?h\n",
)
HELD = (
    *("a.md", "README.md", "d/a.md", "d/x/y", "d/x/z", "d/x/t.txt", "d/q", "b/keep/k", "b/o", "modules/m"),
    *("d/modules/m", "ehh", "t.txt"),
)


def check_ignored(real: RealBuilder, rules: str, directory: Path) -> None:
    """The files that reach a COPY of everything."""
    files = {path: path for path in HELD} | {".dockerignore": rules + "Dockerfile\n.dockerignore\n"}
    recipe = f"FROM {BASE}\nCOPY . /c\nRUN find /c -type f | sed s:^/c/:file=:\n"
    check_out({**files, "Dockerfile": recipe}, directory)
    log = real.log(directory, {})
    ignored = read_ignore_rules(rules.encode(), ".dockerignore", Inheritance.SAME_DEPTH)
    assert set(re.findall(r"file=(\S+)", log)) - {":"} == {path for path in HELD if not ignored.ignores(path)}


@pytest.mark.parametrize("rules", IGNORED)
def test_buildah_ignores_the_same_files(buildah: Buildah, rules: str, tmp_path: Path) -> None:
    check_ignored(buildah, rules, tmp_path)


@pytest.mark.parametrize("rules", IGNORED)
@pytest.mark.parametrize("builder", [Builder.BUILDKIT, Builder.CLASSIC])
def test_docker_ignores_the_same_files(
    docker: dict[Builder, Docker], builder: Builder, rules: str, tmp_path: Path
) -> None:
    check_ignored(docker[builder], rules, tmp_path)
