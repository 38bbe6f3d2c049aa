"""LS147: an archive beside what was unpacked from it."""

from __future__ import annotations

import pytest

from tests.analyses import analysis, step
from tests.builders import analyzed, directory, file, layer, whiteout
from tests.rule_cases import claimed, findings, owned

ARCHIVE = b"z" * 100_000
CONTENTS = b"c" * 60_000


@pytest.mark.parametrize(
    ("archive", "contents"),
    [
        ("opt/app.tar.gz", "opt/app/bin/app"),
        ("opt/app-1.2.3.tgz", "opt/app-1.2.3/app"),
        ("opt/app-1.2.3-linux-amd64.tar.xz", "opt/app-1.2.3/app"),
        ("opt/app-v1.2_linux_x86_64.zip", "opt/app/app"),
        ("srv/webapps/shop.war", "srv/webapps/shop/WEB-INF/web.xml"),
        ("app.zip", "app/x"),
    ],
)
def test_an_archive_with_its_directory_beside_it_is_found(archive: str, contents: str) -> None:
    assert claimed("LS147", layer(file(archive, ARCHIVE), file(contents, CONTENTS))) == {archive: 100_000}


@pytest.mark.parametrize(
    ("archive", "contents"),
    [
        ("opt/app.tar.gz", "srv/app/app"),
        ("opt/app.tar.gz", "opt/apple/app"),
        ("opt/app.jar", "opt/app/app"),
        ("opt/app.gz", "opt/app/app"),
    ],
)
def test_a_directory_elsewhere_or_of_another_name_is_none(archive: str, contents: str) -> None:
    assert findings("LS147", layer(file(archive, ARCHIVE), file(contents, CONTENTS))) == ()


def test_a_directory_with_less_than_the_archive_holds_is_not_its_contents() -> None:
    assert findings("LS147", layer(file("a.zip", ARCHIVE), file("a/readme", b"x" * 49_999))) == ()


def test_small_archives_and_those_of_packages_are_passed_over() -> None:
    assert findings("LS147", layer(file("a.zip", ARCHIVE[1:]), file("a/x", CONTENTS))) == ()
    image = analyzed(layer(file("a.zip", ARCHIVE), file("a/x", CONTENTS)))
    assert findings("LS147", owned(image, "a.zip")) == ()


def test_what_is_removed_is_another_rule() -> None:
    both = layer(directory("a"), file("a.zip", ARCHIVE), file("a/x", CONTENTS))
    assert findings("LS147", both, layer(whiteout("a.zip"))) == ()
    assert findings("LS147", both, layer(whiteout("a"))) == ()


def test_an_archive_that_was_copied_cannot_be_deleted_later() -> None:
    copied = step(file("a.tar", ARCHIVE), by="COPY a.tar / # buildkit")
    (found,) = findings("LS147", analysis(copied, step(file("a/x", CONTENTS))))
    assert found.fix.example.startswith("ADD")


def test_a_name_that_no_file_system_takes_is_not_taken_apart() -> None:
    long = "app" + "-1" * 126
    names = {long[:251] + ".zip": 1, long[:252] + ".zip": 0, "app" + "-1" * 200_000 + ".zip": 0}
    for name, found in names.items():
        image = layer(file(name, ARCHIVE), file(name[:-4] + "/x", CONTENTS))
        assert len(findings("LS147", image)) == found


@pytest.mark.parametrize(
    ("by", "name", "example"),
    [
        ("COPY a.zip / # buildkit", "a.zip", "RUN --mount=type=bind,source=app.zip,"),
        ("COPY a.war / # buildkit", "a.war", "RUN --mount=type=bind,source=app.zip,"),
        ("ADD https://example.com/a.tar.gz / # buildkit", "a.tar.gz", "RUN curl -fsSL https"),
        ("RUN curl -O a.zip # buildkit", "a.zip", "RUN curl -fsSLo /tmp/app.zip"),
    ],
)
def test_add_is_advised_only_for_what_it_unpacks(by: str, name: str, example: str) -> None:
    image = analysis(step(file(name, ARCHIVE), by=by), step(file("a/x", CONTENTS)))
    (found,) = findings("LS147", image)
    assert found.fix.example.startswith(example)
