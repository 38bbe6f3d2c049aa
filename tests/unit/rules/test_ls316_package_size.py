"""LS316: the largest package, and who installed it."""

from __future__ import annotations

from dataclasses import replace

from layerscope.packages.table import NO_PACKAGES
from tests.budget_cases import APP, layers_of, measured, unmeasured
from tests.findings import package, with_packages

GIVEN = with_packages(APP, package("libc", 50), package("torch", 30, ecosystem="pypi", added_in=1))


def test_the_largest_is_measured_and_its_instruction_named() -> None:
    found = measured("package-size", GIVEN, "pypi:*")
    assert (found.value, layers_of(found), found.in_base) == (30, [(1, 30)], False)
    assert found.locations[0].instruction is not None
    assert found.locations[0].instruction.text == "COPY . /app"
    assert (measured("package-size", GIVEN).value, measured("package-size", GIVEN).in_base) == (50, True)


def test_one_that_is_not_there_has_no_bytes() -> None:
    assert measured("package-size", GIVEN, "npm:left-pad").value == 0


def test_where_nobody_looked_there_is_no_figure() -> None:
    assert "not looked for" in unmeasured("package-size", replace(APP, packages=NO_PACKAGES))
