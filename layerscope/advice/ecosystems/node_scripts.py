"""Scripts of the packages of a workspace of npm, yarn, pnpm or bun: what one of them is built from.

A package is built from itself, from the packages of the workspace that it depends on, and from what these
name. This is evidence only: a program may look anywhere.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from layerscope.advice.ecosystems.base import Project, options_of
from layerscope.advice.ecosystems.node import read_package_json, workspace_members
from layerscope.advice.footprint import Ecosystem
from layerscope.advice.paths import is_within, resolve
from layerscope.advice.shell import read_commands

__all__ = ["ScriptCall", "script_call", "unread_packages"]

_DIRECTORY = {"npm": {"--prefix", "-C"}, "yarn": {"--cwd"}, "pnpm": {"-C", "--dir"}, "bun": {"--cwd"}}
_PACKAGE = {"npm": {"-w", "--workspace"}, "yarn": set[str](), "pnpm": {"-F", "--filter"}, "bun": {"--filter"}}
_QUIET = frozenset({"-s", "--silent", "--if-present"})
_BUILTIN = frozenset(
    {
        *("add", "audit", "cache", "ci", "config", "create", "dedupe", "deploy", "dlx", "exec", "fetch"),
        *("import", "info", "init", "install", "i", "link", "list", "node", "outdated", "pack", "patch"),
        *("publish", "prune", "rebuild", "remove", "root", "setup", "store", "unlink", "up", "update"),
        *("upgrade", "version", "why", "workspace", "workspaces"),
    }
)
"""Words behind `yarn` and `pnpm` that are no scripts."""

_COMPILERS = frozenset(
    {
        *(
            "tsc",
            "vue-tsc",
            "tsup",
            "tsdown",
            "unbuild",
            "vite",
            "esbuild",
            "rollup",
            "webpack",
            "swc",
            "babel",
        ),
        *("microbundle", "ncc", "node", "tsx", "ts-node", "rimraf", "rm", "mkdir", "cp", "echo", "true"),
        *("shx", "cpy", "copyfiles", "chmod"),
    }
)
"""Programs that work on the package that they are called in; what else they are told stands in its files."""
_IN_FRONT = frozenset({"npx", "bunx", "cross-env"})
_ALIAS = re.compile(r"(?:workspace|npm):(@?[A-Za-z][^@]*)(?:@|$)")
"""A dependency by another name: `npm:name@range`, `workspace:@scope/name@*`."""
_LINKED = re.compile(r"^(?:file|link|portal):|^\.{0,2}/")
_UPWARDS = re.compile(rb"(?<![\w./])(?:\.\./)+[\w@.\-/]*|(?<=[\"'`])\.\.(?:/\.\.)*(?=[\"'`])")
"""A path that begins by going up, as texts have it."""
_FOUND_ABOVE = re.compile(
    r"\.(?:env|npmrc|yarnrc|babelrc|browserslistrc|swcrc|postcssrc)[^/]*|(?:babel|postcss)\.config\.\w+"
)
"""Files of the root that programs look for by themselves."""
_INLINE = frozenset({"-e", "--eval", "-p", "--print", "-pe", "--run", "--import", "-r", "--require"})
"""Options of node with which it runs what is no file that is looked at."""
_RUNNERS = frozenset({"node", "tsx", "ts-node"})
_CALLS_MORE = re.compile(rb"child_process|\bexeca\b|\bzx\b|\bspawn(?:Sync)?\b|Bun\.\$")
_LISTS_ALL = re.compile(rb"[\"'`](?:\./)?(?:\*/|\*\*)")
"""A glob that begins where its file, or who calls it, stands."""
_BESIDE = re.compile(rb"(?<=[\"'`])\./[\w@.\-/]+")
_ENDINGS = ("", ".json", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", "/index.js", "/index.ts")
_MOST_FILES, _MOST_BYTES = 5_000, 32 << 20
_EVERYTHING = ""


@dataclass(frozen=True, slots=True)
class ScriptCall:
    """`npm run build -w core` and its like."""

    program: str
    script: str
    directory: str
    """Where it is called: of the package, or of the workspace where `package` says which one."""
    package: str = ""
    """A name, or a directory."""


def script_call(words: Sequence[str], directory: str) -> ScriptCall | None:
    """What a command calls; None if it is no script of one package, called without arguments."""
    if not words or words[0] not in _DIRECTORY or "--" in words:
        return None
    program = words[0]
    options, operands = options_of(words, frozenset(_DIRECTORY[program] | _PACKAGE[program]))
    package = ""
    if program == "yarn" and operands[:1] == ["workspace"] and len(operands) > 2:
        package, operands = operands[1], operands[2:]
    named = operands[:1] in (["run"], ["run-script"])
    operands = operands[1:] if named else operands
    if len(operands) != 1 or (not named and (program in ("npm", "bun") or operands[0] in _BUILTIN)):
        return None
    for option in options:
        name, _, value = option.partition("=")
        if name in _DIRECTORY[program] and value:
            directory = resolve(value, directory)
        elif name in _PACKAGE[program] and value and not package:
            package = value
        elif name not in _QUIET:
            return None
    if not directory or not re.fullmatch(r"[\w@./-]*", package) or "..." in package:
        return None
    return ScriptCall(program, operands[0], directory, package)


def unread_packages(
    call: ScriptCall, inside: str, project: Project
) -> tuple[str, tuple[str, ...], Mapping[str, str]] | None:
    """The directory of the package whose script is called, those of the packages that it is not built from,
    and the other ones with the reason why; None if it is none of the workspace.

    `project` is the root of the workspace, `inside` the directory of the call in it (empty: the root).
    """
    document = read_package_json(project)
    ecosystem = Ecosystem.PNPM if call.program == "pnpm" else Ecosystem.NPM
    if not isinstance(document, dict):
        return None
    listed, why = workspace_members(document, ecosystem, project)
    members = {place.rstrip("/"): each for place, each in listed}
    own = _called(call, inside, members)
    if why or not own or any(_is_below(one, two) for one in members for two in members):
        return None
    look = _Look(project, members)
    look.take(own, "")
    look.run(own, call.script)
    look.read()
    taken = {place: look.taken.get(_EVERYTHING, "") or look.taken.get(place, "") for place in members}
    del taken[own]
    free = tuple(place for place, reason in taken.items() if not reason)
    return own, free, {place: reason for place, reason in taken.items() if reason}


def _called(call: ScriptCall, inside: str, members: Mapping[str, dict[str, Any]]) -> str:
    if not call.package:
        return inside if inside in members else ""
    if inside:
        return ""
    place = posixpath.normpath(call.package)
    found = [each for each, document in members.items() if call.package == document.get("name")]
    found += [each for each in members if each == place]
    return found[0] if len(found) == 1 else ""


def _is_below(one: str, two: str) -> bool:
    return one != two and is_within(one, two)


@dataclass(slots=True)
class _Look:
    """What is found when a package is looked at, and all that it depends on."""

    project: Project
    members: Mapping[str, dict[str, Any]]
    taken: dict[str, str] = field(default_factory=dict)
    """Directory of a package to why it may be read; `_EVERYTHING` for all of them."""
    sources: list[str] = field(default_factory=list)
    """Packages that it is built from."""
    files: dict[str, None] = field(default_factory=dict)
    """Of the context, read and to be read."""
    scripts: set[tuple[str, str]] = field(default_factory=set)
    programs: set[str] = field(default_factory=set)
    """Files of the context that scripts run: their paths count from the package."""

    def refuse(self, why: str, place: str = _EVERYTHING) -> None:
        self.taken.setdefault(place, why)

    def take(self, place: str, why: str) -> None:
        """A package that it is built from, with all that this one depends on."""
        if place in self.sources:
            return
        self.sources.append(place)
        if why:
            self.refuse(why, place)
        names = {document.get("name"): each for each, document in self.members.items()}
        for name, version in _dependencies(self.members[place]):
            alias = _ALIAS.match(version)
            named = alias[1] if alias else name
            linked = self._linked(place, version)
            if linked is not None and linked not in self.members:
                self.refuse(f"{place}/package.json takes {name} from {version}")
            found = names.get(named) if linked is None else linked
            if found is not None and found in self.members:
                self.take(found, f"{place} depends on {found}")

    def _linked(self, place: str, version: str) -> str | None:
        if not _LINKED.match(version):
            return None
        return posixpath.normpath(posixpath.join(place, version.partition(":")[2] or version))

    def run(self, place: str, script: str) -> None:
        """Look at the commands of a script, of those around it, and of those that it calls."""
        scripts = self.members[place].get("scripts")
        listed = scripts if isinstance(scripts, dict) else {}
        if not isinstance(listed.get(script), str):
            self.refuse(f"{place}/package.json has no script {script}")
        for name in (f"pre{script}", script, f"post{script}"):
            text = listed.get(name)
            if isinstance(text, str) and (place, name) not in self.scripts:
                self.scripts.add((place, name))
                self._look_at(place, name, text)

    def _look_at(self, place: str, name: str, text: str) -> None:
        what = f"the script {name} of {place}"
        commands = read_commands(text, {})
        if not commands:
            self.refuse(f"{what} has more than commands")
            return
        for command in commands:
            words = list(command.words)
            while words and (words[0] in _IN_FRONT or re.match(r"\w+=|-y$|--yes$", words[0])):
                words.pop(0)
            self.programs |= {self.project.place(posixpath.normpath(f"{place}/{word}")) for word in words[1:]}
            if words and words[0] in _RUNNERS and not _INLINE.isdisjoint(w.partition("=")[0] for w in words):
                self.refuse(f"{what} calls {words[0]} without a file")
            call = script_call(words, "/")
            if call is not None and call.directory == "/" and not call.package:
                self.run(place, call.script)
            elif words and words[0] not in _COMPILERS and words[:2] != ["bun", "build"]:
                self.refuse(f"{what} calls {words[0]}")

    def read(self) -> None:
        """Look for the names of other packages in all files of those that it is built from."""
        for path in sorted(self.project.context.paths):
            if any(path.startswith(self.project.place(place) + "/") for place in self.sources):
                self.files[path] = None
        self.files |= dict.fromkeys(self._of_the_root())
        others = {place: self._named(place) for place in self.members if place not in self.sources}
        lists = {place: self._lists(place) for place in others}
        manifest = self.project.place("package.json")  # which lists the packages for the package manager
        size, pending = 0, list(self.files)
        while pending:
            path = pending.pop()
            content = self.project.context.read(path)
            size += len(content or b"")
            if content is None or size > _MOST_BYTES or len(self.files) > _MOST_FILES:
                why = f"{path} cannot be read" if content is None else "it has too many files to look at"
                self.refuse(why)
                return
            self._look_into(path, content, path == manifest)
            for place, names in others.items():
                if names.search(content) or (path != manifest and lists[place].search(content)):
                    self.refuse(f"{path} names {place}", place)
            for target in self._upwards(path, content):
                if target in self.project.context.paths and target not in self.files:
                    self.files[target] = None
                    pending.append(target)

    def _look_into(self, path: str, content: bytes, is_manifest: bool) -> None:
        """What a program, or a file outside of the packages, does that reaches all of them."""
        if path in self.programs and _CALLS_MORE.search(content):
            self.refuse(f"{path} calls other programs")
        if not self._package_of(path) and not is_manifest and _LISTS_ALL.search(content):
            self.refuse(f"{path} has a glob over all that lies beside it")

    def _package_of(self, path: str) -> str:
        """The package that it is built from and that a file belongs to; empty for another file."""
        return next((each for each in self.sources if path.startswith(self.project.place(each) + "/")), "")

    def _of_the_root(self) -> Iterator[str]:
        """Files of the root that programs find by themselves."""
        own = any(self.project.has(f"{place}/tsconfig.json") for place in self.sources[:1])
        start = self.project.place("x").removesuffix("x")
        for path in sorted(self.project.context.paths):
            name = path.removeprefix(start)
            if path.startswith(start) and (
                _FOUND_ABOVE.fullmatch(name) or (name == "tsconfig.json" and not own)
            ):
                yield path

    def _named(self, place: str) -> re.Pattern[bytes]:
        """How a text calls a package."""
        name = self.members[place].get("name")
        ways = [rf"(?<![\w-]){re.escape(place)}(?![\w-])"]
        if isinstance(name, str) and name:
            begins = r"(?<![\w-])" if name.startswith("@") else r"(?:[\"'`]|node_modules/)"
            ways.append(rf"{begins}{re.escape(name)}(?![\w-])")
        return re.compile("|".join(ways).encode())

    def _lists(self, place: str) -> re.Pattern[bytes]:
        """How a text calls all, or several, that lie where a package does: by a glob, or by a name put in."""
        above = posixpath.dirname(place)
        if not above:
            return re.compile(rb"(?!)")
        named = rf"[\"'`](?:\./)?{re.escape(above)}/?[\"'`]"
        return re.compile(rf"(?<![\w-]){re.escape(above)}/(?:\*|\$?\{{)|{named}".encode())

    def _upwards(self, path: str, content: bytes) -> Iterator[str]:
        """Where paths of a text lead that go up, from the file and from its package; packages that lie there
        may be read."""
        package = self._package_of(path)
        if not package:
            for found in sorted(set(_BESIDE.findall(content))):
                beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), found.decode("ascii")))
                yield from (beside + ending for ending in _ENDINGS)
        bases = {posixpath.dirname(path), self.project.place(package) if package else ""}
        for found in sorted(
            set(_UPWARDS.findall(content))
        ):  # of several reasons the same one is told each time
            text = found.decode("ascii")
            for base in sorted(bases):
                target = posixpath.normpath(posixpath.join(base, text))
                yield from (target + ending for ending in _ENDINGS)
                from_file = base == posixpath.dirname(path) or path in self.programs
                for place in self.members:
                    lies = self.project.place(place)
                    above = from_file and (is_within(lies, target) or target == ".")
                    if place not in self.sources and (is_within(target, lies) or above):
                        self.refuse(f"{path} names {text}", place)


def _dependencies(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
        listed = document.get(kind)
        for name, version in listed.items() if isinstance(listed, dict) else ():
            yield str(name), str(version)
