"""What the user says of how an image was made: the options that several commands share, as one thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from layerscope.analysis.analyze import Analysis
from layerscope.api import examine, inspect
from layerscope.cli.options import ReadingOptions
from layerscope.cli.progress import progress_bar
from layerscope.errors import LayerscopeError, UsageError
from layerscope.rules.finding import Finding

__all__ = ["AttributionOptions", "analyzed", "examined", "source_text"]


@dataclass(frozen=True, slots=True)
class AttributionOptions:
    """The Dockerfile with its stage and arguments, and the base image."""

    dockerfile: Path | None
    target: str | None
    build_args: dict[str, str]
    base: str | None
    context: Path | None = None

    @classmethod
    def of(
        cls,
        dockerfile: Path | None,
        target: str | None,
        build_args: Sequence[str] | None,
        base: str | None,
        context: Path | None = None,
    ) -> AttributionOptions:
        """From what typer gives; `build_args` are NAME=VALUE."""
        arguments = dict(each.split("=", 1) for each in build_args or ())
        return cls(dockerfile, target, arguments, base, context)

    def located(self) -> AttributionOptions:
        """The same with the Dockerfile itself, if its directory was given.

        What is wrong is said in words of options. Raises UsageError, SourceNotFound.
        """
        if self.dockerfile is None:
            given = {"--target": self.target, "--build-arg": self.build_args, "--context": self.context}
            for option, value in given.items():
                if value:
                    raise UsageError(f"{option} needs --dockerfile")
            return self
        from layerscope.dockerfile.given import locate_dockerfile  # noqa: PLC0415  # few need it

        try:
            return replace(self, dockerfile=locate_dockerfile(self.dockerfile))
        except LayerscopeError as error:
            raise type(error)(f"--{error.message}", further=error.further) from error


def analyzed(
    reading: ReadingOptions,
    attribution: AttributionOptions,
    *,
    packages: bool,
    quiet: bool,
    meanwhile: Callable[[], object] | None = None,
) -> Analysis:
    """`layerscope.inspect` with these options, and progress where somebody sees it."""
    with progress_bar("reading layers", quiet=quiet) as progress:
        return inspect(
            reading.reference,
            image=reading.image,
            platform=reading.platform,
            dockerfile=attribution.dockerfile,
            target=attribution.target,
            build_args=attribution.build_args,
            base=attribution.base,
            packages=packages,
            verify=reading.verify,
            jobs=reading.jobs,
            limits=reading.limits(),
            progress=progress,
            cache=reading.kept(),
            meanwhile=meanwhile,
        )


def examined(
    analysis: Analysis, reading: ReadingOptions, attribution: AttributionOptions
) -> tuple[Analysis, tuple[Finding, ...]]:
    """All rules asked, those about the Dockerfile too where there is one; the analysis may get notices."""
    building = None
    if attribution.dockerfile is not None:
        from layerscope.advising import known_building  # noqa: PLC0415  # few need it

        analysis, building = known_building(
            analysis,
            attribution.dockerfile,
            context=attribution.context,
            target=attribution.target,
            build_args=attribution.build_args,
            limits=reading.limits(),
        )
    return analysis, examine(analysis, building=building)


def source_text(dockerfile: Path | None) -> str | None:
    """The text of a Dockerfile that was read before, to be shown; None without one."""
    try:
        return None if dockerfile is None else dockerfile.read_bytes().decode("utf-8-sig", "replace")
    except OSError:  # it is gone since: the figures are not
        return None
