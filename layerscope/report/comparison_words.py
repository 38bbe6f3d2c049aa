"""The words that every output has for the comparison of two images, and for layers that are not shared."""

from __future__ import annotations

import json
from collections.abc import Sequence

from layerscope.analysis.analyze import Analysis
from layerscope.analysis.comparison_types import (
    Comparison,
    ConfigurationChange,
    Irreproducibility,
    IrreproducibleCause,
    LayerFate,
    LayerPair,
    PullCost,
    RebuildCause,
)
from layerscope.analysis.layer_difference import Aspect, AspectCount, LayerDifference
from layerscope.report.masking import masked
from layerscope.report.printable import path_text, printable, shortened
from layerscope.report.units import count, plural, size
from layerscope.report.words import instruction_text, layer_list

__all__ = [
    "CAUSE_REMEDY",
    "CAUSE_WORDS",
    "aspect_text",
    "change_text",
    "difference_texts",
    "fate_counts",
    "fate_text",
    "image_name",
    "irreproducible_text",
    "masked_value",
    "pair_instruction",
    "paths_text",
    "pull_text",
    "stored_text",
]

_MOST_CHARACTERS = 200

_REBUILT = {
    RebuildCause.UNKNOWN: "one of the two could not be read",
    RebuildCause.CONTENT: "contents differ",
    RebuildCause.METADATA: "the same contents, only metadata differ",
    RebuildCause.ORDER: "only the order of its entries differs",
    RebuildCause.FORMAT: "the same entries, only the tar is written in another way",
    RebuildCause.COMPRESSION: "the same layer, only compressed in another way",
    RebuildCause.PARENTS: "the same layer, only its parents changed",
}

_METADATA_WORD = {
    Aspect.HARD_LINK: "hard links",
    Aspect.MODE: "mode",
    Aspect.OWNER: "owner",
    Aspect.MTIME: "mtime",
    Aspect.XATTRS: "xattrs",
}

CAUSE_WORDS: dict[IrreproducibleCause, str] = {
    IrreproducibleCause.MTIMES: "modification times are those of the build",
    IrreproducibleCause.BYTECODE: "Python bytecode holds the time of its source",
    IrreproducibleCause.LOGS: "logs tell when they were written",
    IrreproducibleCause.CACHES: "caches and package lists are written anew",
    IrreproducibleCause.PACKAGE_STATE: "package managers note each run",
    IrreproducibleCause.IDENTITIES: "keys, machine ids and seeds are made at random",
    IrreproducibleCause.ACCOUNTS: "account files hold the day of the last change",
    IrreproducibleCause.ARCHIVES: "archives hold the times of their members",
    IrreproducibleCause.OWNERS: "owners differ",
    IrreproducibleCause.MODES: "permission bits differ",
    IrreproducibleCause.XATTRS: "extended attributes differ",
    IrreproducibleCause.HARD_LINKS: "which of several names is the file and which are links differs",
    IrreproducibleCause.ORDER: "the builder packed the entries in another order",
    IrreproducibleCause.FORMAT: "the builder wrote the tar in another way",
    IrreproducibleCause.COMPRESSION: "the builder compressed it in another way",
    IrreproducibleCause.CREATED: "of the configuration only times differ",
    IrreproducibleCause.CONTENT: "contents differ, and their paths do not say why",
}
"""What an irreproducible build does."""

CAUSE_REMEDY: dict[IrreproducibleCause, str] = {
    IrreproducibleCause.MTIMES: "build with SOURCE_DATE_EPOCH and rewrite-timestamp=true (BuildKit), or with "
    "--timestamp (buildah)",
    IrreproducibleCause.BYTECODE: "set PYTHONDONTWRITEBYTECODE=1, or compile with "
    "--invalidation-mode unchecked-hash",
    IrreproducibleCause.LOGS: "remove the logs in the same RUN",
    IrreproducibleCause.CACHES: "remove them in the same RUN, or keep them in a cache mount",
    IrreproducibleCause.PACKAGE_STATE: "pin versions and repository snapshots; remove what notes times "
    "in the same RUN",
    IrreproducibleCause.IDENTITIES: "make them when the container starts; remove them in the same RUN",
    IrreproducibleCause.ACCOUNTS: "set the day (chage -d), and remove the backups (passwd-, shadow-) in the "
    "same RUN",
    IrreproducibleCause.ARCHIVES: "pack without times: gzip -n, zip -X, SOURCE_DATE_EPOCH",
    IrreproducibleCause.OWNERS: "set them: COPY --chown, or the same user id in every build",
    IrreproducibleCause.MODES: "set them: COPY --chmod, or the same umask in every checkout",
    IrreproducibleCause.XATTRS: "build on hosts with the same security labels, or without them",
    IrreproducibleCause.HARD_LINKS: "build with the same version of one builder",
    IrreproducibleCause.ORDER: "build with the same version of one builder, which sorts",
    IrreproducibleCause.FORMAT: "build with the same version of one builder",
    IrreproducibleCause.COMPRESSION: "push the same blobs, or compress with one version of one builder",
    IrreproducibleCause.CREATED: "build with SOURCE_DATE_EPOCH, or with --timestamp (buildah)",
    IrreproducibleCause.CONTENT: "pin what the instruction fetches; compare the files themselves",
}
"""What to change so that it is reproducible."""


def image_name(analysis: Analysis) -> str:
    """`app:1 (old.tar)`: the first tag, and the reference."""
    image = analysis.image
    reference = printable(image.reference)
    return f"{printable(image.tags[0])} ({reference})" if image.tags else reference


def fate_counts(comparison: Comparison) -> str:
    """`3 kept, 2 rebuilt, 1 added`; fates that no layer has are left out."""
    counts = [(comparison.count(fate), fate) for fate in LayerFate]
    return ", ".join(f"{number} {fate}" for number, fate in counts if number) or "none"


def fate_text(pair: LayerPair) -> str:
    """`kept`, `rebuilt: contents differ`, `added`."""
    if pair.fate is not LayerFate.REBUILT or pair.cause is None:
        return str(pair.fate)
    return f"rebuilt: {_REBUILT[pair.cause]}"


def aspect_text(found: AspectCount) -> str:
    """`424 paths differ in mtime only`, `3 paths have other contents`, `2 paths are added`."""
    paths, (first, *_) = plural(found.paths, "path"), found.aspects
    if first in _METADATA_WORD:
        verb = "differs" if found.paths == 1 else "differ"
        words = [_METADATA_WORD[aspect] for aspect in found.aspects]
        return f"{paths} {verb} in {words[0]} only" if len(words) == 1 else f"{paths} {verb} in {_and(words)}"
    if first is Aspect.CONTENT:
        return f"{paths} {'has' if found.paths == 1 else 'have'} other contents"
    if first is Aspect.MARKER:
        return f"{plural(found.paths, 'whiteout')} of one of them alone"
    return f"{paths} {'is' if found.paths == 1 else 'are'} {first}"


def difference_texts(found: LayerDifference, *, most: int = 3) -> list[str]:
    """For each kind of difference a line, with the paths of which it is about."""
    lines = []
    for counted in found.counts:
        names = ", ".join(_short_path(each.path) for each in counted.examples[:most])
        rest = counted.paths - min(most, len(counted.examples))
        lines.append(f"{aspect_text(counted)}: {names}" + (f" and {count(rest)} more" if rest else ""))
    if found.reordered:
        lines.append("entries stand in another order")
    return lines


def irreproducible_text(cause: Irreproducibility) -> str:
    """`modification times are those of the build: 424 paths in layers 1 and 2`."""
    text = CAUSE_WORDS[cause.cause]
    places = layer_list(cause.layers) if cause.layers else ""
    if cause.paths:
        return f"{text}: {plural(cause.paths, 'path')} in {places}"
    return f"{text}: {places}" if places else text


def pair_instruction(comparison: Comparison, pair: LayerPair) -> str:
    """The instruction as it is now; of a removed layer as it was."""
    if pair.new is not None:
        return instruction_text(comparison.new.layers[pair.new])
    assert pair.old is not None
    return instruction_text(comparison.old.layers[pair.old])


def paths_text(comparison: Comparison) -> str:
    """`2 added (1.2 MB), 1 removed (5 B), 3 with other contents, 4 with other metadata alone`."""
    paths = comparison.paths
    parts = [
        f"{count(paths.added)} added ({size(paths.added_bytes)})" if paths.added else "",
        f"{count(paths.removed)} removed ({size(paths.removed_bytes)})" if paths.removed else "",
        f"{count(paths.content)} with other contents" if paths.content else "",
        f"{count(paths.metadata)} with other metadata alone" if paths.metadata else "",
    ]
    return ", ".join(part for part in parts if part) or "all are the same"


def pull_text(pull: PullCost) -> str:
    """What pulling the new image moves where the old one is."""
    moved = f"{size(pull.pulled_bytes)} in {plural(pull.pulled_layers, 'layer')}"
    if not pull.pulled_layers:
        moved = "no layer"
    there = f"; {size(pull.reused_bytes)} in {plural(pull.reused_layers, 'layer')} are there already"
    plain = (
        "" if pull.compressed or not pull.pulled_layers else " (not compressed here: less from a registry)"
    )
    return moved + plain + (there if pull.reused_layers else "")


def stored_text(pull: PullCost) -> str:
    """What an engine stores anew."""
    if not pull.stored_layers:
        return "nothing"
    return f"{size(pull.stored_bytes)} of contents in {plural(pull.stored_layers, 'layer')}"


def change_text(change: ConfigurationChange) -> tuple[str, str]:
    """Both values in safe lines, secrets masked; a dash where a key is not set."""
    return _value(change.key, change.old), _value(change.key, change.new)


def _value(key: str, value: str | None) -> str:
    if value is None:
        return "-"
    return shortened(printable(masked_value(key, value)), _MOST_CHARACTERS) or '""'


def masked_value(key: str, value: str) -> str:
    """A value of the configuration without its secrets; a variable's name tells what it holds."""
    for prefix, keyword in (("config.Env.", "ENV"), ("config.Labels.", "LABEL")):
        if key.startswith(prefix):
            lead = f"{keyword} {key.removeprefix(prefix)}="
            return masked(lead + value).removeprefix(lead)
    if key == "history":  # a list of instructions, each of which is looked through as `inspect` does
        return json.dumps([masked(text) for text in json.loads(value)], ensure_ascii=False)
    return masked(value)


def _short_path(path: bytes) -> str:
    return shortened(path_text(path), _MOST_CHARACTERS)


def _and(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"
