"""The benchmark's stopwatch and its report: a figure is only given for a command that finished."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from benchmarks import timing
from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.images.facts import ImageFacts
from benchmarks.measure import Command, Memory, run
from benchmarks.results import write_results
from benchmarks.targets import TARGETS, ImageResult, RunResults
from benchmarks.timing import Measurement, Pace, time_image

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="the benchmark needs Linux")

FACTS = ImageFacts("r", layers=2, entries=10, whiteouts=1, stored_bytes=9, wasted_bytes=4, archive_bytes=99)


def python(code: str, directory: Path, timeout: float = 60) -> Command:
    return Command((sys.executable, "-c", code), directory, dict(os.environ), timeout)


def timed(seconds: float, wasted: int | None = None) -> Measurement:
    return Measurement([seconds], [seconds], Memory(5_000_000, 1_000_000), wasted)


def results(dive: Measurement, own: Measurement) -> RunResults:
    names = [contender.name for contender in CONTENDERS]
    measurements = {name: timed(1.0) for name in names} | {"dive": dive, "layerscope": own}
    return RunResults({"py2g": ImageResult("an image", FACTS, measurements)}, {}, timeout=150, load=0.5)


def test_a_run_gives_exit_code_output_and_the_last_line_of_errors(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('first\\nlast', file=sys.stderr); sys.exit(3)"
    done = run(python(code, tmp_path), keep_output=True)
    assert (done.exit_code, done.output, done.errors, done.timed_out) == (3, b"out\n", "last", False)


def test_a_command_over_its_time_is_killed_with_its_children(tmp_path: Path) -> None:
    sleep = "import time; time.sleep(600)"
    code = (
        f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {sleep!r}]);"
        "open('pid', 'w').write(str(child.pid)); child.wait()"
    )
    done = run(python(code, tmp_path, timeout=5))
    assert done.timed_out
    assert has_ended(Path("/proc", (tmp_path / "pid").read_text(), "stat"))


def has_ended(stat: Path) -> bool:
    """Whether a process is gone, or soon is: what is killed still runs for a moment."""
    for _ in range(500):
        try:
            if ") Z " in stat.read_text():
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_memory_is_the_sum_over_parent_and_child(tmp_path: Path) -> None:
    hold = "data = b'x' * 50_000_000; "
    child = f"import time; {hold}time.sleep(1)"
    code = f"import subprocess, sys; {hold}subprocess.run([sys.executable, '-c', {child!r}])"
    done = run(python(code, tmp_path), watch_memory=True)
    assert done.memory is not None
    assert done.memory.anonymous > 100_000_000


def test_a_contender_that_fails_has_a_reason_and_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = tmp_path / "image.tar"
    image.write_bytes(b"bytes")
    good = Contender("good", "", lambda _: (sys.executable, "-c", "pass"))
    bad = Contender("bad", "", lambda _: (sys.executable, "-c", "raise SystemExit('no image')"))
    slow = Contender("slow", "", lambda _: (sys.executable, "-c", "import time; time.sleep(600)"))
    absent = Contender("absent", "", lambda _: None)
    monkeypatch.setattr(timing, "CONTENDERS", (good, bad, slow, absent))
    measured = time_image(image, Pace(runs=2, most_runs=2, timeout=5), lambda _: None)
    assert len(measured["good"].seconds) == 2
    reasons = {name: measurement.failure for name, measurement in measured.items()}
    assert reasons == {
        "good": "",
        "bad": "exit code 1: no image",
        "slow": "not finished after 5 s",
        "absent": "not installed",
    }
    assert not any(measured[name].seconds for name in ("bad", "slow", "absent"))


def test_a_ratio_to_a_tool_that_did_not_finish_is_a_lower_bound() -> None:
    unfinished = Measurement(failure="not finished after 150 s", timed_out=True)
    assert "**> 75.0x**" in write_results(results(unfinished, timed(2.0)), [])
    assert "**5.0x**" in write_results(results(timed(10.0), timed(2.0)), [])


def test_a_ratio_to_a_tool_that_failed_is_not_given() -> None:
    assert results(Measurement(failure="exit code 2: panic"), timed(2.0)).ratio("py2g") is None


@pytest.mark.parametrize(("dive_seconds", "verdict"), [(16.0, "met"), (15.9, "**missed**")])
def test_a_target_is_met_at_its_bound_and_missed_below(dive_seconds: float, verdict: str) -> None:
    target = TARGETS[0]
    assert target.bound == 8
    assert target.verdict(results(timed(dive_seconds), timed(2.0)))[1] == verdict


def test_a_target_whose_image_was_left_out_is_not_measured() -> None:
    empty = RunResults({}, {}, timeout=150, load=0)
    assert {target.verdict(empty)[1] for target in TARGETS} == {"not measured"}


def test_a_wrong_answer_is_marked() -> None:
    text = write_results(results(timed(9.0, wasted=8), timed(2.0, wasted=4)), [])
    assert "| `py2g` | 4 | 4 ✓ | 8 ✗ |" in text


def test_a_run_on_a_busy_machine_says_so() -> None:
    busy = RunResults({}, {}, timeout=150, load=3.0)
    quiet = RunResults({}, {}, timeout=150, load=0.1)
    assert "The machine was busy" in write_results(busy, [])
    assert "The machine was busy" not in write_results(quiet, [])


def test_a_skipped_image_stands_with_its_reason() -> None:
    images = {"real": ImageResult("a real image", None, {}, skipped="not installed: buildah")}
    text = write_results(RunResults(images, {}, timeout=150, load=0), [])
    assert "| `real` | a real image | skipped: not installed: buildah |" in text
