"""Builds images for comparisons, once for a whole test run, however many processes it has.

Everything lies in one directory that the processes share. buildah keeps it consistent; what is built once for
all is built under a lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.differential.tools import run

__all__ = ["Workshop"]

_MACHINE = "/run/machine"
"""Where the builder's network settings are mounted while an image is built."""


class Workshop:
    """A directory with buildah's storage, and what is needed to reach package registries from within RUN."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._buildah = [
            *("buildah", "--storage-driver", "overlay"),
            *("--root", f"{directory}/storage", "--runroot", f"{directory}/run"),
        ]

    @contextmanager
    def once(self, name: str) -> Iterator[bool]:
        """Hold the lock `name`; whether what it stands for has still to be made."""
        self.directory.mkdir(parents=True, exist_ok=True)
        done = self.directory / f"{name}.done"
        with (self.directory / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield not done.exists()
            done.touch()

    def fresh(self, name: str) -> Path:
        """An empty directory, also where an attempt that failed left something."""
        directory = self.directory / name
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        return directory

    def debian_root(self) -> str:
        """The name of an image with Debian's minimal root filesystem, like `debian:bookworm-slim`.

        dpkg leaves documentation out, as `etc/dpkg/dpkg.cfg.d/99mmdebstrap` tells it. Nothing of this machine
        is in it.
        """
        with self.once("debian-root") as needed:
            if needed:
                context = self.fresh("debian")
                forget = 'rm -f "$1/etc/resolv.conf" "$1/etc/hostname"'
                slim = Path(__file__).with_name("slim.cfg").read_text().split()
                options = ["--variant=minbase", *(f"--dpkgopt={line}" for line in slim)]
                hook = f"--customize-hook={forget}"
                run("mmdebstrap", "--quiet", *options, hook, "bookworm", context / "root.tar")
                (context / "Dockerfile").write_text('FROM scratch\nADD root.tar /\nCMD ["bash"]\n')
                self.build(context / "Dockerfile", context, "localhost/debian:root")
                (context / "root.tar").unlink()
        return "localhost/debian:root"

    def build(self, dockerfile: Path, context: Path, name: str) -> None:
        """Build an image; unchanged steps come from the cache of all builds before.

        So images are never removed: `buildah rmi` takes steps along that other images were built on.
        """
        options = ["--layers", "--isolation", "chroot", *self._network()]
        run(*self._buildah, "bud", "-q", *options, "-f", dockerfile, "-t", name, context)

    def save(self, name: str) -> Path:
        """Save an image as an OCI layout; its path."""
        layout = self.directory / "saved" / name.replace("/", "-").replace(":", "-")
        if not layout.exists():
            layout.parent.mkdir(exist_ok=True)
            run(*self._buildah, "push", "-q", "--disable-compression", name, f"oci:{layout}:1")
        return layout

    def stored_bytes(self, name: str) -> list[int]:
        """Content bytes of each layer, base first, as its files lie in the storage: no tar, no layerscope."""
        storage = self.directory / "storage"
        images = json.loads((storage / "overlay-images" / "images.json").read_text())
        layer = next(image["layer"] for image in images if name in image.get("names", ()))
        known = {each["id"]: each for each in json.loads(_layers_file(storage).read_text())}
        sizes: list[int] = []
        while layer:
            sizes.append(_content_bytes(storage / "overlay" / layer / "diff"))
            layer = known[layer].get("parent", "")
        return sizes[::-1]

    def _network(self) -> Sequence[str]:
        """Options that lend certificates and the address of the package index to RUN, and leave nothing."""
        machine = self.directory / "machine"
        if not machine.exists():
            _network_settings(machine)
        return (
            *("--volume", f"{machine}:{_MACHINE}:ro"),
            *("--volume", f"{machine}/pip.conf:/etc/pip.conf:ro"),
        )

    @contextmanager
    def open(self) -> Iterator[Workshop]:
        """Work in it; the last process that leaves takes everything away: gigabytes that nobody wants."""
        self._count_users(1)
        try:
            yield self
        finally:
            self._count_users(-1)

    def _count_users(self, change: int) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "users").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            users = int(file.read() or 0) + change
            file.truncate(0)
            file.write(str(users))
            if not users:
                self._clear()

    def _clear(self) -> None:
        mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for place in reversed(mounted):
            if place.startswith(f"{self.directory}/"):
                subprocess.run(["umount", "--lazy", place], check=False)
        for path in self.directory.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.suffix == ".done":
                path.unlink()


def _layers_file(storage: Path) -> Path:
    return storage / "overlay-layers" / "layers.json"


def _content_bytes(directory: Path) -> int:
    """Bytes of all regular files below, each inode once."""
    sizes: dict[int, int] = {}
    for parent, _, names in os.walk(directory):
        for name in names:
            status = Path(parent, name).lstat()
            if stat.S_ISREG(status.st_mode):
                sizes[status.st_ino] = status.st_size
    return sum(sizes.values())


def _network_settings(machine: Path) -> None:
    """What this machine needs to reach a package index: its certificates, and where the index is."""
    partial = machine.with_name(f"machine.{os.getpid()}")
    partial.mkdir(parents=True)
    lines = ["[global]"]
    certificates = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
    if certificates.exists():
        shutil.copy(certificates, partial / "certificates.pem")
        lines.append(f"cert = {_MACHINE}/certificates.pem")
    ask = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    index = subprocess.run(ask, capture_output=True, text=True, check=False)
    if index.returncode == 0:
        lines.append(f"index-url = {index.stdout.strip()}")
    (partial / "pip.conf").write_text("\n".join(lines) + "\n")
    partial.rename(machine)
