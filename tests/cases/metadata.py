"""M: modes, owners, times. X: extended attributes."""

from __future__ import annotations

from tests.cases import case

CAPABILITY = r"\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
ACL = "user::rw-,group::r--,other::r--"

CASES = (
    case("M01", "a time before 1970", 'a "1" [mtime=-1]', root='a "1" [mtime=-1]'),
    case(
        "M02", "trap 17: a PAX time before 1970", 'a "1" [x{mtime=-1.5}]', root='a "1" [mtime=-2.5]'
    ),  # -2 s and 500,000,000 ns
    case("M03", "a time far away", 'a "1" [mtime=1099511627776]', root='a "1" [mtime=1099511627776]'),
    case("M04", "a PAX time out of range", 'a "1" [x{mtime=9*20}]', root='a "1" [mtime?]', codes="pax-value"),
    case("M05", "nanoseconds", 'a "1" [x{mtime=1.123456789}]', root='a "1" [mtime=1.123456789]'),
    case(
        "M06",
        "owners in base-256",
        'a "1" [uid=2147483648; gid=4294967294]',
        root='a "1" [uid=2147483648; gid=4294967294]',
    ),
    case(
        "M07",
        "owners in PAX",
        'a "1" [x{uid=4294967294, gid=3000000000}]',
        root='a "1" [uid=4294967294; gid=3000000000]',
    ),
    case("M08", "trap 17: owner -2 is 4294967294", 'a "1" [uid=-2]', root='a "1" [uid=4294967294]'),
    case(
        "M09",
        "setuid, setgid, sticky, none",
        's "1" [4755] ; g "1" [2755] ; t/ [1777] ; z "1" [0000]',
        root='s "1" [4755] ; g "1" [2755] ; t/ [1777] ; z "1" [0000]',
    ),
    case("M10", "file-type bits in the mode", 'a "1" [100644] ; d/ [40755]', root='a "1" ; d/'),
    case("M11", "a PAX time that is none", 'a "1" [x{mtime=abc}]', root='a "1" [mtime?]', codes="pax-value"),
    case(
        "M12",
        "a PAX owner of 2^63",
        'a "1" [x{uid=9223372036854775808}]',
        root='a "1" [uid?]',
        codes="pax-value",
    ),
    # Of xattrs engines see SCHILY.xattr alone.
    case("X01", "an xattr", 'a "1" [x{SCHILY.xattr.user.foo=bar}]', root='a "1" [xattr:user.foo=bar]'),
    case(
        "X02",
        "a capability is binary",
        f'a "1" [x{{SCHILY.xattr.security.capability={CAPABILITY}}}]',
        root=f'a "1" [xattr:security.capability={CAPABILITY}]',
    ),
    case("X03", "libarchive's own xattrs", 'a "1" [x{LIBARCHIVE.xattr.user.foo=YmFy}]', root='a "1"'),
    case(
        "X04",
        "both kinds of xattrs",
        'a "1" [x{LIBARCHIVE.xattr.user.foo=YmFy, SCHILY.xattr.user.foo=bar}]',
        root='a "1" [xattr:user.foo=bar]',
    ),
    case(
        "X05",
        "Red Hat's security label",
        'a "1" [x{RHT.security.selinux=unconfined_u:object_r:x_t:s0}]',
        root='a "1"',
    ),
    case(
        "X06",
        "a directory's xattrs are replaced",
        "d/ [x{SCHILY.xattr.user.a=1}]",
        "d/ [x{SCHILY.xattr.user.b=2}]",
        root="d/ [xattr:user.b=2]",
        codes="directory-xattrs",
    ),
    case("X07", "a file's xattrs are replaced", 'a "1" [x{SCHILY.xattr.user.a=1}]', 'a "1"', root='a "1"'),
    case(
        "X08",
        "trap 15: a global header's xattr is nobody's",
        'g{SCHILY.xattr.user.g=1} ; a "1"',
        root='a "1"',
        codes="global-header",
    ),
    case(
        "X09", "= in a value", 'a "1" [x{SCHILY.xattr.user.foo=a=b=c}]', root='a "1" [xattr:user.foo=a=b=c]'
    ),
    case(
        "X10",
        "a newline in a value",
        r'a "1" [x{SCHILY.xattr.user.foo=a\nb}]',
        root=r'a "1" [xattr:user.foo=a\nb]',
    ),
    case(
        "X11",
        "trap 5: an access ACL leaves the mode alone",
        f'a "1" [x{{SCHILY.acl.access={ACL}}}; 4755]',
        root='a "1" [4755]',
    ),
    case(
        "X12",
        "trap 5: a default ACL leaves the mode alone",
        "d/ [x{SCHILY.acl.default=user::rw-,group::---,other::---}]",
        root="d/",
    ),
    case(
        "X13",
        "trap 16: of a key that comes twice the last wins",
        'a "1" [x{SCHILY.xattr.user.k=1, SCHILY.xattr.user.k=2}]',
        root='a "1" [xattr:user.k=2]',
    ),
    case(
        "X14",
        "two kinds of labels",
        'a "1" [x{RHT.security.selinux=a, SCHILY.xattr.user.k=b}]',
        root='a "1" [xattr:user.k=b]',
    ),
)
