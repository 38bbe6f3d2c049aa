"""LS127: the local repository of Maven."""

from __future__ import annotations

from tests.builders import file, layer
from tests.rule_cases import claimed, named

FOUND = {
    "root/.m2/repository/org/slf4j/slf4j-api/2.0.9/slf4j-api-2.0.9.jar": 500,
    "home/dev/.m2/wrapper/dists/apache-maven-3.9.6/bin/mvn": 300,
}
LEAN = (
    "app/app.jar",
    "usr/share/maven/lib/maven-core-3.9.6.jar",
    "root/.m2/settings.xml",
)
NEAR = (
    "usr/share/maven-repo/org/slf4j/slf4j-api/debian/slf4j-api.jar",
    "app/m2/repository/x.jar",
)


def test_artifacts_and_wrapped_distributions_are_found_with_their_bytes() -> None:
    stored = layer(*(file(path, b"x" * size) for path, size in FOUND.items()))
    assert claimed("LS127", stored) == FOUND


def test_maven_itself_and_its_settings_are_not_meant() -> None:
    assert named("LS127", layer(*(file(path, b"x") for path in LEAN))) == []


def test_similar_places_are_not_meant() -> None:
    assert named("LS127", layer(*(file(path, b"x") for path in NEAR))) == []
