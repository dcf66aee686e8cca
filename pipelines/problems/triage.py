"""Triage for stewards, as every door uses it: many tickets at once, whom to ask, which value might be right, what one cause explains.

Everything here is advice with its evidence; nothing is decided by it. Tickets are read as their actor may see them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ibis.expr.types as ir

from catalog.city import City
from pipelines.fusion.shape import item_of
from pipelines.problems import ownership, suggesting
from pipelines.problems.batching import Order, TicketAnswer, batch, remind
from pipelines.problems.desk import ProblemDesk
from pipelines.problems.diagnosing import Cause, CauseKind, Diagnosis, by_weight
from pipelines.problems.failing import (
    Compared,
    compared_items,
    findings_of_batch,
    of_agreement,
    rows_of_resource,
    standing_findings,
)
from pipelines.problems.ownership import EVEN, MIXED, NONE, SuggestedOwner
from pipelines.problems.records import RecordView
from pipelines.problems.suggesting import Answerable, SuggestedValue
from policy.clock import legal_date
from quality.rulebook import Rulebook
from quality.tickets.events import TicketRow
from quality.tickets.permissions import Actor
from quality.tickets.queue import QueueFilter
from warehouse.lake import LakeReader


class TicketTriage:
    """Advice on tickets.

    Args:
        city, rulebook: what is declared.
        desk: the loop.
    """

    def __init__(self, *, city: City, rulebook: Rulebook, desk: ProblemDesk) -> None:
        self._city = city
        self._rulebook = rulebook
        self._desk = desk

    def batch(
        self, chosen: Sequence[str] | QueueFilter, order: Order, actor: Actor, now: datetime
    ) -> list[TicketAnswer]:
        """Carry out an order on many tickets, each for itself; `pipelines.problems.batching.batch`."""
        return batch(self._desk, chosen, order, actor, now)

    def remind(self, ticket: str, actor: Actor, now: datetime) -> TicketRow:
        """Remind a department by hand, once a day."""
        return remind(self._desk, ticket, actor, now)

    def owner(self, ticket: str, actor: Actor) -> SuggestedOwner:
        """The department whose value is likely the wrong one, with the numbers behind it."""
        one = self._desk.show(ticket, actor).ticket
        with self._desk.viewer.open() as reader:
            return self._owner(reader, one, self._standing(reader, one, actor))

    def causes(self, ticket: str, actor: Actor, now: datetime) -> list[Cause]:
        """What many findings of a ticket have in common, the cause that explains most first."""
        one = self._desk.show(ticket, actor).ticket
        with self._desk.viewer.open() as reader:
            standing = self._standing(reader, one, actor)
            rows = rows_of_resource(reader, self._city, one)
            if rows is None:
                return []
            resource = self._city.resource(one.resource)
            diagnosis = Diagnosis(
                reader.engine, self._city, resource, one.item, self._rulebook.rule(one.rule),
                self._rulebook.of(one.resource), legal_date(now),
            )  # fmt: skip
            found = diagnosis.causes(rows, standing)
            alone = self._alone(self._owner(reader, one, standing), one)
        return by_weight([*found, *alone])

    def answerable(self, ticket: str, actor: Actor) -> Answerable | None:
        """How many findings other sources have another value for; None where no other source has the item."""
        one = self._desk.show(ticket, actor).ticket
        compared = self._compared(one)
        if compared is None:
            return None
        with self._desk.viewer.open() as reader:
            standing = self._standing(reader, one, actor)
            keys = self._keys(reader, one, compared, standing)
            return suggesting.answerable(reader, compared, one.resource, keys, self._size(reader, keys))

    def value(
        self, ticket: str, fingerprint: str, actor: Actor, purpose: str, now: datetime
    ) -> tuple[RecordView, SuggestedValue]:
        """One record in clear with the value that other sources suggest; logged before it is read, as every reveal.

        Raises:
            NotFound: no such ticket or finding.
            UserError: no purpose was stated.
        """
        record = self._desk.reveal(ticket, fingerprint, actor, purpose, now)
        return record, self.suggested(record)

    def suggested(self, record: RecordView) -> SuggestedValue:
        """What other sources suggest for a record that was revealed."""
        item = record.item
        keys = {library.key_in.get(record.resource) for library in self._city.register.libraries.values()}
        if item is not None and item in keys:
            value = record.values.get(item) or record.key
            with self._desk.viewer.open() as reader:
                return suggesting.of_key(reader, self._city, record.resource, item, value)
        return suggesting.from_record(record)

    def of_batch(self, ticket: str, actor: Actor, batch: str) -> list[str]:
        """Fingerprints of the findings that stand in a ticket and were last seen in a batch; to split them off."""
        one = self._desk.show(ticket, actor).ticket
        with self._desk.viewer.open() as reader:
            return findings_of_batch(reader, self._desk.tickets, one, batch)

    # --- parts ----------------------------------------------------------------------------------------------------

    def _standing(self, reader: LakeReader, one: TicketRow, actor: Actor) -> ir.Table:
        return standing_findings(reader, self._desk.tickets, one, self._desk.reports(one.id, actor))

    def _owner(self, reader: LakeReader, one: TicketRow, standing: ir.Table) -> SuggestedOwner:
        of = self._size(reader, standing)
        compared = self._compared(one)
        agreement = of_agreement(self._city, one.rule) is not None
        if compared is not None and (agreement or one.reports):
            keys = self._keys(reader, one, compared, standing)
            authority = one.resource if agreement else compared.entry.authority
            return ownership.of_sources(reader, self._city, compared, authority, keys, of)
        rule = self._rulebook.rule(one.rule)
        side = ownership.other_side(rule) if rule is not None else None
        rows = rows_of_resource(reader, self._city, one)
        if side is None or rows is None:
            return ownership.by_default(self._city, one.resource, of)
        failing = rows.semi_join(standing, rows["_row_key"] == standing["row_key"])
        return ownership.of_sides(reader, self._city, one.resource, side, failing, of)

    def _compared(self, one: TicketRow) -> Compared | None:
        agreement = of_agreement(self._city, one.rule)
        if agreement is not None:
            return agreement
        found = compared_items(self._city, one.resource, one.item)
        return found[0] if found else None

    def _keys(self, reader: LakeReader, one: TicketRow, compared: Compared, standing: ir.Table) -> ir.Table:
        """The library's keys of the rows that a ticket speaks of."""
        rows = rows_of_resource(reader, self._city, one)
        if rows is None or of_agreement(self._city, one.rule) is not None:
            return reader.engine.stage(standing.select(key="row_key").distinct(), "_keys")
        mine = rows.semi_join(standing, rows["_row_key"] == standing["row_key"])
        keys = mine.select(key=mine[compared.library.key_in[one.resource]].cast("string")).distinct()
        return reader.engine.stage(keys.filter(keys["key"].notnull()), "_keys")

    def _alone(self, owner: SuggestedOwner, one: TicketRow) -> list[Cause]:
        """One source that stands alone in most findings is a cause of its own."""
        compared = of_agreement(self._city, one.rule)
        if compared is None or not owner.supported or owner.resource in (EVEN, MIXED, NONE):
            return []
        item = item_of(owner.resource, compared.name, compared.entry)
        return [
            Cause(
                kind=CauseKind.SOURCE, explained=owner.supported, of=owner.of, zh=owner.zh.rstrip("。"), en=owner.en.rstrip("."),
                todo_zh=f"请该部门核对并更正 {owner.resource} 的 {item}。",
                todo_en=f"Have this department check and correct {item} of {owner.resource}.",
                facts={"resource": owner.resource, "department": owner.department, **owner.tally},
            )
        ]  # fmt: skip

    def _size(self, reader: LakeReader, table: ir.Table) -> int:
        return int(reader.engine.to_arrow(table.count()).column(0)[0].as_py())
