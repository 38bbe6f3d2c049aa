"""Attribution where builders, Dockerfiles and histories part: certain, or unknown, never shifted."""

from __future__ import annotations

import pytest

from layerscope.errors import DockerfileError
from layerscope.oci.config import HistoryEntry
from tests.unit.dockerfile.images import buildkit, first_lines, image_of, matched

BASE = ("ADD rootfs.tar.xz / # buildkit", 'CMD ["sh"]')


def entries(*created_by: str, author: str | None = None) -> list[HistoryEntry]:
    return [HistoryEntry(created_by=text, author=author) for text in created_by]


@pytest.mark.parametrize(
    ("instruction", "created_by"),
    [
        ("RUN a   b", "RUN /bin/sh -c a   b # buildkit"),
        ("RUN a", "RUN |2 A=x y B= /bin/sh -c a # buildkit"),
        ("RUN a", "RUN /bin/bash -o pipefail -c a # buildkit"),
        ('RUN ["a", "b c"]', "RUN a b c # buildkit"),
        ("RUN --mount=type=cache,target=/c a", "RUN /bin/sh -c a # buildkit"),
        ("RUN <<E\na\nb\nE", "RUN /bin/sh -c a\nb\n # buildkit"),
        ("RUN <<-E\n\ta\nE", "RUN /bin/sh -c a\n # buildkit"),
        ("RUN <<E\n#!/bin/x\nE", "RUN /bin/sh -c /dev/pipes/E # buildkit"),
        ("RUN <<E cat\na\nE", "RUN /bin/sh -c <<E cat\na\nE # buildkit"),
        ("RUN cat <<A && cat <<B\na\nA\nb\nB", "RUN /bin/sh -c cat <<A && cat <<B\na\nA\nb\nB # buildkit"),
        ("COPY a b /c/", "COPY a b /c/ # buildkit"),
        ("COPY --from=x --link --chown=1:2 a /c", "COPY --chown=1:2 a /c # buildkit"),
        ("COPY --parents --chmod=755 a /c", "COPY --parents --chmod=755 a /c # buildkit"),
        ("COPY --chmod=755 a /c", "COPY a /c # buildkit"),
        ('COPY ["a b", "/c"]', "COPY a b /c # buildkit"),
        ("COPY <<a <<b /c/\na\nb", "COPY <<a <<b /c/ # buildkit"),
        ("ADD https://x.test/a /b", "ADD https://x.test/a /b # buildkit"),
        ("WORKDIR a/../b", "WORKDIR /b"),
        ("ENV a=\"b c\" d='e'", "ENV a=b c d=e"),
        ("ENV a b c", "ENV a=b c"),
        ("LABEL 'a b'=c", "LABEL a b=c"),
        ("ARG A=1 B", "ARG A=2 B=3"),
        ("EXPOSE 443 80/udp 1-3", "EXPOSE [1/tcp 2/tcp 3/tcp 443/tcp 80/udp]"),
        ("EXPOSE 443 80", "EXPOSE map[443/tcp:{} 80/tcp:{}]"),
        ('CMD ["a\\"b"]', 'CMD ["a\\"b"]'),
        ("CMD a", 'CMD ["/bin/sh" "-c" "a"]'),
        ("ENTRYPOINT a", 'ENTRYPOINT ["/bin/bash" "-c" "a"]'),
        ("HEALTHCHECK CMD a b", "HEALTHCHECK {Test:[CMD-SHELL a b] Interval:0s Timeout:0s Retries:0}"),
        ("HEALTHCHECK NONE", 'HEALTHCHECK &{["NONE"] "0s" "0s" "0s" \'\\x00\'}'),
        ('SHELL ["/bin/bash", "-c"]', "SHELL [/bin/bash -c]"),
        ("STOPSIGNAL 9", "STOPSIGNAL 9"),
        ("USER $USER_ID", "USER 7"),
    ],
)
def test_what_buildkit_writes(instruction: str, created_by: str) -> None:
    dockerfile = f"FROM base\nARG USER_ID=7\nRUN first\n{instruction}\nRUN last\n"
    history = [
        "ARG USER_ID=7",
        "RUN /bin/sh -c first # buildkit",
        created_by,
        "RUN /bin/sh -c last # buildkit",
    ]
    found = matched(buildkit(*BASE, *history), dockerfile)
    last = dockerfile.count("\n")
    assert first_lines(found) == [None, None, 2, 3, 4, last]
    assert (found.base_entries, found.base_layers, found.notices) == (2, 1, ())


@pytest.mark.parametrize(
    ("instruction", "created_by"),
    [
        ("RUN a", "RUN b"),
        ("RUN a", "COPY a"),
        ("COPY a /b", "COPY a /c # buildkit"),
        ("COPY --chown=1 a /b", "COPY --chown=2 a /b # buildkit"),
        ("WORKDIR a", "WORKDIR /b"),
        ("ENV a=b", "ENV a=c"),
        ("ENV a=b", "LABEL a=b"),
        ("EXPOSE 80", "EXPOSE [80/udp]"),
        ('CMD ["a", "b"]', 'CMD ["a b"]'),
        ("ARG A=1", "ARG B=1"),
    ],
)
def test_what_does_not_agree_stays_unknown_and_shifts_nothing(instruction: str, created_by: str) -> None:
    dockerfile = f"FROM base\nRUN first\n{instruction}\nRUN last\n"
    history = ["RUN /bin/sh -c first # buildkit", created_by, "RUN /bin/sh -c last # buildkit"]
    found = matched(buildkit(*BASE, *history), dockerfile)
    assert first_lines(found) == [None, None, 2, None, 4]
    assert [notice.code for notice in found.notices] == ["dockerfile-line-unmatched"]
    keyword = instruction.partition(" ")[0]
    same = created_by.removeprefix("/bin/sh -c #(nop) ").startswith(f"{keyword} ")
    what = f"the image has another {keyword} here: " if same else f"{keyword}: not in the history"
    assert found.notices[0].message.startswith(f"Dockerfile:3: {what}")
    assert (found.matched, found.instructions) == (2, 3)


def test_two_equal_instructions_are_told_apart_by_their_order() -> None:
    run = "RUN /bin/sh -c make # buildkit"
    assert first_lines(matched(buildkit(*BASE, run, run), "FROM a\nRUN make\nRUN make\n")) == [
        None,
        None,
        2,
        3,
    ]


def test_two_equal_instructions_and_one_entry_leave_both_unknown() -> None:
    image = buildkit(*BASE, *(f"RUN /bin/sh -c {name} # buildkit" for name in ("make", "install")))
    found = matched(image, "FROM a\nRUN make\nRUN make\nRUN install\n")
    assert first_lines(found) == [None, None, None, 4]
    assert {notice.code for notice in found.notices} >= {"dockerfile-line-ambiguous"}


def test_one_instruction_and_two_equal_entries_with_something_between() -> None:
    names = ("make", "other", "make", "install")
    image = buildkit(*BASE, *(f"RUN /bin/sh -c {name} # buildkit" for name in names))
    found = matched(image, "FROM a\nRUN make\nRUN install\n")
    assert first_lines(found)[-1] == 3
    assert set(first_lines(found)[:5]) <= {None, 2}


def test_more_equal_entries_than_equal_instructions_at_the_lower_end_are_unknown() -> None:
    run = "RUN /bin/sh -c make # buildkit"
    image = buildkit(*BASE, run, run, run, "COPY a /b # buildkit")
    found = matched(image, "FROM a\nRUN make\nRUN make\nCOPY a /b\n")
    assert first_lines(found) == [None] * 5 + [4]
    assert found.base_entries is None
    assert [(notice.code, notice.count) for notice in found.notices] == [("dockerfile-line-ambiguous", 2)]


def test_a_new_instruction_with_the_text_of_one_of_the_base_is_not_the_bases() -> None:
    runs = [f"RUN /bin/sh -c {name} # buildkit" for name in ("setup", "a", "b", "c")]
    image = buildkit(BASE[0], runs[0], BASE[1], *runs[1:])
    found = matched(image, "FROM x\nRUN setup\nRUN a\nRUN b\nRUN c\n")
    assert first_lines(found) == [None, None, None, 3, 4, 5]


def test_the_same_text_in_the_base_is_the_bases() -> None:
    found = matched(
        buildkit(*BASE, "RUN /bin/sh -c a # buildkit", 'CMD ["sh"]'), 'FROM b\nRUN a\nCMD ["sh"]\n'
    )
    assert first_lines(found) == [None, None, 2, 3]


def test_a_stage_that_continues_another_one() -> None:
    dockerfile = (
        "FROM base AS one\nRUN a\nENV x=1\nFROM two-of-another AS no\nRUN no\nFROM one\nCOPY f /g$x\n"
    )
    history = ["RUN /bin/sh -c a # buildkit", "ENV x=1", "COPY f /g1 # buildkit"]
    found = matched(buildkit(*BASE, *history), dockerfile)
    assert first_lines(found) == [None, None, 2, 3, 7]
    assert [entry.lines.stage for entry in found.image.history if entry.lines] == ["one", "one", "2"]
    assert found.base_entries == 2


def test_a_target_is_compared_alone() -> None:
    image = buildkit(*BASE, "RUN /bin/sh -c a # buildkit")
    dockerfile = "FROM x AS one\nRUN a\nFROM one\nRUN b\nRUN c\nRUN d\n"
    assert first_lines(matched(image, dockerfile, target="one")) == [None, None, 2]
    with pytest.raises(DockerfileError):
        matched(image, dockerfile, target="three")


def test_a_build_argument_that_the_user_repeats_has_to_agree() -> None:
    image = buildkit(*BASE, "ARG D=/x", "COPY a /x # buildkit", "RUN /bin/sh -c b # buildkit")
    dockerfile = "FROM x\nARG D=/y\nCOPY a $D\nRUN b\n"
    assert first_lines(matched(image, dockerfile)) == [None, None, 2, 3, 4]
    assert first_lines(matched(image, dockerfile, build_args={"D": "/x"})) == [None, None, 2, 3, 4]
    assert first_lines(matched(image, dockerfile, build_args={"D": "/z"})) == [None, None, 2, None, 4]


def test_kaniko_has_entries_for_layers_only() -> None:
    base = entries("/bin/sh -c #(nop) ADD file:" + "a" * 64 + " in / ")
    history = base + entries("COPY --from=0 /a /b", "RUN make  all", author="kaniko")
    found = matched(
        image_of(history),
        "FROM x\nENV a=b\nUSER c\nWORKDIR /d\nLABEL e=f\nCOPY --from=0 /a /b\nRUN make  all\n",
    )
    assert first_lines(found) == [None, 6, 7]
    assert (found.base_entries, found.base_layers, found.notices) == (1, 1, ())


def test_the_classic_builder_squashes_all_into_one_more_entry() -> None:
    history = [
        HistoryEntry(created_by="/bin/sh -c #(nop) COPY dir:" + "a" * 64 + " in /src "),
        *(HistoryEntry(created_by=f"/bin/sh -c {name}", empty_layer=True) for name in ("a", "b")),
        HistoryEntry(comment="merge sha256:1 to sha256:2"),
    ]
    found = matched(image_of(history), "FROM x\nRUN a\nRUN b\n")
    assert first_lines(found) == [None, 2, 3, None]
    assert [layer.instruction and layer.instruction.lines for layer in found.image.layers] == [None, None]


def test_a_layer_of_many_instructions_has_the_lines_of_all() -> None:
    texts = ("COPY file:" + "a" * 64 + " in / ", "ENV a=b", "WORKDIR /c", 'CMD ["d"]')
    history = [HistoryEntry(created_by=f"/bin/sh -c #(nop) {text}", empty_layer=True) for text in texts[:-1]]
    history.append(HistoryEntry(created_by=f"/bin/sh -c #(nop) {texts[-1]}"))
    found = matched(image_of(history), 'FROM scratch\nCOPY a /\nENV a=b\nWORKDIR /c\nCMD ["d"]\n')
    (layer,) = found.image.layers
    assert layer.instruction is not None
    assert layer.instruction.lines is not None
    assert (layer.instruction.lines.first, layer.instruction.lines.last) == (2, 4)
    assert layer.instruction.lines.text == "COPY a /\nENV a=b\nWORKDIR /c"
    assert first_lines(found) == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM debian\nRUN one\nRUN two\n",
        'FROM debian\nCMD ["sh"]\n',
        'FROM debian\nWORKDIR /\nRUN one\nCMD ["sh"]\n',
        "FROM debian\nRUN apt-get update\nRUN other\nCOPY . /x\n",
        "FROM debian\nRUN apt-get update\nUSER somebody\n",
        "FROM debian\nENV own=1\nRUN |1 a\n",
    ],
)
def test_a_dockerfile_of_another_image_gives_nothing_and_says_so(dockerfile: str) -> None:
    image = buildkit(*BASE, "RUN /bin/sh -c apt-get update # buildkit", "COPY . /app # buildkit", "ENV own=1")
    found = matched(image, dockerfile)
    assert first_lines(found) == [None] * 5
    assert (found.matched, found.base_entries, found.base_layers) == (0, None, None)
    assert [notice.code for notice in found.notices] == ["dockerfile-unlike-history"]
    assert found.image == image


@pytest.mark.parametrize(
    ("dockerfile", "lines"),
    [("FROM x\nENV own=1\nUSER me\nLABEL a=b\n", [2, 3, 4]), ("FROM x\nENV own=1\nUSER me\n", [None] * 3)],
)
def test_without_run_and_copy_all_has_to_agree(dockerfile: str, lines: list[int | None]) -> None:
    found = matched(buildkit(*BASE, "ENV own=1", "USER me", "LABEL a=b"), dockerfile)
    assert first_lines(found) == [None, None, *lines]


@pytest.mark.parametrize("created_by", ["jib-maven-plugin:3", "bazel build //a", "apko", None])
def test_an_image_that_no_dockerfile_made(created_by: str | None) -> None:
    found = matched(image_of([HistoryEntry(created_by=created_by)]), "FROM a\nRUN b\n")
    assert found.matched == 0
    assert len(found.notices) == 1


def test_an_image_without_history() -> None:
    found = matched(image_of([]), "FROM a\nRUN b\n")
    assert (found.matched, len(found.notices)) == (0, 1)


def test_a_stage_without_instructions_is_its_base() -> None:
    found = matched(buildkit(*BASE), "FROM a\n")
    assert (found.base_entries, found.base_layers, found.instructions, found.notices) == (2, 1, 0, ())


def test_windows() -> None:
    history = entries("cmd /S /C #(nop) WORKDIR C:\\app", "cmd /S /C dir", "powershell -Command Get-Item x")
    dockerfile = (
        '# escape=`\nFROM w\nWORKDIR C:\\app\nRUN dir\nSHELL ["powershell", "-Command"]\nRUN Get-Item x\n'
    )
    assert first_lines(matched(image_of(history), dockerfile)) == [3, 4, 6]


def test_what_lines_say() -> None:
    found = matched(
        buildkit("RUN /bin/sh -c a     b # buildkit"), "FROM scratch AS End\n# c\nRUN a \\\n # d\n    b\n"
    )
    lines = found.image.history[0].lines
    assert lines is not None
    assert (lines.file, lines.first, lines.last, lines.stage) == ("Dockerfile", 3, 5, "end")
    assert lines.text == "RUN a \\\n # d\n    b"
    assert found.stage == "end"
    layer = found.image.layers[0].instruction
    assert layer is not None
    assert layer.lines == lines


def test_text_that_is_no_utf_8_agrees_with_what_json_made_of_it() -> None:
    image = buildkit("RUN /bin/sh -c echo \ufffd # buildkit")
    from layerscope.dockerfile.match import attribute
    from layerscope.dockerfile.read import read_dockerfile

    found = attribute(image, read_dockerfile(b"FROM scratch\nRUN echo \xff\n", "Dockerfile"))
    assert first_lines(found) == [2]
    assert "\ufffd" in (found.image.history[0].lines.text if found.image.history[0].lines else "")


@pytest.mark.parametrize(
    ("dockerfile", "history"),
    [
        ("FROM a\n" + "RUN make\n" * 600, ["RUN /bin/sh -c make # buildkit"] * 5_000),
        ("FROM a\n" + "RUN make\n" * 20_000, ["RUN /bin/sh -c make # buildkit"] * 5),
        ("FROM a\n" + "ENV A=$A$A$A$A\n" * 200 + "COPY $A /b\n" * 200, ["COPY x /b # buildkit"] * 200),
        (
            "FROM a\nARG A\n" + ("COPY " + "$A" * 2_000 + " /b\n") * 20,
            ["COPY " + "x" * 4_000 + " /b # buildkit"],
        ),
        ("FROM a\n" + "EXPOSE 1-65535\n" * 500, ["EXPOSE [1-65535/tcp]"] * 500),
        ("FROM a\n" + "ONBUILD RUN a\n" * 300, ["/bin/sh -c #(nop)  ONBUILD RUN a"] * 300),
        (
            f"FROM a\nENV A={'a' * 30_000}\n" + ("RUN a\nENV B=" + "${A##*b*b*b*b}" * 500 + "\n") * 100,
            ["RUN /bin/sh -c a # buildkit"] * 100,
        ),
        (
            "FROM a AS s0\n" + "".join(f"FROM s{n} AS s{n + 1}\n" for n in range(20_000)) + "RUN a\n",
            ["RUN /bin/sh -c a # buildkit"],
        ),
    ],
)
def test_what_is_large_or_grows_ends(dockerfile: str, history: list[str]) -> None:
    found = matched(buildkit(*history), dockerfile)
    assert found.matched <= len(history)
