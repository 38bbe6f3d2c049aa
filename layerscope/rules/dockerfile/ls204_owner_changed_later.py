"""Files are copied, and a later RUN gives them to somebody else.

## What it finds

A `chown -R` over what COPY or ADD wrote, which the owner in the COPY would make needless. It is found where
the image's layers show all of it: that everything there came from COPYs, and that the RUN changed owners
and nothing else.

## Why it matters

Every file is stored a second time, which LS103 counts, and the RUN is carried out again whenever a file
changes. It also has to stand below the COPY, together with whatever else its RUN does.

## How to fix it

Let the COPY say whose the files are:

    COPY --chown=1000:1000 . /app

Numbers hold wherever the COPY stands; a name has to be in the image before it. `layerscope advise --only
copy-chown` writes it as a patch.
"""

from __future__ import annotations

from typing import ClassVar

from layerscope.rules.suggested import SuggestionRule

__all__ = ["OwnerChangedLater"]


class OwnerChangedLater(SuggestionRule):
    """`chown -R` of what was copied."""

    id: ClassVar[str] = "LS204"
    name: ClassVar[str] = "owner-changed-later"
    kinds: ClassVar[tuple[str, ...]] = ("copy-chown",)
    message: ClassVar[str] = "files are copied, and then given to another owner by a RUN"
