"""`COPY --link`: only where BuildKit would find nothing on the way that counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from layerscope.advice.independence import Trust
from layerscope.dockerfile.builders import Builder
from tests.builders import Member, directory, file, symlink
from tests.unit.advice.cases import built, history_of
from tests.unit.advice.suggestions.cases import only, suggested

KIND = "copy-link"
SYNTAX = "# syntax=docker/dockerfile:1\n"
FILES = {"src/a": "", "big/b": ""}
HISTORY = history_of(["src/a", "big/b"], *[["src/a"]] * 9)


def parts(
    copy: str = "COPY big /srv/big/", base: Sequence[Member] = (), made: Sequence[Member] = ()
) -> tuple[str, Any]:
    text = f"{SYNTAX}FROM base\nCOPY src /src\n{copy}\n"
    layer = made or (directory("srv/big"), file("srv/big/b", bytes(range(256)) * 4000))
    image = built(
        text,
        [
            ("ADD rootfs / # buildkit", [file("bin/sh"), directory("srv"), *base]),
            ("COPY src /src # buildkit", [directory("src"), file("src/a")]),
            (f"{copy} # buildkit", list(layer)),
        ],
    )
    return text, image


def test_a_copy_below_what_changes_is_linked() -> None:
    text, image = parts()
    found = only(KIND, text, FILES, history=HISTORY, log={"COPY big /srv/big/": 4.0}, **image)
    assert "COPY --link big /srv/big/" in found.text
    assert found.suggestion.trust is Trust.PROVED
    assert found.joins
    assert found.suggestion.misses_saved == pytest.approx(1.0)
    assert found.seconds_saved == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("copy", "base"),
    [
        ("COPY big /srv/big/", [directory("srv", mode=0o750)]),
        ("COPY big /srv/big/", [directory("srv", uid=7)]),
        ("COPY big /srv/big/", [directory("srv/big", mode=0o700)]),
        ("COPY big /srv/big/", [symlink("srv/big", "/data")]),
        ("COPY --chown=1000 big /srv/big/", []),
        ("COPY --chmod=755 big /srv/big/", []),
        ("COPY --link big /srv/big/", []),
        ("COPY --from=other /big /srv/big", []),
    ],
    ids=[
        "a mode",
        "an owner",
        "a mode of its own",
        "a link",
        "chown",
        "chmod",
        "linked",
        "a directory or not",
    ],
)
def test_what_is_on_the_way_refuses(copy: str, base: Sequence[Member]) -> None:
    text, image = parts(copy, base)
    assert suggested(KIND, text, FILES, history=HISTORY, log={copy: 4.0}, **image) == []


def test_nothing_is_said_of_what_hits_anyway_or_is_small() -> None:
    text, image = parts()
    quiet = history_of(["src/a", "big/b"], ["x"], ["x"])
    assert suggested(KIND, text, FILES, history=quiet, log={"COPY big /srv/big/": 4.0}, **image) == []
    small, image = parts(made=[directory("srv/big"), file("srv/big/b", b"b")])
    assert suggested(KIND, small, FILES, history=HISTORY, log={"COPY big /srv/big/": 0.01}, **image) == []


@pytest.mark.parametrize("profile", [Builder.CLASSIC, Builder.BUILDAH])
def test_only_buildkit_does_it(profile: Builder) -> None:
    text, image = parts()
    known: dict[str, Any] = {"history": HISTORY, "log": {"COPY big /srv/big/": 4.0}, "profile": profile}
    assert suggested(KIND, text, FILES, **known, **image) == []


def test_without_layers_nothing_is_said() -> None:
    text, _ = parts()
    assert suggested(KIND, text, FILES, history=HISTORY, log={"COPY big /srv/big/": 4.0}) == []
