"""What is known of the programs that a RUN calls: which paths each reads and writes.

Only what is listed here is known; every other program reads and writes anything. An entry says too much
rather than too little: an edge too many costs a suggestion, one too few breaks a build.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from layerscope.advice.footprint import UNKNOWN_COMMAND, Footprint
from layerscope.advice.installers import INSTALLERS
from layerscope.advice.paths import NOTHING, Paths, resolve
from layerscope.advice.shell import Command, read_commands
from layerscope.dockerfile.expand import UNKNOWN

__all__ = ["SYSTEM", "footprint_of"]

SYSTEM = Paths(
    frozenset(
        {
            *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/root"),
            *("/run", "/sbin", "/sys", "/tmp", "/usr", "/var"),  # noqa: S108  # of the image
        }
    )
)
"""Where an operating system's packages and their scripts read and write."""

_WRAPPERS = frozenset({"./mvnw", "./gradlew", "bin/bundle", "./bin/bundle", "bin/yarn", "./bin/yarn"})
"""Programs of the sources that run a build tool, and nothing else: the closed set has to have them."""

_ACCOUNTS = frozenset(
    f"/etc/{name}"
    for name in (
        *("passwd", "passwd-", "group", "group-", "shadow", "shadow-", "gshadow", "gshadow-", "subuid"),
        *("subgid", "subuid-", "subgid-", "login.defs", "skel", "adduser.conf", "default/useradd"),
        *("deluser.conf", "nsswitch.conf", "shells", "pam.d", "security"),
    )
)


_SPOKEN = re.compile(r"[A-Za-z][\w.-]{0,30}")


@dataclass(frozen=True, slots=True)
class _Call:
    """A command where it is called."""

    command: Command
    directory: str
    home: str

    def path(self, index: int) -> str:
        """The path that a word is; of a glob the directory that it stands in. Empty if it is not known."""
        word = self.command.words[index]
        if index in self.command.globs:
            fixed = min((word.find(mark) for mark in "*?[" if mark in word), default=len(word))
            word = word[:fixed].rpartition("/")[0] or ("/" if word.startswith("/") else ".")
        return self.resolved(word)

    def resolved(self, word: str) -> str:
        """A word as a path; `~` is the home of the user, that of another one is not known."""
        if word.startswith("~"):
            word = self.home + word[1:] if word[1:2] in ("", "/") else UNKNOWN
        return resolve(word, self.directory)

    def operands(self, valued: frozenset[str] = frozenset()) -> list[int]:
        """Words that are no options; those in `valued` take the next word."""
        found, skip, literal = [], False, False
        for index, word in enumerate(self.command.words[1:], 1):
            if skip:
                skip = False
            elif literal or not word.startswith("-") or word == "-":
                found.append(index)
            elif word == "--":
                literal = True
            elif word in valued:
                skip = True
        return found

    def has(self, *flags: str) -> bool:
        """Whether a flag is given, short ones alone or joined."""
        for word in self.command.words[1:]:
            if word in flags:
                return True
            if word[:1] == "-" != word[1:2] and any(flag[1:] in word[1:] for flag in flags if len(flag) == 2):
                return True
        return False

    def paths(self, indices: list[int]) -> Paths | None:
        """Paths of these words; None if one of them is not known."""
        found = [self.path(index) for index in indices]
        return None if "" in found else Paths(frozenset(found))


_Known = Callable[[_Call], Footprint]


def footprint_of(text: str, directory: str, values: Mapping[str, str], *, root: bool = True) -> Footprint:
    """Reads and writes of a RUN in the shell form that begins in `directory`, with these variables.

    `root` says whether the user is root, in whose home configurations of tools lie.
    """
    commands = read_commands(text, values)
    if commands is None or not commands:
        return UNKNOWN_COMMAND
    home = values.get("HOME", "/root" if root else UNKNOWN)
    total = Footprint()
    for command in commands:
        call = _Call(command, directory, home)
        if command.words and command.words[0] in ("cd", "pushd"):
            directory = call.path(1) if len(command.words) == 2 else ""
            found = Footprint(inputs=Paths(frozenset({directory})) if directory else NOTHING)
            directory = directory or UNKNOWN
        else:
            found = _of_command(call)
        called = frozenset(command.words[:1])
        total |= found | _of_redirections(call) | Footprint(programs=called)
        if not total.known:
            return replace(UNKNOWN_COMMAND, installs=total.installs, unknown=_named(command))
    return total if root or total.exact else total | _of_user(values)


def _named(command: Command) -> str:
    """A command in one or two words, for a message: no option, no value, nothing that could be a secret."""
    words = [word.rpartition("/")[2] for word in command.words[:2]]
    return " ".join(itertools.takewhile(_SPOKEN.fullmatch, words))


def _of_user(values: Mapping[str, str]) -> Footprint:
    """Where tools of a user who is not root keep their settings: any home may be meant."""
    home = values.get("HOME", "")
    where = Paths(frozenset({home} if home.startswith("/") and UNKNOWN not in home else {"/home"}))
    return Footprint(where, where, exact=False)


def _of_redirections(call: _Call) -> Footprint:
    """Files behind `<`, `>` and `>>`."""
    inputs = [call.resolved(word) for word in call.command.inputs]
    outputs = [call.resolved(word) for word in call.command.outputs]
    if "" in inputs or "" in outputs:
        return UNKNOWN_COMMAND
    reads = frozenset(path for path in inputs + outputs if not path.startswith("/dev/"))
    writes = frozenset(path for path in outputs if not path.startswith("/dev/"))
    return Footprint(Paths(reads), Paths(writes))


def _of_command(call: _Call) -> Footprint:
    words = call.command.words
    if not words:
        return Footprint()
    if words[0] in ("sudo", "exec", "command") and len(words) > 1 and not words[1].startswith("-"):
        return _of_command(_without_first(call))
    name = words[0]
    if name in _WRAPPERS:
        found = INSTALLERS[name](words, resolve(".", call.directory))
        return UNKNOWN_COMMAND if found is None else found
    if "/" in name:
        directory, _, name = name.rpartition("/")
        if directory not in ("/bin", "/usr/bin", "/sbin", "/usr/sbin", "/usr/local/bin"):
            return UNKNOWN_COMMAND
    known = _KNOWN.get(name)
    if known is not None:
        return known(call)
    installer = INSTALLERS.get(name)
    if installer is None:
        return UNKNOWN_COMMAND
    found = installer(words, resolve(".", call.directory))
    return UNKNOWN_COMMAND if found is None else found


def _without_first(call: _Call) -> _Call:
    command = call.command
    globs = frozenset(index - 1 for index in command.globs)
    return replace(call, command=replace(command, words=command.words[1:], globs=globs))


def _nothing(_call: _Call) -> Footprint:
    return Footprint()


def _reading(call: _Call) -> Footprint:
    """`cat a b`, `test -f a`, `ls a`."""
    found = call.paths(call.operands())
    return UNKNOWN_COMMAND if found is None else Footprint(reads=found)


def _changing(call: _Call) -> Footprint:
    """`rm`, `mkdir`, `touch`, `rmdir`: all operands are written."""
    found = call.paths(call.operands())
    return UNKNOWN_COMMAND if found is None else Footprint(found, found)


def _changing_after_first(call: _Call) -> Footprint:
    """`chmod 755 a b`, `chown user a b`."""
    operands = call.operands()
    found = call.paths(operands[1:])
    if found is None or not found or call.has("--reference"):
        return UNKNOWN_COMMAND
    return Footprint(found | Paths(_ACCOUNTS), found)


def _linking(call: _Call) -> Footprint:
    """`ln -s target link`: what it points to need not be there, but a reader expects it to be."""
    operands = call.operands()
    if not call.has("-s", "--symbolic") or len(operands) != 2 or call.has("-t", "-r", "--relative"):
        return UNKNOWN_COMMAND
    link = call.path(operands[1])
    target = call.command.words[operands[0]]
    if not link or operands[0] in call.command.globs:
        return UNKNOWN_COMMAND
    pointed = resolve(target, link.rpartition("/")[0] or "/")
    if not pointed:
        return UNKNOWN_COMMAND
    # where the link's name is a directory the link goes into it, so that what is there counts
    return Footprint(Paths(frozenset({link, pointed})), Paths(frozenset({link})))


def _copying(call: _Call) -> Footprint:
    """`cp`, `mv`, `install`: operands are read and written."""
    operands = call.operands(frozenset({"-m", "-o", "-g"}))
    found = call.paths(operands)
    if found is None or call.has("-t", "--target-directory"):
        return UNKNOWN_COMMAND
    accounts = Paths(_ACCOUNTS) if call.has("-o", "-g") else NOTHING
    return Footprint(found | accounts, found)


def _printing(call: _Call) -> Footprint:
    """`echo`: it reads nothing, unless a glob looks for names."""
    if call.command.globs:
        found = call.paths(sorted(call.command.globs))
        return UNKNOWN_COMMAND if found is None else Footprint(reads=found)
    return Footprint()


_VALUED_ACCOUNT = frozenset(
    {
        *("-u", "-g", "-G", "-d", "-s", "-c", "-h", "-k", "-e", "-f", "-K", "-b", "-p"),
        *(
            "--uid",
            "--gid",
            "--home",
            "--shell",
            "--comment",
            "--ingroup",
            "--gecos",
            "--home-dir",
            "--groups",
        ),
    }
)


def _accounts(call: _Call) -> Footprint:
    """`useradd`, `addgroup` and the like: the account files, and the home directory."""
    words = call.command.words
    homes = []
    for index, word in enumerate(words):
        if word in ("-d", "-h", "--home", "--home-dir") and index + 1 < len(words):
            homes.append(call.path(index + 1))
        elif word.startswith(("--home=", "--home-dir=")):
            homes.append(resolve(word.partition("=")[2], "/"))
    if words[0] == "useradd" and call.has("-D"):  # adduser -D is another option: no password
        return UNKNOWN_COMMAND
    if "" in homes or any(UNKNOWN in word for word in words) or call.has("-b", "-k", "-R", "-P"):
        return UNKNOWN_COMMAND
    names = [words[index] for index in call.operands(_VALUED_ACCOUNT)]
    homes += [f"/home/{name}" for name in names]
    written = Paths(_ACCOUNTS | frozenset(homes) | {"/var/mail", "/var/spool/mail", "/etc/.pwd.lock"})
    return Footprint(written | Paths(frozenset({"/var/lib/extrausers"})), written, packages=True)


_PACKAGE_VERBS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("apt-get", "apt"),
        frozenset(
            {
                *("update", "install", "upgrade", "dist-upgrade", "full-upgrade", "remove", "purge"),
                *("autoremove", "clean", "autoclean", "-y", "-q", "-qq", "-yq", "-qy", "--yes"),
            }
        ),
    ),
    "apk": frozenset({"add", "del", "update", "upgrade", "--no-cache", "-U", "--update"}),
    **dict.fromkeys(
        ("dnf", "yum", "microdnf", "tdnf"),
        frozenset({"install", "update", "upgrade", "remove", "clean", "makecache", "-y", "-q", "--nodocs"}),
    ),
    "zypper": frozenset({"install", "in", "refresh", "ref", "clean", "update", "-n", "--non-interactive"}),
}


def _system_packages(call: _Call) -> Footprint:
    """`apt-get install`, `apk add` and their like, and the scripts of packages.

    No package of a distribution has files in /srv, /home or /opt; a package given as a file is read.
    """
    words = call.command.words
    verbs = _PACKAGE_VERBS[words[0].rpartition("/")[2]]
    if len(words) < 2 or not any(word in verbs and not word.startswith("-") for word in words[1:4]):
        return UNKNOWN_COMMAND
    files = [
        call.path(index)
        for index, word in enumerate(words[1:], 1)
        if (not word.startswith("-") and "/" in word) or word.endswith((".deb", ".rpm", ".apk"))
    ]
    reads = Paths(frozenset(path for path in files if path))
    if "" in files:
        return UNKNOWN_COMMAND
    return Footprint(SYSTEM | reads, SYSTEM, exact=False, packages=True, downloads=True)


def _fetching(call: _Call) -> Footprint:
    """`curl`, `wget`: what they are told to write, else the working directory."""
    words = call.command.words
    outputs: list[str] = []
    for index, word in enumerate(words[:-1]):
        joined = word[:1] == "-" != word[1:2]
        if word in ("--output", "--output-document") or (joined and word[-1] in "oO" and words[0] == "wget"):
            outputs.append("/dev/stdout" if words[index + 1] == "-" else call.path(index + 1))
        elif joined and word.endswith("o") and words[0] == "curl":
            outputs.append(call.path(index + 1))
    remote = any(word == "--remote-name" or (word[:1] == "-" != word[1:2] and "O" in word) for word in words)
    if words[0] == "wget" and not outputs:
        outputs.append(resolve(".", call.directory))
    if words[0] == "curl" and remote:
        outputs.append(resolve(".", call.directory))
    if "" in outputs or any(
        word.startswith(("@", "--data", "-T", "--upload", "-K", "--config")) for word in words
    ):
        return UNKNOWN_COMMAND
    written = Paths(frozenset(path for path in outputs if not path.startswith("/dev/")))
    settings = Paths(
        frozenset({"/etc", "/usr/share/ca-certificates", "/usr/lib", "/lib", *_home_files(call)})
    )
    return Footprint(written | settings, written, exact=False, downloads=True)


def _home_files(call: _Call) -> frozenset[str]:
    if UNKNOWN in call.home:
        return frozenset({"/root", "/home"})
    return frozenset(f"{call.home}/{name}" for name in (".curlrc", ".wgetrc", ".netrc", ".config/curlrc"))


_KNOWN: dict[str, _Known] = {
    **dict.fromkeys(("true", ":", "set", "sleep", "exit", "umask", "id", "uname", "date"), _nothing),
    **dict.fromkeys(("test", "[", "cat", "ls", "stat", "head", "tail", "wc", "sha256sum", "du"), _reading),
    **dict.fromkeys(("rm", "mkdir", "touch", "rmdir"), _changing),
    **dict.fromkeys(("chmod", "chown", "chgrp"), _changing_after_first),
    **dict.fromkeys(("cp", "mv"), _copying),
    **dict.fromkeys(("echo", "printf"), _printing),
    **dict.fromkeys(
        ("useradd", "adduser", "groupadd", "addgroup", "usermod", "groupmod", "userdel", "deluser"), _accounts
    ),
    **dict.fromkeys(_PACKAGE_VERBS, _system_packages),
    **dict.fromkeys(("curl", "wget"), _fetching),
    "ln": _linking,
}
"""Program to what it does. `test` and `[` get operators as operands: harmless, they are relative paths."""
