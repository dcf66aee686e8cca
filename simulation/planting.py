"""Planting: change what a register holds in chosen rows, and write down the truth of every change.

No row gets two kinds, so that each finding has one cause. Which kinds there are stand in `person_errors`,
`company_errors` and `look_alikes`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

Expected = Literal["finding", "quarantine", "normalised", "none"]
HOUSEHOLD, INSURANCE, COMPANY, TAX = "ga_household", "sw_social_insurance", "sc_company", "sw_tax_registration"
LINES_ABOVE = {HOUSEHOLD: 1, INSURANCE: 0, COMPANY: 1, TAX: 2}
"""Lines above the first row in each delivery: the heading, and the title of the workbook."""
KEYS = {HOUSEHOLD: "citizen_id", INSURANCE: "citizen_id", COMPANY: "credit_code", TAX: "credit_code"}
_HANDFUL = 5


@dataclass(frozen=True)
class Kind:
    """One kind of planted error or look-alike.

    Attributes:
        name: how the truth table calls it.
        resource: whose rows bear it.
        item: the item it is about; '' where the whole row is meant.
        expected: what the hub shall make of it.
        hint: the rule or step that is meant to meet it.
        rate: share of the rows of the resource.
        is_error: False for a look-alike, which nothing may complain about.
    """

    name: str
    resource: str
    item: str
    expected: Expected
    hint: str
    rate: float = 0.003
    is_error: bool = True


@dataclass
class Planter:
    """The four registers while errors are planted into them.

    Attributes:
        tables: resource -> rows, indexed by person or company.
        rng: decides which rows.
        extra: rows delivered besides, by resource; their subject stands in the column ``_subject``.
        truth: what was planted, one table per kind.
    """

    tables: dict[str, pd.DataFrame]
    rng: np.random.Generator
    extra: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    truth: list[pd.DataFrame] = field(default_factory=list)
    _taken: pd.Index = field(default_factory=lambda: pd.Index([], dtype="int64"))

    def pick(self, kind: Kind, candidates: pd.Index) -> pd.Index:
        """Subjects for ``kind``: its rate of the resource, at least a handful, none of them used before."""
        free = candidates.difference(self._taken)
        count = max(_HANDFUL, round(kind.rate * len(self.tables[kind.resource])))
        chosen: pd.Index = pd.Index(self.rng.permutation(free.to_numpy(copy=True))[:count]).sort_values()
        self._taken = self._taken.append(chosen)
        return chosen

    def reserve(self, subjects: pd.Index) -> None:
        """Keep ``subjects`` from being picked for anything else."""
        self._taken = self._taken.append(subjects.difference(self._taken))

    def column(self, resource: str, subjects: pd.Index, item: str) -> Any:
        """The values of ``item`` now, as an array of text."""
        return self.tables[resource].loc[subjects, item].to_numpy().astype(str)

    def change(self, kind: Kind, subjects: pd.Index, wrong: Any) -> None:
        """Give ``subjects`` the value ``wrong`` in the kind's item, and note it."""
        right = self.column(kind.resource, subjects, kind.item)
        keys = self.column(kind.resource, subjects, KEYS[kind.resource])
        self.tables[kind.resource].loc[subjects, kind.item] = np.broadcast_to(wrong, len(subjects))
        if kind.item == KEYS[kind.resource] and kind.expected != "normalised":
            keys = self.column(kind.resource, subjects, kind.item)
        self.note(kind, subjects, keys, wrong, right)

    def note(self, kind: Kind, subjects: pd.Index, keys: Any, wrong: Any = "", right: Any = "") -> None:
        """Write the truth about ``subjects``; ``keys`` is what the standard stage will know the row by."""
        self.truth.append(
            pd.DataFrame(
                {
                    "kind": kind.name,
                    "resource": kind.resource,
                    "key": keys,
                    "item": kind.item,
                    "wrong": np.broadcast_to(np.asarray(wrong, dtype=str), len(subjects)),
                    "right": np.broadcast_to(np.asarray(right, dtype=str), len(subjects)),
                    "is_error": kind.is_error,
                    "expected": kind.expected,
                    "rule_hint": kind.hint,
                    "_subject": subjects.to_numpy(),
                }
            )
        )

    def add_rows(self, resource: str, rows: pd.DataFrame) -> pd.Index:
        """Deliver ``rows`` besides those of the register; their new subjects (negative numbers)."""
        before = sum(len(one) for one in self.extra.get(resource, []))
        fresh = pd.RangeIndex(-1 - before, -1 - before - len(rows), -1)
        self.extra.setdefault(resource, []).append(rows.set_axis(fresh))
        return fresh

    def deliveries(self) -> dict[str, pd.DataFrame]:
        """The rows of each resource as delivered: the register in its order, the extra rows anywhere between."""
        return {resource: self._delivery(resource, table) for resource, table in self.tables.items()}

    def _delivery(self, resource: str, table: pd.DataFrame) -> pd.DataFrame:
        extra = self.extra.get(resource)
        if not extra:
            return table
        whole = pd.concat([table, *extra])
        places = np.arange(len(whole), dtype=float)
        places[len(table) :] = self.rng.uniform(0, len(table), len(whole) - len(table))
        return whole.iloc[np.argsort(places, kind="stable")]

    def truth_table(self, deliveries: dict[str, pd.DataFrame]) -> pd.DataFrame:
        """All truth, with ``row``: the line of the delivered file (of a query, the row), counted from 1."""
        truth = pd.concat(self.truth, ignore_index=True)
        truth["row"] = 0
        for resource, rows in deliveries.items():
            mine = truth["resource"] == resource
            truth.loc[mine, "row"] = (
                rows.index.get_indexer(pd.Index(truth.loc[mine, "_subject"])) + 1 + LINES_ABOVE[resource]
            )
        return truth.drop(columns="_subject")
