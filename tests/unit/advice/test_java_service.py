"""A Java service: the application's tar moves below what does not need it, as far as layers prove it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from layerscope.advice.independence import Trust
from tests.builders import Member, directory, file, symlink
from tests.unit.advice.cases import advised, built, instructions

SERVICE = """\
FROM base
MAINTAINER team@example.test
# the application
ADD app.tar /
ADD config.json /opt/app/
ADD start.sh /usr/local/bin/
RUN ln -s /usr/local/bin/start.sh /start.sh
EXPOSE 8080
EXPOSE 8081
CMD ["/start.sh"]
"""
BASE = (
    directory("opt"),
    directory("usr"),
    directory("usr/local"),
    directory("usr/local/bin"),
    file("bin/sh"),
)
UNPACKED = (directory("opt", mtime=5), directory("opt/app"), file("opt/app/app.jar", b"x" * 1000))
SCRIPT = (directory("usr", mtime=6), directory("usr/local/bin", mtime=6), file("usr/local/bin/start.sh"))
CONFIG = (directory("opt/app", mtime=6), file("opt/app/config.json"))
APPLICATION, SETTINGS = "ADD app.tar /", "ADD config.json /opt/app/"
START, LINK = "ADD start.sh /usr/local/bin/", "RUN ln -s /usr/local/bin/start.sh /start.sh"


def image_of(*, tar: Sequence[Member], config: Sequence[Member], script: Sequence[Member]) -> dict[str, Any]:
    """The service's image, with these contents in its layers."""
    return built(
        SERVICE,
        [
            ("ADD rootfs.tar / # buildkit", BASE),
            ("MAINTAINER team@example.test", None),
            ("ADD app.tar / # buildkit", tar),
            ("ADD config.json /opt/app/ # buildkit", config),
            ("ADD start.sh /usr/local/bin/ # buildkit", script),
            (
                "RUN /bin/sh -c ln -s /usr/local/bin/start.sh /start.sh # buildkit",
                (symlink("start.sh", "x"),),
            ),
            ("EXPOSE [8080/tcp]", None),
            ("EXPOSE [8081/tcp]", None),
            ('CMD ["/start.sh"]', None),
        ],
    )


def order(*, tar: Sequence[Member] = UNPACKED, config: Sequence[Member] = CONFIG) -> list[str]:
    """The instructions with everything that is safe done."""
    image = image_of(tar=tar, config=config, script=SCRIPT)
    advice = advised(SERVICE, **image)
    assert advice.safe is not None
    assert advice.safe.trust is Trust.PROVED
    assert "# the application\nADD app.tar /\n" in advice.safe.text
    return instructions(advice.safe.text)


def test_the_tar_goes_below_the_script_the_link_and_a_configuration_that_it_does_not_hold() -> None:
    found = order()
    assert found[:2] == ["FROM base", "MAINTAINER team@example.test"]
    assert found[-3:] == ["EXPOSE 8080", "EXPOSE 8081", 'CMD ["/start.sh"]']
    assert found.index(APPLICATION) > max(map(found.index, (SETTINGS, START, LINK)))
    assert found.index(START) < found.index(LINK)


@pytest.mark.parametrize(
    "tar",
    [
        (*UNPACKED, file("opt/app/config.json", b"default")),
        (*UNPACKED, symlink("opt/app/config.json", "other.json")),
        (directory("opt/app-1"), symlink("opt/app", "app-1")),
    ],
    ids=["the file", "a link in its place", "a link in the place of its directory"],
)
def test_a_configuration_does_not_cross_a_tar_that_holds_its_path(tar: Sequence[Member]) -> None:
    config = (file("opt/app-1/config.json"),) if len(tar) == 2 else CONFIG
    found = order(tar=tar, config=config)
    assert found.index(APPLICATION) < found.index(SETTINGS)
    assert found.index(APPLICATION) > max(map(found.index, (START, LINK)))


@pytest.mark.parametrize(
    "more",
    [
        file("usr/local/bin/start.sh"),
        file("start.sh"),
        file("usr/local/bin/ln"),
        symlink("usr/local/bin", "/opt"),
    ],
    ids=["the script", "the link's place", "the program that is called", "the script's directory"],
)
def test_a_tar_that_holds_what_others_need_stays(more: Member) -> None:
    script = (file("usr/local/bin/start.sh"),)
    image = image_of(tar=(*UNPACKED, more), config=CONFIG, script=script)
    advice = advised(SERVICE, **image)
    found = instructions(advice.safe.text if advice.safe else SERVICE)
    assert found.index(APPLICATION) < found.index(LINK)


def test_without_layers_nothing_crosses_a_tar_that_may_hold_anything() -> None:
    advice = advised(SERVICE)
    assert advice.safe is None
    assert advice.further is None
