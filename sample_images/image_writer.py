"""Write layers and image archives with the standard library, byte for byte the same on every run.

Nothing of layerscope is used here: a sample must not share a fault with what reads it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

EPOCH = 1_700_000_000
"""Every time in every sample: 2023-11-14T22:13:20Z."""
CREATED = "2023-11-14T22:13:20Z"


@dataclass(frozen=True)
class Item:
    """One entry of a layer or member of an archive; bytes of a name that are not UTF-8 are surrogates."""

    name: str
    type: bytes = b"0"
    content: bytes = b""
    mode: int = 0o644
    owner: int = 0
    link: str = ""


def content(seed: str, size: int) -> bytes:
    """`size` bytes of text that depend on `seed` alone."""
    hashes = (hashlib.sha256(f"{seed} {number}".encode()) for number in range(size // 64 + 1))
    return "".join(found.hexdigest()[:63] + "\n" for found in hashes).encode()[:size]


def file(name: str, seed: str, size: int, *, mode: int = 0o644, owner: int = 0) -> Item:
    return Item(name, content=content(seed, size), mode=mode, owner=owner)


def directory(name: str, *, owner: int = 0) -> Item:
    return Item(name + "/", b"5", mode=0o755, owner=owner)


def hard_link(name: str, target: str, *, mode: int = 0o644) -> Item:
    return Item(name, b"1", link=target, mode=mode)


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

        put(0, item.name.encode(errors="surrogateescape"))
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
            entry: dict[str, object] = {
                "created": CREATED,
                "created_by": step.instruction,
                "comment": "buildkit.v0",
            }
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


def copied(kind: str, step: Step) -> str:
    """What Docker's first builder puts for the sources of a COPY: `dir:` or `file:` and a hash of them."""
    return f"{kind}:{hashlib.sha256(step.layer).hexdigest()}"


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
    """What `docker save` wrote before Docker 1.10: a directory and a document for each layer, no manifest.

    Every instruction made a layer then, be it an empty one.
    """
    members: dict[str, bytes] = {}
    parent = ""
    for step in sample.steps:
        identity = hashlib.sha256(parent.encode() + step.layer).hexdigest()
        document = {
            "id": identity,
            "created": CREATED,
            "container_config": {"Cmd": step.instruction.split(" ", 2)},
            "docker_version": "1.9.1",
            "config": {"Cmd": sample.command},
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
        config = dump(
            {"architecture": "unknown", "os": "unknown", "rootfs": {"type": "layers", "diff_ids": []}}
        )
        algorithm, _, encoded = str(subject["digest"]).partition(":")
        about = [{"name": "_", "digest": {algorithm: encoded}}]
        statement = dump({"_type": "https://in-toto.io/Statement/v0.1", "subject": about})
        document = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self.add(config, "application/vnd.oci.image.config.v1+json"),
            "layers": [self.add(statement, "application/vnd.in-toto+json")],
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
