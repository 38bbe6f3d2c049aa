"""`RUN --mount`: what of the context and of other stages a RUN sees."""

from __future__ import annotations

from layerscope.dockerfile.syntax import SourceInstruction

__all__ = ["mounted"]


def mounted(instruction: SourceInstruction) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Paths of the context, and names of stages or images, that are bound into a RUN."""
    sources: list[str] = []
    stages: list[str] = []
    for flag in instruction.flags:
        if flag.name != "mount" or flag.value is None:
            continue
        options = dict(option.partition("=")[::2] for option in flag.value.split(","))
        if options.get("type", "bind") not in ("bind", "cache"):
            continue
        stage = options.get("from", "")
        if stage:
            stages.append(stage)
        elif options.get("type", "bind") == "bind":
            sources.append(options.get("source") or options.get("src") or "")
    return tuple(sources), tuple(stages)
