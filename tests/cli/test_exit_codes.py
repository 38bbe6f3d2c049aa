"""Each way to end has its exit code and its message; nothing ends with 1."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from layerscope.cli.app import COMMANDS
from layerscope.errors import LimitExceeded
from tests.builders import ImageSpec, file, image, layer
from tests.cli.running import COMMAND, environment, layerscope
from tests.media import docker_archive, oci_layout, write_tar


@pytest.fixture
def two_images(tmp_path: Path) -> Path:
    """Two images in one archive."""
    specs = (image(layer(file("a")), tags=("one:1",)), image(layer(file("b")), tags=("two:1",)))
    return write_tar(docker_archive(*specs), tmp_path / "two.tar")


@pytest.mark.parametrize("command", ["inspect", "files"])
def test_a_sound_image_ends_with_0_and_says_nothing_else(archive: Path, command: str) -> None:
    ended = layerscope(command, archive)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["inspct", "app.tar"], "no such command: inspct (did you mean inspect?)"),
        (["inspect", "--frmat", "json", "app.tar"], "no such option: --frmat (did you mean --format?)"),
        (["files", "--digst", "x"], "no such option: --digst (did you mean --digest?)"),
        (["inspect", "--image", "", "x"], "invalid value for '--image': it is empty"),
        (["files", "--platform", "", "x"], "invalid value for '--platform': it is empty"),
        (["inspect", "x", "-o", ""], "invalid value for '--output' / '-o': it is empty"),
        (["inspect", "--top", "1.5", "x"], "'1.5' is not a number from 0 up"),
        (["inspect"], "missing argument 'IMAGE'"),
        (["inspect", "--formt", "json", "x"], "no such option: --formt"),
        (["inspect", "--format", "yaml", "x"], "invalid value for '--format'"),
        (["inspect", "--jobs", "0", "x"], "invalid value for '--jobs'"),
        (["inspect", "--jobs", "many", "x"], "invalid value for '--jobs'"),
        (["inspect", "--max-layer-size", "large", "x"], "'large' is not a size such as 60GB, 512MiB or 1000"),
        (["inspect", "a", "b"], "unexpected extra argument"),
        (["files", "--layer", "-1", "x"], "invalid value for '--layer'"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_where_to_read(arguments: list[str], message: str) -> None:
    ended = layerscope(*arguments)
    assert ended.code == 2
    assert ended.err.startswith("layerscope: error: ")
    assert message in ended.err
    verb = " ".join(a for a in arguments[:1] if a in ("inspect", "files"))
    assert f"\nTry: layerscope {verb}".rstrip() + " --help\n" in ended.err
    assert ended.out == b""


def test_a_layer_that_the_image_does_not_have_is_wrong_usage(archive: Path) -> None:
    ended = layerscope("files", archive, "--layer", "2")
    assert (ended.code, ended.err) == (2, "layerscope: error: --layer 2: the image has layers 0 to 1\n")


@pytest.mark.parametrize("reference", ["missing.tar", "./dir/missing", "app:1", "oci:missing"])
@pytest.mark.parametrize("before", [[], ["--debug"], ["--"]])
def test_without_a_command_an_image_that_is_not_there_is_told_as_inspect_tells_it(
    reference: str, before: list[str]
) -> None:
    told = layerscope("inspect", reference)
    short = layerscope(*before, reference)
    assert told.code == short.code == 3
    assert short.err.endswith(told.err)


def test_a_word_that_is_neither_a_command_nor_a_file_ends_with_2_and_a_hint() -> None:
    ended = layerscope("alpine")
    assert ended.code == 2
    assert f"alpine: neither a command ({', '.join(COMMANDS)}) nor a file" in ended.err
    assert "docker save alpine | layerscope inspect -" in ended.err


def test_a_line_feed_in_an_argument_does_not_begin_a_line_of_the_message(tmp_path: Path) -> None:
    ended = layerscope("inspect", tmp_path / "a\nlayerscope: all is well")
    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert "a\\nlayerscope: all is well: no such file" in ended.err


def test_what_cannot_be_read_ends_with_3(tmp_path: Path) -> None:
    ended = layerscope("inspect", tmp_path / "missing.tar")
    assert ended.code == 3
    assert f"{tmp_path / 'missing.tar'}: no such file" in ended.err


def test_several_images_end_with_3_and_are_listed(two_images: Path) -> None:
    ended = layerscope("inspect", two_images)
    assert ended.code == 3
    assert "--image one:1" in ended.err
    assert "--image two:1" in ended.err
    assert layerscope("inspect", two_images, "--image", "two:1").code == 0


def test_a_damaged_image_is_shown_as_far_as_it_goes_and_ends_with_4(damaged: Path) -> None:
    ended = layerscope("inspect", damaged)
    assert ended.code == 4
    assert "partial  layer 1 could not be read in full" in ended.text
    assert ended.err.startswith("layerscope: error: layer 1: ")
    assert ended.err.count("\n") == 1


def test_the_listing_of_a_damaged_image_ends_with_4_too(damaged: Path) -> None:
    ended = layerscope("files", damaged)
    assert ended.code == 4
    assert " a\n" in ended.text
    assert "error: layer 1: " in ended.err


def test_a_sound_layer_of_a_damaged_image_can_be_listed(damaged: Path) -> None:
    ended = layerscope("files", damaged, "--layer", "0")
    assert (ended.code, ended.text.split()[-1]) == (0, "a")


def test_no_image_ends_with_4(tmp_path: Path) -> None:
    (tmp_path / "text.tar").write_text("this is no archive\n" * 100)
    assert layerscope("inspect", tmp_path / "text.tar").code == 4


def test_what_is_not_supported_ends_with_5() -> None:
    ended = layerscope("inspect", "docker://example.test/app:1")
    assert ended.code == 5
    assert "save it first" in ended.err


def test_a_limit_ends_with_6_and_shows_what_came_before(tmp_path: Path) -> None:
    spec = image(layer(file("a", b"x" * 10_000)), compression="gzip")
    target = write_tar(docker_archive(spec), tmp_path / "a.tar")
    ended = layerscope("inspect", target, "--max-layer-size", "2kB", "--format", "json")
    assert ended.code == LimitExceeded.exit_code == 6
    assert b'"schema_version":1' in ended.out
    assert "(limit layer_tar_bytes); --max-layer-size raises it" in ended.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize(
    "arguments", [["inspect", "{}"], ["files", "{}"], ["inspect", "--format", "json", "{}"], ["--help"]]
)
def test_a_full_disk_ends_with_8(archive: Path, arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = layerscope(*(argument.format(archive) for argument in arguments), stdout=full)
    assert (ended.code, ended.err) == (8, "layerscope: error: standard output: No space left on device\n")


def test_a_closed_standard_output_ends_with_8(archive: Path) -> None:
    command = f'"{sys.executable}" -m layerscope inspect "{archive}" >&-'
    ended = subprocess.run(
        command, shell=True, env=environment(), capture_output=True, check=False, timeout=60, text=True
    )
    assert (ended.returncode, ended.stderr) == (8, "layerscope: error: standard output: closed\n")


@pytest.mark.parametrize("output", ["no-such-directory/out.json", "."])
def test_a_file_that_cannot_be_written_ends_with_8(archive: Path, tmp_path: Path, output: str) -> None:
    ended = layerscope("inspect", archive, "-o", tmp_path / output)
    assert ended.code == 8
    assert ended.err.startswith(f"layerscope: error: {tmp_path / output}: ")
    assert list(tmp_path.iterdir()) == []


def test_a_bug_ends_with_70_in_one_line_and_with_a_traceback_if_asked(archive: Path, tmp_path: Path) -> None:
    """A bug is planted where an image is analyzed."""
    (tmp_path / "sitecustomize.py").write_text(
        "import layerscope.api\ndef broken(*a, **k): raise ZeroDivisionError('planted')\n"
        "layerscope.api.analyze = broken\n"
    )
    env = environment()
    env["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{env['PYTHONPATH']}"
    ended = layerscope("inspect", archive, env=env)
    assert ended.code == 70
    assert ended.err.startswith("layerscope: this is a bug in layerscope ")
    assert "ZeroDivisionError in sitecustomize.py, line 2: planted" in ended.err
    assert "Traceback" not in ended.err
    for traced in (
        layerscope("--debug", "inspect", archive, env=env),
        layerscope("inspect", archive, env=env | {"LAYERSCOPE_DEBUG": "1"}),
    ):
        assert traced.code == 70
        assert "Traceback (most recent call last)" in traced.err


def test_ctrl_c_ends_with_130(tmp_path: Path) -> None:
    """While it waits for standard input."""
    process = subprocess.Popen(
        [*COMMAND, "inspect", "-"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=heed_ctrl_c,  # noqa: PLW1509  # no thread is left running in a test's process
    )
    assert process.stdin is not None
    process.stdin.write(b"\x1f\x8b")  # it reads on, for the rest of a gzip header
    process.stdin.flush()
    wait_until_it_reads(process.pid)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)  # with its standard input open: its end would be another reason to stop
    out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"layerscope: interrupted\n")


def heed_ctrl_c() -> None:
    """A shell starts what runs in its background with Ctrl-C ignored, and Python leaves that as it is."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_until_it_reads(pid: int) -> None:
    """Wait until the process sleeps in a read of standard input: Python starts slower than a signal comes."""
    for _ in range(600):
        waiting = Path(f"/proc/{pid}/wchan")
        if waiting.exists() and "pipe" in waiting.read_text():
            return
        time.sleep(0.05)
    pytest.skip("cannot see here whether the process waits (needs /proc/PID/wchan)")


@pytest.mark.parametrize("arguments", [["inspect"], ["files", "--format", "jsonl"]])
def test_a_reader_that_goes_away_ends_it_quietly_with_141(tmp_path: Path, arguments: list[str]) -> None:
    """More output than a pipe holds, to a reader that takes ten bytes."""
    spec: ImageSpec = image(layer(*(file(f"{n:05}" + "x" * 60, b"1") for n in range(3000))), layer(*()))
    target = write_tar(oci_layout(spec), tmp_path / "many.tar")
    process = subprocess.Popen(
        [*COMMAND, *arguments, "--format", "jsonl" if arguments[0] == "files" else "json", str(target)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), err) == (141, b"")


def test_help_into_a_closed_pipe_is_quiet_too() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--help"], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), err) == (141, b"")


def test_messages_of_an_image_do_not_act_on_the_terminal(tmp_path: Path) -> None:
    ended = layerscope("inspect", tmp_path / "a\x1b[31m\u202e.tar")
    assert ended.code == 3
    assert "a\\x1b[31m\\u202e.tar" in ended.err
    assert "\x1b" not in ended.err


def test_a_tag_begins_no_line_of_a_message(tmp_path: Path) -> None:
    """A CI system takes orders from lines that begin with `::`."""
    tags = ("x:1\n::error::forged", "x:2\r\x1b[2J")
    specs = [image(layer(file(tag[:3])), tags=(tag,)) for tag in tags]
    archive = write_tar(docker_archive(*specs), tmp_path / "two.tar")
    ended = layerscope("inspect", archive)
    assert ended.code == 3
    first, *choices = ended.err.splitlines()
    assert first.endswith("2 images; choose one of them:")
    assert [line.split("  #")[0] for line in choices] == [
        "  --image x:1\\n\\x3a:error::forged",
        "  --image x:2\\r\\x1b[2J",
    ]


def test_a_name_of_a_layer_begins_no_line_of_a_message(tmp_path: Path) -> None:
    manifest = json.dumps([{"Config": None, "RepoTags": None, "Layers": ["x\n::error::forged"]}])
    archive = write_tar({"manifest.json": manifest.encode()}, tmp_path / "image.tar")
    ended = layerscope("inspect", archive, env=environment(LAYERSCOPE_DEBUG="1"))
    assert ended.code != 0
    assert "x\\n\\x3a:error::forged is not in the archive" in ended.err
    ended = layerscope("inspect", archive)
    assert not [line for line in ended.err.splitlines() if line.startswith("::")]
