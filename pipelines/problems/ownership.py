"""Whose value is likely the wrong one? Evidence counted over the findings of a ticket, and the department it points to.

By default the owner of the resource: it must answer (Haishu 27). Where sources differ, those that agree with each other bear
witness against the one that stands alone; one against one proves nothing, and the authority is asked first. Where two
resources contradict each other, the side that changed last brought the contradiction about. Counts, never values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import ibis
import ibis.expr.types as ir

from catalog.city import City
from pipelines.fusion.shape import DATATYPES, OBSERVED, item_of
from pipelines.problems.failing import Compared
from quality import relation_kinds as rk
from quality.rules import Rule
from warehouse.lake import LakeReader

EVEN, MIXED, NONE = "even", "mixed", "none"
"""One against one; every way at once; nobody else says anything."""
UNDECIDED: dict[str, str] = {
    EVEN: "一对一，无从判断 one against one",
    MIXED: "各说不一 every way at once",
    NONE: "无其他来源 nobody else says anything",
}
OWN, OTHER = "own", "other"


@dataclass(frozen=True, kw_only=True)
class SuggestedOwner:
    """The department to ask first, and why.

    Attributes:
        department: its id.
        resource: its resource whose value is doubted.
        supported, of: findings that point there, of how many that stand.
        tally: resource (or ``even``, ``mixed``, ``none``) -> findings that point to it.
        zh, en: the evidence in words.
    """

    department: str
    resource: str
    supported: int
    of: int
    tally: Mapping[str, int] = field(default_factory=dict)
    zh: str
    en: str


def by_default(city: City, resource: str, of: int, tally: Mapping[str, int] | None = None) -> SuggestedOwner:
    """The owner of the resource, since nothing points elsewhere."""
    department = city.department_of(resource)
    return SuggestedOwner(
        department=department.id, resource=resource, supported=0, of=of, tally=dict(tally or {}),
        zh=f"没有过半证据指向其他来源，由资源的主管部门{department.name}先行核对。",
        en=f"No majority of the evidence points elsewhere: {department.id}, the owner of the resource, is asked first.",
    )  # fmt: skip


def of_sources(
    reader: LakeReader, city: City, compared: Compared, authority: str, keys: ir.Table, of: int
) -> SuggestedOwner:
    """The source that stands alone against others that agree, for most of ``keys``.

    Args:
        reader: the published lake.
        city: what is declared.
        compared: the item of the library.
        authority: the resource that decides for these keys.
        keys: ``key`` of the library, distinct and staged.
        of: how many findings stand.
    """
    tally = source_tally(reader, compared, authority, keys)
    decided = {name: number for name, number in tally.items() if name not in (EVEN, MIXED, NONE)}
    best = max(decided, key=lambda name: (decided[name], name == authority), default=None)
    if best is None or decided[best] * 2 <= of:
        return by_default(city, authority, of, tally)
    department, number = city.department_of(best), decided[best]
    against = "佐证来源彼此一致，而与权威来源不同" if best == authority else "仅此来源不同，权威来源与其余佐证来源一致"
    why = (
        "the other sources agree with each other and not with the authority"
        if best == authority
        else "this source alone differs from the authority and the others"
    )
    return SuggestedOwner(
        department=department.id, resource=best, supported=number, of=of, tally=tally,
        zh=f"{number}/{of} 条指向{department.name}（{city.resource(best).title}）：{against}。",
        en=f"{number} of {of} findings point to {department.id} ({best}): {why}.",
    )  # fmt: skip


def source_tally(reader: LakeReader, compared: Compared, authority: str, keys: ir.Table) -> dict[str, int]:
    """Resource, or ``even``, ``mixed``, ``none`` -> keys for which it is the one that stands alone."""
    rows = verdicts(reader, compared, authority, keys, witnesses_of(compared, authority))
    counted = rows.group_by("verdict").agg(number=lambda table: table.count())
    found = reader.engine.to_arrow(counted).to_pylist()
    return {row["verdict"]: row["number"] for row in sorted(found, key=lambda row: (-row["number"], row["verdict"]))}


def witnesses_of(compared: Compared, own: str, *, fallback: bool = False) -> list[str]:
    """The resources that bear witness beside ``own``: those that corroborate, and the authority where it is another one.

    Another authority decides for other keys and bears none. With ``fallback`` those too that only fill gaps.
    """
    entry = compared.entry
    first = [] if own in entry.authorities else entry.authorities
    named = [*first, *entry.corroborating, *(entry.fallback if fallback else [])]
    return [name for name in dict.fromkeys(named) if name != own]


def verdicts(
    reader: LakeReader, compared: Compared, authority: str, keys: ir.Table, witnesses: Sequence[str]
) -> ir.Table:
    """``key, verdict, witnesses, agreeing``: who stands alone; how many others say something, and how many of them the same.

    ``agreeing`` is the number of witnesses that state another value than ``authority``, where they all state the same.
    """
    joined, present = _beside(reader, compared, authority, keys, witnesses)
    own = joined["_own"]
    said = {name: joined[name] for name in present}
    if not said:
        return joined.select("key", verdict=ibis.literal(NONE), witnesses=ibis.literal(0), agreeing=ibis.literal(0))
    differs = {name: _differs(joined, value) for name, value in said.items()}
    number = _number([value.notnull() for value in said.values()])
    against = _number(list(differs.values()))
    others = [ibis.ifelse(differs[name], value, ibis.null("string")) for name, value in said.items()]
    alike = _alike(others)
    alone = [((against == 1) & (number >= 2) & own.notnull() & differs[name], ibis.literal(name)) for name in present]
    verdict = ibis.cases(
        (number == 0, ibis.literal(NONE)),
        (against == 0, ibis.literal(NONE)),
        ((against == number) & (number >= 2) & alike, ibis.literal(authority)),
        *alone,
        ((against == 1) & (number == 1), ibis.literal(EVEN)),
        else_=ibis.literal(MIXED),
    )
    return joined.select("key", verdict=verdict, witnesses=number, agreeing=ibis.ifelse(alike, against, 0))


def _beside(
    reader: LakeReader, compared: Compared, own: str, keys: ir.Table, witnesses: Sequence[str]
) -> tuple[ir.Table, list[str]]:
    """Each key with the value of ``own``, what excuses it, and a column per witness that has rows; as text."""
    entry = compared.entry
    excuses = {f"_or_{name}": name for name in entry.also_agrees_with} if own in entry.authorities else {}
    parts = {"_own": _values(reader, compared, own, {"_own": item_of(own, compared.name, entry), **excuses}, keys)}
    parts |= {
        name: _values(reader, compared, name, {name: item_of(name, compared.name, entry)}, keys) for name in witnesses
    }
    joined = keys.select("key")
    for part in parts.values():
        if part is not None:
            joined = joined.left_join(part, joined["key"] == part["_key"]).drop("_key")
    missing = {name: ibis.null("string") for name in ["_own", *excuses] if name not in joined.columns}
    return reader.engine.stage(joined.mutate(**missing), "_beside"), [
        name for name in witnesses if name in joined.columns
    ]


def _values(
    reader: LakeReader, compared: Compared, resource: str, columns: Mapping[str, str], keys: ir.Table
) -> ir.Table | None:
    """``_key`` and the newest value of each column, of the keys asked about; None where the resource has no rows."""
    if not reader.has(f"standard.{resource}"):
        return None
    table = reader.table(f"standard.{resource}")
    known = {name: item for name, item in columns.items() if item in table.columns}
    key = table[compared.library.key_in[resource]].cast("string")
    kind = DATATYPES[compared.entry.type]
    rows = table.select(
        _key=key, _at=table[OBSERVED], **{name: table[item].cast(kind).cast("string") for name, item in known.items()}
    )
    rows = rows.semi_join(keys, rows["_key"] == keys["key"])
    return rows.group_by("_key").agg(**{name: rows[name].argmax(rows["_at"]) for name in known})


def _differs(joined: ir.Table, value: ir.Value) -> ir.BooleanValue:
    """Whether a witness says something else than the authority, and than what excuses it."""
    excuses = [name for name in joined.columns if name.startswith("_or_")]
    same = [(value == joined[name]).fill_null(False) for name in ["_own", *excuses]]
    return value.notnull() & ~reduce(lambda one, other: one | other, same)


def _alike(values: Sequence[ir.Value]) -> ir.BooleanValue:
    """All of the values that are there are equal; true of none."""
    if len(values) == 1:
        return ibis.literal(True)
    return (ibis.greatest(*values) == ibis.least(*values)).fill_null(True)


def _number(flags: Sequence[ir.BooleanValue]) -> ir.IntegerValue:
    counted: list[ir.IntegerValue] = [flag.cast("int64") for flag in flags]
    return reduce(lambda one, other: one + other, counted)


@dataclass(frozen=True)
class OtherSide:
    """The other resource of a rule across resources: where it is joined."""

    resource: str
    item: str
    own_item: str


def other_side(rule: Rule) -> OtherSide | None:
    """What a rule compares with; None where it looks at its own resource only."""
    match rule.check:
        case rk.InReference() as check if check.part is None:
            return OtherSide(check.resource, check.item, rule.item)
        case rk.AbsentInReference() as check:
            return OtherSide(check.resource, check.item, rule.item)
        case rk.Cross() as check:
            return OtherSide(check.other, check.other_key or check.key, check.key)
        case rk.AgreesWith() as check:
            return OtherSide(check.resource, check.other_key or check.key, check.key)
        case _:
            return None


def of_sides(reader: LakeReader, city: City, resource: str, side: OtherSide, rows: ir.Table, of: int) -> SuggestedOwner:
    """The side that changed last, for most of the findings: it brought the contradiction about.

    Where the other side has no such row, its newest delivery decides: it had its chance to hold it, or it lags behind.

    Args:
        reader: the published lake.
        city: what is declared.
        resource: the ticket's own.
        side: the other one.
        rows: the failing rows of the ticket.
        of: how many findings stand.
    """
    if not reader.has(f"standard.{side.resource}"):
        return by_default(city, resource, of)
    there = reader.table(f"standard.{side.resource}")
    theirs = there.group_by(_key=there[side.item].cast("string")).agg(_their=there[OBSERVED].max())
    newest = there.agg(_newest=there[OBSERVED].max())
    own = rows.select(_own_key=rows[side.own_item].cast("string"), _at=rows[OBSERVED])
    joined = own.left_join(theirs, own["_own_key"] == theirs["_key"]).cross_join(newest)
    present = joined["_their"].notnull()
    verdict = ibis.cases(
        (present & (joined["_at"] > joined["_their"]), ibis.literal(OWN)),
        (present & (joined["_at"] < joined["_their"]), ibis.literal(OTHER)),
        (present, ibis.literal(EVEN)),
        (joined["_at"] > joined["_newest"], ibis.literal(OTHER)),
        else_=ibis.literal(OWN),
    )
    judged = joined.select(verdict=verdict, absent=~present)
    counted = judged.group_by("verdict").agg(number=judged.count(), absent=judged["absent"].sum())
    found = {row["verdict"]: row for row in reader.engine.to_arrow(counted).to_pylist()}
    names = {OWN: resource, OTHER: side.resource, EVEN: EVEN}
    tally = {names[verdict]: int(row["number"]) for verdict, row in sorted(found.items())}
    best = max((OWN, OTHER), key=lambda one: int(found[one]["number"]) if one in found else 0)
    number = int(found[best]["number"]) if best in found else 0
    if number * 2 <= of:
        return by_default(city, resource, of, tally)
    department, absent = city.department_of(names[best]), int(found[best]["absent"])
    lacks_zh = f"，其中 {absent} 条在{city.resource(side.resource).title}中没有对应记录" if absent else ""
    lacks_en = f"; {absent} of them have no row in {side.resource}" if absent else ""
    return SuggestedOwner(
        department=department.id, resource=names[best], supported=number, of=of, tally=tally,
        zh=f"{number}/{of} 条由{department.name}一侧最后变动{lacks_zh}；若其变动属实，则由另一侧跟进。",
        en=f"{number} of {of} findings: the side of {department.id} changed last{lacks_en}; if that is right, the other follows.",
    )  # fmt: skip
