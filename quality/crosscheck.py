"""The cross-check of the fused scan: what it says, and the door to Great Expectations, opened only when walked through.

The rules are evaluated twice, by two programs that share nothing but the documents: the fused scan, which keeps every
failing row, and Great Expectations, which counts. The counts must be equal; a rule that was counted once is said to be
not covered. Importing this module is cheap; the first call of `crosscheck` loads Great Expectations (4 to 11 s).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quality.rules import Rule
from quality.verdict import CrossCheck, CrossCheckResult, Verdict

__all__ = ["CrossCheck", "CrossCheckResult", "Verdict", "crosscheck", "write_documents"]


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
