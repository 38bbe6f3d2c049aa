"""Progress on a terminal's standard error: only for work that takes a while, and gone when it is done."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["progress_bar"]

_PATIENCE_SECONDS = 0.5
_REFRESH_SECONDS = 0.1


@contextmanager
def progress_bar(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Give a callback for (bytes done, bytes in all), or None where there is nobody to see it.

    The bar is drawn from the callback alone: no thread runs beside the work, since a thread that holds a lock
    while worker processes are forked would leave it held in them forever.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    bar = _Bar(what)
    try:
        yield bar
    finally:
        bar.close()


class _Bar:
    def __init__(self, what: str) -> None:
        self._what = what
        self._next = time.monotonic() + _PATIENCE_SECONDS
        self._shown: tuple[Progress, TaskID] | None = None

    def __call__(self, done: int, total: int) -> None:
        """Draw, if it is time to."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _REFRESH_SECONDS
        from layerscope.report.units import size  # noqa: PLC0415  # as rich, below

        if self._shown is None:
            self._shown = _start(self._what)
        progress, task = self._shown
        amount = f"{size(done)} of {size(total)}" if total else size(done)
        progress.update(task, completed=done, total=total or None, amount=amount)
        progress.refresh()

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._shown is not None:
            self._shown[0].stop()


def _start(what: str) -> tuple[Progress, TaskID]:
    from rich.console import Console  # noqa: PLC0415  # most runs are over before a bar is needed
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[amount]}"),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    progress.start()
    return progress, progress.add_task(what, total=None, amount="")  # 100 would be the default
