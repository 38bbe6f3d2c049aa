"""Whether two instructions may change places, and how that is known.

The question is asked of every pair; where it is not answered with yes, the order stays. All orders that keep
those pairs can be reached by swapping neighbors that may change places, so each of them builds the same.

The rules are numbered as in docs/decisions/0024-advice.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from layerscope.advice.distributions import is_foreign_to_packages
from layerscope.advice.elements import EXPANDING, Element, Role
from layerscope.advice.footprint import Footprint
from layerscope.advice.paths import Paths, ancestors, is_within
from layerscope.advice.searched import is_implicit, searched, shadowed
from layerscope.dockerfile.builders import Builder

__all__ = ["Independence", "Trust", "independence"]


class Trust(IntEnum):
    """How a claim is known, the strongest last."""

    REFUSED = 0  #: not at all: the order stays
    UNVERIFIED = 1  #: knowledge of tools alone says so: a build has to verify it
    EVIDENCE = 2  #: knowledge of tools, and the layers of the image do not contradict
    PROVED = 3  #: it follows from the builder's rules and the image's layers


@dataclass(frozen=True, slots=True)
class Independence:
    """Whether two instructions may change places: `reason` and `rule` say why, or why not."""

    trust: Trust
    reason: str
    rule: str


_SHELL_FORMS = frozenset({"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"})
_USERS = Paths(frozenset({"/etc/passwd", "/etc/group"}))
_USUAL = frozenset(
    {
        *("/", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/root", "/run", "/srv", "/tmp", "/usr"),  # noqa: S108
        *("/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/local/lib", "/usr/share", "/usr/src"),
        *("/var", "/var/lib", "/var/log", "/var/cache", "/bin", "/sbin"),
    }
)
"""Directories that base images have."""


def independence(earlier: Element, later: Element, profile: Builder) -> Independence:
    """Whether `earlier` and `later`, in this order in the file, may change places."""
    named = _by_names(earlier, later)
    if named:
        return named
    roles = {earlier.role, later.role}
    if Role.METADATA in roles:
        return _with_metadata(earlier, later, profile)
    if "WORKDIR" in (earlier.keyword, later.keyword):
        return _with_workdir(earlier, later)
    if Role.SETTING in roles:
        return _with_setting(earlier, later, profile)
    if earlier.keyword == later.keyword == "RUN":
        return _runs(earlier, later)
    if "RUN" in (earlier.keyword, later.keyword):
        return _copy_and_run(earlier, later)
    return _copies(earlier, later)


def _refused(reason: str, rule: str) -> Independence:
    return Independence(Trust.REFUSED, reason, rule)


def _by_names(earlier: Element, later: Element) -> Independence | None:
    """Variables that one sets and the other names, or both set."""
    for one, two in ((earlier, later), (later, earlier)):
        names = one.defines & two.uses
        if names and (two.keyword in EXPANDING or two.keyword == "RUN" or two.role is Role.METADATA):
            name = min(names)
            return _refused(
                f"{two.keyword} of line {two.line} names {name}, which line {one.line} sets", "R7"
            )
    both = earlier.defines & later.defines
    return _refused(f"both set {min(both)}", "R7") if both else None


def _with_metadata(earlier: Element, later: Element, profile: Builder) -> Independence:
    one, two = (earlier, later) if earlier.role is Role.METADATA else (later, earlier)
    pair = {earlier.keyword, later.keyword}
    if one.role is two.role and (one.keyword == two.keyword or pair == {"CMD", "ENTRYPOINT"}):
        return _refused("entries of one kind keep their order", "R8")
    if "SHELL" in pair and pair & _SHELL_FORMS:
        return _refused("SHELL counts for what follows", "R8")
    if "VOLUME" in pair and two.role is Role.STEP:
        return _refused("some builders drop what is written below a volume after VOLUME", "R9")
    if "ONBUILD" in pair:
        return _refused("ONBUILD", "R0")
    if profile == Builder.BUILDAH and earlier is one and one.volatile and two.keeps_fresh:
        return _stale(one)
    return Independence(Trust.PROVED, f"{one.keyword} changes the configuration only", "R8")


def _stale(element: Element) -> Independence:
    what = f"{element.keyword} of a changing argument keeps one RUN below it"
    return _refused(f"{what}: without one buildah and podman serve the old value from their cache", "R18")


def _with_workdir(earlier: Element, later: Element) -> Independence:
    one, two = (earlier, later) if earlier.keyword == "WORKDIR" else (later, earlier)
    if two.keyword in ("RUN", "WORKDIR"):
        return _refused("the working directory counts for it", "R5")
    if two.keyword == "USER":
        return _refused("a directory that WORKDIR makes belongs to the user", "R5")
    if two.role is Role.SETTING:
        return Independence(Trust.PROVED, f"{two.keyword} does not depend on the working directory", "R5")
    copy = two.copy
    if copy is None or copy.relative or not copy.destination or not one.path.startswith("/"):
        return _refused("a relative path counts from the working directory", "R5")
    if copy.sets_owner or not one.root:
        return _refused("both may make a directory, for different owners", "R5")
    if not Paths(frozenset({one.path})).meeting(copy.writes):
        return Independence(Trust.PROVED, "they write different paths", "R10")
    plain = not copy.unpacks and not copy.stage
    sure = copy.into_directory or copy.takes_directory  # else WORKDIR could make a directory of a file's name
    if plain and sure and is_within(copy.destination, one.path):
        return Independence(Trust.PROVED, "both leave the directory as builders make it", "R5")
    return _refused("both make the same directory", "R5")


def _with_setting(earlier: Element, later: Element, profile: Builder) -> Independence:
    one, two = (earlier, later) if earlier.role is Role.SETTING else (later, earlier)
    if two.role is Role.SETTING:
        if one.keyword == two.keyword and not (one.volatile or two.volatile):
            return _refused("entries of one kind keep their order", "R8")
        return Independence(Trust.PROVED, "they set different things", "R7")
    if two.keyword in ("COPY", "ADD"):
        if one.keyword == "USER":
            return Independence(Trust.PROVED, "what COPY makes belongs to root, whoever the user is", "R5")
        return Independence(Trust.PROVED, f"COPY does not name what {one.keyword} sets", "R6")
    if one.keyword in ("USER", "SHELL"):
        return _refused(f"{one.keyword} counts for every RUN", "R5")
    if not one.volatile:
        return _refused("a RUN may read every variable", "R6")
    if profile == Builder.BUILDAH and one.keyword == "ENV" and two.keeps_fresh and earlier is one:
        return _stale(one)
    return _variable_and_run(one, two)


def _variable_and_run(setting: Element, run: Element) -> Independence:
    """A variable that changes with every build and a RUN that does not name it."""
    for name in sorted(setting.defines):
        if is_implicit(name):
            return _refused(f"programs read {name} without being told", "R6")
    if run.footprint.runs_own_code and setting.read_by_context:
        return _refused(f"line {run.line} may run code that reads it", "R6")
    if run.footprint.known:
        return Independence(Trust.EVIDENCE, f"line {run.line} calls no program that reads it", "R6")
    return Independence(Trust.UNVERIFIED, f"line {run.line} does not name it", "R6")


def _runs(earlier: Element, later: Element) -> Independence:
    one, two = earlier.footprint, later.footprint
    if not (one.known and two.known):
        return _refused("two RUNs keep their order unless all that they do is known", "R2")
    if one.packages and two.packages:
        return _refused("package managers share their databases", "R2")
    met = one.all_writes.meeting(two.all_reads | two.all_writes) or one.all_reads.meeting(two.all_writes)
    if met and (_writes_its_name_down(earlier, two) or _writes_its_name_down(later, one)):
        what = "a file in /etc that is called like a build argument is nobody's configuration"
        return _by_layers(earlier, later) or Independence(Trust.UNVERIFIED, what, "R2")
    if met:
        return _refused(f"both may touch {met}", "R2")
    if _has_cache(earlier) and _has_cache(later):
        return _refused("they may share a cache mount", "R13")
    return _judged(earlier, later, one.exact and two.exact)


def _writes_its_name_down(run: Element, other: Footprint) -> bool:
    """Whether a RUN does nothing but write variables into files of /etc that are called like them
    (`echo $GIT_COMMIT > /etc/git_commit`), and another touches these only as it may touch all of /etc."""
    footprint = run.footprint
    files = footprint.all_writes.roots
    if not footprint.exact or footprint.all_writes.anything or not files:
        return False
    names = {name.lower() for name in run.uses}
    named = all(
        path == f"/etc/{path.rpartition('/')[2]}" and path.rpartition("/")[2] in names for path in files
    )
    touched = other.all_reads | other.all_writes
    apart = not touched.anything and not files & touched.roots and footprint.all_reads.roots <= files
    return named and apart


def _has_cache(element: Element) -> bool:
    flags = element.source.flags if element.source else ()
    return any(flag.name == "mount" and "type=cache" in flag.text for flag in flags)


def _copy_and_run(earlier: Element, later: Element) -> Independence:
    run, copied = (earlier, later) if earlier.keyword == "RUN" else (later, earlier)
    footprint, copy = run.footprint, copied.copy
    if copy is not None and run.package_build is not None:
        return _copy_and_package_build(earlier, later, run, copied)
    if copy is None or not footprint.known:
        return _refused(_not_known(run), "R3")
    named = any(flag.startswith("--chown") and not _numeric(flag) for flag in copy.flags)
    if named and _makes_accounts(footprint, only_packages=copied is earlier):
        return _refused("COPY names a user that the RUN may make", "R5")
    met = copy.writes.meeting(footprint.all_reads | footprint.all_writes)
    if (
        met
        and not _apart_in_layers(copied, footprint)
        and not is_foreign_to_packages(copy.writes, footprint, _script(run))
    ):
        return _refused(f"RUN of line {run.line} may touch {met}", "R3")
    found = searched(run, copy) or shadowed(copied, footprint)
    if found:
        return _refused(f"{found} leads into what COPY writes", "R3")
    return _judged(earlier, later, footprint.exact)


def _script(run: Element) -> str:
    documents = run.source.heredocs if run.source else ()
    return " ".join((run.text, *(document.content for document in documents)))


def _not_known(run: Element) -> str:
    """Why nobody knows which files a RUN reads and writes."""
    what = f"RUN of line {run.line} has more than commands whose files are known"
    return f"{what}: `{run.footprint.unknown}`" if run.footprint.unknown else what


def _copy_and_package_build(earlier: Element, later: Element, run: Element, copied: Element) -> Independence:
    """What the workspace tells of a build of one of its packages is never more than a reason to try."""
    build, copy = run.package_build, copied.copy
    assert build is not None
    assert copy is not None
    unread, why = build.reason(copy)
    if not unread:
        return _refused(why or _not_known(run), "R3")
    found = searched(run, copy)
    if found:
        return _refused(f"{found} leads into what COPY writes", "R3")
    judged = _judged(earlier, later, exact=False)
    if judged.trust is Trust.REFUSED:
        return judged
    return Independence(Trust.UNVERIFIED, why, "R3")


def _apart_in_layers(copied: Element, footprint: Footprint) -> bool:
    """Whether the layer of a COPY holds nothing that the RUN may touch, as for an archive unpacked to `/`."""
    if copied.facts is None or (footprint.reads | footprint.writes).anything:
        return False
    touched = footprint.all_reads | footprint.all_writes
    if any(above in copied.facts.made for path in touched.roots for above in ancestors(path)):
        return False
    return not touched.meeting(Paths(copied.facts.written))


def _numeric(flag: str) -> bool:
    return all(part.isdigit() for part in flag.partition("=")[2].split(":"))


def _makes_accounts(footprint: Footprint, *, only_packages: bool) -> bool:
    """Whether a RUN may make users or change them. Packages make new ones and leave others alone: of a user
    that is there before them (`only_packages`) they change nothing."""
    if only_packages and footprint.packages and not footprint.all_writes.anything:
        written = Paths(footprint.all_writes.roots - {"/etc"})
    else:
        written = footprint.all_writes
    return bool(written.meeting(_USERS))


def _copies(earlier: Element, later: Element) -> Independence:
    one, two = earlier.copy, later.copy
    if one is None or two is None:
        return _refused("a copy of nothing", "R10")
    if not one.writes.meeting(two.writes):
        return _judged(earlier, later, True)
    if earlier.facts is None or later.facts is None or not one.destination or not two.destination:
        return _refused("they may write the same path", "R10")
    return _by_layers(earlier, later) or _links_apart(earlier, later)


def _links_apart(earlier: Element, later: Element) -> Independence:
    reason = f"the layers {_layer(earlier)} and {_layer(later)} hold no path in common"
    return Independence(Trust.PROVED, reason, "R10")


def _layer(element: Element) -> int:
    return element.facts.layer if element.facts else -1


def _judged(earlier: Element, later: Element, exact: bool) -> Independence:
    """What knowledge says may change places, in the light of the layers."""
    contradiction = _by_layers(earlier, later)
    if contradiction:
        return contradiction
    if earlier.facts is None or later.facts is None:
        parent = _odd_parent(earlier, later)
        if parent:
            return _refused(f"both may make {parent}, for different owners", "R10")
        return Independence(Trust.UNVERIFIED, "they touch different paths", "R3")
    trust = Trust.PROVED if exact else Trust.EVIDENCE
    reason = f"the layers {_layer(earlier)} and {_layer(later)} hold no path in common"
    return Independence(trust, reason, "R4")


def _odd_parent(earlier: Element, later: Element) -> str:
    """A directory that both may make, where one of them gives it an owner."""
    if not any(each.copy is not None and each.copy.sets_owner for each in (earlier, later)):
        return ""
    sides = []
    for each in (earlier, later):
        roots = each.copy.writes.roots if each.copy is not None else each.footprint.all_writes.roots
        sides.append({above for path in roots for above in ancestors(path)})
    common = (sides[0] & sides[1]) - _USUAL
    return min(common, default="")


def _by_layers(earlier: Element, later: Element) -> Independence | None:
    """What the layers hold against it."""
    if earlier.facts is None or later.facts is None:
        return None
    for one, two in ((earlier, later), (later, earlier)):
        if one.copy is not None and two.facts is not None:
            destination = one.copy.destination
            link = next((above for above in ancestors(destination) if above in two.facts.written), "")
            if link or (destination in two.facts.made and not one.copy.into_directory):
                what = f"whether {link or destination} is a directory depends on line {two.line}"
                return _refused(what, "R10")
    met = earlier.facts.conflict(
        later.facts,
        merges=earlier.copy is not None,
        unpacks=earlier.copy is not None and earlier.copy.unpacks,
        makes_parents=later.copy is not None and not later.copy.sets_owner,
    )
    if met:
        return _refused(f"the layers of lines {earlier.line} and {later.line} both have {met}", "R4")
    return None
