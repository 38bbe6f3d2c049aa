"""Twelve images that a builder makes, and a stranger: which are related, and how, is known from how they were
built."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import time
from pathlib import Path

from tests.differential.tools import run

__all__ = ["ALIGNED", "IMAGES", "Builder"]

_TOOL = "for n in 0 1 2 3 4 5 6 7 8 9; do busybox yes tool $n | busybox head -c 60000 > /opt/tool/$n; done"
_MADE = f"RUN busybox mkdir -p /opt/tool && {_TOOL}"
_NEARLY = f"{_MADE} && busybox date -u +%s%N > /opt/tool/version"
_COPY = "COPY app /srv/app"
_RANDOM = "RUN busybox head -c 200000 /dev/urandom > /srv/random"

IMAGES = (
    *(
        "app:1",
        "web:1",
        "app:later",
        "app:drift",
        "owned:1",
        "nearly:1",
        "squashed:1",
        "random:1",
        "random:2",
    ),
    *("zstd:1", "stamped:1", "stamped:other", "stranger:1"),
)
"""`NAME:TAG` of each; in the order in which they are saved."""

ALIGNED = ("aligned:1", "aligned:2")
"""`app:1` and `app:later` once more, with what is to be done about twins; they belong to no group."""


class Builder:
    """Builds them with buildah in a directory, and saves each as an OCI layout of compressed layers."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._context = directory / "context"
        self._buildah = [
            *("buildah", "--storage-driver", "vfs"),
            *("--root", f"{directory}/storage", "--runroot", f"{directory}/run"),
        ]

    def layout(self, name: str) -> Path:
        """Where an image is saved."""
        directory = "aligned" if name in ALIGNED else "images"
        return self._directory / directory / name.replace(":", "-")

    def built(self, name: str) -> str:
        """An image where it was built, also one that is only a base, as skopeo names it."""
        return f"containers-storage:[vfs@{self._directory}/storage+{self._directory}/run]localhost/{name}"

    @property
    def images(self) -> Path:
        """The directory with all of them."""
        return self._directory / "images"

    def build_once(self) -> None:
        """Build and save every image, unless another process of this run has."""
        self._directory.mkdir(parents=True, exist_ok=True)
        done = self._directory / "done"
        with (self._directory / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                self._build_all()
                done.touch()

    def _build_all(self) -> None:
        self._write_context()
        for name, source in (("base:1", "root"), ("base:2", "newer-root"), ("base:other", "other-root")):
            self._build(name, "scratch", f"COPY {source} /", 'CMD ["sh"]')
        self._build("app:1", "base:1", _MADE, _COPY)
        self._build("web:1", "base:1", _MADE, "COPY web /srv/web")
        time.sleep(1.1)  # tars have seconds: what is built within one may be the same layer
        self._build("app:later", "base:1", _MADE, _COPY, options=["--no-cache"])
        time.sleep(1.1)
        self._build("app:drift", "base:2", _MADE, _COPY)
        self._build("owned:1", "base:1", "COPY --chown=1000:1000 app /srv/app")
        self._build("nearly:1", "base:1", _NEARLY)
        self._build("random:1", "base:1", _RANDOM)
        self._build("random:2", "base:1", _RANDOM, options=["--no-cache"])
        for tag, base in (("1", "base:1"), ("other", "base:other")):
            self._build(
                f"stamped:{tag}", base, "COPY stamped /srv/stamped", options=["--timestamp", "1700000000"]
            )
        self._build("stranger:1", "scratch", "COPY stranger /elsewhere")
        self._squash("app:1", "squashed:1")
        for name in IMAGES:
            if name != "zstd:1":
                self._save(name)
        self._recompress("web:1", "zstd:1")
        for name in ALIGNED:
            options = ["--no-cache", "--timestamp", "1700000000"]
            self._build(name, "base:1", _MADE, _COPY, options=options)
            self._save(name)
            time.sleep(1.1)

    def _build(self, name: str, base: str, *instructions: str, options: list[str] | None = None) -> None:
        origin = base if base == "scratch" else f"localhost/{base}"
        path = self._directory / "Dockerfile"
        path.write_text("\n".join([f"FROM {origin}", *instructions]) + "\n")
        general = ["-q", "--layers", "--isolation", "chroot", "--pull-never", *(options or ())]
        run(*self._buildah, "bud", *general, "-f", path, "-t", f"localhost/{name}", self._context)

    def _squash(self, name: str, squashed: str) -> None:
        container = run(*self._buildah, "from", "--pull-never", f"localhost/{name}").strip()
        run(*self._buildah, "commit", "-q", "--squash", "--rm", container, f"localhost/{squashed}")

    def _save(self, name: str) -> None:
        self.layout(name).parent.mkdir(exist_ok=True)
        run(*self._buildah, "push", "-q", f"localhost/{name}", f"oci:{self.layout(name)}:{name}")

    def _recompress(self, name: str, compressed: str) -> None:
        options = ["--dest-compress-format", "zstd", "--dest-compress"]
        source, target = f"oci:{self.layout(name)}:{name}", f"oci:{self.layout(compressed)}:{compressed}"
        run("skopeo", "copy", "-q", *options, source, target)

    def _write_context(self) -> None:
        """Roots with busybox and files of random bytes, which no compression makes alike."""
        noise = random.Random(2)
        busybox = shutil.which("busybox")
        assert busybox is not None
        for root, library, count in (("root", "lib", 200), ("other-root", "share", 300)):
            self._write(root, {f"usr/{library}/f{n}": noise.randbytes(9000) for n in range(count)})
            (self._context / root / "bin").mkdir()
            (self._context / root / "srv").mkdir()
            shutil.copy(busybox, self._context / root / "bin" / "busybox")
            (self._context / root / "bin" / "sh").symlink_to("busybox")
        shutil.copytree(self._context / "root", self._context / "newer-root", symlinks=True)
        self._write("newer-root", {f"usr/lib/f{n}": noise.randbytes(9100) for n in range(7)})
        for name in ("app", "web", "stamped", "stranger"):
            self._write(name, {f"{name}{n}": noise.randbytes(15000) for n in range(20)})
        for path in self._context.rglob("*"):
            os.utime(path, (1_600_000_000, 1_600_000_000), follow_symlinks=False)

    def _write(self, root: str, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            path = self._context / root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
