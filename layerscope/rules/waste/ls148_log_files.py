"""Log files.

## What it finds

Logs below `/var/log`, and files named `*.log` where programs are put (`/app`, `/srv`, `/opt`, home
directories, …). `lastlog` and `faillog` are told apart: they have one record for each possible user number,
and grow to gigabytes when a user with a large number is made. Logs that are part of an installed package
are not meant.

## Why it matters

They tell of the build, not of the program. They hold times, so that the same build stores other bytes each
time.

## How to fix it

Remove them in the instruction that writes them, and name one's own in `.dockerignore` (`**/*.log`):

    RUN apt-get update && apt-get install -y --no-install-recommends curl \\
     && rm -rf /var/lib/apt/lists/* && find /var/log -type f -delete

    RUN useradd --no-log-init --uid 1000123 app

A program should log to its standard output; nginx's image, for one, links its log files there.
"""

from __future__ import annotations

from layerscope.rules.base import PatternRule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.installing import install
from layerscope.rules.origins import in_vendored_code

__all__ = ["LogFiles"]


class LogFiles(PatternRule):
    """Live logs, unless a package owns them."""

    id = "LS148"
    name = "log-files"
    patterns = {
        "lastlog": ("var/log/lastlog", "var/log/faillog"),
        "system": ("var/log/**",),
        "application": (
            "app/**/*.log",
            "srv/**/*.log",
            "opt/**/*.log",
            "root/**/*.log",
            "home/**/*.log",
            "src/**/*.log",
            "code/**/*.log",
            "workspace/**/*.log",
            "usr/src/**/*.log",
            "var/www/**/*.log",
            "**/npm-debug.log",
            "**/yarn-error.log",
        ),
    }
    messages = {
        "lastlog": "the table of last or failed logins is stored",
        "system": "logs in /var/log are stored",
        "application": "log files are stored",
    }
    fixes = {
        "lastlog": Fix(
            "make the user without a record in them",
            "RUN useradd --no-log-init --uid NUMBER NAME",
        ),
        "system": Fix(
            "remove them in the instruction that writes them",
            "RUN make install && find /var/log -type f -delete",
        ),
        "application": Fix(
            "name them in .dockerignore (**/*.log), or remove them in the instruction that writes them"
        ),
    }

    def fix(self, evidence: Evidence, topic: str) -> Fix:
        """For the logs of package managers, with the one of the image."""
        fix = super().fix(evidence, topic)
        installing = install(evidence, "find /var/log -type f -delete") if topic == "system" else ""
        return Fix(fix.text, installing or fix.example)

    def keeps(self, evidence: Evidence, inode: int) -> bool:
        """Packages bring samples and test data along that look like logs."""
        return evidence.package(inode) is None and not any(map(_is_a_sample, evidence.names(inode)))


def _is_a_sample(path: bytes) -> bool:
    return not path.startswith(b"var/log/") and (in_vendored_code(path) or b"/testdata/" in b"/" + path)
