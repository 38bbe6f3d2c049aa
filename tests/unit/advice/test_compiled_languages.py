"""Cargo, Maven, Gradle, .NET and Composer: what downloads dependencies without compiling anything."""

from __future__ import annotations

import pytest

from tests.unit.advice.closed_sets import closed, is_known

LIBRARY = '[package]\nname = "a"\nversion = "1.0.0"\n[lib]\npath = "src/lib.rs"\n'
POM = "<project><artifactId>a</artifactId></project>"
PARENT = "<project><modules><module>core</module><module>web</module></modules></project>"
CHILD = "<project><parent><groupId>g</groupId></parent></project>"
CSPROJ = '<Project Sdk="Microsoft.NET.Sdk"><ItemGroup/></Project>'
SCRIPT = 'plugins { java }\nrepositories { maven { url = uri("https://repo.test/maven") } }\n// file("x")\n'
PLUGIN = '{"packages": [{"name": "symfony/flex", "type": "composer-plugin"}]}'
COMPOSER = "composer install --no-scripts --no-autoloader --no-dev"


def with_items(text: str) -> str:
    return CSPROJ.replace("<ItemGroup/>", text)


@pytest.mark.parametrize(
    "command",
    [
        "cargo build --release",
        "cargo chef cook --recipe-path recipe.json",
        "mvn package",
        "mvn dependency:go-offline package",
        "mvn -s settings.xml dependency:go-offline",
        "mvn -Dmaven.repo.local=repo dependency:go-offline",
        "./mvnw verify",
        "./build.sh",
        "gradle build",
        "gradle dependencies -b other.gradle",
        "dotnet publish",
        "dotnet restore --configfile x",
        "composer update",
        "composer install --working-dir=web",
    ],
)
def test_what_compiles_or_names_other_files_is_not_known(command: str) -> None:
    assert not is_known(command)


def test_cargo_takes_every_manifest_of_the_workspace() -> None:
    files = {
        "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n[workspace.dependencies]\nb = { path = "b" }\n',
        "Cargo.lock": "",
        "rust-toolchain.toml": "",
        ".cargo/config.toml": "[net]\ngit-fetch-with-cli = true\n",
        "crates/a/Cargo.toml": LIBRARY,
        "crates/a/src/lib.rs": "",
        "b/Cargo.toml": LIBRARY,
    }
    found = closed("cargo fetch --locked", files)
    assert found.refusal == ""
    assert set(found.files) == set(files) - {"crates/a/src/lib.rs"}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"Cargo.toml": '[package]\nname = "a"\n'}, "names no target"),
        ({"Cargo.toml": '[package]\nname = "a"\n[[bin]]\nname = "a"\n'}, "a bin without a path"),
        ({"Cargo.toml": LIBRARY + '[[bench]]\nname = "a"\n'}, "a bench without a path"),
        ({"Cargo.toml": LIBRARY + '[dependencies]\nb = { path = "b" }\n'}, "b/Cargo.toml is not"),
        ({"Cargo.toml": LIBRARY + '[patch.crates-io]\nb = { path = "../b" }\n'}, "outside of the context"),
        (
            {"Cargo.toml": LIBRARY.replace("[lib]", 'workspace = ".."\n[lib]')},
            "the workspace that it belongs",
        ),
        ({"Cargo.toml": "["}, "not valid TOML"),
        ({".cargo/config.toml": '[source.x]\ndirectory = "vendor"\n'}, "directories of the sources"),
    ],
)
def test_cargo_needs_sources(changed: dict[str, str], why: str) -> None:
    files = {"Cargo.toml": LIBRARY, "Cargo.lock": ""} | changed
    assert why in closed("cargo fetch --locked", files).refusal


def test_maven_takes_the_poms_of_modules_and_parents() -> None:
    files = {
        "pom.xml": PARENT,
        "core/pom.xml": CHILD,
        "web/pom.xml": CHILD,
        "web/src/A.java": "",
        ".mvn/maven.config": "-B\n",
        ".mvn/wrapper/maven-wrapper.jar": "program",
        "mvnw": "#!/bin/sh\n",
    }
    found = closed("mvn -B dependency:go-offline", files)
    assert found.refusal == ""
    assert set(found.files) == set(files) - {"web/src/A.java", "mvnw"}
    assert found.outputs == ("target", "core/target", "web/target")
    wrapped = closed("./mvnw -B -ntp dependency:go-offline", files)
    assert set(wrapped.files) == set(files) - {"web/src/A.java"}


def test_a_module_takes_its_parent_from_the_directory_above() -> None:
    found = closed("mvn dependency:resolve", {"pom.xml": POM, "web/pom.xml": CHILD}, prefix="web")
    assert (found.refusal, set(found.files)) == ("", {"pom.xml", "web/pom.xml"})


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"pom.xml": "<project><systemPath>lib/a.jar</systemPath></project>"}, "names files"),
        ({"pom.xml": "<project><repository><url>file:repo</url></repository></project>"}, "names files"),
        ({"pom.xml": "<activation><file><exists>x</exists></file></activation>"}, "names files"),
        ({"pom.xml": "<modules><module>${m}</module></modules>"}, "module that is not known"),
        ({"pom.xml": "<modules><module>../m</module></modules>"}, "outside of the context"),
        ({"pom.xml": "<modules><module>gone</module></modules>"}, "gone/pom.xml is not"),
        (
            {"pom.xml": PARENT, "core/pom.xml": CHILD, "web/pom.xml": CHILD, "core/target/a.jar": ""},
            "core/target",
        ),
        ({".mvn/maven.config": "-s settings.xml"}, "names files"),
        ({".mvn/extensions.xml": "<artifactId>maven-git-versioning-extension</artifactId>"}, "repository"),
    ],
)
def test_maven_reads_more(changed: dict[str, str], why: str) -> None:
    assert why in closed("mvn dependency:go-offline", {"pom.xml": POM} | changed).refusal


def test_comments_of_a_pom_count_for_nothing() -> None:
    files = {"pom.xml": "<project><!-- <module>gone</module> <systemPath>x</systemPath> --></project>"}
    assert closed("mvn dependency:go-offline", files).refusal == ""


def test_gradle_takes_scripts_catalogs_and_the_wrapper_and_is_never_certain() -> None:
    files = {
        "settings.gradle.kts": 'rootProject.name = "a"\ninclude(":core", ":web:api")\n',
        "build.gradle.kts": SCRIPT,
        "core/build.gradle.kts": SCRIPT,
        "web/api/build.gradle.kts": SCRIPT,
        "web/api/src/A.java": "",
        "gradle/libs.versions.toml": "",
        "gradle/wrapper/gradle-wrapper.jar": "program",
        "gradle/wrapper/gradle-wrapper.properties": "",
        "buildSrc/build.gradle.kts": "plugins { `kotlin-dsl` }\n".replace("`", ""),
        "gradle.properties": "",
        "gradlew": "#!/bin/sh\n",
    }
    found = closed("./gradlew --no-daemon dependencies", files)
    assert found.refusal == ""
    assert set(found.files) == set(files) - {"web/api/src/A.java"}
    assert not found.certain
    assert found.outputs is not None
    assert {".gradle", "core/build", "web/api/build"} <= set(found.outputs)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"build.gradle": 'apply from: "x.gradle"\n'}, "may read other files (apply from)"),
        ({"build.gradle": 'version = file("VERSION").text\n'}, "may read other files (file)"),
        ({"build.gradle": "plugins { id 'com.palantir.git-version' version '3' }\n"}, "may read other files"),
        ({"build.gradle": "def x = new File('a')\n"}, "may read other files"),
        ({"settings.gradle": "includeBuild 'logic'\n"}, "builds or directories"),
        ({"settings.gradle": "include names\n"}, "an include that is not read"),
        ({"buildSrc/src/main/groovy/A.groovy": ""}, "buildSrc has code"),
    ],
)
def test_gradle_reads_more(changed: dict[str, str], why: str) -> None:
    files = {"settings.gradle": "include 'core'\n", "build.gradle": "", "core/build.gradle": ""} | changed
    assert why in closed("gradle dependencies", files).refusal


def test_gradle_without_settings_searches_above() -> None:
    assert "no settings.gradle" in closed("gradle dependencies", {"build.gradle": ""}).refusal


def test_dotnet_takes_projects_props_and_settings() -> None:
    files = {
        "App.sln": 'Project("{X}") = "Web", "src\\Web\\Web.csproj", "{Y}"\nEndProject\n'
        'Project("{2150E333}") = "docs", "docs", "{Z}"\nEndProject\n',
        "src/Web/Web.csproj": with_items(
            '<ItemGroup><ProjectReference Include="..\\Lib\\Lib.csproj" /></ItemGroup>'
        ),
        "src/Lib/Lib.csproj": CSPROJ,
        "src/Lib/packages.lock.json": "{}",
        "src/Web/Program.cs": "",
        "Directory.Packages.props": "<Project/>",
        "src/Directory.Build.props": "<Project/>",
        "nuget.config": '<packageSources><add key="a" value="https://api.nuget.test/v3" /></packageSources>',
        "global.json": "{}",
    }
    found = closed("dotnet restore", files)
    assert found.refusal == ""
    assert set(found.files) == set(files) - {"src/Web/Program.cs"}
    assert found.outputs is not None
    assert {"src/Web/obj", "src/Lib/obj"} <= set(found.outputs)
    one = closed("dotnet restore src/Lib/Lib.csproj -r linux-x64", files)
    assert "src/Web/Web.csproj" not in one.files


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"a.csproj": with_items('<Import Project="$(X)/a.props" />')}, "not read here"),
        ({"a.csproj": with_items('<Import Project="b.props" />')}, "b.props is not"),
        ({"a.csproj": CSPROJ.replace("Microsoft.NET.Sdk", "Other.Sdk")}, "the SDK Other.Sdk"),
        (
            {"a.csproj": with_items("<X Condition=\"Exists('y')\" />")},
            "may read other files",
        ),
        (
            {"a.csproj": with_items('<ProjectReference Include="../b/b.csproj" />')},
            "outside",
        ),
        ({"nuget.config": '<packageSources><add key="a" value="./local" /></packageSources>'}, "no address"),
        ({"b.csproj": CSPROJ}, "several of a.csproj"),
    ],
)
def test_dotnet_reads_more(changed: dict[str, str], why: str) -> None:
    assert why in closed("dotnet restore", {"a.csproj": CSPROJ} | changed).refusal


def test_composer_without_scripts_autoloader_and_plugins() -> None:
    files = {
        "composer.json": '{"config": {"vendor-dir": "lib/vendor"}}',
        "composer.lock": '{"packages": [{"name": "a/b", "type": "library"}]}',
        "src/A.php": "",
    }
    found = closed(COMPOSER, files)
    assert (found.refusal, found.files) == ("", ("composer.json", "composer.lock"))
    assert found.outputs == ("lib/vendor", "vendor/bin")


@pytest.mark.parametrize(
    ("command", "changed", "why"),
    [
        ("composer install", {}, "--no-scripts"),
        ("composer install --no-scripts", {}, "--no-autoloader"),
        ("composer install --no-scripts --optimize-autoloader", {}, "--no-autoloader"),
        (
            COMPOSER,
            {"composer.json": '{"repositories": [{"type": "path", "url": "packages/*"}]}'},
            "packages/*",
        ),
        (
            COMPOSER,
            {"composer.lock": '{"packages": [{"name": "symfony/flex", "type": "composer-plugin"}]}'},
            "plugin",
        ),
        (
            COMPOSER,
            {"composer.lock": '{"packages": [{"name": "a", "dist": {"type": "path"}}]}'},
            "a directory",
        ),
        (COMPOSER, {"composer.lock": "["}, "not valid JSON"),
    ],
)
def test_composer_reads_more(command: str, changed: dict[str, str], why: str) -> None:
    files = {"composer.json": "{}", "composer.lock": "{}"} | changed
    assert why in closed(command, files).refusal


def test_a_plugin_that_is_not_run_does_no_harm() -> None:
    files = {"composer.json": "{}", "composer.lock": PLUGIN}
    assert closed(f"{COMPOSER} --no-plugins", files).refusal == ""


def test_composer_writes_the_commit_of_a_repository() -> None:
    files = {"composer.json": "{}", "composer.lock": "{}"}
    assert ".git is in the context" in closed(COMPOSER, files, repository=True).refusal
