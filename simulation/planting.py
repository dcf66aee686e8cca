"""Planting: change what a register holds in chosen rows, and write down the truth of every change.

No row gets two kinds, so that each finding has one cause; nor does any subject over the registers that share it. Which
kinds there are stand in the modules called ``…_errors`` and ``…_look_alikes``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from simulation.numbers import Ints

Expected = Literal["finding", "quarantine", "normalised", "none", "false_alarm", "human"]
HOUSEHOLD, INSURANCE, COMPANY, TAX = "ga_household", "sw_social_insurance", "sc_company", "sw_tax_registration"
TRUTH = ["kind", "resource", "key", "item", "wrong", "right", "is_error", "expected", "rule_hint", "row", "about"]
"""Columns of the truth table."""
ABOUT = ("citizen_id", "credit_code", "holder_code", "party_code", "code")
"""Items that name the person or organisation a row is about; the first that a resource has."""


@dataclass(frozen=True)
class Kind:
    """One kind of planted error or look-alike.

    Attributes:
        name: how the truth table calls it.
        resource: whose rows bear it.
        item: the item it is about; '' where the whole row is meant.
        expected: what the hub shall make of it; 'false_alarm' where a rule complains and a human says that it is right,
            'human' where it is wrong and a human alone can see it.
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


def look_alike(name: str, resource: str, item: str, hint: str, rate: float = 0.003) -> Kind:
    """A kind that looks wrong and is right."""
    return Kind(name, resource, item, "none", hint, rate, is_error=False)


def _nothing(_kind: Kind) -> bool:
    return False


@dataclass
class Planter:
    """The registers of one block while errors are planted into them.

    Attributes:
        tables: resource -> rows, indexed by subject.
        keys: resource -> the items of its key.
        subjects: resource -> whom its index numbers (`Register.subject`).
        rng: decides which rows.
        fewest: of each kind there are at least so many in this block, as far as there are rows.
        share: of each kind's rate that is planted.
        settled: family -> subjects whose truth is told already: nothing about them is planted or noted again.
        spared: kinds of errors that are not planted, though others of the same module are.
        extra: rows delivered besides, by resource, with a new subject (negative numbers).
        withdrawn: of the rows besides, those that are not delivered any more.
        truth: what was planted, one table per kind; the subject in the column ``_subject``.
    """

    tables: dict[str, pd.DataFrame]
    keys: Mapping[str, tuple[str, ...]]
    subjects: Mapping[str, str]
    rng: np.random.Generator
    fewest: int = 5
    share: float = 1.0
    settled: Mapping[str, pd.Index] = field(default_factory=dict)
    spared: Callable[[Kind], bool] = _nothing
    extra: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    withdrawn: dict[str, pd.Index] = field(default_factory=dict)
    truth: list[pd.DataFrame] = field(default_factory=list)
    _taken: dict[str, list[npt.NDArray[np.int64]]] = field(default_factory=dict)

    def family(self, resource: str) -> str:
        """The resources among which a subject bears one kind at most: all of persons, all of companies, or one."""
        return self.subjects.get(resource) or resource

    def pick(self, kind: Kind, candidates: pd.Index) -> pd.Index:
        """Subjects for ``kind``: its rate of the resource, at least a handful, none of them used before; sorted.

        Args:
            kind: what they are for.
            candidates: subjects, each once.
        """
        family = self.family(kind.resource)
        free = candidates[~candidates.isin(self.taken(family))].to_numpy(dtype=np.int64, copy=True)
        count = max(self.fewest, round(kind.rate * self.share * len(self.tables[kind.resource])))
        count = 0 if self.spared(kind) else count
        chosen = np.sort(self.rng.permutation(free)[:count])
        self._taken.setdefault(family, []).append(chosen)
        picked: pd.Index = pd.Index(chosen, dtype="int64")
        return picked

    def reserve(self, subjects: pd.Index, resource: str = HOUSEHOLD) -> None:
        """Keep subjects of ``resource``'s family from being picked for anything else."""
        self._taken.setdefault(self.family(resource), []).append(subjects.to_numpy(dtype=np.int64))

    def taken(self, family: str) -> npt.NDArray[np.int64]:
        """The subjects of a family that are picked, reserved or settled."""
        settled = self.settled.get(family, pd.Index([], dtype="int64")).to_numpy(dtype=np.int64)
        return np.concatenate([settled, *self._taken.get(family, [])])

    def column(self, resource: str, subjects: pd.Index, item: str) -> Any:
        """The values of ``item`` now, as an array of text."""
        table = self.tables[resource]
        return table[item].take(table.index.get_indexer(subjects)).to_numpy().astype(str)

    def key_of(self, resource: str, subjects: pd.Index) -> Any:
        """The keys of rows as they stand now, composite ones joined by ``|`` (`quality.scan.row_key_of`)."""
        first, *others = (self.column(resource, subjects, item) for item in self.keys[resource])
        for other in others:
            first = np.strings.add(np.strings.add(first, "|"), other)
        return first

    def change(self, kind: Kind, subjects: pd.Index, wrong: Any) -> None:
        """Give ``subjects`` the value ``wrong`` in the kind's item, and note it."""
        keep = self._unsettled(kind, subjects)
        subjects, wrong = subjects[keep], np.broadcast_to(np.asarray(wrong, dtype=str), len(keep))[keep]
        right = self.column(kind.resource, subjects, kind.item)
        keys = self.key_of(kind.resource, subjects)
        self.tables[kind.resource].loc[subjects, kind.item] = wrong
        if kind.item in self.keys[kind.resource] and kind.expected != "normalised":
            keys = self.key_of(kind.resource, subjects)
        self.note(kind, subjects, keys, wrong, right)

    def note(self, kind: Kind, subjects: pd.Index, keys: Any = None, wrong: Any = "", right: Any = "") -> None:
        """Write the truth about ``subjects``; ``keys`` is what the standard stage will know the row by."""
        keep = self._unsettled(kind, subjects)
        if not keep.any():
            return
        if keys is None:
            keys = self.key_of(kind.resource, subjects)

        def spread(values: Any) -> Any:
            return np.broadcast_to(np.asarray(values, dtype=str), len(keep))[keep]

        self.truth.append(
            pd.DataFrame(
                {
                    "kind": kind.name,
                    "resource": kind.resource,
                    "key": spread(keys),
                    "item": kind.item,
                    "wrong": spread(wrong),
                    "right": spread(right),
                    "is_error": kind.is_error,
                    "expected": kind.expected,
                    "rule_hint": kind.hint,
                    "_subject": subjects.to_numpy(dtype=np.int64)[keep],
                }
            )
        )

    def note_as_it_is(self, kind: Kind, subjects: pd.Index) -> None:
        """Write down a look-alike: the value that stands there is right."""
        value = self.column(kind.resource, subjects, kind.item) if kind.item else ""
        self.note(kind, subjects, None, value, value)

    def add_rows(self, resource: str, rows: pd.DataFrame) -> pd.Index:
        """Deliver ``rows`` besides those of the register; their new subjects (negative numbers)."""
        before = sum(len(one) for one in self.extra.get(resource, []))
        fresh = pd.RangeIndex(-1 - before, -1 - before - len(rows), -1)
        self.extra.setdefault(resource, []).append(rows.set_axis(fresh))
        return fresh

    def withdraw(self, resource: str, subjects: pd.Index) -> None:
        """Deliver some of the rows besides no more; they keep their place among the others, so that nothing else moves."""
        self.withdrawn[resource] = self.withdrawn.get(resource, pd.Index([], dtype="int64")).union(subjects)

    def delivery(self, resource: str) -> pd.DataFrame:
        """The rows as delivered: those of the register in their order, the extra ones anywhere between."""
        table, extra = self.tables[resource], self.extra.get(resource)
        if not extra:
            return table
        whole = pd.concat([table, *extra])
        places = np.arange(len(whole), dtype=float)
        places[len(table) :] = self.rng.uniform(0, len(table), len(whole) - len(table))
        whole = whole.iloc[np.argsort(places, kind="stable")]
        return whole[~whole.index.isin(self.withdrawn.get(resource, []))]

    def noted(self) -> pd.DataFrame:
        """All truth so far, with ``_subject``."""
        return pd.concat(self.truth, ignore_index=True)

    def _unsettled(self, kind: Kind, subjects: pd.Index) -> npt.NDArray[np.bool_]:
        settled = self.settled.get(self.family(kind.resource))
        return np.full(len(subjects), True) if settled is None else ~np.asarray(subjects.isin(settled))


def rows_of(truth: pd.DataFrame, resource: str, delivered: pd.DataFrame, lines: Ints) -> pd.DataFrame:
    """The truth about one resource in the columns `TRUTH`, ``row`` being the line of the delivered file.

    What is told about a row that is not delivered any more has the row 0.
    """
    mine = truth[truth["resource"] == resource].copy()
    place = delivered.index.get_indexer(pd.Index(mine["_subject"]))
    mine["row"] = np.where(place >= 0, lines[place], 0) if len(lines) else 0
    named = next((item for item in ABOUT if item in delivered.columns), None)
    mine["about"] = "" if named is None or not len(delivered) else delivered[named].take(place).to_numpy()
    mine.loc[place < 0, "about"] = ""
    return mine.drop(columns="_subject").astype({"about": str})
