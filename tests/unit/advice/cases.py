"""Advice on Dockerfiles in tests: with files of a context, and with layers as an image would have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layerscope.advice.advise import Advice, Known, advise
from layerscope.advice.context import ContextFiles
from layerscope.advice.history import Commit, FileChange, History
from layerscope.dockerfile.match import attribute
from layerscope.dockerfile.read import read_dockerfile
from layerscope.image.history import read_instructions
from layerscope.image.image import Image
from layerscope.image.layer import Layer
from layerscope.oci.config import ContainerConfig, HistoryEntry, ImageConfig
from tests.builders import Member, layer, read

__all__ = ["advised", "built", "context_of", "history_of", "instructions", "keywords"]

BUILDKIT = "buildkit.dockerfile.v0"
Step = tuple[str, Sequence[Member] | None]
"""`created_by`, and what the layer holds; None for an entry without a layer."""


def context_of(files: Mapping[str, str], ignored: Sequence[str] = ()) -> ContextFiles:
    """A context with these files."""
    return ContextFiles(
        frozenset(files),
        lambda path: files[path].encode(),
        frozenset(ignored),
        lambda path: len(files[path].encode()),
    )


def history_of(*changes: Sequence[str]) -> History:
    """Commits that change the files named, a day apart; the first one adds all."""
    tracked: dict[str, int] = {}
    commits = []
    for number, paths in enumerate(changes):
        made = []
        for path in paths:
            before = f"100644 {tracked[path]:040x}" if path in tracked else ""
            tracked[path] = number * 1000 + len(tracked)
            made.append(FileChange(path, before, f"100644 {tracked[path]:040x}"))
        commits.append(Commit(f"{number:040x}", 1_700_000_000 + 86_400 * number, tuple(made)))
    return History(tuple(commits), frozenset(tracked))


def built(
    dockerfile: str, steps: Sequence[Step], *, env: Sequence[str] = (), user: str = ""
) -> dict[str, Any]:
    """An image with these history entries, attributed to the Dockerfile, as arguments of `Known`."""
    entries = read_instructions(
        [
            HistoryEntry(created_by=text, comment=BUILDKIT, empty_layer=members is None)
            for text, members in steps
        ]
    )
    readings = [read(layer(*members)) for _, members in steps if members is not None]
    made = [entry for entry in entries if not entry.empty_layer]
    config = ImageConfig(config=ContainerConfig(Env=tuple(env) or None, User=user or None))
    image = Image(
        reference="image",
        format="oci",
        image_id=None,
        digest=None,
        platform="linux/amd64",
        tags=(),
        created=None,
        config=config,
        layers=tuple(
            Layer(index, None, reading.diff_id, "", None, reading=reading, instruction=entry)
            for index, (entry, reading) in enumerate(zip(made, readings, strict=True))
        ),
        history=entries,
    )
    attributed = attribute(image, read_dockerfile(dockerfile.encode(), "Dockerfile"))
    assert attributed.matched == attributed.instructions, attributed.notices
    return {"image": attributed.image, "readings": tuple(readings)}


def advised(
    dockerfile: str, files: Mapping[str, str] | None = None, *, target: str = "", **known: Any
) -> Advice:
    """Advice on a Dockerfile; without a history changes are guessed."""
    context = None if files is None else context_of(files)
    parsed = read_dockerfile(dockerfile.encode(), "Dockerfile")
    return advise(parsed, Known(context=context, **known), target=target)


def instructions(text: str) -> list[str]:
    """The instructions of a Dockerfile, each on one line."""
    parsed = read_dockerfile(text.encode(), "Dockerfile")
    return [" ".join(f"{each.keyword} {each.rest}".split()) for each in parsed.instructions]


def keywords(text: str) -> str:
    """The first letters of what stands behind each keyword, for a short look at an order."""
    return " ".join(line.split()[1] for line in instructions(text))
