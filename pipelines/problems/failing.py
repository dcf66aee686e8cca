"""Which rows does a ticket speak of now? The findings that stand in it, and the standard rows they are about.

For reading many at once, set-based; `pipelines.problems.viewing` shows them one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import pyarrow as pa

from catalog.city import City
from catalog.register import Library, RegisteredItem
from pipelines.discovery import FINDINGS
from pipelines.fusion.shape import item_of
from quality.row_key import row_key_of
from quality.tickets import store
from quality.tickets.events import Kind, TicketRow
from quality.tickets.reports import KeptReport
from quality.tickets.service import TicketService
from warehouse.lake import LakeReader

NAMED = pa.schema([("row_key", pa.string()), ("item", pa.string())])


@dataclass(frozen=True)
class Compared:
    """An item that a library takes from several sources: which library, its name there, and the register's entry."""

    library_id: str
    library: Library
    name: str
    entry: RegisteredItem


def standing_findings(
    reader: LakeReader, tickets: TicketService, ticket: TicketRow, reports: Sequence[KeptReport]
) -> ir.Table:
    """``row_key, item`` of the findings that stand in a ticket, staged; of a report the record it is about."""
    if ticket.kind is not Kind.FINDINGS:
        said = {(one.said.row_key, one.said.item or "") for one in reports}
        rows = {"row_key": [one for one, _ in said], "item": [item for _, item in said]}
        return reader.engine.load("_standing", pa.table(rows, schema=NAMED))
    found = _of_ticket(reader, tickets, ticket)
    if found is None:
        return reader.engine.load("_standing", NAMED.empty_table())
    return reader.engine.stage(found.select("row_key", "item").distinct(), "_standing")


def findings_of_batch(reader: LakeReader, tickets: TicketService, ticket: TicketRow, batch: str) -> list[str]:
    """Fingerprints of the findings that stand in a ticket and were last seen in a batch."""
    found = _of_ticket(reader, tickets, ticket)
    if found is None:
        return []
    mine = found.filter(found["batch"] == batch).select("fingerprint").order_by("fingerprint")
    return [str(one) for one in reader.engine.to_arrow(mine)["fingerprint"].to_pylist()]


def _of_ticket(reader: LakeReader, tickets: TicketService, ticket: TicketRow) -> ir.Table | None:
    """The rows of the findings that stand in a ticket; None where no findings were ever written."""
    if not reader.has(FINDINGS):
        return None
    with tickets.db.begin() as connection:
        names = [row[0] for row in connection.execute(store.standing(ticket.id))]
    mine = reader.engine.load("_fingerprints", pa.table({"fingerprint": pa.array(names, pa.string())}))
    return reader.table(FINDINGS).semi_join(mine, "fingerprint")


def rows_of_resource(reader: LakeReader, city: City, ticket: TicketRow) -> ir.Table | None:
    """The standard table of a ticket's resource with ``_row_key`` as its findings name rows; None where there is none."""
    name = f"standard.{ticket.resource}"
    if not reader.has(name):
        return None
    table = reader.table(name)
    compared = of_agreement(city, ticket.rule)
    if compared is not None:
        key = table[compared.library.key_in[ticket.resource]].cast("string")
    else:
        key = row_key_of(table, city.resource(ticket.resource).key)
    return table.mutate(_row_key=key)


def of_agreement(city: City, rule: str) -> Compared | None:
    """The item that an agreement rule compares; None for any other rule."""
    kind, _, rest = rule.partition(".")
    library, _, name = rest.partition(".")
    known = city.register.libraries.get(library)
    if kind != "agreement" or known is None or name not in known.items:
        return None
    return Compared(library, known, name, known.items[name])


def compared_items(city: City, resource: str, item: str | None) -> list[Compared]:
    """Where libraries take an item of a resource, with other sources beside it."""
    return [
        Compared(library_id, library, name, entry)
        for library_id, library in city.register.libraries.items()
        if resource in library.key_in
        for name, entry in library.items.items()
        if resource in [*entry.origins, *entry.corroborating]
        and item_of(resource, name, entry) == item
        and len({*entry.origins, *entry.corroborating}) > 1
    ]
