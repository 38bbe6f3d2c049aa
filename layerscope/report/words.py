"""The words that text and Markdown share: causes, instructions, notices, what was verified."""

from __future__ import annotations

from collections.abc import Iterable

from layerscope.analysis.analyze import Analysis, LayerAnalysis
from layerscope.analysis.ledger import WasteCause
from layerscope.blobs.compression import Compression
from layerscope.notices import Notice, Severity
from layerscope.report.costly import Costly
from layerscope.report.masking import masked
from layerscope.report.model import Verification, verification
from layerscope.report.printable import path_text, printable, shortened
from layerscope.report.units import plural, size

__all__ = [
    "CAUSE_MEANING",
    "NOTICE_WORD",
    "compression_methods",
    "costly_name",
    "files_text",
    "incomplete_layers",
    "instruction_text",
    "layer_list",
    "notice_text",
    "verified_text",
]

_MOST_CHARACTERS = 1000
"""Of a path: more than any that people give, less than what an image can."""

CAUSE_MEANING: dict[WasteCause, str] = {
    WasteCause.OVERWRITTEN: "a later layer wrote other contents at the path",
    WasteCause.METADATA_ONLY: "rewritten with the same contents: only mode, owner, time or xattrs changed",
    WasteCause.UNCHANGED: "written again exactly as it was",
    WasteCause.REMOVED: "removed by a later layer; the layer that wrote it still carries it",
    WasteCause.OPAQUE: "a later layer made its directory anew",
    WasteCause.REPLACED: "the path, or one above it, became something of another type",
    WasteCause.DUPLICATE_ENTRY: "the same layer wrote the path more than once",
}
"""What a cause means, in plain words."""

NOTICE_WORD = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
"""What a notice's severity is called for people, worst first: JSON's `info` is a note."""


def compression_methods(analysis: Analysis) -> tuple[list[str], bool]:
    """How blobs that are there are compressed, sorted; and whether some are not."""
    layers = [analyzed for analyzed in analysis.layers if analyzed.layer.absent is None]
    found = {str(analyzed.reading.compression) for analyzed in layers}
    return sorted(found - {Compression.NONE}), str(Compression.NONE) in found


def instruction_text(analyzed: LayerAnalysis) -> str:
    """The layer's instruction in one safe line, or why there is none."""
    instruction = analyzed.layer.instruction
    if instruction is None:
        return f"(unknown: {analyzed.layer.no_instruction or 'history does not match the layers'})"
    return printable(masked(instruction.text)) or "(history is empty here)"


def costly_name(row: Costly) -> str:
    """`all 1,204 files in var/lib/apt/lists/`, `30,000 files in usr/lib/, largest libx.so, 2.0 MB`,
    `etc/passwd`.

    `all` are all that the layer stored below the directory, else they are some of them.
    """
    if not row.is_directory:
        return path_text(row.path)
    largest = row.largest if row.dominant else b""
    return ("" if row.is_part else "all ") + files_text(row.files, row.path, largest, row.largest_bytes)


def files_text(files: int, directory: bytes, largest: bytes, largest_bytes: int) -> str:
    """`12 files in var/lib/, largest a, 40.0 MB`; an empty directory is the root."""
    text = plural(files, "file")
    if directory:
        text += f" in {shortened(path_text(directory), _MOST_CHARACTERS)}/"
    if not largest:
        return text
    name = path_text(largest[len(directory) + 1 :] if directory else largest)
    return f"{text}, largest {shortened(name, _MOST_CHARACTERS)}, {size(largest_bytes)}"


def notice_text(notice: Notice) -> str:
    """`layer 3: etc/passwd: hard link to a path that does not exist (17 times)`; the path is the first."""
    where = "" if notice.layer is None else f"layer {notice.layer}: "
    if notice.path is not None:
        where += f"{path_text(notice.path) or '.'}: "
    times = "" if notice.count == 1 else f" ({plural(notice.count, 'time')})"
    message = shortened(printable(masked(notice.message)), _MOST_CHARACTERS)  # it may quote an instruction
    return where + message + times


def incomplete_layers(analysis: Analysis) -> list[int]:
    """Layers that were not read, or not to their end."""
    return [
        analyzed.layer.index
        for analyzed in analysis.layers
        if analyzed.reading.error is not None or analyzed.layer.absent is not None
    ]


def verified_text(analysis: Analysis) -> str:
    """`yes, every layer is what the image promises`; or which is not, or could not be compared."""
    by_outcome: dict[Verification, list[int]] = {outcome: [] for outcome in Verification}
    for analyzed in analysis.layers:
        by_outcome[verification(analyzed)].append(analyzed.layer.index)
    wrong, verified = by_outcome[Verification.MISMATCH], by_outcome[Verification.VERIFIED]
    partial, not_compared = by_outcome[Verification.PARTIAL], by_outcome[Verification.NONE]
    total = len(analysis.layers)
    if wrong:
        others = f"; not compared: {layer_list(not_compared)}" if not_compared else ""
        verb = "is" if len(wrong) == 1 else "are"
        return f"no, {layer_list(wrong)} {verb} not what the image promises{others}"
    if not total:
        return "nothing, the image has no layers"
    if len(verified) == total:
        return _with_documents(analysis)
    if len(not_compared) == total:
        return "no, no layer was compared with a digest"
    if len(partial) == total:
        return "no, not every digest could be checked"
    return f"{len(verified)} of {plural(total, 'layer')}; not {layer_list(sorted(partial + not_compared))}"


def _with_documents(analysis: Analysis) -> str:
    """What to say of an image whose layers are right: its manifest or configuration may not be."""
    codes = {notice.code for notice in analysis.notices if notice.layer is None}
    if "document-digest-mismatch" in codes:
        return "no, every layer is what the image promises, but a document is not"
    if "digest-not-verified" in codes:
        return "no, every layer is what the image promises, but a document could not be checked"
    return "yes, every layer is what the image promises"


def layer_list(indexes: Iterable[int], *, most: int = 5) -> str:
    """`layer 3`, `layers 1, 4 and 6`, `layers 1, 2, 3, 4, 5 and 12 more`."""
    found = [str(index) for index in indexes]
    if len(found) == 1:
        return f"layer {found[0]}"
    if len(found) > most:
        return f"layers {', '.join(found[:most])} and {len(found) - most} more"
    return f"layers {', '.join(found[:-1])} and {found[-1]}"
