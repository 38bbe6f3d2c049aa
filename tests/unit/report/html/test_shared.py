"""The page about many images: its matrix, its bounds, and text that stays where it is put."""

from __future__ import annotations

import re

from layerscope.report.html.shared import html_sharing
from tests.builders import file
from tests.sharing import built, hostile_sharing, sharing
from tests.told import HOSTILE

BASE = built(file("base", b"b" * 40_000), by="ADD base.tar /")


def test_each_two_images_have_a_cell() -> None:
    found = sharing([BASE], [BASE, built(file("x", b"x" * 9))], [built(file("y", b"y" * 100_000))])
    text = html_sharing(found).decode()
    table = text[text.index('class="matrix"') :]
    cells = re.findall(r'<td class="(n[^"]*)" title="([^"]*)">([^<]*)</td>', table)
    assert [each[2] == "." for each in cells] == [False, False, True, False, False, True, True, True, False]
    assert [each[0] for each in cells[:3]] == ["n itself", "n shade-4", "n"], "all of the smaller one"
    assert cells[1][1] == "1 layer in common"


def test_a_matrix_that_nobody_can_read_is_not_drawn() -> None:
    text = html_sharing(sharing(*([BASE] for _ in range(61)))).decode()
    assert 'class="matrix"' not in text
    assert "A matrix of 61 images is not drawn" in text


def test_text_of_images_stays_in_its_element() -> None:
    text = html_sharing(hostile_sharing(HOSTILE)).decode()
    assert text.count("<script") == text.count("</script>") == 2
    assert text.count("<summary>") == text.count("</details>") == 1
    assert not re.search("<img|<error|<!-- |[\x00-\x09\x0b-\x1f\u202a-\u202e]", text)
    assert "&lt;img src=x onerror=y&gt;" in text


def test_the_same_images_give_the_same_bytes() -> None:
    assert html_sharing(hostile_sharing(HOSTILE)) == html_sharing(hostile_sharing(HOSTILE))
