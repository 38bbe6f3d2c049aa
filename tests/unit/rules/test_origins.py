"""Who brought a file."""

from __future__ import annotations

import pytest

from layerscope.rules.evidence import Evidence
from layerscope.rules.origins import Writer, in_vendored_code, inside_package, system_of, writer_of
from tests.analyses import analysis, step
from tests.builders import analyzed, file, layer
from tests.rule_cases import owned


@pytest.mark.parametrize(
    ("by", "writer"),
    [
        ("RUN /bin/sh -c make # buildkit", Writer.RUN),
        ("COPY a /a # buildkit", Writer.CONTEXT),
        ("ADD a.tar /a # buildkit", Writer.CONTEXT),
        ("COPY --from=build /a /a # buildkit", Writer.STAGE),
        ("ADD https://example.com/a.tar.gz /a # buildkit", Writer.URL),
        ("ADD git@github.com:a/b.git /a # buildkit", Writer.URL),
        ("bazel build ...", Writer.UNKNOWN),
        (None, Writer.UNKNOWN),
    ],
)
def test_the_instruction_says_how_files_came(by: str | None, writer: Writer) -> None:
    assert writer_of(Evidence(analysis(step(file("a", b"x"), by=by)), {}), 0) is writer


def test_the_system_is_that_of_the_packages_of_the_system() -> None:
    image = analyzed(layer(file("a", b"x")))
    assert system_of(Evidence(image, {})) == ""
    assert system_of(Evidence(owned(image, "a", ecosystem="apk"), {})) == "apk"
    assert system_of(Evidence(owned(image, "a", ecosystem="pypi"), {})) == ""


def test_places_of_packages_are_told_from_vendored_code() -> None:
    for path in (b"node_modules/a/b", b"usr/lib/python3/dist-packages/a", b"go/pkg/mod/a", b"x/gems/a"):
        assert inside_package(path)
        assert in_vendored_code(path)
    assert not inside_package(b"app/vendor/a/b")
    assert in_vendored_code(b"vendor/a/b")
    assert not in_vendored_code(b"app/vendors/a")
