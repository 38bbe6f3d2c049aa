"""An archive with everything in it, and what must hold when it is read damaged."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from layerscope import api
from layerscope.analysis.analyze import Analysis
from layerscope.errors import LayerscopeError
from tests.accounting import verify_the_account
from tests.builders import ImageSpec, directory, file, hardlink, image, layer, opaque, symlink, whiteout

__all__ = ["Outcome", "inspected", "specimen"]

Outcome = LayerscopeError | Analysis


@cache
def specimen() -> ImageSpec:
    """Four layers, some 100 KB, with contents that compress and contents that do not."""
    noise = random.Random("specimen").randbytes
    base = [directory("etc"), file("etc/passwd", b"root:x:0:0\n" * 400, mtime_ns=1_500_000_000_123_456_789)]
    app = [file(f"app/{n}", noise(1500)) for n in range(20)]
    new = [file("etc/new", noise(20_000)), directory("café"), file("café/" + "n" * 120, b"x" * 5000)]
    again = [file(f"app/{n}", noise(700), xattrs=((b"user.n", b"%d" % n),)) for n in range(5, 9)]
    return image(
        layer(*base, directory("app"), *app, hardlink("app/link", "app/3")),
        layer(directory("app", uid=1000), whiteout("app/4"), whiteout("app/3"), symlink("s", "app")),
        layer(directory("etc"), opaque("etc"), *new),
        layer(directory("app", uid=1000), *again),
        tags=("example.test/app:1", "example.test/app:latest"),
    )


def inspected(path: Path) -> Outcome:
    """Inspect an archive that may be damaged.

    Anything but a LayerscopeError of exit code 2 to 6 is a bug and fails. A result has an account that is
    right for what was read.
    """
    outcome = _inspected(path)
    if isinstance(outcome, LayerscopeError):
        assert outcome.exit_code in {2, 3, 4, 5, 6}, repr(outcome)
        assert str(outcome)
    else:
        verify_the_account(outcome)
    return outcome


def _inspected(path: Path) -> Outcome:
    try:
        return api.inspect(str(path))
    except LayerscopeError as error:
        return error
