"""LS403: secrets in the configuration and history."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerscope.analysis.analyze import Analysis
from layerscope.image.history import read_instructions
from layerscope.oci.config import ContainerConfig, HistoryEntry, ImageConfig
from layerscope.rules.finding import Severity
from tests.builders import analyzed, file, layer
from tests.rule_cases import configured, findings
from tests.secret_samples import TOKEN

VALUE = "hunter2-but-longer"


def ordinary() -> Analysis:
    return analyzed(layer(file("a", b"a")))


def with_history(*created_by: str, layers: int = 1) -> Analysis:
    """An image whose last `layers` instructions made its layers."""
    entries = [
        HistoryEntry(created_by=text, empty_layer=number < len(created_by) - layers)
        for number, text in enumerate(created_by)
    ]
    whole = analyzed(*[layer(file("a", b"a"))] * layers)
    history = read_instructions(entries)
    made = [instruction for instruction in history if not instruction.empty_layer]
    rows = tuple(
        replace(row, layer=replace(row.layer, instruction=instruction))
        for row, instruction in zip(whole.layers, made, strict=True)
    )
    return replace(whole, layers=rows, image=replace(whole.image, history=history))


def test_a_variable_is_named_and_its_value_is_not() -> None:
    (found,) = findings("LS403", configured(ordinary(), {"DB_PASSWORD": VALUE, "PATH": "/usr/bin"}))
    assert found.message == "the environment variable DB_PASSWORD holds a secret"
    assert (found.severity, found.freed_bytes, found.in_base) == (Severity.WARNING, 0, False)
    assert VALUE not in repr(found)


def test_a_token_is_known_by_its_form_whatever_the_variable_is_called() -> None:
    (found,) = findings("LS403", configured(ordinary(), {"SETTING": TOKEN}))
    assert found.severity is Severity.ERROR
    assert TOKEN not in repr(found)


def test_a_url_with_a_password_is_found() -> None:
    (found,) = findings("LS403", configured(ordinary(), {"DATABASE_URL": f"postgres://app:{VALUE}@db/app"}))
    assert found.severity is Severity.ERROR
    assert VALUE not in repr(found)


def test_labels_and_commands_are_looked_at() -> None:
    (label,) = findings("LS403", configured(ordinary(), labels={"com.example.api-token": VALUE}))
    assert label.message == "the label com.example.api-token holds a secret"
    config = ImageConfig(config=ContainerConfig(Cmd=("serve", f"--token={TOKEN}")))
    whole = ordinary()
    (command,) = findings("LS403", replace(whole, image=replace(whole.image, config=config)))
    assert command.message == "the default command holds a secret"


def test_a_build_argument_is_found_with_its_layer() -> None:
    whole = with_history(f"RUN |2 VERSION=1.2 API_TOKEN={VALUE} /bin/sh -c make # buildkit")
    (found,) = findings("LS403", whole)
    assert found.message == "the build argument API_TOKEN holds a secret, which the history keeps"
    assert [place.layer for place in found.locations] == [0]
    assert VALUE not in found.message + found.fix.text + found.fix.example


def test_a_build_argument_of_many_instructions_is_named_once() -> None:
    line = f"|1 API_TOKEN={VALUE} /bin/sh -c make"
    assert len(findings("LS403", with_history(line, line, layers=2))) == 1


def test_what_a_later_instruction_unset_is_still_in_the_history() -> None:
    whole = with_history(f"ENV API_TOKEN={VALUE}", "ENV API_TOKEN=", "RUN /bin/sh -c make # buildkit")
    (found,) = findings("LS403", configured(whole, {"API_TOKEN": ""}))
    assert "API_TOKEN" in found.message


def test_a_token_in_a_command_is_found() -> None:
    (found,) = findings("LS403", with_history(f"/bin/sh -c git clone https://x:{TOKEN}@example.test/a.git"))
    assert found.message == "an instruction of the history holds a secret"
    assert TOKEN not in found.message


def test_what_is_set_in_a_command_or_in_the_old_form_is_found() -> None:
    (run,) = findings("LS403", with_history(f"RUN /bin/sh -c export DB_PASSWORD={VALUE} && make # buildkit"))
    assert run.message == "an instruction of the history holds a secret: DB_PASSWORD"
    assert run.severity is Severity.WARNING
    (old,) = findings("LS403", with_history(f"ENV DB_PASSWORD {VALUE}", "RUN make"))
    assert old.message == "the variable DB_PASSWORD holds a secret, which the history keeps"


def test_no_finding_hides_another_of_the_same_name() -> None:
    whole = configured(ordinary(), {"TOKEN": VALUE}, {"TOKEN": VALUE + "2"})
    assert sorted(found.message for found in findings("LS403", whole)) == [
        "the environment variable TOKEN holds a secret",
        "the label TOKEN holds a secret",
    ]
    words = ("a", f"http://u:{VALUE}@h/")
    config = ImageConfig(config=ContainerConfig(Entrypoint=words, Cmd=words))
    commands = replace(ordinary(), image=replace(ordinary().image, config=config))
    assert sorted(found.message for found in findings("LS403", commands)) == [
        "the default command holds a secret",
        "the entry point holds a secret",
    ]


def test_a_variable_of_the_configuration_is_not_named_again_for_its_instruction() -> None:
    url = f"postgres://app:{VALUE}@db/app"
    whole = with_history(f"ENV DB_PASSWORD={VALUE} DATABASE_URL={url}", "RUN make")
    assert len(findings("LS403", configured(whole, {"DB_PASSWORD": VALUE, "DATABASE_URL": url}))) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D"),
        ("PYTHON_SHA256", "c30bb24b7f1e9a19b11b55a546434f74e739bb4c271a3e3a80ff4380d49f7adb"),
        ("DB_PASSWORD", "changeme"),
        ("DB_PASSWORD", "${DB_PASSWORD}"),
        ("DB_PASSWORD", ""),
        ("POSTGRES_PASSWORD_FILE", "/run/secrets/postgres"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("MAX_TOKENS", "4096"),
        ("SSH_AUTH_SOCK", "/run/ssh.sock"),
        ("YARN_VERSION", "1.22.22"),
        ("PUBLIC_KEY", "AAAAB3NzaC1yc2EAAAADAQABAAABAQ"),
    ],
)
def test_ordinary_variables_are_not_meant(name: str, value: str) -> None:
    assert findings("LS403", configured(ordinary(), {name: value})) == ()


def test_ordinary_instructions_are_not_meant() -> None:
    whole = with_history(
        "ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        "ARG API_TOKEN",
        "/bin/sh -c skopeo copy docker://alpine:3.20@sha256:" + "0" * 64 + " dir:/a",
        "RUN |1 VERSION=1.2 /bin/sh -c curl -fsSL https://example.test/$VERSION | tar -xz # buildkit",
    )
    assert findings("LS403", whole) == ()
