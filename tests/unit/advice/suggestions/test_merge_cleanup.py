"""A clean-up joins the RUN whose files it removes, if the commands then do the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.advice.independence import Trust
from layerscope.advice.shell import read_commands
from layerscope.dockerfile.read import read_dockerfile
from tests.builders import directory, file, whiteout
from tests.unit.advice.cases import advised, built, instructions
from tests.unit.advice.suggestions.cases import only, suggested

KIND = "merge-cleanup"
INSTALL = "apt-get update && apt-get install -y git"
LISTS = "rm -rf /var/lib/apt/lists/*"
LIST = "var/lib/apt/lists/deb"


def image_of(*runs: tuple[str, tuple[object, ...]]) -> dict[str, object]:
    """An image of these RUNs."""
    text = "FROM base\n" + "".join(f"RUN {command}\n" for command, _ in runs)
    base = ("ADD rootfs / # buildkit", [file("bin/sh"), directory("var/lib/apt/lists")])
    return built(
        text, [base, *((f"RUN /bin/sh -c {command} # buildkit", list(made)) for command, made in runs)]
    )  # type: ignore[arg-type]


def test_an_install_and_its_clean_up_are_one_run() -> None:
    text = f"FROM base\nRUN {INSTALL}\nRUN {LISTS}\n"
    image = image_of((INSTALL, (file(LIST, b"x" * 5000), file("usr/bin/git"))), (LISTS, (whiteout(LIST),)))
    advice = advised(text, **image)
    assert advice.safe is not None
    assert advice.safe.text == f"FROM base\nRUN {INSTALL} && {LISTS}\n"
    assert (advice.safe.trust, advice.safe.bytes_saved) == (Trust.PROVED, 5000)
    (found,) = advice.suggestions
    assert found.joins
    assert found.suggestion.lines == (2, 3)


def test_all_from_the_run_that_wrote_it_become_one() -> None:
    runs = ("apt-get update", "apt-get install -y git", LISTS)
    text = "FROM base\n" + "".join(f"RUN {run}\n" for run in runs)
    image = image_of(
        (runs[0], (file(LIST, b"x" * 7),)), (runs[1], (file("usr/bin/git"),)), (LISTS, (whiteout(LIST),))
    )
    found = only(KIND, text, **image)
    assert found.suggestion.bytes_saved == 7
    assert instructions(found.text)[1] == "RUN apt-get update && apt-get install -y git && " + LISTS


@pytest.mark.parametrize(
    ("install", "expected"),
    [
        ("apt-get update \\\n # why\n && apt-get install -y git", " \\\n && " + LISTS),
        ("apt-get update && \\\n\tapt-get install -y git", " && \\\n\t" + LISTS),
        ("set -eux; \\\n  apt-get update; \\\n  apt-get install -y git", " && \\\n  " + LISTS),
    ],
)
def test_it_is_written_as_the_install_is(install: str, expected: str) -> None:
    found = only(KIND, f"FROM base\nRUN {install}\n# clean up\nRUN {LISTS}\nCMD x\n")
    assert found.text == f"FROM base\nRUN {install}{expected}\nCMD x\n"


def test_a_file_with_line_ends_of_windows_keeps_them() -> None:
    found = only(KIND, f"FROM base\r\nRUN apt-get update \\\r\n  && apt-get install -y g\r\nRUN {LISTS}\r\n")
    assert found.text.count("\r\n") == found.text.count("\n")


def test_it_crosses_what_it_has_nothing_to_do_with() -> None:
    text = f"FROM base\nRUN {INSTALL}\nCOPY a /srv/a\nRUN {LISTS}\n"
    image = built(
        text,
        [
            ("ADD rootfs / # buildkit", [file("bin/sh"), directory("var/lib/apt/lists")]),
            (f"RUN /bin/sh -c {INSTALL} # buildkit", [file(LIST, b"x" * 9)]),
            ("COPY a /srv/a # buildkit", [file("srv/a")]),
            (f"RUN /bin/sh -c {LISTS} # buildkit", [whiteout(LIST)]),
        ],
    )
    found = only(KIND, text, {"a": ""}, **image)
    assert found.joins
    assert found.suggestion.trust >= Trust.EVIDENCE
    assert instructions(found.text) == ["FROM base", f"RUN {INSTALL} && {LISTS}", "COPY a /srv/a"]


@pytest.mark.parametrize(
    ("between", "cleanup"),
    [
        ("RUN apt-get install -y vim\nENV X=1\n", LISTS),
        ("COPY a /var/lib/apt/lists/a\n", LISTS),
        ("RUN make\nCOPY a /a\n", LISTS),
        ("USER app\n", LISTS),
        ("ENV A=b\n", LISTS),
        ("", "rm -rf $LISTS"),
        ("", "rm -rf lists"),
        ("", "rm -rf /var/lib/apt/lists/* && make"),
        ("", "rm -rf /var/lib/apt/lists/*; rm -rf /tmp/x"),
        ("", "rm -rf /srv/data"),
    ],
)
def test_what_is_not_known_to_be_the_same_is_left(between: str, cleanup: str) -> None:
    assert suggested(KIND, f"FROM base\nRUN {INSTALL}\n{between}RUN {cleanup}\n", {"a": ""}) == []


@pytest.mark.parametrize(
    "install",
    [
        *(
            "exit 0",
            "set -f; apt-get install -y git",
            "trap x EXIT && apt-get install -y git",
            "A=1; apt-get update",
        ),
        *(
            "apt-get update || true",
            "apt-get update;",
            "(apt-get update)",
            "--mount=type=cache,target=/x apt-get update",
        ),
        *(
            '["apt-get", "update"]',
            "<<E\napt-get update\nE",
            "apt-get update # for git",
            "exec apt-get update",
        ),
    ],
)
def test_a_run_that_does_not_lead_to_the_next_command_is_left(install: str) -> None:
    assert suggested(KIND, f"FROM base\nRUN {install}\nRUN {LISTS}\n") == []


def test_what_the_layers_show_was_not_there_is_left() -> None:
    text = f"FROM base\nRUN {INSTALL}\nRUN {LISTS}\n"
    image = image_of((INSTALL, (file("usr/bin/git"),)), (LISTS, (file("etc/x"),)))
    assert suggested(KIND, text, **image) == []


def test_what_a_copy_brought_is_left() -> None:
    text = "FROM base\nCOPY a /tmp/a\nRUN rm -rf /tmp/a\n"
    image = built(
        text,
        [
            ("ADD rootfs / # buildkit", [file("bin/sh")]),
            ("COPY a /tmp/a # buildkit", [file("tmp/a", b"x")]),
            ("RUN /bin/sh -c rm -rf /tmp/a # buildkit", [whiteout("tmp/a")]),
        ],
    )
    assert suggested(KIND, text, {"a": ""}, **image) == []


PARTS = st.lists(
    st.sampled_from(["apt-get update", "apt-get install -y 'a b'", "mkdir -p /x", "cp /a /b", 'echo "a; b"']),
    min_size=1,
    max_size=4,
)
JOINTS = st.sampled_from([" && ", " \\\n    && ", " && \\\n  ", " \\\n  # of the next\n  && "])
OTHERS = st.sampled_from(["", "# a comment\n", "\n", "LABEL a=b\n", "ENV X=1\n"])


@given(PARTS, JOINTS, OTHERS, OTHERS, st.sampled_from(["", "\n", "\nCMD x", "\n# end\n"]))
def test_the_commands_are_the_same_in_the_same_order(
    parts: list[str], joint: str, above: str, below: str, end: str
) -> None:
    parts = ["apt-get update", *parts]
    runs = f"RUN {joint.join(parts)}\nRUN rm -rf /tmp/*{joint}apt-get clean\n"
    text = f"FROM base\n{above}{runs}{below}USER 1{end}"
    found = only(KIND, text)
    parsed = read_dockerfile(found.text.encode(), "Dockerfile")
    (run,) = [each for each in parsed.instructions if each.keyword == "RUN"]
    wanted = " && ".join([*parts, "rm -rf /tmp/*", "apt-get clean"])
    assert read_commands(run.arguments, {}) == read_commands(wanted, {})
    start, stop = run.span
    assert found.text[:start] == f"FROM base\n{above}"
    assert found.text[stop:] == f"{below}USER 1{end}"
