"""The classic builder and buildah: every instruction is a step, and depends on all steps in front of it.

The classic builder compares the comment that it writes into the history: variables are put in, lists are
sorted. buildah compares the instruction as it is written: an ENV that takes a build argument looks the same
with another value of it, so the old value comes from the cache.
"""

from __future__ import annotations

import posixpath

from layerscope.dockerfile.blanks import BLANKS
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.cache.recipes import (
    Ingredient,
    Recipe,
    Surroundings,
    copy_words,
    is_remote,
    mounts_of,
)
from layerscope.dockerfile.cache.selection import Selection
from layerscope.dockerfile.cache.settings import Settings
from layerscope.dockerfile.cache.states import CauseKind
from layerscope.dockerfile.forms import ports_in_order
from layerscope.dockerfile.syntax import SourceInstruction

__all__ = ["buildah_recipe", "classic_recipe", "written"]

_PROXIES = frozenset(
    name
    for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY")
    for name in (proxy, proxy.lower())
)
"""Build arguments that need no ARG: buildah's ARG lists them once they are given, RUN does not."""


def classic_recipe(instruction: SourceInstruction, settings: Settings, surroundings: Surroundings) -> Recipe:
    """What the step of an instruction is made of, `settings` being in front of it."""
    keyword = instruction.keyword
    if keyword in ("COPY", "ADD"):
        return Recipe(tuple(_copy(instruction, settings, surroundings)))
    found = [Ingredient(CauseKind.INSTRUCTION, "", _classic_text(instruction, settings))]
    if keyword == "RUN":
        found += [
            Ingredient(CauseKind.ARGUMENT, name, value) for name, value in settings.run_arguments().items()
        ]
    return Recipe(tuple(found))


def buildah_recipe(
    instruction: SourceInstruction, settings: Settings, surroundings: Surroundings, raw: str
) -> Recipe:
    """What the step of an instruction is made of; `raw` is the instruction as written, joined to one line."""
    keyword = instruction.keyword
    if keyword in ("COPY", "ADD"):
        return Recipe(tuple(_copy(instruction, settings, surroundings)))
    if keyword == "ARG":
        after = settings.child()
        after.arguments = dict(settings.arguments)
        after.pass_by(instruction)
        names = after.run_arguments().keys() | (settings.given.keys() & _PROXIES)
        return Recipe((Ingredient(CauseKind.INSTRUCTION, "", f"ARG {' '.join(sorted(names))}"),))
    documents = tuple((heredoc.name, heredoc.content) for heredoc in instruction.heredocs)
    text = repr((raw, documents)) if documents else raw
    found = [Ingredient(CauseKind.INSTRUCTION, "", text)]
    if keyword == "RUN":
        found += [
            Ingredient(CauseKind.ARGUMENT, name, value) for name, value in settings.run_arguments().items()
        ]
        for mount in mounts_of(instruction):
            found += _mount(mount, settings, surroundings)
    return Recipe(tuple(found))


def written(instruction: SourceInstruction, text: str) -> str:
    """An instruction as it is written, its lines joined: buildah sees the blanks behind the keyword."""
    start, end = instruction.keyword_span
    gap = BLANKS.match(text, end)
    return text[start:end] + (gap[0] if gap else " ") + instruction.rest


def _mount(mount: dict[str, str], settings: Settings, surroundings: Surroundings) -> list[Ingredient]:
    """What a bind mount shows; versions before 1.39 take no notice of it."""
    if mount["type"] != "bind":
        return []
    source, stage = settings.expanded(mount.get("source", "")) or "/", mount.get("from", "")
    if stage:
        taken = surroundings.from_stage(stage, (source,))
        return [Ingredient(CauseKind.STAGE, stage, taken.identity, taken.files)]
    taken = surroundings.from_context((source,))
    return [Ingredient(CauseKind.FILES, source, taken.identity, taken.files)]


def _copy(instruction: SourceInstruction, settings: Settings, surroundings: Surroundings) -> list[Ingredient]:
    sources, destination, documents = copy_words(instruction, settings)
    chown = settings.expanded(instruction.flag("chown") or "")
    text = [instruction.keyword, destination, documents, chown]
    if settings.builder is Builder.BUILDAH:
        text[1] = instruction.words[-1].text if instruction.words else ""  # variables and all
        text.append(settings.expanded(instruction.flag("chmod") or ""))
    text += [source for source in sources if is_remote(source)]
    found = [Ingredient(CauseKind.INSTRUCTION, "", repr(text))]
    stage = instruction.flag("from")
    local = tuple(source for source in sources if not is_remote(source))
    if stage:
        taken = surroundings.from_stage(stage, local)
        found.append(Ingredient(CauseKind.STAGE, stage, taken.identity, taken.files))
    elif local:
        taken = surroundings.from_context(local)
        identity = taken.identity
        if settings.builder is Builder.BUILDAH:
            identity = _renamed(taken, local, destination) or identity
        found.append(Ingredient(CauseKind.FILES, "", identity, taken.files))
    return found


def _renamed(taken: Selection, sources: tuple[str, ...], destination: str) -> str:
    """What a single file is known by that is copied to another name: buildah packs it under that name.

    Empty for all else. A destination without a slash at its end is taken for no directory.
    """
    if len(sources) > 1 or len(taken.files) != 1 or destination.endswith("/") or destination in (".", ".."):
        return ""
    path, known = next(iter(taken.files.items()))
    depth = posixpath.normpath("/" + sources[0]).count("/") - 1
    return f"file {known}" if path.count("/") == depth else ""


def _classic_text(instruction: SourceInstruction, settings: Settings) -> str:
    """The comment of an instruction, without what only its looks tell."""
    keyword = instruction.keyword
    words = [word.text for word in instruction.words]
    if keyword in ("RUN", "CMD", "ENTRYPOINT"):
        words = words if instruction.exec_form else [*settings.shell, *words]
        words += [flag.text for flag in instruction.flags]  # it refuses these, and documents
        words += [heredoc.content for heredoc in instruction.heredocs]
    elif keyword == "ARG":
        pairs = [word.partition("=") for word in words]
        words = [f"{name}{equals}{settings.expanded(default)}" for name, equals, default in pairs]
    elif keyword == "EXPOSE":
        ports = [port for word in words for port in settings.split(word)]
        words = [ports_in_order(ports) or " ".join(sorted(ports))]
    elif keyword == "WORKDIR" and words:
        words = [settings.absolute(settings.expanded(words[0])).rstrip("/") or "/"]
    elif keyword == "HEALTHCHECK":
        words = [*words, repr(instruction.exec_form), *sorted(flag.text for flag in instruction.flags)]
    elif keyword == "ONBUILD":
        words = [instruction.arguments]
    elif keyword in ("ENV", "LABEL", "USER", "VOLUME", "STOPSIGNAL", "MAINTAINER"):
        words = [settings.expanded(word) for word in words]
    return repr((keyword, words))
