"""The text report: complete, inside its width, and nothing of an image gets out of its line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from layerscope.blobs.compression import Compression
from layerscope.errors import Truncated
from layerscope.notices import Notice, Severity
from layerscope.oci.digest import DiffID
from layerscope.report.text import text_report
from layerscope.report.text_options import TextOptions
from tests.analyses import Step, analysis, step
from tests.builders import file, whiteout

APT = "RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends python3 nodejs # buildkit"
GZIP = Compression.GZIP


def lists() -> Iterator[Step]:
    """A package index of 120 files, 12,000 bytes, which the layer after the next removes."""
    files = [file(f"var/lib/apt/lists/{n}", b"x" * 100) for n in range(120)]
    yield step(file("bin/sh", b"x" * 30_000), by="/bin/sh -c #(nop) ADD file:x in /")
    yield step(*files, file("usr/bin/python3", b"x" * 20_000), by=APT)
    yield step(file("bin/sh", b"y" * 30_000), by="COPY sh /bin/sh # buildkit")
    yield step(whiteout("var/lib/apt/lists"), by="RUN /bin/sh -c rm -rf /var/lib/apt/lists # buildkit")


def shown(
    *steps: Step, width: int = 80, color: bool = False, unicode: bool = True, top: int = 10, **image: object
) -> str:
    """The report of an image of these layers."""
    options = TextOptions(width=width, color=color, unicode=unicode, top=top)
    return text_report(analysis(*steps, **image), None, options)  # type: ignore[arg-type]


def flat(text: str) -> str:
    """The text without what the width did to it."""
    return " ".join(text.split())


def test_the_header_says_what_it_is_and_how_much() -> None:
    text = flat(shown(*lists()))
    for line in (
        "image app.tar",
        "tags app:1",
        "format docker-archive, linux/amd64",
        "layers 4, with 123 entries",
        "verified yes, every layer is what the image promises",
        "stored 92.0 kB",
        "live 50.0 kB",
        "wasted 42.0 kB, 45.7 % of what is stored (efficiency 54.3 %)",
    ):
        assert line in text


def test_a_wide_report_says_which_layer_hid_the_bytes_and_a_narrow_one_has_no_room() -> None:
    hides = [
        re.findall(r"(?:\d\S* k?B|\b0) +(?=[RCA])", line)[-1].strip()
        for line in shown(*lists(), width=120).split("\n")
        if re.match(r"[0-3] ", line)
    ]
    assert hides == ["0", "0", "30.0 kB", "12.0 kB"]
    assert "hides" not in shown(*lists(), width=99)


@pytest.mark.parametrize(("unicode", "legend"), [(True, "(█ live, ▒ wasted)"), (False, "(# live, x wasted)")])
def test_the_marks_of_the_bars_are_explained(legend: str, *, unicode: bool) -> None:
    assert f"Layers, from the base up {legend}\n" in shown(*lists(), unicode=unicode)


@pytest.mark.parametrize("width", [40, 80])
def test_a_long_word_of_a_notice_goes_on_in_the_next_line(width: int) -> None:
    digest = "sha256:" + "0123456789abcdef" * 4
    notices = (Notice("x", Severity.ERROR, f"the bytes have the diff ID {digest}, the image says", 1),)
    text = shown(*lists(), width=width, notices=notices)
    assert f"{digest}," in re.sub(r"\n\s+", "", text)


def test_each_layer_has_its_figures_and_its_instruction() -> None:
    (line,) = [line for line in shown(*lists(), width=120).split("\n") if line.startswith("1 ")]
    # 120 files, python3, and the directories var, var/lib, var/lib/apt, var/lib/apt/lists, usr, usr/bin
    assert re.fullmatch(
        r"1 32\.0 kB [█▒]+ +127 +0 +0 12\.0 kB +0 RUN apt-get update && .* python3 nodejs", line
    )


def test_the_bar_shows_what_is_live_and_what_is_wasted() -> None:
    """Layer 0 is all waste and nearly as large as the largest one, of which 3/8 are waste."""
    bars = re.findall(r"kB ([#x]+) ", shown(*lists(), width=120, unicode=False))
    assert bars == ["x" * 11, "#" * 8 + "x" * 4, "#" * 11]


def test_causes_are_told_in_plain_words_and_add_up() -> None:
    text = flat(shown(*lists()))
    assert "30.0 kB 71.4 % overwritten 1 file a later layer wrote other contents at the path" in text
    assert "12.0 kB 28.6 % removed 120 files removed by a later layer" in text
    assert "opaque" not in text


def test_costly_paths_name_who_wrote_and_who_hid_them() -> None:
    text = shown(*lists(), width=120)
    assert (
        "   12.0 kB  all 120 files in var/lib/apt/lists/  removed\n"
        "            stored by layer 1  RUN apt-get update && apt-get install -y --no-install-recommends "
        "python3 nodejs\n"
        "            hidden by layer 3  RUN rm -rf /var/lib/apt/lists\n"
    ) in text


def test_each_file_has_a_row_if_rows_are_not_to_be_put_together() -> None:
    options = TextOptions(width=120, top=3, fold=False)
    costliest = text_report(analysis(*lists()), None, options).split("Costliest")[1]
    assert re.findall(r"B  (\S+)", costliest) == [
        "bin/sh",
        "var/lib/apt/lists/0",
        "var/lib/apt/lists/1",
        "elsewhere",
    ]


def test_what_is_not_shown_is_summed_up() -> None:
    text = shown(*lists(), top=1)
    assert "12.0 kB  elsewhere" in text
    assert "var/lib" not in text.split("Costliest")[1]


def test_no_paths_are_shown_if_none_are_asked_for() -> None:
    assert "Costliest" not in shown(*lists(), top=0)


def test_an_image_without_waste_reads_well() -> None:
    text = shown(step(file("a", b"x" * 10)))
    assert "wasted   no wasted bytes\n" in text
    assert text.endswith("\nNo wasted bytes: all that the layers store is in the final root filesystem.\n")
    assert "Waste by cause" not in text


@pytest.mark.parametrize("steps", [[], [step()]])
def test_an_image_without_contents_divides_by_nothing(steps: list[Step]) -> None:
    assert "Nothing to waste: the layers store no file contents." in shown(*steps)


@pytest.mark.parametrize("width", [40, 80, 100, 200])
@pytest.mark.parametrize("color", [False, True])
def test_no_line_is_wider_than_the_terminal_and_none_ends_in_blanks(width: int, *, color: bool) -> None:
    long = "RUN " + "日本語 /very/long/path " * 30
    notices = (Notice("x", Severity.WARNING, "日本語 " * 60 + "b" * 300, 0, b"p" * 300, 9),)
    steps = (step(file("d/" + "n" * 90, b"x" * 5000), by=long), step(whiteout("d/" + "n" * 90), by=long))
    text = shown(*steps, width=width, color=color, notices=notices, tags=("t" * 300,), reference="r" * 300)
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert max(cell_len(line) for line in plain.split("\n")) <= width
    assert [line for line in plain.split("\n") if line != line.rstrip()] == []


def test_without_color_there_is_no_escape_sequence_and_with_it_there_is() -> None:
    assert "\x1b" not in shown(*lists())
    assert "\x1b[" in shown(*lists(), color=True)


def test_without_unicode_the_report_of_an_ascii_image_is_ascii() -> None:
    assert shown(*lists(), unicode=False).isascii()
    assert not shown(*lists(), unicode=True).isascii()


EVIL = "\x1b]0;owned\x07\x1b[2J\u202eevil\u2066\x9b31m[bold]\\[/bold]:smile:"


def test_text_of_an_image_neither_acts_on_the_terminal_nor_is_taken_for_markup() -> None:
    steps = (
        step(file(EVIL, b"x" * 10), by=f"RUN {EVIL} # buildkit"),
        step(whiteout(EVIL), by=f"RUN rm {EVIL} # buildkit", absent=None),
    )
    notices = (Notice("x", Severity.ERROR, f"{EVIL}: broken", 0, EVIL.encode()),)
    text = shown(*steps, width=300, notices=notices, tags=(EVIL,), reference=EVIL)
    assert not set(text) & set("\x1b\x07\x9b\u202e\u2066")
    assert text.count("[bold]\\[/bold]:smile:") >= 6


def test_damaged_and_absent_layers_are_marked_and_the_figures_are_called_partial() -> None:
    text = shown(
        step(file("a", b"x"), error=Truncated("ends after 3 bytes")),
        step(absent="foreign layer"),
        step(file("b", b"x")),
    )
    assert "[read in part] RUN make" in text
    assert "[not read] RUN make" in text
    assert "partial  layers 0 and 1 could not be read in full; the figures cover the rest" in text
    assert "verified 1 of 3 layers; not layers 0 and 1" in text


@pytest.mark.parametrize(
    "missing", [step(absent="foreign layer"), step(error=Truncated("ends after 3 bytes"))]
)
@pytest.mark.parametrize("content", [b"x", b""])
def test_a_partial_result_never_says_that_nothing_is_wasted(missing: Step, content: bytes) -> None:
    text = flat(shown(step(file("a", content)), missing)).lower()
    assert "no wasted bytes" not in text
    assert "nothing to waste" not in text
    assert "wasted none found in what could be read" in text
    assert "no waste was found in what could be read; what is missing may hide or hold some." in text


def test_an_unverified_image_says_so() -> None:
    assert "verified no, no layer was compared with a digest" in shown(step(file("a"), verify=False))
    wrong = step(file("a"), promised=DiffID(f"sha256:{0:064x}"))
    assert "verified no, layer 0 is not what the image promises" in flat(shown(wrong, step(file("b"))))
    text = flat(shown(wrong, step(file("b"), verify=False)))
    assert "verified no, layer 0 is not what the image promises; not compared: layer 1" in text
    assert "verified nothing, the image has no layers" in shown()


def test_a_promise_that_cannot_be_checked_is_no_yes() -> None:
    strange = step(file("a"), promised=DiffID(f"sha512:{0:0128x}"))
    assert "verified yes" not in shown(strange)
    for code, outcome in (
        ("digest-not-verified", "could not be checked"),
        ("document-digest-mismatch", "is not"),
    ):
        notices = (Notice(code, Severity.WARNING, "manifest.config: blake3:00"),)
        text = flat(shown(step(file("a")), notices=notices))
        assert f"verified no, every layer is what the image promises, but a document {outcome}" in text


def test_blob_sizes_are_shown_only_where_they_differ_from_the_contents() -> None:
    assert " blob " not in shown(step(file("a", b"x")))
    text = shown(step(file("a", b"x"), compression=GZIP), step(file("b", b"x")))
    assert " blob " in text
    assert "compressed in part with gzip" in flat(text)


def test_an_instruction_that_is_not_known_is_said_to_be_so() -> None:
    assert "(unknown: history does not match the layers)" in shown(step(file("a"), by=None), width=120)
    assert "(history is empty here)" in shown(step(file("a"), by=""), width=120)


def test_notices_come_worst_first_with_their_place_and_count() -> None:
    notices = (
        Notice("a", Severity.INFO, "a global header", 2, None, 1),
        Notice("b", Severity.WARNING, "hard link to nothing", 1, b"etc/x", 17),
        Notice("c", Severity.ERROR, "index.json: broken", None, None, 1),
    )
    text = shown(*lists(), notices=notices)
    assert text.endswith(
        "\nNotices\n"
        "  error    index.json: broken\n"
        "  warning  layer 1: etc/x: hard link to nothing (17 times)\n"
        "  note     layer 2: a global header\n"
    )
