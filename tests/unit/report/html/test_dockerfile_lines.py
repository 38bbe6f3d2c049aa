"""The Dockerfile with what its lines cost."""

from __future__ import annotations

from dataclasses import replace

from layerscope.analysis.analyze import Analysis
from layerscope.image.history import DockerfileLines
from layerscope.report.html.dockerfile import SourceLine, source_lines
from tests.analyses import analysis, step
from tests.builders import file

TEXT = "FROM base\nCOPY a /\n\nRUN make \\\n  all\n"


def built(*times: str) -> Analysis:
    """Two layers on lines 2 and 4, made at these times."""
    given = analysis(step(file("a", b"x" * 10), by="COPY a /"), step(file("b", b"y" * 20), by="RUN make"))
    layers = []
    for analyzed, line, created in zip(given.layers, (2, 4), times, strict=True):
        assert analyzed.layer.instruction is not None
        lines = DockerfileLines("Dockerfile", line, line, "0", "")
        instruction = replace(analyzed.layer.instruction, lines=lines, created=created)
        layers.append(replace(analyzed, layer=replace(analyzed.layer, instruction=instruction)))
    return replace(given, layers=tuple(layers))


def test_figures_stand_at_the_first_line_of_an_instruction() -> None:
    lines = source_lines(built("2024-05-01T10:00:00Z", "2024-05-01T10:00:07.5+00:00"), TEXT)
    assert [line.text for line in lines] == TEXT.splitlines()
    assert lines[1] == SourceLine(2, "COPY a /", layer=0, stored_bytes=10)
    assert lines[3] == SourceLine(4, "RUN make \\", layer=1, stored_bytes=20, seconds=7.5)
    assert [line.layer for line in lines] == [None, 0, None, 1, None]


def test_times_that_are_no_build_s_give_no_seconds() -> None:
    for times in (
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
        ("2024-05-02T10:00:00Z", "2024-05-01T10:00:00Z"),
        ("2024-01-01T10:00:00Z", "2024-05-01T10:00:00Z"),
        ("not a time", "2024-05-01T10:00:00Z"),
        ("2024-05-01T10:00:00", "2024-05-01T10:00:05Z"),
        ("", ""),
    ):
        assert source_lines(built(*times), TEXT)[3].seconds is None


def test_no_secret_of_the_dockerfile_is_shown() -> None:
    text = "FROM x\nENV API_TOKEN=q8w7e6r5t4z3u2i1\n"
    shown = source_lines(built("", ""), text)
    assert "q8w7e6r5t4z3u2i1" not in "".join(line.text for line in shown)
    assert shown[1].text == "ENV API_TOKEN=***"


def test_lines_that_the_text_has_not_got_are_left_out() -> None:
    """It may have changed since it was read."""
    assert len(source_lines(built("", ""), "FROM x\n")) == 1
