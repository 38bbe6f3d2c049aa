"""LS131: caches of other package managers and build tools."""

from __future__ import annotations

from tests.builders import file, hardlink, layer
from tests.rule_cases import claimed, named

FOUND = {
    "root/.nuget/packages/newtonsoft.json/13.0.3/newtonsoft.json.nupkg": 500,
    "home/linuxbrew/.cache/Homebrew/downloads/jq.tar.gz": 450,
    "root/.cache/coursier/v1/https/repo1.maven.org/a.jar": 400,
    "root/.bun/install/cache/left-pad@1.3.0/index.js": 350,
    "root/.cpanm/work/1700000000.1/build.log": 300,
    "root/.hex/packages/hexpm/jason-1.4.1.tar": 250,
    "root/.cache/ccache/0/1/abcR": 200,
    "app/node_modules/.cache/babel-loader/1.json": 150,
    "app/.next/cache/webpack/client-production/0.pack": 140,
    "app/.mypy_cache/3.12/app.data.json": 100,
}
LEAN = (
    "app/.next/static/chunks/main.js",
    "app/node_modules/react/index.js",
    "app/app.dll",
    "app/vendor/jason.ex",
)
NEAR = (
    "root/.cache/deno/deps/https/deno.land/a",
    "root/.cache/prisma/master/abc/debian-openssl-3.0.x/query-engine",
    "root/.nuget/NuGet/NuGet.Config",
    "root/.ivy2/local/a/b/jars/b.jar",
    "var/cache/fontconfig/a.cache-7",
)


def test_caches_of_each_kind_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS131", stored) == FOUND


def test_built_programs_are_no_cache() -> None:
    assert named("LS131", layer(*(file(path, b"x") for path in LEAN))) == []


def test_caches_that_a_program_runs_from_are_not_meant() -> None:
    assert named("LS131", layer(*(file(path, b"x") for path in NEAR))) == []


def test_a_file_that_bun_linked_into_node_modules_is_not_meant() -> None:
    kept = "root/.bun/install/cache/left-pad@1.3.0/index.js"
    assert (
        named("LS131", layer(file(kept, b"x"), hardlink("app/node_modules/left-pad/index.js", to=kept))) == []
    )
