"""The verdict: what a gate found of one image, as pure data that every output shows in its own way.

Nothing here is masked or escaped, and no text has figures of bytes in it: sizes stand beside the words as
exact numbers. An output masks instructions (`report.masking`), neutralizes what it shows (`report.printable`)
and writes the figures (`report.units`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from layerscope.analysis.growth import Growth
from layerscope.analysis.snapshot import SnapshotTotals
from layerscope.gate.waivers import Waiver, WaiverUse
from layerscope.notices import Notice
from layerscope.rules.finding import BuildSaving, Fix, Location, Severity
from layerscope.rules.measuring import Bound, Unit

__all__ = [
    "BaselineState",
    "BaselineUse",
    "Bound",
    "CheckedImage",
    "Decision",
    "Outcome",
    "Result",
    "Unit",
    "Verdict",
]


class Decision(StrEnum):
    """What the gate says of the image as a whole."""

    PASSED = "passed"  #: exit code 0
    FAILED = "failed"  #: exit code 1
    UNDECIDED = "undecided"  #: the image was not read in full: its own exit code (3 to 6), never 0 nor 1


class Outcome(StrEnum):
    """What came of one check."""

    FAILED = "failed"  #: it is why the gate failed
    REPORTED = "reported"  #: something was found that the policy does not let fail the gate
    WAIVED = "waived"  #: it would have failed, and a waiver excuses it
    SKIPPED = "skipped"  #: it could not be checked; `reason` says why
    PASSED = "passed"  #: checked and found right


@dataclass(frozen=True, slots=True)
class Result:
    """One rule or budget that was checked.

    A budget has `measured`, `allowed`, `unit` and `bound`, whatever its outcome, unless it was skipped. A
    rule that found something has one result for each finding, with `freed_bytes`, and no measured value; one
    that found nothing has one that passed.
    """

    rule_id: str
    """`LS302`, `LS110`; stable for ever."""
    name: str
    """`image-size`; as stable."""
    severity: Severity
    outcome: Outcome
    message: str
    """One line, lower case, without figures: `the image is larger than allowed`. Of a budget that passed it
    says what was measured: `content of all layers`."""
    subject: str = ""
    """What of the image it is about, where one rule is checked several times: the pattern of the budget
    (`COPY *`, `usr/share/doc/**`, `pypi:torch`); empty for the image as a whole. It stays from run to run."""
    measured: int | float | None = None
    allowed: int | float | None = None
    unit: Unit | None = None
    bound: Bound = Bound.AT_MOST
    before: int | float | None = None
    """The same figure in the baseline, for growth and new waste; `measured` is then the difference."""
    freed_bytes: int = 0
    """Stored bytes that are gone once it is mended, or that are above what is allowed."""
    wasted_bytes: int = 0
    """Those of `freed_bytes` that are waste in the ledger."""
    in_base: bool = False
    """The base image stores them, and no instruction of one's own frees them."""
    locations: tuple[Location, ...] = ()
    """Layers with their instructions (and Dockerfile lines, where known) and paths, most bytes first for a
    budget. `location.lines` is None where no Dockerfile was given."""
    fix: Fix | None = None
    reason: str = ""
    """Why it was skipped, or why a waiver that covers it does not hold; else empty."""
    waiver: Waiver | None = None
    """The one that excuses it, or that covers it and is expired or exceeded (then it failed)."""
    origin: str = ""
    """Where what is allowed was written: `layerscope.toml: budgets.image-size`, `--max image-size=…`,
    `default`."""
    build: BuildSaving | None = None
    """What builds save once a finding about the Dockerfile is mended."""

    @property
    def identity(self) -> tuple[str, ...]:
        """Words that stay the same when bytes, digests and line numbers change: for fingerprints.

        The rule, the subject, and for a finding the keyword and the directory of its first place. Two results
        may share it; they are then told apart by their order.
        """
        if self.subject or not self.locations:
            return self.rule_id, self.subject
        first = self.locations[0]
        keyword = first.instruction.keyword if first.instruction else ""
        return self.rule_id, keyword, first.directory.decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """The image that a verdict is about."""

    reference: str
    """As the user gave it."""
    image_id: str | None = None
    digest: str | None = None
    """Of the manifest; None where the format has none."""
    platform: str = ""
    tags: tuple[str, ...] = ()
    created: str | None = None
    """As the image says it."""
    dockerfile: str | None = None
    """The Dockerfile that was given, as it was named; the place to point at where no line is known."""

    @property
    def name(self) -> str:
        """Its first tag, else the reference."""
        return self.tags[0] if self.tags else self.reference


class BaselineState(StrEnum):
    """What came of looking for a baseline."""

    USED = "used"
    MISSING = "missing"  #: there is no such file
    UNREADABLE = "unreadable"  #: there is one, and it could not be read; `reason` says why


@dataclass(frozen=True, slots=True)
class BaselineUse:
    """The baseline that was asked for, and what came of it. What is missing also has a result (LS300)."""

    source: str
    """The file or image, as the user named it."""
    state: BaselineState
    image: str = ""
    """Name of the image that it was made of."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a gate says of one image.

    `results` are in the order to show them in: by outcome (failed, reported, waived, skipped, passed), then
    errors first, then most bytes, then by rule and subject. The same inputs give the same verdict.
    """

    image: CheckedImage
    results: tuple[Result, ...] = ()
    totals: SnapshotTotals | None = None
    """Figures of the image; None only in tests."""
    undecided: str = ""
    """Why nothing can be decided: the error that reading ended with (the exit code is its own). Empty where
    all was read."""
    waivers: tuple[WaiverUse, ...] = ()
    """All that are configured for this image, in their order."""
    baseline: BaselineUse | None = None
    """None where none was asked for."""
    growth: Growth | None = None
    """What grew since the baseline; None without one."""
    notices: tuple[Notice, ...] = ()
    """Of the analysis, then of the gate itself."""
    next_command: str = ""
    """What to run next to see more, or to accept what is: a command line."""
    configuration: tuple[str, ...] = ()
    """The files that the policy was read from, as shown to the user; none: the defaults."""

    @property
    def decision(self) -> Decision:
        """Undecided if not all of the image was read, failed if any result failed, else passed."""
        if self.undecided:
            return Decision.UNDECIDED
        return Decision.FAILED if self.of(Outcome.FAILED) else Decision.PASSED

    def of(self, *outcomes: Outcome) -> tuple[Result, ...]:
        """Results with one of these outcomes, in their order."""
        return tuple(result for result in self.results if result.outcome in outcomes)
