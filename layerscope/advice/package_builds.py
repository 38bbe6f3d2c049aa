"""A RUN that builds one package of a workspace, and the packages of it that it is not built from.

What a script reads nobody can tell from its name. What the workspace tells is evidence: which packages a
package depends on, which programs its script calls, and whether a file of those packages names another one.
A build has to verify it. See docs/decisions/0029-builds-of-one-package.md.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerscope.advice.context import ContextFiles, source_pattern
from layerscope.advice.copies import Copy
from layerscope.advice.ecosystems.base import Project
from layerscope.advice.ecosystems.node_scripts import ScriptCall, script_call, unread_packages
from layerscope.advice.paths import Paths, is_within, resolve
from layerscope.advice.shell import read_commands

__all__ = ["PackageBuild", "package_build", "workspace_above"]


@dataclass(frozen=True, slots=True)
class PackageBuild:
    """A build of one package."""

    name: str
    """The directory of the package in the workspace (`packages/core`)."""
    unread: frozenset[str]
    """Directories of the image with the packages that it is not built from."""
    read: Mapping[str, str]
    """Those with the other ones, and why: `packages/core depends on it`."""

    def reason(self, copied: Copy) -> tuple[bool, str]:
        """Whether all that a COPY writes is left alone; and why, or why not (empty: it is none of this)."""
        roots = copied.writes.roots
        if copied.writes.anything or not roots:
            return False, ""
        if all(any(is_within(root, place) for place in self.unread) for root in roots):
            return True, f"the workspace says that {self.name} is not built from {copied.sources[0]}"
        for place, why in self.read.items():
            if any(is_within(root, place) for root in roots):
                return False, why
        return False, ""


def package_build(
    text: str, directory: str, values: Mapping[str, str], copies: Sequence[Copy], context: ContextFiles
) -> PackageBuild | None:
    """What a RUN in the shell form builds that begins in `directory`, behind these COPYs; None if it is not
    one package and nothing else."""
    calls = _calls(text, directory, values)
    if not calls:
        return None
    found: list[PackageBuild] = []
    for call in calls:
        root = _workspace(call, copies, context)
        if root is None:
            return None
        place, project = root
        unread = unread_packages(call, _inside(call.directory, place), project)
        if unread is None:
            return None
        name, free, taken = unread
        if _origin(f"{place}/{name}/package.json", copies, context) != project.place(name, "package.json"):
            return None
        reasons = {**taken, name: f"{name} is built from it"}
        found.append(
            PackageBuild(
                name,
                frozenset(resolve(each, place) for each in free),
                {resolve(each, place): why for each, why in reasons.items()},
            )
        )
    first, *others = found
    if any(other.name != first.name for other in others):
        return None
    unread_by_all = first.unread.intersection(*(other.unread for other in others))
    read = {place: why for each in found for place, why in each.read.items()}
    return PackageBuild(first.name, unread_by_all, read)


def _calls(text: str, directory: str, values: Mapping[str, str]) -> list[ScriptCall]:
    """The scripts that a RUN calls; none if it does anything else, too."""
    calls: list[ScriptCall] = []
    for command in read_commands(text, values) or ():
        if command.words[:1] == ("cd",) and len(command.words) == 2 and not command.outputs:
            directory = resolve(command.words[1], directory)
            continue
        call = script_call(command.words, directory)
        if call is None or command.inputs or command.outputs or command.globs or command.assignments:
            return []
        calls.append(call)
    return calls


def _workspace(call: ScriptCall, copies: Sequence[Copy], context: ContextFiles) -> tuple[str, Project] | None:
    """The root of the workspace in the image and in the context, where both are laid out alike."""
    own = _origin(f"{call.directory}/package.json", copies, context)
    if own is None:
        return None
    place = call.directory
    for project in Project(context, posixpath.dirname(own)).above():
        manifest = project.place("package.json")
        if project.has("package.json") and _origin(f"{place}/package.json", copies, context) != manifest:
            return None
        if project.has("pnpm-workspace.yaml") or '"workspaces"' in (project.text("package.json") or ""):
            return None if _foreign(place, copies) else (place, project)
        if place == "/":
            return None
        place = posixpath.dirname(place)
    return None


def _foreign(place: str, copies: Sequence[Copy]) -> bool:
    """Whether something else than files of the context was copied into it: nobody knows what that reads."""
    within = Paths(frozenset({place}))
    return any(
        copy.writes.meeting(within) and (not copy.from_context or copy.unpacks or copy.writes.anything)
        for copy in copies
    )


def workspace_above(directory: str, copies: Sequence[Copy], context: ContextFiles) -> str:
    """The directory of the image with the workspace that a package in `directory` belongs to; empty if it is
    in none. An install in one package reads the manifests of all."""
    place = directory
    while place not in ("/", ""):
        place = posixpath.dirname(place)
        manifest = _origin(f"{place}/package.json".replace("//", "/"), copies, context)
        listed = _origin(f"{place}/pnpm-workspace.yaml".replace("//", "/"), copies, context)
        if listed or (manifest and '"workspaces"' in (context.text(manifest) or "")):
            return place
    return ""


def _inside(directory: str, root: str) -> str:
    """A directory as it is called in the workspace; empty for the root."""
    relative = posixpath.relpath(directory, root)
    return "" if relative == "." else relative


def _origin(path: str, copies: Sequence[Copy], context: ContextFiles) -> str | None:
    """The file of the context that stands at a path of the image behind these COPYs; None if that is not
    known."""
    for copy in reversed(copies):
        if not copy.writes.anything and not copy.writes.meeting(Paths(frozenset({path}))):
            continue
        if not copy.from_context or copy.unpacks or not copy.destination:
            return None
        for source in copy.sources:
            name = source_pattern(source)
            if name in context.paths:
                base = posixpath.basename(name)
                targets = {copy.destination, resolve(base, copy.destination)}
                if path in targets:
                    return name
            elif copy.takes_directory and is_within(path, copy.destination):
                found = posixpath.normpath(posixpath.join(name, posixpath.relpath(path, copy.destination)))
                if found in context.paths:
                    return found
    return None
