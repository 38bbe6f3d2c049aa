"""`layerscope check`: the decision is the exit code, and nothing but a failed gate ends with 1."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.builders import file, image, layer, whiteout
from tests.cli.conftest import saved
from tests.cli.running import Ended, layerscope
from tests.media import docker_archive, write_tar

M = 1_000_000
NO_BUDGET = ("--no-config", "--budget", "own-wasted-ratio=off")


@pytest.fixture
def lean(tmp_path: Path) -> Path:
    """Nothing is wasted: 2 MB."""
    return saved(tmp_path / "lean.tar", layer(file("app/a", b"a" * 2 * M)))


@pytest.fixture
def grown(tmp_path: Path) -> Path:
    """The same and one file more: 5 MB."""
    first = layer(file("app/a", b"a" * 2 * M))
    return saved(tmp_path / "grown.tar", first, layer(file("opt/b", b"b" * 3 * M)))


@pytest.fixture
def wasteful(tmp_path: Path) -> Path:
    """Half of it is removed."""
    return saved(
        tmp_path / "wasteful.tar", layer(file("a", b"a" * M), file("b", b"b" * M)), layer(whiteout("b"))
    )


def check(folder: Path, *arguments: object) -> Ended:
    return layerscope("check", *arguments, "--quiet", cwd=folder)


def results(ended: Ended) -> dict[tuple[str, str], str]:
    """(rule, subject) to outcome."""
    return {(r["rule_id"], r["subject"]): r["outcome"] for r in json.loads(ended.out)["results"]}


def test_an_image_without_fault_passes(lean: Path, tmp_path: Path) -> None:
    ended = check(tmp_path, lean)
    assert (ended.code, ended.err) == (0, "")
    assert "The gate passed" in ended.text


def test_waste_fails_by_default_with_1(wasteful: Path, tmp_path: Path) -> None:
    ended = check(tmp_path, wasteful)
    assert (ended.code, ended.err) == (1, "")
    assert "LS308 own-wasted-ratio" in ended.text
    assert "50.0 %, at most 10.0 %" in ended.text


def test_a_budget_of_the_command_line_is_heard_after_the_file(lean: Path, tmp_path: Path) -> None:
    (tmp_path / "layerscope.toml").write_text('[budgets]\nimage-size = "1 MB"\n')
    assert check(tmp_path, lean).code == 1
    assert check(tmp_path, lean, "--budget", "image-size=2MB").code == 0
    assert check(tmp_path, lean, "--budget", "image-size=1.9MB").code == 1
    assert check(tmp_path, lean, "--budget", "image-size=off").code == 0
    assert check(tmp_path, lean, "--no-config").code == 0


def test_the_configuration_is_found_upward_and_in_pyproject(lean: Path, tmp_path: Path) -> None:
    below = tmp_path / "services" / "app"
    below.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.layerscope.budgets]\nimage-size = "1 MB"\n')
    ended = check(below, lean)
    assert ended.code == 1
    assert "decided by ../../pyproject.toml: tool.layerscope.budgets.image-size" in ended.text
    (below / ".git").mkdir()
    assert check(below, lean).code == 0  # a repository's top ends the search


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[budgets]\nimage_size = "1 MB"\n', "budgets.image_size: unknown key; did you mean image-size?"),
        ("[budgetss]\n", "budgetss: unknown key; did you mean budgets?"),
        ('[rules]\nLS1100 = "error"\n', "rules.LS1100: unknown rule; did you mean ls110?"),
        ('[budgets]\nimage-size = "big"\n', "budgets.image-size: 'big' is not a size"),
        (
            '[[waivers]]\nrule = "LS101"\nowner = "me"\n',
            "waivers[0]: a waiver has rule, owner, reason, expires; reason is",
        ),
        ("[budgets\n", "layerscope.toml: expected"),
    ],
)
def test_what_is_wrong_with_the_configuration_is_2_and_names_the_key(
    text: str, message: str, lean: Path, tmp_path: Path
) -> None:
    (tmp_path / "layerscope.toml").write_text(text)
    ended = check(tmp_path, lean)
    assert (ended.code, ended.out) == (2, b"")
    assert ended.err.startswith("layerscope: error: layerscope.toml: ")
    assert message in ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--budget", "image-size"], "not NAME=AMOUNT"),
        (["--budget", "image=1MB"], "near it are"),
        (["--budget", "image-size:x=1MB"], "takes no pattern"),
        (["--budget", "path-size=1MB"], "needs a pattern"),
        (["--rule", "LS110"], "not RULE=SEVERITY"),
        (["--rule", "LS302=off"], "this is a budget"),
        (["--config", "nowhere.toml"], "nowhere.toml: No such file"),
        (["--config", "x.toml", "--no-config"], "contradict"),
        (["--format", "sarfi"], "is none of text, json"),
        (["--today", "tomorrow"], "not a day"),
        (["--write-baseline", "lean.tar"], "this is the image"),
    ],
)
def test_wrong_options_are_2_and_nothing_is_read(
    arguments: list[str], message: str, lean: Path, tmp_path: Path
) -> None:
    before = lean.read_bytes()
    ended = check(tmp_path, lean.name, *arguments)
    assert (ended.code, ended.out) == (2, b"")
    assert message in ended.err
    assert lean.read_bytes() == before


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_an_image_that_is_cut_off_never_passes_and_never_says_1(cut: float, tmp_path: Path) -> None:
    whole = saved(
        tmp_path / "whole.tar", layer(file("a", b"a" * M)), layer(file("b", b"b" * M)), layer(whiteout("b"))
    ).read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[: int(len(whole) * cut)])
    ended = check(tmp_path, "cut.tar", "--format", "json", "--budget", "image-size=1B")
    assert ended.code == 4
    if ended.out:
        document = json.loads(ended.out)
        assert document["decision"] == "undecided"
        assert document["undecided"]
    written = check(tmp_path, "cut.tar", "--write-baseline", "baseline.json")
    assert written.code == 4
    assert not (tmp_path / "baseline.json").exists()


def test_a_damaged_layer_is_undecided_in_words(damaged: Path, tmp_path: Path) -> None:
    ended = check(tmp_path, damaged, *NO_BUDGET)
    assert ended.code == 4
    assert "Undecided: the image was not read in full" in ended.text
    assert "passed\n" not in ended.text.splitlines()[1]


def test_no_image_is_3(tmp_path: Path) -> None:
    assert check(tmp_path, "nowhere.tar").code == 3


def test_growth_fails_names_its_places_and_what_to_run(lean: Path, grown: Path, tmp_path: Path) -> None:
    assert check(tmp_path, lean, "--write-baseline", "main.json").code == 0
    ended = check(tmp_path, grown, "--baseline", "main.json")
    assert ended.code == 1
    assert "your own layers grew by more than allowed: " in ended.text
    assert "+3.0 MB  opt/b" in ended.text
    assert ended.text.endswith(
        f"Next: layerscope check {grown} --write-baseline main.json  # accepts the growth\n"
    )
    assert check(tmp_path, grown, "--baseline", "main.json", "--budget", "own-growth=200%").code == 0
    assert check(tmp_path, grown, "--baseline", lean).code == 1
    assert check(tmp_path, lean, "--baseline", grown).code == 0


def test_who_writes_a_new_baseline_accepts_the_growth(lean: Path, grown: Path, tmp_path: Path) -> None:
    check(tmp_path, lean, "--write-baseline", "main.json")
    ended = check(
        tmp_path, grown, "--baseline", "main.json", "--write-baseline", "main.json", "--format", "json"
    )
    assert ended.code == 0
    assert results(ended)["LS322", ""] == "reported"
    assert check(tmp_path, grown, "--baseline", "main.json").code == 0


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"layerscope_baseline": 99}', b"no image, either"])
def test_a_baseline_that_cannot_be_used_is_never_passed_over_in_silence(
    content: bytes | None, lean: Path, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "main.json").write_bytes(content)
    warned = check(tmp_path, lean, "--baseline", "main.json")
    assert warned.code == 0
    assert "LS300 missing-baseline: the baseline main.json is" in warned.text
    failed = check(
        tmp_path, lean, "--baseline", "main.json", "--missing-baseline", "fail", "--format", "json"
    )
    assert failed.code == 1
    assert results(failed)["LS300", ""] == "failed"
    assert results(failed)["LS322", ""] == "skipped"


def test_a_waiver_excuses_until_its_last_day(wasteful: Path, tmp_path: Path) -> None:
    (tmp_path / "layerscope.toml").write_text(
        '[[waivers]]\nrule = "own-wasted-ratio"\nowner = "ops"\nreason = "next base"\nexpires = 2026-12-31\n'
        '[[waivers]]\nrule = "LS110"\nowner = "ops"\nreason = "gone"\nexpires = "2027-01-31"\n'
    )
    held = check(tmp_path, wasteful, "--today", "2026-12-31", "--format", "json")
    assert (held.code, results(held)["LS308", ""]) == (0, "waived")
    assert [use["state"] for use in json.loads(held.out)["waivers"]] == ["used", "unused"]
    over = check(tmp_path, wasteful, "--today", "2027-01-01")
    assert over.code == 1
    assert "expired: its last day was 2026-12-31" in over.text
    assert "excuses nothing any more: it can go" in over.text


def test_findings_fail_from_the_severity_that_is_set(wasteful: Path, tmp_path: Path) -> None:
    def code(*arguments: str) -> int:
        return check(tmp_path, wasteful, *NO_BUDGET, *arguments).code

    assert code() == 0  # a warning; only errors fail
    assert code("--fail-on", "warning") == 1
    assert code("--rule", "removed-later=warning") == 1
    assert code("--fail-on", "warning", "--rule", "LS1xx=never") == 0
    assert code("--fail-on", "warning", "--rule", "LS1xx=off", "--rule", "LS101=info") == 1


def test_forbidden_paths_fail_although_removed(wasteful: Path, tmp_path: Path) -> None:
    assert check(tmp_path, wasteful, *NO_BUDGET, "--forbid", "b").code == 1
    assert check(tmp_path, wasteful, *NO_BUDGET, "--forbid", "**/.git").code == 0


def test_a_section_holds_for_the_images_that_its_pattern_names(tmp_path: Path) -> None:
    for name in ("registry.example/web/app:1", "registry.example/batch/app:1"):
        spec = image(layer(file("a", b"a" * M)), tags=(name,))
        write_tar(docker_archive(spec), tmp_path / f"{name.split('/')[1]}.tar")
    (tmp_path / "layerscope.toml").write_text(
        '[budgets]\nimage-size = "500 kB"\n[images."*/batch/*".budgets]\nimage-size = "2 MB"\n'
    )
    assert [check(tmp_path, f"{name}.tar").code for name in ("web", "batch")] == [1, 0]


def test_outputs_are_the_same_from_run_to_run_and_whole_from_runs_at_once(
    grown: Path, tmp_path: Path
) -> None:
    check(tmp_path, grown, "--write-baseline", "first.json")

    def run(number: int) -> tuple[int, bytes]:
        ended = check(
            tmp_path, grown, "--baseline", "first.json", "--write-baseline", "all.json",
            "--output", "json=all.out", "--output", f"json={number}.out",
        )  # fmt: skip
        return ended.code, (tmp_path / f"{number}.out").read_bytes()

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(run, range(4)))
    assert {code for code, _ in found} == {0}
    assert found == {(0, (tmp_path / "all.out").read_bytes())}
    assert (tmp_path / "all.json").read_bytes() == (tmp_path / "first.json").read_bytes()
    assert not list(tmp_path.glob(".*"))


def test_config_prints_what_holds_and_where_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "layerscope.toml").write_text(
        '[budgets]\nimage-size = "120 MB"\n[rules]\nLS110 = "warning"\n'
        '[images."*/big".budgets]\nimage-size = "1 GB"\n'
    )
    lines = layerscope("config", cwd=tmp_path).text.splitlines()
    assert "  LS302 image-size        at most 120.0 MB  layerscope.toml: budgets.image-size" in lines
    assert "  LS110 apt-caches  fail from warning  layerscope.toml: rules.LS110" in lines
    assert any("LS308 own-wasted-ratio" in line and line.endswith("default") for line in lines)
    big = layerscope("config", "--for", "team/big", "--format", "json", cwd=tmp_path)
    (size,) = [each for each in json.loads(big.out)["budgets"] if each["name"] == "image-size"]
    assert (size["allowed"], size["origin"]) == (10**9, 'layerscope.toml: images."*/big".budgets.image-size')


def test_config_import_writes_a_file_that_check_reads(wasteful: Path, tmp_path: Path) -> None:
    (tmp_path / ".dive-ci").write_text("rules:\n  highestWastedBytes: 20MB\n  lowestEfficiency: 0.4\n")
    assert check(tmp_path, wasteful, "--config", ".dive-ci").code == 1
    done = layerscope("config", "import", ".dive-ci", "-o", "layerscope.toml", cwd=tmp_path)
    assert (done.code, done.out) == (0, b"")
    ended = check(tmp_path, wasteful, "--format", "json")
    assert results(ended)["LS308", ""] == "failed"
    assert {results(ended)["LS304", ""], results(ended)["LS306", ""]} == {"passed"}
    assert layerscope("config", "export", ".dive-ci", cwd=tmp_path).code == 2


def test_no_output_takes_the_place_of_an_input(lean: Path, grown: Path, tmp_path: Path) -> None:
    """An image is no baseline that could be replaced; a configuration and a baseline are no output."""
    image = grown.read_bytes()
    ended = check(tmp_path, lean, "--no-config", "--write-baseline", grown)
    assert (ended.code, "this is no baseline" in ended.err) == (2, True)
    assert grown.read_bytes() == image
    assert check(tmp_path, lean, "--no-config", "--write-baseline", "main.json").code == 0
    assert check(tmp_path, lean, "--no-config", "--write-baseline", "main.json").code == 0
    kept = (tmp_path / "main.json").read_bytes()
    ended = check(tmp_path, grown, "--no-config", "--baseline", "main.json", "-o", "sarif=main.json")
    assert (ended.code, "this is the baseline" in ended.err) == (2, True)
    assert (tmp_path / "main.json").read_bytes() == kept
    (tmp_path / "layerscope.toml").write_text('missing-baseline = "warn"\n')
    ended = check(tmp_path, lean, "-o", "json=layerscope.toml")
    assert (ended.code, "this is the configuration" in ended.err) == (2, True)
    assert layerscope("config", "-o", "layerscope.toml", cwd=tmp_path).code == 2
    assert (tmp_path / "layerscope.toml").read_text() == 'missing-baseline = "warn"\n'


@pytest.mark.parametrize("pattern", ["/", ".", "**"])
def test_the_root_is_a_path_with_everything(pattern: str, lean: Path, tmp_path: Path) -> None:
    assert check(tmp_path, lean, "--no-config", "--budget", f"path-size:{pattern}=1MB").code == 1


def test_of_a_part_of_an_image_nothing_passes(damaged: Path, tmp_path: Path) -> None:
    """Nor is it called a failed gate: the exit code is that of what is wrong with the image."""
    limits = ("--budget", "efficiency=50%", "--budget", "image-size=500", "--budget", "layer-count=9")
    ended = check(tmp_path, damaged, "--no-config", *limits, "--format", "json")
    assert ended.code == 4
    assert set(results(ended).values()) <= {"skipped", "failed"}
    assert results(ended)["LS302", ""] == "failed", "it is too large already"
    assert results(ended)["LS306", ""] == "skipped"
    text = check(tmp_path, damaged, "--no-config").text
    assert "Undecided" in text
    assert "gate failed" not in text
    comment = check(tmp_path, damaged, "--no-config", "--format", "markdown").text
    assert "the gate decided nothing" in comment
    assert check(tmp_path, damaged, "--no-config", "--write-baseline", "part.json").code == 4
    assert not (tmp_path / "part.json").exists()


def test_a_baseline_that_must_be_there_has_to_be_named(lean: Path, tmp_path: Path) -> None:
    ended = check(tmp_path, lean, "--no-config", "--missing-baseline", "fail", "--format", "json")
    assert ended.code == 1
    assert results(ended)["LS300", ""] == "failed"
    ended = check(tmp_path, lean, "--no-config", "--baseline", "")
    assert (ended.code, "--baseline: it is empty" in ended.err) == (2, True)


def test_a_configuration_that_cannot_be_used_is_not_passed_over(lean: Path, tmp_path: Path) -> None:
    (tmp_path / "layerscope.toml").symlink_to("nowhere.toml")
    assert check(tmp_path, lean).code == 2
    (tmp_path / "layerscope.toml").unlink()
    (tmp_path / "pyproject.toml").write_text("[tool]\nlayerscope = 1\n")
    ended = check(tmp_path, lean)
    assert (ended.code, "tool.layerscope: not a table" in ended.err) == (2, True)


def test_growth_from_nothing_is_no_percentage(lean: Path, tmp_path: Path) -> None:
    empty = saved(tmp_path / "empty.tar", layer(file("nothing")))
    ended = check(tmp_path, lean, "--no-config", "--baseline", empty)
    assert ended.code == 1
    assert "from nothing" in ended.text
    assert "00000000" not in ended.text
