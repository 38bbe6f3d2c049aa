"""A verdict in the machine format: what `layerscope check --format json` prints."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from layerscope.gate.verdict import BaselineUse, Result, Verdict
from layerscope.gate.waivers import Waiver, WaiverUse
from layerscope.report.attribution import (
    BuildSavingReport,
    FixReport,
    LocationReport,
    build_saving_report,
    location_report,
)
from layerscope.report.exact import Bytes, Count
from layerscope.report.growth_report import GrowthReport, growth_report
from layerscope.report.json import encode_line
from layerscope.report.masking import masked
from layerscope.report.model import NoticeReport, notice_report
from layerscope.report.printable import without_surrogates

__all__ = [
    "CHECK_VERSION",
    "BaselineReport",
    "CheckReport",
    "CheckTotals",
    "CheckedImageReport",
    "ResultReport",
    "WaiverReport",
    "check_report",
    "verdict_json",
]

CHECK_VERSION = 1
"""It grows when a key changes its meaning or goes away."""


class CheckedImageReport(Struct, frozen=True, kw_only=True):
    """The image. `digest` is the manifest's, null where the format has none."""

    reference: str
    image_id: str | None
    digest: str | None
    platform: str
    tags: tuple[str, ...]
    created: str | None
    dockerfile: str | None


class CheckTotals(Struct, frozen=True, kw_only=True):
    """Sums over all layers; stored = live + wasted = own + base."""

    layers: Count
    entries: Count
    packages: Count
    compressed_bytes: Bytes
    tar_bytes: Bytes
    stored_bytes: Bytes
    live_bytes: Bytes
    wasted_bytes: Bytes
    own_compressed_bytes: Bytes
    own_stored_bytes: Bytes
    own_wasted_bytes: Bytes
    base_compressed_bytes: Bytes
    base_stored_bytes: Bytes
    base_wasted_bytes: Bytes


class WaiverReport(Struct, frozen=True, kw_only=True):
    """A waiver as it is written, and what became of it.

    `state`: `used`, `unused` and `lapsed` (nothing to excuse, and its last day is over) can go, `expired` and
    `exceeded` do not hold. `results` is how many it covers. `at_most` is null where it excuses any value.
    """

    rule_id: str
    owner: str
    reason: str
    expires: str
    path: str
    instruction: str
    subject: str
    image: str
    at_most: int | float | None
    origin: str
    state: str
    results: Count


class ResultReport(Struct, frozen=True, kw_only=True):
    """One rule or budget.

    `outcome` is `failed`, `reported` (found, but not to fail for), `waived`, `skipped` (`reason` says why) or
    `passed`. A budget has `measured` and `allowed`, in `unit` (`bytes`, `ratio`, `count`), and `bound`
    (`at most`, `at least`); with `before` it is the difference to the baseline's figure. `origin` is where
    what decides was written, `waiver` the place of the one that excuses it, or would if it still held.
    `build` is null but for a finding about what builds take.
    """

    rule_id: str
    name: str
    severity: str
    outcome: str
    message: str
    subject: str
    measured: int | float | None
    allowed: int | float | None
    unit: str | None
    bound: str | None
    before: int | float | None
    bytes: Bytes
    wasted_bytes: Bytes
    in_base: bool
    locations: tuple[LocationReport, ...]
    fix: FixReport | None
    reason: str
    waiver: str | None
    origin: str
    build: BuildSavingReport | None


class BaselineReport(Struct, frozen=True, kw_only=True):
    """The baseline that was asked for: `state` is `used`, `missing` or `unreadable`."""

    source: str
    state: str
    image: str
    reason: str


class CheckReport(Struct, frozen=True, kw_only=True):
    """Everything that `layerscope check --format json` prints.

    `decision` is `passed`, `failed`, or `undecided`: the image was not read in full, `undecided` says why,
    and the exit code is that of the error. `growth` is null without a baseline that was used.
    """

    schema_version: int
    decision: str
    undecided: str | None
    image: CheckedImageReport
    totals: CheckTotals | None
    results: tuple[ResultReport, ...]
    waivers: tuple[WaiverReport, ...]
    baseline: BaselineReport | None
    growth: GrowthReport | None
    configuration: tuple[str, ...]
    notices: tuple[NoticeReport, ...]
    next_command: str


def check_report(verdict: Verdict) -> CheckReport:
    """All of it."""
    image, totals = verdict.image, verdict.totals
    names = CheckTotals.__struct_fields__
    return CheckReport(
        schema_version=CHECK_VERSION,
        decision=str(verdict.decision),
        undecided=masked(_text(verdict.undecided)) or None,
        image=CheckedImageReport(
            reference=_text(image.reference),
            image_id=image.image_id,
            digest=image.digest,
            platform=image.platform,
            tags=image.tags,
            created=image.created,
            dockerfile=_text(image.dockerfile) if image.dockerfile else None,
        ),
        totals=CheckTotals(**{name: getattr(totals, name) for name in names}) if totals else None,
        results=tuple(map(_result, verdict.results)),
        waivers=tuple(map(_waiver, verdict.waivers)),
        baseline=_baseline(verdict.baseline),
        growth=growth_report(verdict.growth) if verdict.growth else None,
        configuration=tuple(map(_text, verdict.configuration)),
        notices=tuple(map(notice_report, verdict.notices)),
        next_command=_text(verdict.next_command),
    )


_text = without_surrogates


def _result(result: Result) -> ResultReport:
    fix, is_budget = result.fix, result.unit is not None
    return ResultReport(
        rule_id=result.rule_id,
        name=result.name,
        severity=str(result.severity),
        outcome=str(result.outcome),
        message=masked(_text(result.message)),
        subject=masked(_text(result.subject)),
        measured=result.measured,
        allowed=result.allowed,
        unit=str(result.unit) if result.unit else None,
        bound=str(result.bound) if is_budget else None,
        before=result.before,
        bytes=result.freed_bytes,
        wasted_bytes=result.wasted_bytes,
        in_base=result.in_base,
        locations=tuple(map(location_report, result.locations)),
        fix=FixReport(text=_text(fix.text), example=masked(_text(fix.example))) if fix else None,
        reason=_text(result.reason),
        waiver=_text(result.waiver.origin) if result.waiver else None,
        origin=_text(result.origin),
        build=build_saving_report(result.build),
    )


def _waiver(use: WaiverUse) -> WaiverReport:
    waiver: Waiver = use.waiver
    return WaiverReport(
        rule_id=waiver.rule_id,
        owner=_text(waiver.owner),
        reason=_text(waiver.reason),
        expires=waiver.expires.isoformat(),
        path=_text(waiver.path),
        instruction=_text(waiver.instruction),
        subject=_text(waiver.subject),
        image=_text(waiver.image),
        at_most=waiver.at_most,
        origin=_text(waiver.origin),
        state=str(use.state),
        results=use.results,
    )


def _baseline(use: BaselineUse | None) -> BaselineReport | None:
    if use is None:
        return None
    return BaselineReport(
        source=_text(use.source), state=str(use.state), image=_text(use.image), reason=_text(use.reason)
    )


def verdict_json(verdict: Verdict) -> Iterator[bytes]:
    """The document: a key a line, and each result on a line of its own; ends with a line break."""
    report = check_report(verdict)
    separator = b"{"
    for key in CheckReport.__struct_fields__:
        value = getattr(report, key)
        yield separator + b'"%s":' % key.encode()
        if key in ("results", "waivers", "notices") and value:
            yield b"[\n" + b",\n".join(map(encode_line, value)) + b"\n]"
        else:
            yield encode_line(value)
        separator = b",\n"
    yield b"}\n"
