"""An install that a script of the sources calls: the script goes along, if it is known what it does."""

from __future__ import annotations

import pytest

from layerscope.advice.independence import Trust
from tests.unit.advice.cases import advised, history_of, instructions
from tests.unit.advice.numbered_examples import BUNDLE_SCRIPT, YARN_SCRIPT

BUNDLER = {"Gemfile": "gem 'rails'\n", "Gemfile.lock": "", "bin/bundle": BUNDLE_SCRIPT, "app/a.rb": ""}
YARN = {"package.json": "{}", "yarn.lock": "", "bin/yarn": YARN_SCRIPT, "app/a.rb": ""}


def proposed(run: str, files: dict[str, str]) -> tuple[list[str], str]:
    """The instructions as they would be, and what was refused."""
    text = f"FROM ruby:3.4\nWORKDIR /rails\nCOPY . .\nRUN {run}\n"
    advice = advised(text, files, history=history_of(list(files), ["app/a.rb"], ["app/a.rb"]))
    assert advice.safe is None
    why = " | ".join(each.reason for stage in advice.stages for each in stage.refusals)
    if advice.further is None:
        return [], why
    assert advice.further.trust is Trust.UNVERIFIED
    return instructions(advice.further.text)[2:], why


@pytest.mark.parametrize("script", ["bin/bundle", "./bin/bundle"])
def test_bundlers_script_is_copied_first(script: str) -> None:
    copies = ["COPY Gemfile Gemfile.lock ./", "COPY bin/bundle bin/"]
    assert proposed(f"{script} install", BUNDLER) == ([*copies, f"RUN {script} install", "COPY . ."], "")


@pytest.mark.parametrize("script", ["bin/yarn", "./bin/yarn"])
def test_rails_script_of_yarn_is_copied_first(script: str) -> None:
    copies = ["COPY package.json yarn.lock ./", "COPY bin/yarn bin/"]
    run = f"{script} install --immutable"
    assert proposed(run, YARN) == ([*copies, f"RUN {run}", "COPY . ."], "")


@pytest.mark.parametrize(
    ("run", "files", "why"),
    [
        (
            "bin/bundle install",
            {**BUNDLER, "bin/bundle": "load 'x'\n"},
            "bin/bundle is a script that may read",
        ),
        (
            "bin/bundle install",
            {**BUNDLER, "bin/bundle": BUNDLE_SCRIPT + "require_relative '../config/boot'\n"},
            "bin/bundle is a script that may read",
        ),
        (
            "bin/bundle install",
            {k: v for k, v in BUNDLER.items() if k != "bin/bundle"},
            "bin/bundle is not in",
        ),
        (
            "bin/yarn",
            {**YARN, "bin/yarn": "cp config/x .yarnrc.yml\nexec yarn\n`x`\n"},
            "bin/yarn is a script",
        ),
        ("bin/yarn", {**YARN, "bin/yarn": "exec node .yarn/releases/yarn.cjs\n"}, "bin/yarn is a script"),
    ],
)
def test_a_script_that_may_do_more_stays_below_the_sources(run: str, files: dict[str, str], why: str) -> None:
    lines, reasons = proposed(run, files)
    assert lines == []
    assert why in reasons
