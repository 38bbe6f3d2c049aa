"""LS315: how many packages there are."""

from __future__ import annotations

from dataclasses import replace

from layerscope.packages.table import NO_PACKAGES
from tests.budget_cases import APP, measured, unmeasured
from tests.findings import package, with_packages

GIVEN = with_packages(
    APP, package("libc", 50), package("torch", 30, ecosystem="pypi", added_in=1), package("curl", 2)
)


def test_packages_are_counted_all_or_by_a_pattern() -> None:
    assert measured("package-count", GIVEN).value == 3
    assert measured("package-count", GIVEN, "deb:*").value == 2
    assert measured("package-count", GIVEN, "torch").value == 1
    assert measured("package-count", GIVEN, "npm:*").value == 0


def test_where_nobody_looked_there_is_no_figure() -> None:
    assert "not looked for" in unmeasured("package-count", replace(APP, packages=NO_PACKAGES))
