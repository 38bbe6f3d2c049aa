"""Advice to download dependencies above the sources: only where a download reads manifests alone."""

from __future__ import annotations

import pytest

from layerscope.advice.independence import Trust
from tests.unit.advice.suggestions.cases import only, suggested

KIND = "separate-download"
PROJECT = '[project]\nname = "x"\nversion = "1"\n'
FILES = {
    "pom.xml": "<project/>",
    "mvnw": "",
    "go.mod": "module x\n",
    "go.sum": "",
    "app/app.csproj": '<Project Sdk="Microsoft.NET.Sdk"/>',
    "pyproject.toml": PROJECT,
    "uv.lock": "",
    "poetry.lock": "",
    "composer.json": "{}",
    "composer.lock": "{}",
    "settings.gradle": "",
    "build.gradle": "plugins { id 'java' }\n",
    "src/A.java": "",
}


def dockerfile(run: str, above: str = "COPY . .") -> str:
    return f"FROM base\nWORKDIR /src\n{above}\nRUN {run}\n"


@pytest.mark.parametrize(
    ("run", "sketch"),
    [
        ("mvn package -DskipTests", "COPY pom.xml ./\nRUN mvn -B dependency:go-offline\n"),
        ("./mvnw -q verify", "COPY mvnw pom.xml ./\nRUN ./mvnw -B dependency:go-offline\n"),
        ("CGO_ENABLED=0 go build -o /app ./cmd", "COPY go.mod go.sum ./\nRUN go mod download\n"),
        ("gradle bootJar", "COPY settings.gradle build.gradle ./\nRUN gradle --no-daemon dependencies\n"),
        (
            "dotnet publish app/app.csproj -o /out",
            "COPY app/app.csproj app/\nRUN dotnet restore app/app.csproj\n",
        ),
        ("cd app && dotnet build", "COPY app/app.csproj app/\nRUN cd /src/app && dotnet restore\n"),
        (
            "poetry install --only main",
            "COPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root --only main\n",
        ),
        ("uv sync --frozen", "COPY pyproject.toml uv.lock ./\nRUN uv sync --no-install-project --frozen\n"),
        (
            "composer install --no-dev",
            "COPY composer.json composer.lock ./\n"
            "RUN composer install --no-dev --no-scripts --no-autoloader\n",
        ),
    ],
)
def test_a_sketch_of_the_download(run: str, sketch: str) -> None:
    found = only(KIND, dockerfile(run), FILES)
    assert found.suggestion.sketch == sketch + "COPY . .\n"
    assert found.suggestion.lines == (4, 3)
    assert found.suggestion.trust is Trust.UNVERIFIED
    assert found.patch == ""
    assert not found.joins


@pytest.mark.parametrize(
    "text",
    [
        dockerfile("mvn package", "COPY pom.xml ./\nRUN mvn -B dependency:go-offline\nCOPY . ."),
        dockerfile("mvn package", "COPY src src"),
        dockerfile("mvn -f app/pom.xml package"),
        dockerfile("mvn -s settings.xml package"),
        dockerfile("mvn --version"),
        dockerfile("--mount=type=cache,target=/root/.m2 mvn package"),
        dockerfile("go install example.test/tool@latest"),
        dockerfile("go build -mod=vendor ./..."),
        dockerfile("go build ./...", "COPY go.mod go.sum ./\nRUN go mod download\nCOPY . ."),
        dockerfile("dotnet publish --no-restore"),
        dockerfile("uv sync --no-install-project"),
        dockerfile("cargo build --release"),
        dockerfile("if true; then mvn package; fi"),
        dockerfile('["mvn", "package"]'),
        dockerfile("cd $HOME && mvn package"),
    ],
)
def test_where_it_is_not_needed_or_not_known(text: str) -> None:
    assert suggested(KIND, text, FILES) == []


@pytest.mark.parametrize(
    ("run", "changed"),
    [
        ("mvn package", {"pom.xml": "<systemPath>a.jar</systemPath>"}),
        ("go build ./...", {"go.mod": "replace a => ../a\n"}),
        ("uv sync", {"pyproject.toml": PROJECT + "dynamic = ['version']\n"}),
        ("poetry install", {"pyproject.toml": PROJECT + "[tool.poetry-dynamic-versioning]\n"}),
        ("gradle build", {"build.gradle": "apply from: 'x.gradle'\n"}),
    ],
)
def test_a_set_that_is_not_closed_is_not_advised(run: str, changed: dict[str, str]) -> None:
    assert suggested(KIND, dockerfile(run), FILES | changed) == []


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("#!/bin/sh\nset -e\nCGO_ENABLED=0 go build -o x ./cmd\n", True),
        ("cd cmd\ngo build\n", False),
        ("make\n", False),
    ],
)
def test_a_script_of_the_sources_is_looked_into(script: str, told: bool) -> None:
    files = {"go.mod": "module x\n\nrequire y v1.0.0\n", "go.sum": "", "main.go": "", "build.sh": script}
    found = suggested(
        "separate-download", "FROM golang\nCOPY . /build\nWORKDIR /build\nRUN ./build.sh\n", files
    )
    assert [each.suggestion.sketch.splitlines()[1:2] for each in found] == [["RUN go mod download"]] * told


@pytest.mark.parametrize("edit", ["go mod edit -replace a=b@v1", "go mod tidy", "sed -i s/a/b/ go.mod"])
def test_nothing_where_the_manifests_are_changed_before_the_build(edit: str) -> None:
    assert suggested(KIND, dockerfile(f"{edit}\nRUN go build ."), FILES) == []
    assert suggested(KIND, dockerfile(f"{edit} && go build ."), FILES) == []
    assert suggested(KIND, dockerfile("go build ."), FILES) != []
