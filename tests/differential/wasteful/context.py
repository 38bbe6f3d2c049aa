"""The build context of the wasteful image: written for each run, the same bytes each time but for npm's."""

from __future__ import annotations

import base64
import io
import os
import random
import shutil
import tarfile
from pathlib import Path

from tests.differential.tools import run

__all__ = ["write_context"]

_MEGABYTE = 1_000_000
_TIME = 1_600_000_000
"""Of every file, so that the builder's cache finds a context again."""


def _noise(name: str, size: int) -> bytes:
    """Bytes that no other file has."""
    return random.Random(name).randbytes(size)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_context(directory: Path) -> Path:
    """Write everything that the Dockerfile copies; needs npm, git and the network."""
    for name in ("owned", "modes", "same", "times", "settings", "checkout"):
        for number in range(3):
            _write(directory / name / f"{number}.bin", _noise(f"{name}{number}", _MEGABYTE // 2))
    _files(directory)
    _secrets(directory / "secrets")
    _archive(directory / "download.tar.gz", "download")
    _archive(directory / "bundle-1.0.tar.gz", "bundle")
    _source_distribution(directory / "sample-1.0.tar.gz")
    _repository(directory / "checkout")
    _node_application(directory / "node")
    for path in directory.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (_TIME, _TIME))
    return directory


def _files(directory: Path) -> None:
    _write(directory / "settings" / "old.bin", _noise("old", 2 * _MEGABYTE))
    _write(directory / "settings" / "new.bin", _noise("new", _MEGABYTE))
    _write(directory / "duplicate.bin", _noise("duplicate", 2 * _MEGABYTE))
    _write(directory / "core.4711", _core_header() + _noise("core", 2 * _MEGABYTE))
    _write(directory / "backups" / "report.txt~", _noise("tilde", _MEGABYTE))
    _write(directory / "backups" / ".report.txt.swp", b"b0VIM 9.0\0" + _noise("swap", _MEGABYTE))
    functions = (
        f"struct s{n} {{ int alpha{n}; double beta{n}; struct s{n} *next; }};\n"
        f"int f{n}(struct s{n} *item, int count) {{ int sum{n} = 0; for (int i = 0; i < count; i++)"
        f" {{ int step{n} = item->alpha{n} * i; sum{n} += step{n}; }} return sum{n}; }}\n"
        for n in range(4_000)
    )
    _write(directory / "program.c", ("".join(functions) + "int main(void) { return 0; }\n").encode())


def _core_header() -> bytes:
    """The ELF header of a core dump for x86-64 (elf(5): ELFCLASS64, ELFDATA2LSB, ET_CORE, EM_X86_64)."""
    fields = [(4, 2), (62, 2), (1, 4), (0, 8), (64, 8), (0, 8), (0, 4), (64, 2), (56, 2), (0, 2)]
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    return header + b"".join(value.to_bytes(size, "little") for value, size in [*fields, (0, 6)])


def _secrets(directory: Path) -> None:
    """Texts of the right form that are no secrets: generated, and known to nobody's service."""
    body = base64.encodebytes(_noise("key", 1_200)).decode()
    key = f"-----BEGIN RSA PRIVATE {'KEY'}-----\n{body}-----END RSA PRIVATE {'KEY'}-----\n"
    token = "npm_" + _noise("token", 18).hex()
    _write(directory / "id_rsa", key.encode())
    _write(directory / "env", f"DATABASE_PASSWORD={_noise('password', 12).hex()}\n".encode())
    _write(directory / "npmrc", f"//registry.npmjs.org/:_authToken={token}\n".encode())


def _archive(path: Path, name: str) -> None:
    parts = {f"{name}-1.0/part{n}.bin": _noise(f"{name}{n}", _MEGABYTE // 2) for n in range(3)}
    _tar(path, parts)


def _source_distribution(path: Path) -> None:
    """A package of pure Python that brings its tests, and compiles to megabytes of bytecode.

    pip makes a wheel of it, which it keeps in its cache whatever the index says of caching.
    """
    setup = """\
from setuptools import setup
setup(
    name="sample",
    version="1.0",
    packages=["sample", "sample.tests"],
    package_data={"sample.tests": ["*.bin"]},
)
"""
    modules = {
        f"sample/part{part}.py": "".join(
            f"def function_{part}_{n}(value):\n    return [value, {n}, 'part {part} of {n}', value + {n}]\n\n"
            for n in range(2_500)
        ).encode()
        for part in range(4)
    }
    files = {
        "setup.py": setup.encode(),
        "sample/__init__.py": b"",
        **modules,
        "sample/tests/__init__.py": b"",
        "sample/tests/expected.bin": _noise("expected", 2 * _MEGABYTE),
    }
    _tar(path, {f"sample-1.0/{name}": content for name, content in files.items()})


def _tar(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), _TIME
            archive.addfile(member, io.BytesIO(content))


def _repository(directory: Path) -> None:
    """A checkout with its history, as `git clone` leaves it."""
    git = ["git", "-C", directory, "-c", "user.name=nobody", "-c", "user.email=nobody@example.com"]
    shutil.move(directory / "0.bin", directory / "source.bin")
    run(*git, "init", "-q")
    run(*git, "add", ".")
    run(*git, "commit", "-q", "-m", "first")


def _node_application(directory: Path) -> None:
    """An application with its dependencies, and the cache that npm filled on the way."""
    application = directory / "app"
    _write(application / "package.json", b'{"name": "sample", "version": "1.0.0", "private": true}\n')
    npm = ["npm", "--prefix", application, "--cache", directory / "npm", "--no-audit", "--no-fund"]
    run(*npm, "install", "--silent", "express@4")
    shutil.move(directory / "npm" / "_cacache", directory / "cache")
    shutil.rmtree(directory / "npm")
