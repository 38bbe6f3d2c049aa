"""Which steps hit and miss after an edit, for each builder, and the reasons that are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from layerscope.dockerfile.builders import Builder
from layerscope.dockerfile.cache.simulate import simulate
from layerscope.dockerfile.cache.states import (
    BaseImage,
    BuildOutcome,
    BuildState,
    Cause,
    CauseKind,
    RunOutputs,
    Verdict,
)
from layerscope.dockerfile.context import Context, ContextFile, FileKind, TreeEntry, context_of_tree
from layerscope.dockerfile.read import read_dockerfile
from layerscope.errors import DockerfileError

ALL = tuple(Builder)


def context(**files: str) -> Context:
    """Files by name, `_` for a slash; the content of each."""
    entries = [TreeEntry(name.replace("_", "/"), "100644", content) for name, content in files.items()]
    return context_of_tree(entries)


def state(text: str, files: Context | None = None, args: Mapping[str, str] | None = None) -> BuildState:
    whole = text if text.startswith(("FROM", "ARG G", "#")) else f"FROM base\n{text}"
    bases = {"base": BaseImage("sha256:1", ("PATH=/bin",))}
    return BuildState(
        read_dockerfile(whole.encode(), "Dockerfile"), files or context(f="1"), args or {}, bases
    )


def signs(outcome: BuildOutcome) -> str:
    """One sign a step: + from the cache, - carried out; . is no step, / not built."""
    known = {Verdict.HIT: "+", Verdict.MISS: "-", Verdict.NO_STEP: ".", Verdict.NOT_BUILT: "/"}
    return "".join(known[step.verdict] for step in outcome.steps)


def again(
    builder: Builder, before: BuildState, after: BuildState, outputs: RunOutputs = RunOutputs.CHANGE
) -> str:
    return signs(simulate(builder, [before, after], outputs=outputs)[1])


RCR = "RUN one\nCOPY f /f\nRUN two\n"


@pytest.mark.parametrize("builder", ALL)
def test_the_first_build_misses_everything_and_the_second_nothing(builder: Builder) -> None:
    first, second, reverted = simulate(builder, [state(RCR), state(RCR, context(f="2")), state(RCR)])
    assert (signs(first), first.misses, first.hits) == ("---", 3, 0)
    assert first.steps[0].causes == (Cause(CauseKind.FIRST),)
    assert signs(second) == "+--"
    assert signs(reverted) == "+++"


@pytest.mark.parametrize(
    ("before", "after", "buildkit", "classic", "buildah"),
    [
        ("{}", "LABEL a=b\n{}", ".+++", "----", "----"),
        ("{}", "EXPOSE 80\nCMD x\n{}", "..+++", "-----", "-----"),
        ("ENV A=1\n{}", "ENV A=2\n{}", ".---", "----", "----"),
        ("ENV A=1\nCOPY f /f\nRUN x", "ENV A=2\nCOPY f /f\nRUN x", ".+-", "---", "---"),
        ("ENV A=1\nENV B=2\n{}", "ENV B=2\nENV A=1\n{}", "..---", "-----", "-----"),
        ("ENV A=1 B=2\n{}", "ENV A=1\nENV B=2\n{}", "..+++", "-----", "-----"),
        ("ENV A=1 B=2\n{}", "ENV A=1 B=2\nENV A=1\n{}", "..---", "+----", "+----"),
        ("ARG A=1\n{}", "ARG A=2\n{}", ".---", "----", "+---"),
        ("{}", "ARG NOVAL\n{}", ".+++", "----", "----"),
        ("USER 1\n{}", "USER 2\n{}", ".---", "----", "----"),
        ("USER 1\nCOPY f /f", "USER 2\nCOPY f /f", ".+", "--", "--"),
        ("USER 1\nWORKDIR /w", "USER 2\nWORKDIR /w", ".-", "--", "--"),
        ("{}", "WORKDIR /\n{}", ".+++", "----", "----"),
        ("WORKDIR /w\nCOPY f f", "WORKDIR /w\nCOPY f /w/f", "++", "+-", "+-"),
        ("EXPOSE 80 443\n{}", "EXPOSE 443 80\n{}", ".+++", "++++", "----"),
        ("RUN   x", "run x", "+", "+", "-"),
        ("RUN x  y", "RUN x y", "-", "-", "-"),
        ("RUN x \\\n# a\n y", "RUN x \\\n# b\n y", "+", "+", "+"),
        ("RUN x", 'RUN ["/bin/sh", "-c", "x"]', "+", "+", "-"),
        ("COPY f g /d/", "COPY g f /d/", "-", "-", "-"),
        ("COPY f /d", "ADD f /d", "-", "-", "-"),
        ("COPY f /d", "COPY same /d", "-", "-", "+"),
        ("COPY f /d/", "COPY same /d/", "-", "-", "-"),
        ("RUN --mount=type=cache,target=/c,id=a x", "RUN --mount=type=cache,target=/c,id=b x", "+", "-", "-"),
        ("RUN <<E\n# a\nE", "RUN <<E\n# b\nE", "-", "-", "-"),
        ("COPY <<E /f\na\nE", "COPY <<E /f\nb\nE", "-", "-", "-"),
        ("RUN a\nCOPY --link f /f\nRUN c", "RUN b\nCOPY --link f /f\nRUN c", "-+-", "---", "---"),
    ],
)
def test_an_edit(before: str, after: str, buildkit: str, classic: str, buildah: str) -> None:
    files = context(f="1", g="2", same="1")
    old, new = state(before.format(RCR), files), state(after.format(RCR), files)
    found = tuple(again(builder, old, new) for builder in ALL)
    assert found == (buildkit, classic, buildah)


@pytest.mark.parametrize(
    ("text", "buildkit", "classic", "buildah"),
    [
        ("ARG V\nRUN x\nCOPY f /f", ".--", "+--", "+--"),
        ("ARG V\nCOPY f /f\nRUN x", ".+-", "++-", "++-"),
        ("RUN x\nARG V\nCOPY f /f\nRUN y", "+.+-", "+++-", "+++-"),
        ("ARG V\nENV E=$V\nLABEL l=$V", "...", "+--", "+++"),
        ("ARG V\nCOPY f /$V/", ".-", "+-", "++"),
        ("RUN x", "+", "+", "+"),
        ("ARG V\nENV V=1\nRUN x", "..+", "+++", "+++"),
    ],
)
def test_another_build_argument(text: str, buildkit: str, classic: str, buildah: str) -> None:
    old, new = state(text, args={"V": "a"}), state(text, args={"V": "b"})
    assert again(Builder.BUILDKIT, old, new) == buildkit
    assert again(Builder.CLASSIC, old, new) == classic
    assert again(Builder.BUILDAH, old, new) == buildah


STAGES = """FROM base AS build
COPY src /src
RUN make
FROM base AS unused
RUN never
FROM base
COPY --from=build /out /out
RUN after
"""


@pytest.mark.parametrize(
    ("builder", "change", "stable"),
    [
        (Builder.BUILDKIT, "--/--", "--/++"),
        (Builder.CLASSIC, "--+--", "--+++"),
        (Builder.BUILDAH, "--/--", "--/++"),
    ],
)
def test_what_another_stage_made_is_an_interval(builder: Builder, change: str, stable: str) -> None:
    old, new = state(STAGES, context(src_a="1")), state(STAGES, context(src_a="2"))
    assert again(builder, old, new) == change
    assert again(builder, old, new, RunOutputs.STABLE) == stable


@pytest.mark.parametrize("builder", ALL)
def test_who_knows_what_a_stage_made_ends_the_interval(builder: Builder) -> None:
    told = [replace(state(STAGES, context(src_a=name)), stage_content=lambda copy: "same") for name in "12"]
    assert again(builder, *told).endswith("++")
    others = [told[0], replace(told[1], stage_content=lambda copy: copy.stage)]
    assert again(builder, *others).endswith("--")


@pytest.mark.parametrize("builder", ALL)
def test_files_that_only_pass_through_a_stage_are_known(builder: Builder) -> None:
    text = "FROM scratch AS files\nCOPY . /all\nFROM base\nCOPY --from=files /all/a /a\n"
    before, other, own = (context(a="1", b="1"), context(a="1", b="2"), context(a="2", b="1"))
    assert again(builder, state(text, before), state(text, other)) == "-+"
    assert again(builder, state(text, before), state(text, own)) == "--"


def test_arguments_of_a_stage_below_count_with_buildkit_alone() -> None:
    text = "FROM base AS b\nRUN one\nARG V\nFROM b\nRUN two\n"
    old, new = state(text, args={"V": "1"}), state(text, args={"V": "2"})
    assert [again(builder, old, new) for builder in ALL] == ["+.-", "+++", "+++"]


def test_another_base_image_misses_everything_and_says_so() -> None:
    old = state(RCR)
    new = replace(old, bases={"base": BaseImage("sha256:2", ("PATH=/bin",))})
    for builder in ALL:
        outcome = simulate(builder, [old, new])[1]
        assert signs(outcome) == "---"
        assert outcome.steps[0].causes == (Cause(CauseKind.BASE, "base"),)


def causes(builder: Builder, old: BuildState, new: BuildState) -> list[tuple[Cause, ...]]:
    return [step.causes for step in simulate(builder, [old, new])[1].steps]


def test_the_files_that_changed_are_named() -> None:
    old, new = context(a_x="1", a_y="1", a_z="1"), context(a_x="2", a_y="1", a_w="1")
    found = causes(Builder.BUILDKIT, state("COPY . /d\nRUN x", old), state("COPY . /d\nRUN x", new))
    assert found == [
        (Cause(CauseKind.FILES, paths=("a/w", "a/x", "a/z")),),
        (Cause(CauseKind.BEFORE, line=2),),
    ]


def test_the_argument_and_the_variable_that_changed_are_named() -> None:
    text = "ARG V\nENV A={}\nRUN x\nRUN y"
    old, new = state(text.format(1), args={"V": "1"}), state(text.format(2), args={"V": "2"})
    found = causes(Builder.BUILDKIT, old, new)
    assert set(found[2]) == {Cause(CauseKind.ARGUMENT, "V"), Cause(CauseKind.VARIABLE, "A")}
    assert found[3][-1] == Cause(CauseKind.BEFORE, line=4)
    assert causes(Builder.CLASSIC, old, new)[1] == (Cause(CauseKind.INSTRUCTION),)


def test_a_new_instruction_is_named() -> None:
    old, new = state("RUN x"), state("RUN x\nCOPY f /f")
    assert causes(Builder.BUILDKIT, old, new) == [(), (Cause(CauseKind.INSTRUCTION),)]


def test_triggers_of_a_stage_are_steps_of_the_next() -> None:
    text = "FROM base AS b\nONBUILD COPY f /f\nFROM b\nRUN x\n"
    assert again(Builder.BUILDKIT, state(text), state(text, context(f="2"))) == ".--"


def test_modes_count_and_owners_with_buildah_alone() -> None:
    def one(mode: int, owner: int) -> BuildState:
        return state("COPY f /f", Context({"f": ContextFile(FileKind.FILE, mode, "1", 1, (owner, owner))}))

    assert [again(builder, one(0o644, 0), one(0o755, 0)) for builder in ALL] == ["-", "-", "-"]
    assert [again(builder, one(0o644, 0), one(0o644, 7)) for builder in ALL] == ["+", "+", "-"]


def test_a_target_that_is_not_there_is_an_error() -> None:
    with pytest.raises(DockerfileError, match="no stage"):
        simulate(Builder.BUILDKIT, [replace(state(RCR), target="nowhere")])
