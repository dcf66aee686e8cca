"""The cross-check of the fused scan: what it says, and the door to Great Expectations, opened only when walked through.

The rules are evaluated twice, by two programs that share nothing but the documents: the fused scan, which keeps every
failing row, and Great Expectations, which counts. The counts must be equal; a rule that was counted once is said to be
not covered. Importing this module is cheap; the first call of `crosscheck` loads Great Expectations (4 to 11 s).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from quality.rules import Rule


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


def crosscheck(
    connection: Any,
    view: str,
    rules: Sequence[Rule],
    *,
    scan_counts: Mapping[str, int],
    references: Mapping[str, str],
    as_of: datetime.date,
    now: datetime.datetime,
    name: str,
) -> CrossCheckResult:
    """Let Great Expectations count what the fused scan counted, over the live DuckDB connection.

    Args:
        connection: an open DuckDB connection; its transaction is neither begun nor ended here.
        view: a view or table it knows, best a temporary view over the standard table the scan read.
        rules: the rules of that resource.
        scan_counts: rule id -> failures found by the scan (`quality.scan.ScanPlan.counts`).
        references: resource -> its table or view on the same connection.
        as_of: the day of evaluation the scan used.
        now: the moment written into the documents (aware).
        name: the resource.
    """
    from quality import gx_leaf  # its import takes seconds

    return gx_leaf.crosscheck(
        connection, view, rules, scan_counts=scan_counts, references=references, as_of=as_of, now=now, name=name
    )


def write_documents(results: Sequence[CrossCheckResult], directory: Path) -> list[Path]:
    """Write the documents: one page of Great Expectations per result and an index; no page loads anything."""
    from quality import gx_leaf  # its import takes seconds

    return gx_leaf.write_documents(results, directory)
