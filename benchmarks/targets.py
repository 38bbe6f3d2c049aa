"""What layerscope has promised, checked against one run's figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.images.facts import ImageFacts
from benchmarks.timing import Measurement

__all__ = ["TARGETS", "ImageResult", "RunResults", "Target"]


@dataclass(frozen=True, slots=True)
class ImageResult:
    """One image with its measurements by contender; `skipped` says why there are none."""

    about: str
    facts: ImageFacts | None
    measurements: Mapping[str, Measurement]
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class RunResults:
    """Everything one run of the benchmark gave."""

    images: Mapping[str, ImageResult]
    start_up: Mapping[str, Measurement]
    timeout: float
    load: float
    """Load average over one minute, before the first command."""

    def measured(self, image: str, contender: str) -> Measurement | None:
        """Return a measurement, if that image was in the run."""
        result = self.images.get(image)
        return result.measurements.get(contender) if result else None

    def seconds(self, image: str, contender: str) -> float | None:
        """Return the median in seconds, if the contender finished."""
        measurement = self.measured(image, contender)
        return measurement.median if measurement and measurement.seconds else None

    def ratio(self, image: str, contender: str = "layerscope") -> float | None:
        """Return how many times as long as the contender dive took (the timeout, if it did not finish)."""
        own, other = self.seconds(image, contender), self.seconds(image, "dive")
        dive = self.measured(image, "dive")
        if other is None and dive and dive.timed_out:
            other = self.timeout
        return other / own if own and other else None

    def added_by_rules(self, image: str) -> float | None:
        """Return what rules add to `inspect`, in percent of the time without them."""
        return self._added(image, "layerscope without rules")

    def added_by_findings(self, image: str) -> float | None:
        """Return what packages and rules add together, in percent of the time without both."""
        return self._added(image, "layerscope --no-findings")

    def _added(self, image: str, without: str) -> float | None:
        asked, unasked = self.seconds(image, "layerscope"), self.seconds(image, without)
        return (asked / unasked - 1) * 100 if asked and unasked else None


@dataclass(frozen=True, slots=True)
class Target:
    """One promise: a figure, its bound, and whether the bound is the least or the most."""

    text: str
    figure: Callable[[RunResults], float | None]
    bound: float
    unit: str
    at_least: bool = False

    def verdict(self, results: RunResults) -> tuple[str, str]:
        """Return the figure as text, and `met`, `missed` or `not measured`."""
        value = self.figure(results)
        if value is None:
            return "", "not measured"
        met = value >= self.bound if self.at_least else value <= self.bound
        return f"{value:,.2f} {self.unit}", "met" if met else "**missed**"

    @property
    def bound_text(self) -> str:
        """The bound as text."""
        return f"{'≥' if self.at_least else '≤'} {self.bound:g} {self.unit}"


def _ratio(image: str, contender: str = "layerscope") -> Callable[[RunResults], float | None]:
    return lambda results: results.ratio(image, contender)


def _rules(image: str) -> Callable[[RunResults], float | None]:
    return lambda results: results.added_by_rules(image)


def _findings(image: str) -> Callable[[RunResults], float | None]:
    return lambda results: results.added_by_findings(image)


def _seconds(image: str) -> Callable[[RunResults], float | None]:
    return lambda results: results.seconds(image, "layerscope")


def _start_up(results: RunResults) -> float | None:
    measurement = results.start_up.get("layerscope --version")
    return measurement.median * 1000 if measurement and measurement.seconds else None


def _small(results: RunResults) -> float | None:
    seconds = results.seconds("small", "layerscope")
    return None if seconds is None else seconds * 1000


def _megabytes(results: RunResults) -> float | None:
    measurement = results.measured("million", "layerscope")
    return measurement.memory.pss / 1e6 if measurement and measurement.memory else None


def _growth(results: RunResults) -> float | None:
    """Time per entry of the large image over that of the small one."""
    per_entry = []
    for image in ("million", "ten-thousand"):
        seconds, result = results.seconds(image, "layerscope"), results.images.get(image)
        if seconds is None or result is None or result.facts is None:
            return None
        per_entry.append(seconds / (result.facts.entries + result.facts.whiteouts))
    return per_entry[0] / per_entry[1]


TARGETS = (
    Target("2 GB image, hundreds of whiteouts: dive ÷ layerscope", _ratio("py2g"), 8, "x", at_least=True),
    Target("the same with gzip layers: dive ÷ layerscope", _ratio("py2g-gzip"), 4, "x", at_least=True),
    Target("several GB, few whiteouts: dive ÷ layerscope", _ratio("big"), 2, "x", at_least=True),
    Target(
        "the same with `--no-verify` (dive verifies nothing)",
        _ratio("big", "layerscope --no-verify"),
        2,
        "x",
        at_least=True,
    ),
    Target("1,000,000 files, 15,000 whiteouts: time", _seconds("million"), 12, "s"),
    Target("1,000,000 files, 15,000 whiteouts: peak memory (PSS)", _megabytes, 500, "MB"),
    Target("time per entry, start included, 1,000,000 files ÷ 10,000 files", _growth, 1.3, "x"),
    Target("what rules add to `inspect`: 2 GB image", _rules("py2g"), 15, "%"),
    Target("what rules add to `inspect`: 1,000,000 files", _rules("million"), 15, "%"),
    Target("what rules add to `inspect`: a real Debian image", _rules("real"), 15, "%"),
    Target("what packages and rules add together: a real Debian image", _findings("real"), 25, "%"),
    Target("`layerscope --version`", _start_up, 150, "ms"),
    Target("`layerscope inspect` of 6 MB", _small, 300, "ms"),
)
