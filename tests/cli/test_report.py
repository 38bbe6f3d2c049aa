"""`layerscope report` as a user runs it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import layerscope

SAMPLES = Path(__file__).parents[2] / "sample_images"


def test_it_writes_one_file_and_nothing_else(archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    ended = layerscope("report", archive, "-o", output)
    assert (ended.code, ended.out, ended.err) == (0, b"", "")
    assert output.read_bytes().startswith(b"<!DOCTYPE html>")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_inspect_gives_the_same_page(archive: Path) -> None:
    page = layerscope("report", archive)
    assert page.code == 0
    assert page.out == layerscope("inspect", archive, "--format", "html").out


def test_of_two_images_it_says_what_changed(archive: Path, damaged: Path) -> None:
    page = layerscope("report", archive, archive)
    assert page.code == 0
    assert "What changed since" in page.text
    assert "2 kept" in page.text
    assert layerscope("report", archive, damaged).code == 4


def test_since_a_baseline_it_says_what_grew(archive: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "lean.json"
    layerscope("check", SAMPLES / "lean.tar", "--no-config", "--write-baseline", baseline)
    page = layerscope("report", SAMPLES / "overwrite.tar", "--baseline", baseline)
    assert page.code == 0
    assert "What changed since" in page.text
    assert "+12.0 kB" in page.text
    assert layerscope("report", archive, "--baseline", tmp_path / "none.json").code == 3
    assert layerscope("report", archive, archive, "--baseline", baseline).code == 2
    assert layerscope("report", archive, "--baseline", archive).code == 2


def test_the_gate_s_page_begins_with_its_verdict(tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    arguments = ("--no-config", "--budget", "image-size=1kB", "--output", f"html={output}")
    assert layerscope("check", SAMPLES / "overwrite.tar", *arguments).code == 1
    text = output.read_text()
    assert text.index("The gate failed.") < text.index('class="figures"')
    assert "image-size" in text


def test_of_more_images_it_says_what_they_share(archive: Path, damaged: Path) -> None:
    page = layerscope("report", archive, SAMPLES / "lean.tar", SAMPLES / "opaque.tar")
    assert page.code == 0
    assert "What 3 images share" in page.text
    assert "1 image:" in layerscope("report", archive, archive, archive).text, "it is the same"
    assert layerscope("report", archive, archive, damaged).code == 4


def test_a_damaged_image_gives_its_page_and_its_exit_code(damaged: Path, tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    ended = layerscope("report", damaged, "-o", output)
    assert ended.code == 4
    assert "could not be read in full" in output.read_text()


def test_it_is_told_what_is_wrong_with_the_arguments(archive: Path, tmp_path: Path) -> None:
    many = layerscope("report", archive, archive, archive, "--base", archive)
    assert (many.code, "about one image" in many.err) == (2, True)
    over = layerscope("report", archive, archive, archive, "-o", archive)
    assert (over.code, "would be overwritten" in over.err) == (2, True)
    streams = layerscope("report", "-", "-")
    assert (streams.code, "not both" in streams.err) == (2, True)
    itself = layerscope("report", archive, "-o", archive)
    assert (itself.code, "would be overwritten" in itself.err) == (2, True)
    nowhere = layerscope("report", archive, "-o", tmp_path / "no" / "report.html")
    assert nowhere.code == 8


def test_the_dockerfile_stands_in_it_with_its_figures(archive: Path, tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM scratch\nCOPY . /\n")
    page = layerscope("report", archive, "--dockerfile", tmp_path)
    assert page.code == 0
    assert 'id="dockerfile"' in page.text
    assert "COPY . /" in page.text
