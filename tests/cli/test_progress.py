"""Progress is for people who wait at a terminal, and for nobody else."""

from __future__ import annotations

import io
import re
import sys
import threading

import pytest

from layerscope.cli import progress
from layerscope.cli.progress import progress_bar


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def open_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make standard error a terminal; no fixture, since pytest puts its own stream there after set-up."""
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    return shown


def test_without_a_terminal_there_is_nothing_to_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress_bar("reading", quiet=False) as bar:
        assert bar is None


def test_quiet_means_nothing_to_call(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    with progress_bar("reading", quiet=True) as bar:
        assert bar is None
    assert terminal.getvalue() == ""


def test_work_that_is_soon_done_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    with progress_bar("reading", quiet=False) as bar:
        assert bar is not None
        bar(1, 2)
    assert terminal.getvalue() == ""


def test_long_work_is_drawn_without_a_thread_and_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", -1)
    threads = threading.active_count()
    with progress_bar("reading layers", quiet=False) as bar:
        assert bar is not None
        bar(500_000, 2_000_000)
        assert threading.active_count() == threads
        assert "reading layers" in terminal.getvalue()
        assert "500.0 kB of 2.0 MB" in terminal.getvalue()
    erase_line, show_cursor = "\x1b[2K", "\x1b[?25h"
    assert terminal.getvalue().rstrip().endswith(erase_line)
    assert show_cursor in terminal.getvalue()


def test_a_stream_of_unknown_length_has_no_end_that_was_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", -1)
    with progress_bar("reading layers", quiet=False) as bar:
        assert bar is not None
        bar(154_796_032, 0)
    shown = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", terminal.getvalue())
    assert re.search(r"━ 154\.8 MB\s", shown)


def test_it_is_taken_away_when_the_work_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", -1)
    with pytest.raises(ZeroDivisionError):
        work_that_fails()
    assert "\x1b[?25h" in terminal.getvalue()


def work_that_fails() -> None:
    """Half done, then an error."""
    with progress_bar("reading", quiet=False) as bar:
        assert bar is not None
        bar(1, 2)
        raise ZeroDivisionError
