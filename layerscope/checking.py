"""The part of the public API about the gate: an image held against a policy, and against what it was."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.growth import Growth
from layerscope.analysis.growth_explained import explain_growth
from layerscope.analysis.snapshot import Snapshot, take_snapshot
from layerscope.api import inspect
from layerscope.errors import ConfigurationError, LayerscopeError, SourceNotFound, UsageError
from layerscope.gate.config_files import NOTHING, find_configuration, load_configuration
from layerscope.gate.configuration import Configuration
from layerscope.gate.decide import Circumstances, asked_rules, decide, image_names, with_policy_base
from layerscope.gate.policy import Policy, Settings
from layerscope.gate.verdict import BaselineState, BaselineUse, Decision, Outcome, Result, Verdict
from layerscope.oci.reference import split_transport
from layerscope.report.baseline import masked_snapshot, read_baseline
from layerscope.report.incomplete import incompleteness
from layerscope.rules.examine import examine
from layerscope.rules.finding import Finding

__all__ = ["NOTHING", "Checked", "check", "configuration_for", "growth_since", "read_baseline_file"]

_MOST_BASELINE_BYTES = 64 << 20
_ABOUT_DOCKERFILE = ("dockerfile", "target", "build_args", "limits")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check gave: the verdict, and what it is about; `findings` of the rules that the policy asks."""

    verdict: Verdict
    analysis: Analysis
    snapshot: Snapshot
    """What a baseline of this image holds."""
    policy: Policy
    findings: tuple[Finding, ...]


def configuration_for(config: str | Path | None = None, start: Path | None = None) -> Configuration:
    """The configuration in the file `config`, or the one that is found from `start` upward (the working
    directory, if not given); an empty one if there is none. Raises ConfigurationError."""
    if config is not None:
        return load_configuration(Path(config))
    found = find_configuration((start or Path.cwd()).resolve())
    if found is None:
        return NOTHING
    with suppress(ValueError):  # another drive
        found = Path(os.path.relpath(found))
    return load_configuration(found, found.as_posix())


def check(
    reference: str,
    *,
    configuration: Configuration = NOTHING,
    flags: Settings = Settings(),  # noqa: B008 (frozen)
    today: date,
    accepting: bool = False,
    allow_partial: bool = False,
    context: str | Path | None = None,
    **options: Any,
) -> Checked:
    """Read an image and hold it against a configuration and against `flags`, which come last.

    `today` is what the last days of waivers are compared with. With `accepting` a new baseline is to be
    written, and growth since the old one fails nothing. `options` are those of `inspect`; `context` is the
    build context of the Dockerfile, which the rules LS2xx look at, and is found where it is not given. An
    image that was read in part gives a verdict that is undecided (`allow_partial`: unless layers are only
    missing, or of a kind that is not read). Raises what `inspect` raises; a baseline that cannot be used
    raises nothing.
    """
    analysis = inspect(reference, **options)
    policy = configuration.policy(image_names(analysis.image), flags)
    analysis = with_policy_base(analysis, policy)
    rules = asked_rules(policy)
    building = None
    if options.get("dockerfile") is not None and any(rule.about_dockerfile for rule in rules):
        from layerscope.advising import known_building  # noqa: PLC0415  # 60 ms that few need

        about = {key: options[key] for key in _ABOUT_DOCKERFILE if options.get(key) is not None}
        analysis, building = known_building(analysis, about.pop("dockerfile", None), context=context, **about)
    findings = examine(analysis, rules, building) if rules else ()
    counted = [(finding.rule_id, finding.freed_bytes) for finding in findings]
    snapshot = masked_snapshot(take_snapshot(analysis, findings=counted))
    use, before = _baseline(policy, reference, options)
    error = incompleteness(analysis, allow_partial=allow_partial)
    circumstances = Circumstances(
        today=today,
        baseline=use,
        growth=explain_growth(before, snapshot) if before else None,
        accepting=accepting,
        dockerfile=building is not None,
        undecided="" if error is None else error.message,
    )
    verdict = decide(analysis, findings, policy, snapshot, circumstances)
    following = building.say() if building and _only_dockerfile(verdict) else _next_command(verdict, options)
    verdict = replace(verdict, next_command=following)
    return Checked(verdict, analysis, snapshot, policy, tuple(findings))


def read_baseline_file(path: Path) -> Snapshot:
    """What `layerscope check --write-baseline` wrote. Raises SourceNotFound, ConfigurationError."""
    content = _document(str(path))
    if content is None:
        raise ConfigurationError(f"{path}: this is no baseline")
    return read_baseline(content, str(path))


def growth_since(before: Snapshot, analysis: Analysis) -> Growth:
    """How an image differs from what a baseline says, without any policy."""
    return explain_growth(before, masked_snapshot(take_snapshot(analysis)))


def _baseline(
    policy: Policy, reference: str, options: dict[str, Any]
) -> tuple[BaselineUse | None, Snapshot | None]:
    """The baseline that the policy names, read; and what came of it. Nothing is raised."""
    setting = policy.baseline
    if setting is None:
        return None, None
    source = setting.value
    if source == reference == "-":
        raise UsageError("baseline -: standard input is the image already")
    try:
        before = _read(source, policy, options)
    except SourceNotFound as error:
        return BaselineUse(source, BaselineState.MISSING, reason=error.message), None
    except LayerscopeError as error:
        return BaselineUse(source, BaselineState.UNREADABLE, reason=error.message), None
    name = before.tags[0] if before.tags else ""
    return BaselineUse(source, BaselineState.USED, image=name), before


def _read(source: str, policy: Policy, options: dict[str, Any]) -> Snapshot:
    content = _document(source)
    if content is not None:
        return read_baseline(content, source)
    kept = ("platform", "packages", "verify", "cache", "jobs", "limits", "progress")
    how = {key: value for key, value in options.items() if key in kept}
    analysis = _inspect_baseline(source, options.get("base"), how)
    error = incompleteness(analysis)
    if error is not None:
        raise error
    return masked_snapshot(take_snapshot(with_policy_base(analysis, policy)))


def _inspect_baseline(source: str, base: str | None, how: dict[str, Any]) -> Analysis:
    """The base image may be another one than the image's own."""
    if base is not None:
        try:
            return inspect(source, base=base, **how)
        except UsageError:
            pass
    return inspect(source, **how)


def _document(source: str) -> bytes | None:
    """The bytes of a baseline, which begins with a brace as no image does; None for an image."""
    if source == "-" or split_transport(source)[0]:
        return None
    try:
        with Path(source).open("rb") as file:
            begin = file.read(64)
            if begin and not begin.lstrip().startswith(b"{"):
                return None
            content = begin + file.read(_MOST_BASELINE_BYTES)
    except FileNotFoundError as error:
        raise SourceNotFound(f"{source}: no such file") from error
    except IsADirectoryError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{source}: {error.strerror or error}") from error
    if len(content) > _MOST_BASELINE_BYTES:
        raise ConfigurationError(f"{source}: more than {_MOST_BASELINE_BYTES:,} bytes: this is no baseline")
    return content


def _only_dockerfile(verdict: Verdict) -> bool:
    """Whether all that failed is about the Dockerfile's order, so that advice says more."""
    failed = verdict.of(Outcome.FAILED)
    return bool(failed) and all(result.build is not None for result in failed)


def _next_command(verdict: Verdict, options: dict[str, Any]) -> str:
    """What to run to see more of what failed first, or to accept that the image grew."""
    failed = verdict.of(Outcome.FAILED)
    reference = verdict.image.reference
    if verdict.decision is Decision.PASSED or reference == "-":
        return ""
    baseline = verdict.baseline
    if failed and baseline is not None and _only_growth(failed):
        if _is_image(baseline.source):
            return _command("diff", baseline.source, reference)
        return _command("check", reference, "--write-baseline", baseline.source) + "  # accepts the growth"
    given = [part for key in ("dockerfile", "base", "platform") for part in _option(key, options)]
    return _command("inspect", reference, *given)


def _only_growth(failed: Sequence[Result]) -> bool:
    return all(result.before is not None or result.rule_id == "LS300" for result in failed)


def _is_image(source: str) -> bool:
    try:
        return _document(source) is None
    except LayerscopeError:
        return False


def _option(key: str, options: dict[str, Any]) -> list[str]:
    value = options.get(key)
    return [] if value is None else [f"--{key}", str(value)]


def _command(*words: str) -> str:
    return shlex.join(("layerscope", *words))
