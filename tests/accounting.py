"""The law of the ledger, checked against the root filesystem and the layers themselves."""

from __future__ import annotations

from layerscope.analysis.analyze import Analysis

__all__ = ["verify_the_account"]


def verify_the_account(analysis: Analysis) -> None:
    """Every stored byte is live or wasted, and all sums agree with what the tree and the layers hold."""
    ledger = analysis.ledger
    stored = [layer.reading.changeset.content_bytes for layer in analysis.layers]
    live = {entry.inode: entry.size for entry in analysis.rootfs.entries()}
    files = list(ledger.files())
    wasted = sum(file.size for file in files)
    assert ledger.stored_bytes == sum(stored)
    assert ledger.live_bytes == sum(live.values())
    assert ledger.wasted_bytes == wasted == ledger.stored_bytes - ledger.live_bytes
    assert sum(ledger.by_cause.values()) == wasted
    for index, layer in enumerate(analysis.layers):
        assert layer.wasted_bytes == sum(file.size for file in files if file.written_in == index)
        assert layer.hidden_bytes == sum(file.size for file in files if file.hidden_in == index)
        assert 0 <= layer.wasted_bytes <= stored[index]
    assert all(file.size > 0 and file.written_in <= file.hidden_in for file in files)
    assert files == sorted(files, key=lambda f: (-f.size, f.path, f.written_in, f.hidden_in))
