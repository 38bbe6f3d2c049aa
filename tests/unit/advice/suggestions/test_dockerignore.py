"""Entries for .dockerignore: what nothing names, and what it saves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.advice.independence import Trust
from layerscope.dockerfile.ignore import read_ignore_rules
from tests.builders import directory, file, symlink, whiteout
from tests.unit.advice.cases import advised, built, history_of
from tests.unit.advice.suggestions.cases import suggested

KIND = "dockerignore"
TEXT = 'FROM base\nWORKDIR /app\nCOPY . .\nRUN mkdir -p /data\nCMD ["app"]\n'
FILES = {"main.c": "", "README.md": "read me\n", "docs/a.txt": "", ".github/w.yml": "", "Dockerfile": TEXT}
HISTORY = history_of(
    list(FILES), ["README.md"], ["main.c"], ["docs/a.txt"], [".github/w.yml"], ["Dockerfile"]
)


def lines_of(text: str = TEXT, files: dict[str, str] | None = None, **known: Any) -> list[str]:
    known.setdefault("history", HISTORY)
    return [
        line for each in suggested(KIND, text, files or FILES, **known) for line in each.suggestion.ignores
    ]


def test_what_nothing_reads_and_often_changes_is_ignored() -> None:
    assert lines_of() == [".github", OWN, "Dockerfile", OWN, "README.md", "docs", OWN]
    (found,) = [
        each for each in suggested(KIND, TEXT, FILES, history=HISTORY) if "docs" in each.suggestion.ignores
    ]
    assert found.suggestion.changed_paths == ("/app/README.md", "/app/docs")
    assert found.suggestion.misses_saved == pytest.approx(0.4, rel=0.02)
    assert not found.joins
    assert (
        found.patch
        == "--- /dev/null\n+++ b/.dockerignore\n@@ -0,0 +1,3 @@\n+README.md\n+docs\n+.dockerignore\n"
    )


def test_an_ignore_file_that_is_there_is_added_to() -> None:
    known = {
        "ignore_file": "build/.dockerignore",
        "ignore_name": ".dockerignore",
        "ignore_text": "*.tmp",
        "history": HISTORY,
    }
    found = suggested(KIND, TEXT, FILES, **known)
    patch = next(each.patch for each in found if "docs" in each.suggestion.ignores)
    assert patch.startswith("--- a/build/.dockerignore\n+++ b/build/.dockerignore\n")
    advice = advised(TEXT, FILES, kinds=frozenset({KIND}), **known)
    assert advice.safe is not None
    assert advice.safe.ignore is not None
    assert advice.safe.ignore.after == "*.tmp\n.github\nDockerfile\nREADME.md\ndocs\n"
    assert "/app/.dockerignore" in advice.safe.changed_paths  # it is copied, and has another content


@pytest.mark.parametrize(
    ("text", "more", "kept"),
    [
        (TEXT + "COPY docs /docs\n", {}, "docs"),
        (TEXT + "COPY doc* /docs\n", {}, "docs"),
        (TEXT + "FROM base\nCOPY docs/a.txt /docs\nFROM 0\n", {}, "docs"),
        (TEXT + "COPY $WHERE /docs\n", {}, "docs"),
        (TEXT + "RUN --mount=type=bind,source=docs,target=/d cp /d/a.txt /x\n", {}, "docs"),
        (TEXT + "RUN --mount=target=/d cp /d/x /x\n", {}, "docs"),
        (TEXT + "RUN cp docs/a.txt /x\n", {}, "docs"),
        (TEXT.replace('"app"', '"app", "docs"'), {}, "docs"),
        (TEXT, {"pyproject.toml": 'readme = "README.md"'}, "README.md"),
        (TEXT, {"Makefile": "install:\n\tcp docs/a.txt /x\n"}, "docs"),
    ],
)
def test_what_something_names_is_kept(text: str, more: dict[str, str], kept: str) -> None:
    assert kept not in lines_of(text, FILES | more)


def test_a_command_that_may_read_anything_has_to_be_verified() -> None:
    found = suggested(KIND, TEXT.replace("mkdir -p /data", "make"), FILES, history=HISTORY)
    assert found
    assert {each.suggestion.trust for each in found} == {Trust.UNVERIFIED}
    assert "line 4" in found[0].suggestion.reasons[-1].text


OWN = ".dockerignore"
"""A new ignore file names itself: a COPY of all of the context would take it."""
GIT: dict[str, Any] = {"repository_bytes": 5_000_000, "repository_in_context": True, "history": HISTORY}


def test_a_repository_that_nothing_reads_is_ignored() -> None:
    found = next(each for each in suggested(KIND, TEXT, FILES, **GIT))
    assert found.suggestion.ignores == (".git", OWN)
    assert found.suggestion.bytes_sent_less == 5_000_000
    assert found.suggestion.misses_saved == pytest.approx(
        0.0, abs=0.01
    )  # every commit changes something here
    quiet = history_of(list(FILES), ["docs/a.txt"], [], [])
    first = next(each for each in suggested(KIND, TEXT, FILES, **(GIT | {"history": quiet})))
    assert first.suggestion.misses_saved == pytest.approx(0.67, abs=0.02)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (TEXT, {"pyproject.toml": 'requires = ["hatch-vcs"]'}),
        (TEXT, {"setup.cfg": "setup_requires = setuptools_scm"}),
        (TEXT.replace("mkdir -p /data", "git describe > /v"), {}),
        (TEXT.replace("mkdir -p /data", "git -C /app show"), {}),
        (TEXT.replace("mkdir -p /data", "go build ./..."), {}),
        (TEXT.replace("mkdir -p /data", "dotnet publish -c Release -o /out"), {}),
        (TEXT, {"build.sh": "cd web\ndotnet build\n"}),
        (TEXT, {"pom.xml": "<artifactId>git-commit-id-maven-plugin</artifactId>"}),
        (TEXT, {"build.gradle.kts": 'id("com.gorylenko.gradle-git-properties")'}),
        (TEXT, {"web/web.csproj": '<PackageReference Include="MinVer" />'}),
        (TEXT + "COPY .git/HEAD /head\n", {}),
        (TEXT.replace("COPY . .", "COPY docs ."), {}),
    ],
)
def test_a_repository_that_something_reads_is_kept(text: str, more: dict[str, str]) -> None:
    assert ".git" not in lines_of(text, FILES | more, **GIT)


def test_what_tools_leave_behind_is_ignored_where_git_does_not_have_it() -> None:
    files = FILES | {"node_modules/x/i.js": "x" * 20_000, "dist/x": "y" * 20_000}
    assert {"node_modules", "dist"} <= set(lines_of(TEXT, files))
    tracked = history_of([*files], ["main.c"])
    assert not {"node_modules", "dist"} & set(lines_of(TEXT, files, history=tracked))
    copied = TEXT.replace('CMD ["app"]', 'CMD ["dist/x"]')
    assert "dist" not in lines_of(copied, files)


def test_in_a_stage_of_which_named_paths_leave_a_build_has_to_verify_it() -> None:
    text = "FROM base AS b\nCOPY . /in\nFROM base\nCOPY --from=b /in/main.c /main.c\n"
    found = suggested(KIND, text, FILES, history=HISTORY)
    assert found
    for each in found:
        assert not each.suggestion.changed_paths
        assert each.suggestion.trust is Trust.UNVERIFIED
        assert not each.joins


def test_paths_that_go_are_those_that_links_lead_to() -> None:
    text = "FROM base\nCOPY . /link/in\n"
    image = built(
        text,
        [
            ("ADD rootfs / # buildkit", [symlink("link", "/opt"), directory("opt")]),
            (
                "COPY . /link/in # buildkit",
                [directory("opt/in"), file("opt/in/README.md"), file("opt/in/main.c")],
            ),
        ],
    )
    found = suggested(KIND, text, {"main.c": "", "README.md": "r" * 20_000}, **image)
    assert [each.suggestion.changed_paths for each in found] == [("/link/in/README.md", "/opt/in/README.md")]


@pytest.mark.parametrize("copy", ["COPY main.c .", "COPY src /src"])
def test_nothing_is_said_where_no_copy_takes_it(copy: str) -> None:
    assert lines_of(TEXT.replace("COPY . .", copy), FILES | {"src/a": ""}) == []


NAMES = st.sampled_from(
    ["README.md", "docs/a", "docs/b/c", "tests/x", ".github/y", "a.c", "src/b", ".vscode/z"]
)


@given(st.sets(NAMES, min_size=1), st.sampled_from(["", "*.tmp\n", "docs\n!docs/a\n", "**/b\n"]))
def test_entries_leave_out_what_they_say_and_nothing_else(names: set[str], before: str) -> None:
    files = dict.fromkeys(names, "")
    rules = read_ignore_rules(before.encode(), "f")
    kept = {name: "" for name in files if not rules.ignores(name)}
    history = history_of(sorted(names), *([name] for name in sorted(names)))
    for each in suggested(KIND, TEXT, kept, history=history, ignore_text=before, ignored=rules.ignores):
        assert each.ignore is not None
        after = read_ignore_rules(each.ignore.after.encode(), "f")
        tops = {line for line in each.suggestion.ignores if line != OWN}
        gone = {name for name in kept if after.ignores(name)}
        assert gone == {name for name in kept if name.partition("/")[0] in tops}


REMOVED = "FROM base\nCOPY . /app\nRUN mkdir -p /data\nRUN rm -rf /app/docs /app/README.md\n"


def removed_image() -> Any:
    return built(
        REMOVED,
        [
            ("ADD rootfs / # buildkit", [file("bin/sh")]),
            (
                "COPY . /app # buildkit",
                [
                    directory("app"),
                    file("app/main.c"),
                    file("app/README.md", b"x" * 50),
                    file("app/docs/a.txt", b"y"),
                ],
            ),
            ("RUN /bin/sh -c mkdir -p /data # buildkit", [directory("data")]),
            (
                "RUN /bin/sh -c rm -rf /app/docs /app/README.md # buildkit",
                [whiteout("app/docs"), whiteout("app/README.md")],
            ),
        ],
    )


def test_an_ignore_file_that_would_be_copied_changed_does_not_join() -> None:
    files = {name: FILES[name] for name in ("main.c", "README.md", "docs/a.txt")} | {OWN: "*.tmp\n"}
    known = {"ignore_name": OWN, "ignore_text": "*.tmp\n"}
    (found,) = suggested("ignore-removed", REMOVED, files, **known, **removed_image())
    assert found.suggestion.changed_paths == ("/app/.dockerignore",)
    assert not found.joins


def test_what_is_copied_and_removed_again_is_ignored() -> None:
    files = {name: FILES[name] for name in ("main.c", "README.md", "docs/a.txt")}
    advice = advised(REMOVED, files, **removed_image())
    (found,) = [each for each in advice.suggestions if each.suggestion.kind == "ignore-removed"]
    assert found.suggestion.trust is Trust.PROVED
    assert found.suggestion.ignores == ("README.md", "docs", OWN)
    assert found.suggestion.bytes_saved == 51
    assert found.joins
    assert advice.safe is not None
    assert advice.safe.ignore is not None
    assert ".dockerignore" in advice.safe.patch


@pytest.mark.parametrize(
    ("middle", "last", "ignored"),
    [
        ("RUN mkdir -p /data", "rm -r /app/docs /app/README.md", set()),
        ("COPY docs /docs", "rm -rf /app/docs /app/README.md", {"README.md"}),
        ("RUN make -C /app", "rm -rf /app/docs /app/README.md", set()),
        ("RUN cp /app/README.md /r", "rm -rf /app/docs /app/README.md", set()),
    ],
)
def test_what_may_be_read_in_between_or_elsewhere_is_kept(middle: str, last: str, ignored: set[str]) -> None:
    text = f"FROM base\nCOPY . /app\n{middle}\nRUN {last}\n"
    created = middle.replace("RUN ", "RUN /bin/sh -c ") + " # buildkit"
    members = [directory("app"), file("app/main.c"), file("app/README.md"), file("app/docs/a.txt")]
    image = built(
        text,
        [
            ("ADD rootfs / # buildkit", [file("bin/sh")]),
            ("COPY . /app # buildkit", members),
            (created, [directory("data")]),
            (f"RUN /bin/sh -c {last} # buildkit", [whiteout("app/docs"), whiteout("app/README.md")]),
        ],
    )
    files = {name: FILES[name] for name in ("main.c", "README.md", "docs/a.txt")}
    found = suggested("ignore-removed", text, files, **image)
    assert {line for each in found for line in each.suggestion.ignores} - {OWN} == ignored


@pytest.mark.parametrize("reader", ["hatch-vcs", "setuptools_scm"])
def test_files_of_the_repository_stay_where_git_is_asked_whether_they_are_there(reader: str) -> None:
    files = FILES | {"pyproject.toml": f"requires = ['{reader}']"}
    assert lines_of(files=files, repository_bytes=1_000_000) == []
    assert "docs" in lines_of(files=files)  # .git is not sent
