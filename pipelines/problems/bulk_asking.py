"""Are many reports about records that exist, in a form that the contract takes? `pipelines.problems.asking`, set-based.

All reports on a resource are loaded into the engine once and joined to its published rows: one look at the lake per
resource and not per report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from catalog.city import City
from catalog.model import Item, Resource
from ground.errors import UserError
from pipelines.intake import contract
from pipelines.problems import asking
from quality.row_key import row_key_of
from quality.tickets.reports import ProblemReport
from warehouse.lake import LakeReader


@dataclass(frozen=True, slots=True)
class Looked:
    """What the published data say about a report: the key in the form of the standard stage, value and batch."""

    key: tuple[str, ...]
    value: str | None
    batch: str | None


def look_up(
    reader: LakeReader, city: City, reports: Mapping[int, tuple[Resource, ProblemReport]]
) -> dict[int, Looked | UserError]:
    """What is found for every report, or what is wrong with it.

    Args:
        reader: the published snapshot.
        city: what is declared.
        reports: number -> resource and report, their resource, key and item declared.
    """
    by_resource: dict[str, dict[int, ProblemReport]] = {}
    for number, (resource, report) in reports.items():
        by_resource.setdefault(resource.id, {})[number] = report
    found: dict[int, Looked | UserError] = {}
    for name, said in by_resource.items():
        found |= dict(_of_resource(reader, city, city.resource(name), said))
    return found


def _of_resource(
    reader: LakeReader, city: City, resource: Resource, said: Mapping[int, ProblemReport]
) -> Iterator[tuple[int, Looked | UserError]]:
    items = [resource.item(name) for name in sorted({one.item for one in said.values() if one.item is not None})]
    keys = [resource.item(name) for name in resource.key]
    asked = _asked(reader, resource, said, keys, items)
    for row in reader.engine.to_arrow(_found(reader, city, resource, asked, items)).to_pylist():
        report = said[row["n"]]
        broken = {one.id: code for one in keys if (code := row[f"b_{one.id}"]) is not None}
        misplaced = asking.misplaced(report, exists=row["exists"])
        if misplaced is asking.ABSENT and row["replaced"]:
            misplaced = asking.REPLACED
        if broken:
            yield row["n"], asking.broken_values(broken, "key")
        elif misplaced is not None:
            yield row["n"], UserError(*misplaced, where="key")
        elif report.item is not None and row["broken"] is not None:
            yield row["n"], asking.broken_values({report.item: row["broken"]}, "proposed")
        else:
            yield row["n"], Looked(tuple(row[f"k_{one.id}"] for one in keys), row["value"], row["batch"])


def _asked(
    reader: LakeReader,
    resource: Resource,
    said: Mapping[int, ProblemReport],
    keys: Sequence[Item],
    items: Sequence[Item],
) -> ir.Table:
    """Number, item, key in the form of the standard stage, and which reasons key and proposed value break the contract by."""
    raw = {
        "n": pa.array([*said], pa.int64()),
        "item": pa.array([one.item for one in said.values()], pa.string()),
        "proposed": pa.array([one.proposed for one in said.values()], pa.string()),
    } | {
        f"k_{item.id}": pa.array([one.key[place] for one in said.values()], pa.string())
        for place, item in enumerate(keys)
    }
    table = reader.engine.load(f"_said_{resource.id}", pa.table(raw))
    clean = reader.engine.stage(
        table.select(
            "n", "item",
            broken=_of_item(table["item"], {one: asking.breach(asking.cleaned(table["proposed"], one), one) for one in items}),
            **{f"k_{one.id}": asking.cleaned(table[f"k_{one.id}"], one) for one in keys},
        )
    )  # fmt: skip
    typed = {f"k_{one.id}": contract.convert(clean[f"k_{one.id}"], one).cast("string") for one in keys}
    broken = {f"b_{one.id}": asking.breach(clean[f"k_{one.id}"], one, needed=True) for one in keys}
    named = clean.select("n", "item", "broken", **typed, **broken)
    return reader.engine.stage(named.mutate(row_key=row_key_of(named, [f"k_{one.id}" for one in keys])))


def _found(reader: LakeReader, city: City, resource: Resource, asked: ir.Table, items: Sequence[Item]) -> ir.Table:
    """What was asked with the published row beside it."""
    name = f"standard.{resource.id}"
    if not reader.has(name):
        return asked.mutate(
            exists=ibis.literal(False),
            replaced=ibis.literal(False),
            value=ibis.null("string"),
            batch=ibis.null("string"),
        )
    rows = reader.table(name)
    texts = {f"v_{one.id}": rows[one.id].cast("string") for one in items}
    mine = rows.select(_row_key=row_key_of(rows, resource.key), batch="_batch", **texts)
    # Only the rows that are asked for are read further.
    mine = reader.engine.stage(mine.semi_join(asked, mine["_row_key"] == asked["row_key"]).distinct(on="_row_key"))
    joined = asked.left_join(mine, asked["row_key"] == mine["_row_key"])
    value = _of_item(joined["item"], {one: joined[f"v_{one.id}"] for one in items})
    former = [aliases.select(alias="alias") for aliases in asking.aliases_of(reader, city, resource)]
    replaced: ir.BooleanValue = ibis.literal(False)
    if former:
        every = reduce(lambda one, other: one.union(other), former)
        named = reader.engine.stage(every.semi_join(asked, every["alias"] == asked["row_key"]).distinct())
        replaced = joined["row_key"].isin(named["alias"])
    return joined.mutate(exists=joined["_row_key"].notnull(), replaced=replaced, value=value)


def _of_item(item: ir.StringValue, values: Mapping[Item, ir.StringValue]) -> ir.StringValue:
    """Of each row the value of the item that it names."""
    if not values:
        return ibis.null("string")
    return ibis.cases(*((item == one.id, value) for one, value in values.items()), else_=ibis.null("string"))
