"""The same root filesystem in fewer bytes: what to keep, writing it, and the proof."""
