"""Where package managers keep what they download, and what turns that off or empties it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from layerscope.advice.elements import Element
from layerscope.dockerfile.expand import UNKNOWN

__all__ = ["CACHING_TOOLS", "CachingTool", "Targets"]

Targets = Callable[[Element, str], tuple[str, ...] | None]
"""From a RUN and the base image's name to the directories; None where they are not known."""


@dataclass(frozen=True, slots=True)
class CachingTool:
    """One package manager."""

    name: str
    programs: tuple[str, ...]
    verbs: frozenset[str]
    targets: Targets
    locked: bool = False
    """Whether two builds at a time would get in each other's way."""
    needed_later: bool = False
    """Whether later commands read what is in the cache, and not only download less with it."""
    idle: frozenset[tuple[str, ...]] = frozenset()
    """Verbs that download nothing: a cache for nothing else is of no use."""
    drops: tuple[str, ...] = ()
    """Options that turn the cache off."""
    refused: tuple[str, ...] = ()
    """Variables that move the cache, or turn it off."""
    cleaning: tuple[tuple[str, ...], ...] = ()
    """Commands that would empty it."""
    note: str = ""
    """What has to be known besides."""


def _in_home(*names: str) -> Targets:
    return lambda run, _base: tuple(f"/root/{name}" for name in names) if run.root else None


def _below(variable: str, usual: dict[str, str], names: Sequence[str], other: str = "") -> Targets:
    """Directories below what a variable says, or what the base image is known to set."""

    def targets(run: Element, base: str) -> tuple[str, ...] | None:
        where = run.environment.get(variable, usual.get(base, other))
        if not where.startswith("/") or UNKNOWN in where:
            return None
        return tuple(f"{where.rstrip('/')}/{name}" for name in names)

    return targets


def _fixed(*paths: str) -> Targets:
    return lambda _run, _base: paths


def _go(run: Element, base: str) -> tuple[str, ...] | None:
    modules = run.environment.get("GOMODCACHE", "")
    path = run.environment.get("GOPATH", "/go" if base == "golang" else "/root/go").split(":")[0]
    build = run.environment.get("GOCACHE", "/root/.cache/go-build")
    found = (modules or f"{path}/pkg/mod", build)
    return found if all(each.startswith("/") and UNKNOWN not in each for each in found) else None


CACHING_TOOLS = (
    CachingTool(
        "apt",
        ("apt-get", "apt"),
        frozenset({"install"}),
        _fixed("/var/cache/apt", "/var/lib/apt/lists"),
        locked=True,
        needed_later=True,
        note="images of Debian and Ubuntu delete packages after each install: only lists are kept, unless "
        "/etc/apt/apt.conf.d/docker-clean is removed first",
        cleaning=(
            ("rm", "/var/lib/apt/lists"),
            ("apt-get", "clean"),
            ("apt", "clean"),
            ("rm", "/var/cache/apt"),
        ),
    ),
    CachingTool(
        "pip",
        ("pip", "pip3", "python", "python3"),
        frozenset({"install"}),
        _in_home(".cache/pip"),
        drops=("--no-cache-dir",),
        refused=("PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "XDG_CACHE_HOME"),
        cleaning=(("rm", "/root/.cache"), ("pip", "cache"), ("pip3", "cache")),
    ),
    CachingTool(
        "npm",
        ("npm",),
        frozenset({"ci", "install", "i", "clean-install"}),
        _in_home(".npm"),
        refused=("npm_config_cache", "NPM_CONFIG_CACHE"),
        cleaning=(("npm", "cache"), ("rm", "/root/.npm")),
    ),
    CachingTool(
        "yarn",
        ("yarn",),
        frozenset({"", "install"}),
        _fixed("/usr/local/share/.cache/yarn"),
        refused=("YARN_CACHE_FOLDER", "YARN_GLOBAL_FOLDER"),
        cleaning=(("yarn", "cache"), ("rm", "/usr/local/share/.cache")),
    ),
    CachingTool(
        "pnpm",
        ("pnpm",),
        frozenset({"install", "i", "fetch"}),
        _below("PNPM_HOME", {}, ["store"], "/root/.local/share/pnpm"),
        refused=("XDG_DATA_HOME", "npm_config_store_dir"),
        cleaning=(("pnpm", "store"),),
    ),
    CachingTool(
        "go",
        ("go",),
        frozenset({"build", "install", "mod", "test"}),
        _go,
        needed_later=True,
        idle=frozenset({("mod", "init"), ("mod", "edit")}),
    ),
    CachingTool(
        "cargo",
        ("cargo",),
        frozenset({"build", "install", "fetch", "test", "chef"}),
        _below("CARGO_HOME", {"rust": "/usr/local/cargo"}, ["registry", "git/db"], "/root/.cargo"),
        needed_later=True,
        idle=frozenset({("chef", "prepare")}),
        cleaning=(("rm", "/usr/local/cargo"), ("rm", "/root/.cargo")),
    ),
    CachingTool(
        "maven",
        ("mvn", "./mvnw"),
        frozenset({"package", "install", "verify", "compile", "dependency:go-offline", "dependency:resolve"}),
        _in_home(".m2/repository"),
        locked=True,
        needed_later=True,
        refused=("MAVEN_OPTS", "MAVEN_CONFIG"),
        cleaning=(("rm", "/root/.m2"),),
    ),
    CachingTool(
        "gradle",
        ("gradle", "./gradlew"),
        frozenset({"build", "assemble", "bootJar", "jar", "installDist", "dependencies", "shadowJar"}),
        _below("GRADLE_USER_HOME", {"gradle": "/home/gradle/.gradle"}, ["caches"], "/root/.gradle"),
        locked=True,
        needed_later=True,
        cleaning=(("rm", "/root/.gradle"),),
    ),
    CachingTool(
        "composer",
        ("composer",),
        frozenset({"install"}),
        _below("COMPOSER_HOME", {"composer": "/tmp"}, ["cache"], "/root/.composer"),  # noqa: S108
        drops=("--no-cache",),
        refused=("COMPOSER_CACHE_DIR",),
        cleaning=(("composer", "clear-cache"), ("composer", "clearcache")),
    ),
    CachingTool(
        "gem",
        ("gem", "bundle", "bundler"),
        frozenset({"install", ""}),
        _below("GEM_HOME", {"ruby": "/usr/local/bundle"}, ["cache"]),
        refused=("BUNDLE_PATH", "BUNDLE_DEPLOYMENT"),
        cleaning=(("rm", "/usr/local/bundle"), ("gem", "cleanup")),
    ),
    CachingTool(
        "apk",
        ("apk",),
        frozenset({"add"}),
        _fixed("/etc/apk/cache"),
        locked=True,
        drops=("--no-cache",),
        cleaning=(("rm", "/var/cache/apk"), ("apk", "cache")),
    ),
)
