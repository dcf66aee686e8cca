"""What two evaluations of the same rules say of each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What the comparison of two counts says."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_COVERED = "not_covered"


@dataclass(frozen=True)
class CrossCheck:
    """One rule, counted twice.

    Attributes:
        rule: its id.
        title: its title.
        gx_count: rows that Great Expectations found failing; None where it could not evaluate the rule.
        scan_count: rows that the fused scan found failing; None where the rule was not assessable there.
        reason: why a count is missing, in Chinese and English; empty otherwise.
    """

    rule: str
    title: str
    gx_count: int | None
    scan_count: int | None
    reason: str = ""

    @property
    def verdict(self) -> Verdict:
        """Equal counts agree; a missing count is never an agreement."""
        if self.gx_count is None or self.scan_count is None:
            return Verdict.NOT_COVERED
        return Verdict.AGREES if self.gx_count == self.scan_count else Verdict.DIFFERS


@dataclass(frozen=True)
class CrossCheckResult:
    """All rules of one view, counted twice.

    Attributes:
        name: what was checked: the resource.
        rows: rows that Great Expectations looked at.
        checks: one entry per rule, in the order of the rules.
        validation: the validation result of Great Expectations itself, for `write_documents` only.
    """

    name: str
    rows: int
    checks: tuple[CrossCheck, ...]
    validation: Any

    @property
    def differing(self) -> tuple[CrossCheck, ...]:
        """The rules whose counts differ: a fault of ours or of Great Expectations, never of the data."""
        return tuple(check for check in self.checks if check.verdict is Verdict.DIFFERS)

    @property
    def not_covered(self) -> tuple[CrossCheck, ...]:
        """The rules that were not counted twice."""
        return tuple(check for check in self.checks if check.verdict is Verdict.NOT_COVERED)
