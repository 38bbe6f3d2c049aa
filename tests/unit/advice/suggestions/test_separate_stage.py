"""Tools for building that stay in the image: advice, with a sketch of two stages."""

from __future__ import annotations

import pytest

from tests.builders import directory, file
from tests.unit.advice.cases import built
from tests.unit.advice.suggestions.cases import only, suggested

KIND = "separate-stage"
TEXT = """\
FROM debian:13
RUN apt-get update && apt-get install -y gcc make libpq-dev
COPY . /src
RUN make -C /src install
CMD ["app"]
"""


def test_the_sketch_names_what_the_layers_show_was_built() -> None:
    image = built(
        TEXT,
        [
            ("ADD rootfs / # buildkit", [file("bin/sh")]),
            (
                "RUN /bin/sh -c apt-get update && apt-get install -y gcc make libpq-dev # buildkit",
                [file("usr/bin/gcc", b"x" * 9)],
            ),
            ("COPY . /src # buildkit", [directory("src"), file("src/a.c")]),
            (
                "RUN /bin/sh -c make -C /src install # buildkit",
                [file("usr/local/bin/app", b"app"), file("src/a.o"), file("var/log/x")],
            ),
            ('CMD ["app"]', None),
        ],
    )
    found = only(KIND, TEXT, {"a.c": ""}, tools_for_building=("gcc", "make"), tool_bytes=9, **image)
    assert found.suggestion.bytes_saved == 9
    assert "gcc, make" in found.suggestion.reasons[0].text
    assert "COPY --from=build /usr/local/bin /usr/local/bin\n" in found.suggestion.sketch
    assert "FROM debian:13 AS build\n" in found.suggestion.sketch
    assert "/var" not in found.suggestion.sketch
    assert suggested(KIND, TEXT, {"a.c": ""}, **image) == []  # the image shows that no tools are there


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("gcc make libpq-dev", "curl ca-certificates"),
        TEXT.replace("make -C /src install", "make -C /src install && apt-get purge -y gcc"),
        TEXT.replace("RUN make -C /src install\n", ""),
        "FROM debian AS build\n" + TEXT.partition("\n")[2] + "FROM debian\nCOPY --from=build /src/app /app\n",
    ],
)
def test_stages_without_tools_or_without_a_build_are_left(text: str) -> None:
    assert suggested(KIND, text, {"a.c": ""}) == []
