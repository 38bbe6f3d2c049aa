"""A real image: Debian by mmdebstrap, Python packages from PyPI, built layer by layer with buildah.

Not deterministic to the byte (packages move on), so nothing is known of its waste beforehand; counts are
taken with bsdtar. Needs root, mmdebstrap, buildah, bsdtar, and the network once.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.images.archive import image_layers
from benchmarks.images.facts import ImageFacts

__all__ = ["RECIPE", "UnavailableError", "build_image", "missing_reason"]

_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "sympy")
_SUITE = "bookworm"
_INCLUDE = "python3,ca-certificates,curl,git,perl"
_TOOLS = ("mmdebstrap", "buildah", "bsdtar")
_CONTAINERFILE = """\
FROM scratch
ADD rootfs.tar /
COPY packages /opt/app/packages
RUN useradd --create-home app && echo 'PYTHONPATH=/opt/app/packages' > /etc/environment
RUN python3 -m compileall -q -j 0 /opt/app/packages || true
RUN find /opt/app -depth -type d -name tests -exec rm -rf {} +
RUN chown -R app:app /opt/app/packages/pandas /opt/app/packages/sklearn
RUN rm -rf /usr/share/doc /usr/share/man /var/lib/apt/lists /var/cache/apt
RUN find /opt/app -name '*.pyi' -delete && sed -i 's/^#.*//' /etc/login.defs
CMD ["python3"]
"""

RECIPE = f"{_SUITE} {_INCLUDE} {_PACKAGES} {_CONTAINERFILE}"
"""Everything that decides what is in the image, but for the day."""


class UnavailableError(Exception):
    """The image cannot be built here; the message says why, and goes into the results."""


def missing_reason() -> str | None:
    """Return why the image cannot be built on this machine; None if it can be tried."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if os.geteuid() != 0:
        return "mmdebstrap and buildah in a chroot need root"
    return None


def build_image(path: Path, recipe: str) -> ImageFacts:
    """Build the image and save it as a docker-archive; raises UnavailableError with what failed."""
    reason = missing_reason()
    if reason:
        raise UnavailableError(reason)
    with TemporaryDirectory(dir=path.parent) as scratch:
        context = Path(scratch) / "context"
        context.mkdir()
        versions = _prepare_context(context)
        partial = path.with_name(path.name + ".partial")
        partial.unlink(missing_ok=True)  # buildah does not write over an archive
        _build(context, Path(scratch) / "storage", partial)
    partial.replace(path)
    return _count(path, recipe, versions)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        raise UnavailableError(f"{shlex.join(command[:2])}: exit code {done.returncode}: {last}")
    return done.stdout


def _prepare_context(context: Path) -> str:
    """Fetch what the image is made of, and return the versions of the Python packages."""
    include = f"--include={_INCLUDE}"
    _run(["mmdebstrap", "--variant=minbase", include, _SUITE, str(context / "rootfs.tar")])
    packages = str(context / "packages")
    pip = [sys.executable, "-m", "pip"]
    _run([*pip, "install", "--quiet", "--no-compile", "--target", packages, *_PACKAGES])
    (context / "Containerfile").write_text(_CONTAINERFILE)
    return ", ".join(_run([*pip, "list", "--format", "freeze", "--path", packages]).split())


def _build(context: Path, storage: Path, archive: Path) -> None:
    buildah = ["buildah", "--root", str(storage), "--runroot", str(storage / "run")]
    tag = "benchmark/real:1"
    try:
        _run([*buildah, "build", "--layers", "--isolation", "chroot", "--tag", tag, str(context)])
        _run([*buildah, "push", "--quiet", tag, f"docker-archive:{archive}:{tag}"])
    finally:
        subprocess.run([*buildah, "rmi", "--all", "--force"], capture_output=True, check=False)


def _count(path: Path, recipe: str, versions: str) -> ImageFacts:
    layers, _ = image_layers(path)
    entries = whiteouts = 0
    for layer in layers:
        command = f"bsdtar -xqOf {shlex.quote(str(path))} {shlex.quote(layer.name)} | bsdtar -tf -"
        names = subprocess.run(command, shell=True, capture_output=True, check=True).stdout.splitlines()
        markers = sum(name.rpartition(b"/")[2].startswith(b".wh.") for name in names)
        entries += len(names) - markers
        whiteouts += markers
    return ImageFacts(
        recipe=recipe,
        layers=len(layers),
        entries=entries,
        whiteouts=whiteouts,
        stored_bytes=None,
        wasted_bytes=None,
        archive_bytes=path.stat().st_size,
        remarks=f"Debian {_SUITE} with {_INCLUDE}; PyPI: {versions}",
    )
