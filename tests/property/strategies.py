"""Generated layers, and the settings that all property tests share.

Names and contents are few, so that layers meet: the same path comes again as a file, a directory, a link; the
same content under other attributes; whiteouts of what is there and of what is not.

`LAYERSCOPE_HYPOTHESIS_PROFILE=thorough` looks at fifteen times as many examples, other ones in each run.
"""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.builders import (
    Member,
    block_device,
    char_device,
    directory,
    fifo,
    file,
    hardlink,
    opaque,
    symlink,
    whiteout,
)

__all__ = [
    "SETTINGS",
    "is_marker",
    "layers",
    "members",
    "plain_members",
    "rich_members",
    "rich_stacks",
    "stacks",
]

_COMMON = settings(
    deadline=None,  # a busy machine is no fault of the code
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_PROFILES = {
    "quick": settings(_COMMON, max_examples=200, derandomize=True),
    "thorough": settings(_COMMON, max_examples=20000),
}

SETTINGS = _PROFILES[os.environ.get("LAYERSCOPE_HYPOTHESIS_PROFILE", "quick")]

_names = st.sampled_from(["a", "b", "c", "d"])
paths = st.lists(_names, min_size=1, max_size=3).map("/".join)
_spelled = st.one_of(paths, st.builds("{}{}".format, st.sampled_from(["./", "/", "d/../", "../"]), paths))
_contents = st.sampled_from([b"", b"x", b"y", b"xx", b"0123456789"])
_targets = st.one_of(
    paths,
    st.builds("{}{}".format, st.sampled_from(["/", "../", "./", "../../../"]), paths),
    st.sampled_from(["nowhere/x", "/", "..", "."]),
)

_metadata = {
    "mode": st.sampled_from([0o644, 0o755, 0o600, 0o4755, 0o1777]),
    "uid": st.sampled_from([0, 1000]),
    "gid": st.sampled_from([0, 7]),
    "mtime": st.sampled_from([1_000_000_000, 0, 1_700_000_000]),
}
_xattrs = st.sampled_from([(), (), (), ((b"user.a", b"1"),), ((b"user.a", b"2"), (b"user.b", b"\x00="))])
_times = st.sampled_from([None, None, None, 1_123_456_789, 1_500_000_000_000_000_001])


def plain_members(names: st.SearchStrategy[str] = paths) -> st.SearchStrategy[Member]:
    """Members that every tar format can hold: no xattrs, whole seconds."""

    return st.one_of(
        st.builds(file, names, _contents, **_metadata),
        st.builds(file, names, _contents, **_metadata),
        st.builds(directory, names, **_metadata),
        st.builds(directory, names, **_metadata),
        st.builds(symlink, names, _targets, **_metadata),
        st.builds(hardlink, names, paths, **_metadata),
        st.builds(fifo, names, **_metadata),
        st.builds(char_device, names, st.sampled_from([0, 1]), st.sampled_from([0, 3]), **_metadata),
        st.builds(block_device, names, st.just(8), st.sampled_from([0, 1]), **_metadata),
        st.builds(whiteout, names),
        st.builds(whiteout, names),
        st.builds(opaque, st.one_of(names, st.just(""))),
    )


def _with_more_metadata(member: Member, xattrs: tuple[tuple[bytes, bytes], ...], time: int | None) -> Member:
    return replace(member, xattrs=xattrs, **({} if time is None else {"mtime_ns": time}))


members = st.builds(_with_more_metadata, plain_members(_spelled), _xattrs, _times)
"""Members with everything that PAX can say, under names spelled in any way."""

_pax = st.sampled_from(
    [
        (("comment", b"kept"),),
        (("atime", b"1.5"), ("uname", b"someone")),
        (("SCHILY.fflags", b"nodump"), ("unknown.key", b"\xff=\n")),
        (("uid", b"3000000000"), ("mtime", b"1234567890.25")),
        (("RHT.security.selinux", b"a:b:c"),),
    ]
)
_capability = ((b"security.capability", bytes.fromhex("0100000200200000000000000000000000000000")),)


def _sparse(path: str, mode: int) -> Member:
    """Four bytes at the beginning of a megabyte: the format PAX 1.0, with its map in the body."""
    records = (
        *(("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0")),
        *(("GNU.sparse.name", path.encode()), ("GNU.sparse.realsize", b"1048576")),
    )
    body = b"1\n0\n4\n".ljust(512, b"\0") + b"data"
    return file(path, body, mode=mode, pax=records)


rich_members = st.one_of(
    members,
    members,
    members,
    st.builds(lambda member, pax: replace(member, pax=pax), plain_members(_spelled), _pax),
    st.builds(lambda member: replace(member, xattrs=_capability), plain_members(_spelled)),
    st.builds(_sparse, paths, st.sampled_from([0o600, 0o755])),
)
"""The same with other PAX records, capabilities and sparse files, which the raw writer alone writes."""

_few = st.sampled_from(["a", "b", "a/b", "a/b/c"])
_met_again = st.one_of(
    plain_members(_few),
    st.builds(_with_more_metadata, plain_members(_few), _xattrs, _times),
    st.builds(symlink, _few, _few, **_metadata),
    st.builds(hardlink, _few, _few, **_metadata),
    st.builds(lambda member: replace(member, xattrs=_capability), plain_members(_few)),
    st.builds(_sparse, _few, st.sampled_from([0o600, 0o755])),
)
"""Members of so few names that each layer changes what the one below it made."""

_turning = st.one_of(
    st.builds(directory, st.just("a"), **_metadata),
    st.builds(directory, st.just("a"), **_metadata),
    st.builds(symlink, st.just("a"), st.sampled_from(["b", "/b", "nowhere"]), **_metadata),
    st.builds(file, st.just("a"), _contents, **_metadata),
    st.just(whiteout("a")),
)
"""One path that is another thing in each layer: a directory, a link to another, a directory again."""

rich_stacks = st.one_of(
    st.lists(st.lists(rich_members, max_size=10), min_size=1, max_size=4),
    st.lists(st.lists(_met_again, min_size=1, max_size=6), min_size=2, max_size=5),
    st.lists(
        st.builds(lambda more, last: [*more, last], st.lists(_met_again, max_size=3), _turning),
        min_size=3,
        max_size=5,
    ),
)
"""Layers of those, base first."""

layers = st.lists(members, max_size=10)
"""The members of one layer, in archive order."""

stacks = st.lists(layers, min_size=1, max_size=4)
"""Layers, base first."""


def is_marker(member: Member) -> bool:
    """Whether a member is a whiteout or opaque marker."""
    return member.path.rpartition(b"/")[2].startswith(b".wh.")
