"""What the user says of how an image was made: the options that several commands share, as one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from layerscope.analysis.analyze import Analysis
from layerscope.api import inspect
from layerscope.cli.options import ReadingOptions
from layerscope.cli.progress import progress_bar
from layerscope.errors import LayerscopeError, UsageError

__all__ = ["AttributionOptions", "analyzed", "source_text"]


@dataclass(frozen=True, slots=True)
class AttributionOptions:
    """The Dockerfile with its stage and arguments, and the base image."""

    dockerfile: Path | None
    target: str | None
    build_args: dict[str, str]
    base: str | None

    @classmethod
    def of(
        cls, dockerfile: Path | None, target: str | None, build_args: Sequence[str] | None, base: str | None
    ) -> AttributionOptions:
        """From what typer gives; `build_args` are NAME=VALUE."""
        return cls(dockerfile, target, dict(each.split("=", 1) for each in build_args or ()), base)

    def located(self) -> AttributionOptions:
        """The same with the Dockerfile itself, if its directory was given.

        What is wrong is said in words of options. Raises UsageError, SourceNotFound.
        """
        if self.dockerfile is None:
            if self.target or self.build_args:
                raise UsageError(f"{'--target' if self.target else '--build-arg'} needs --dockerfile")
            return self
        from layerscope.dockerfile.given import locate_dockerfile  # noqa: PLC0415  # few need it

        try:
            return replace(self, dockerfile=locate_dockerfile(self.dockerfile))
        except LayerscopeError as error:
            raise type(error)(f"--{error.message}", further=error.further) from error


def analyzed(
    reading: ReadingOptions, attribution: AttributionOptions, *, packages: bool, quiet: bool
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
        )


def source_text(dockerfile: Path | None) -> str | None:
    """The text of a Dockerfile that was read before, to be shown; None without one."""
    try:
        return None if dockerfile is None else dockerfile.read_bytes().decode("utf-8-sig", "replace")
    except OSError:  # it is gone since: the figures are not
        return None
