"""A Docker daemon of one's own, on a private socket, without network."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from threading import Event

import pytest

from tests.differential.tools import STRICT, require, run, unmount_below

__all__ = ["docker_daemon"]


@contextmanager
def docker_daemon() -> Iterator[tuple[str, dict[str, str]]]:
    """A daemon with its own socket and its own images, without any network: its client and environment."""
    require("dockerd", "docker", "containerd", "runc")
    # not pytest's directory, whose name is so long that containerd's sockets could not be dialed: a
    # socket's path has 107 bytes at most, and the daemon would wait for them until it gives up
    place = Path(mkdtemp(prefix="dockerd-"))
    socket = f"unix://{place}/sock"
    options = ["--data-root", f"{place}/root", "--exec-root", f"{place}/exec", "--pidfile", f"{place}/pid"]
    options += ["-H", socket, "--iptables=false", "--ip6tables=false", "--bridge=none"]
    options += ["--ip-forward=false", "--ip-masq=false"]
    environment = {**os.environ, "DOCKER_HOST": socket, "DOCKER_CONFIG": f"{place}/config"}
    environment |= {"DOCKER_CLI_HINTS": "false"}
    environment.pop("DOCKER_CONTEXT", None)
    client = _client_of(shutil.which("dockerd") or "dockerd")
    with (place / "log").open("wb") as log:
        daemon = subprocess.Popen(["dockerd", *options], stdout=log, stderr=log)
    try:
        _wait_for(daemon, client, environment, place / "log")
        yield client, environment
    finally:
        daemon.terminate()
        try:
            daemon.wait(30)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
        unmount_below(place)
        shutil.rmtree(place)


def _wait_for(daemon: subprocess.Popen[bytes], client: str, environment: dict[str, str], log: Path) -> None:
    """Return when the daemon answers; else skip the test, or fail it where nothing may be missing."""
    for _ in range(300):
        if daemon.poll() is not None:
            break
        asked = subprocess.run([client, "version"], env=environment, capture_output=True, check=False)
        if asked.returncode == 0:
            return
        Event().wait(0.2)
    reason = f"dockerd does not start here: {log.read_text(errors='replace')[-1500:]}"
    if os.environ.get(STRICT) == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def _client_of(daemon: str) -> str:
    """The client of the daemon's own release: newer ones leave BuildKit to a plugin."""
    release = run(daemon, "--version").split(",")[0].split()[-1].partition("+")[0]
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        client = Path(directory) / "docker"
        if os.access(client, os.X_OK) and release in run(client, "--version"):
            return str(client)
    pytest.fail(f"no docker client of release {release} on PATH")
