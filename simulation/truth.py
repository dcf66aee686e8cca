"""The truth about a simulated city, and how well findings meet it. For tests, demo and benchmarks; rules never read it.

Truth table, one row per planted error or look-alike: ``kind, resource, key, item, wrong, right, is_error, expected,
rule_hint, row``. ``expected`` is 'finding', 'quarantine', 'normalised' or 'none'; ``key`` is the row's key in the
standard stage (empty if it has none); ``row`` is the line of the delivered file (of a query, the row), counted from 1 as
intake counts ``_row``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

CROSS_SOURCE = frozenset({"name_differs", "company_name_differs", "representative_differs", "taxed_though_cancelled"})
"""Kinds where two registers contradict each other: a finding at either of them meets the error."""


@dataclass(frozen=True)
class Comparison:
    """How findings meet the truth.

    Attributes:
        recall: per kind that a finding is expected for: ``kind, planted, found, recall``.
        false_alarms: findings at rows that are right or that the way into standard puts right:
            ``kind, resource, key, item``.
        unexplained: findings at rows where nothing was planted: ``resource, key, item``.
    """

    recall: pd.DataFrame
    false_alarms: pd.DataFrame
    unexplained: pd.DataFrame

    @property
    def missed(self) -> list[str]:
        """Kinds of which not every planted error was found."""
        return [str(kind) for kind in self.recall.loc[self.recall["recall"] < 1, "kind"]]


def read_truth(home: Path) -> pd.DataFrame:
    """The truth table of the city in ``home``."""
    truth: pd.DataFrame = pq.read_table(home / "simulation" / "truth.parquet").to_pandas()
    return truth


def compare(truth: pa.Table | pd.DataFrame, found: pa.Table | pd.DataFrame) -> Comparison:
    """Hold findings against the truth.

    Args:
        truth: the truth table.
        found: at least ``resource, key, item``; one row per finding, repeated ones count once.
    """
    known, seen = _frame(truth), _frame(found)[["resource", "key", "item"]].drop_duplicates()
    errors = known[known["expected"] == "finding"]
    exact = errors.merge(seen.assign(met=True), how="left", on=["resource", "key", "item"])["met"].notna()
    anywhere = seen[["key", "item"]].drop_duplicates().assign(met=True)
    either = errors.merge(anywhere, how="left", on=["key", "item"])["met"].notna()
    met = exact.to_numpy() | (either.to_numpy() & errors["kind"].isin(CROSS_SOURCE).to_numpy())
    counts = errors.assign(met=met).groupby("kind", as_index=False).agg(planted=("met", "size"), found=("met", "sum"))
    counts["recall"] = counts["found"] / counts["planted"]
    right = known.loc[known["expected"].isin(["none", "normalised"]) & (known["key"] != ""), ["kind", "key"]]
    alarms = seen.merge(right.drop_duplicates(), on="key")[["kind", "resource", "key", "item"]]
    strange = seen[~seen["key"].isin(known["key"])].reset_index(drop=True)
    return Comparison(recall=counts, false_alarms=alarms, unexplained=strange)


def _frame(table: pa.Table | pd.DataFrame) -> pd.DataFrame:
    return table.to_pandas() if isinstance(table, pa.Table) else table
