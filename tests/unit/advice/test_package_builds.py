"""A build of one package of a workspace goes above the sources of others that it is not built from."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from layerscope.advice.ecosystems.base import Project
from layerscope.advice.ecosystems.node_scripts import ScriptCall, script_call, unread_packages
from layerscope.advice.independence import Trust
from tests.builders import directory, file
from tests.unit.advice.cases import advised, built, context_of, history_of, instructions

FILES = {
    "package.json": '{"workspaces": ["packages/*"]}',
    "package-lock.json": "{}",
    "packages/core/package.json": '{"name": "@x/core", "scripts": {"build": "tsc"}}',
    "packages/core/tsconfig.json": "{}",
    "packages/core/src/a.ts": "export const a = 1\n",
    "packages/engine/package.json": '{"name": "@x/engine", "dependencies": {"@x/core": "*"}}',
    "packages/engine/a.ts": 'import { a } from "@x/core"\n',
    "README.md": "packages/engine\n",
}
DOCKERFILE = """\
FROM node:22
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages/core/package.json packages/core/
COPY packages/engine/package.json packages/engine/
RUN npm ci --ignore-scripts
COPY packages/core packages/core
COPY packages/engine packages/engine
RUN BUILD
"""
CHANGES = ("packages/engine/a.ts",) * 3


def order(
    run: str = "npm run build -w @x/core", changed: Mapping[str, str] | None = None, text: str = DOCKERFILE
) -> tuple[bool, str]:
    """Whether the build goes above the sources of the other package, and why not."""
    files = {**FILES, **(changed or {})}
    history = history_of(list(files), *([each] for each in CHANGES))
    advice = advised(text.replace("BUILD", run), files, history=history)
    assert advice.safe is None  # it is evidence: a build has to verify it
    reasons = " | ".join(each.reason for stage in advice.stages for each in stage.obstacles)
    if advice.further is None:
        return False, reasons
    assert advice.further.trust is Trust.UNVERIFIED
    lines = instructions(advice.further.text)
    return lines.index(f"RUN {run}") < lines.index("COPY packages/engine packages/engine"), reasons


@pytest.mark.parametrize(
    "run",
    [
        "npm run build -w @x/core",
        "npm run build --workspace=packages/core",
        "npm --prefix packages/core run build",
        "cd packages/core && npm run build",
        "cd /app/packages/core && npm run --silent build",
        "yarn workspace @x/core build",
        "yarn --cwd packages/core run build",
        "bun run --filter @x/core build",
        "cd packages/core && bun run build",
    ],
)
def test_it_goes_above_what_it_is_not_built_from(run: str) -> None:
    assert order(run) == (True, "")


def test_pnpm_names_its_packages_in_a_file_of_its_own() -> None:
    changed = {"package.json": "{}", "pnpm-workspace.yaml": "packages:\n  - packages/*\n"}
    text = DOCKERFILE.replace("COPY package.json", "COPY pnpm-workspace.yaml package.json")
    for run in (
        "pnpm --filter @x/core run build",
        "pnpm -C packages/core build",
        "pnpm -F ./packages/core build",
    ):
        assert order(run, changed, text)[0]
    assert not order("npm run build -w @x/core", changed, text)[0]


def test_it_goes_above_others_with_what_it_depends_on_above_it() -> None:
    changed = {
        "packages/base/package.json": '{"name": "@x/base"}',
        "packages/base/a.ts": "",
        "packages/core/package.json": '{"name": "@x/core", "dependencies": {"@x/base": "*"},'
        ' "scripts": {"build": "npm run types && tsup", "types": "tsc"}}',
    }
    text = DOCKERFILE.replace(
        "COPY packages/engine pack", "COPY packages/base packages/base\nCOPY packages/engine pack"
    )
    assert order(changed=changed, text=text)[0]
    changed["packages/base/a.ts"] = 'import "../engine/a"\n'
    assert order(changed=changed, text=text) == (False, "packages/base/a.ts names ../engine/a")


def test_a_name_that_begins_with_that_of_the_other_one_is_another_name() -> None:
    assert order(changed={"packages/core/src/a.ts": "import '@x/engine-types'; 'packages/engine-types'"}) == (
        True,
        "",
    )
    plain = {"packages/engine/package.json": '{"name": "engine"}'}
    assert order(changed=plain | {"packages/core/src/a.ts": "// the engine of search engines\n"}) == (
        True,
        "",
    )


CORE = "packages/core/package.json"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (
            {CORE: '{"name": "@x/core", "devDependencies": {"@x/engine": "*"}, "scripts": {"build": "tsc"}}'},
            "packages/core depends on packages/engine",
        ),
        (
            {
                CORE: '{"name": "@x/core", "dependencies": {"e": "file:../engine"}, '
                '"scripts": {"build": "tsc"}}'
            },
            "packages/core depends on packages/engine",
        ),
        (
            {
                CORE: '{"name": "@x/core", "dependencies": {"e": "link:../other"}, '
                '"scripts": {"build": "tsc"}}'
            },
            "packages/core/package.json takes e from link:../other",
        ),
        (
            {
                CORE: '{"name": "@x/core", "dependencies": {"@x/base": "*"}, "scripts": {"build": "tsc"}}',
                "packages/base/package.json": '{"name": "@x/base", "peerDependencies": {"@x/engine": "*"}}',
            },
            "packages/base depends on packages/engine",
        ),
        (
            {CORE: '{"name": "@x/core", "scripts": {"build": "tsc", "prebuild": "turbo run build"}}'},
            "the script prebuild of packages/core calls turbo",
        ),
        (
            {CORE: '{"name": "@x/core", "scripts": {"build": "npm run all", "all": "lerna run build"}}'},
            "the script all of packages/core calls lerna",
        ),
        (
            {CORE: '{"name": "@x/core", "scripts": {"build": "for d in ../*; do tsc -p $d; done"}}'},
            "the script build of packages/core has more than commands",
        ),
        *(
            (
                {
                    CORE: '{"name": "@x/core", "scripts": {"build": "node scripts/build.mjs"}}',
                    "packages/core/scripts/build.mjs": text,
                },
                reason,
            )
            for text, reason in (
                ("readdirSync('..')", "packages/core/scripts/build.mjs names .."),
                ("require('child_process')", "packages/core/scripts/build.mjs calls other programs"),
                ("join(root, 'packages')", "packages/core/scripts/build.mjs names packages/engine"),
            )
        ),
        (
            {CORE: '{"name": "@x/core", "scripts": {"build": "node --run all", "all": "turbo"}}'},
            "the script build of packages/core calls node without a file",
        ),
        (
            {
                CORE: '{"name": "@x/core", "scripts": {"build": "node ../../tools/gen"}}',
                "tools/gen.js": "require('./list')",
                "tools/list.js": "glob('packages/*')",
            },
            "tools/list.js names packages/engine",
        ),
        (
            {
                "packages/core/tsconfig.json": '{"extends": "../../tsconfig.base.json"}',
                "tsconfig.base.json": '{"include": ["**/*.ts"]}',
            },
            "tsconfig.base.json has a glob over all that lies beside it",
        ),
        ({CORE: '{"name": "@x/core"}'}, "packages/core/package.json has no script build"),
        (
            {CORE: '{"name": "@x/core", "scripts": {"build": "cp ../engine/a.ts src && tsc"}}'},
            "packages/core/package.json names ../engine/a.ts",
        ),
        (
            {"packages/core/tsconfig.json": '{"references": [{"path": "../engine"}]}'},
            "packages/core/tsconfig.json names ../engine",
        ),
        (
            {
                "packages/core/tsconfig.json": '{"extends": "../../tsconfig.base.json"}',
                "tsconfig.base.json": '{"paths": {"e": ["packages/engine/a.ts"]}}',
            },
            "tsconfig.base.json names packages/engine",
        ),
        (
            {
                "packages/core/tsconfig.json": '{"extends": "../../tsconfig.base"}',
                "tsconfig.base.json": '{"paths": {"e": ["./packages/engine/a.ts"]}}',
            },
            "tsconfig.base.json names packages/engine",
        ),
        ({"babel.config.js": "require('./packages/engine/a')"}, "babel.config.js names packages/engine"),
        ({"packages/core/src/a.ts": "import('@x/engine')"}, "packages/core/src/a.ts names packages/engine"),
        (
            {"packages/core/src/a.ts": "import '../../engine/a'"},
            "packages/core/src/a.ts names ../../engine/a",
        ),
        ({"packages/core/src/a.ts": "readFile('../engine/a')"}, "packages/core/src/a.ts names ../engine/a"),
        ({"packages/core/build.mjs": "readdir(join(here, '..'))"}, "packages/core/build.mjs names .."),
        ({"packages/core/build.mjs": "glob('../*/a.ts')"}, "packages/core/build.mjs names ../"),
        (
            {"packages/core/build.mjs": "readdir('../../packages')"},
            "packages/core/build.mjs names ../../packages",
        ),
        (
            {"packages/core/src/build.mjs": "glob('../../../**')"},
            "packages/core/src/build.mjs names ../../../",
        ),
    ],
)
def test_it_stays_below_what_it_may_read(changed: Mapping[str, str], reason: str) -> None:
    assert order(changed=changed) == (False, reason)


@pytest.mark.parametrize(
    "run",
    [
        "npm run build",
        "npm run build --workspaces",
        "npm run build -w @x/core -w @x/engine",
        "npm run build -w @x/none",
        "npm run build -w @x/core -- --all",
        "npm run build -w @x/core && cp -r packages /dist",
        "npm run build -w @x/core > packages/engine/log",
        "cd packages/* && npm run build",
        "pnpm --filter @x/core... build",
        "yarn workspaces run build",
        "ALL=1 npm run build -w @x/core",
    ],
)
def test_what_is_more_than_a_script_of_one_package_stays(run: str) -> None:
    moved, reason = order(run)
    assert not moved
    assert "has more than commands" in reason


@pytest.mark.parametrize(
    "run",
    [
        "cd packages/core && yarn install",
        "npm ci --ignore-scripts && cd packages/core && pnpm install",
        "--mount=type=bind,target=/src npm run build -w @x/core",
    ],
)
def test_what_is_read_in_another_way_stays(run: str) -> None:
    assert not order(run)[0]


def test_a_path_that_stays_in_the_package_is_nothing() -> None:
    changed = {
        "packages/core/src/deep/a.ts": 'import "../b"\nimport "../../package.json"\nresolve(here, "..")\n',
        "packages/core/tsconfig.json": '{"extends": "../../tsconfig.base.json"}',
        "tsconfig.base.json": "{}",
        "packages/core/vite.config.ts": "const modules = '../../node_modules/x'\n",
        "packages/core/engine.ts": "export const engine = 'engine'\n",
    }
    assert order(changed=changed)[0]


def test_the_image_has_to_be_laid_out_as_the_workspace_is() -> None:
    """Elsewhere `../engine` may be the sources of another one."""
    text = DOCKERFILE.replace("packages/core packages/core", "packages/core lib/core")
    assert not order("cd lib/core && npm run build", text=text)[0]


@pytest.mark.parametrize(
    "copied",
    [
        "--from=node:22 /core packages/core",
        "--from=node:22 /made packages/core/src/made",
        "--from=node:22 / /",
    ],
)
def test_what_another_stage_brings_is_not_known(copied: str) -> None:
    text = DOCKERFILE.replace("COPY packages/core pack", f"COPY {copied}\nCOPY packages/core pack")
    assert not order(text=text)[0]
    assert not order(text=DOCKERFILE.replace("COPY packages/core packages/core", f"COPY {copied}"))[0]


def test_where_a_variable_leads_into_the_other_package_it_stays() -> None:
    text = DOCKERFILE.replace("WORKDIR /app", "WORKDIR /app\nENV NODE_PATH=/app/packages/engine")
    moved, reason = order(text=text)
    assert not moved
    assert "NODE_PATH" in reason


@pytest.mark.parametrize("written", [False, True])
def test_what_the_layers_show_counts_more(written: bool) -> None:
    text = DOCKERFILE.replace("BUILD", "npm run build -w @x/core")
    files = FILES
    core, engine = "app/packages/core/", "app/packages/engine/"
    made = [file(f"{core}dist/a.js", b"1"), *([file(f"{engine}a.d.ts", b"")] if written else [])]
    image = built(
        text,
        [
            ("WORKDIR /app", [directory("app")]),
            ("COPY package.json package-lock.json ./ # buildkit", [file("app/package.json", b"{}")]),
            (
                "COPY packages/core/package.json packages/core/ # buildkit",
                [file(f"{core}package.json", b"{}")],
            ),
            (
                "COPY packages/engine/package.json packages/engine/ # buildkit",
                [file(f"{engine}package.json", b"{}")],
            ),
            ("RUN /bin/sh -c npm ci --ignore-scripts # buildkit", [file("app/node_modules/x", b"")]),
            ("COPY packages/core packages/core # buildkit", [file(f"{core}src/a.ts", b"")]),
            (
                "COPY packages/engine packages/engine # buildkit",
                [file(f"{engine}a.ts", b""), file(f"{engine}a.d.ts", b"old")],
            ),
            ("RUN /bin/sh -c npm run build -w @x/core # buildkit", made),
        ],
    )
    history = history_of(list(files), *([each] for each in CHANGES))
    advice = advised(text, files, history=history, **image)
    assert advice.safe is None
    assert (advice.further is None) == written


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("npm run build", ScriptCall("npm", "build", "/a")),
        ("npm run-script build -C b", ScriptCall("npm", "build", "/a/b")),
        ("npm build", None),
        ("yarn build", ScriptCall("yarn", "build", "/a")),
        ("yarn install", None),
        ("yarn run install", ScriptCall("yarn", "install", "/a")),
        ("yarn workspace b run build", ScriptCall("yarn", "build", "/a", "b")),
        ("pnpm -F ./b build", ScriptCall("pnpm", "build", "/a", "./b")),
        ("pnpm -r build", None),
        ("pnpm --filter b^... build", None),
        ("bun build", None),
        ("bun run build", ScriptCall("bun", "build", "/a")),
        ("make build", None),
    ],
)
def test_calls_of_scripts(command: str, found: ScriptCall | None) -> None:
    assert script_call(command.split(), "/a") == found


def test_packages_that_cannot_be_read_or_lie_in_one_another_are_not_looked_at() -> None:
    call = ScriptCall("npm", "build", "/app", "@x/core")
    nested = {
        **FILES,
        "package.json": '{"workspaces": ["packages/*", "packages/core/*"]}',
        "packages/core/in/package.json": "{}",
    }
    assert unread_packages(call, "", Project(context_of(nested), "")) is None
    found = unread_packages(call, "", Project(context_of(FILES), ""))
    assert found == ("packages/core", ("packages/engine",), {})


def test_of_several_reasons_the_same_one_is_told_in_every_run() -> None:
    """Sets of texts have another order in each process."""
    paths = [f"../engine/{name}" for name in "zyxwvutsrqponmlkjihgfedcba"]
    changed = {"packages/core/build.mjs": "".join(f"read('{path}')\n" for path in paths)}
    assert order(changed=changed) == (False, "packages/core/build.mjs names ../engine/a")
    changed = {
        f"babel.config.{ending}": "require('./packages/engine')" for ending in ("ts", "mjs", "js", "cjs")
    }
    told = {order(changed=dict(sorted(changed.items(), reverse=turned)))[1] for turned in (False, True)}
    assert told == {"babel.config.ts names packages/engine"}  # the last found is looked at first
