"""BuildKit: only RUN, COPY, ADD and WORKDIR are steps; what they depend on is what they are given.

A RUN is given its command, the environment in order (with build arguments), user, working directory, mounts,
and the files of the step in front of it. A COPY is given its destination, its sources' names and flags, the
content of what it copies, and the files of the step in front of it; no variables. Everything else edits the
configuration and is no step.
"""

from __future__ import annotations

import posixpath

from layerscope.dockerfile.cache.recipes import (
    Ingredient,
    Recipe,
    Surroundings,
    copy_words,
    is_remote,
    mounts_of,
)
from layerscope.dockerfile.cache.settings import Settings
from layerscope.dockerfile.cache.states import CauseKind
from layerscope.dockerfile.syntax import SourceInstruction

__all__ = ["buildkit_recipe"]


def buildkit_recipe(
    instruction: SourceInstruction, settings: Settings, surroundings: Surroundings
) -> Recipe | None:
    """What the step of an instruction is made of, `settings` being in front of it; None if it is no step."""
    if instruction.keyword == "RUN":
        return Recipe(tuple(_run(instruction, settings, surroundings)))
    if instruction.keyword in ("COPY", "ADD"):
        linked = any(flag.name == "link" and flag.value != "false" for flag in instruction.flags)
        return Recipe(tuple(_copy(instruction, settings, surroundings)), own_key=linked)
    if instruction.keyword == "WORKDIR" and instruction.words:
        directory = settings.absolute(settings.expanded(instruction.words[0].text)).rstrip("/")
        if directory:
            made = Ingredient(CauseKind.INSTRUCTION, "mkdir", directory)
            return Recipe((made, Ingredient(CauseKind.USER, "", settings.user)))
    return None


def _run(instruction: SourceInstruction, settings: Settings, surroundings: Surroundings) -> list[Ingredient]:
    words = tuple(word.text for word in instruction.words)
    documents = tuple((heredoc.name, heredoc.content) for heredoc in instruction.heredocs)
    shell = () if instruction.exec_form else settings.shell
    flags = [(flag.name, flag.value) for flag in instruction.flags if flag.name != "mount"]
    command = repr(((*shell, *words), documents, flags))
    found = [Ingredient(CauseKind.INSTRUCTION, "", command)]
    for name, value in settings.environment.items():
        kind = CauseKind.ARGUMENT if name in settings.arguments else CauseKind.VARIABLE
        found.append(Ingredient(kind, name, value))
    found.append(Ingredient(CauseKind.USER, "", settings.user))
    found.append(Ingredient(CauseKind.DIRECTORY, "", settings.directory))
    for mount in mounts_of(instruction):
        found += _mount(mount, settings, surroundings)
    return found


def _mount(mount: dict[str, str], settings: Settings, surroundings: Surroundings) -> list[Ingredient]:
    kind = mount["type"]
    unseen = {"id", "sharing"} if kind == "cache" else {"source", "from"} if kind == "bind" else set()
    shown = {name: settings.expanded(value) for name, value in mount.items() if name not in unseen}
    found = [Ingredient(CauseKind.INSTRUCTION, "mount", repr(sorted(shown.items())))]
    if kind == "bind":
        source = posixpath.normpath("/" + settings.expanded(mount.get("source", "")))
        stage = mount.get("from", "")
        if stage:
            taken = surroundings.from_stage(stage, (source,))
            found.append(Ingredient(CauseKind.STAGE, stage, taken.identity, taken.files))
        else:
            taken = surroundings.from_context((source,))
            found.append(Ingredient(CauseKind.FILES, source, taken.identity, taken.files))
    return found


def _copy(instruction: SourceInstruction, settings: Settings, surroundings: Surroundings) -> list[Ingredient]:
    sources, destination, documents = copy_words(instruction, settings)
    flags = [
        (flag.name, settings.expanded(flag.value or ""))
        for flag in instruction.flags
        if flag.name not in ("from", "link")
    ]
    names = [source if is_remote(source) else posixpath.basename(source.rstrip("/")) for source in sources]
    written = (instruction.keyword, names, settings.absolute(destination), sorted(flags), documents)
    found = [Ingredient(CauseKind.INSTRUCTION, "", repr(written))]
    stage = instruction.flag("from")
    local = tuple(source for source in sources if not is_remote(source))
    if stage:
        taken = surroundings.from_stage(settings.expanded(stage), local)
        found.append(Ingredient(CauseKind.STAGE, stage, taken.identity, taken.files))
    elif local:
        taken = surroundings.from_context(local)
        found.append(Ingredient(CauseKind.FILES, "", taken.identity, taken.files))
    return found
