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
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as daemon:
        try:
            for _ in range(_PATIENCE_TRIES):
                asked = subprocess.run(["docker", "-H", socket, "version"], capture_output=True, check=False)
                if asked.returncode == 0:
                    break
                if daemon.poll() is not None:
                    _without(f"dockerd does not start here: {log.read_text()[-500:]}")
                time.sleep(0.1)
            else:
                _without(f"dockerd does not answer: {log.read_text()[-500:]}")
            yield Docker(socket)
        finally:
            daemon.terminate()
            daemon.wait()
            unmount_below(directory)  # else nobody can remove it, and pytest fails where it cleans up


def _without(reason: str) -> NoReturn:
    """Skip the test, or fail it where nothing may be missing."""
    if os.environ.get(STRICT) == "1":
        pytest.fail(reason)
    pytest.skip(reason)
