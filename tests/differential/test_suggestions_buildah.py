"""Suggestions besides the order, built by buildah: the root filesystem stays as it was."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from layerscope import inspect
from tests.differential.advising import advise
from tests.differential.tools import require
from tests.differential.toys import make_base, storage

APT = """\
#!/bin/sh
# apt-get update: package lists; apt-get install NAME…: a file for each
mkdir -p /var/lib/apt/lists /usr/share/packages
[ $1 = install ] || { head -c 300000 /dev/zero > /var/lib/apt/lists/main; exit; }
shift
for name; do
  case $name in -*) ;; *) echo "$name" > /usr/share/packages/$name ;; esac
done
"""

PIP = """\
#!/bin/sh
# pip install -r FILE: a directory for each line, and what was downloaded in the cache
for name in $(cat $3); do
  mkdir -p /usr/lib/python/$name /root/.cache/pip
  [ -f /root/.cache/pip/$name ] || head -c 5000 /dev/zero > /root/.cache/pip/$name
  cp /root/.cache/pip/$name /usr/lib/python/$name/init
done
"""
BASE = """\
FROM localhost/toy-base
RUN mkdir -p /srv
COPY --chmod=755 apt-get pip make /usr/bin/
"""
MAKE = """\
#!/bin/sh
cat /srv/app/* > /out 2> /dev/null
"""
"""It reads what nothing names."""


@dataclass(frozen=True)
class Shop:
    """Where buildah works."""

    directory: Path
    environment: Mapping[str, str]

    def buildah(self, *arguments: object) -> None:
        subprocess.run(
            ["buildah", *map(str, arguments)], env=self.environment, check=True, capture_output=True
        )

    def project(self, name: str, dockerfile: str, files: Mapping[str, str]) -> Path:
        """A context with a Dockerfile."""
        place = self.directory / name
        for path, content in {"Dockerfile": dockerfile, **files}.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(content)
        return place

    def archive(self, project: Path) -> Path:
        """The image of a context, built and saved."""
        archive = self.directory / f"{project.name}.tar"
        archive.unlink(missing_ok=True)
        self.buildah("build", "--layers", "-q", "-t", f"localhost/{project.name}", project)
        self.buildah("push", "-q", f"localhost/{project.name}", f"docker-archive:{archive}:{project.name}:1")
        return archive

    def advise(self, *arguments: object) -> dict[str, Any]:
        """What `advise` says, as JSON."""
        return advise(self.environment, *arguments)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    require("buildah", "busybox", "git")
    directory = tmp_path_factory.mktemp("suggestions")
    environment = storage(directory / "storage")
    make_base(directory, environment)
    found = Shop(directory, environment)
    found.archive(found.project("base-tools", BASE, {"apt-get": APT, "pip": PIP, "make": MAKE}))
    yield found
    subprocess.run(["buildah", "rmi", "--all", "--force"], env=environment, check=False, capture_output=True)
    subprocess.run(["umount", directory / "storage" / "graph" / "overlay"], check=False, capture_output=True)
    shutil.rmtree(directory / "storage", ignore_errors=True)


DOCKERFILE = """\
FROM localhost/base-tools
WORKDIR /srv/app
COPY src /srv/app
COPY conf /opt/deep/conf
RUN mkdir -p /data && chown -R 1000:1000 /srv/app
# package lists are not wanted
RUN apt-get update && apt-get install -y tool
RUN rm -rf /var/lib/apt/lists/*
COPY bin /app
RUN chown -R 7:8 /app
RUN chown -R 5:5 /opt/deep/conf
"""
FILES = {"src/a": "a" * 9000, "src/d/b": "b", "conf/c": "c", "bin/run": "r" * 8000}


def test_suggestions_make_the_same_image(shop: Shop) -> None:
    """The last one is not made: COPY made the directory above, and would give it away, too."""
    project = shop.project("several", DOCKERFILE, FILES)
    found = shop.advise(
        shop.archive(project), "--dockerfile", project, "--verify", "--verify-with", "buildah", "--write"
    )
    joined = {each["id"]: each["bytes_saved"] for each in found["other_suggestions"] if each["in_patch"]}
    assert joined == {"copy-chown:3": 9001, "merge-cleanup:7": 300_000, "copy-chown:9": 8000}
    (verdict,) = [each for each in found["verification"] if each["proposal"] == "safe"]
    assert verdict["equal"], verdict["differences"]
    text = (project / "Dockerfile").read_text()
    assert "COPY --chown=7:8 bin /app" in text
    assert "RUN mkdir -p /data && chown 1000:1000 /srv/app" in text
    assert "apt-get install -y tool && rm -rf /var/lib/apt/lists/*" in text
    again = shop.advise(shop.archive(project), "--dockerfile", project)
    assert [each for each in again["other_suggestions"] if each["in_patch"]] == []


EVERY_KIND = """\
FROM localhost/base-tools AS files
COPY conf /in
RUN mkdir -p /out
FROM localhost/base-tools
WORKDIR /srv/app
COPY . /srv/app
RUN rm -rf /srv/app/scratch
RUN pip install -r requirements.txt
COPY --from=files /in/used /etc/used
COPY bin /app
RUN chown -R 7:8 /app
RUN apt-get update && apt-get install -y tool
RUN rm -rf /var/lib/apt/lists/*
CMD ["cat"]
"""
CONTEXT = {
    "conf/used": "u",
    "conf/unused": "n",
    "requirements.txt": "flask\n",
    "scratch/x": "x" * 30_000,
    "README.md": "r" * 20_000,
    "bin/run": "r" * 8000,
}


def test_every_kind_that_this_builder_knows(shop: Shop) -> None:
    project = shop.project("every", EVERY_KIND, CONTEXT)
    archive = shop.archive(project)
    found = shop.advise(archive, "--dockerfile", project, "--verify", "--verify-with", "buildah")
    others = {each["kind"]: each for each in found["other_suggestions"]}
    assert {kind: each["in_patch"] for kind, each in others.items()} == {
        "cache-mount": False,
        "copy-chown": True,
        "dockerignore": False,
        "ignore-removed": True,
        "merge-cleanup": True,
        "narrow-copy": False,
    }
    for verdict in found["verification"]:
        assert verdict["equal"], (verdict["proposal"], verdict["differences"])
    assert others["cache-mount"]["changed_paths"] == ["/root/.cache/pip"]
    assert others["cache-mount"]["bytes_saved"] == 5000
    assert others["cache-mount"]["requires"] == ""
    assert others["dockerignore"]["changed_paths"] == ["/srv/app/README.md"]
    assert all(each["verified"] for each in others.values() if not each["in_patch"])


def test_what_changes_the_image_does_so_where_it_says(shop: Shop) -> None:
    project = shop.project("with", EVERY_KIND, CONTEXT)
    before = shop.archive(project)
    wanted = ("--with", "cache-mount", "--with", "dockerignore", "--with", "narrow-copy", "--write")
    shop.advise(before, "--dockerfile", project, *wanted)
    ignored = set((project / ".dockerignore").read_text().split())
    assert ignored == {"scratch", "README.md", ".dockerignore"}  # it would be copied, too
    before = before.rename(shop.directory / "before.tar")
    paths = [
        {bytes(entry.path) for entry in inspect(str(archive)).rootfs.entries()}
        for archive in (before, shop.archive(project))
    ]
    assert {path for path in paths[0] - paths[1] if not path.startswith(b"root/.cache")} == {
        b"srv/app/README.md"
    }
    assert paths[1] - paths[0] == set()


SURPRISING = """\
FROM localhost/base-tools
WORKDIR /srv/app
COPY . .
RUN pip install -r requirements.txt
RUN make
"""


def test_a_suggestion_that_makes_another_image_is_withdrawn_and_others_are_not(shop: Shop) -> None:
    project = shop.project(
        "surprising", SURPRISING, {"requirements.txt": "flask\n", "README.md": "r" * 20_000}
    )
    archive = shop.archive(project)
    found = shop.advise(archive, "--dockerfile", project, "--verify", "--verify-with", "buildah")
    assert {each["kind"]: each["verified"] for each in found["other_suggestions"]} == {
        "cache-mount": True,
        "dockerignore": False,
    }
    (verdict,) = [each for each in found["verification"] if not each["equal"]]
    assert verdict["differences"] == ["out"]
