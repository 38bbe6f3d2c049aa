"""Variables and names by which programs find files without being told: what leads into a path counts as
reading it."""

from __future__ import annotations

from layerscope.advice.copies import Copy
from layerscope.advice.elements import Element
from layerscope.advice.footprint import Footprint
from layerscope.advice.paths import Paths, is_within

__all__ = ["is_implicit", "searched", "shadowed"]

_IMPLICIT_NAMES = frozenset(
    {
        *("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "SHELL", "USER", "TERM", "TMPDIR", "DEBIAN_FRONTEND"),
        *("SOURCE_DATE_EPOCH", "CC", "CXX", "CPP", "LD", "AR", "MAKEFLAGS", "NODE_ENV", "CI", "EDITOR"),
    }
)
_IMPLICIT_PREFIXES = (
    *("LC_", "PIP_", "PYTHON", "UV_", "POETRY_", "PIPENV_", "CONDA_", "VIRTUAL_ENV", "SETUPTOOLS_"),
    *("NODE_", "NPM_", "YARN_", "PNPM_", "COREPACK_", "GO", "CGO_", "RUST", "CARGO_", "JAVA_", "MAVEN_"),
    *("GRADLE_", "JDK_", "LD_", "PKG_CONFIG", "DOCKER_", "BUNDLE_", "GEM_", "RUBY", "COMPOSER_", "NUGET_"),
    *("DOTNET_", "ASPNETCORE_", "NEXT_PUBLIC_", "VITE_", "REACT_APP_", "NUXT_", "APT_", "DPKG_", "GIT_SSH"),
    *("CURL_", "SSL_", "REQUESTS_", "PLAYWRIGHT_", "PUPPETEER_", "CYPRESS_", "TARGET", "BUILDPLATFORM"),
)
_IMPLICIT_SUFFIXES = ("_PROXY", "FLAGS", "_CONFIG", "_HOME", "_CA_BUNDLE", "_MIRROR", "_INDEX_URL")
_PROGRAMS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin")
_FILES_OF_TOOLS = frozenset(
    {
        *("PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_FIND_LINKS", "PIP_CONFIG_FILE", "PIP_EDITABLE", "GOWORK"),
        *("BUNDLE_GEMFILE", "GOFLAGS", "NPM_CONFIG_USERCONFIG", "APT_CONFIG", "UV_CONSTRAINT", "GOMODCACHE"),
    }
)
"""Variables by which tools are told of files, perhaps relative ones."""
_SEARCHED = ("PATH", "PYTHON", "LD_", "NODE_", "CLASSPATH", "PERL5LIB", "RUBYLIB", "GOPATH", "GEM_")


def is_implicit(name: str) -> bool:
    """Whether programs read a variable of this name without being told."""
    upper = name.upper()
    return (
        upper in _IMPLICIT_NAMES or upper.startswith(_IMPLICIT_PREFIXES) or upper.endswith(_IMPLICIT_SUFFIXES)
    )


def searched(run: Element, copy: Copy) -> str:
    """A variable with directories that programs search, one of which COPY writes to."""
    for name, value in run.environment.items():
        if not name.startswith(_SEARCHED) and not is_implicit(name):
            continue
        if value and name.upper() in _FILES_OF_TOOLS and not run.footprint.exact:
            return name
        if name == "NODE_OPTIONS" and any(word in value for word in ("require", "import", "loader")):
            return name
        for part in value.replace("=", ":").replace(",", ":").split(":"):
            if part.startswith("/") and part != "/" and _leads_into(part.rstrip("/"), copy):
                return name
    return ""


def _leads_into(directory: str, copy: Copy) -> bool:
    if directory in _PROGRAMS:
        return False  # what counts there are names: see `shadowed`
    return bool(copy.writes.meeting(Paths(frozenset({directory}))))


def shadowed(copied: Element, footprint: Footprint) -> str:
    """A program that the RUN calls and that COPY may write."""
    copy = copied.copy
    assert copy is not None
    if not any(is_within(place, copy.destination) or copy.destination == place for place in _PROGRAMS):
        parent, _, name = copy.destination.rpartition("/")
        names = {name} if parent in _PROGRAMS else set()
    elif copied.facts is not None:
        written = copied.facts.written
        names = {path.rpartition("/")[2] for path in written if path.rpartition("/")[0] in _PROGRAMS}
    elif copy.takes_directory or copy.unpacks or copy.stage or copy.destination not in _PROGRAMS:
        return "PATH"
    else:
        names = {source.rpartition("/")[2] for source in copy.sources}
    called = names & (footprint.programs | {"sh", "bash"})
    return f"the call of {min(called)}" if called else ""
