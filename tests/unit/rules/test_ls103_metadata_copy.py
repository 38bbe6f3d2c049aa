"""LS103: chown and chmod store whole files again."""

from __future__ import annotations

import pytest

from layerscope.rules.finding import Severity
from tests.analyses import analysis, step
from tests.builders import Member, file, hardlink, layer, whiteout
from tests.rule_cases import claimed, findings, on_base


@pytest.mark.parametrize(
    ("later", "what", "example"),
    [
        (file("app/a", b"xx", uid=1000, gid=7), "owner", "COPY --chown=1000:7 app /app"),
        (file("app/a", b"xx", mode=0o755), "mode", "COPY --chmod=0755 app /app"),
        (
            file("app/a", b"xx", mode=0o4711, uid=5),
            "owner and mode",
            "COPY --chown=5:0 --chmod=4711 app /app",
        ),
        (
            file("app/a", b"xx", mtime=1_700_000_000),
            "time or attribute",
            "COPY --from=build /src/dist /srv/app",
        ),
    ],
)
def test_the_fix_names_what_the_later_entry_has(later: Member, what: str, example: str) -> None:
    image = analysis(step(file("app/a", b"xx"), by="COPY app /app # buildkit"), step(later))
    (found,) = findings("LS103", image)
    assert found.message == f"files of layer 0 are stored again by layer 1 for another {what}"
    assert found.fix.example == example
    assert (found.freed_bytes, found.wasted_bytes) == (2, 2)


def test_what_a_run_writes_is_changed_in_that_run() -> None:
    image = analysis(step(file("a", b"xx")), step(file("a", b"xx", uid=33, gid=33)))
    (found,) = findings("LS103", image)
    assert found.fix.example == "RUN make install && chown -R 33:33 DIRECTORY"


def test_several_owners_are_not_called_one() -> None:
    lower = step(file("a", b"xx"), file("b", b"yy"), by="COPY . / # buildkit")
    image = analysis(lower, step(file("a", b"xx", uid=1), file("b", b"yy", uid=2)))
    assert findings("LS103", image)[0].fix.example == "COPY --chown=USER:GROUP . /"


def test_another_content_is_no_copy_for_metadata() -> None:
    assert findings("LS103", layer(file("a", b"x")), layer(file("a", b"y", uid=1))) == ()


def test_a_file_whose_last_name_is_a_hard_link_is_still_counted() -> None:
    lower = layer(file("a", b"xx"), hardlink("b", to="a"))
    assert claimed("LS103", lower, layer(whiteout("a"), file("b", b"xx", uid=1))) == {"a": 2}


def test_files_of_the_base_ask_for_no_other_copy() -> None:
    image = analysis(step(file("a", b"xx")), step(file("a", b"xx", uid=33)))
    (found,) = findings("LS103", on_base(image))
    assert "written to at run time" in found.fix.text


def test_who_changes_files_of_the_base_is_warned_and_the_base_itself_is_not() -> None:
    image = analysis(step(file("a", b"xx")), step(file("a", b"xx", uid=33)))
    (own,) = findings("LS103", on_base(image))
    assert (own.in_base, own.severity) == (False, Severity.WARNING)
    (base,) = findings("LS103", on_base(image, 2))
    assert (base.in_base, base.severity) == (True, Severity.INFO)


@pytest.mark.parametrize(
    ("by", "example"),
    [
        ("COPY --chown=9:9 a b /app/ # buildkit", "COPY --chown=33:33 a b /app/"),
        ("ADD --chmod=0600 a /app/ # buildkit", "ADD --chmod=0600 --chown=33:33 a /app/"),
        ('COPY ["a b", "/app/"] # buildkit', 'COPY --chown=33:33 ["a b", "/app/"]'),
        ("COPY /dist /app/ # buildkit", "COPY --chown=33:33 SOURCE TARGET"),
        ("/bin/sh -c #(nop) COPY dir:" + "a" * 64 + " in /app ", "COPY --chown=33:33 SOURCE TARGET"),
    ],
)
def test_the_users_own_instruction_is_changed_where_it_is_known(by: str, example: str) -> None:
    image = analysis(step(file("a", b"xx"), by=by), step(file("a", b"xx", uid=33, gid=33)))
    assert findings("LS103", image)[0].fix.example == example
