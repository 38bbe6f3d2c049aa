"""What grew is told by instruction, directory, package and file; each table adds up, the base apart."""

from __future__ import annotations

from typing import Any

import pytest

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.growth import Growth
from layerscope.analysis.growth_explained import explain_growth
from layerscope.analysis.snapshot import SnapshotBounds, take_snapshot
from tests.analyses import Step, analysis, step
from tests.builders import directory, file
from tests.findings import package, with_base, with_packages

BASE = step(file("etc/os-release", b"x" * 40), by="ADD file:1 in /")


def content(path: str, size: int, by: str = "RUN make", fill: bytes = b"x") -> Step:
    return step(directory(path.partition("/")[0]), file(path, fill * size), by=by)


def grown(before: Analysis, after: Analysis, *, top: int = 10, **bounds: Any) -> Growth:
    given = SnapshotBounds(**bounds)
    result = explain_growth(take_snapshot(before, bounds=given), take_snapshot(after, bounds=given), top=top)
    for table in (result.instructions, result.directories, result.files):
        assert table.grown == result.own.grown
    for table in (
        result.instructions, result.directories, result.files, result.packages, result.base_packages
    ):  # fmt: skip
        assert sum(row.grown for row in table) + table.others == table.grown
        assert len(table.rows) <= top
    assert result.own.grown + result.base.grown == result.stored.grown
    packaged = result.packages.grown + result.base_packages.grown
    assert packaged + result.unowned.grown == result.live.grown
    return result


def test_an_image_does_not_grow_from_itself() -> None:
    one = with_base(analysis(BASE, content("app/a", 10)), 1)
    found = grown(one, one)
    assert found.is_nothing
    assert not any(map(tuple, (found.instructions, found.directories, found.files, found.packages)))


def test_the_instruction_that_grew_is_named_with_both_layers() -> None:
    before = with_base(analysis(BASE, content("opt/x", 5, "RUN setup"), content("app/a", 10)), 1)
    after = with_base(
        analysis(
            BASE, content("app/new", 3, "RUN first"), content("opt/x", 5, "RUN setup"), content("app/a", 99)
        ),
        1,
    )
    rows = [
        (r.before, r.after, r.before_layer, r.after_layer, r.grown) for r in grown(before, after).instructions
    ]
    assert rows == [("RUN make", "RUN make", 2, 3, 89), (None, "RUN first", None, 1, 3)]


def test_a_changed_instruction_in_the_same_place_is_one_row() -> None:
    before = analysis(BASE, content("app/a", 10, "RUN pip install a"), content("opt/x", 1, "COPY . /opt"))
    after = analysis(BASE, content("app/a", 30, "RUN pip install a b"), content("opt/x", 1, "COPY . /opt"))
    (row,) = grown(before, after).instructions
    assert (row.before, row.after, row.grown) == ("RUN pip install a", "RUN pip install a b", 20)


def test_a_copy_is_the_same_instruction_whatever_it_copies() -> None:
    command = "/bin/sh -c #(nop) COPY dir:{} in /app"
    before = analysis(content("app/a", 10, command.format("a" * 64)), content("b", 1, "COPY file:x in /b"))
    after = analysis(content("app/a", 30, command.format("b" * 64)), content("b", 1, "COPY file:x in /b"))
    (row,) = grown(before, after).instructions
    assert (row.before_layer, row.after_layer, row.grown) == (0, 0, 20)


def test_an_instruction_of_another_kind_in_the_same_place_is_another_one() -> None:
    migrate, remove = "RUN /bin/app migrate /srv/data.db", "RUN rm -rf /var/cache/packages"
    found = grown(analysis(BASE, content("a", 10, migrate)), analysis(BASE, content("b", 4, remove)))
    assert [(row.before, row.after, row.grown) for row in found.instructions] == [
        (migrate, None, -10),
        (None, remove, 4),
    ]


def test_an_instruction_that_is_gone_has_shrunk() -> None:
    (row,) = grown(analysis(BASE, content("app/a", 10)), analysis(BASE)).instructions
    assert (row.before, row.after, row.after_layer, row.grown) == ("RUN make", None, None, -10)


def test_growth_of_the_base_is_apart_from_ones_own() -> None:
    larger = step(file("etc/os-release", b"x" * 1040), by="ADD file:2 in /")
    before = with_base(analysis(BASE, content("app/a", 10)), 1)
    after = with_base(analysis(larger, content("app/a", 12)), 1)
    found = grown(before, after)
    assert found.base_apart
    assert (found.base.grown, found.own.grown) == (1000, 2)
    assert [row.path for row in found.files] == [b"app/a"]


def test_where_one_base_is_unknown_all_layers_are_compared() -> None:
    image = analysis(BASE, content("app/a", 10))
    found = grown(with_base(image, 1), image)
    assert not found.base_apart
    assert (found.own.grown, found.base.before, found.base.after) == (0, 0, 0)
    assert found.instructions.rows == ()


def test_directories_are_told_as_deep_as_they_explain_something() -> None:
    before = analysis(BASE)
    after = analysis(
        BASE,
        step(
            file("usr/lib/python/pkg/big", b"x" * 1000),
            file("usr/lib/python/other/f", b"x" * 100),
            *[file(f"usr/lib/python/small{n}/f", b"x" * 3) for n in range(30)],
        ),
    )
    rows = [(row.path, row.grown, row.partial) for row in grown(before, after).directories]
    assert rows == [
        (b"usr/lib/python/pkg", 1000, False),
        (b"usr/lib/python/other", 100, False),
        (b"usr/lib/python", 90, True),
    ]


def test_what_moved_is_seen_although_the_sum_is_the_same() -> None:
    before, after = analysis(content("a/x", 500)), analysis(content("b/x", 500))
    assert [(row.path, row.grown) for row in grown(before, after).directories] == [(b"a", -500), (b"b", 500)]


def test_a_package_is_named_with_its_versions_and_the_instruction() -> None:
    before = with_packages(
        with_base(analysis(BASE, content("app/a", 10)), 1), package("libc", 40), unowned=(1, 10)
    )
    after = with_packages(
        with_base(analysis(BASE, content("app/a", 10), content("app/t", 300, "RUN pip install torch")), 1),
        package("torch", 300, ecosystem="pypi", added_in=2),
        package("libc", 40),
        unowned=(1, 10),
    )
    (row,) = grown(before, after).packages
    assert (row.ecosystem, row.name, row.before_versions, row.after_versions) == (
        "pypi",
        "torch",
        (),
        ("1.0",),
    )
    assert (row.layer, row.instruction, row.grown, row.exact) == (2, "RUN pip install torch", 300, True)


def test_an_upgrade_in_ones_own_layers_leaves_the_base() -> None:
    before = with_packages(with_base(analysis(BASE), 1), package("libc", 40))
    after = with_packages(
        with_base(analysis(BASE, step(file("etc/os-release", b"x" * 50), by="RUN upgrade")), 1),
        package("libc", 50, added_in=1),
    )
    found = grown(before, after)
    assert [(row.name, row.grown) for row in found.packages] == [("libc", 50)]
    assert [(row.name, row.grown, row.after_versions) for row in found.base_packages] == [("libc", -40, ())]


def test_more_changes_than_rows_are_summed_up() -> None:
    before = analysis(BASE)
    after = analysis(BASE, step(*[file(f"f{n:02}", b"x" * (n + 1)) for n in range(20)], by="RUN many"))
    files = grown(before, after, top=3).files
    assert [row.path for row in files] == [b"f19", b"f18", b"f17"]
    assert (files.others, files.others_count) == (sum(range(1, 18)), 17)


def test_a_file_that_the_baseline_had_no_room_for_is_not_called_exact() -> None:
    before = analysis(step(file("a", b"x" * 90), file("c", b"x" * 9), file("b", b"x" * 8)))
    after = analysis(step(file("a", b"x" * 90), file("c", b"x" * 9), file("b", b"x" * 80)))
    (row,) = grown(before, after).files
    assert (row.path, row.grown, row.exact) == (b"b", 72, True)
    few = grown(before, after, files=2).files
    assert [(row.path, row.before_bytes, row.grown, row.exact) for row in few] == [(b"b", 0, 80, False)]
    assert few.others == 72 - 80


@pytest.mark.parametrize("bounds", [{"files": 0, "directories": 0, "packages": 0}, {"files": 1, "depth": 1}])
def test_tables_add_up_however_little_the_snapshots_list(bounds: dict[str, int]) -> None:
    before = with_packages(analysis(BASE, content("app/a", 10)), package("p", 30), unowned=(1, 20))
    after = with_packages(analysis(BASE, content("app/z/b", 77)), package("q", 70), unowned=(1, 47))
    assert grown(before, after, **bounds).own.grown == 67


def test_the_same_snapshots_give_the_same_growth() -> None:
    before = analysis(BASE, *[content(f"d{n}/f", 5, f"RUN {n}") for n in range(9)])
    after = analysis(BASE, *[content(f"e{n}/f", 5, f"RUN x{n}") for n in range(9)])
    assert grown(before, after) == grown(before, after)
