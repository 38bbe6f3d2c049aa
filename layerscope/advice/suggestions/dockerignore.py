"""Entries for the ignore file: what is sent to the builder, makes COPYs miss, and is not needed (T6).

An entry is made only if nothing names what it leaves out: no COPY, no mount, no command, and no file of the
context but documentation and settings of other tools. `.git` stays where something may read it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from layerscope.advice.changes import ReplayedChanges
from layerscope.advice.context import git_reader, matches_source, source_pattern
from layerscope.advice.elements import Element
from layerscope.advice.history import weights_of
from layerscope.advice.independence import Trust
from layerscope.advice.mounts import mounted
from layerscope.advice.paths import Paths, followed, is_within, resolve
from layerscope.advice.suggestions.base import Reason, Suggestion, Transformation
from layerscope.advice.suggestions.narrow_copy import leaving
from layerscope.advice.suggestions.scene import Scene, StagePart
from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.ignore import Inheritance, read_ignore_rules

__all__ = ["BroadCopy", "IgnoreEntries", "broad_copies", "escaped", "for_itself", "leaves_out"]

_LONGEST = 16 << 20
"""Bytes of a file that may be source text."""
_MOST_READ = 256 << 20
"""Bytes of a context that are looked through for names; of a larger one nothing is known."""
_LEAST_BYTES = 10_000
_LEAST_MISSES = 0.01
"""An entry that saves neither is not worth a line."""


@dataclass(frozen=True, slots=True)
class _Topic:
    """Names that belong together."""

    what: str
    names: re.Pattern[str]
    """Of entries at the top of the context."""
    untracked: bool = False
    """Whether git must not have files of it: else it is a source."""


_TOPICS = (
    _Topic(
        "what tools leave behind",
        re.compile(
            r"__pycache__|\.(?:pytest|mypy|ruff)_cache|\.tox|\.nox|\.coverage|htmlcov|coverage|\.nyc_output"
            r"|\.turbo|\.parcel-cache|\.eslintcache|\.gradle|\.terraform|\.DS_Store|Thumbs\.db|.*\.log|\.cache"
        ),
        untracked=True,
    ),
    _Topic(
        "dependencies that the build installs itself",
        re.compile(r"node_modules|\.venv|venv|bower_components"),
        untracked=True,
    ),
    _Topic(
        "results of builds on this machine",
        re.compile(r"dist|build|target|out|bin|obj|\.next|\.nuxt|\.output"),
        untracked=True,
    ),
    _Topic(
        "settings of editors, of git and of CI",
        re.compile(
            r"\.idea|\.vscode|\.fleet|\.editorconfig|\.github|\.gitlab|\.gitlab-ci\.yml|\.circleci|\.travis\.yml"
            r"|\.gitignore|\.gitattributes|\.hg|\.svn|Jenkinsfile|\.pre-commit-config\.yaml|azure-pipelines\.yml"
        ),
    ),
    _Topic(
        "Dockerfiles and what belongs to them",
        re.compile(
            r"(?:.*\.)?(?:Docker|Container)file(?:\..*)?|\.(?:docker|container)ignore"
            r"|(?:docker-)?compose(?:[.-][\w.-]*)?\.ya?ml|docker-bake\.(?:hcl|json)"
        ),
    ),
    _Topic(
        "documentation and tests",
        re.compile(
            r"docs?|tests?|__tests__|spec|e2e|examples?|(?:README|CHANGELOG|CHANGES|CONTRIBUTING|AUTHORS)(?:\.\w+)?"
        ),
    ),
)
_NO_READERS = re.compile(
    r"(?:^|/)(?:[^/]*\.(?:md|rst|adoc)|\.[\w.-]*ignore|\.gitattributes|\.github/.*|\.gitlab-ci\.yml|\.circleci/.*"
    r"|[^/]*(?:Docker|Container)file[^/]*|(?:docker-)?compose[^/]*\.ya?ml|\.vscode/.*|\.idea/.*)$"
)
"""Files that name others and are not read in a build."""
_GIT = re.compile(r"\bgit\b(?!\s+(?:-\S+\s+)*clone\b)")


class IgnoreEntries(Transformation):
    """Lines for .dockerignore, those that belong together in one suggestion."""

    kind = "dockerignore"
    rank = 30

    def find(self, scene: Scene) -> Iterator[Suggestion]:
        """One for each topic, `.git` first."""
        if scene.context is None or not broad_copies(scene):
            return
        git = _repository(scene)
        if git is not None:
            yield git
        for topic, entries in _entries(scene).items():
            if entries:
                lines = [escaped(top) for top in entries]
                found = _suggestion(scene, topic.what, lines, frozenset().union(*entries.values()), [])
                if found is not None:
                    yield found


@dataclass(frozen=True, slots=True)
class BroadCopy:
    """A COPY of all of the context, or of a directory of it."""

    part: StagePart
    element: Element
    source: str

    def target(self, name: str) -> str:
        """Where a path of the context goes; empty if it does not."""
        copy = self.element.copy
        if copy is None or not is_within(f"/{name}", f"/{self.source}" if self.source else "/"):
            return ""
        return resolve(posixpath.relpath(name, self.source) if self.source else name, copy.destination)


def broad_copies(scene: Scene) -> list[BroadCopy]:
    """Those of all stages that are needed."""
    return [
        BroadCopy(part, element, source_pattern(element.copy.sources[0]))
        for part in scene.parts
        for element in part.elements
        if element.copy is not None
        and element.copy.is_broad
        and element.copy.takes_directory
        and element.copy.destination
    ]


def _named(scene: Scene, entry: str) -> bool:
    """Whether a COPY, an ADD or a mount of any stage takes an entry in another way than with all else."""
    for stage in scene.stages.stages:
        for instruction in stage.instructions:
            if instruction.keyword == "RUN" and any(
                is_within(f"/{entry}", f"/{source_pattern(source)}".rstrip("/") or "/")
                or is_within(f"/{source_pattern(source)}", f"/{entry}")
                for source in mounted(instruction)[0]
            ):
                return True
            if instruction.keyword not in ("COPY", "ADD") or instruction.flag("from") is not None:
                continue
            for word in instruction.words[:-1]:
                source = source_pattern(word.text)
                if "$" in word.text or (source and is_within(f"/{source}", f"/{entry}")):
                    return True
                if set("*?[") & set(source) and matches_source(word.text)(entry):
                    return True
    return False


def _all_named(scene: Scene, entries: Mapping[str, frozenset[str]]) -> set[str]:
    """Those of the entries that a file of the context names, or a file that cannot be read; each file is read
    once. What is longer than any source is data, and names nothing."""
    context = scene.context
    assert context is not None
    sizes = [size for size in map(context.size, context.paths) if size <= _LONGEST]
    if sum(sizes) > _MOST_READ:
        return set(entries)
    left = {entry.encode("utf-8", "surrogateescape"): entry for entry in entries}
    named: set[str] = set()
    for path in sorted(context.paths):
        words = {
            word: entry for word, entry in left.items() if entry not in named and path not in entries[entry]
        }
        if not words:
            continue
        if _NO_READERS.search(path) or context.size(path) > _LONGEST:
            continue
        content = context.read(path)
        if content is None:
            named |= set(words.values())
            continue
        pattern = rb"(?<![\w-])(" + b"|".join(map(re.escape, words)) + rb")(?![\w-])"
        named |= {words[found] for found in re.findall(pattern, content)}
    return named


def _entries(scene: Scene) -> dict[_Topic, dict[str, frozenset[str]]]:
    """Entries of each topic with their files, those that something names left out."""
    context = scene.context
    assert context is not None
    commands = list(_commands(scene))
    found: dict[_Topic, dict[str, frozenset[str]]] = {topic: {} for topic in _TOPICS}
    files: dict[str, set[str]] = {}
    for path in context.paths:
        files.setdefault(path.partition("/")[0], set()).add(path)
    for top in sorted(files):
        topic = next((topic for topic in _TOPICS if topic.names.fullmatch(top)), None)
        if topic is None or _named(scene, top) or any(_says(text, top) for text in commands):
            continue
        if topic.untracked and (scene.history is None or files[top] & scene.history.tracked):
            continue
        found[topic][top] = frozenset(files[top])
    if _git_compares(scene):
        found = {topic: tops if topic.untracked else {} for topic, tops in found.items()}
    for topic, tops in found.items():
        own = frozenset().union(*tops.values())
        if not _is_worth_it(sum(map(context.size, own)), _misses(scene, own) if own else None):
            found[topic] = {}
    asked = {top: own for topic, tops in found.items() if not topic.untracked for top, own in tops.items()}
    named = _all_named(scene, asked) if asked else set()
    return {
        topic: {top: own for top, own in tops.items() if topic.untracked or top not in named}
        for topic, tops in found.items()
    }


def _commands(scene: Scene) -> Iterator[str]:
    """What instructions say, but for what COPY takes and labels."""
    for stage in scene.stages.stages:
        for instruction in stage.instructions:
            if instruction.keyword not in ("COPY", "ADD", "LABEL"):
                yield instruction.rest + "".join(document.content for document in instruction.heredocs)


def _says(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


def escaped(name: str) -> str:
    """A name as a pattern that matches it and nothing else."""
    return re.sub(r"([*?\[\\!#])", r"\\\1", name)


def _git_compares(scene: Scene) -> bool:
    """Whether a build may ask git, which would miss what is left out: what versions come from, and what
    `go build` writes down, then say that the tree was changed."""
    if scene.repository_bytes is None or scene.context is None:
        return False
    return bool(git_reader(scene.context, scene.dockerfile.text)) or any(map(_GIT.search, _commands(scene)))


def _is_worth_it(sent: int, misses: float | None) -> bool:
    return sent >= _LEAST_BYTES or (misses or 0.0) >= _LEAST_MISSES


def _repository(scene: Scene) -> Suggestion | None:
    """`.git`, if it is sent and nothing seems to read it."""
    if scene.repository_bytes is None or scene.context is None:
        return None
    if git_reader(scene.context, scene.dockerfile.text) or _named(scene, ".git"):
        return None
    if any(_GIT.search(text) for text in _commands(scene)):
        return None
    if not any(not each.source for each in broad_copies(scene)):
        return None
    reason = Reason("T6", "no command calls git, and no project file names a tool that asks it for a version")
    return _suggestion(scene, "the repository", (".git",), frozenset(), [reason])


def _suggestion(
    scene: Scene, what: str, lines: Sequence[str], files: frozenset[str], reasons: list[Reason]
) -> Suggestion | None:
    context = scene.context
    assert context is not None
    is_repository = not files
    sent = scene.repository_bytes or 0 if is_repository else sum(map(context.size, files))
    misses = _misses(scene, files)
    if not _is_worth_it(sent, misses):
        return None
    if files and not leaves_out(scene, lines, files):
        return None
    names = [".git"] if is_repository else [line.replace("\\", "") for line in lines]
    copies = [each for each in broad_copies(scene) if any(each.target(name) for name in names)]
    if not copies:
        return None
    changed, watched = _effects(scene, copies, names)
    own, own_changed = for_itself(scene)
    by = ", ".join(str(each.element.line) for each in copies)
    reasons = [
        *reasons,
        Reason("T6", "no COPY, no mount and no command names it, and no file that is kept"),
    ]
    if watched:
        reasons.append(Reason("R3", f"nothing shows what {watched} reads"))
    return Suggestion(
        kind=IgnoreEntries.kind,
        stage="",
        lines=tuple(each.element.line for each in copies),
        what=f"leave {', '.join(names)} out of the context: {what}, taken by the COPY of line {by}",
        reasons=tuple(reasons),
        trust=Trust.UNVERIFIED if watched else Trust.EVIDENCE,
        ignores=(*lines, *(line for line in own if line not in lines)),
        recounts=scene.history is not None,
        changed_paths=(*changed, *(path for path in own_changed if path not in changed)),
        bytes_saved=_stored(scene, copies, names),
        bytes_sent_less=sent,
        misses_saved=misses,
    )


def _effects(scene: Scene, copies: Sequence[BroadCopy], names: Sequence[str]) -> tuple[list[str], str]:
    """Paths of the image that go, also where links lead, and what may read what goes."""
    changed: list[str] = []
    watched = ""
    for each in copies:
        targets = followed(Paths(frozenset(filter(None, map(each.target, names)))), scene.links)
        left = leaving(scene, each.part)
        if left is None or left.meeting(targets):
            changed += sorted(targets.roots)
        elif left:
            watched = watched or f"COPY --from={each.part.stage.label}"
        for element in each.part.elements[each.element.index + 1 :]:
            known = element.footprint
            if element.keyword == "RUN" and (
                element.facts is None
                or not known.known
                or (known.all_reads | known.all_writes).meeting(targets)
            ):
                watched = watched or f"the RUN of line {element.line}"
    return list(dict.fromkeys(changed)), watched


def for_itself(scene: Scene) -> tuple[tuple[str, ...], list[str]]:
    """Lines for the ignore file itself, which a COPY of all of the context would take, and paths of the image
    that become others for it."""
    name = scene.ignore_name or ".dockerignore"
    targets = {target: each for each in broad_copies(scene) if (target := each.target(name))}
    if not targets or scene.ignored(name):
        return (), []
    if not scene.ignore_name:
        return (name,), []
    changed = followed(
        Paths(frozenset(t for t, each in targets.items() if _leaves(scene, each.part, t))), scene.links
    )
    return (), sorted(changed.roots)


def _leaves(scene: Scene, part: StagePart, target: str) -> bool:
    left = leaving(scene, part)
    return left is None or bool(left.meeting(Paths(frozenset({target}))))


def leaves_out(scene: Scene, lines: Sequence[str], files: frozenset[str]) -> bool:
    """Whether the ignore file with these lines leaves out exactly these files, as the builder reads it."""
    assert scene.context is not None
    inheritance = Inheritance.SAME_DEPTH if scene.profile is Builder.BUILDAH else Inheritance.ALL
    text = scene.ignore_text + "\n" + "\n".join(lines) + "\n"
    rules = read_ignore_rules(text.encode("utf-8", "surrogateescape"), "ignore file", inheritance)
    return {path for path in scene.context.paths if rules.ignores(path)} == files


def _misses(scene: Scene, files: frozenset[str]) -> float | None:
    """Share of the builds of the history in which a broad COPY missed because of these files alone."""
    history = scene.history
    if history is None or len(history.commits) < 2:
        return None
    weights = weights_of(history.commits)
    tops = {file.partition("/")[0] for file in files}

    def missed(source: str, without: set[str]) -> float:
        matches = matches_source(source)
        states = history.states(
            lambda path: matches(path) and not scene.ignored(path) and path.partition("/")[0] not in without
        )
        return ReplayedChanges([states], weights).missed(1)

    best = 0.0
    for each in broad_copies(scene):
        before = missed(each.source, set()) if files else 0.0 if each.source else 1.0
        best = max(best, before - missed(each.source, tops))
    return best


def _stored(scene: Scene, copies: Sequence[BroadCopy], names: Sequence[str]) -> int | None:
    """Content bytes that the layers of the COPYs hold of it; None without layers."""
    total: int | None = None
    for each in copies:
        if each.element.facts is None:
            continue
        changeset = scene.readings[each.element.facts.layer].changeset
        roots = [each.target(name).lstrip("/").encode("utf-8", "surrogateescape") for name in names]
        roots = [root for root in roots if root]
        total = (total or 0) + sum(
            size
            for index, size in enumerate(changeset.sizes)
            if size and any(_is_in(changeset.path(index), root) for root in roots)
        )
    return total


def _is_in(path: bytes, root: bytes) -> bool:
    return path == root or path.startswith(root + b"/")
