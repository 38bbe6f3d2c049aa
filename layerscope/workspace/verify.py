"""Verifying a proposal with a real builder.

The file as it is is built twice, the second time without the cache: paths that differ between these two are
noise, which every build makes. The proposal is built without and with the cache. Its root filesystem and its
configuration have to be those of the file as it is, but for the noise. What does not build is told, with the
builder's reason.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from layerscope.advice.advise import Proposal
from layerscope.advice.paths import is_within
from layerscope.advice.suggesting import IgnoreFile, Suggested, all_ignored, together
from layerscope.analysis.analyze import Analysis
from layerscope.dockerfile.read import read_dockerfile
from layerscope.errors import SourceError
from layerscope.notices import Notice, Severity
from layerscope.workspace.builders import REPLAY_MARK, Build, Builder, BuildFailed
from layerscope.workspace.consult import Consultation
from layerscope.workspace.git import NoHistory, Repository
from layerscope.workspace.rootfs_equality import differing_keys, differing_paths

__all__ = ["Replay", "Verdict", "Verified", "verify"]

_Open = Callable[[Path], Analysis]
_MOST_SHOWN = 20
_MOST_COMMITS = 3
_COMMIT = 12
"""Digits of a commit's name that are shown."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Builds of the last commits with both files, of those that build with both; the first, which builds
    everything, is left out."""

    builds: int = 0
    steps_before: int = 0
    steps_after: int = 0
    cached_before: int = 0
    cached_after: int = 0
    seconds_before: float = 0.0
    seconds_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What builds showed of a proposal."""

    proposal: str
    """`safe`, `further`, or the id of a suggestion that is in neither."""
    equal: bool
    """Whether it makes the same image; else it is withdrawn."""
    builder: str
    noise: int
    """Paths that differ between two builds of the file as it is."""
    differences: tuple[str, ...]
    replay: Replay
    failure: str = ""
    """Why it does not build; empty where it does. `equal` is false then."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What builds showed of all proposals, and what of it could not be built."""

    verdicts: tuple[Verdict, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class _NotBuilt:
    """A commit that does not build with a file: `file` is that of a proposal, or empty for the one that is
    there."""

    file: str
    commit: str
    reason: str


@dataclass(slots=True)
class _Workshop:
    """A temporary directory, and the tags to be removed in the end."""

    builder: Builder
    directory: Path
    open: _Open
    found: Consultation
    context: Path
    tags: list[str] = field(default_factory=list)

    @property
    def args(self) -> dict[str, str]:
        """Build arguments that the user gave."""
        return dict(self.found.question.build_args or {})

    def file(self, name: str, text: str, ignore: IgnoreFile | None = None) -> Path:
        """Write a Dockerfile, and beside it the ignore file that belongs to it or to the original one."""
        original = self.found.question.path
        path = self.directory / f"{name.replace(':', '-')}.Dockerfile"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        own = original.with_name(original.name + ".dockerignore")
        beside = path.with_name(path.name + ".dockerignore")
        if ignore is not None:
            beside.write_bytes(ignore.after.encode("utf-8", "surrogateescape"))
        elif own.is_file():
            shutil.copyfile(own, beside)
        return path

    def build(self, file: Path, context: Path, args: Mapping[str, str], *, cache: bool) -> Build:
        tag = f"localhost/layerscope-verify:{secrets.token_hex(6)}"
        self.tags.append(tag)
        return self.builder.build(
            file, context, tag, build_args=args, target=self.found.question.target, cache=cache
        )

    def told(self, error: Exception) -> str:
        """The reason, without the temporary directory, which is another one each time."""
        return str(error).replace(f"{self.directory}/", "")

    def image(self, file: Path, *, cache: bool) -> Analysis:
        built = self.build(file, self.context, self.args, cache=cache)
        archive = self.directory / "image.tar"
        archive.unlink(missing_ok=True)
        self.builder.save(built.tag, archive)
        return self.open(archive)


def verify(found: Consultation, builder: Builder, open_image: _Open, *, commits: int = 5) -> Verified:
    """Build the file as it is and each proposal, and compare.

    `commits` of the history are built with both, to count steps from the cache. `open_image` reads an
    archive. Raises SourceError where the file as it is does not build.
    """
    question, advice = found.question, found.advice
    context = question.context or question.path.parent
    proposals = [("safe", advice.safe), ("further", advice.further)]
    wanted = [(name, proposal) for name, proposal in proposals if proposal is not None]
    candidates = [_Candidate(name, each.text, each.ignore, each.changed_paths) for name, each in wanted]
    apart = [each for each in advice.suggestions if each.patch and not each.joins]
    if not candidates and not apart:
        return Verified()
    with tempfile.TemporaryDirectory(prefix="layerscope-") as place:
        shop = _Workshop(builder, Path(place), open_image, found, context)
        try:
            original = shop.file("original", advice.dockerfile.text)
            replays, notices = _replays(shop, wanted, commits)
            try:
                before = shop.image(original, cache=True)
                again = shop.image(original, cache=False)
            except BuildFailed as error:
                why = shop.told(error)
                raise SourceError(f"{question.path}: as it is it does not build: {why}") from error
            noise = differing_paths(before, again)
            verdicts = [
                _verdict(shop, candidate, before, noise, replays.get(candidate.name, Replay()))
                for candidate in candidates
            ]
            verdicts += _apart(shop, apart, before, noise)
            return Verified(tuple(verdicts), (*_failures(verdicts), *notices))
        finally:
            builder.remove(shop.tags)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file that is built: a proposal, or a suggestion alone."""

    name: str
    text: str
    ignore: IgnoreFile | None
    changed_paths: tuple[str, ...]
    """Where another root filesystem is what was asked for."""

    def intended(self, path: bytes) -> bool:
        """Whether a path may differ: one of those, one below, or a directory above that holds it."""
        own = path.decode("utf-8", "surrogateescape")
        return any(
            is_within(f"/{own}", changed) or is_within(changed, f"/{own}") for changed in self.changed_paths
        )


def _apart(
    shop: _Workshop, apart: Sequence[Suggested], before: Analysis, noise: set[bytes]
) -> Iterator[Verdict]:
    """Suggestions that are in no proposal: all that can be in one file at once, each alone where that makes
    another image."""
    left = list(apart)
    text, done = together(shop.found.advice.dockerfile, left)
    if len(done) > 1:
        paths = tuple(path for each in done for path in each.suggestion.changed_paths)
        verdict = _verdict(
            shop, _Candidate("together", text, all_ignored(done), paths), before, noise, Replay()
        )
        if verdict.equal:
            yield from (replace(verdict, proposal=each.id) for each in done)
            left = [each for each in left if each not in done]
    for each in left:
        alone = _Candidate(each.id, each.text, each.ignore, each.suggestion.changed_paths)
        yield _verdict(shop, alone, before, noise, Replay())


def _verdict(
    shop: _Workshop, candidate: _Candidate, before: Analysis, noise: set[bytes], replay: Replay
) -> Verdict:
    differences: list[str] = []
    failure = ""
    file = shop.file(candidate.name, candidate.text, candidate.ignore)
    try:
        fresh = shop.image(file, cache=False)
        cached = shop.image(file, cache=True)
    except BuildFailed as error:
        failure = shop.told(error)
    else:
        changed = differing_paths(before, fresh) | differing_paths(before, cached)
        changed = {path for path in changed - noise if not candidate.intended(path)}
        differences = [path.decode("utf-8", "replace") for path in sorted(changed)]
        keys = dict.fromkeys([*differing_keys(before, fresh), *differing_keys(before, cached)])
        differences += [f"configuration: {key}" for key in keys]
    return Verdict(
        candidate.name,
        not differences and not failure,
        shop.builder.name,
        len(noise),
        tuple(differences[:_MOST_SHOWN]),
        replay,
        failure,
    )


def _failures(verdicts: Sequence[Verdict]) -> Iterator[Notice]:
    for verdict in verdicts:
        if verdict.failure:
            what = f"proposal {verdict.proposal} does not build, and is withdrawn: {verdict.failure}"
            yield Notice("proposal-does-not-build", Severity.WARNING, what)


def _marked(text: str) -> str:
    """The file with a variable of its own in each stage: no build hits the cache of another file."""
    parsed = read_dockerfile(text.encode("utf-8", "surrogateescape"), "replay")
    token = secrets.token_hex(4)
    for piece in reversed(parsed.instructions):
        if piece.keyword == "FROM":
            text = f"{text[: piece.span.end].rstrip()}\n{REPLAY_MARK}{token}\n{text[piece.span.end :]}"
    return text


@dataclass(slots=True)
class _Replaying:
    """Builds of commits: `files` are the one that is there, without a name, and then the proposals'."""

    shop: _Workshop
    files: dict[str, Path] = field(default_factory=dict)
    pairs: dict[str, list[tuple[Build, Build]]] = field(default_factory=dict)
    failed: list[_NotBuilt] = field(default_factory=list)

    def build(self, commit: str, context: Path) -> None:
        """Build one commit with all files. What does not build with the file that is there is no proposal's
        fault, so those are not tried then."""
        args = {**self.shop.args, **dict.fromkeys(_volatile_arguments(self.shop.found), commit)}
        before: Build | None = None
        for name, file in self.files.items():
            try:
                built = _built(self.shop, file, context, args)
            except BuildFailed as error:
                self.failed.append(_NotBuilt(name, commit, self.shop.told(error)))
                if before is None:
                    return
                continue
            if before is None:
                before = built
            else:
                self.pairs.setdefault(name, []).append((before, built))


def _replays(
    shop: _Workshop, wanted: Sequence[tuple[str, Proposal]], commits: int
) -> tuple[dict[str, Replay], list[Notice]]:
    """Each commit built with the file as it is and with each proposal, and what of it does not build: an
    older commit need not build with the file of today."""
    repository = shop.found.repository
    if repository is None or commits < 1 or not wanted:
        return {}, []
    replaying = _Replaying(shop)
    notices: list[Notice] = []
    try:
        history = repository.history(commits)
        texts = {"": shop.found.advice.dockerfile.text} | {name: each.text for name, each in wanted}
        ignores = {name: each.ignore for name, each in wanted}
        replaying.files |= {
            name: shop.file(f"replay{name}", _marked(text), ignores.get(name)) for name, text in texts.items()
        }
        inside = shop.context.resolve().relative_to(repository.top)
        for commit in history.commits:
            tree = shop.directory / "tree"
            shutil.rmtree(tree, ignore_errors=True)
            _check_out(repository, commit.name, tree, shop.directory / "index")
            replaying.build(commit.name, tree / inside)
    except (NoHistory, ValueError, OSError) as error:
        what = f"commits were not all replayed: {shop.told(error)}"
        notices.append(Notice("commits-not-replayed", Severity.WARNING, what))
    replays = {name: _replay(built) for name, built in replaying.pairs.items()}
    return replays, [*_not_built(replaying.failed), *notices]


def _not_built(failed: Sequence[_NotBuilt]) -> Iterator[Notice]:
    """A notice for each reason that a file has, with its commits."""
    commits: dict[tuple[str, str], list[str]] = {}
    for each in failed:
        commits.setdefault((each.file, each.reason), []).append(each.commit[:_COMMIT])
    for (file, reason), names in commits.items():
        shown = ", ".join(names[:_MOST_COMMITS])
        shown += f" and {len(names) - _MOST_COMMITS} more" if len(names) > _MOST_COMMITS else ""
        which = f"proposal {file}" if file else "the file as it is"
        what = f"commit{'s' if len(names) > 1 else ''} {shown}: not built with {which}: {reason}"
        severity = Severity.WARNING if file else Severity.INFO
        yield Notice("commit-does-not-build", severity, what, count=len(names))


def _built(shop: _Workshop, file: Path, context: Path, args: dict[str, str]) -> Build:
    """A builder that has much to do at once may fail for no reason of the file: it is asked twice."""
    if not context.is_dir():
        raise BuildFailed("the context is not in this commit")
    try:
        return shop.build(file, context, args, cache=True)
    except BuildFailed:
        return shop.build(file, context, args, cache=True)


def _volatile_arguments(found: Consultation) -> list[str]:
    names: dict[str, None] = {}
    for stage in found.advice.stages:
        for element in stage.safe.problem.elements if stage.safe else ():
            if element.keyword == "ARG" and element.volatile:
                names |= dict.fromkeys(element.defines)
    return list(names)


def _replay(pairs: Sequence[tuple[Build, Build]]) -> Replay:
    before, after = [each[0] for each in pairs[1:]], [each[1] for each in pairs[1:]]
    return Replay(
        builds=len(before),
        steps_before=sum(build.steps for build in before),
        steps_after=sum(build.steps for build in after),
        cached_before=sum(build.cached for build in before),
        cached_after=sum(build.cached for build in after),
        seconds_before=sum(build.seconds for build in before),
        seconds_after=sum(build.seconds for build in after),
    )


def _check_out(repository: Repository, commit: str, directory: Path, index: Path) -> None:
    """Write the files of a commit into a directory, through an index of its own; no hook is run for that."""
    directory.mkdir()
    environment = {"GIT_INDEX_FILE": os.fspath(index)}
    top = Repository(repository.top, repository.top)
    top.run("read-tree", commit, environment=environment)
    top.run("checkout-index", "--all", "--force", f"--prefix={directory}/", environment=environment)
