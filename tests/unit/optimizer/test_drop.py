"""`--drop` takes out what a rule finds, and nothing else; the plan and a label say what."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

import layerscope
from layerscope.errors import OutputError, UsageError
from layerscope.optimizer.drop import DROPPABLE, rules_to_drop
from layerscope.optimizer.verify import first_difference
from layerscope.report.plan_json import plan_blocks
from layerscope.report.plan_text import plan_text
from layerscope.report.text import TextOptions
from layerscope.rootfs.rootfs import RootfsEntry
from tests.builders import Member, directory, file, hardlink, image, layer, symlink
from tests.media import write_medium

SITE = "usr/lib/python3/site-packages"
GONE: dict[str, tuple[Member, ...]] = {
    "caches": (
        file("var/cache/apt/archives/a.deb", b"d" * 3000),
        file("root/.cache/pip/http/x", b"c" * 500),
        file("var/lib/apt/lists/x_Packages", b"p" * 700),
        file("root/.npm/_cacache/content-v2/sha512/aa/x", b"n" * 300),
    ),
    "docs": (
        file("usr/share/man/man1/ls.1.gz", b"m" * 100),
        file("usr/share/doc/x/changelog.gz", b"l" * 90),
        hardlink("usr/share/man/man1/dir.1.gz", "usr/share/man/man1/ls.1.gz"),
    ),
    "locales": (file("usr/share/locale/de/LC_MESSAGES/x.mo", b"de" * 50),),
    "logs": (file("var/log/dpkg.log", b"log" * 20),),
    "pyc": (file(f"{SITE}/p/__pycache__/m.cpython-311.pyc", b"b" * 80),),
    "tests": (file(f"{SITE}/p/tests/test_m.py", b"t" * 60),),
    "leftovers": (
        file("var/lib/dpkg/status-old", b"old" * 30),
        file("srv/app/config.bak", b"bak" * 9),
        file("tmp/scratch", b"s" * 40),
    ),
}
"""Word to what it takes out."""

STAYS = (
    *(directory("var"), directory("usr", mode=0o711), directory("usr/share/man/man1")),
    file("usr/bin/ls", b"ls"),
    file("usr/share/doc/x/copyright", b"law"),
    file(f"{SITE}/p/m.py", b"source"),
    file("srv/app/log.py", b"not a log"),
    symlink("srv/app/link", "log.py"),
    file("var/lib/dpkg/status", b""),
    file("srv/app/tests/test_own.py", b"one's own tests"),
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One layer that stays, one with everything that may go."""
    spec = image(layer(*STAYS), layer(*(member for members in GONE.values() for member in members)))
    return str(write_medium("docker-archive", spec, tmp_path_factory.mktemp("saved") / "image.tar"))


def entries(reference: str) -> dict[bytes, RootfsEntry]:
    found = layerscope.inspect(reference, content_hash="sha256")
    return {entry.path: entry for entry in found.rootfs.entries()}


@pytest.mark.parametrize("base", ["none", "0"])
@pytest.mark.parametrize("word", DROPPABLE)
def test_a_word_takes_out_exactly_what_its_rules_find(
    word: str, base: str, saved: str, tmp_path: Path
) -> None:
    kept = "none" if base == "none" else str(layerscope.inspect(saved).layers[0].diff_id)
    out = tmp_path / "out.tar"
    result = layerscope.optimize(saved, out, base=kept, drop=[word])
    before, after = entries(saved), entries(str(out))
    gone = {member.path for member in GONE[word]}
    assert before.keys() - after.keys() == gone
    left = [entry for path, entry in before.items() if path not in gone]
    assert first_difference(_numbered(left), _numbered(after.values())) == ""
    drops = result.plan.drops
    assert drops is not None
    assert sum(drop.paths for drop in drops.by_rule) == len(gone)
    sizes = {member.path: len(member.content) for member in GONE[word]}
    assert sum(drop.content_bytes for drop in drops.by_rule) == sum(sizes.values())
    assert {drop.rule_id for drop in drops.by_rule} <= set(rules_to_drop([word]))
    with tarfile.open(out) as archive:
        item = json.load(archive.extractfile("manifest.json"))[0]  # type: ignore[arg-type]
        config = json.load(archive.extractfile(item["Config"]))  # type: ignore[arg-type]
    assert config["config"]["Labels"]["io.layerscope.dropped"] == " ".join(
        drop.rule_id for drop in drops.by_rule
    )
    assert not any(layerscope.inspect(str(out)).ledger.wasted_by_layer[result.plan.kept :])


def _numbered(found: object) -> list[RootfsEntry]:
    """Without the numbers of inodes, which the order of paths gives; links are compared by their target."""
    import msgspec

    return [msgspec.structs.replace(entry, inode=0) for entry in found]  # type: ignore[attr-defined]


def test_the_plan_counts_each_rule(saved: str) -> None:
    plan = layerscope.optimize(saved, drop=["docs", "LS148"]).plan
    text = plan_text(plan, TextOptions(width=80))
    assert "The root filesystem changes: 4 paths dropped." in text
    assert "LS144 documentation: 3 paths, 190 B" in text
    assert "LS148 log-files: 1 path, 60 B" in text


def test_where_nothing_is_to_drop_nothing_is_labeled(tmp_path: Path) -> None:
    reference = str(write_medium("oci", image(layer(file("a", b"a"))), tmp_path / "image"))
    plan = layerscope.optimize(reference, f"oci:{tmp_path}/out", drop=["caches"], base="none").plan
    assert "Nothing is there to drop." in plan_text(plan, TextOptions(width=80))
    assert (
        layerscope.inspect(f"{tmp_path}/out").image.image_id == layerscope.inspect(reference).image.image_id
    )


def labeled(layout: Path) -> str:
    """The label of an image in a layout."""
    for blob in (layout / "blobs" / "sha256").iterdir():
        content = blob.read_bytes()
        if content.startswith(b"{") and "rootfs" in (document := json.loads(content)):
            return str(document["config"].get("Labels", {}).get("io.layerscope.dropped", ""))
    return "no configuration"


def test_what_kept_layers_hold_stays(tmp_path: Path) -> None:
    """To hide it would cost a record for each path, and free nothing."""
    lower = layer(directory("usr/share/doc"), file("usr/share/doc/a", b"a" * 900), file("var/log/x", b"x"))
    upper = layer(file("usr/share/doc/b", b"b" * 700), file("var/log/x", b"y"))
    reference = str(write_medium("oci", image(lower, upper), tmp_path / "image"))
    base = str(layerscope.inspect(reference).layers[0].diff_id)
    plan = layerscope.optimize(reference, f"oci:{tmp_path}/out", base=base, drop=["docs", "logs"]).plan
    assert entries(reference).keys() - entries(f"{tmp_path}/out").keys() == {b"usr/share/doc/b", b"var/log/x"}
    after = layerscope.inspect(f"{tmp_path}/out")
    assert after.layers[1].reading.changeset.whiteouts == [b"var/log/x"]  # the lower one must not be seen
    assert plan.drops is not None
    assert plan.drops.staying == 1
    assert "1 path in kept layers stays" in plan_text(plan, TextOptions(width=80))
    (document,) = (json.loads(block) for block in plan_blocks(plan, None))
    assert document["dropped"] == {
        "rules": ["LS144", "LS148"],
        "paths": 2,
        "by_rule": [
            {"rule_id": "LS144", "paths": 1, "content_bytes": 700},
            {"rule_id": "LS148", "paths": 1, "content_bytes": 1},
        ],
        "paths_in_kept_layers": 1,
    }


def test_a_label_of_before_is_added_to(saved: str, tmp_path: Path) -> None:
    layerscope.optimize(saved, f"oci:{tmp_path}/one", base="none", drop=["docs"])
    again = layerscope.optimize(f"{tmp_path}/one", f"oci:{tmp_path}/two", base="none", drop=["docs"]).plan
    assert (again.changes, again.extra) == (False, None)
    assert labeled(tmp_path / "two") == "LS144"
    layerscope.optimize(f"{tmp_path}/two", f"oci:{tmp_path}/three", base="none", drop=["LS142"])
    assert labeled(tmp_path / "three") == "LS142 LS144"


def test_a_path_that_goes_too_much_is_found(
    saved: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof allows for what the plan says, and for nothing else."""
    monkeypatch.setattr("layerscope.optimizer.run._expected", lambda plan, _limits: plan.analysis.rootfs)
    with pytest.raises(OutputError, match="is missing"):
        layerscope.optimize(saved, tmp_path / "out.tar", base="none", drop=["docs"])
    assert not list(tmp_path.iterdir())


def test_to_drop_something_needs_layers_that_are_written(saved: str) -> None:
    with pytest.raises(UsageError, match="all layers are kept"):
        layerscope.optimize(saved, drop=["docs"], keep_shared_with=[saved])


@pytest.mark.parametrize("name", ["LS107", "everything", "duplicate-content", ""])
def test_only_files_that_nobody_misses_are_dropped(name: str, saved: str) -> None:
    with pytest.raises(UsageError):
        layerscope.optimize(saved, drop=[name])


def test_words_ids_and_names_of_rules_mean_the_same() -> None:
    assert rules_to_drop(["Docs", "ls144", "documentation"]) == ("LS144",)
