"""Why a builder did not build: its own line, and the last words of the step."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerscope.workspace.builders import Builder, BuildFailed

BUILDAH = """\
STEP 1/3: FROM scratch AS a
STEP 2/3: COPY busybox /bin/busybox
--> d73866b15e8
STEP 3/3: RUN make
error: three
one
two
four
subprocess exited with status 3
subprocess exited with status 3
Error: building at STEP "RUN make": exit status 3
"""
CLASSIC = """\
Step 2/3 : COPY busybox /bin/busybox
 ---> d8ca044595d0
Step 3/3 : RUN make
 ---> Running in 5314c5934732
one
\x1b[91merror: three
\x1b[0mfour
The command '/bin/sh -c make' returned a non-zero code: 3

"""
BUILDKIT = """\
#5 [2/3] RUN make
#6 [other 2/3] RUN sleep 9
#5 0.110 one
#6 0.111 another stage
#5 0.112 error: three
#5 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 3
#6 CANCELED
------
 > [2/3] RUN make:
0.110 one
0.112 error: three
------
Dockerfile:3
--------------------
   3 | >>> RUN make
--------------------
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 3
"""
FAILED = 'process "/bin/sh -c make" did not complete successfully: exit code: 3'


def reason(directory: Path, log: str, monkeypatch: pytest.MonkeyPatch, **build_args: str) -> str:
    """What is told of a builder that prints a log and fails."""
    (directory / "log").write_text(log)
    program = directory / "buildah"
    program.write_text(f"#!/bin/sh\ncat '{directory}/log'\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(directory), prepend=":")
    with pytest.raises(BuildFailed) as told:
        Builder("buildah").build(directory / "Dockerfile", directory, "tag", build_args=build_args)
    return str(told.value).removeprefix("buildah: ")


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (BUILDAH, 'Error: building at STEP "RUN make": exit status 3; its last words: one / two / four'),
        (
            CLASSIC,
            "The command '/bin/sh -c make' returned a non-zero code: 3; "
            "its last words: one / error: three / four",
        ),
        (BUILDKIT, f"ERROR: failed to solve: {FAILED}; its last words: one / error: three"),
        ("unknown flag: --x\nSee 'docker build --help'.\n", "unknown flag: --x"),
        ("", "exit code 1"),
        ("something else\n", "something else"),
    ],
    ids=["buildah", "classic", "buildkit", "option", "silent", "other"],
)
def test_the_reason(tmp_path: Path, log: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reason(tmp_path, log, monkeypatch) == expected


def test_a_long_line_is_cut_but_no_secret_is_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = "ghp_" + "a1B2" * 9
    told = reason(tmp_path, f"Error: {'x' * 280} {token} {'y' * 500}\n", monkeypatch)
    assert told == f"Error: {'x' * 280} ..."
    assert len(reason(tmp_path, f"Error: {'x' * 5000}\n", monkeypatch)) == 303


def test_a_secret_that_was_given_is_told_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = reason(
        tmp_path, "Error: no 5ecretValue in 1.27\n", monkeypatch, TOKEN="5ecretValue", VERSION="1.27"
    )
    assert told == "Error: no $TOKEN in 1.27"
