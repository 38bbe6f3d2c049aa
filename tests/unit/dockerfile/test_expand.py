"""Variables, quotes and escapes, as BuildKit expands them."""

from __future__ import annotations

import pytest

from layerscope.dockerfile.expand import MAX_EXPANDED, UNKNOWN, Allowance, ExpansionError, expand

VALUES = {"a": "one", "empty": "", "path": "/usr/lib/x.tar.gz", "spaced": "b  c", "secret": UNKNOWN}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$a", "one"),
        ("${a}b", "oneb"),
        ("$ab", ""),
        ("$a.b", "one.b"),
        ("\\$a", "$a"),
        ("'$a'", "$a"),
        ('"$a"', "one"),
        ('"\\$a\\"\\x"', '$a"\\x'),
        ("a\\b", "ab"),
        ("$", "$"),
        ("$1", ""),
        ("$$", ""),
        ("${none:-x}", "x"),
        ("${empty:-x}", "x"),
        ("${empty-x}", ""),
        ("${none-x}", "x"),
        ("${a:+x}", "x"),
        ("${empty:+x}", ""),
        ("${empty+x}", "x"),
        ("${none:-$a}", "one"),
        ("${none:-${empty:-y}}", "y"),
        ("${none:-'a b'}", "a b"),
        ("${a:?no}", "one"),
        ("${path#*/}", "usr/lib/x.tar.gz"),
        ("${path##*/}", "x.tar.gz"),
        ("${path%.*}", "/usr/lib/x.tar"),
        ("${path%%.*}", "/usr/lib/x"),
        ("${path#/???/}", "lib/x.tar.gz"),
        ("${path#nothing}", "/usr/lib/x.tar.gz"),
        ("${path/x/y}", "/usr/lib/y.tar.gz"),
        ("${path//r/R}", "/usR/lib/x.taR.gz"),
        ("${path/\\//_}", "_usr/lib/x.tar.gz"),
        ("$spaced", "b  c"),
        ("x${secret}y", f"x{UNKNOWN}y"),
        ("${secret:-x}", UNKNOWN),
        ("${secret#x}", UNKNOWN),
    ],
)
def test_expansion(text: str, expected: str) -> None:
    assert expand(text, VALUES).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$spaced d", ("b", "c", "d")), ("'$spaced' \"$spaced\"", ("$spaced", "b  c")), ("a\\ b", ("a b",))],
)
def test_words_end_at_blanks_that_nothing_protects(text: str, expected: tuple[str, ...]) -> None:
    assert expand(text, VALUES, split=True).words == expected


@pytest.mark.parametrize(
    "text",
    ["'a", '"a', "${a", "${", "${}", "${:x}", "${a!b}", "${none:?why}", "${a:", "${a#\\x}", "${a:-" * 99],
)
def test_what_a_builder_refuses(text: str) -> None:
    with pytest.raises(ExpansionError):
        expand(text, VALUES)


def test_the_escape_character_may_be_a_backtick() -> None:
    assert expand("`$a\\b", VALUES, escape="`").text == "$a\\b"


def test_what_grows_without_end_is_unknown() -> None:
    values = {"a": "x" * 1_000}
    assert expand("$a" * 20, values).text == "x" * 20_000
    much = expand("$a" * 50_000, values).text
    assert much == UNKNOWN or (much.endswith(UNKNOWN) and len(much) <= 2 * MAX_EXPANDED)


@pytest.mark.parametrize("text", ["${a##*a*a*a*a*a*a*b}", "${a%%*a*a*a*a*a*a*b}", "${a//*a*a*a*a*b/x}"])
def test_a_pattern_with_many_stars_ends(text: str) -> None:
    assert expand(text, {"a": "a" * 5_000}).text in ("a" * 5_000, UNKNOWN)


def test_patterns_are_expanded_until_their_allowance_is_spent() -> None:
    allowance, values = Allowance(), {"a": "a" * 100_000}
    found = [expand("${a##b*}", values, allowance=allowance).text for _ in range(20)]
    assert found == [values["a"]] * 6 + [UNKNOWN] * 14
    assert expand("${a%a}", {"a": "aa"}, allowance=allowance).text == "a"


def test_variables_are_expanded_until_their_allowance_is_spent() -> None:
    allowance = Allowance(characters=5)
    found = [expand("$a", {"a": "aaa"}, allowance=allowance).text for _ in range(4)]
    assert found == ["aaa", "aaa", UNKNOWN, UNKNOWN]
    assert expand("a'b'", {}, allowance=allowance).text == "ab"
