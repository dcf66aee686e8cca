"""Which value would be right, as far as other sources know? Their votes, with dates; nobody's word is taken for the truth.

For one record, which is revealed and logged before, the values themselves; for a whole ticket only how many findings other
sources have an answer to. Sources are linked by the key of the library, and a wrong key by the alias table alone: that two
rows have one name and one date of birth proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis.expr.types as ir

from catalog.city import City
from pipelines.fusion.kept_aliases import alias_name
from pipelines.problems.failing import Compared
from pipelines.problems.ownership import verdicts, witnesses_of
from pipelines.problems.records import RecordView
from warehouse.lake import LakeReader

AUTHORITY = "authority"
"""Role of the source that decides (`pipelines.problems.records.SourceValue`)."""


@dataclass(frozen=True)
class Candidate:
    """A value that others state.

    Attributes:
        value: as text.
        stated_by: the resources, the authority first.
        newest: when the newest of them looked at the fact.
    """

    value: str
    stated_by: tuple[str, ...]
    newest: datetime | None


@dataclass(frozen=True)
class SuggestedValue:
    """What other sources say of one doubted value.

    Attributes:
        value: the one that is suggested; None where the sources do not suffice to say so.
        candidates: every other value that is stated, the one with most votes first.
        for_present: resources that state the present value, the doubted source included.
        zh, en: the evidence in words, without any value.
    """

    value: str | None
    candidates: tuple[Candidate, ...]
    for_present: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True)
class Answerable:
    """How many findings of a ticket other sources have an answer to.

    Attributes:
        of: findings that stand.
        single: those for which exactly one other source states another value.
        several: those for which two or more agree on another value.
    """

    of: int
    single: int
    several: int


def from_record(record: RecordView) -> SuggestedValue:
    """The value that more sources state than the present one, if a single one has most votes."""
    present = record.values.get(record.item or "")
    votes: dict[str, list[tuple[str, datetime | None]]] = {}
    for one in sorted(record.sources, key=lambda one: (one.role != AUTHORITY, one.resource)):
        if one.value is not None:
            votes.setdefault(one.value, []).append((one.resource, one.observed))
    own = tuple(name for name, _ in votes.pop(present, [])) if present is not None else ()
    candidates = sorted(
        (_candidate(value, said) for value, said in votes.items()),
        key=lambda one: (-len(one.stated_by), -(one.newest.timestamp() if one.newest else 0)),
    )
    return _judged(candidates, own)


def _candidate(value: str, said: Sequence[tuple[str, datetime | None]]) -> Candidate:
    newest = max((at for _, at in said if at is not None), default=None)
    return Candidate(value, tuple(dict.fromkeys(name for name, _ in said)), newest)


def _judged(candidates: Sequence[Candidate], own: tuple[str, ...]) -> SuggestedValue:
    if not candidates:
        return SuggestedValue(
            None,
            (),
            own,
            "没有其他来源给出不同的值，无从建议。",
            "No other source states another value; nothing to suggest.",
        )
    best = candidates[0]
    votes, against = len(best.stated_by), len(own)
    tied = len(candidates) > 1 and len(candidates[1].stated_by) == votes
    day = f"{best.newest:%Y-%m-%d}" if best.newest else "?"
    if tied or votes <= against:
        return SuggestedValue(
            None, tuple(candidates), own,
            f"其他来源给出 {len(candidates)} 个值，最多 {votes} 方一致，现值 {against} 方一致：证据不足，请核实原始档案。",
            f"Other values stated: {len(candidates)}; sources of the commonest: {votes}, of the present one: {against}. Not enough; see the file.",
        )  # fmt: skip
    return SuggestedValue(
        best.value, tuple(candidates), own,
        f"{votes} 方来源一致（最近 {day}），现值仅 {against} 方：建议核实后采用。",
        f"{votes} sources agree (the newest of {day}), {against} state the present value: suggested, to be verified.",
    )  # fmt: skip


def of_key(reader: LakeReader, city: City, resource: str, item: str, value: str) -> SuggestedValue:
    """The code in force that a wrong or former key leads to, by the alias table."""
    for name, library in city.register.libraries.items():
        if library.key_in.get(resource) != item or not reader.has(alias_name(name)):
            continue
        aliases = reader.table(alias_name(name))
        mine = aliases.filter((aliases["alias"] == value) & ~aliases["ambiguous"])
        found = reader.engine.to_arrow(mine.select("key", "resource", "observed")).to_pylist()
        if len({row["key"] for row in found}) == 1:
            one = _candidate(found[0]["key"], [(row["resource"], row["observed"]) for row in found])
            return SuggestedValue(
                one.value,
                (one,),
                (),
                "代码变更登记指明了现行代码。",
                "The register of changed codes names the code in force.",
            )
    return SuggestedValue(
        None, (), (),
        "主键有误时无法按主键关联其他来源；变更登记中也没有此代码，无从建议。",
        "A wrong key cannot be looked up in other sources, and no register of changes names it: nothing to suggest.",
    )  # fmt: skip


def answerable(reader: LakeReader, compared: Compared, authority: str, keys: ir.Table, of: int) -> Answerable:
    """How many of ``keys`` (``key``, distinct and staged) other sources have one other value for."""
    rows = verdicts(reader, compared, authority, keys, witnesses_of(compared, authority, fallback=True))
    counted = rows.agg(
        single=(rows["agreeing"] == 1).sum().fill_null(0), several=(rows["agreeing"] > 1).sum().fill_null(0)
    )
    (row,) = reader.engine.to_arrow(counted).to_pylist()
    return Answerable(of, int(row["single"]), int(row["several"]))
