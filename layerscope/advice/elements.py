"""The instructions of one stage as elements whose order may change, each with what is known around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from layerscope.advice.context import ContextFiles
from layerscope.advice.copies import Copy, read_copy
from layerscope.advice.footprint import UNKNOWN_COMMAND, Ecosystem, Footprint
from layerscope.advice.knowledge import footprint_of
from layerscope.advice.layers import LayerFacts
from layerscope.advice.mounts import mounted
from layerscope.advice.package_builds import PackageBuild, package_build, workspace_above
from layerscope.advice.paths import Paths, followed
from layerscope.advice.shell import variables_in
from layerscope.advice.volatility import Volatility
from layerscope.dockerfile.expand import UNKNOWN
from layerscope.dockerfile.scope import Scope
from layerscope.dockerfile.stages import Stage
from layerscope.dockerfile.syntax import SourceInstruction

__all__ = ["EXPANDING", "Element", "Role", "read_elements"]

EXPANDING = frozenset(
    {"ADD", "COPY", "ENV", "EXPOSE", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR", "ARG"}
)
"""Instructions in which the builder, not a shell, puts in the values of variables."""

_HEREDOC_ALONE = re.compile(r"<<-?([\"']?)\w+\1")
_STEPS = frozenset({"RUN", "COPY", "ADD", "WORKDIR"})
_SETTINGS = frozenset({"ENV", "ARG", "USER", "SHELL"})


class Role(StrEnum):
    """What an element is to the build cache."""

    STEP = "step"  #: it writes files
    SETTING = "setting"  #: it changes what later steps see
    METADATA = "metadata"  #: it changes the configuration only


@dataclass(frozen=True, slots=True)
class Element:
    """One instruction, or one that advice would add, with the state that it is carried out in."""

    index: int
    """Its place in the stage, from 0; that of an added one is given by who adds it."""
    keyword: str
    source: SourceInstruction | None
    """None for an added one."""
    line: int
    """Its first line in the file; 0 for an added one."""
    text: str
    """Its arguments on one line."""
    role: Role
    uses: frozenset[str]
    """Variables that its text names."""
    defines: frozenset[str]
    """Variables that ARG or ENV set."""
    volatile: str = ""
    """Why it is another one in every build (`GIT_SHA is named like a revision`); empty if it is not."""
    directory: str = "/"
    """The working directory in front of it; `UNKNOWN` in it if it is not known."""
    root: bool = True
    """Whether the user is root."""
    environment: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    """Of WORKDIR: the directory."""
    relative: bool = False
    """Whether a path of it counts from the working directory."""
    copy: Copy | None = None
    footprint: Footprint = UNKNOWN_COMMAND
    """Of RUN."""
    mount_sources: tuple[str, ...] = ()
    """Paths of the context that RUN mounts."""
    mount_stages: tuple[str, ...] = ()
    facts: LayerFacts | None = None
    keeps_fresh: bool = False
    """Whether it is the RUN that has to stay below changing labels for buildah (R18): the last one that names
    what changes, else the last one of its stage."""
    package_build: PackageBuild | None = None
    """Of a RUN that nothing else is known of: which package of a workspace it builds."""
    read_by_context: bool = True
    """Of a volatile setting: whether a file of the context names its variable, or could."""


def read_elements(
    stage: Stage,
    scope: Scope,
    context: ContextFiles | None,
    facts: Mapping[int, LayerFacts],
    volatility: Volatility,
    *,
    root: bool = True,
    links: Mapping[str, str] | None = None,
) -> list[Element]:
    """The elements of a stage, in front of which `scope` holds; `root` says whether its base runs as root.

    `links` are the symbolic links of the image: what is touched through one is touched. `scope` is moved
    behind the stage.
    """
    elements: list[Element] = []
    changing: dict[str, str] = {}
    for index, instruction in enumerate(stage.instructions):
        why = _volatile(instruction, changing, volatility)
        element = _through(_element(index, instruction, scope, context, root=root), links or {})
        defines = _defined(instruction)
        for name in defines:
            changing.pop(name, None)
            if why:
                changing[name] = why
        if instruction.keyword == "RUN" and context is not None:
            element = _in_workspace(element, elements, context)
        known = facts.get(instruction.first_line)
        mentioned = True
        if why and context is not None:
            mentioned = any(context.mentions(name) for name in defines)
        elements.append(
            replace(
                element,
                volatile=why,
                defines=defines,
                facts=known,
                read_by_context=mentioned,
            )
        )
        scope.pass_by(instruction)
        if instruction.keyword == "ARG":
            _unknown_without_value(instruction, scope)
        if instruction.keyword == "USER":
            root = instruction.arguments.split(":")[0].strip("\"'") in ("root", "0")
    return _with_anchor(elements)


def _with_anchor(elements: list[Element]) -> list[Element]:
    """The elements with the RUN that R18 needs: one that names what changes stands below it anyway. It has to
    be below all that is about it, as the file is."""
    runs = [element for element in elements if element.keyword == "RUN"]
    changing = {name for element in elements if element.volatile for name in element.defines}
    lowest = max(
        (each.index for each in elements if each.volatile and each.keyword in ("ENV", "LABEL")), default=-1
    )
    named = [run for run in runs if run.uses & changing and run.index > lowest]
    if not runs:
        return elements
    anchor = (named or runs)[-1]
    return [replace(element, keeps_fresh=element is anchor) for element in elements]


def _through(element: Element, links: Mapping[str, str]) -> Element:
    """The element with the paths that links lead to."""
    found = element.footprint
    footprint = replace(
        found,
        reads=followed(found.reads, links),
        writes=followed(found.writes, links),
        inputs=followed(found.inputs, links),
        outputs=followed(found.outputs, links),
    )
    copy = element.copy
    if copy is not None:
        copy = replace(copy, writes=followed(copy.writes, links))
    return replace(element, footprint=footprint, copy=copy)


def _unknown_without_value(instruction: SourceInstruction, scope: Scope) -> None:
    """An argument without a value may be given one: it must not count as empty."""
    for word in instruction.words:
        name, equals, _ = word.text.partition("=")
        if not equals and name not in scope.plain:
            scope.plain[name] = UNKNOWN


def _element(
    index: int, instruction: SourceInstruction, scope: Scope, context: ContextFiles | None, *, root: bool
) -> Element:
    keyword = instruction.keyword
    role = Role.STEP if keyword in _STEPS else Role.SETTING if keyword in _SETTINGS else Role.METADATA
    directory = scope.directories[0]
    copy = read_copy(instruction, scope, context) if keyword in ("COPY", "ADD") else None
    path = ""
    relative = False
    if keyword == "WORKDIR" and instruction.words:
        text = scope.expanded(instruction.words[0].text, scope.plain)
        relative = text is None or not text.startswith("/")
        path = scope.directory(text, False) if text else UNKNOWN
    if copy is not None:
        relative = copy.relative
    sources, stages = mounted(instruction) if keyword == "RUN" else ((), ())
    return Element(
        index=index,
        keyword=keyword,
        source=instruction,
        line=instruction.first_line,
        text=instruction.rest,
        role=role,
        uses=_used(instruction),
        defines=frozenset(),
        directory=directory,
        root=root,
        environment=dict(scope.plain),
        path=path,
        relative=relative,
        copy=copy,
        footprint=_footprint(instruction, scope, directory, root=root),
        mount_sources=sources,
        mount_stages=stages,
    )


def _in_workspace(run: Element, above: list[Element], context: ContextFiles) -> Element:
    """A RUN with what the workspace tells in which it builds or installs something."""
    copies = [each.copy for each in above if each.copy is not None]
    footprint, source = run.footprint, run.source
    if footprint.known:
        places = [
            workspace_above(each.directory, copies, context)
            for each in footprint.installs
            if each.ecosystem in (Ecosystem.NPM, Ecosystem.YARN, Ecosystem.PNPM)
        ]
        inputs = footprint.inputs | Paths(frozenset(filter(None, places)))
        return replace(run, footprint=replace(footprint, inputs=inputs))
    if source is None or source.exec_form or source.heredocs or source.flags:
        return run
    found = package_build(source.arguments, run.directory, run.environment, copies, context)
    return replace(run, package_build=found)


def _footprint(instruction: SourceInstruction, scope: Scope, directory: str, *, root: bool) -> Footprint:
    if instruction.keyword != "RUN" or instruction.exec_form:
        return UNKNOWN_COMMAND
    if scope.shell_known and scope.shell[0].rpartition("/")[2] not in ("sh", "bash", "ash", "dash"):
        return UNKNOWN_COMMAND
    script = _script(instruction)
    return UNKNOWN_COMMAND if script is None else footprint_of(script, directory, scope.plain, root=root)


def _script(instruction: SourceInstruction) -> str | None:
    """What the shell is given: the command, or a heredoc that is all of it; None where that is not read here,
    as of a heredoc for another program."""
    if not instruction.heredocs:
        return instruction.arguments
    content = instruction.heredocs[0].content
    alone = len(instruction.heredocs) == 1 and _HEREDOC_ALONE.fullmatch(instruction.arguments.strip())
    if not alone or content.startswith("#!"):
        return None
    return content.replace("\\\n", "")


def _used(instruction: SourceInstruction) -> frozenset[str]:
    text = instruction.rest + "".join(heredoc.content for heredoc in instruction.heredocs)
    return variables_in(text)


def _defined(instruction: SourceInstruction) -> frozenset[str]:
    words = [word.text for word in instruction.words]
    if instruction.keyword == "ENV":
        return frozenset(word.strip("\"'") for word in words[::2])
    if instruction.keyword == "ARG":
        return frozenset(word.partition("=")[0] for word in words)
    return frozenset()


def _volatile(instruction: SourceInstruction, changing: Mapping[str, str], volatility: Volatility) -> str:
    """Why an instruction is another one in every build."""
    if instruction.keyword == "ARG":
        for word in instruction.words:
            name, _, default = word.text.partition("=")
            why = volatility.why(name, default)
            if why:
                return why
    if instruction.keyword in EXPANDING:
        for name in sorted(variables_in(instruction.rest)):
            if name in changing:
                return changing[name]
    return ""
