"""Test suites of installed packages.

## What it finds

Directories of tests in what package managers of Python, Node.js, Ruby and PHP installed, and in Python's
standard library. A package that is called `test` is not meant, nor is `test` below a Python package:
Django, for one, keeps there what programs import. What packages of the operating system bring is not meant
either.

## Why it matters

Nobody runs the tests of a library in the container of a program. In scientific Python they are a tenth of
what is installed. Since some programs do read files from there, this is information.

## How to fix it

Remove them in the instruction that installs, and run one's own tests against the result:

    RUN pip install --no-cache-dir -r requirements.txt \\
     && find "$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \\
          -depth -type d -name tests -exec rm -rf {} +

    RUN npm ci --omit=dev \\
     && find . -depth -type d '(' -regex '.*/node_modules/[^@/][^/]*/_*tests*_*' \\
          -o -regex '.*/node_modules/@[^/]*/[^/]*/_*tests*_*' ')' -exec rm -rf {} +

For the standard library choose an image without its tests: the official `python` images have none.
"""

from __future__ import annotations

import re

from layerscope.rules.base import PatternRule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix, Severity
from layerscope.rules.origins import system_package

__all__ = ["TestSuites"]

_PACKAGE_NAMED_TEST = re.compile(
    rb"(?:.*/)?node_modules/@[^/]+/(?:test|tests|__tests__)/[^/]+(?:/.*)?", re.DOTALL
)
_INSIDE_SCOPED_PACKAGE = re.compile(
    rb"(?:.*/)?node_modules/@[^/]+/[^/]+/(?:test|tests|__tests__)/.*", re.DOTALL
)


class TestSuites(PatternRule):
    """Live files of tests, for information."""

    __test__ = False  # a name that pytest would take for its own

    id = "LS143"
    name = "test-suites"
    severity = Severity.INFO
    patterns = {
        "python": (
            "**/site-packages/**/tests/**",
            "**/dist-packages/**/tests/**",
        ),
        "python-library": (
            "usr/lib/python3*/test/**",
            "usr/local/lib/python3*/test/**",
            "**/lib/python3*/idlelib/idle_test/**",
            "**/lib/python3*/*/tests/**",
            "**/lib/python3*/unittest/test/**",
            "**/lib/python3*/ctypes/test/**",
            "**/lib/python3*/tkinter/test/**",
        ),
        "node": (
            "**/node_modules/*/test/**",
            "**/node_modules/*/tests/**",
            "**/node_modules/*/__tests__/**",
            "**/node_modules/@*/*/test/**",
            "**/node_modules/@*/*/tests/**",
            "**/node_modules/@*/*/__tests__/**",
        ),
        "ruby": (
            "**/gems/*/gems/*/test/**",
            "**/gems/*/gems/*/spec/**",
            "**/ruby/*/gems/*/test/**",
            "**/ruby/*/gems/*/spec/**",
            "usr/local/bundle/gems/*/test/**",
            "usr/local/bundle/gems/*/spec/**",
        ),
        "php": ("**/vendor/*/*/tests/**", "**/vendor/*/*/Tests/**"),
    }
    messages = {
        "python": "test suites of Python packages are stored",
        "python-library": "test suites of Python's standard library are stored",
        "node": "test suites of npm packages are stored",
        "ruby": "test suites of gems are stored",
        "php": "test suites of PHP packages are stored",
    }
    fixes = {
        "python": Fix(
            "remove them in the instruction that installs",
            "RUN pip install --no-cache-dir -r requirements.txt "
            '&& find "$(python3 -c \'import sysconfig; print(sysconfig.get_path("purelib"))\')" '
            "-depth -type d -name tests -exec rm -rf {} +",
        ),
        "python-library": Fix(
            "remove them in the instruction that builds Python, or choose an image without them",
            "RUN make install && for lib in /usr/local/lib/python3.*; do rm -rf $lib/test $lib/*/tests "
            "$lib/idlelib/idle_test $lib/unittest/test $lib/ctypes/test $lib/tkinter/test; done",
        ),
        "node": Fix(
            "remove them in the instruction that installs",
            "RUN npm ci --omit=dev && find . -depth -type d "
            "'(' -regex '.*/node_modules/[^@/][^/]*/_*tests*_*' "
            "-o -regex '.*/node_modules/@[^/]*/[^/]*/_*tests*_*' ')' -exec rm -rf {} +",
        ),
        "ruby": Fix(
            "remove them in the instruction that installs",
            'RUN bundle install && gems="$(bundle exec gem env gemdir)/gems" '
            '&& rm -rf "$gems"/*/test "$gems"/*/spec',
        ),
        "php": Fix(
            "remove them in the instruction that installs",
            "RUN composer install --no-dev && rm -rf vendor/*/*/tests vendor/*/*/Tests",
        ),
    }

    def keeps(self, evidence: Evidence, inode: int) -> bool:
        """`node_modules/@scope/test` is a package, not the tests of one; nobody takes tests out of a deb."""
        if system_package(evidence, inode) is not None:
            return False
        return not any(_is_a_package(name) for name in evidence.names(inode))


def _is_a_package(path: bytes) -> bool:
    if b"node_modules/@" not in path:
        return False
    return bool(_PACKAGE_NAMED_TEST.fullmatch(path)) and not _INSIDE_SCOPED_PACKAGE.fullmatch(path)
