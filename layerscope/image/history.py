"""History entries as readable instructions.

`created_by` is free text: every builder writes its own, and none says which it is. The forms are told apart
by what they look like, in the order of `_READERS`; what none of them knows is shown as it is. Spec:
image-spec v1.1.1, config.md#properties (history).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from layerscope.oci.config import HistoryEntry

__all__ = ["KEYWORDS", "DockerfileLines", "DockerfileMatch", "Instruction", "read_instructions"]


@dataclass(frozen=True, slots=True)
class DockerfileLines:
    """Lines of a Dockerfile, counted from 1, both included."""

    file: str
    """As the user named it."""
    first: int
    last: int
    stage: str
    """Name of the stage, or its number from 0 as text."""
    text: str
    """The instruction as it stands there, continuation lines included."""


@dataclass(frozen=True, slots=True)
class DockerfileMatch:
    """How much of a Dockerfile agrees with an image's history."""

    file: str
    """As the user named it."""
    stage: str
    """Name of the stage that was compared, or its number from 0 as text."""
    matched: int
    """Instructions that have their history entry."""
    instructions: int
    """Instructions that could have one."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One history entry, made readable.

    `text` is what a person would have written (`RUN apt-get update`, `COPY dir:5bd634490f1e in /app`), in one
    line, without the builder's shell prefix, build arguments and comments, and with an ellipsis at its end
    where the entry has more than 65,536 characters; `created_by` is the entry as it stands. `keyword` is the
    Dockerfile keyword in capitals, or empty if the entry is no Dockerfile instruction. `builder` is `docker`
    (its classic builder), `buildkit`, `buildah`, `imagebuilder`, `kaniko`, `jib`, `ko`, `bazel`, `nix`,
    `buildpacks`, `apko`, `umoci`, or empty where nothing tells. `text` may hold any character that history
    holds, but no line break: an output neutralizes what it shows.
    """

    text: str
    created_by: str
    keyword: str
    builder: str
    created: str | None
    comment: str
    empty_layer: bool
    lines: DockerfileLines | None = None
    """Where it stands in a Dockerfile; None where no Dockerfile was given, or nothing in it matches."""


KEYWORDS = frozenset(
    {
        *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"),
        *("MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
    }
)
"""Keywords of the Dockerfile reference."""

_SHELL = re.compile(
    r"""(?:/\S*/)?(?:ba|da|a|k|z)?sh(?:\ -(?!c\b)\S+|\ pipefail)*\ -\w*c(?:\ |$)    # /bin/bash -o pipefail -c
      | cmd(?:\.exe)?\ /[sS]\ /[cC](?:\ |$)                                         # cmd /S /C
      | (?:powershell|pwsh)(?:\.exe)?(?:\ -(?!Command\b)\w+)*\ -Command(?:\ |$)     # powershell -Command
        (?:\$\w+\ =\ '\w+';\ )*                      # $ErrorActionPreference = 'Stop'; of SHELL
    """,
    re.VERBOSE,
)
_SHELL_INSIDE = re.compile(r"(?:^|\ )(?=" + _SHELL.pattern + ")", re.VERBOSE)
_BUILD_ARGUMENTS = re.compile(r"\|([0-9]{1,4}) ")
_NOP = "#(nop)"
_CONTENT_HASH = re.compile(r"\b(file|dir|multi):([0-9a-f]{12})[0-9a-f]{52}\b")
_GLUED_FLAGS = re.compile(r"\A(COPY|ADD) (--[^ ]{1,999}?)(?=(?:file|dir|multi):[0-9a-f]{64} )")
_GO_EXEC = re.compile(r'&?\{?\[("(?:[^"\\]|\\.)*"(?: "(?:[^"\\]|\\.)*")*)\]\}?')
_GO_QUOTED_GAP = re.compile(r'("(?:[^"\\]|\\.)*") (?=")')
_GO_MAP_EXPOSE = re.compile(r"\AEXPOSE map\[([^][]*)\]")
_GO_LIST = re.compile(r'\A(EXPOSE|VOLUME) \[([^]["]*)\]')
_NIX_STORE = re.compile(r"/nix/store/[0-9a-z]{32}-([^'\",\]]+)")
_BUILDPACKS = re.compile(
    r"Layer: '.*', Created by (?:buildpack|extension): |Application (?:Layer|Slice)\b"
    r"|Software Bill-of-Materials|Buildpacks (?:Launcher Config|Application Launcher|Process Types)"
)

_MAX_CHARACTERS = 64 << 10
"""What is looked at of one entry. A configuration may have megabytes of it; a command line has not: Linux
takes 128 KiB in one argument, and nobody reads a tenth of that in one line."""

_Reading = tuple[str, str]
"""(text, builder): what a reader makes of an entry."""


def read_instructions(history: Iterable[HistoryEntry]) -> tuple[Instruction, ...]:
    """Make every entry of a configuration's `history` readable, in its order: oldest first."""
    return _settle_shell_builders([_read(entry) for entry in history])


def _read(entry: HistoryEntry) -> Instruction:
    created_by, comment = entry.created_by or "", entry.comment or ""
    shown = (created_by[:_MAX_CHARACTERS], comment[:_MAX_CHARACTERS], entry.author or "")
    readings = (reader(*shown) for reader in _READERS)
    text, builder = next(reading for reading in readings if reading is not None)
    text = " ".join(text.split())
    if len(created_by) > _MAX_CHARACTERS:
        text += " …"
    keyword = text.partition(" ")[0]
    return Instruction(
        text=text,
        created_by=created_by,
        keyword=keyword if keyword in KEYWORDS else "",
        builder=builder,
        created=entry.created,
        comment=comment,
        empty_layer=bool(entry.empty_layer),
    )


def _buildkit(created_by: str, comment: str, _author: str) -> _Reading | None:
    """`RUN |1 A=b /bin/sh -c make # buildkit`, `COPY . /app # buildkit`, `CMD ["sh"]` with a comment."""
    text = created_by.rstrip()
    if not (comment.startswith("buildkit.") or text.endswith("# buildkit")):
        return None
    text = text.removesuffix("# buildkit")
    if text.startswith("RUN "):
        return "RUN " + _without_shell(_without_arguments(text[4:])), "buildkit"
    return _dockerfile_form(text) or comment, "buildkit"


def _kaniko(created_by: str, _comment: str, author: str) -> _Reading | None:
    """The Dockerfile's own text, with the author `kaniko`. Buildpacks' extensions run kaniko, too."""
    if _BUILDPACKS.match(created_by):
        return created_by, "buildpacks"
    return (created_by, "kaniko") if author == "kaniko" and created_by else None


def _nop(created_by: str, comment: str, _author: str) -> _Reading | None:
    """`/bin/sh -c #(nop)  CMD ["sh"]`: what is not RUN, from the classic builder and from buildah."""
    command = _without_shell(_without_arguments(created_by))
    if not command.startswith(_NOP):
        return None
    return _dockerfile_form(command.removeprefix(_NOP)), "buildah" if comment.startswith("FROM ") else ""


def _shell(created_by: str, comment: str, _author: str) -> _Reading | None:
    """`/bin/sh -c make`, `|1 A=b /bin/sh -c make`: RUN, from the classic builder and from buildah."""
    if created_by.startswith("#(imagebuilder)"):
        return "RUN " + created_by.removeprefix("#(imagebuilder)"), "imagebuilder"
    with_arguments = _without_arguments(created_by)
    command = _without_shell(with_arguments)
    if command == created_by:
        return None
    return "RUN " + command, "buildah" if comment.startswith("FROM ") else ""


def _nix(created_by: str, comment: str, _author: str) -> _Reading | None:
    """No `created_by`; the comment `store paths: ['/nix/store/<hash>-hello-2.12']`."""
    if created_by or not comment.startswith("store paths: "):
        return None
    return "nix store paths: " + ", ".join(_NIX_STORE.findall(comment)), "nix"


def _tool(created_by: str, comment: str, author: str) -> _Reading | None:
    """Builders without a Dockerfile: their own words, and what the comment says of the layer."""
    tools = (
        (
            "jib",
            created_by.startswith(("jib-", "jib:")) or author == "Jib" or comment == "auto-generated by Jib",
        ),
        (
            "ko",
            author in ("ko", "github.com/ko-build/ko") or created_by.startswith(("ko build ", "ko publish ")),
        ),
        ("bazel", author == "Bazel" or created_by.startswith("bazel build")),
        ("apko", author == "apko" or created_by == "apko"),
        ("umoci", created_by.startswith("umoci ")),
    )
    for builder, found in tools:
        if found and not _is_dockerfile(created_by):
            return (f"{created_by} ({comment})" if created_by and comment else created_by or comment), builder
    return None


def _as_it_is(created_by: str, comment: str, _author: str) -> _Reading:
    """Everything else: `Apply image 20H2-amd64`, `Imported from -`, the command of a `docker commit`."""
    return (_dockerfile_form(created_by) if _is_dockerfile(created_by) else created_by or comment), ""


_Reader = Callable[[str, str, str], _Reading | None]
_READERS: tuple[_Reader, ...] = (_buildkit, _kaniko, _nop, _shell, _nix, _tool, _as_it_is)


def _is_dockerfile(text: str) -> bool:
    return text.partition(" ")[0] in KEYWORDS


def _without_arguments(command: str) -> str:
    """Cut `|2 A=1 B=2 ` off, the values of the build arguments that a RUN was given.

    Values are not quoted, so one with blanks ends where the shell begins; only an exec form has no shell, and
    there each argument is taken to be one word.
    """
    found = _BUILD_ARGUMENTS.match(command)
    if found is None:
        return command
    rest = command[found.end() :]
    shell = _SHELL_INSIDE.search(rest)
    if shell is not None:
        return rest[shell.end() :]
    words = rest.split(" ", int(found[1]))
    return words[-1] if len(words) > int(found[1]) else rest


def _without_shell(command: str) -> str:
    """Cut the shell of the shell form off."""
    found = _SHELL.match(command)
    return command[found.end() :] if found else command


def _dockerfile_form(text: str) -> str:
    """Undo what Go's formatting did to lists and maps, and shorten the hashes of copied contents."""
    text = _GLUED_FLAGS.sub(r"\1 \2 ", text.strip())  # the classic builder puts no blank behind --chown=…
    text = _CONTENT_HASH.sub(r"\1:\2", text)
    text = _GO_EXEC.sub(lambda found: "[" + _GO_QUOTED_GAP.sub(r"\1, ", found[1]) + "]", text)
    text = _GO_MAP_EXPOSE.sub(lambda found: "EXPOSE " + found[1].replace(":{}", ""), text)
    return _GO_LIST.sub(r"\1 \2", text)


def _settle_shell_builders(instructions: list[Instruction]) -> tuple[Instruction, ...]:
    """Name the builder of shell forms, which the classic builder and buildah write alike.

    buildah says `FROM …` in the comments of all but the first entry it adds, so an entry without it belongs
    to whoever made the next one. Docker has put two blanks after `#(nop)` since 1.10 (2016), but for ADD,
    COPY and WORKDIR; buildah never does. Without any of that it is taken to be Docker's.
    """
    settled: list[Instruction] = []
    builder = "docker"
    for instruction in reversed(instructions):
        evidence = instruction.builder or _blanks(instruction)
        if evidence in ("docker", "buildah"):
            builder = evidence
        elif not _is_shell_form(instruction):
            builder = "docker"
        shell_form = not instruction.builder and _is_shell_form(instruction)
        settled.append(replace(instruction, builder=builder) if shell_form else instruction)
    return tuple(reversed(settled))


def _is_shell_form(instruction: Instruction) -> bool:
    created_by = instruction.created_by
    return bool(_SHELL.match(created_by, 0, _MAX_CHARACTERS) or _BUILD_ARGUMENTS.match(created_by))


def _blanks(instruction: Instruction) -> str:
    """`docker` or `buildah` where the blanks after `#(nop)` tell, else nothing."""
    _, marker, rest = instruction.created_by.partition(_NOP)
    if not marker or not _is_shell_form(instruction):
        return ""
    if rest.startswith("  "):
        return "docker"
    plain = instruction.keyword not in ("", "ADD", "COPY", "WORKDIR") and "&{" not in rest
    return "buildah" if plain and (instruction.created or "") >= "2017" else ""
