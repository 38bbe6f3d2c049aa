"""The git history of a build context, read with the `git` program.

Only commands that read are run, and nothing that a repository's configuration could start: no hooks, no
external diff, no text conversion, no signature check, no file system monitor, no fetch of missing objects.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from layerscope.advice.history import Commit, FileChange, History

__all__ = ["NoHistory", "Repository", "find_repository"]

_QUIET = (
    *("--no-pager", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"),
    *("-c", "log.showSignature=false", "-c", "core.quotePath=false"),
)
_SECONDS = 120
_MARK = "\x01"
_ZEROS = "000000"


class NoHistory(Exception):  # no error: advice goes on without one
    """There is no history to be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository around a directory."""

    directory: Path
    """The directory that was asked for; what is read is limited to it."""
    top: Path
    """The top of the work tree."""

    def history(self, commits: int) -> History:
        """The last first-parent commits of HEAD, oldest first, and the files tracked in it.

        Raises NoHistory.
        """
        log = self.run(
            *("log", "--first-parent", "--diff-merges=first-parent", "--raw", "--no-abbrev", "--no-renames"),
            *("--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-color", "--relative", "-z"),
            *(f"--max-count={commits + 1}", f"--format={_MARK}%H %ct", "HEAD", "--"),
        )
        tracked = self.run("ls-tree", "-r", "-z", "--name-only", "HEAD")
        found = _commits(log)
        if not found:
            raise NoHistory("no commits")
        return History(tuple(reversed(found)), frozenset(filter(None, tracked.split("\0"))))

    def is_shallow(self) -> bool:
        """Whether only the last commits were fetched, as CI services do. Raises NoHistory."""
        return self.run("rev-parse", "--is-shallow-repository").strip() == "true"

    def path_of(self, file: Path) -> str:
        """A file relative to the top of the work tree, with `/`; its name if it lies elsewhere."""
        try:
            return file.resolve().relative_to(self.top).as_posix()
        except ValueError:
            return file.name

    def run(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        """What a git command prints. Raises NoHistory where it fails."""
        return _git(self.directory, *arguments, environment=environment)


def find_repository(directory: Path) -> Repository:
    """The repository that a directory is in. Raises NoHistory if there is none, or no git."""
    if shutil.which("git") is None:
        raise NoHistory("git is not installed")
    top = _git(directory, "rev-parse", "--show-toplevel").rstrip("\n")
    return Repository(directory, Path(top).resolve())


def _git(directory: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    quiet = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603  # arguments are a list, and no shell is in between
            ["git", *_QUIET, *arguments],  # noqa: S607
            cwd=directory,
            env=os.environ | quiet | (environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoHistory(f"git {arguments[0]}: {error}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["failed"]
        what = said[0].removeprefix("fatal: ")
        raise NoHistory("no commits" if what == "bad revision 'HEAD'" else f"git {arguments[0]}: {what}")
    return done.stdout.decode("utf-8", "surrogateescape")


def _commits(log: str) -> list[Commit]:
    """Commits in the order of the log: each a mark with name and time, then its changes."""
    found: list[Commit] = []
    for part in log.split(_MARK)[1:]:
        fields = part.split("\0")
        name, _, time = fields[0].strip().partition(" ")
        changes = []
        for at in range(1, len(fields) - 1):
            words = fields[at].lstrip("\n")
            if words.startswith(":"):
                old_mode, new_mode, old, new, _ = words[1:].split(" ", 4)
                before = "" if old_mode == _ZEROS else f"{old_mode} {old}"
                after = "" if new_mode == _ZEROS else f"{new_mode} {new}"
                changes.append(FileChange(fields[at + 1], before, after))
        found.append(Commit(name, int(time or 0), tuple(changes)))
    return found
