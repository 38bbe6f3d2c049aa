"""The parser: every form of an instruction, every place, every refusal."""

from __future__ import annotations

import pytest

from layerscope.dockerfile.read import read_dockerfile
from layerscope.dockerfile.syntax import (
    Dockerfile,
    SourceInstruction,
    Trivia,
    TriviaKind,
    print_dockerfile,
)
from layerscope.errors import DockerfileError


def read(text: str) -> Dockerfile:
    dockerfile = read_dockerfile(text.encode(), "Dockerfile")
    assert print_dockerfile(dockerfile) == text.encode()
    return dockerfile


def one(text: str) -> SourceInstruction:
    (instruction,) = read(text).instructions
    return instruction


def words(text: str) -> list[str]:
    return [word.text for word in one(text).words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a AS b", ["a", "AS", "b"]),
        ("RUN a  b", ["a  b"]),
        ("run a", ["a"]),
        ("  RuN\ta ", ["a"]),
        ("RUN a \\\n  b", ["a   b"]),
        ("RUN a \\  \n# comment\n\n  # another\n b", ["a  b"]),
        ("RUN a \\\\\n", ["a \\\\"]),
        ("RUN a\\\r\nb\r\n", ["ab"]),
        ("RUN \\\n\\\na", ["a"]),
        ("RUN a \\", ["a"]),
        ("# escape=`\nRUN a `\n\\b", ["a \\b"]),
        ("#escape =  ` \nRUN a `\nb", ["a b"]),
        ("\ufeff# escape=`\nRUN a `\nb", ["a b"]),
        ("# no directive\n# escape=`\nRUN a `", ["a `"]),
        ("\n# escape=`\nRUN a `", ["a `"]),
        ('CMD ["a", "b"]', ["a", "b"]),
        ('CMD [ "a\\u0041" , "b" ] ', ["aA", "b"]),
        ("CMD [ 'a' ]", ["[ 'a' ]"]),
        ('CMD ["a",]', ['["a",]']),
        ('CMD ["a"] b', ['["a"] b']),
        ("CMD []", []),
        ("RUN", []),
        ("ENV a=b c=d", ["a", "b", "c", "d"]),
        ("ENV a b  c", ["a", "b  c"]),
        ("ENV a=\"b c\" d='e f' g=h\\ i", ["a", '"b c"', "d", "'e f'", "g", "h\\ i"]),
        ("ENV a=\\", ["a", ""]),
        ("ARG a", ["a"]),
        ('ARG a="b c" d', ['a="b c"', "d"]),
        ("EXPOSE 80  443", ["80", "443"]),
        ("COPY a b /c", ["a", "b", "/c"]),
        ('COPY ["a b", "/c"]', ["a b", "/c"]),
        ("COPY <<< a", ["<<<", "a"]),
        ("RUN echo $((1<<2))", ["echo $((1<<2))"]),
        ("HEALTHCHECK CMD a b", ["CMD", "a b"]),
        ('HEALTHCHECK CMD ["a"]', ["CMD", "a"]),
        ("HEALTHCHECK NONE", ["NONE"]),
        ("WORKDIR /a b", ["/a b"]),
        ("MAINTAINER a <b>", ["a <b>"]),
        ("RUN a # b", ["a # b"]),
    ],
)
def test_arguments(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "exec_form"),
    [('RUN ["a"]', True), ("RUN [a]", False), ('ENTRYPOINT [ "a" ]', True), ('VOLUME ["a"]', True)],
)
def test_the_exec_form_is_a_json_array_of_strings(text: str, exec_form: bool) -> None:
    assert one(text).exec_form is exec_form


def test_flags_stand_in_front_of_the_arguments() -> None:
    text = "RUN --mount=type=cache,target='/a b' \\\n  --network=none --quick make --all"
    instruction = one(text)
    assert [(flag.name, flag.value) for flag in instruction.flags] == [
        ("mount", "type=cache,target=/a b"),
        ("network", "none"),
        ("quick", None),
    ]
    assert instruction.arguments == "make --all"
    assert instruction.flag("network") == "none"
    assert instruction.flag("security") is None
    spans = [text[flag.span.start : flag.span.end] for flag in instruction.flags]
    assert spans == ["--mount=type=cache,target='/a b'", "--network=none", "--quick"]


def test_two_hyphens_end_the_flags() -> None:
    assert words("COPY -- --a /b") == ["--a", "/b"]


def test_heredocs_belong_to_their_instruction() -> None:
    text = "FROM a\nRUN <<A cat <<-'B' <<\"C D\"\n# a\nA\n\tb $x\n\tB\n\nC D\nRUN b\n"
    instruction = read(text).instructions[1]
    assert (instruction.first_line, instruction.last_line) == (2, 8)
    assert [(h.name, h.content, h.expand, h.strip_tabs) for h in instruction.heredocs] == [
        ("A", "# a\n", True, False),
        ("B", "\tb $x\n", False, True),
        ("C D", "\n", False, False),
    ]
    start, end = instruction.heredocs[1].span
    assert text[start:end] == "\tb $x\n\tB\n"


@pytest.mark.parametrize("text", ["COPY <<E /a\nb\nE", "ADD <<E /a\nb\nE\n", "ONBUILD RUN <<E\nRUN\nE"])
def test_heredocs_of_other_instructions(text: str) -> None:
    assert [heredoc.name for heredoc in one(text).heredocs] == ["E"]


@pytest.mark.parametrize("text", ["CMD <<E", 'RUN ["<<E"]', "ENV a=<<E", "RUN '<<E", "RUN a<<<E"])
def test_what_looks_like_a_heredoc_and_is_none(text: str) -> None:
    assert one(text).heredocs == ()


def test_onbuild_has_its_trigger_inside() -> None:
    text = "ONBUILD \\\n COPY --chown=1 a /b"
    instruction = one(text)
    trigger = instruction.trigger
    assert trigger is not None
    assert (instruction.keyword, trigger.keyword) == ("ONBUILD", "COPY")
    assert [word.text for word in trigger.words] == ["a", "/b"]
    assert trigger.flag("chown") == "1"
    start, end = trigger.span
    assert text[start:end] == "COPY --chown=1 a /b"


def test_lines_and_spans_are_those_of_the_file() -> None:
    text = "# syntax=x\n\nFROM a\r\n# c\nRUN a \\\n  # inside\n  b\nENV x=1 \\\n  y=2\n"
    dockerfile = read(text)
    assert [(i.first_line, i.last_line) for i in dockerfile.instructions] == [(3, 3), (5, 7), (8, 9)]
    first = dockerfile.pieces[0]
    assert isinstance(first, Trivia)
    assert (first.kind, first.name, first.value) == (TriviaKind.DIRECTIVE, "syntax", "x")
    run, env = dockerfile.instructions[1:]
    assert [text[start:end] for start, end in run.comments] == ["  # inside\n"]
    assert text[run.arguments_span.start : run.arguments_span.end] == "a \\\n  # inside\n  b"
    assert [text[w.span.start : w.span.end] for w in env.words] == ["x", "1", "y", "2"]
    assert dockerfile.lines_of(env) == "ENV x=1 \\\n  y=2"


def test_the_pieces_tile_the_text() -> None:
    text = "\ufeff# check=skip=all\n# a\n\n \t\nFROM a\nRUN <<E\nE\n# end"
    dockerfile = read(text)
    ends = [0, *(piece.span.end for piece in dockerfile.pieces)]
    assert [piece.span.start for piece in dockerfile.pieces] == ends[:-1]
    assert ends[-1] == len(text)
    kinds = [piece.kind for piece in dockerfile.pieces if isinstance(piece, Trivia)]
    assert kinds == [
        TriviaKind.BYTE_ORDER_MARK,
        TriviaKind.DIRECTIVE,
        TriviaKind.COMMENT,
        TriviaKind.BLANK,
        TriviaKind.BLANK,
        TriviaKind.COMMENT,
    ]


def test_what_is_no_utf_8_stays_as_it_is() -> None:
    source = b"FROM a\nRUN echo \xff\xfe\n"
    dockerfile = read_dockerfile(source, "Dockerfile")
    assert print_dockerfile(dockerfile) == source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Dockerfile:1:1: the file has no instructions"),
        ("# a\n\n", "Dockerfile:2:1: the file has no instructions"),
        ("FROM a\nFOO b", "Dockerfile:2:1: unknown instruction 'FOO'"),
        ("FROM a\n\\\n  RUNN a", "Dockerfile:3:3: unknown instruction 'RUNN'"),
        ("\ufeffFOO", "Dockerfile:1:1: unknown instruction 'FOO'"),
        ("\n\ufeffFOO", "Dockerfile:2:1: unknown instruction '\\ufeffFOO'"),
        ("FROM a\nENV a", "Dockerfile:2:5: ENV needs a name and a value"),
        ("ENV a=b \\\n  c", "Dockerfile:2:3: no = in 'c'; the form is NAME=VALUE"),
        ("CMD [1]", "Dockerfile:1:5: a JSON array here has strings only"),
        ("RUN <<E\na", "Dockerfile:1:1: the heredoc 'E' has no end"),
        ("# escape=x\nRUN a", "Dockerfile:1:1: the escape character is neither \\ nor `"),
        ("# escape=`\n# Escape=`\nRUN a", "Dockerfile:2:1: a second escape directive"),
        ("ONBUILD ONBUILD RUN a", "Dockerfile:1:9: ONBUILD cannot be put off by ONBUILD"),
        ("ONBUILD FROM a", "Dockerfile:1:9: FROM cannot be put off by ONBUILD"),
        ("RUN " + "a" * 65_532, "Dockerfile:1:1: line of 65536 bytes; builders read 65535"),
    ],
)
def test_a_refusal_says_where(text: str, message: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        read_dockerfile(text.encode(), "Dockerfile")
    assert str(caught.value) == message
    assert caught.value.exit_code == 7


def test_the_longest_line_is_read() -> None:
    assert len(one("RUN " + "a" * 65_531).arguments) == 65_531


@pytest.mark.parametrize(
    "text",
    [
        "RUN " + "\\\n" * 100_000 + "a",
        "ENV " + "a=b " * 10_000 + "\\\n" * 50_000,
        "RUN [" * 1 + "[" * 60_000,
        "RUN " + "${a:-" * 10_000 + "<<E",
        "RUN <<E\n" + "x\n" * 200_000 + "E\n",
        "CMD " + '["' * 30_000,
        ("RUN " + "<<E " * 5_000 + "\n" + "E\n" * 5_000),
    ],
)
def test_what_could_take_forever_takes_one_pass(text: str) -> None:
    assert one(text).keyword in text
