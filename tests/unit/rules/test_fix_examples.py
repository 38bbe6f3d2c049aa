"""Every example of a fix is a piece of a Dockerfile, whatever image it is for."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from layerscope.dockerfile.read import read_dockerfile
from layerscope.rules.archives import ARCHIVES, archive_fix
from layerscope.rules.base import Rule
from layerscope.rules.evidence import Evidence
from layerscope.rules.finding import Fix
from layerscope.rules.installing import install
from layerscope.rules.registry import all_rules
from tests.analyses import analysis, step
from tests.builders import analyzed, file, layer
from tests.rule_cases import findings, owned

COMMANDS = {
    "deb": "apt-get install",
    "apk": "apk add",
    "rpm": "dnf install",
    "alpm": "pacman -Syu",
    "opkg": "opkg install",
}
ONLY = {
    "deb": ("apt-get", "dpkg"),
    "apk": ("apk ",),
    "rpm": ("dnf", "rpm"),
    "alpm": ("pacman",),
}


def fixes_in(value: object) -> Iterator[Fix]:
    """Fixes in an attribute of a module or a class."""
    if isinstance(value, Fix):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from fixes_in(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from fixes_in(each)


def is_dockerfile(example: str) -> bool:
    """Whether it is one or more instructions, and no comment is taken for a part of one."""
    read = read_dockerfile(example.encode(), "example")
    return bool(read.instructions) and not any(
        word.text == "#" for instruction in read.instructions for word in instruction.words
    )


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_examples_of_a_rule_are_pieces_of_a_dockerfile(rule: Rule) -> None:
    module = importlib.import_module(type(rule).__module__)
    fixes = [fix for value in (*vars(module).values(), *vars(type(rule)).values()) for fix in fixes_in(value)]
    for fix in fixes:
        assert not fix.example or is_dockerfile(fix.example), fix.example


def test_a_remark_behind_an_instruction_is_seen() -> None:
    assert not is_dockerfile("FROM debian:bookworm-slim  # pulled anew")


@pytest.mark.parametrize("kind", ARCHIVES)
def test_examples_for_archives_are_pieces_of_a_dockerfile(kind: str) -> None:
    for by in ("RUN a # buildkit", "COPY a b # buildkit", "COPY --from=a a b", "ADD https://a/b c", None):
        image = analysis(step(file("a", b"x"), by=by))
        assert is_dockerfile(archive_fix(Evidence(image, {}), 0, kind).example)


@pytest.mark.parametrize("ecosystem", COMMANDS)
def test_an_image_is_told_the_command_of_its_own_package_manager(ecosystem: str) -> None:
    image = owned(analyzed(layer(file("a", b"x"))), "a", ecosystem=ecosystem)
    example = install(Evidence(image, {}), "make")
    assert COMMANDS[ecosystem] in example
    assert is_dockerfile(example)
    assert install(Evidence(analyzed(layer(file("a", b"x"))), {})) == ""


def test_rpm_images_have_several_managers() -> None:
    for manager in ("microdnf", "yum", "zypper"):
        image = owned(
            analyzed(layer(file("a", b"x"), file(f"usr/bin/{manager}", b"x"))), "a", ecosystem="rpm"
        )
        assert install(Evidence(image, {})).startswith(f"RUN {manager} ")


@pytest.mark.parametrize("ecosystem", ONLY)
@pytest.mark.parametrize(
    ("rule_id", "path"),
    [
        ("LS142", "usr/lib/__pycache__/a.cpython-311.pyc"),
        ("LS144", "usr/share/doc/a/changelog"),
        ("LS144", "var/cache/man/index.db"),
        ("LS145", "usr/share/locale/de/a.mo"),
        ("LS145", "usr/share/i18n/locales/de_DE"),
        ("LS146", "usr/lib/debug/a"),
    ],
)
def test_no_image_is_told_another_systems_command(rule_id: str, path: str, ecosystem: str) -> None:
    image = analyzed(layer(file("usr/lib/a.py", b"x"), file(path, b"x")))
    (found,) = findings(rule_id, owned(image, path, "usr/lib/a.py", ecosystem=ecosystem))
    assert not found.fix.example or is_dockerfile(found.fix.example)
    for other, words in ONLY.items():
        if other != ecosystem:
            assert not any(word in found.fix.example for word in words)


@pytest.mark.parametrize(
    ("rule_id", "path"), [("LS144", "usr/share/doc/a/b"), ("LS145", "usr/share/locale/de/a.mo")]
)
def test_what_no_package_owns_no_package_manager_leaves_out(rule_id: str, path: str) -> None:
    image = owned(analyzed(layer(file("bin/sh", b"x"), file(path, b"x"))), "bin/sh")
    assert "dpkg" not in findings(rule_id, image)[0].fix.example


def test_caches_are_mounted_where_the_user_has_them() -> None:
    stored = layer(file("home/app/.cache/uv/a", b"x", uid=1000, gid=50))
    assert findings("LS120", stored)[0].fix.example == (
        "RUN --mount=type=cache,uid=1000,gid=50,target=/home/app/.cache/uv UV_LINK_MODE=copy uv sync --locked"
    )


def test_what_was_copied_is_not_to_be_removed_later() -> None:
    for by, said in (("COPY . / # buildkit", "do not copy them"), ("COPY --from=a /a /", "in the stage")):
        image = analysis(step(file("tmp/a", b"x"), by=by))
        assert findings("LS151", image)[0].fix.text.startswith(said)
