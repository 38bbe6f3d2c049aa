"""The plan of an optimized image for people, and what was written."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from layerscope.optimizer.drop import Drops
from layerscope.optimizer.plan import LayerPlan, Merge, Plan
from layerscope.optimizer.run import Optimized
from layerscope.optimizer.times import date_text
from layerscope.report.fit import MiddleCut
from layerscope.report.printable import printable
from layerscope.report.rendering import rendered, section
from layerscope.report.text_options import TextOptions
from layerscope.report.units import count, plural, size

__all__ = ["plan_text", "written_text"]

_INDENT = (0, 0, 0, 2)


def plan_text(plan: Plan, options: TextOptions) -> str:
    """What stays, what each layer loses, what merging would save."""
    return rendered(_parts(plan), width=options.width, color=options.color)


def written_text(written: Optimized, options: TextOptions) -> str:
    """Where it was written, and what it came to."""
    return rendered(_written(written), width=options.width, color=options.color)


def _parts(plan: Plan) -> Iterator[RenderableType]:
    image = plan.analysis.image
    yield Text(f"Optimize {printable(image.reference)}", style="bold")
    yield Padding(Text(_kept_text(plan)), _INDENT)
    if plan.drops is not None:
        yield from _drops(plan.drops)
    for name, layers in plan.unshared:
        yield Padding(Text(_unshared_text(name, layers)), _INDENT)
    if plan.options.reproducible is not None:
        yield Padding(Text(_clamped_text(plan), style="yellow" if plan.clamped else ""), _INDENT)
    if not plan.changes:
        changing = plan.options.recompress or plan.options.reproducible is not None
        what = "its form alone changes" if changing else "nothing to gain"
        where = "No layer above them" if plan.kept else "No layer"
        yield Padding(Text(f"{where} has anything to lose: {what}."), _INDENT)
    yield Padding(Text(_saved_text(plan)), _INDENT)
    yield from section("Layers", "about; exact figures come with the image")
    yield _layers(plan)
    if plan.merges:
        yield from section("What merging would save", "and what could be shared no more")
        yield _merges(plan.merges)


def _saved_text(plan: Plan) -> str:
    """What it comes to. How well another codec compresses is known when it has."""
    (stored, stored_after), (tar, tar_after) = plan.compressed_bytes, plan.tar_bytes
    unpacked = f"{size(tar)} of tar become {size(tar_after)}, {size(tar - tar_after)} less"
    if plan.options.recompress is not None or stored == tar:
        return f"{unpacked}."
    return f"{size(stored)} as stored become about {size(stored_after)}; {unpacked}."


def _kept_text(plan: Plan) -> str:
    if not plan.kept:
        return "No layer is kept as it is: no base is known, or none was wanted (--base says which)."
    layers = "layer 0" if plan.kept == 1 else f"layers 0 to {plan.kept - 1}"
    why = "the base image's" if plan.kept_for == "base" else f"shared with {printable(plan.kept_for)}"
    verb = "stays as it is" if plan.kept == 1 else "stay as they are"
    text = f"{layers[:1].upper()}{layers[1:]} {verb} ({why})."
    if plan.wasted_in_kept:
        text += f" {size(plan.wasted_in_kept)} in there are hidden by layers above and stay."
    return text


def _drops(drops: Drops) -> Iterator[RenderableType]:
    text = "Nothing is there to drop."
    if drops.by_rule:
        text = f"The root filesystem changes: {plural(len(drops.whiteouts.whiteouts), 'path')} dropped."
    yield Padding(Text(text, style="yellow" if drops.by_rule else ""), _INDENT)
    for drop in drops.by_rule:
        what = f"{drop.rule_id} {drop.name}: {plural(drop.paths, 'path')}, {size(drop.content_bytes)}"
        yield Padding(Text(what), (0, 0, 0, 4))
    if drops.staying:
        stay = "stays" if drops.staying == 1 else "stay"
        text = f"{plural(drops.staying, 'path')} in kept layers {stay}: hiding frees nothing."
        yield Padding(Text(text), (0, 0, 0, 4))


def _unshared_text(name: str, layers: tuple[int, ...]) -> str:
    one = len(layers) == 1
    which = f"Layer {layers[0]} is" if one else f"Layers {', '.join(map(str, layers))} are"
    what = "it is" if one else "they are"
    return (
        f"{which} in {printable(name)} too, but above a layer that is not: engines share layers from the "
        f"lowest up, and {what} written anew."
    )


def _clamped_text(plan: Plan) -> str:
    date = date_text(plan.options.reproducible or 0)
    if not plan.clamped:
        return f"Layers are written in a form that depends on the contents alone; no time is after {date}."
    paths = "1 path has a time" if plan.clamped == 1 else f"{count(plan.clamped)} paths have times"
    return f"The root filesystem changes: {paths} after {date} and will have that (--reproducible)."


def _layers(plan: Plan) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("  layer", no_wrap=True)
    for heading in ("records", "contents", "tar", "stored"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("what becomes of it", ratio=1)
    for index in range(plan.kept):
        reading = plan.analysis.layers[index].reading
        changeset = reading.changeset
        table.add_row(
            f"  {index}",
            count(len(changeset) + changeset.marker_count),
            size(changeset.content_bytes),
            size(changeset.tar_bytes),
            size(reading.compressed_bytes),
            Text("kept", style="dim"),
        )
    written = {layer.sources[0]: layer for layer in plan.layers}
    for span in _in_order(plan):
        layer = written.get(span[0])
        if layer is None:
            of = "it" if len(span) == 1 else "them"
            gone = Text(f"gone: nothing of {of} is left")
            table.add_row(f"  {_range(span)}", "0", size(0), size(0), size(0), gone)
            continue
        table.add_row(
            f"  {_range(span)}",
            count(layer.records_after),
            size(layer.content_bytes_after),
            size(layer.tar_bytes_after),
            size(layer.compressed_bytes_after),
            _fate(plan, layer),
        )
    return table


def _in_order(plan: Plan) -> list[tuple[int, ...]]:
    """Source layers of each row above the kept ones; neighbors that are gone share one."""
    spans = [layer.sources for layer in plan.layers]
    run: list[int] = []
    for index in sorted(plan.left_out):
        if run and index != run[-1] + 1:
            spans.append(tuple(run))
            run = []
        run.append(index)
    return sorted([*spans, tuple(run)] if run else spans)


def _range(sources: tuple[int, ...]) -> str:
    return str(sources[0]) if len(sources) == 1 else f"{sources[0]}..{sources[-1]}"


def _fate(plan: Plan, layer: LayerPlan) -> RenderableType:
    if layer.verbatim:
        recompressed = "compressed anew" if plan.options.recompress else "unchanged"
        return Text(recompressed if plan.options.reproducible is None else "sorted", style="dim")
    if not layer.records_after and layer.picks.root_of is not None:
        return Text("nothing of it is left but what it says of the root directory")
    lost = layer.records_before - layer.records_after
    bytes_lost = layer.content_bytes_before - layer.content_bytes_after
    parts = []
    if lost > 0:
        parts.append(plural(lost, "record"))
    if bytes_lost > 0:
        parts.append(f"{size(bytes_lost)} of contents")
    text = "loses " + " and ".join(parts) if parts else "written anew"
    instruction = plan.analysis.layers[layer.sources[-1]].layer.instruction
    if instruction is None:
        return Text(text)
    return Group(Text(text), MiddleCut(printable(instruction.text), style="dim"))


def _merges(merges: tuple[Merge, ...]) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("  how", no_wrap=True)
    table.add_column("saves", justify="right", no_wrap=True)
    table.add_column("shares no more", justify="right", no_wrap=True)
    for merge in merges:
        how = "--base none" if merge.of_base else f"--squash {merge.first}..{merge.last}"
        table.add_row(f"  {how}", size(merge.saved_bytes), size(merge.unshared_bytes))
    return table


def _written(written: Optimized) -> Iterator[RenderableType]:
    before, after = written.compressed_bytes_before, written.compressed_bytes
    saved = before - after
    yield Text()
    yield Text(f"Written: {printable(str(written.path))}", style="bold").append(f" ({written.format})")
    change = f"{size(saved)} less" if saved >= 0 else f"{size(-saved)} more"
    yield Padding(
        Text(f"{plural(len(written.layers), 'layer')}, {size(before)} became {size(after)}: {change}"),
        _INDENT,
    )
    what = "as planned" if written.drops or written.clamped else "the same"
    yield Padding(Text(f"Read back: the root filesystem is {what}, path by path."), _INDENT)
    yield Padding(Text(f"Image ID {written.image_id}"), _INDENT)
