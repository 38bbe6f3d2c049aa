"""Findings and packages in the machine format: who owns the bytes, and what to change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import UNSET, Struct, UnsetType

from layerscope.analysis.analyze import Analysis
from layerscope.image.history import DockerfileLines, DockerfileMatch
from layerscope.packages.base import Package
from layerscope.report.exact import Bytes, Count, ExactPath, LayerIndex, exact_bytes, lossy_text
from layerscope.report.masking import masked
from layerscope.report.printable import without_surrogates
from layerscope.rules.finding import BuildSaving, Finding, Location, PathBytes

__all__ = [
    "BuildSavingReport",
    "DockerfileMatchReport",
    "DockerfileReport",
    "EcosystemReport",
    "FindingReport",
    "FixReport",
    "LayerPackagesReport",
    "LocationReport",
    "PackageReport",
    "PackagesReport",
    "PathReport",
    "UnownedFileReport",
    "UnownedReport",
    "build_saving_report",
    "dockerfile_match_report",
    "dockerfile_report",
    "ecosystems",
    "finding_reports",
    "largest_unowned",
    "location_report",
    "package_reports",
    "packages_by_layer",
    "packages_report",
    "unowned",
]

_LARGEST_SHOWN = 10
"""Files of no package that are named."""


class DockerfileReport(Struct, frozen=True, kw_only=True):
    """Where an instruction stands in the Dockerfile: lines from 1, both included, and the lines themselves.

    `stage` is the stage's name, or its number from 0 as text.
    """

    file: str
    first_line: Count
    last_line: Count
    stage: str
    text: str


class PathReport(Struct, frozen=True, kw_only=True):
    """A path with the bytes that the finding counts there."""

    path: str
    path_bytes: ExactPath | UnsetType = UNSET
    bytes: Bytes


class LocationReport(Struct, frozen=True, kw_only=True):
    """Where a finding is, in one layer; `layer` is null for an instruction that made none of this image.

    `role`: the layer has `stored` the bytes, has `hidden` them, or is what the finding is `concerned` with.
    `directory` is the deepest one that holds all `files` (empty: the root); `paths` are the largest of them.
    """

    layer: LayerIndex | None
    role: str
    files: Count
    bytes: Bytes
    directory: str
    directory_bytes: ExactPath | UnsetType = UNSET
    paths: tuple[PathReport, ...]
    instruction: str | None
    dockerfile: DockerfileReport | None


class FixReport(Struct, frozen=True, kw_only=True):
    """What to change: a sentence, and a piece of a Dockerfile, empty where none helps."""

    text: str
    example: str


class BuildSavingReport(Struct, frozen=True, kw_only=True):
    """What one build takes less, on average, once a finding about the Dockerfile is mended.

    `steps_saved` of the stage's `steps` are not carried out, but come from the cache; `pushed_bytes` of
    compressed layers are not made anew. `seconds` is null where nobody measured what takes how long. `builds`
    commits were replayed; 0 where it is guessed what changes how often. `sent_bytes` of the context are not
    sent to the builder any more. The image stores `stored_bytes` less, which may be those of another finding.
    """

    steps_saved: float
    steps: Count
    seconds: float | None
    pushed_bytes: Bytes
    builds: Count
    stored_bytes: Bytes
    sent_bytes: Bytes


class FindingReport(Struct, frozen=True, kw_only=True):
    """One problem. `bytes` of stored contents are gone once it is mended, `wasted_bytes` of them are waste.

    No byte is counted by two findings. `severity` is `info`, `warning` or `error`. `in_base` says that the
    base image stores the bytes, and that no instruction of one's own frees them. `build` is null where the
    finding is not about what builds take.
    """

    rule_id: str
    name: str
    severity: str
    message: str
    bytes: Bytes
    wasted_bytes: Bytes
    in_base: bool
    locations: tuple[LocationReport, ...]
    fix: FixReport
    build: BuildSavingReport | None


class PackageReport(Struct, frozen=True, kw_only=True):
    """An installed package.

    `ecosystem` is the type of its package URL: `deb`, `apk`, `rpm`, `pypi`, `npm`. `added_in` is the layer
    since which it is there in this version, `in_base` whether that is the base image's. `files` and `bytes`
    are those of its files in the final root filesystem, each counted for one package; `declared_bytes` is
    what its record claims. `record` is the file that says that it is installed.
    """

    ecosystem: str
    name: str
    version: str
    architecture: str
    added_in: LayerIndex
    in_base: bool
    files: Count
    bytes: Bytes
    declared_bytes: Bytes | None
    record: str
    record_bytes: ExactPath | UnsetType = UNSET


class EcosystemReport(Struct, frozen=True, kw_only=True):
    """All packages of one ecosystem."""

    packages: Count
    files: Count
    bytes: Bytes


class LayerPackagesReport(Struct, frozen=True, kw_only=True):
    """The packages that one layer added and that are still there, with their live bytes."""

    layer: LayerIndex
    packages: Count
    bytes: Bytes


class UnownedFileReport(Struct, frozen=True, kw_only=True):
    """A file of the final root filesystem that no package owns, and the layer that stores it."""

    path: str
    path_bytes: ExactPath | UnsetType = UNSET
    bytes: Bytes
    layer: LayerIndex


class UnownedReport(Struct, frozen=True, kw_only=True):
    """Files of the final root filesystem that no package owns; `largest` names ten, most bytes first."""

    files: Count
    bytes: Bytes
    largest: tuple[UnownedFileReport, ...]


class PackagesReport(Struct, frozen=True, kw_only=True):
    """The installed packages, most bytes first. Their bytes and the unowned ones are the live bytes.

    `by_layer` has the layers that added some.
    """

    ecosystems: dict[str, EcosystemReport]
    by_layer: tuple[LayerPackagesReport, ...]
    unowned: UnownedReport
    list: tuple[PackageReport, ...]


class DockerfileMatchReport(Struct, frozen=True, kw_only=True):
    """The Dockerfile that was given: `matched` of the `instructions` of its `stage` and of those that it
    continues were found in the history. Those that are not are in the notices, as far as it is known why."""

    file: str
    stage: str
    matched: Count
    instructions: Count


def dockerfile_match_report(match: DockerfileMatch | None) -> DockerfileMatchReport | None:
    """How much of a Dockerfile agrees, if one was given."""
    if match is None:
        return None
    return DockerfileMatchReport(
        file=without_surrogates(match.file),
        stage=without_surrogates(match.stage),
        matched=match.matched,
        instructions=match.instructions,
    )


def dockerfile_report(lines: DockerfileLines | None) -> DockerfileReport | None:
    """Where an instruction stands, if that is known."""
    if lines is None:
        return None
    return DockerfileReport(
        file=without_surrogates(lines.file),
        first_line=lines.first,
        last_line=lines.last,
        stage=without_surrogates(lines.stage),
        text=without_surrogates(masked(lines.text)),
    )


def finding_reports(findings: Sequence[Finding]) -> Iterator[FindingReport]:
    """All findings, in their order: most bytes first."""
    return map(_finding_report, findings)


def _finding_report(finding: Finding) -> FindingReport:
    return FindingReport(
        rule_id=finding.rule_id,
        name=finding.name,
        severity=str(finding.severity),
        message=without_surrogates(finding.message),
        bytes=finding.freed_bytes,
        wasted_bytes=finding.wasted_bytes,
        in_base=finding.in_base,
        locations=tuple(map(location_report, finding.locations)),
        fix=FixReport(
            text=without_surrogates(finding.fix.text),
            example=masked(without_surrogates(finding.fix.example)),
        ),
        build=build_saving_report(finding.build),
    )


def build_saving_report(saving: BuildSaving | None) -> BuildSavingReport | None:
    """What builds save, if the finding is about that."""
    if saving is None:
        return None
    return BuildSavingReport(
        steps_saved=round(saving.steps_saved, 3),
        steps=saving.steps,
        seconds=None if saving.seconds is None else round(saving.seconds, 3),
        pushed_bytes=saving.pushed_bytes,
        builds=saving.builds,
        stored_bytes=saving.stored_bytes,
        sent_bytes=saving.sent_bytes,
    )


def location_report(location: Location) -> LocationReport:
    """A place of a finding or of a budget."""
    return LocationReport(
        layer=location.layer,
        role=str(location.role),
        files=location.files,
        bytes=location.freed_bytes,
        directory=lossy_text(location.directory),
        directory_bytes=exact_bytes(location.directory),
        paths=tuple(map(_path_report, location.paths)),
        instruction=masked(location.instruction.text) if location.instruction else None,
        dockerfile=dockerfile_report(location.lines),
    )


def _path_report(found: PathBytes) -> PathReport:
    return PathReport(
        path=lossy_text(found.path), path_bytes=exact_bytes(found.path), bytes=found.freed_bytes
    )


def packages_report(analysis: Analysis) -> PackagesReport | None:
    """The packages; None where they were not looked for."""
    if not analysis.packages.looked_for:
        return None
    return PackagesReport(
        ecosystems=ecosystems(analysis),
        by_layer=packages_by_layer(analysis),
        unowned=unowned(analysis),
        list=tuple(package_reports(analysis)),
    )


def ecosystems(analysis: Analysis) -> dict[str, EcosystemReport]:
    """Sums of each ecosystem that has packages, most bytes first, then by name."""
    sums: dict[str, list[int]] = {}
    for package in analysis.packages.packages:
        found = sums.setdefault(package.ecosystem, [0, 0, 0])
        found[0] += 1
        found[1] += package.files
        found[2] += package.content_bytes
    ordered = sorted(sums.items(), key=lambda item: (-item[1][2], item[0]))
    return {
        name: EcosystemReport(packages=packages, files=files, bytes=size)
        for name, (packages, files, size) in ordered
    }


def packages_by_layer(analysis: Analysis) -> tuple[LayerPackagesReport, ...]:
    """What each layer added, for the layers that added a package."""
    return tuple(
        LayerPackagesReport(layer=layer, packages=packages, bytes=size)
        for layer, (packages, size) in analysis.packages.by_layer().items()
    )


def unowned(analysis: Analysis) -> UnownedReport:
    """What no package owns."""
    table = analysis.packages
    return UnownedReport(
        files=table.unowned_files,
        bytes=table.unowned_bytes,
        largest=largest_unowned(analysis, _LARGEST_SHOWN),
    )


def largest_unowned(analysis: Analysis, most: int) -> tuple[UnownedFileReport, ...]:
    """The largest files that no package owns, most bytes first."""
    found = []
    for inode in analysis.packages.largest_unowned(most):
        changeset, index, layer = analysis.rootfs.inodes.locate(inode)
        path = changeset.path(index)
        found.append(
            UnownedFileReport(
                path=lossy_text(path),
                path_bytes=exact_bytes(path),
                bytes=changeset.sizes[index],
                layer=layer,
            )
        )
    return tuple(found)


def package_reports(analysis: Analysis) -> Iterator[PackageReport]:
    """All packages, most bytes first."""
    for package in analysis.packages.packages:
        yield _package_report(package, in_base=package.added_in < analysis.base.layers)


def _package_report(package: Package, *, in_base: bool) -> PackageReport:
    return PackageReport(
        ecosystem=package.ecosystem,
        name=without_surrogates(package.name),
        version=without_surrogates(package.version),
        architecture=without_surrogates(package.architecture),
        added_in=package.added_in,
        in_base=in_base,
        files=package.files,
        bytes=package.content_bytes,
        declared_bytes=package.declared_bytes,
        record=lossy_text(package.record),
        record_bytes=exact_bytes(package.record),
    )
