"""LS128: caches of Gradle."""

from __future__ import annotations

from tests.builders import file, layer
from tests.rule_cases import claimed, named

FOUND = {
    "root/.gradle/caches/modules-2/files-2.1/org.slf4j/slf4j-api/2.0.9/1/slf4j-api.jar": 500,
    "home/gradle/.gradle/wrapper/dists/gradle-8.5-bin/1/gradle-8.5/lib/gradle-core.jar": 400,
    "root/.gradle/daemon/8.5/daemon-1.out.log": 20,
    "root/.gradle/jdks/temurin-21/bin/java": 90,
}
LEAN = (
    "app/app.jar",
    "opt/gradle/lib/gradle-core.jar",
    "root/.gradle/gradle.properties",
)
NEAR = (
    "app/gradle/wrapper/gradle-wrapper.jar",
    "app/gradle/caches/x",
)


def test_dependencies_and_distributions_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS128", stored) == FOUND


def test_gradle_itself_and_its_settings_are_not_meant() -> None:
    assert named("LS128", layer(*(file(path, b"x") for path in LEAN))) == []


def test_the_wrapper_of_a_project_is_not_meant() -> None:
    assert named("LS128", layer(*(file(path, b"x") for path in NEAR))) == []
