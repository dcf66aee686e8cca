"""Keeps corrections and their receivers, and reads them back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from exchange.corrections.model import Correction, Receiver
from exchange.corrections.tables import correction, correction_receiver
from quality.repairs import Repair

_LOCK = 0x5348_5559_434F_5252  # "SHUYCORR": one at a time gives out places in the feed of a PostgreSQL database


def known(connection: Connection, publication: int) -> bool:
    """Whether the corrections of a publication are kept already."""
    found = sa.select(correction.c.seq).where(correction.c.publication == publication).limit(1)
    return connection.execute(found).first() is not None


def add(connection: Connection, corrections: Sequence[Correction]) -> list[Correction]:
    """Keep corrections, each at its place in the feed; they come back with it."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    last = sa.select(correction.c.seq + correction.c.records).order_by(correction.c.seq.desc()).limit(1)
    place = connection.execute(last).scalar() or 1
    placed = []
    for one in corrections:
        placed.append(replace(one, seq=place))
        place += one.records
    if placed:
        connection.execute(sa.insert(correction), [asdict(one) for one in placed])
    return placed


def add_receivers(connection: Connection, receivers: Iterable[Receiver]) -> None:
    """Keep who is told."""
    rows = [{_COLUMN.get(name, name): value for name, value in asdict(one).items()} for one in receivers]
    if rows:
        connection.execute(sa.insert(correction_receiver), rows)


def corrections(connection: Connection, ticket: str | None = None, *, tickets: int | None = None) -> list[Correction]:
    """Corrections of one ticket or all, the newest first; with ``tickets`` those of the last so many, each whole."""
    column = correction.c
    found = sa.select(correction).order_by(column.seq.desc())
    if ticket is not None:
        found = found.where(column.ticket == ticket)
    if tickets is not None:
        last = sa.select(sa.func.min(column.seq).label("first")).group_by(column.publication, column.ticket)
        if ticket is not None:
            last = last.where(column.ticket == ticket)
        newest = last.order_by(sa.func.min(column.seq).desc()).limit(tickets).subquery()
        # The rows of a ticket lie one behind another in the feed.
        found = found.where(column.seq >= sa.select(sa.func.min(newest.c.first)).scalar_subquery())
    return [_as_correction(row) for row in connection.execute(found).mappings()]


def after(connection: Connection, seq: int, keys: int) -> list[Correction]:
    """Corrections with places in the feed behind ``seq``, in order, until ``keys`` keys are covered."""
    last = correction.c.seq + correction.c.records - 1
    found = sa.select(correction).where(last > seq, correction.c.seq <= seq + keys).order_by(correction.c.seq)
    return [_as_correction(row) for row in connection.execute(found).mappings()]


def last_place(connection: Connection) -> int:
    """The last place of the feed that is given out; 0 where there is none."""
    last = sa.select(correction.c.seq + correction.c.records - 1).order_by(correction.c.seq.desc()).limit(1)
    return int(connection.execute(last).scalar() or 0)


def receivers(
    connection: Connection, *, ticket: str | None = None, publications: Collection[int] | None = None
) -> list[Receiver]:
    """Receivers of one ticket's corrections, or of some publications', or all."""
    column = correction_receiver.c
    found = sa.select(correction_receiver).order_by(
        column.publication.desc(), column.ticket, column.receiver, column.via, column.user_id
    )
    if ticket is not None:
        found = found.where(column.ticket == ticket)
    if publications is not None:
        found = found.where(column.publication.in_(list(publications)))
    return [_as_receiver(row) for row in connection.execute(found).mappings()]


def told_of(connection: Connection, names: Collection[str], pairs: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Of these publications and tickets, the ones of which any of ``names`` is told."""
    column = correction_receiver.c
    found = sa.select(column.publication, column.ticket).where(
        column.receiver.in_(list(names)),
        column.publication.in_({publication for publication, _ in pairs}),
    )
    return {(row.publication, row.ticket) for row in connection.execute(found)} & set(pairs)


def acknowledge(connection: Connection, ticket: str, names: Collection[str], by: str, now: datetime) -> int:
    """Note that receivers have seen the corrections of a ticket; how many had not."""
    column = correction_receiver.c
    done = connection.execute(
        sa.update(correction_receiver)
        .where(column.ticket == ticket, column.receiver.in_(list(names)), column.acknowledged_at.is_(None))
        .values(acknowledged_at=now, acknowledged_by=by)
    )
    return done.rowcount


_COLUMN = {"user": "user_id"}


def _as_correction(row: RowMapping) -> Correction:
    facts = {field.name: row[field.name] for field in fields(Correction)}
    return Correction(**{**facts, "kind": Repair(facts["kind"])})


def _as_receiver(row: RowMapping) -> Receiver:
    return Receiver(**{field.name: row[_COLUMN.get(field.name, field.name)] for field in fields(Receiver)})
