"""Package managers of programming languages: what an install reads and writes besides its manifests.

An install is known only as far as it takes packages from an index, as its manifests and lock files list them.
Which files those are, and whether they are all that it reads, `manifests.py` finds out from the context.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from layerscope.advice.footprint import Ecosystem, Footprint, Install
from layerscope.advice.paths import NOTHING, Paths
from layerscope.dockerfile.expand import UNKNOWN

__all__ = ["INSTALLERS"]

_REQUIREMENTS = re.compile(r"-[rc]|--(?:requirement|constraint)")
_Installer = Callable[[Sequence[str], str], Footprint | None]
"""From the words of a command and the directory that it runs in (empty: not known)."""

_COMMON = frozenset({"/usr", "/lib", "/lib64", "/bin", "/etc", "/root", "/var", "/tmp"})  # noqa: S108
_PYTHON = Paths(_COMMON | {"/opt/venv", "/venv"})
_NODE = Paths(_COMMON)
_GO = Paths(_COMMON | {"/go/bin", "/go/pkg"})
_RUBY = Paths(_COMMON)


def _installed(
    ecosystem: str, words: Sequence[str], directory: str, where: Paths, inside: Sequence[str]
) -> Footprint | None:
    """An install that reads manifests in `directory` and writes `inside` of it, and works in `where`."""
    if not directory:
        return None
    return Footprint(
        reads=where,
        writes=where,
        inputs=Paths(frozenset({directory})),
        outputs=Paths(frozenset(_below(directory, name) for name in inside)),
        exact=False,
        packages=True,
        downloads=True,
        installs=(Install(ecosystem, directory, tuple(words)),),
    )


def _below(directory: str, name: str) -> str:
    return f"/{name}" if directory == "/" else f"{directory}/{name}"


def _pip(words: Sequence[str], directory: str) -> Footprint | None:
    if len(words) < 2:
        return None
    if words[1] in ("--version", "list", "cache", "config"):
        return Footprint(_PYTHON, _PYTHON, exact=False, packages=True)
    if words[1] != "install" or any(UNKNOWN in word for word in words):
        return None
    if any(word.startswith(("-t", "--target", "--prefix", "--root", "--src")) for word in words):
        return None
    found = _installed(Ecosystem.PIP, *_with_directory(words, directory), _PYTHON, ())
    if found is not None and not any(_REQUIREMENTS.match(word) for word in words):
        local = any(
            word in (".", "-e", "--editable") or word.startswith(("./", "../", "/")) for word in words
        )
        return None if local else replace(found, inputs=NOTHING, installs=())
    return found


def _with_directory(words: Sequence[str], directory: str) -> tuple[tuple[str, ...], str]:
    """`-r /app/requirements.txt` as `-r requirements.txt` in /app."""
    named = [
        at + 1 for at, word in enumerate(words[:-1]) if word in ("-r", "--requirement", "-c", "--constraint")
    ]
    places = {words[at].rpartition("/")[0] for at in named}
    if len(places) != 1 or not all(words[at].startswith("/") for at in named):
        return tuple(words), directory
    renamed = tuple(word.rpartition("/")[2] if at in named else word for at, word in enumerate(words))
    return renamed, places.pop() or "/"


def _python(words: Sequence[str], directory: str) -> Footprint | None:
    """`python -m pip …` and `python -m venv …`: both look for modules in the working directory first."""
    if len(words) < 3 or words[1] != "-m" or not directory:
        return None
    here = Paths(frozenset({directory} if directory != "/" else {"/pip", "/venv", "/pip.py", "/venv.py"}))
    if words[2] == "pip":
        found = _pip(words[2:], directory)
        return None if found is None else found | Footprint(reads=here, exact=False)
    if words[2] == "venv" and len(words) == 4 and words[3].startswith("/") and UNKNOWN not in words[3]:
        made = Paths(frozenset({words[3].rstrip("/")}))
        return Footprint(_PYTHON | here | made, made, exact=False)
    return None


def _npm(words: Sequence[str], directory: str) -> Footprint | None:
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if words[1:3] == ["cache", "clean"] or verbs[:2] == ["cache", "clean"]:
        return Footprint(_NODE, _NODE, exact=False, packages=True)
    if verbs not in (["ci"], ["install"], ["i"], ["clean-install"]):
        return None
    if any(word in ("-g", "--global") or word.startswith("--prefix") for word in words):
        return None
    written = ("node_modules", "package-lock.json", "npm-shrinkwrap.json")
    return _installed(Ecosystem.NPM, words, directory, _NODE, written[: 1 if "ci" in verbs else 3])


def _yarn(words: Sequence[str], directory: str) -> Footprint | None:
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if verbs == ["cache", "clean"]:
        return Footprint(_NODE, _NODE, exact=False, packages=True)
    if verbs not in ([], ["install"]) or any(
        word.startswith(("--cwd", "--modules-folder")) for word in words
    ):
        return None
    frozen = any(word in ("--frozen-lockfile", "--immutable", "--pure-lockfile") for word in words)
    written = ("node_modules", ".yarn", ".pnp.cjs", ".pnp.loader.mjs", "yarn.lock")
    return _installed(Ecosystem.YARN, words, directory, _NODE, written[: 4 if frozen else 5])


def _pnpm(words: Sequence[str], directory: str) -> Footprint | None:
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if verbs not in (["install"], ["i"], ["fetch"]) or any(
        word.startswith(("-C", "--dir")) for word in words
    ):
        return None
    frozen = "--frozen-lockfile" in words or verbs == ["fetch"]
    return _installed(
        Ecosystem.PNPM, words, directory, _NODE, ("node_modules", "pnpm-lock.yaml")[: 1 if frozen else 2]
    )


def _go(words: Sequence[str], directory: str) -> Footprint | None:
    if list(words[1:3]) != ["mod", "download"] or len(words) > 4 or (len(words) == 4 and words[3] != "-x"):
        return None
    return _installed(Ecosystem.GO, words, directory, _GO, ())


def _bundle(words: Sequence[str], directory: str) -> Footprint | None:
    verbs = [word for word in words[1:] if not word.startswith("-")]
    if words[1:2] == ["config"]:
        return Footprint(_RUBY, _RUBY, exact=False, packages=True)
    if verbs[:1] not in ([], ["install"]) or any(word.startswith(("--path", "--gemfile")) for word in words):
        return None
    return _installed(Ecosystem.BUNDLER, words, directory, _RUBY, (".bundle", "vendor/bundle"))


INSTALLERS: dict[str, _Installer] = {
    **dict.fromkeys(("pip", "pip3"), _pip),
    **dict.fromkeys(("python", "python3"), _python),
    "npm": _npm,
    "yarn": _yarn,
    "pnpm": _pnpm,
    "go": _go,
    **dict.fromkeys(("bundle", "bundler"), _bundle),
}
"""Program to what an install of it does; None of it where the arguments ask for something else."""
