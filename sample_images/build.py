"""Build the sample images, byte for byte the same on every run.

    python sample_images/build.py                     all of them (removed-directory and chown need buildah)
    python sample_images/build.py --without-buildah   those that are written by this file alone
    python sample_images/build.py -o DIR NAME...      some of them, elsewhere

Each image shows one thing; README.md beside this file says which. Compressed blobs depend on the version of
the compressor; everything else does not.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from image_writer import (
    EPOCH,
    Item,
    Layout,
    Sample,
    Step,
    copied,
    directory,
    docker_archive,
    docker_v1,
    file,
    hard_link,
    opaque,
    run,
    symlink,
    to_gzip,
    to_zstd,
    whiteout,
)

HERE = Path(__file__).resolve().parent


# ---- the samples ----------------------------------------------------------------------------------------

BASE = Step(
    "COPY rootfs / # buildkit",
    (
        directory("bin"),
        file("bin/app", "app", 8_000, mode=0o755),
        directory("etc"),
        file("etc/os-release", "os", 200),
    ),
)
CMD = Step('CMD ["/bin/app"]')
DATABASE = (directory("srv"), file("srv/data.db", "data 1", 12_000))
MIGRATED = (directory("srv"), file("srv/data.db", "data 2", 12_000))

OVERWRITE = Sample(
    "sample/overwrite:1",
    (
        BASE,
        Step("COPY data.db /srv/ # buildkit", DATABASE),
        Step(run("/bin/app migrate /srv/data.db"), MIGRATED),
        CMD,
    ),
)
OVERWRITE_CLASSIC = replace(
    OVERWRITE,
    steps=tuple(
        Step(f"/bin/sh -c {command}", step.items)
        for step, command in zip(
            OVERWRITE.steps,
            (
                f"#(nop) COPY {copied('dir', BASE)} in /",
                f"#(nop) COPY {copied('file', OVERWRITE.steps[1])} in /srv/",
                "/bin/app migrate /srv/data.db",
                '#(nop) CMD ["/bin/app"]',
            ),
            strict=True,
        )
    ),
)
"""The same in the words of Docker's builder before BuildKit."""
LEAN = Sample(
    "sample/lean:1",
    (BASE, Step("COPY --from=migrate /srv/data.db /srv/ # buildkit", MIGRATED), CMD),
)
OPAQUE = Sample(
    "sample/opaque:1",
    (
        BASE,
        Step(
            "COPY plugins /opt/plugins # buildkit",
            (directory("opt/plugins"), file("opt/plugins/all", "p", 10_000)),
        ),
        Step(
            run("rm -rf /opt/plugins && mkdir /opt/plugins && fetch-one"),
            (directory("opt/plugins"), opaque("opt/plugins"), file("opt/plugins/one", "q", 1_000)),
        ),
    ),
)
HARD_LINKS = Sample(
    "sample/hard-links:1",
    (
        BASE,
        Step(
            "COPY git /usr/bin/ # buildkit",
            (file("usr/bin/git", "git", 10_000), hard_link("usr/bin/git-log", "usr/bin/git")),
        ),
        Step(run("rm /usr/bin/git"), (whiteout("usr/bin/git"),)),
    ),
)
CAUSES = Sample(
    "sample/causes:1",
    (
        Step(
            "COPY before / # buildkit",
            (
                file("overwritten", "a", 1_000),
                file("metadata_only", "b", 2_000),
                file("unchanged", "c", 3_000),
                file("removed", "d", 4_000),
                directory("opaque"),
                file("opaque/inside", "e", 5_000),
                directory("replaced"),
                file("replaced/inside", "f", 6_000),
            ),
        ),
        Step(
            run("/everything-at-once"),
            (
                file("overwritten", "other", 500),
                file("metadata_only", "b", 2_000, owner=1000),
                file("unchanged", "c", 3_000),
                whiteout("removed"),
                directory("opaque"),
                opaque("opaque"),
                symlink("replaced", "opaque"),
                file("duplicate_entry", "first", 7_000),
                file("duplicate_entry", "second", 100),
            ),
        ),
    ),
)
NAMES = Sample(
    "sample/names:1",
    (
        Step(
            "COPY names / # buildkit",
            (
                file("=1+1", "formula", 100),
                file("bell\a", "bell", 200),
                file("caf\udce9", "latin", 300),
                file("tool", "tool", 400, mode=0o4755),
                hard_link("tool-too", "tool", mode=0o4755),
                symlink("tools", "tool"),
            ),
        ),
        Step(run("rm caf?"), (whiteout("caf\udce9"),)),
    ),
)
API = Sample("sample/api:1", (BASE, Step("COPY api /srv/ # buildkit", (file("srv/api", "api", 6_000),))))
WEB = Sample("sample/web:1", (BASE, Step("COPY web /srv/ # buildkit", (file("srv/web", "web", 9_000),))))


def zstd_archive() -> bytes:
    layout = Layout()
    image = layout.image(replace(OVERWRITE, tag="1"), to_zstd, "zstd")
    return layout.archive([image], "1")


def platforms_archive() -> bytes:
    layout = Layout()
    manifests = []
    for architecture, size in (("amd64", 5_000), ("arm64", 4_000)):
        program = Step(
            f"COPY app-{architecture} /bin/app # buildkit", (file("bin/app", architecture, size, mode=0o755),)
        )
        image = layout.image(Sample("1", (BASE, program), architecture), to_gzip, "gzip")
        manifests += [image, layout.attestation(image)]
    return layout.archive(manifests, "1")


WRITTEN: dict[str, Callable[[], bytes]] = {
    "overwrite.tar": lambda: docker_archive(OVERWRITE),
    "lean.tar": lambda: docker_archive(LEAN),
    "opaque.tar": lambda: docker_archive(OPAQUE),
    "hard-links.tar": lambda: docker_archive(HARD_LINKS),
    "causes.tar": lambda: docker_archive(CAUSES),
    "names.tar": lambda: docker_archive(NAMES),
    "shared-base.tar": lambda: docker_archive(API, WEB),
    "docker-v1.tar": lambda: docker_v1(OVERWRITE_CLASSIC),
    "zstd.oci.tar": zstd_archive,
    "platforms.oci.tar": platforms_archive,
}
"""Samples that this file writes by itself."""

COMPRESSED = {"zstd.oci.tar", "platforms.oci.tar"}
"""Those whose bytes depend on the version of a compressor."""


# ---- samples of a real builder --------------------------------------------------------------------------

CONTEXTS: dict[str, tuple[Item, ...]] = {
    "removed-directory.tar": (
        file("rootfs/opt/tool", "tool", 4_000, mode=0o755),
        *(file(f"packages/{n}.pkg", n, 4_000) for n in "abcde"),
    ),
    "chown.tar": tuple(file(f"app/module{n}.py", f"module{n}", 3_000) for n in range(5)),
}
"""Samples built by buildah from recipes/NAME/Dockerfile, with the files of each build context."""


def with_buildah(name: str, target: Path) -> None:
    """Build recipes/NAME/Dockerfile in a storage of its own and save the image as a docker-archive.

    RUN needs a program: Debian's static busybox is mounted for the time of the instruction, so that the image
    holds nothing but what its recipe says.
    """
    stem = name.removesuffix(".tar")
    busybox = shutil.which("busybox")
    if not shutil.which("buildah") or not busybox:
        raise SystemExit(f"{name}: needs buildah and busybox-static (apt-get install buildah busybox-static)")
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch, "context")
        for item in CONTEXTS[name]:
            path = context / item.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(item.content)
            path.chmod(item.mode)
        (context / "tools").mkdir()
        shutil.copy(busybox, context / "tools" / "busybox")
        storage = ["--root", f"{scratch}/root", "--runroot", f"{scratch}/run", "--storage-driver", "vfs"]
        build = [
            "bud",
            "--layers",
            "--timestamp",
            str(EPOCH),
            "--isolation",
            "chroot",
            "--platform",
            "linux/amd64",
        ]
        recipe = str(HERE / "recipes" / stem / "Dockerfile")
        tag = f"localhost/sample/{stem}:1"
        buildah = ["buildah", *storage]
        options = ["-q", "-f", recipe, "-t", tag, str(context)]
        subprocess.run([*buildah, *build, *options], check=True, stdout=subprocess.DEVNULL)
        with contextlib.suppress(FileNotFoundError):
            target.unlink()
        subprocess.run([*buildah, "push", "-q", tag, f"docker-archive:{target}:{tag}"], check=True)


def build(name: str, target: Path) -> None:
    """Write the sample `name` to the file `target`."""
    if name in WRITTEN:
        target.write_bytes(WRITTEN[name]())
    else:
        with_buildah(name, target)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the sample images.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="samples to build (all of them)")
    parser.add_argument("-o", "--output", type=Path, default=HERE, help="directory to write to")
    parser.add_argument("--without-buildah", action="store_true", help="leave out those that need buildah")
    options = parser.parse_args()
    known = list(WRITTEN) + ([] if options.without_buildah else list(CONTEXTS))
    names = options.names or known
    if unknown := set(names) - set(known):
        parser.error(f"no such sample: {', '.join(sorted(unknown))}")
    options.output.mkdir(parents=True, exist_ok=True)
    os.umask(0o022)  # modes of a build context end up in the image
    for name in names:
        build(name, options.output / name)
        print(options.output / name)
    sums = sorted(path.name for path in options.output.glob("*.tar"))
    lines = [f"{hashlib.sha256((options.output / name).read_bytes()).hexdigest()}  {name}\n" for name in sums]
    (options.output / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
