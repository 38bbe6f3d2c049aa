"""`RUN --mount=type=cache`: what package managers download stays on the builder, and out of the image (T7).

A step that misses then takes packages from the cache of the machine. The cache is not in the image: where the
image has one now, its files go, and the suggestion says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerscope.advice.chain import Link, read_chain, without_link
from layerscope.advice.elements import Element
from layerscope.advice.independence import Trust
from layerscope.advice.package_caches import CACHING_TOOLS, CachingTool
from layerscope.advice.paths import NOTHING, Paths, followed, is_within
from layerscope.advice.shell import Command, read_commands
from layerscope.advice.suggestions.base import Edit, Reason, Suggestion, Transformation
from layerscope.advice.suggestions.changing import raw_arguments, with_options
from layerscope.advice.suggestions.frontend import CACHE_MOUNT, Support, support_of
from layerscope.advice.suggestions.scene import Scene, StagePart
from layerscope.advice.tree import tree_below
from layerscope.image.entry import EntryKind

__all__ = ["CacheMount"]


class CacheMount(Transformation):
    """Mount the cache of a package manager into every RUN of a stage that calls it."""

    kind = "cache-mount"
    rank = 60

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One for each stage and package manager."""
        support = support_of(scene, CACHE_MOUNT)
        if support is None:
            return
        for part in scene.parts:
            for tool in CACHING_TOOLS:
                found = _suggestion(scene, part, tool, support)
                if found is not None:
                    yield found


_SETTINGS = {
    "npm": (".npmrc",),
    "pnpm": (".npmrc", "pnpm-workspace.yaml"),
    "yarn": (".npmrc", ".yarnrc"),
}
"""Files of the context in which a tool may be told where its cache is."""
_MOVES = re.compile(
    r"store-?dir\b|store_dir|cache-?folder|npm_config_cache|config\s+set\s+(?:-\S+\s+)*cache\b"
    r"|--cache[ =]|^\s*cache\s*=",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class _Use:
    """A RUN that calls the tool."""

    run: Element
    links: tuple[Link, ...]
    targets: tuple[str, ...]
    idle: bool
    """Whether it downloads nothing."""


def _suggestion(scene: Scene, part: StagePart, tool: CachingTool, support: Support) -> Suggestion | None:
    uses = _uses(scene, part, tool)
    if all(use.idle for use in uses):
        return None
    targets = tuple(dict.fromkeys(target for use in uses for target in use.targets))
    if _left_for_others(scene, part, uses, tool, targets):
        return None
    edits: list[Edit] = []
    for use in uses:
        changed = _edits(scene, use, tool)
        if changed is None:
            return None
        edits += changed
    held = _held(scene, uses, targets)
    lines = tuple(use.run.line for use in uses)
    unchanged = held == 0 and _are_there(scene, uses, targets)
    reasons = [
        Reason("T7", f"{tool.name} finds what it downloaded before; the cache is not part of the image"),
        Reason("R13", "RUNs that share the mount keep their order"),
    ]
    if tool.note:
        reasons.append(Reason("T7", tool.note))
    if held is None:
        reasons.append(Reason("T7", "no image shows what the cache directories hold now"))
    reached = followed(Paths(frozenset(targets)), scene.links)
    where = ", ".join(targets)
    runs = f"RUN of line {lines[0]}" if len(lines) == 1 else f"RUNs of lines {', '.join(map(str, lines))}"
    return Suggestion(
        kind=CacheMount.kind,
        stage=part.stage.label,
        lines=lines,
        what=f"mount a cache at {where} into the {runs}",
        reasons=tuple(reasons),
        trust=Trust.EVIDENCE if unchanged and tool.name != "apk" else Trust.UNVERIFIED,
        builders=support.builders,
        requires=support.requires,
        edits=tuple(edits),
        facts=dict.fromkeys(lines),
        changed_paths=() if unchanged else (*targets, *sorted(reached.roots - set(targets))),
        bytes_saved=held,
    )


def _uses(scene: Scene, part: StagePart, tool: CachingTool) -> list[_Use]:
    """RUNs that call the tool; none if one of them cannot be changed."""
    if any(_moves_cache(each, tool) for each in part.elements):
        return []
    found: list[_Use] = []
    if _is_moved(scene, tool):
        return []
    for run in part.elements:
        source = run.source
        if run.keyword != "RUN" or source is None:
            continue
        plain = not source.exec_form and not source.heredocs
        commands = read_commands(source.arguments, run.environment) if plain else None
        if commands is None:
            if any(program in source.arguments for program in tool.programs):
                return []
            continue
        calling = [command.words for command in commands if _calls(command, tool)]
        if not calling:
            continue
        links = read_chain(raw_arguments(scene.dockerfile, source))
        targets = tool.targets(run, _base_name(scene, part))
        home = run.environment.get("HOME", "/root")
        if links is None or targets is None or not run.root or home != "/root":
            return []
        if any(name in run.environment for name in tool.refused) or _mounted(run, targets):
            return []
        if tool.name == "yarn" and not _is_classic_yarn(scene):
            return []
        if tool.name == "apk" and not _updates(commands):
            return []
        idle = all(tuple(words[1:3]) in tool.idle for words in calling)
        found.append(_Use(run, links, targets, idle))
    return found


def _moves_cache(run: Element, tool: CachingTool) -> bool:
    """Whether the cache may be elsewhere than usual: the tool is configured, or an option says where."""
    if run.keyword != "RUN" or run.source is None:
        return False
    text = run.source.arguments
    names = "|".join(map(re.escape, tool.programs))
    configures = rf"\b(?:{names})\b[^&|;\n]*\bconfig\b[^&|;\n]*\bset\b|\b(?:{names})\s+set\b"
    option = rf"\b(?:{names})\b[^&|;\n]*\s--(?:cache-dir|cache-folder|cache|store-dir|store)[=\s]"
    return re.search(configures, text) is not None or re.search(option, text) is not None


def _calls(command: Command, tool: CachingTool) -> bool:
    words = command.words
    if not words or words[0] not in tool.programs:
        return False
    if words[0].startswith("python"):
        words = words[2:] if words[1:3] == ("-m", "pip") else ()
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if not words:
        return False
    return (verbs[0] if verbs else "") in tool.verbs


def _base_name(scene: Scene, part: StagePart) -> str:
    base = scene.stages.chain(part.stage)[0].base
    return base.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _mounted(run: Element, targets: Sequence[str]) -> bool:
    """Whether something is mounted there, or at a place that holds it."""
    assert run.source is not None
    for flag in run.source.flags:
        if flag.name == "mount" and flag.value:
            options = dict(option.partition("=")[::2] for option in flag.value.split(","))
            place = options.get("target") or options.get("dst") or options.get("destination") or ""
            if not place.startswith("/") or any(
                is_within(target, place.rstrip("/")) or is_within(place, target) for target in targets
            ):
                return True
    return False


def _is_moved(scene: Scene, tool: CachingTool) -> bool:
    """Whether an option, a command or a settings file may name another cache: the mount would stay empty."""
    if tool.name not in _SETTINGS:
        return False
    context = scene.context
    files = _SETTINGS[tool.name]
    paths = [path for path in context.paths if path.rpartition("/")[2] in files] if context else []
    texts = [scene.dockerfile.text, *(context.text(path) or "" for path in paths if context)]
    return any(map(_MOVES.search, texts))


def _is_classic_yarn(scene: Scene) -> bool:
    """Whether yarn is the first one: later ones keep their cache elsewhere."""
    context = scene.context
    if context is None or not any(path.endswith("yarn.lock") for path in context.paths):
        return False
    names = {path.rpartition("/")[2] for path in context.paths}
    manifest = context.text("package.json") or ""
    return ".yarnrc.yml" not in names and '"yarn@' not in manifest


def _updates(commands: Sequence[Command]) -> bool:
    """Whether an `apk add` fetches its index: without one in the image it would find nothing."""
    flags = {"--no-cache", "-U", "--update", "--update-cache"}
    return any(command.words[:2] == ("apk", "update") or flags & set(command.words) for command in commands)


def _left_for_others(
    scene: Scene, part: StagePart, uses: Sequence[_Use], tool: CachingTool, targets: Sequence[str]
) -> bool:
    """Whether something else may need what is in the cache: it would not be in the image any more."""
    places = Paths(frozenset(targets))
    own = {id(use.run) for use in uses}
    names = {part.stage.name, str(part.stage.index)} - {""}
    children = {part.stage.index}
    for other in scene.stages.stages:
        if other.parent in children:
            children.add(other.index)
            names |= {other.name, str(other.index)} - {""}
    for each in scene.parts:
        inside = each.stage.index in children
        for element in each.elements:
            if names & set(element.mount_stages):
                return True
            if element.copy is not None and _takes(element, names, inside).meeting(places):
                return True
            if inside and tool.needed_later and element.keyword == "RUN" and id(element) not in own:
                later = each.stage is not part.stage or element.index > uses[0].run.index
                if later and (not element.footprint.known or _touches(element, places, tool)):
                    return True
    return False


def _takes(element: Element, names: set[str], inside: bool) -> Paths:
    """What a COPY has to do with the root filesystem of these stages."""
    copy = element.copy
    assert copy is not None
    read = Paths(frozenset(map(_absolute, copy.sources))) if copy.stage.lower() in names else NOTHING
    return read | copy.writes if inside else read


def _touches(element: Element, places: Paths, tool: CachingTool) -> bool:
    """Whether a RUN works on the cache: other package managers of the system say so of all of /var."""
    if element.footprint.packages and not set(tool.programs) & element.footprint.programs:
        return False
    return bool((element.footprint.all_reads | element.footprint.all_writes).meeting(places))


def _absolute(source: str) -> str:
    return "/" + source.strip("/") if source.strip("/") else "/"


def _edits(scene: Scene, use: _Use, tool: CachingTool) -> list[Edit] | None:
    """The mounts, and what would turn the cache off or empty it taken away."""
    source = use.run.source
    assert source is not None
    sharing = ",sharing=locked" if tool.locked else ""
    mounts = [f"--mount=type=cache,target={target}{sharing}" for target in use.targets]
    edits = [with_options(scene.dockerfile, source, mounts)]
    raw = raw_arguments(scene.dockerfile, source)
    start = source.arguments_span.start
    cleaning = [index for index, link in enumerate(use.links) if _cleans(link, use.run, tool)]
    for index in cleaning:
        cut = without_link(raw, use.links, index)
        if cut is None or index + 1 in cleaning or len(cleaning) == len(use.links):
            return None
        edits.append(Edit(start + cut[0], start + cut[1], ""))
    for flag in tool.drops:
        for index, link in enumerate(use.links):
            commands = read_commands(link.text, use.run.environment) or ()
            if index in cleaning or not any(_calls(command, tool) for command in commands):
                continue
            place = re.search(rf"(?<=\s){re.escape(flag)}(?:\s+|$)", raw[link.start : link.end])
            if place:
                new = "--update-cache " if tool.name == "apk" else ""
                edits.append(Edit(start + link.start + place.start(), start + link.start + place.end(), new))
    return edits


def _cleans(link: Link, run: Element, tool: CachingTool) -> bool:
    for command in read_commands(link.text, run.environment) or ():
        for beginning in tool.cleaning:
            if command.words[:1] != beginning[:1]:
                continue
            if beginning[0] == "rm" and any(word.startswith(beginning[1]) for word in command.words[1:]):
                return True
            if beginning[0] != "rm" and command.words[: len(beginning)] == beginning:
                return True
    return False


def _held(scene: Scene, uses: Sequence[_Use], targets: Sequence[str]) -> int | None:
    """Content bytes that the layers of the RUNs hold there; None where a layer is not known."""
    total = 0
    for use in uses:
        if use.run.facts is None:
            return None
        changeset = scene.readings[use.run.facts.layer].changeset
        inside = [
            any(is_within("/" + directory.decode("utf-8", "surrogateescape"), target) for target in targets)
            for directory in changeset.directories
        ]
        total += sum(
            changeset.sizes[index]
            for index, parent in enumerate(changeset.parents)
            if inside[parent] and changeset.kinds[index] == EntryKind.FILE
        )
    return total


def _are_there(scene: Scene, uses: Sequence[_Use], targets: Sequence[str]) -> bool:
    """Whether all targets are directories before the first RUN, and empty ones in the end: then no mount
    point is made, and nothing goes."""
    layers = [use.run.facts.layer for use in uses if use.run.facts]
    if len(layers) < len(uses):
        return False
    before = tree_below(scene.readings, min(layers), targets)
    after = tree_below(scene.readings, len(scene.readings), targets)
    return all(
        target in before and before[target].kind is EntryKind.DIRECTORY and target in after
        for target in targets
    ) and not (after.keys() - set(targets))
