"""What is known of the image that a stage is built on: variables, working directory, user."""

from __future__ import annotations

from collections.abc import Mapping

from layerscope.dockerfile.expand import UNKNOWN
from layerscope.dockerfile.scope import Scope, base_scope
from layerscope.dockerfile.stages import Stage, Stages
from layerscope.image.image import Image

__all__ = ["scope_below", "user_is_root"]

_DIRECTORIES = {
    "golang": "/go",
    "gradle": "/home/gradle",
    "bun": "/home/bun/app",
    "composer": "/app",
    "httpd": "/usr/local/apache2",
    "tomcat": "/usr/local/tomcat",
    "wordpress": "/var/www/html",
    "nextcloud": "/var/www/html",
    "drupal": "/opt/drupal",
    "redmine": "/usr/src/redmine",
    "ghost": "/var/lib/ghost",
    "redis": "/data",
    "airflow": "/opt/airflow",
}
"""Working directories of well-known images that are not the root."""
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def scope_below(stages: Stages, stage: Stage, image: Image | None, build_args: Mapping[str, str]) -> Scope:
    """The scope in front of the first instruction of a stage."""
    chain = stages.chain(stage)
    own = {
        word.text
        for each in chain
        for instruction in each.instructions
        if instruction.keyword == "ENV"
        for word in instruction.words[::2]
    }
    is_target_chain = chain[-1].index == len(stages.stages) - 1
    container = image.config.config if image is not None and is_target_chain else None
    environment = [
        entry for entry in (container and container.Env) or () if entry.partition("=")[0] not in own
    ]
    if container is None or "PATH" in own:
        environment.append(_PATH)
    directory = _directory_of(chain[0].base)
    moves = any(instruction.keyword == "WORKDIR" for each in chain for instruction in each.instructions)
    if container is not None and not moves:
        directory = container.WorkingDir or "/"
    scope = base_scope(
        stages.dockerfile.escape, build_args, image.platform if image else "", environment, directory
    )
    declared = base_scope(stages.dockerfile.escape, build_args, "", (), "/")
    for instruction in stages.global_arguments:
        declared.pass_by(instruction)
    scope.global_plain = {name: declared.plain[name] for name in declared.arguments if name in declared.plain}
    for below in chain[:-1]:
        scope.enter_stage()
        for instruction in below.instructions:
            scope.pass_by(instruction)
            if instruction.keyword == "ARG":
                for word in instruction.words:
                    scope.plain.setdefault(word.text.partition("=")[0], UNKNOWN)
    scope.enter_stage()
    return scope


def _directory_of(base: str) -> str:
    """The working directory of a well-known image; the root where it is not known."""
    name, tag = _short(base), base.partition("@")[0].rpartition("/")[2].partition(":")[2]
    if "/lambda/" in base:
        return "/var/task"  # AWS Lambda's
    if name == "php" and ("apache" in tag or "fpm" in tag):
        return "/var/www/html"
    return _DIRECTORIES.get(name, "/")


def _short(base: str) -> str:
    """`golang` of `docker.io/library/golang:1.25`."""
    return base.partition("@")[0].rpartition("/")[2].partition(":")[0]


def user_is_root(stages: Stages, stage: Stage, image: Image | None) -> bool:
    """Whether the user in front of the first instruction of a stage is root, as far as that is known."""
    chain = stages.chain(stage)
    named = [
        instruction.arguments
        for below in chain[:-1]
        for instruction in below.instructions
        if instruction.keyword == "USER"
    ]
    if named:
        return named[-1].split(":")[0].strip("\"'") in ("root", "0")
    own = any(instruction.keyword == "USER" for instruction in stage.instructions)
    if image is not None and not own and image.config.config is not None:
        return (image.config.config.User or "root").split(":")[0] in ("root", "0")
    return True
