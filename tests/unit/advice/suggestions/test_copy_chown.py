"""`COPY --chown` instead of `chown -R`: only where the layers show that nothing else was changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from layerscope.advice.independence import Trust
from tests.builders import Member, directory, file, symlink, whiteout
from tests.unit.advice.cases import advised, built, instructions
from tests.unit.advice.suggestions.cases import ACCOUNTS, only, suggested

KIND = "copy-chown"
OWN = {"uid": 1000, "gid": 1000}
COPIED = (
    directory("srv/app"),
    file("srv/app/a", b"x" * 100),
    directory("srv/app/d"),
    file("srv/app/d/b", b"y" * 20),
)
BASE = (file("bin/sh"), directory("srv"), *ACCOUNTS)


def owned(members: Sequence[Member], **other: int) -> list[Member]:
    """The same, as `chown` leaves them."""
    return [replace(member, **(OWN | other)) for member in members]


def image_of(
    text: str,
    run: str,
    after: Sequence[Member],
    copied: Sequence[Member] = COPIED,
    between: Sequence[tuple[str, Sequence[Member] | None]] = (),
) -> dict[str, Any]:
    """An image of a COPY, steps in between, and a RUN; what stands in front of the COPY has no layer."""
    (copy,) = [line for line in instructions(text) if line.startswith("COPY src")]
    return built(
        text,
        [
            ("ADD rootfs / # buildkit", BASE),
            *((f"{line}", None) for line in instructions(text)[1:] if line.startswith(("USER", "ENV"))),
            (f"{copy} # buildkit", copied),
            *between,
            (f"RUN /bin/sh -c {run} # buildkit", after),
        ],
    )


def dockerfile(run: str, between: str = "", copy: str = "COPY src /srv/app") -> str:
    return f"FROM base\n{copy}\n{between}RUN {run}\n"


def test_the_owner_is_given_by_the_copy_and_the_run_goes() -> None:
    text = dockerfile("chown -R app:app /srv/app")
    advice = advised(text, {"src/a": ""}, **image_of(text, "chown -R app:app /srv/app", owned(COPIED)))
    assert advice.safe is not None
    assert advice.safe.text == "FROM base\nCOPY --chown=app:app src /srv/app\n"
    assert (advice.safe.trust, advice.safe.bytes_saved) == (Trust.PROVED, 120)


def test_only_the_part_of_the_run_that_is_about_it_goes() -> None:
    run = "adduser -D app && chown -R app:app /srv/app && touch /ready"
    text = dockerfile(run)
    image = image_of(text, run, [*owned(COPIED), file("etc/passwd", b"app"), file("ready")])
    found = only(KIND, text, {"src/a": ""}, **image)
    assert instructions(found.text)[1:] == [
        "COPY --chown=1000:1000 src /srv/app",
        "RUN adduser -D app && touch /ready",
    ]


def test_what_is_left_of_the_run_may_then_go_above_the_copy() -> None:
    """Packages, users and the owner in one RUN: no order helps as long as it changes what COPY brought."""
    run = "apk add perl && addgroup -g 1000 app && adduser -G app -D app -u 1000 && chown -R app.app /srv/app"
    text = dockerfile(run)
    image = image_of(text, run, [*owned(COPIED), file("etc/passwd", b"app"), file("usr/bin/perl")])
    advice = advised(text, {"src/a": ""}, **image)
    assert advice.safe is not None
    assert instructions(advice.safe.text)[1:] == [
        "RUN apk add perl && addgroup -g 1000 app && adduser -G app -D app -u 1000",
        "COPY --chown=1000:1000 src /srv/app",
    ]
    assert advice.safe.trust is Trust.EVIDENCE
    assert advice.safe.gain > 1


def test_a_directory_that_was_there_keeps_its_chown() -> None:
    run = "chown -R 1000:1000 /srv/app"
    text = f"FROM base\nWORKDIR /srv/app\nCOPY src /srv/app\nRUN {run}\n"
    image = built(
        text,
        [
            ("ADD rootfs / # buildkit", BASE),
            ("WORKDIR /srv/app", [directory("srv/app")]),
            ("COPY src /srv/app # buildkit", COPIED[1:]),
            (f"RUN /bin/sh -c {run} # buildkit", owned(COPIED)),
        ],
    )
    found = only(KIND, text, {"src/a": ""}, **image)
    assert instructions(found.text)[-2:] == [
        "COPY --chown=1000:1000 src /srv/app",
        "RUN chown 1000:1000 /srv/app",
    ]


def test_a_link_that_was_there_refuses() -> None:
    run = "chown -R 1000:1000 /srv/app"
    text = dockerfile(run)
    link = symlink("srv/app/l", "/etc/passwd")
    image = built(
        text,
        [
            ("ADD rootfs / # buildkit", [*BASE, directory("srv/app"), link]),
            ("COPY src /srv/app # buildkit", COPIED[1:]),
            (f"RUN /bin/sh -c {run} # buildkit", owned([*COPIED, link])),
        ],
    )
    assert suggested(KIND, text, {"src/a": ""}, **image) == []


def test_several_copies_get_the_owner() -> None:
    run = "chown -R 1000:1000 /srv/app"
    text = dockerfile(run, "COPY more /srv/app/more\n")
    more = (directory("srv/app/more"), file("srv/app/more/c", b"z"))
    image = image_of(
        text, run, owned([*COPIED, *more]), between=[("COPY more /srv/app/more # buildkit", more)]
    )
    found = only(KIND, text, {"src/a": "", "more/c": ""}, **image)
    assert [line for line in instructions(found.text) if "chown" in line] == [
        "COPY --chown=1000:1000 src /srv/app",
        "COPY --chown=1000:1000 more /srv/app/more",
    ]


@pytest.mark.parametrize(
    ("spec", "more", "option"),
    [
        ("app", [], "app:1000"),
        ("app.app", [], "app:app"),
        ("1000:1000", [], "1000:1000"),
        ("app:app", [file("etc/passwd", b"more")], "1000:1000"),
        ("app:app", [whiteout("etc/group")], "1000:1000"),
    ],
)
def test_names_are_kept_where_they_mean_the_same(spec: str, more: Sequence[Member], option: str) -> None:
    run = f"chown -R {spec} /srv/app"
    text = dockerfile(run)
    found = only(KIND, text, {"src/a": ""}, **image_of(text, run, [*owned(COPIED), *more]))
    assert f"COPY --chown={option} src /srv/app" in found.text


LINK = symlink("srv/app/l", "a")


@pytest.mark.parametrize(
    ("after", "copied"),
    [
        ([*owned(COPIED[:3]), file("srv/app/d/b", b"y" * 20)], COPIED),
        ([*owned(COPIED[:3]), *owned(COPIED[3:], gid=0)], COPIED),
        ([*owned(COPIED[:3]), file("srv/app/d/b", b"y" * 21, **OWN)], COPIED),
        ([*owned(COPIED[:3]), file("srv/app/d/b", b"y" * 20, mtime=77, **OWN)], COPIED),
        ([*owned(COPIED[:3]), file("srv/app/d/b", b"y" * 20, mode=0o600, **OWN)], COPIED),
        ([*owned(COPIED), file("srv/app/new", b"", **OWN)], COPIED),
        ([*owned(COPIED[:3]), whiteout("srv/app/d/b")], COPIED),
        (owned(COPIED), [*COPIED, LINK]),
        (owned(COPIED), [*COPIED, directory("opt")]),
        (owned([*COPIED, file("srv/app/s", mode=0o755)]), [*COPIED, file("srv/app/s", mode=0o4755)]),
    ],
    ids=[
        *("one keeps its owner", "one has another group", "another size", "another time", "another mode"),
        *(
            "a new file",
            "a file is gone",
            "a link keeps its owner",
            "a directory outside",
            "a setuid bit is lost",
        ),
    ],
)
def test_layers_that_show_something_else_refuse(after: Sequence[Member], copied: Sequence[Member]) -> None:
    run = "chown -R app:app /srv/app"
    text = dockerfile(run)
    assert suggested(KIND, text, {"src/a": ""}, **image_of(text, run, after, copied)) == []


@pytest.mark.parametrize(
    ("between", "layer"),
    [
        ("RUN make -C /srv/app", [file("usr/out")]),
        ("RUN cat /srv/app/a", []),
        ("RUN touch /srv/app/n", [file("srv/app/n")]),
        ("RUN git -C /srv/app status", []),
    ],
)
def test_a_run_in_between_that_may_look_refuses(between: str, layer: Sequence[Member]) -> None:
    run = "chown -R app:app /srv/app"
    text = dockerfile(run, between + "\n")
    step = (f"RUN /bin/sh -c {between[4:]} # buildkit", layer)
    every = [*owned(COPIED), *owned([m for m in layer if "app" in str(m.path)])]
    assert suggested(KIND, text, {"src/a": ""}, **image_of(text, run, every, between=[step])) == []


def test_a_run_in_between_that_does_not_look_is_fine() -> None:
    run = "chown -R app:app /srv/app"
    text = dockerfile(run, "RUN mkdir -p /data\n")
    step = ("RUN /bin/sh -c mkdir -p /data # buildkit", [directory("data")])
    assert only(KIND, text, {"src/a": ""}, **image_of(text, run, owned(COPIED), between=[step])).joins


@pytest.mark.parametrize(
    "run",
    [
        *(
            "chown -R app:app /srv/*",
            "chown app:app /srv/app",
            "chown -R $U /srv/app",
            "chown -RL app /srv/app",
        ),
        *(
            "make -C /srv/app && chown -R app:app /srv/app",
            "chown -R app:app /",
            "chown -R --from=0 app /srv/app",
        ),
        *(
            "(chown -R app:app /srv/app)",
            "true || chown -R app:app /srv/app",
            "true; chown -R app:app /srv/app",
        ),
    ],
)
def test_other_commands_refuse(run: str) -> None:
    text = dockerfile(run)
    assert suggested(KIND, text, {"src/a": ""}, **image_of(text, run, owned(COPIED))) == []


@pytest.mark.parametrize(
    "copy", ["COPY --chown=5 src /srv/app", "ADD src.tar /srv/app"], ids=["has an owner", "an archive"]
)
def test_other_copies_refuse(copy: str) -> None:
    run = "chown -R app:app /srv/app"
    text = dockerfile(run, copy=copy)
    image = built(
        text,
        [
            ("ADD rootfs / # buildkit", BASE),
            (f"{copy} # buildkit", COPIED),
            (f"RUN /bin/sh -c {run} # buildkit", owned(COPIED)),
        ],
    )
    assert suggested(KIND, text, {"src/a": ""}, **image) == []


def test_without_layers_nothing_is_said() -> None:
    assert suggested(KIND, dockerfile("chown -R 1000:1000 /srv/app"), {"src/a": ""}) == []
