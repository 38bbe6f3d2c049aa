"""LS106: an archive that is deleted by a later layer is still stored."""

from __future__ import annotations

import pytest

from layerscope.rules.examine import examine
from layerscope.rules.registry import rule
from tests.analyses import analysis, step
from tests.builders import directory, file, layer, whiteout
from tests.rule_cases import claimed, findings

BIG = b"x" * 16_000


@pytest.mark.parametrize(
    ("by", "name", "fix"),
    [
        ("RUN curl -O app.tar.gz # buildkit", "app.tar.gz", "| tar -xz"),
        ("RUN curl -O app.deb # buildkit", "app.deb", "rm /tmp/app.deb"),
        ("RUN curl -O app.rpm # buildkit", "app.rpm", "rpm -i"),
        ("RUN curl -O app.apk # buildkit", "app.apk", "apk add"),
        ("RUN curl -O app.whl # buildkit", "app.whl", "pip install"),
        ("ADD https://example.com/app.tar.gz / # buildkit", "app.tar.gz", "RUN curl"),
        ("ADD https://example.com/app.zip / # buildkit", "app.zip", "RUN curl"),
        ("ADD app.zip / # buildkit", "app.zip", "--mount=type=bind,source=app.zip"),
        ("COPY --from=dl /app.tgz / # buildkit", "app.tgz", "from=build"),
        ("COPY app.tar.lz4 / # buildkit", "app.tar.lz4", "lz4 -dc"),
        ("COPY app.tar.gz / # buildkit", "app.tar.gz", "ADD app.tar.gz"),
        ("COPY app.zip / # buildkit", "app.zip", "--mount=type=bind"),
        (None, "app.tgz", "| tar -xz"),
    ],
)
def test_the_fix_knows_how_the_archive_came(by: str | None, name: str, fix: str) -> None:
    image = analysis(step(file(f"tmp/{name}", BIG), by=by), step(whiteout(f"tmp/{name}")))
    (found,) = findings("LS106", image)
    assert found.message == "archives that layer 0 stores are deleted by layer 1"
    assert (found.freed_bytes, found.wasted_bytes) == (16_000, 16_000)
    assert fix in found.fix.example


def test_it_comes_before_the_general_rule_and_leaves_the_rest_to_it() -> None:
    image = analysis(step(file("t/a.tar", BIG), file("t/a", b"yy")), step(whiteout("t")))
    found = {each.rule_id: each.freed_bytes for each in examine(image, [rule("LS101"), rule("LS106")])}
    assert found == {"LS106": 16_000, "LS101": 2}


def test_an_archive_that_is_kept_overwritten_or_small_is_none_of_its_business() -> None:
    lower = layer(file("a.tar", BIG), file("b.tar", BIG), file("c.tar", BIG[1:]))
    assert findings("LS106", lower, layer(file("b.tar", BIG + b"y"), whiteout("c.tar"))) == ()


@pytest.mark.parametrize(
    "path",
    [
        "usr/lib/python3/test/data/archive.zip",
        "srv/node_modules/x/fixture.tgz",
        "var/cache/apt/archives/a.deb",
        "usr/share/doc/a/example.tar.gz",
    ],
)
def test_archives_among_other_things_are_left_to_other_rules(path: str) -> None:
    top = path.partition("/")[0]
    assert claimed("LS106", layer(directory(top), file(path, BIG)), layer(whiteout(top))) == {}
