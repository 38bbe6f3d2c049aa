"""Build the sample images, byte for byte the same on every run.

    python sample_images/build.py                     all of them (removed-directory and chown need buildah)
    python sample_images/build.py --without-buildah   those that are written by this file alone
    python sample_images/build.py -o DIR NAME...      some of them, elsewhere

Each image shows one thing; README.md beside this file says which. The script uses the standard library only
(and a zstd library for zstd.oci.tar), and nothing of layerscope: a sample must not share a fault with what
reads it. Compressed blobs depend on the version of the compressor; everything else does not.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
EPOCH = 1_700_000_000
"""Every time in every sample: 2023-11-14T22:13:20Z."""
CREATED = "2023-11-14T22:13:20Z"


# ---- layers: a ustar writer of just what the samples need ------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One entry of a layer or member of an archive."""

    name: str
    type: bytes = b"0"
    content: bytes = b""
    mode: int = 0o644
    owner: int = 0
    link: str = ""


def content(seed: str, size: int) -> bytes:
    """`size` bytes of text that depend on `seed` alone."""
    lines = []
    for number in range(size // 64 + 1):
        lines.append(hashlib.sha256(f"{seed} {number}".encode()).hexdigest()[:63] + "\n")
    return "".join(lines).encode()[:size]


def file(name: str, seed: str, size: int, *, mode: int = 0o644, owner: int = 0) -> Item:
    return Item(name, content=content(seed, size), mode=mode, owner=owner)


def directory(name: str, *, owner: int = 0) -> Item:
    return Item(name + "/", b"5", mode=0o755, owner=owner)


def hard_link(name: str, target: str) -> Item:
    return Item(name, b"1", link=target)


def symlink(name: str, target: str) -> Item:
    return Item(name, b"2", mode=0o777, link=target)


def whiteout(name: str) -> Item:
    parent, _, last = name.rpartition("/")
    return Item(f"{parent}/.wh.{last}".lstrip("/"))


def opaque(name: str) -> Item:
    return Item(f"{name}/.wh..wh..opq")


def tar(items: Iterable[Item]) -> bytes:
    """A POSIX ustar archive with its end mark."""
    blocks = []
    for item in items:
        header = bytearray(512)

        def put(offset: int, value: bytes, header: bytearray = header) -> None:
            header[offset : offset + len(value)] = value

        put(0, item.name.encode())
        put(100, b"%07o\0" % item.mode)
        put(108, b"%07o\0%07o\0" % (item.owner, item.owner))
        put(124, b"%011o\0%011o\0" % (len(item.content), EPOCH))
        put(148, b" " * 8 + item.type)
        put(157, item.link.encode())
        put(257, b"ustar\x0000")
        put(148, b"%06o\0 " % sum(header))
        blocks += [bytes(header), item.content, bytes(-len(item.content) % 512)]
    return b"".join(blocks) + bytes(1024)


# ---- images ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One instruction and the layer it made; without items it made none."""

    instruction: str
    items: tuple[Item, ...] = ()

    @property
    def layer(self) -> bytes:
        return tar(self.items)


@dataclass(frozen=True)
class Sample:
    """An image as a stack of steps."""

    tag: str
    steps: tuple[Step, ...]
    architecture: str = "amd64"
    command: list[str] = field(default_factory=lambda: ["/bin/app"])

    @property
    def layers(self) -> list[bytes]:
        return [step.layer for step in self.steps if step.items]

    @property
    def config(self) -> bytes:
        history = []
        for step in self.steps:
            entry: dict[str, object] = {"created": CREATED, "created_by": step.instruction, "comment": "buildkit.v0"}
            history.append(entry if step.items else entry | {"empty_layer": True})
        return dump(
            {
                "architecture": self.architecture,
                "os": "linux",
                "created": CREATED,
                "config": {"Cmd": self.command},
                "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in self.layers]},
                "history": history,
            }
        )


def dump(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def run(command: str) -> str:
    """An instruction as BuildKit records it."""
    return f"RUN /bin/sh -c {command} # buildkit"


def docker_archive(*samples: Sample) -> bytes:
    """What `docker save` wrote before Docker 25: layers shared by several images are there once."""
    members: dict[str, bytes] = {}
    manifest = []
    for sample in samples:
        names = []
        for layer in sample.layers:
            names.append(f"{hashlib.sha256(layer).hexdigest()}/layer.tar")
            members[names[-1]] = layer
        config = f"{hashlib.sha256(sample.config).hexdigest()}.json"
        members[config] = sample.config
        manifest.append({"Config": config, "RepoTags": [sample.tag], "Layers": names})
    members["manifest.json"] = dump(manifest)
    return tar(Item(name, content=data) for name, data in members.items())


def docker_v1(sample: Sample) -> bytes:
    """What `docker save` wrote before Docker 1.10: a directory and a JSON document for each layer, no manifest."""
    members: dict[str, bytes] = {}
    parent = ""
    made = [step for step in sample.steps if step.items]
    for step in made:
        identity = hashlib.sha256(parent.encode() + step.layer).hexdigest()
        document = {
            "id": identity,
            "created": CREATED,
            "container_config": {"Cmd": ["/bin/sh", "-c", step.instruction]},
            "architecture": sample.architecture,
            "os": "linux",
        }
        members[f"{identity}/VERSION"] = b"1.0"
        members[f"{identity}/json"] = dump(document | ({"parent": parent} if parent else {}))
        members[f"{identity}/layer.tar"] = step.layer
        parent = identity
    repository, _, tag = sample.tag.partition(":")
    members["repositories"] = dump({repository: {tag: parent}})
    return tar(Item(name, content=data) for name, data in members.items())


class Layout:
    """An OCI image layout in the making."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: list[dict[str, object]] = []

    def add(self, data: bytes, media_type: str) -> dict[str, object]:
        """Store a blob and return its descriptor."""
        self.blobs[digest(data)] = data
        return {"mediaType": media_type, "digest": digest(data), "size": len(data)}

    def image(self, sample: Sample, compress: Callable[[bytes], bytes], suffix: str) -> dict[str, object]:
        """Store an image and return its manifest's descriptor."""
        media_type = f"application/vnd.oci.image.layer.v1.tar+{suffix}"
        document = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self.add(sample.config, "application/vnd.oci.image.config.v1+json"),
            "layers": [self.add(compress(layer), media_type) for layer in sample.layers],
        }
        descriptor = self.add(dump(document), "application/vnd.oci.image.manifest.v1+json")
        return descriptor | {"platform": {"architecture": sample.architecture, "os": "linux"}}

    def attestation(self, subject: dict[str, object]) -> dict[str, object]:
        """Store what BuildKit adds beside an image: a manifest that looks like one and is none."""
        config = self.add(
            dump({"architecture": "unknown", "os": "unknown", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}),
            "application/vnd.oci.image.config.v1+json",
        )
        statement = self.add(dump({"_type": "https://in-toto.io/Statement/v0.1"}), "application/vnd.in-toto+json")
        document = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config,
            "layers": [statement],
        }
        return self.add(dump(document), "application/vnd.oci.image.manifest.v1+json") | {
            "annotations": {
                "vnd.docker.reference.digest": subject["digest"],
                "vnd.docker.reference.type": "attestation-manifest",
            },
            "platform": {"architecture": "unknown", "os": "unknown"},
        }

    def archive(self, manifests: list[dict[str, object]], tag: str) -> bytes:
        """The layout as one tar file, `tag` on its only entry."""
        if len(manifests) > 1:
            index = {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "manifests": manifests,
            }
            manifests = [self.add(dump(index), "application/vnd.oci.image.index.v1+json")]
        manifests = [m | {"annotations": {"org.opencontainers.image.ref.name": tag}} for m in manifests]
        members = {
            "oci-layout": dump({"imageLayoutVersion": "1.0.0"}),
            "index.json": dump({"schemaVersion": 2, "manifests": manifests}),
        }
        members |= {f"blobs/{name.replace(':', '/')}": data for name, data in sorted(self.blobs.items())}
        return tar(Item(name, content=data) for name, data in members.items())


def to_gzip(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)


def to_zstd(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.compress(data, 19)


# ---- the samples ----------------------------------------------------------------------------------------

BASE = Step(
    "COPY rootfs / # buildkit",
    (directory("bin"), file("bin/app", "app", 8_000, mode=0o755), directory("etc"), file("etc/os-release", "os", 200)),
)
CMD = Step('CMD ["/bin/app"]')
DATABASE = (directory("srv"), file("srv/data.db", "data 1", 12_000))
MIGRATED = (directory("srv"), file("srv/data.db", "data 2", 12_000))

OVERWRITE = Sample(
    "sample/overwrite:1",
    (BASE, Step("COPY data.db /srv/ # buildkit", DATABASE), Step(run("/bin/app migrate /srv/data.db"), MIGRATED), CMD),
)
LEAN = Sample(
    "sample/lean:1",
    (BASE, Step("COPY --from=migrate /srv/data.db /srv/ # buildkit", MIGRATED), CMD),
)
OPAQUE = Sample(
    "sample/opaque:1",
    (
        BASE,
        Step("COPY plugins /opt/plugins # buildkit", (directory("opt/plugins"), file("opt/plugins/all", "p", 10_000))),
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
        Step("COPY git /usr/bin/ # buildkit", (file("usr/bin/git", "git", 10_000), hard_link("usr/bin/git-log", "usr/bin/git"))),
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
        program = Step(f"COPY app-{architecture} /bin/app # buildkit", (file("bin/app", architecture, size, mode=0o755),))
        image = layout.image(Sample("1", (BASE, program), architecture), to_gzip, "gzip")
        manifests += [image, layout.attestation(image)]
    return layout.archive(manifests, "1")


WRITTEN: dict[str, Callable[[], bytes]] = {
    "overwrite.tar": lambda: docker_archive(OVERWRITE),
    "lean.tar": lambda: docker_archive(LEAN),
    "opaque.tar": lambda: docker_archive(OPAQUE),
    "hard-links.tar": lambda: docker_archive(HARD_LINKS),
    "causes.tar": lambda: docker_archive(CAUSES),
    "shared-base.tar": lambda: docker_archive(API, WEB),
    "docker-v1.tar": lambda: docker_v1(OVERWRITE),
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
        build = ["bud", "--layers", "--timestamp", str(EPOCH), "--isolation", "chroot", "--platform", "linux/amd64"]
        recipe = str(HERE / "recipes" / stem / "Dockerfile")
        tag = f"localhost/sample/{stem}:1"
        buildah = ["buildah", *storage]
        quiet = {"check": True, "stdout": subprocess.DEVNULL}
        subprocess.run([*buildah, *build, "-q", "-f", recipe, "-t", tag, str(context)], **quiet)
        with contextlib.suppress(FileNotFoundError):
            target.unlink()
        subprocess.run([*buildah, "push", "-q", tag, f"docker-archive:{target}:{tag}"], **quiet)


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
