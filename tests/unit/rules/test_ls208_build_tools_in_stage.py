"""LS208: tools for building in the stage that is shipped."""

from __future__ import annotations

from layerscope.rules.finding import Severity
from tests.builders import directory, file
from tests.dockerfile_rules import found
from tests.unit.advice.cases import built

INSTALL = "apt-get update && apt-get install -y gcc make libpq-dev"
TEXT = f'FROM debian:13\nRUN {INSTALL}\nCOPY . /src\nRUN make -C /src install\nCMD ["app"]\n'


def image() -> dict[str, object]:
    steps = (
        ("ADD rootfs / # buildkit", [file("bin/sh")]),
        (f"RUN /bin/sh -c {INSTALL} # buildkit", [file("usr/bin/gcc", b"x" * 9)]),
        ("COPY . /src # buildkit", [directory("src"), file("src/a.c")]),
        ("RUN /bin/sh -c make -C /src install # buildkit", [file("usr/local/bin/app", b"app")]),
        ('CMD ["app"]', None),
    )
    return built(TEXT, steps)


def test_a_sketch_of_two_stages() -> None:
    (finding,) = found("LS208", TEXT, {"a.c": ""}, tools_for_building=("gcc",), tool_bytes=9, **image())
    assert finding.severity is Severity.INFO
    assert "COPY --from=build /usr/local/bin /usr/local/bin" in finding.fix.example
    assert finding.build is not None
    assert finding.build.stored_bytes == 9
    assert finding.fix.text.endswith("layerscope advise app.tar says why")


def test_an_image_without_tools_is_right() -> None:
    assert found("LS208", TEXT, {"a.c": ""}, **image()) == ()
