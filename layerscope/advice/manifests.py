"""Which files an install reads: its manifests and lock files, if these are all that it reads."""

from __future__ import annotations

from layerscope.advice.context import ContextFiles
from layerscope.advice.ecosystems.base import Manifests, Project
from layerscope.advice.footprint import Install
from layerscope.advice.installers import FINDERS

__all__ = ["Manifests", "manifests_of"]


def manifests_of(install: Install, context: ContextFiles, prefix: str) -> Manifests:
    """The closed set of an install that runs in the directory `prefix` of the context (empty: its root)."""
    found = FINDERS[install.ecosystem](install, Project(context, prefix))
    missing = [file for file in found.files if file not in context.paths]
    if missing and not found.refusal:
        state = "is ignored" if missing[0] in context.ignored else "is not in the context"
        return Manifests(refusal=f"{missing[0]} {state}")
    unread = [file for file in found.files if not _is_read(file, context)]
    if unread and not found.refusal:
        return Manifests(refusal=f"{unread[0]} cannot be read: it is a link, or no text")
    return found


def _is_read(file: str, context: ContextFiles) -> bool:
    """Whether a file is one, and text; the wrapper of a build tool is a program."""
    return context.read(file) is not None if file.endswith(".jar") else context.text(file) is not None
