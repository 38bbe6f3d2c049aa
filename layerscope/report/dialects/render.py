"""One outcome list in any dialect, by its name on the command line."""

from __future__ import annotations

from typing import Literal, get_args

from layerscope.report.dialects.outcome import Told

__all__ = ["DIALECTS", "Dialect", "render"]

Dialect = Literal["junit", "sarif", "github", "gitlab", "markdown"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


def render(dialect: Dialect, told: Told) -> bytes:
    """The whole output, in UTF-8; each dialect is loaded when it is asked for."""
    match dialect:
        case "junit":
            from layerscope.report.dialects.junit import junit_report  # noqa: PLC0415

            return junit_report(told)
        case "sarif":
            from layerscope.report.dialects.sarif import sarif_report  # noqa: PLC0415

            return sarif_report(told)
        case "github":
            from layerscope.report.dialects.github import github_annotations  # noqa: PLC0415

            return github_annotations(told)
        case "gitlab":
            from layerscope.report.dialects.gitlab import gitlab_report  # noqa: PLC0415

            return gitlab_report(told)
        case "markdown":
            from layerscope.report.dialects.comment import pull_request_comment  # noqa: PLC0415

            return pull_request_comment(told)
