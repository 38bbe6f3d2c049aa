"""Cargo: `cargo fetch` reads manifests, but no manifest is valid without the files of its targets."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

from layerscope.advice.context import matches_source
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

_RUST = Paths(COMMON | {"/usr/local/cargo", "/usr/local/rustup"})
_PLAIN = re.compile(r"--(?:locked|quiet|verbose|target=[\w.-]+)|-q|-v+")
_TABLES = ("dependencies", "dev-dependencies", "build-dependencies")
_TARGETS = ("bin", "example", "test", "bench")
_SETTINGS = re.compile(r"\b(?:directory|local-registry|paths|include)\b")


def _cargo(words: Sequence[str], directory: str) -> Footprint | None:
    """`cargo fetch`; nothing that compiles."""
    if any(UNKNOWN in word for word in words):
        return None
    options, operands = options_of(words, frozenset({"--target"}))
    if operands != ["fetch"] or not all(_PLAIN.fullmatch(option) for option in options):
        return None
    outputs = written_below(directory, () if "--locked" in options else ("Cargo.lock",))
    return installed(Ecosystem.CARGO, words, directory, where=_RUST, outputs=outputs)


def _cargo_files(_install: Install, project: Project) -> Manifests:
    if not project.has("Cargo.toml"):
        return Manifests((project.place("Cargo.toml"),))
    above = [each for each in project.above() if each.prefix != project.prefix]
    if any(each.has("Cargo.toml") for each in above):
        return refused("a directory above has a Cargo.toml, whose workspace it may belong to")
    files: list[str] = [*project.present("Cargo.lock")]
    for each in project.above():
        files += each.present("rust-toolchain", "rust-toolchain.toml", ".cargo/config", ".cargo/config.toml")
        for name in (".cargo/config", ".cargo/config.toml"):
            if _SETTINGS.search(each.text(name) or ""):
                return refused(f"{each.place(name)} names directories of the sources")
    manifests, why = closure(project, project.place("Cargo.toml"), _one)
    return refused(why) if why else Manifests((*files, *manifests))


def _one(package: Project, path: str) -> tuple[list[str], str]:
    """The manifests that one names, and what keeps it from being valid without sources."""
    text = package.text("Cargo.toml")
    if text is None:
        return [], ""  # it is said to be missing, or no text
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return [], f"{path} is not valid TOML"
    if isinstance(document.get("package"), dict) and "workspace" in document["package"]:
        return [], f"{path} names the workspace that it belongs to"
    if "package" in document or "project" in document:
        why = _without_sources(document, path)
        if why:
            return [], why
    found: list[str] = []
    for directory in [*_paths(document), *_members(document, package)]:
        place = package.place(directory, "Cargo.toml")
        if directory.startswith("/") or not within(place):
            return [], f"{path} names {directory}, which is outside of the context"
        found.append(place)
    return found, ""


def _without_sources(document: dict[str, Any], path: str) -> str:
    """Cargo looks for the file of each target whose path is not written down, and for one target at least."""
    listed = [(kind, each) for kind in _TARGETS for each in _tables(document.get(kind))]
    library = document.get("lib")
    listed += [("lib", library)] if isinstance(library, dict) else []
    for kind, target in listed:
        if "path" not in target:
            return f"{path} has a {kind} without a path: cargo fetch fails without its source"
    if not any(kind in ("lib", "bin") for kind, _ in listed):
        return (
            f"{path} names no target: cargo fetch fails where neither src/lib.rs nor src/main.rs is there "
            "(cargo chef makes empty ones)"
        )
    return ""


def _tables(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _paths(document: dict[str, Any]) -> list[str]:
    """Directories of dependencies that are given by their paths."""
    workspace = document.get("workspace")
    targets = document.get("target")
    tables = [document, workspace if isinstance(workspace, dict) else {}]
    tables += (
        [each for each in targets.values() if isinstance(each, dict)] if isinstance(targets, dict) else []
    )
    listed = [table.get(kind) for table in tables for kind in _TABLES]
    for kind in ("patch", "replace"):
        value = document.get(kind)
        listed += [value] if isinstance(value, dict) and kind == "replace" else []
        listed += list(value.values()) if isinstance(value, dict) and kind == "patch" else []
    return [
        str(each["path"])
        for found in listed
        if isinstance(found, dict)
        for each in found.values()
        if isinstance(each, dict) and "path" in each
    ]


def _members(document: dict[str, Any], package: Project) -> list[str]:
    """Directories of the members of a workspace."""
    workspace = document.get("workspace")
    patterns = workspace.get("members") if isinstance(workspace, dict) else None
    found: list[str] = []
    start = package.place("x").removesuffix("x")
    for pattern in patterns if isinstance(patterns, list) else ():
        if not any(mark in str(pattern) for mark in "*?["):
            found.append(str(pattern))
            continue
        matches = matches_source(package.place(str(pattern), "Cargo.toml"))
        found += [
            path.removeprefix(start).removesuffix("Cargo.toml")
            for path in sorted(package.context.paths)
            if path.endswith("/Cargo.toml") and matches(path)
        ]
    return found


INSTALLERS = {"cargo": _cargo}
"""Program to what an install of it does."""

FINDERS = {Ecosystem.CARGO: _cargo_files}
"""Which files an install reads."""
