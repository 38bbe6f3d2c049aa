"""Toy repositories: commits one after the other, each a change of files and the arguments of its build."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.cache.states import BaseImage, BuildState, StageCopy
from layerscope.dockerfile.context import read_context_directory
from layerscope.dockerfile.ignore import NOTHING_IGNORED, Inheritance, read_ignore_rules
from layerscope.dockerfile.read import read_dockerfile
from tests.differential.build_cache.builders import BASE

__all__ = ["TOYS", "Commit", "Toy", "check_out", "state_of"]

Files = Mapping[str, str | None]
"""Contents by path; None removes, `mode NNN` behind a zero byte changes the mode, `-> x` makes a link."""


@dataclass(frozen=True)
class Commit:
    """One commit."""

    files: Files
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Toy:
    """A repository."""

    name: str
    commits: Sequence[Commit]
    stage_content: Callable[[Path, StageCopy], str | None] | None = None
    """What its RUNs write where other stages copy it from."""
    builders: tuple[Builder, ...] = tuple(Builder)


def check_out(files: Files, directory: Path) -> None:
    """Change the working tree."""
    for path, content in files.items():
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        elif content.startswith("\0mode "):
            place.chmod(int(content.split()[1], 8))
        elif content.startswith("-> "):
            place.unlink(missing_ok=True)
            place.symlink_to(content[3:])
        else:
            place.write_text(content)


def state_of(toy: Toy, directory: Path, commit: Commit, builder: Builder) -> BuildState:
    """The working tree as the input of a simulated build."""
    rules = NOTHING_IGNORED
    file = directory / ".dockerignore"
    if file.exists():
        rules = read_ignore_rules(file.read_bytes(), file.name, Inheritance.SAME_DEPTH)
    told = toy.stage_content
    return BuildState(
        read_dockerfile((directory / "Dockerfile").read_bytes(), "Dockerfile"),
        read_context_directory(directory).without_ignored(rules),
        commit.args,
        {BASE: BaseImage("base", ("PATH=/bin",))},
        stage_content=None if told is None else lambda copy: told(directory, copy),
    )


FROM = f"FROM {BASE}\n"
_SOURCES = {
    "app/main.py": "print(1)\n",
    "app/util/io.py": "pass\n",
    "tests/test_main.py": "pass\n",
    "docs/index.md": "hello\n",
    "requirements.txt": "flask\n",
    "README.md": "toy\n",
    ".dockerignore": ".dockerignore\nDockerfile\n.git\n",
}
_CHANGES: tuple[Files, ...] = (
    {"app/main.py": "print(2)\n"},
    {"README.md": "toy, better\n"},
    {"app/util/io.py": "import os\n"},
    {"requirements.txt": "flask\nrequests\n"},
    {"docs/index.md": "hello you\n"},
    {"app/new.py": "new\n"},
    {"tests/test_main.py": "assert 1\n"},
    {"app/main.py": "print(1)\n"},
    {"app/util/io.py": None, "app/util/files.py": "import os\n"},
    {"app/main.py": "print(4)\n", "README.md": "toy\n"},
)


def _history(dockerfile: str) -> tuple[Commit, ...]:
    """The sources above, with a build argument that is another one each time."""
    first = Commit({**_SOURCES, "Dockerfile": dockerfile}, {"GIT_SHA": "0000"})
    rest = [Commit(files, {"GIT_SHA": f"{n:04}"}) for n, files in enumerate(_CHANGES, start=1)]
    return (first, *rest, Commit({}, {"GIT_SHA": "0010"}))


_LATE = """RUN mkdir -p /usr/lib && echo packages > /usr/lib/packages
RUN echo 'app:x:1:1::/:/bin/sh' >> /etc/passwd
WORKDIR /app
COPY requirements.txt .
RUN cp requirements.txt /usr/lib/installed
ENV MODE=production PORT=80
EXPOSE 80
CMD ["sh"]
COPY . /app
RUN ls -R /app > /list
USER 1
ARG GIT_SHA
LABEL revision=$GIT_SHA
"""
_EARLY = """ARG GIT_SHA
LABEL revision=$GIT_SHA
ENV MODE=production PORT=80
WORKDIR /app
COPY . /app
RUN mkdir -p /usr/lib && echo packages > /usr/lib/packages
RUN cp requirements.txt /usr/lib/installed
RUN ls -R /app > /list
RUN echo 'app:x:1:1::/:/bin/sh' >> /etc/passwd
EXPOSE 80
USER 1
CMD ["sh"]
"""

_SETTINGS = """{above}ARG UNUSED={unused}
ENV A=1 B=2
RUN echo one > /one
COPY f /f
RUN echo two > /two
{below}"""


def _settings(above: str = "", unused: str = "1", below: str = "CMD true\n", f: str = "f") -> Files:
    text = FROM + _SETTINGS.format(above=above, unused=unused, below=below)
    return {"Dockerfile": text, "f": f, ".dockerignore": "Dockerfile\n"}


def _text(old: str, new: str) -> Files:
    """The first file of settings with something else in it."""
    files = dict(_settings())
    files["Dockerfile"] = re.sub(old, new, str(files["Dockerfile"]), flags=re.MULTILINE)
    return files


_SETTING_COMMITS = (
    Commit(_settings()),
    Commit(_settings()),
    Commit(_settings(above="LABEL a=b\n")),
    Commit(_settings(above="EXPOSE 80 443\nVOLUME /v\nSTOPSIGNAL 9\nHEALTHCHECK NONE\nMAINTAINER me\n")),
    Commit(_settings(above="EXPOSE 443 80\nVOLUME /v\nSTOPSIGNAL 9\nHEALTHCHECK NONE\nMAINTAINER me\n")),
    Commit(_settings(below="CMD false\nENTRYPOINT x\n")),
    Commit(_settings(unused="2")),
    Commit(_settings(), {"UNUSED": "3"}),
    Commit(_settings(), {"UNDECLARED": "3"}),
    Commit(_settings(), {"HTTP_PROXY": "http://x"}),
    Commit(_settings(above="ARG HTTP_PROXY\n"), {"HTTP_PROXY": "http://x"}),
    Commit(_settings(above="ARG HTTP_PROXY\n"), {"HTTP_PROXY": "http://y"}),
    Commit(_settings(above="ARG NOVAL\n")),
    Commit(_settings(above="ENV Z=1\n")),
    Commit(_settings(above="WORKDIR /\n")),
    Commit(_settings(above="WORKDIR /w\n")),
    Commit(_settings(above="WORKDIR /w\nWORKDIR x\n")),
    Commit(_settings(above='SHELL ["/bin/busybox", "sh", "-c"]\n')),
    Commit(_text("^ENV A=1 B=2", "ENV A=1\nENV B=2")),
    Commit(_text("^ENV A=1 B=2", "ENV B=2 A=1")),
    Commit(_text("^ENV A=1 B=2", "ENV A=1 B=2\nENV A=1")),
    Commit(_text("^RUN echo one", "run   echo one")),
    Commit(_text("^RUN echo one", "RUN \\\\\n# words\n  echo one")),
    Commit(_text("^RUN echo one", "RUN \\\\\n# other words\n  echo one")),
    Commit(_text("^RUN echo one", "RUN echo   one")),
    Commit(_text("^RUN echo one > /one", 'RUN ["/bin/sh", "-c", "echo one > /one"]')),
    Commit(_text("^COPY f /f", "WORKDIR /w\nCOPY f f")),
    Commit(_text("^COPY f /f", "WORKDIR /w\nCOPY f /w/f")),
    Commit(_text("^COPY f /f", "ENV D=/d\nCOPY f $D/f")),
    Commit(_text("^COPY f /f", "ENV D=/e\nCOPY f $D/f")),
    Commit(_text("^COPY f /f", "ARG D=/d\nCOPY f $D/f")),
    Commit(_text("^COPY f /f", "ARG D=/d\nCOPY f $D/f"), {"D": "/other"}),
    Commit(_text("^COPY f /f", "ADD f /f")),
    Commit(_text("^COPY f /f", "USER 1\nCOPY f /f\nUSER 0")),
    Commit(_text("^COPY f /f", "COPY f /f\nARG LATE")),
    Commit(_text("^COPY f /f", "COPY f /f\nARG LATE"), {"LATE": "1"}),
    Commit(_text("^COPY f /f", "COPY f /f\nARG LATE\nENV E=$LATE\nLABEL l=$LATE"), {"LATE": "1"}),
    Commit(_text("^COPY f /f", "COPY f /f\nARG LATE\nENV E=$LATE\nLABEL l=$LATE"), {"LATE": "2"}),
    Commit(_text("^ENV A=1 B=2\nRUN", "ARG A=x\nENV A=1 B=2\nRUN")),
    Commit(_text("^ENV A=1 B=2\nRUN", "ENV A=1 B=2\nARG A=x\nRUN")),
    Commit(_text("^ENV A=1 B=2\nRUN", "ENV A=1 B=2\nARG A=y\nRUN")),
    Commit(_settings(f="g")),
    Commit(_settings()),
)

_COPIES = (
    FROM
    + """COPY one.txt two.txt /texts/
RUN true
COPY *.cfg /cfg/
COPY sub /sub
RUN echo > /x
COPY . /all/
"""
)
_COPY_COMMITS = (
    Commit(
        {
            "Dockerfile": _COPIES,
            ".dockerignore": "Dockerfile\n.dockerignore\n*.md\nbuild\n!build/keep\n",
            "one.txt": "1",
            "two.txt": "2",
            "a.cfg": "a",
            "b.cfg": "b",
            "sub/x/y": "y",
            "sub/z": "z",
            "build/keep/k": "k",
            "build/out": "o",
            "notes.md": "n",
            "link": "-> one.txt",
        }
    ),
    Commit({"notes.md": "other", "build/out": "other"}),
    Commit({"build/keep/k": "kk"}),
    Commit({"one.txt": "\0mode 755"}),
    Commit({"one.txt": "\0mode 644"}),
    Commit({"sub": "\0mode 700"}),
    Commit({"sub": "\0mode 755"}),
    Commit({"sub/x": "\0mode 700"}),
    Commit({"sub/x": "\0mode 755", "sub/x/y": None, "sub/x/w": "y"}),
    Commit({"link": "-> two.txt"}),
    Commit({".dockerignore": "Dockerfile\n.dockerignore\n*.md\nbuild/out\n"}),
    Commit({"c.cfg": "c"}),
    Commit({"c.cfg": None, "d.cfg": "c"}),
    Commit({"d.cfg": "d"}),
    Commit({"Dockerfile": _COPIES.replace("one.txt two.txt", "two.txt one.txt")}),
    Commit({"Dockerfile": _COPIES.replace("COPY sub /sub", "COPY sub/ /sub/")}),
    Commit({"Dockerfile": _COPIES.replace("COPY sub /sub", "COPY ./sub /sub")}),
    Commit({"Dockerfile": _COPIES.replace("COPY sub /sub", "COPY --chown=1:1 sub /sub")}),
    Commit({"Dockerfile": _COPIES.replace("COPY one.txt two.txt /texts/", "COPY o*.txt two.txt /texts/")}),
    Commit({"Dockerfile": _COPIES.replace("COPY one.txt two.txt /texts/", "COPY one.txt /texts/n")}),
    Commit(
        {
            "Dockerfile": _COPIES.replace("COPY one.txt two.txt /texts/", "COPY three.txt /texts/n"),
            "three.txt": "1",
        }
    ),
    Commit({"Dockerfile": _COPIES, "three.txt": None}),
    Commit({"empty/.keep": "", ".dockerignore": "Dockerfile\n.dockerignore\n**/.keep\n"}),
    Commit({".dockerignore": "Dockerfile\n.dockerignore\n**/.keep\nempty\n"}),
)

_STAGES = f"""ARG VERSION=1
FROM {BASE} AS tools
RUN echo tool > /tool
FROM {BASE} AS unused
COPY docs /docs
RUN echo never
FROM {BASE} AS files
COPY src/data /data
FROM tools AS build
ARG VERSION
WORKDIR /src
COPY src .
RUN mkdir /out && head -n 1 main > /out/main && echo $VERSION > /out/version
FROM {BASE}
COPY --from=tools /tool /tool
COPY --from=files /data /data
COPY --from=build /out/main /main
RUN cat /main > /started
COPY --from=build /out /everything
CMD ["/main"]
"""


def _built(directory: Path, copy: StageCopy) -> str | None:
    """What the stage `build` has in /out: the first line of a file, and the version in the Dockerfile."""
    if copy.stage == "tools":
        return "tool"
    if copy.stage != "build":
        return None
    first = (directory / "src" / "main").read_text().partition("\n")[0]
    version = (directory / "Dockerfile").read_text().partition("VERSION=")[2][:1]
    return first if copy.sources == ("/out/main",) else f"{first} {version}"


_STAGE_COMMITS = (
    Commit({"Dockerfile": _STAGES, "src/main": "1\nx\n", "src/data/d": "d", "docs/d": "d"}),
    Commit({"src/main": "1\ny\n"}),
    Commit({"docs/d": "e"}),
    Commit({"src/main": "2\ny\n"}),
    Commit({"src/data/d": "e"}),
    Commit({"Dockerfile": _STAGES.replace("VERSION=1", "VERSION=2")}),
    Commit({"src/main": "1\nx\n", "src/data/d": "d"}),
    Commit({"Dockerfile": _STAGES.replace("AS build", "AS build\nLABEL a=b")}),
    Commit({"Dockerfile": _STAGES.replace("echo tool", "printf 'tool\\n'")}),
    Commit({"Dockerfile": _STAGES.replace("RUN cat", "ARG X=1\nRUN cat")}),
    Commit(
        {"Dockerfile": _STAGES.replace("RUN echo tool > /tool", "RUN echo tool > /tool\nARG LATE=1\nENV L=1")}
    ),
    Commit(
        {"Dockerfile": _STAGES.replace("RUN echo tool > /tool", "RUN echo tool > /tool\nARG LATE=2\nENV L=1")}
    ),
    Commit({"Dockerfile": _STAGES}),
)

_FEW = (0, 2, 4, 6, 7, 9, 11, 12, 18, 20, 21, 25, 27, 31, 36, 37, 39, 42)
"""Settings for the builders that take long for each step; each commit stands for itself."""
_THOROUGH = os.environ.get("LAYERSCOPE_HYPOTHESIS_PROFILE") == "thorough"
_SLOW = (Builder.CLASSIC, Builder.BUILDAH)

TOYS = (
    Toy("late", _history(FROM + _LATE), builders=(Builder.BUILDKIT, Builder.BUILDAH)),
    Toy("early", _history(FROM + _EARLY), builders=(Builder.BUILDKIT, Builder.CLASSIC)),
    Toy("settings", _SETTING_COMMITS, builders=tuple(Builder) if _THOROUGH else (Builder.BUILDKIT,)),
    Toy("few-settings", [_SETTING_COMMITS[number] for number in _FEW], builders=_SLOW),
    Toy("copies", _COPY_COMMITS),
    Toy("stages", _STAGE_COMMITS, _built),
)
