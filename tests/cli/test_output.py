"""What is written, where, and that the locale has no say in it."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from layerscope import __version__
from tests.builders import file, image, layer, symlink, whiteout
from tests.cli.running import environment, layerscope
from tests.media import MEDIA, docker_archive, write_medium, write_tar

LOCALES = [
    {"LC_ALL": "C"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "C.UTF-8"},
    {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "1"},
]


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Names in NFC, in NFD, in Latin-1; an instruction in Irish."""
    names = ["caf\u00e9".encode(), "cafe\u0301".encode(), b"caf\xe9", "日本".encode()]
    first = layer(*(file(name, b"x" * 10) for name in names), symlink("link", "ü"))
    second = layer(*(whiteout(name) for name in names))
    history = ({"created_by": "LABEL artist=Máirín"}, {"created_by": "RUN /bin/sh -c rm * # buildkit"})
    spec = image(first, second, history=history, tags=("example.test/app:ü",))
    return write_tar(docker_archive(spec), tmp_path_factory.mktemp("images") / "strange.tar")


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect", "--format", "json"],
        ["files", "--format", "jsonl", "--layer", "0", "--digest"],
        ["files", "--format", "csv"],
    ],
    ids=" ".join,
)
def test_machine_formats_are_the_same_bytes_in_every_locale(strange: Path, arguments: list[str]) -> None:
    outputs = {layerscope(*arguments, strange, env=environment(**locale)).out for locale in LOCALES}
    assert len(outputs) == 1
    assert "café".encode() in outputs.pop() or "csv" in arguments


@pytest.mark.parametrize("command", ["inspect", "files"])
def test_text_is_plain_ascii_where_the_locale_knows_no_more(strange: Path, command: str) -> None:
    ascii_only = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    ended = layerscope(command, strange, *(["--layer", "0"] if command == "files" else []), env=ascii_only)
    assert ended.code == 0
    assert ended.out.isascii()
    assert (b"caf\\xe9" if command == "files" else b"M\\xe1ir\\xedn") in ended.out


def test_the_layer_of_a_file_listing_is_the_same_in_all_media(tmp_path: Path) -> None:
    spec = image(layer(file("a", b"xyz"), file("d/b")), layer(whiteout("a"), file("c")))
    outputs = set()
    for medium in ("docker-archive", "oci-archive-zstd", "oci-gzip", "dir", "docker-archive-gzip-outside"):
        path = write_medium(medium, spec, tmp_path / medium)
        outputs.add(layerscope("files", path, "--format", "jsonl", "--layer", "1").out)
    assert len(outputs) == 1


@pytest.mark.parametrize("medium", sorted(MEDIA))
def test_json_differs_between_media_in_names_and_stored_sizes_alone(tmp_path: Path, medium: str) -> None:
    spec = image(layer(file("a", b"xyz"), file("d/b", b"1")), layer(whiteout("a"), file("d/b", b"2")))
    documents = []
    for name in ("docker-archive", medium):
        path = write_medium(name, spec, tmp_path / f"{name}.image")
        document = json.loads(layerscope("inspect", path, "--format", "json").out)
        for key in ("reference", "digest", "tags", "image_id"):  # what the image is called here
            del document["image"][key]
        del document["totals"]["compressed_bytes"]
        for entry in document["layers"]:
            for key in ("digest", "media_type", "compression", "compressed_bytes"):  # how the blob is stored
                del entry[key]
        del document["notices"]
        if medium == "docker-archive-v1":  # it promises no diff ID, and its history is the layers' own
            for key in ("verified", "instruction", "created_by", "created"):
                [entry.pop(key) for entry in document["layers"]]
            document["image"].pop("created")
            document["image"].pop("platform")
            for finding in document["findings"]:
                del finding["fix"]  # in the words of the instruction
                [place.pop("instruction") for place in finding["locations"]]
        documents.append(document)
    assert documents[0] == documents[1]


def test_standard_input_gives_the_same_as_the_file(archive: Path) -> None:
    from_file = json.loads(layerscope("inspect", archive, "--format", "json").out)
    from_pipe = json.loads(layerscope("inspect", "-", "--format", "json", input=archive.read_bytes()).out)
    assert from_pipe.pop("image") == from_file.pop("image") | {"reference": "-"}
    assert from_pipe == from_file


def test_an_image_without_a_command_is_inspected(archive: Path) -> None:
    assert layerscope(archive).out == layerscope("inspect", archive).out
    short = layerscope(f"docker-archive:{archive}", "--format", "json")
    assert json.loads(short.out)["totals"]["wasted_bytes"] == 1300
    assert layerscope("-", "--top", "1", input=archive.read_bytes()).code == 0


def test_without_arguments_the_help_is_shown() -> None:
    ended = layerscope()
    assert ended.code == 0
    assert ended.out == layerscope("--help").out
    assert "Usage: layerscope" in ended.text


@pytest.mark.parametrize("command", ["inspect", "files"])
def test_the_help_of_every_command_has_examples(command: str) -> None:
    ended = layerscope(command, "--help")
    assert ended.code == 0
    assert f"layerscope {command} app.tar" in ended.text.split("Examples:")[1]


def test_the_version_says_which_libarchive_is_used() -> None:
    ended = layerscope("--version")
    assert ended.code == 0
    first, second = ended.text.splitlines()
    assert first == f"layerscope {__version__}"
    assert second.startswith("libarchive 3.")


@pytest.mark.parametrize(
    ("words", "offered"), [("layerscope ins", "inspect"), ("layerscope files --dig", "--digest")]
)
def test_the_shell_completes_commands_and_options(words: str, offered: str) -> None:
    cursor = str(len(words.split()) - 1)
    env = environment(_LAYERSCOPE_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=cursor)
    assert layerscope(env=env).text.split() == [offered]


def test_nothing_that_the_command_does_not_need_is_loaded(archive: Path) -> None:
    """Start-up is most of the time that a small image takes."""
    script = (
        "import sys, layerscope.cli.main as m; code = m.run(sys.argv[1:]);"
        "print(code, *sorted(sys.modules), file=sys.stderr)"
    )

    def loaded(*arguments: str) -> set[str]:
        ended = layerscope_with(script, *arguments)
        assert ended[0] == "0"
        return set(ended)

    slow = {"typer", "rich.console", "msgspec", "humanize", "layerscope.api"}
    assert loaded("--version") & slow == set()
    assert loaded("inspect", "--format", "json", str(archive)) & {"rich.console", "pydantic"} == set()


def layerscope_with(script: str, *arguments: str) -> list[str]:
    """Run a Python script with arguments, and split its standard error into words."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=environment(),
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stderr.split()


def test_a_file_gets_the_same_as_standard_output_and_is_replaced_whole(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old and longer than what comes now" * 1000)
    target.chmod(0o640)
    ended = layerscope("inspect", archive, "--format", "json", "-o", target)
    assert (ended.code, ended.out) == (0, b"")
    assert target.read_bytes() == layerscope("inspect", archive, "--format", "json").out
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_a_new_file_has_the_mode_that_the_umask_leaves(archive: Path, tmp_path: Path) -> None:
    ended = layerscope("inspect", archive, "-o", tmp_path / "out.txt", umask=0o027)
    assert ended.code == 0
    assert stat.S_IMODE((tmp_path / "out.txt").stat().st_mode) == 0o640


def test_an_error_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    assert layerscope("inspect", tmp_path / "missing.tar", "-o", target).code == 3
    assert target.read_text() == "old"


def test_the_file_behind_a_symlink_is_replaced_and_the_symlink_stays(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    assert layerscope("inspect", archive, "-o", tmp_path / "link").code == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text().startswith("image ")


def test_a_dash_as_output_is_standard_output(archive: Path) -> None:
    assert layerscope("inspect", archive, "-o", "-").text.startswith("image ")


@pytest.mark.parametrize(
    ("arguments", "variables", "colored"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {}, False),
    ],
)
def test_a_pipe_is_colored_only_if_asked_for(
    archive: Path, arguments: list[str], variables: dict[str, str], *, colored: bool
) -> None:
    ended = layerscope("inspect", archive, *arguments, env=environment(**variables))
    assert (b"\x1b[" in ended.out) is colored


@pytest.mark.parametrize(("columns", "width"), [("200", 200), ("80", 80), (None, 120), ("nonsense", 120)])
def test_a_pipe_is_as_wide_as_columns_says(tmp_path: Path, columns: str | None, width: int) -> None:
    history = ({"created_by": "RUN " + "x " * 200},)
    target = write_tar(docker_archive(image(layer(file("a", b"x")), history=history)), tmp_path / "a.tar")
    env = environment(**({"COLUMNS": columns} if columns else {}))
    widest = max(map(len, layerscope("inspect", target, env=env).text.split("\n")))
    assert width - 2 <= widest <= width


def test_warnings_of_a_listing_go_to_standard_error_unless_quiet(tmp_path: Path) -> None:
    twice = layer(file("a", b"1"), file("a", b"22"))
    target = write_tar(docker_archive(image(twice)), tmp_path / "twice.tar")
    ended = layerscope("files", target)
    assert ended.code == 0
    assert ended.err.startswith("layerscope: warning: layer 0: a: ")
    quiet = layerscope("files", target, "--quiet")
    assert (quiet.code, quiet.err, quiet.out) == (0, "", ended.out)


def test_without_verification_nothing_is_compared_and_the_report_says_so(tmp_path: Path) -> None:
    members = docker_archive(image(layer(file("a", b"1"))))
    (name,) = [name for name in members if name.endswith("layer.tar")]
    members[name] = layer(file("a", b"2"))
    target = write_tar(members, tmp_path / "other.tar")
    assert layerscope("inspect", target).code == 4
    ended = layerscope("inspect", target, "--no-verify")
    assert ended.code == 0
    assert "verified no, no layer was compared with a digest" in ended.text
