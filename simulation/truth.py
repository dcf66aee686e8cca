"""The truth about a simulated city, and how well findings meet it. For tests, demo and benchmarks; rules never read it.

Truth table, one row per planted error or look-alike: ``kind, resource, key, item, wrong, right, is_error, expected,
rule_hint, row, about``. ``expected`` is 'finding', 'quarantine', 'normalised' or 'none'; or, where only a human can judge,
'false_alarm' (right, and a rule complains) or 'human' (wrong, and no rule can see it). ``key`` is the row's key in the
standard stage (empty if it has none); ``row`` is the line of the delivered file, counted from 1 as intake counts
``_row`` (of a query the row, of an archive or of several parts the line in its member or part); ``about`` is the person or
organisation that the row names, by which libraries know it. On day 2 there is ``status`` besides ('standing', 'repaired'
or 'new') and ``repair``, by what it was repaired (`simulation.repairs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

CROSS_SOURCE = frozenset({
    "name_differs", "two_people_one_id", "company_name_differs", "representative_differs", "taxed_though_cancelled",
})  # fmt: skip
"""Kinds where two registers contradict each other in one item: a finding at either of them meets the error, whether it
names the row or whom the row is about."""
ONLY_HUMAN = ("false_alarm", "human")
_RULE = "rule"


@dataclass(frozen=True)
class Comparison:
    """How findings meet the truth.

    Attributes:
        recall: per kind that a finding is expected for: ``kind, planted, found, recall``.
        look_alikes: per kind that nothing may be found at (right, or put right on the way into standard):
            ``kind, rows, false_alarms``.
        precision: per rule (per resource where findings name none): ``rule, findings, caused, precision``; a finding is
            caused if its row, or the row it speaks of, bears a planted error. Findings of `only_human` do not count.
        false_alarms: findings at rows that are right: ``kind, resource, key, item``.
        unexplained: findings of which the truth knows nothing: ``resource, key, item``, with ``rule`` if findings have it.
        only_human: kinds that only a human can judge: ``kind, is_error, rows, found``. Of those that are errors nothing
            need be found; of those that are none a rule is meant to find every one, and a human says that it is right.
    """

    recall: pd.DataFrame
    look_alikes: pd.DataFrame
    precision: pd.DataFrame
    false_alarms: pd.DataFrame
    unexplained: pd.DataFrame
    only_human: pd.DataFrame

    @property
    def missed(self) -> list[str]:
        """Kinds of which not every planted error was found."""
        return [str(kind) for kind in self.recall.loc[self.recall["recall"] < 1, "kind"]]


def read_truth(home: Path, day: int = 1) -> pd.DataFrame:
    """The truth table of the city in ``home``; of day 2 without what is repaired."""
    name = "truth.parquet" if day == 1 else f"truth_day{day}.parquet"
    truth: pd.DataFrame = pq.read_table(home / "simulation" / name).to_pandas()
    if day == 1:
        return truth
    return truth[truth["status"] != "repaired"].drop(columns=["status", "repair"]).reset_index(drop=True)


def read_wholly_repaired(home: Path) -> pd.DataFrame:
    """The items of which day 2 left nothing wrong that a rule or intake could see: ``resource, item, rows, by``.

    ``rows`` is how many errors there were, ``by`` a tuple of the ways in which they were repaired.
    """
    truth: pd.DataFrame = pq.read_table(home / "simulation" / "truth_day2.parquet").to_pandas()
    faults = truth[truth["is_error"] & truth["expected"].isin(["finding", "quarantine"])]
    told = (
        faults.assign(mended=faults["status"] == "repaired")
        .groupby(["resource", "item"], as_index=False)
        .agg(rows=("key", "size"), whole=("mended", "all"), by=("repair", lambda ways: tuple(sorted(set(ways)))))
    )
    return told[told["whole"]].drop(columns="whole").reset_index(drop=True)


def read_address_truth(home: Path) -> pa.Table | None:
    """What every written address means (`simulation.addresses.TRUTH`), the newest statement on each row.

    None where the home holds no simulated city.
    """
    files = sorted((home / "simulation").glob("address_truth*.parquet"))
    if not files:
        return None
    tables = [pq.read_table(path) for path in files]
    known = pd.concat([table.to_pandas() for table in tables], ignore_index=True)
    newest = known.drop_duplicates(["resource", "key"], keep="last")
    return pa.Table.from_pandas(newest, schema=tables[0].schema, preserve_index=False)


def compare(truth: pa.Table | pd.DataFrame, found: pa.Table | pd.DataFrame) -> Comparison:
    """Hold findings against the truth.

    Args:
        truth: the truth table.
        found: at least ``resource, key, item``, and ``rule`` if known; one row per finding, repeated ones count once.
    """
    known, all_found = _frame(truth), _frame(found)
    if "about" not in known.columns:
        known = known.assign(about="")
    seen = all_found[["resource", "key", "item"]].drop_duplicates()
    right = known.loc[known["expected"].isin(["none", "normalised"]) & (known["key"] != ""), ["kind", "key"]]
    alarms = seen.merge(right.drop_duplicates(), on="key")[["kind", "resource", "key", "item"]]
    told = right.groupby("kind", as_index=False).agg(rows=("key", "size"))
    told["false_alarms"] = told["kind"].map(alarms["kind"].value_counts()).fillna(0).astype(int)
    columns = [*seen.columns, *([_RULE] if _RULE in all_found.columns else [])]
    strange = all_found.loc[~_spoken_of(known, all_found["key"]), columns].drop_duplicates().reset_index(drop=True)
    return Comparison(
        recall=_recall(known, seen),
        look_alikes=told,
        precision=_precision(known, all_found),
        false_alarms=alarms,
        unexplained=strange,
        only_human=_only_human(known, seen),
    )


def _recall(known: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    errors = known[known["expected"] == "finding"]
    exact = errors.merge(seen.assign(met=True), how="left", on=["resource", "key", "item"])["met"].notna()
    anywhere = seen[["key", "item"]].drop_duplicates().assign(met=True)
    either = errors.merge(anywhere, how="left", on=["key", "item"])["met"].notna()
    at_all = errors.merge(anywhere, how="left", left_on=["about", "item"], right_on=["key", "item"])["met"].notna()
    crossing = errors["kind"].isin(CROSS_SOURCE).to_numpy()
    met = exact.to_numpy() | ((either.to_numpy() | at_all.to_numpy()) & crossing)
    counts = errors.assign(met=met).groupby("kind", as_index=False).agg(planted=("met", "size"), found=("met", "sum"))
    counts["recall"] = counts["found"] / counts["planted"]
    return counts


def _only_human(known: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    rows = known[known["expected"].isin(ONLY_HUMAN)]
    met = rows.merge(seen.assign(met=True), how="left", on=["resource", "key", "item"])["met"].notna()
    told = rows.assign(met=met.to_numpy()).groupby(["kind", "is_error"], as_index=False)
    return told.agg(rows=("met", "size"), found=("met", "sum"))


def _precision(known: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    right = known.loc[known["expected"] == "false_alarm", ["resource", "key", "item"]].drop_duplicates()
    judged = found.merge(right.assign(right=True), how="left", on=["resource", "key", "item"])["right"].isna()
    found = found[judged.to_numpy()]
    by = found[_RULE] if _RULE in found.columns else found["resource"]
    errors = known[known["is_error"] & known["expected"].isin(["finding", "quarantine"])]
    counts = (
        pd.DataFrame({"rule": by.to_numpy(), "caused": _spoken_of(errors, found["key"]).to_numpy()})
        .groupby("rule", as_index=False)
        .agg(findings=("caused", "size"), caused=("caused", "sum"))
    )
    counts["precision"] = counts["caused"] / counts["findings"]
    return counts


def _spoken_of(truth: pd.DataFrame, keys: pd.Series) -> pd.Series:
    """Which keys the truth names: a row's key, whom it is about, or a wrong or right value (a wrong id is missed elsewhere)."""
    return keys.isin(pd.concat([truth["key"], truth["about"], truth["wrong"], truth["right"]]))


def _frame(table: pa.Table | pd.DataFrame) -> pd.DataFrame:
    return table.to_pandas() if isinstance(table, pa.Table) else table
