"""Small repositories with a history, and a base image whose package managers are scripts: what takes minutes
and the network elsewhere takes as long as a test wants, and does the same kind of thing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.differential.tools import run

__all__ = ["TOYS", "Toy", "make_base", "make_repository", "storage"]

TOOLS = {
    "apt-get": """\
#!/bin/sh
# apt-get install -y NAME…: a file in /usr for each, and one in the database
sleep $(cat /etc/delay)
[ "$1" = install ] || exit 0
shift
mkdir -p /usr/share/packages /var/lib/dpkg
for name; do
  case $name in -*) continue ;; esac
  echo "$name" > /usr/share/packages/$name; echo "$name" >> /var/lib/dpkg/status
done
""",
    "pip": """\
#!/bin/sh
# pip install -r FILE: a directory in /usr/lib/python for each line
sleep $(cat /etc/delay)
while [ $# -gt 0 ]; do
  if [ "$1" = -r ]; then
    for name in $(cat "$2"); do
      mkdir -p /usr/lib/python/$name; echo "$name" > /usr/lib/python/$name/init
    done
  fi
  shift
done
""",
    "npm": """\
#!/bin/sh
# npm ci: a directory in node_modules for each line of the lock file; npm run build: a file of all sources
if [ "$1" = ci ]; then
  sleep $(cat /etc/delay)
  rm -rf node_modules
  for name in $(cat package-lock.json | tr -d '{}'); do
    mkdir -p node_modules/$name; echo "$name" > node_modules/$name/index.js
  done
else
  mkdir -p dist; cat src/* > dist/bundle.js; ls node_modules >> dist/bundle.js
fi
""",
    "go": """\
#!/bin/sh
# go mod download: a file for each line of go.sum; go build: a file of all sources
if [ "$1" = mod ]; then
  sleep $(cat /etc/delay)
  mkdir -p /go/pkg/mod; for name in $(cat go.sum); do echo "$name" > /go/pkg/mod/$name; done
else
  cat *.go /go/pkg/mod/* > /out
fi
""",
}

BASE = """\
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
ENV PATH=/usr/bin:/bin
COPY tools/ /usr/bin/
COPY delay /etc/delay
RUN mkdir -p /root /tmp /var/lib /usr/share && echo 'root:x:0:0:root:/root:/bin/sh' > /etc/passwd
"""


@dataclass(frozen=True)
class Toy:
    """A repository: its files at first, then what each commit changes."""

    name: str
    dockerfile: str
    files: Mapping[str, str]
    commits: tuple[tuple[str, ...], ...]
    argument: str = ""
    """A build argument that gets the commit."""


PYTHON = Toy(
    "python",
    """\
FROM localhost/toy-base
ARG GIT_SHA=none
LABEL revision=$GIT_SHA
WORKDIR /app
COPY . /app
# what the program needs
RUN apt-get update && apt-get install -y gcc libpq-dev
RUN pip install --no-cache-dir -r requirements.txt
RUN sh compile.sh
EXPOSE 8000
CMD ["sh", "main.py"]
""",
    {
        "requirements.txt": "flask\nsqlalchemy\n",
        "main.py": "print(0)\n",
        "compile.sh": "cat main.py > main.pyc\n",
        "README.md": "a toy\n",
        "tests/a.py": "pass\n",
    },
    (
        *(("main.py",), ("main.py",), ("README.md",), ("main.py",), ("requirements.txt",), ("main.py",)),
        *(("tests/a.py",), ("main.py", "tests/a.py"), ("main.py",), ("README.md",)),
    ),
    argument="GIT_SHA",
)
NODE = Toy(
    "node",
    """\
FROM localhost/toy-base AS build
WORKDIR /src
COPY . .
RUN apt-get update && apt-get install -y make
RUN npm ci
RUN npm run build

FROM localhost/toy-base
WORKDIR /srv
COPY --from=build /src/dist /srv/dist
RUN apt-get update && apt-get install -y tini
CMD ["cat", "dist/bundle.js"]
""",
    {
        "package.json": "{}",
        "package-lock.json": "{left-pad\nreact\n}",
        "src/a.js": "a\n",
        "src/b.js": "b\n",
        ".dockerignore": "node_modules\nREADME.md\n",
        "README.md": "a toy\n",
    },
    (
        *(("src/a.js",), ("src/b.js",), ("README.md",), ("src/a.js",), ("src/a.js", "src/b.js")),
        *(("src/a.js",), ("README.md",), ("src/b.js",), ("src/a.js",), ("src/b.js",)),
    ),
)
GO = Toy(
    "go",
    """\
FROM localhost/toy-base
COPY . /work
WORKDIR /work
RUN apt-get update && apt-get install -y git
RUN go mod download
RUN go build
ENV PORT=80
CMD ["cat", "/out"]
""",
    {
        "go.mod": "module toy\n",
        "go.sum": "cobra\nviper\n",
        "main.go": "package main\n",
        "a.go": "package main\n",
    },
    (
        *(("main.go",), ("a.go",), ("main.go",), ("go.sum",), ("main.go",), ("a.go",)),
        *(("main.go", "a.go"), ("main.go",), ("a.go",), ("main.go",)),
    ),
)
TOYS = (PYTHON, NODE, GO)


def storage(directory: Path, driver: str = "overlay") -> dict[str, str]:
    """An environment in which buildah keeps everything below a directory, and needs no container runtime."""
    directory.mkdir(parents=True, exist_ok=True)
    settings = directory / "storage.conf"
    settings.write_text(
        f'[storage]\ndriver = "{driver}"\ngraphroot = "{directory}/graph"\nrunroot = "{directory}/run"\n'
    )
    return os.environ | {
        "CONTAINERS_STORAGE_CONF": str(settings),
        "BUILDAH_ISOLATION": "chroot",
        "STORAGE_DRIVER": driver,
    }


def make_base(directory: Path, environment: Mapping[str, str], delay: str = "0") -> None:
    """Build `localhost/toy-base`; its package managers sleep for `delay` seconds."""
    context = directory / "base"
    (context / "tools").mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or "", context / "busybox")
    for name, text in TOOLS.items():
        (context / "tools" / name).write_text(text)
        (context / "tools" / name).chmod(0o755)
    (context / "delay").write_text(delay)
    (context / "Dockerfile").write_text(BASE)
    subprocess.run(
        ["buildah", "build", "--layers", "-q", "-t", "localhost/toy-base", str(context)],
        env=environment,
        check=True,
        capture_output=True,
    )


def make_repository(toy: Toy, directory: Path) -> None:
    """Make the repository with all its commits, an hour apart."""
    directory.mkdir(parents=True)
    run("git", "init", "-q", "-b", "main", ".", cwd=directory)
    files = {**toy.files, "Dockerfile": toy.dockerfile}
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    _commit(directory, 0)
    for number, changed in enumerate(toy.commits, 1):
        for path in changed:
            text = files[path]
            (directory / path).write_text(
                text.replace("}", f"more{number}\n}}") if "}" in text else f"{text}more{number}\n"
            )
            files[path] = (directory / path).read_text()
        _commit(directory, number)


def _commit(directory: Path, number: int) -> None:
    when = f"{1_700_000_000 + 3600 * number} +0000"
    environment = os.environ | {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    who = ("-c", "user.name=toy", "-c", "user.email=toy@example.test", "-c", "commit.gpgsign=false")
    for command in (("add", "-A"), (*who, "commit", "-q", "-m", f"commit {number}")):
        subprocess.run(["git", *command], cwd=directory, env=environment, check=True, capture_output=True)
