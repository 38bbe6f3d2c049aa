"""Where `--output` leads: never over the image, found out before anything is read, pipes included."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.builders import file, image, layer
from tests.cli.running import COMMAND, environment, layerscope
from tests.media import write_medium

COMMANDS = ["inspect", "files"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("link", [None, "symlink", "hardlink"])
def test_the_image_is_not_overwritten_by_its_report(
    archive: Path, tmp_path: Path, command: str, link: str | None
) -> None:
    mine = Path(shutil.copy(archive, tmp_path / "app.tar"))
    output = mine if link is None else tmp_path / "other.tar"
    if link == "symlink":
        output.symlink_to(mine)
    elif link == "hardlink":
        output.hardlink_to(mine)
    ended = layerscope(command, mine, "-o", output)
    assert ended.code == 2
    assert f"--output {output}: this is the image" in ended.err
    assert mine.read_bytes() == archive.read_bytes()


@pytest.mark.parametrize("inside", ["index.json", "new.json", "blobs/sha256/new"])
@pytest.mark.parametrize("reference", ["{}", "oci:{}", "oci:{}:example.test/app:1"])
def test_nothing_is_written_into_the_layout_that_is_read(tmp_path: Path, inside: str, reference: str) -> None:
    layout = write_medium("oci-gzip", image(layer(file("a", b"x"))), tmp_path / "layout")
    before = sorted(layout.rglob("*"))
    ended = layerscope("inspect", reference.format(layout), "-o", layout / inside)
    assert ended.code == 2
    assert sorted(layout.rglob("*")) == before
    assert layerscope("inspect", layout, "-o", tmp_path / "beside.txt").code == 0


def test_an_image_from_standard_input_is_not_overwritten_either(archive: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copy(archive, tmp_path / "app.tar"))
    with mine.open("rb") as stdin:
        ended = layerscope("inspect", "-", "-o", mine, stdin=stdin)
    assert (ended.code, mine.read_bytes()) == (2, archive.read_bytes())


def test_an_output_that_cannot_be_written_is_found_out_before_anything_is_read(
    damaged: Path, tmp_path: Path
) -> None:
    """Reading this image would end with 4."""
    ended = layerscope("inspect", damaged, "-o", tmp_path / "missing" / "out.txt")
    assert (ended.code, ended.out) == (8, b"")
    assert layerscope("inspect", damaged, "-o", "/dev/null").code == 4


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_the_name_of_standard_output_is_standard_output(archive: Path, tmp_path: Path, name: str) -> None:
    """A pipe has no path that a link could be resolved to; a file behind `>>` keeps what it has."""
    if not Path(name).exists():
        pytest.skip(f"needs {name}")
    assert layerscope("inspect", archive, "-o", name).text.startswith("image ")
    log = tmp_path / "log"
    log.write_text("before\n")
    with log.open("ab") as stdout:
        assert layerscope("inspect", archive, "-o", name, stdout=stdout).code == 0
    assert log.read_text().startswith("before\nimage ")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_an_output_may_be_a_process_substitution(archive: Path) -> None:
    script = f'{" ".join(COMMAND)} inspect "{archive}" -o >(head -1); wait $!'
    done = subprocess.run(
        ["bash", "-c", script], env=environment(), capture_output=True, check=False, timeout=60, text=True
    )
    assert done.stdout.startswith("image ")
    assert (done.stdout.count("\n"), done.stderr) == (1, "")
