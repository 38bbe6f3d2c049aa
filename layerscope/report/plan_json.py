"""The plan of an optimized image, and what was written, for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from layerscope.optimizer.plan import LayerPlan, Merge, Plan
from layerscope.optimizer.run import Optimized
from layerscope.report.json import encode_line

__all__ = ["PLAN_SCHEMA_VERSION", "plan_blocks"]

PLAN_SCHEMA_VERSION = 1
_ENDS = ("before", "after")


def plan_blocks(plan: Plan, written: Optimized | None) -> Iterator[bytes]:
    """One JSON object; `written` is null for a plan alone. What is planned is an estimate, in bytes."""
    document = {
        "schema_version": PLAN_SCHEMA_VERSION,
        "reference": plan.analysis.image.reference,
        "changes": plan.changes,
        "compressed_bytes": dict(zip(_ENDS, plan.compressed_bytes, strict=True)),
        "tar_bytes": dict(zip(_ENDS, plan.tar_bytes, strict=True)),
        "kept": {"layers": plan.kept, "for": plan.kept_for, "wasted_bytes": plan.wasted_in_kept},
        "layers": [_layer(layer) for layer in plan.layers],
        "dropped": {
            "rules": list(plan.options.dropped),
            "paths": 0 if plan.extra is None else len(plan.extra.whiteouts),
            "by_rule": [
                {"rule_id": drop.rule_id, "paths": drop.paths, "content_bytes": drop.content_bytes}
                for drop in (plan.drops.by_rule if plan.drops else ())
            ],
            "paths_in_kept_layers": plan.drops.staying if plan.drops else 0,
        },
        "reproducible": None
        if plan.options.reproducible is None
        else {"source_date_epoch": plan.options.reproducible, "clamped_paths": plan.clamped},
        "unshared": [{"image": name, "layers": list(layers)} for name, layers in plan.unshared],
        "left_out": list(plan.left_out),
        "merges": [_merge(merge) for merge in plan.merges],
        "written": None if written is None else _written(written),
    }
    yield encode_line(document) + b"\n"


def _layer(layer: LayerPlan) -> dict[str, Any]:
    return {
        "sources": list(layer.sources),
        "unchanged": layer.verbatim,
        "records": {"before": layer.records_before, "after": layer.records_after},
        "content_bytes": {"before": layer.content_bytes_before, "after": layer.content_bytes_after},
        "tar_bytes": {"before": layer.tar_bytes_before, "after": layer.tar_bytes_after},
        "compressed_bytes": {"before": layer.compressed_bytes_before, "after": layer.compressed_bytes_after},
    }


def _merge(merge: Merge) -> dict[str, Any]:
    return {
        "first": merge.first,
        "last": merge.last,
        "of_base": merge.of_base,
        "saved_bytes": merge.saved_bytes,
        "unshared_bytes": merge.unshared_bytes,
    }


def _written(written: Optimized) -> dict[str, Any]:
    return {
        "path": str(written.path),
        "format": written.format,
        "image_id": written.image_id,
        "digest": written.digest,
        "compressed_bytes": {"before": written.compressed_bytes_before, "after": written.compressed_bytes},
        "wasted_bytes": written.wasted_in_written,
        "layers": [
            {
                "diff_id": layer.diff_id,
                "digest": layer.digest,
                "compression": str(layer.compression),
                "compressed_bytes": layer.compressed_bytes,
                "tar_bytes": layer.tar_bytes,
            }
            for layer in written.layers
        ],
    }
