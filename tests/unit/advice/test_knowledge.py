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


def test_the_home_directory_is_where_a_redirection_goes() -> None:
    assert footprint_of("echo x > ~/.bashrc", "/app", {}).all_writes.roots == {"/root/.bashrc"}
    assert not footprint_of("echo x > ~other/.bashrc", "/app", {}).known


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("apt-get update && python manage.py migrate", "python manage.py"),
        ("/opt/tool/run --token=abc", "run"),
        ("npm run build", "npm run"),
        ("TOKEN=abc ./x.sh s3cret!", "x.sh"),
        ("for a in b; do c; done", ""),
    ],
)
def test_what_is_not_known_is_named_without_its_options(text: str, unknown: str) -> None:
    assert footprint_of(text, "/app", {}).unknown == unknown


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("docker-php-ext-install -j4 pdo_mysql zip", True),
        ("docker-php-ext-configure gd --with-jpeg=/usr", True),
        ("docker-php-ext-configure gd --with-jpeg=/app/jpeg", False),
        ("docker-php-ext-install", False),
        ("pecl install redis-6.0.2", True),
        ("pecl install ./redis.tgz", False),
        ("gem install bundler:2.5.9 --no-document", True),
        ("gem install bundler -v 2.5.9", True),
        ("gem install ./a.gem", False),
        ("gem build a.gemspec", False),
        ("conda env create -f environment.yml", True),
        ("conda env update -n base --file environment.yml && conda clean -afy", True),
        ("micromamba install -y -n base -f /tmp/environment.yml", True),
        ("conda install -y numpy=1.26 'pandas>=2'", True),
        ("conda install ./a.conda", False),
        ("conda env create -p /x -f environment.yml", False),
        ("conda run -n ds python x.py", False),
        ("conda create", False),
    ],
)
def test_installs_by_name_and_by_environment_files(text: str, known: bool) -> None:
    assert footprint_of(text, "/app", {}).known is known


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
