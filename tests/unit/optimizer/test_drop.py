"""`--drop` takes out what a rule finds, and nothing else; the plan and a label say what."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

import layerscope
from layerscope.optimizer.drop import DROPPABLE, rules_to_drop
from layerscope.optimizer.verify import first_difference
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
    assert sum(drop.paths for drop in result.plan.dropped) == len(gone)
    sizes = {member.path: len(member.content) for member in GONE[word]}
    assert sum(drop.content_bytes for drop in result.plan.dropped) == sum(sizes.values())
    assert {drop.rule_id for drop in result.plan.dropped} <= set(rules_to_drop([word]))
    with tarfile.open(out) as archive:
        item = json.load(archive.extractfile("manifest.json"))[0]  # type: ignore[arg-type]
        config = json.load(archive.extractfile(item["Config"]))  # type: ignore[arg-type]
    assert config["config"]["Labels"]["io.layerscope.dropped"] == " ".join(rules_to_drop([word]))
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
