"""A real Chromium, and pages in it that are watched: what they ask for, and what they complain of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.differential.tools import require, require_module

_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


@dataclass
class Watched:
    """A page with what it did that it should not do."""

    page: Any
    url: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by playwright."""
    playwright = require_module("playwright.sync_api")
    require("chromium", root=False)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Watched]]:
    """Opens a file in a window of its own, and waits until its script has put the files there."""
    contexts = []

    def open_page(path: Path, *, width: int = 1200, scheme: str = "light", scripts: bool = True) -> Watched:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
        )
        contexts.append(context)
        page = context.new_page()
        watched = Watched(page, path.as_uri())
        page.on("request", lambda request: watched.requests.append(request.url))
        page.on("console", lambda message: watched.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        page.on("dialog", lambda dialog: watched.complaints.append(f"dialog: {dialog.message}"))
        page.goto(watched.url)
        if scripts and page.locator("#found").count():
            page.locator("#found:not(:empty)").wait_for()
        return watched

    yield open_page
    for context in contexts:
        context.close()
