"""The formats of a verdict by their names. A new one is one line of `RENDERERS`; each is loaded when asked
for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from layerscope.cli.ci_services import append_step_summary, source_tree
from layerscope.cli.options import Color
from layerscope.cli.text_output import text_blocks

if TYPE_CHECKING:
    from layerscope.gate.verdict import Verdict

__all__ = ["RENDERERS", "View", "render_verdict"]


@dataclass(frozen=True, slots=True)
class View:
    """How text for people looks, and where it goes (None: standard output); `page` makes the HTML report."""

    target: Path | None
    color: Color = Color.AUTO
    top: int = 10
    page: Callable[[], bytes] = bytes


def _text(verdict: Verdict, view: View) -> bytes:
    from layerscope.report.verdict_text import verdict_text  # noqa: PLC0415

    tree = source_tree()
    return b"".join(
        text_blocks(
            lambda options: verdict_text(verdict, tree, options), view.target, view.color, top=view.top
        )
    )


def _json(verdict: Verdict, view: View) -> bytes:  # noqa: ARG001
    from layerscope.report.verdict_report import verdict_json  # noqa: PLC0415

    return b"".join(verdict_json(verdict))


def _dialect(name: str, verdict: Verdict, view: View) -> bytes:  # noqa: ARG001
    from layerscope.report.dialects.render import DIALECTS, render  # noqa: PLC0415
    from layerscope.report.dialects.telling import told  # noqa: PLC0415

    dialect = DIALECTS[[str(each) for each in DIALECTS].index(name)]
    return render(dialect, told(verdict, source_tree()))


def _html(verdict: Verdict, view: View) -> bytes:  # noqa: ARG001
    return view.page()


RENDERERS: dict[str, Callable[[Verdict, View], bytes]] = {
    "text": _text,
    "json": _json,
    "junit": partial(_dialect, "junit"),
    "sarif": partial(_dialect, "sarif"),
    "github": partial(_dialect, "github"),
    "gitlab": partial(_dialect, "gitlab"),
    "markdown": partial(_dialect, "markdown"),
    "html": _html,
}
"""Name on the command line to what writes it, in the order of the help."""


def render_verdict(name: str, verdict: Verdict, view: View) -> bytes:
    """The whole output. With `github` the summary of the job is written besides, where there is one."""
    content = RENDERERS[name](verdict, view)
    if name == "github":
        from layerscope.report.dialects.comment import job_summary  # noqa: PLC0415
        from layerscope.report.dialects.telling import told  # noqa: PLC0415

        append_step_summary(job_summary(told(verdict, source_tree())))
    return content
