"""Laws of the parser and of attribution, on texts and bytes that Hypothesis makes up."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from layerscope.dockerfile.match import attribute
from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.syntax import SourceInstruction, print_dockerfile
from layerscope.errors import DockerfileError
from layerscope.oci.config import HistoryEntry
from tests.property.strategies import SETTINGS
from tests.unit.dockerfile.images import buildkit, image_of
from tests.unit.dockerfile.strategies import created_by, dockerfiles, pieces_of_text


def parsed(source: bytes) -> tuple[SourceInstruction, ...]:
    """The instructions of what parses; nothing of the rest, which is refused with a place."""
    try:
        dockerfile = read_dockerfile(source, "Dockerfile")
    except DockerfileError as error:
        where, line, column, _ = error.message.split(":", 3)
        assert where == "Dockerfile"
        assert int(line) >= 1
        assert int(column) >= 1
        return ()
    assert print_dockerfile(dockerfile) == source
    ends = [0, *(piece.span.end for piece in dockerfile.pieces)]
    assert [piece.span.start for piece in dockerfile.pieces] == ends[:-1]
    assert ends[-1] == len(dockerfile.text)
    return dockerfile.instructions


@SETTINGS
@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(source: bytes) -> None:
    assert all(instruction.keyword for instruction in parsed(source))


@SETTINGS
@given(pieces_of_text)
def test_printing_gives_the_bytes_that_were_parsed(text: str) -> None:
    instructions = parsed(text.encode())
    lines = [(instruction.first_line, instruction.last_line) for instruction in instructions]
    assert all(first <= last for first, last in lines)
    assert all(before[1] < after[0] for before, after in pairwise(lines))


@SETTINGS
@given(pieces_of_text)
def test_spans_lie_inside_their_instruction_and_say_what_stands_there(text: str) -> None:
    for instruction in parsed(text.encode()):
        inside = [instruction.keyword_span, instruction.arguments_span]
        inside += [word.span for word in instruction.words] + [flag.span for flag in instruction.flags]
        inside += [heredoc.span for heredoc in instruction.heredocs] + list(instruction.comments)
        start, end = instruction.span
        assert all(start <= span.start <= span.end <= end for span in inside)
        keyword = text[instruction.keyword_span.start : instruction.keyword_span.end]
        assert instruction.keyword in (
            keyword.upper(),
            keyword.upper().replace("\\\n", ""),
            instruction.keyword,
        )
        assert instruction.last_line - instruction.first_line == text[start:end].rstrip("\n").count("\n") or (
            text[start:end].endswith("\n\n")
        )


@SETTINGS
@given(dockerfiles, st.lists(created_by, max_size=8))
def test_attribution_takes_any_history(text: str, texts: list[str]) -> None:
    dockerfile = read_dockerfile(text.encode(), "Dockerfile")
    image = image_of([HistoryEntry(created_by=text, empty_layer=len(text) % 2 == 0) for text in texts])
    found = attribute(image, dockerfile)
    assert len(found.image.history) == len(image.history)
    assert found.matched <= len(texts)
    ordered = [entry.lines.first for entry in found.image.history if entry.lines]
    assert ordered == sorted(ordered)
    assert [replaced.created_by for replaced in found.image.history] == texts


@SETTINGS
@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=8), st.data())
def test_a_history_that_fits_is_found_in_full_and_one_that_lacks_something_never_shifts(
    names: list[str], data: st.DataObject
) -> None:
    dockerfile = read_dockerfile(
        ("FROM base\n" + "".join(f"RUN {name}\n" for name in names)).encode(), "Dockerfile"
    )
    entries = [f"RUN /bin/sh -c {name} # buildkit" for name in names]
    found = attribute(buildkit("ADD base / # buildkit", *entries), dockerfile)
    assert [entry.lines and entry.lines.first for entry in found.image.history[1:]] == [
        n + 2 for n in range(len(names))
    ]
    gone = data.draw(st.sets(st.integers(0, len(names) - 1)))
    kept = [n for n in range(len(names)) if n not in gone]
    found = attribute(buildkit("ADD base / # buildkit", *(entries[n] for n in kept)), dockerfile)
    for n, entry in zip(kept, found.image.history[1:], strict=True):
        assert entry.lines is None or entry.lines.text == f"RUN {names[n]}"
