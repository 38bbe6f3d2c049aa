"""From which severity on a finding fails the gate, and what a baseline that is not there is."""

from __future__ import annotations

from enum import StrEnum

from layerscope.rules.finding import Severity

__all__ = ["Fails", "MissingBaseline"]


class Fails(StrEnum):
    """From which severity on a rule's findings fail the gate."""

    INFO = "info"  #: any finding
    WARNING = "warning"
    ERROR = "error"
    NEVER = "never"  #: findings are reported
    OFF = "off"  #: the rule is not asked

    def at(self, severity: Severity) -> bool:
        """Whether a finding of this severity fails."""
        if self in (Fails.NEVER, Fails.OFF):
            return False
        order = tuple(Severity)
        return order.index(severity) >= order.index(Severity(self.value))


class MissingBaseline(StrEnum):
    """What a baseline that is missing or unreadable means."""

    WARN = "warn"
    FAIL = "fail"
