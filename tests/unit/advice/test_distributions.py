"""Packages of a distribution have nothing in /usr/local/bin, and in /var/www only with a web server."""

from __future__ import annotations

import pytest

from tests.unit.advice.cases import advised, history_of, instructions

FILES = {"app": "", "run.sh": "", "index.php": ""}
HISTORY = history_of(list(FILES), *[[name] for name in FILES], list(FILES))
APT = "apt-get update && apt-get install -y libpq5"


def order(copy: str, run: str) -> list[str]:
    """What stands behind FROM, in the order that is proposed."""
    text = f"FROM base\n{copy}\nRUN {run}\n"
    advice = advised(text, FILES, history=HISTORY)
    proposal = advice.further or advice.safe
    return [line.split()[0] for line in instructions(proposal.text if proposal else text)][1:]


@pytest.mark.parametrize(
    ("copy", "run"),
    [
        ("COPY app /usr/local/bin/app", "apk add --no-cache tzdata"),
        ("COPY run.sh /usr/local/bin/docker-entrypoint.sh", f"{APT} && rm -rf /var/lib/apt/lists/*"),
        ("COPY . /var/www/html", APT),
        ("COPY . /var/www/html", "docker-php-ext-install zip"),
        ("COPY . /usr/share/nginx/html", "apk add --no-cache curl"),
        ("COPY app /etc/nginx/conf.d/app.conf", "apk add --no-cache curl"),
        ("COPY --chown=node:node . /app", "apk add --no-cache dumb-init"),  # the user is there before it
        (
            "COPY . /var/www/html",
            "<<EOF\nset -e\n# a comment\napt-get update\napt-get install -y \\\n  libpq5\nEOF",
        ),
    ],
)
def test_an_install_goes_above_what_it_has_nothing_to_do_with(copy: str, run: str) -> None:
    assert order(copy, run) == ["RUN", "COPY"]


@pytest.mark.parametrize(
    ("copy", "run"),
    [
        ("COPY app /usr/local/bin/python3", APT),  # scripts of packages call it
        ("COPY app /usr/local/bin/update-thing", APT),
        ("COPY app /usr/local/bin/app", "pip install gunicorn"),  # puts programs there
        ("COPY app /usr/local/bin/app", f"{APT} && chmod +x /usr/local/bin/app"),
        ("COPY app /usr/local/bin/app", f"{APT} && app --version"),
        ("COPY app /usr/local/lib/app", APT),  # ldconfig looks there
        ("COPY app /usr/bin/app", APT),
        ("COPY . /var/www/html", "apt-get update && apt-get install -y apache2"),
        ("COPY . /var/www/html", "apt-get update && apt-get install -y php8.3-fpm"),
        ("COPY . /var/www/html", "<<EOF\napt-get update\napt-get install -y nginx\nEOF"),
        ("COPY . /var/lib/app", APT),
        ("COPY . /usr/share/nginx/html", "apk add --no-cache nginx-mod-http-brotli"),
        ("COPY . /usr/share/nginx/html", "apt-get update && apt-get upgrade -y"),
        ("COPY --chown=node:node . /app", "usermod -u 1001 node"),
        ("COPY --chown=node:node . /app", "apk add curl && useradd other"),
        ("COPY --chown=node:node . /app", "echo node:x:1:1::/:/bin/sh > /etc/passwd && apk add curl"),
        ("COPY . /app", "<<EOF\n#!/usr/bin/env python3\nprint()\nEOF"),
        ("COPY . /app", "python3 <<EOF\nprint()\nEOF"),
    ],
)
def test_an_install_that_may_have_to_do_with_it_stays(copy: str, run: str) -> None:
    assert order(copy, run) == ["COPY", "RUN"]


def test_an_install_by_name_goes_above_the_sources_and_takes_the_next_one_along() -> None:
    files = {"Gemfile": "source 'https://rubygems.org'\n", "Gemfile.lock": "", "app.rb": ""}
    text = "FROM ruby:3\nWORKDIR /app\nADD . /app\nRUN gem install bundler:2.5.9\nRUN bundle install\n"
    history = history_of(list(files), ["app.rb"], ["app.rb"], ["Gemfile.lock"])
    advice = advised(text, files, history=history)
    assert advice.further is not None
    assert instructions(advice.further.text)[2:] == [
        "RUN gem install bundler:2.5.9",
        "COPY Gemfile Gemfile.lock /app/",
        "RUN bundle install",
        "ADD . /app",
    ]
    assert advised(text, {**files, "bundler-2.5.9.gem": ""}, history=history).further is None


def test_what_stays_behind_a_third_instruction_says_so() -> None:
    text = "FROM base\nCOPY . /app\nRUN /app/setup\nRUN apt-get update && apt-get install -y libpq5\n"
    (stage,) = advised(text, FILES, history=HISTORY).stages
    reasons = {each.kept.line: each.reason for each in stage.obstacles}
    assert reasons[3] == "RUN of line 3 has more than commands whose files are known: `setup`"
    assert reasons[4].startswith("it stays below line 3, which stays below line 2: two RUNs keep their order")


def test_a_user_that_a_run_makes_is_named_below_it() -> None:
    text = f"FROM base\nCOPY . /x\nRUN {APT} postgresql\nCOPY --chown=postgres app /y/\n"
    history = history_of(list(FILES), ["run.sh"], ["run.sh"], ["index.php"])
    advice = advised(text, FILES, history=history)
    assert advice.further is not None
    assert [line.split()[0] for line in instructions(advice.further.text)][1:] == ["RUN", "COPY", "COPY"]


@pytest.mark.parametrize("run", ["cd /app && npm ci", "cd /app && npm ci && cd /app && ls"])
def test_a_run_that_changes_into_the_directory_of_its_install_is_split(run: str) -> None:
    files = {"package.json": "{}", "package-lock.json": "{}", "index.js": "", "data/a": ""}
    history = history_of(list(files), ["index.js"], ["index.js"])
    advice = advised(f"FROM node:22\nCOPY . /app\nRUN {run}\n", files, history=history)
    assert advice.further is not None
    assert instructions(advice.further.text)[1:] == [
        "COPY package.json package-lock.json /app/",
        f"RUN {run}",
        "COPY . /app",
    ]
    other = f"FROM node:22\nCOPY . /app\nRUN cd /app/data && {run}\n"
    assert advised(other, files, history=history).further is None  # the manifests do not make that directory


def test_a_glob_of_manifests_is_no_directory() -> None:
    files = {"package.json": "{}", "package-lock.json": "{}", "index.js": ""}
    text = "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n"
    history = history_of(list(files), ["index.js"], ["package-lock.json"])
    (stage,) = advised(text, files, history=history).stages
    assert stage.refusals == ()


def test_what_no_build_has_verified_is_not_called_an_obstacle() -> None:
    text = "FROM node:22\nWORKDIR /app\nCOPY . .\nARG COMMIT_SHA\nRUN make\n"
    (stage,) = advised(text, FILES, history=HISTORY).stages
    (found,) = stage.obstacles
    assert (found.changing.line, found.reason) == (
        3,
        "RUN of line 5 has more than commands whose files are known: `make`",
    )


@pytest.mark.parametrize(
    ("base", "directory"),
    [
        ("php:8.3-fpm-alpine", "/var/www/html"),
        ("docker.io/library/php:8-apache@sha256:" + "0" * 64, "/var/www/html"),
        ("php:8.3-cli", "/"),
        ("oven/bun:1", "/home/bun/app"),
        ("public.ecr.aws/lambda/python:3.12", "/var/task"),
        ("python:3.12", "/"),
    ],
)
def test_relative_paths_count_from_the_directory_of_the_base_image(base: str, directory: str) -> None:
    text = f"FROM {base}\nCOPY . .\nRUN mkdir -p {directory.rstrip('/')}/cache\nRUN make\n"
    (stage,) = advised(text, FILES, history=HISTORY).stages
    assert stage.safe is not None
    copied, made, _ = stage.safe.problem.elements
    assert copied.copy is not None
    assert (copied.copy.destination, made.directory) == (directory, directory)
