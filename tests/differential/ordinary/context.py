"""The build context of the ordinary images, and the root filesystem of the one without a distribution."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.differential.tools import run

__all__ = ["distroless_root", "write_context"]

_PACKAGES = "base-files,ca-certificates,libc6,libssl3,netbase,openssl,tzdata"
_RECORDS = """
mkdir -p "$1/var/lib/dpkg/status.d"
for deb in "$1"/var/cache/apt/archives/*.deb; do
  record="$1/var/lib/dpkg/status.d/$(dpkg-deb -f "$deb" Package)"
  dpkg-deb -f "$deb" > "$record"
  dpkg-deb -I "$deb" md5sums > "$record.md5sums" || true
done
"""
"""What Google's distroless images keep of dpkg's database: a file for each package, and its checksums."""
_LEAN = """
cd "$1" && mv var/lib/dpkg/status.d status.d
rm -rf var/lib/dpkg var/cache/apt var/lib/apt etc/apt etc/dpkg/dpkg.cfg.d etc/resolv.conf etc/hostname
mkdir -p var/lib/dpkg && mv status.d var/lib/dpkg/
"""


def write_context(directory: Path) -> Path:
    """Write what the Dockerfiles copy; needs node, npm and the network."""
    application, runtime = directory / "application", directory / "runtime"
    application.mkdir()
    runtime.mkdir()
    (directory / "app.py").write_text("import flask\napp = flask.Flask(__name__)\n")
    (application / "server.js").write_text("require('express')().listen(3000)\n")
    (application / "package.json").write_text('{"name": "sample", "version": "1.0.0", "private": true}\n')
    npm = ["npm", "--prefix", application, "--cache", directory / "cache", "--no-audit", "--no-fund"]
    run(*npm, "install", "--silent", "express@4")
    shutil.rmtree(directory / "cache")
    shutil.copy(_program("node"), runtime / "node")
    shutil.copytree(_program("npm").parents[1], runtime / "npm", symlinks=True)
    shutil.copy(_program("busybox"), directory / "busybox")
    return directory


def _program(name: str) -> Path:
    """Where a program really lies."""
    return Path(shutil.which(name) or "").resolve()


def distroless_root(archive: Path) -> None:
    """Write a root filesystem of a few packages of Debian that were unpacked and never configured."""
    options = ["--quiet", "--variant=extract", f"--include={_PACKAGES}"]
    hooks = [f"--extract-hook={_RECORDS}", f"--customize-hook={_LEAN}"]
    run("mmdebstrap", *options, *hooks, "bookworm", archive)
