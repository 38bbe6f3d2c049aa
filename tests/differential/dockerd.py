"""A Docker daemon of one's own, on a private socket, without network."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from tests.differential.build_cache.builders import unmount_below
from tests.differential.tools import STRICT, require, run

__all__ = ["Docker", "docker"]

_PATIENCE_TRIES = 300


class Docker:
    """The client of one daemon."""

    def __init__(self, socket: str) -> None:
        self._socket = socket

    def run(self, *arguments: str | Path) -> str:
        """What `docker` prints."""
        return run("docker", "-H", self._socket, *arguments)


@contextmanager
def docker(directory: Path) -> Iterator[Docker]:
    """Start a daemon below `directory`, and end it."""
    require("dockerd", "docker", "containerd")
    socket = f"unix://{directory}/docker.sock"
    command = [
        *("dockerd", "-H", socket, "--iptables=false", "--bridge=none", "--storage-driver", "vfs"),
        *("--data-root", f"{directory}/data", "--exec-root", f"{directory}/run"),
        *("--pidfile", f"{directory}/docker.pid"),
    ]
    log = directory / "dockerd.log"
    try:
        daemon = _started(command, socket, log) or _started(command, socket, log)
        if daemon is None:
            _without(f"dockerd does not start here: {log.read_text()[-500:]}")
        try:
            yield Docker(socket)
        finally:
            daemon.terminate()
            daemon.wait()
    finally:
        unmount_below(directory)  # else nobody can remove it, and pytest fails where it cleans up


def _started(command: list[str], socket: str, log: Path) -> subprocess.Popen[bytes] | None:
    """A daemon that answers; on a busy machine its containerd may take longer than it waits."""
    with log.open("ab") as output:
        daemon = subprocess.Popen(command, stdout=output, stderr=output)
    for _ in range(_PATIENCE_TRIES):
        if daemon.poll() is not None:
            return None
        asked = subprocess.run(["docker", "-H", socket, "version"], capture_output=True, check=False)
        if asked.returncode == 0:
            return daemon
        time.sleep(0.1)
    daemon.kill()
    daemon.wait()
    return None


def _without(reason: str) -> NoReturn:
    """Skip the test, or fail it where nothing may be missing."""
    if os.environ.get(STRICT) == "1":
        pytest.fail(reason)
    pytest.skip(reason)
