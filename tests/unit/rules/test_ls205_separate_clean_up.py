"""LS205: a clean-up in a RUN of its own."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import directory, file, whiteout
from tests.dockerfile_rules import found, lines
from tests.unit.advice.cases import built

INSTALL = "apt-get update && apt-get install -y git"
LISTS = "rm -rf /var/lib/apt/lists/*"
LIST = "var/lib/apt/lists/deb"
TEXT = f"FROM base\nRUN {INSTALL}\nRUN {LISTS}\n"


def test_it_names_both_runs_and_what_the_image_stores_less() -> None:
    steps = (
        ("ADD rootfs / # buildkit", [file("bin/sh"), directory("var/lib/apt/lists")]),
        (f"RUN /bin/sh -c {INSTALL} # buildkit", [file(LIST, b"x" * 5000), file("usr/bin/git")]),
        (f"RUN /bin/sh -c {LISTS} # buildkit", [whiteout(LIST)]),
    )
    (finding,) = found("LS205", TEXT, {}, **built(TEXT, steps))
    assert lines(finding) == [2, 3]
    assert [location.layer for location in finding.locations] == [1, 2]
    assert finding.build is not None
    assert finding.build.stored_bytes == 5000
    assert finding.severity is Severity.INFO  # nothing is carried out less often
    assert "proved" in finding.fix.text


def test_one_run_is_right() -> None:
    assert found("LS205", f"FROM base\nRUN {INSTALL} && {LISTS}\n", {}) == ()


def test_a_clean_up_of_what_is_needed_in_between_stays() -> None:
    text = f"FROM base\nRUN {INSTALL}\nRUN ./build.sh\nRUN {LISTS}\n"
    assert found("LS205", text, {"build.sh": ""}) == ()
