"""What commands are known to read and write; everything else touches anything."""

from __future__ import annotations

import pytest

from layerscope.advice.knowledge import footprint_of

PATHS = {"PATH": "/usr/bin", "D": "/data"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("mkdir -p /a/b c", {"/a/b", "/app/c"}),
        ("rm -rf /var/lib/apt/lists/*", {"/var/lib/apt/lists"}),
        ("ln -s /x/y /z", {"/z"}),
        ("touch $D/x && cd /tmp && touch y", {"/data/x", "/tmp/y"}),
        ("echo a > b", {"/app/b"}),
        ("cp /a /b", {"/a", "/b"}),
        ("chmod +x /a", {"/a"}),
        ("chown -R root:root /a /b", {"/a", "/b"}),
        ("curl -fsSL https://x.test/y -o /opt/y", {"/opt/y"}),
        ("wget -qO /opt/y https://x.test/y", {"/opt/y"}),
        ("curl -O https://x.test/y", {"/app"}),
        ("true", set()),
        ("/bin/mkdir /a", {"/a"}),
    ],
)
def test_what_is_written(text: str, written: set[str]) -> None:
    found = footprint_of(text, "/app", PATHS)
    assert found.known
    assert found.all_writes.roots == written


@pytest.mark.parametrize(
    "text",
    [
        "./configure",
        "make install",
        "bash script.sh",
        ". /etc/profile && true",
        "python setup.py install",
        "python -c 'print(1)'",
        "apt-get source x",
        "pip install .",
        "pip install -e .",
        "pip install --target /x y",
        "npm run build",
        "npm install -g x",
        "yarn build",
        "go build",
        "go mod tidy",
        "ln /a /b",
        "ln -s /a",
        "touch $UNKNOWN_NAME",
        "cp -t /a /b",
        "chmod --reference=/a /b",
        "curl --config /a https://x.test",
        "/opt/tool/mkdir /a",
        "useradd -D",
        "sed -i s/a/b/ /c",
        "cd $WHERE && touch a",
    ],
)
def test_what_is_not_known(text: str) -> None:
    found = footprint_of(text, "/app", PATHS)
    assert not found.known
    assert found.reads.anything
    assert found.writes.anything


def test_a_package_given_as_a_file_is_read() -> None:
    found = footprint_of("apt-get install -y ./a.deb /b/c.deb curl", "/app", PATHS)
    assert {"/app/a.deb", "/b/c.deb"} <= found.reads.roots


def test_an_install_reads_its_directory() -> None:
    found = footprint_of("npm ci && rm -rf /root/.npm", "/app", PATHS)
    assert found.known
    assert found.inputs.roots == {"/app"}
    assert found.outputs.roots == {"/app/node_modules"}
    assert [install.ecosystem for install in found.installs] == ["npm"]


def test_requirements_named_by_an_absolute_path_are_read_where_they_are() -> None:
    (install,) = footprint_of("pip install -r /srv/app/requirements.txt", "/", PATHS).installs
    assert install.directory == "/srv/app"
    assert install.words == ("pip", "install", "-r", "requirements.txt")


def test_python_looks_for_modules_where_it_is_started() -> None:
    assert "/app" in footprint_of("python -m venv /venv", "/app", PATHS).reads.roots
    assert "/app" not in footprint_of("pip install flask", "/app", PATHS).all_reads.roots


def test_tools_of_a_user_who_is_not_root_may_read_any_home() -> None:
    assert "/home" in footprint_of("pip install flask", "/app", PATHS, root=False).reads.roots
