"""LS401: secrets that a later layer hides and a lower layer still holds."""

from __future__ import annotations

from layerscope.rules.finding import Role, Severity
from tests.builders import analyzed, file, layer, opaque, whiteout
from tests.rule_cases import findings, named, on_base, owned
from tests.secret_samples import ENCRYPTED_KEY, NPMRC, PRIVATE_KEY, TOKEN

KEY = "root/.ssh/id_rsa"


def test_a_removed_key_is_named_with_both_layers_and_never_shown() -> None:
    (found,) = findings("LS401", layer(file(KEY, PRIVATE_KEY)), layer(whiteout(KEY)))
    assert (found.severity, found.freed_bytes) == (Severity.ERROR, 0)
    assert "private-key" in found.message
    assert "hidden by layer 1, and still in layer 0" in found.message
    assert [(place.layer, place.role) for place in found.locations] == [(0, Role.STORED), (1, Role.HIDDEN)]
    assert [shown.path for shown in found.locations[0].paths] == [KEY.encode()]
    assert "QUJD" not in repr(found)


def test_a_token_that_is_overwritten_or_goes_with_its_directory_is_found() -> None:
    overwritten = layer(file("root/.npmrc", b"registry=https://registry.npmjs.org/\n"))
    assert named("LS401", layer(file("root/.npmrc", NPMRC)), overwritten) == ["root/.npmrc"]
    assert named("LS401", layer(file("root/.npmrc", NPMRC)), layer(opaque("root"))) == ["root/.npmrc"]
    assert named("LS401", layer(file("root/.npmrc", NPMRC)), layer(whiteout("root"))) == ["root/.npmrc"]


def test_it_stays_an_error_however_small_the_file_and_in_the_base_image() -> None:
    large = file("big", bytes(2_000_000))
    whole = analyzed(layer(large, file(KEY, PRIVATE_KEY)), layer(whiteout(KEY)))
    (found,) = findings("LS401", on_base(whole))
    assert (found.severity, found.in_base) == (Severity.ERROR, True)
    assert "revoke" in found.fix.text
    assert "--mount=type=secret" in found.fix.example


def test_each_secret_is_a_finding_of_its_own_unless_there_are_very_many() -> None:
    few = [file(f"keys/{n}.pem", PRIVATE_KEY) for n in range(20)]
    many = [*few, file("keys/20.pem", PRIVATE_KEY)]
    assert len(findings("LS401", layer(*few), layer(whiteout("keys")))) == 20
    assert [f.locations[0].files for f in findings("LS401", layer(*many), layer(whiteout("keys")))] == [21]


def test_a_key_that_a_passphrase_protects_is_a_warning() -> None:
    found = findings("LS401", layer(file(KEY, ENCRYPTED_KEY)), layer(whiteout(KEY)))
    assert [finding.severity for finding in found] == [Severity.WARNING]


def test_nothing_is_found_where_the_content_is_still_there_or_was_no_secret() -> None:
    assert named("LS401", layer(file(KEY, PRIVATE_KEY))) == []
    assert named("LS401", layer(file(KEY, PRIVATE_KEY)), layer(file(KEY, PRIVATE_KEY, mode=0o600))) == []
    placeholder = NPMRC.partition(b"=")[0] + b"=${NPM_TOKEN}\n"
    assert named("LS401", layer(file("root/.npmrc", placeholder)), layer(whiteout("root/.npmrc"))) == []


def test_every_layer_that_has_a_copy_is_named_when_nothing_of_it_is_left() -> None:
    """COPY key; RUN chmod 600 key; RUN rm key."""
    stored, changed = layer(file(KEY, PRIVATE_KEY, mode=0o644)), layer(file(KEY, PRIVATE_KEY, mode=0o600))
    (found,) = findings("LS401", stored, changed, layer(whiteout(KEY)))
    assert "hidden by layer 2, and still in layers 0 and 1" in found.message
    roles = [(place.layer, place.role) for place in found.locations]
    assert roles == [(0, Role.STORED), (1, Role.STORED), (2, Role.HIDDEN)]
    (again,) = findings("LS401", stored, changed, stored, layer(whiteout("root")))
    assert "still in layers 0 and 1 and 2" in again.message
    assert findings("LS401", stored, changed, stored) == ()


def test_keys_that_everybody_has_are_not_meant() -> None:
    public = (
        "usr/lib/python3/dist-packages/tornado/test/test.key",
        "app/node_modules/public-encrypt/test/test_key.pem",
        "usr/share/doc/libssl-doc/demos/server.pem",
    )
    keys = [file(path, PRIVATE_KEY) for path in public]
    assert named("LS401", layer(*keys), layer(*map(whiteout, public))) == []


def test_an_older_file_of_a_package_of_the_system_is_not_meant() -> None:
    whole = analyzed(
        layer(file("usr/lib/x/demo.pem", PRIVATE_KEY)), layer(file("usr/lib/x/demo.pem", b"new"))
    )
    assert named("LS401", whole) == ["usr/lib/x/demo.pem"]
    assert named("LS401", owned(whole, "usr/lib/x/demo.pem")) == []


def test_a_history_of_a_shell_with_a_token_is_found() -> None:
    history = file("root/.bash_history", f"export GITHUB={TOKEN}\n".encode())
    (found,) = findings("LS401", layer(history), layer(whiteout("root/.bash_history")))
    assert "github-token" in found.message
    assert TOKEN not in repr(found)
