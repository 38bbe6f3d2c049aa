"""Maven and Gradle: goals that only download, with all poms and build scripts that they read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from layerscope.advice.ecosystems.base import (
    COMMON,
    Manifests,
    Project,
    closure,
    installed,
    options_of,
    refused,
    within,
    written_below,
)
from layerscope.advice.footprint import Ecosystem, Footprint, Install
from layerscope.advice.paths import Paths
from layerscope.dockerfile.expand import UNKNOWN

__all__ = ["FINDERS", "INSTALLERS"]

_JVM = Paths(COMMON | {"/opt", "/home"})
_MAVEN_GOALS = re.compile(
    r"(?:org\.apache\.maven\.plugins:maven-)?dependency(?:-plugin)?(?::[\d.]+)?:"
    r"(?:go-offline|resolve|resolve-plugins)"
)
_MAVEN_PLAIN = re.compile(
    r"-[BqeNUCVo]|-ntp|-T=?\S+|--(?:batch-mode|quiet|no-transfer-progress|update-snapshots|errors|version)"
    r"|-D(?:maven\.wagon\.\S+|silent|includeScope|excludeTypes|verbose|http\.\S+)(?:=\S*)?"
)
_GRADLE_PLAIN = re.compile(r"--(?:no-daemon|quiet|stacktrace|info|console=\w+|refresh-dependencies)|-q|-i|-s")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_MODULE = re.compile(r"<module>\s*([^<]*?)\s*</module>")
_PARENT = re.compile(r"<parent>(.*?)</parent>", re.DOTALL)
_RELATIVE = re.compile(r"<relativePath>\s*([^<]*?)\s*</relativePath>|<relativePath\s*/>")
_READS_FILES = re.compile(
    r"<systemPath>|<url>\s*file:|<activation>(?:(?!</activation>).)*<(?:file|exists|missing)>", re.DOTALL
)
_MAVEN_CONFIG = re.compile(r"(?:^|\s)(?:-s|-gs|-f|-t|--settings|--global-settings|--file|--toolchains)\b")
_SCRIPT_READS = re.compile(
    r"\b(?:file|files|fileTree|apply\s*\(?\s*from|exec|includeBuild|flatDir|uri|readText|readLines|loadProperties"
    r"|layout|projectDir|rootDir|projectDirectory|rootProject\s*\.\s*file)\b|\bFile\s*\(|\bPaths?\s*\.\s*(?:get|of)"
    r"|\.text\b|\bgit\b|git[-.]?(?:version|properties|repo)|grgit|\bimport\s+java\.(?:io|nio)|`",
    re.IGNORECASE,
)
_GRADLE_LOCKS = ("gradle.lockfile", "buildscript-gradle.lockfile")
_INCLUDE = re.compile(r"\binclude\b\s*\(?([^\n)]*)")
_QUOTED = re.compile(r"[\"']:?([^\"']+)[\"']")
_SCRIPT_COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
_ADDRESS = re.compile(r"(?:\buri\s*\(\s*)?[\"']https?://[^\"'\s]*[\"']")


def _maven(words: Sequence[str], directory: str) -> Footprint | None:
    """`mvn dependency:go-offline`; nothing that compiles, and no option that names a file."""
    if any(UNKNOWN in word for word in words):
        return None
    options, operands = options_of(words, frozenset({"-T"}))
    if not operands or not all(_MAVEN_GOALS.fullmatch(word) for word in operands):
        return None
    if not all(_MAVEN_PLAIN.fullmatch(option) for option in options):
        return None
    return installed(
        Ecosystem.MAVEN,
        words,
        directory,
        where=_JVM,
        outputs=written_below(directory, ("target",)),
        evaluates=True,
    )


def _gradle(words: Sequence[str], directory: str) -> Footprint | None:
    """`gradle dependencies`; what it writes below each project is found with the scripts."""
    if any(UNKNOWN in word for word in words):
        return None
    options, operands = options_of(words)
    tasks = [word.rpartition(":")[2] for word in operands]
    if set(tasks) != {"dependencies"} or not all(map(_GRADLE_PLAIN.fullmatch, options)):
        return None
    return installed(
        Ecosystem.GRADLE, words, directory, where=_JVM, outputs=Paths(frozenset({directory})), evaluates=True
    )


def _maven_files(install: Install, project: Project) -> Manifests:
    files: list[str] = list(project.present("mvnw")) if install.words[0] == "./mvnw" else []
    for each in project.above():
        files += each.below(".mvn")
        if _MAVEN_CONFIG.search(each.text(".mvn/maven.config") or ""):
            return refused(f"{each.place('.mvn/maven.config')} names files")
        if "git" in (each.text(".mvn/extensions.xml") or "").lower():
            return refused(f"{each.place('.mvn/extensions.xml')} may read the repository")
    poms, why = closure(project, project.place("pom.xml"), _pom)
    if why:
        return refused(why)
    built = [path for path in project.context.paths if "target" in path.split("/")[:-1]]
    if len(poms) > 1 and built:
        what = f"the context has {min(built)}, and modules may be taken from there"
        return refused(f"{what}; .dockerignore should name it")
    outputs = tuple(Project(project.context, path.rpartition("/")[0]).place("target") for path in poms)
    return Manifests((*files, *poms), outputs=outputs)


def _pom(module: Project, path: str) -> tuple[list[str], str]:
    """The poms that one names, and what else it reads."""
    text = module.context.text(path)
    if text is None:
        return [], ""
    plain = _COMMENT.sub("", text)
    if _READS_FILES.search(plain):
        return [], f"{path} names files (systemPath, a file: repository, or a profile that asks for files)"
    found: list[str] = []
    for name in _MODULE.findall(plain):
        if "$" in name:
            return [], f"{path} has a module that is not known: {name}"
        place = module.place(name) if name.endswith(".xml") else module.place(name, "pom.xml")
        if not within(place):
            return [], f"{path} has a module outside of the context: {name}"
        found.append(place)
    parent = _parent(module, plain)
    return [*found, *([parent] if parent else [])], ""


def _parent(module: Project, text: str) -> str:
    """The pom of the parent, where it lies in the context; else it comes from a repository."""
    parent = _PARENT.search(text)
    if parent is None:
        return ""
    relative = _RELATIVE.search(parent[1])
    name = "../pom.xml" if relative is None else relative[1] or ""
    for place in (module.place(name), module.place(name, "pom.xml")) if name else ():
        if place in module.context.paths or place in module.context.ignored:
            return place
    return ""


def _gradle_files(install: Install, project: Project) -> Manifests:
    if not project.present("settings.gradle", "settings.gradle.kts"):
        return refused("there is no settings.gradle, so that directories above are searched for one")
    scripts = _scripts(project, ("settings", "build"))
    included, why = _included(project)
    if why:
        return refused(why)
    for name in included:
        scripts += _scripts(project.at(name), ("build",))
    built = f"{project.place('buildSrc')}/build/"
    logic = [path for path in project.below("buildSrc") if not path.startswith(built)]
    if any(path.endswith((".java", ".groovy")) for path in logic):
        return refused("buildSrc has code that is not read here")
    scripts += [path for path in logic if path.endswith((".gradle", ".kts", ".kt"))]
    for path in scripts:
        code = _ADDRESS.sub("", _SCRIPT_COMMENT.sub("", project.context.text(path) or ""))
        found = _SCRIPT_READS.search(code)
        if found:
            return refused(f"{path} may read other files ({found[0].strip()})")
    files = [
        *scripts,
        *logic,
        *project.present("gradle.properties", *_GRADLE_LOCKS, "settings-gradle.lockfile"),
    ]
    files += [path for path in project.below("gradle") if not path.endswith((".java", ".kt"))]
    files += project.present("gradlew") if install.words[0] == "./gradlew" else ()
    for name in included:
        files += project.at(name).present("gradle.properties", *_GRADLE_LOCKS)
    written = (".gradle", "build", ".kotlin")
    places = ["", "buildSrc", *included]
    outputs = tuple(project.place(place, name) for place in places for name in written)
    return Manifests(tuple(dict.fromkeys(files)), outputs=outputs, certain=False)


def _scripts(project: Project, names: Sequence[str]) -> list[str]:
    return [path for name in names for path in project.present(f"{name}.gradle", f"{name}.gradle.kts")]


def _included(project: Project) -> tuple[list[str], str]:
    """Directories of the projects that settings.gradle includes."""
    text = "".join(project.text(name) or "" for name in ("settings.gradle", "settings.gradle.kts"))
    code = _SCRIPT_COMMENT.sub("", text)
    if re.search(r"includeBuild|includeFlat|buildFileName|\.projectDir", code):
        return [], "settings.gradle has builds or directories that are not read here"
    found: list[str] = []
    for listed in _INCLUDE.findall(code):
        names = _QUOTED.findall(listed)
        if not names or any("$" in name for name in names):
            return [], "settings.gradle has an include that is not read here"
        found += [name.replace(":", "/") for name in names]
    return list(dict.fromkeys(found)), ""


INSTALLERS = {"mvn": _maven, "./mvnw": _maven, "gradle": _gradle, "./gradlew": _gradle}
"""Program to what an install of it does; a wrapper is a file of the sources."""

FINDERS = {Ecosystem.MAVEN: _maven_files, Ecosystem.GRADLE: _gradle_files}
"""Which files an install reads."""
