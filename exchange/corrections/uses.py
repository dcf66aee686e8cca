"""Which uses does the ledger know of the places where a value was served?

The database narrows them down and counts equal ones together; what is read of each kind is its content, once.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from exchange.corrections.model import Use
from exchange.corrections.policies import earliest
from ledger.entry import Phase
from ledger.store import ledger_entry

_MOST_NAMES = 200
"""Names a condition is written of; for more, every entry is read."""


def uses(
    connection: Connection, names: Collection[str], since: datetime, moments: Sequence[tuple[int, datetime]]
) -> list[Use]:
    """Uses of tables or resources, those that failed left out (nothing was handed out).

    A use without an outcome counts as one: whoever asks who saw a value is told too much rather than too little.

    Args:
        connection: a transaction.
        names: of served tables and resources.
        since: the moment from which the ledger is read.
        moments: snapshot and moment of every publication, oldest first; for entries that do not name their snapshot.
    """
    entry = ledger_entry.c
    failed = sa.select(entry.about).where(entry.phase == Phase.FAILED, entry.about.is_not(None))
    found = (
        sa.select(
            entry.user_id, entry.grant_id, entry.content, sa.func.min(entry.seq), sa.func.max(entry.seq),
            sa.func.min(entry.at, type_=entry.at.type), sa.func.max(entry.at, type_=entry.at.type), sa.func.count(),
        )
        .where(entry.at >= since, entry.phase == Phase.USE, entry.seq.not_in(failed))
        .group_by(entry.user_id, entry.grant_id, entry.content)
        .order_by(sa.func.min(entry.seq))
    )  # fmt: skip
    if len(names) <= _MOST_NAMES:
        content = sa.func.lower(entry.content)
        found = found.where(sa.or_(*[content.contains(f'"{one.lower()}"', autoescape=True) for one in sorted(names)]))
    wanted = {one.lower() for one in names}
    read = [_use(row, moments) for row in connection.execute(found)]
    return [one for one in read if one.tables & wanted or one.resource in wanted]


def _use(row: sa.Row[Any], moments: Sequence[tuple[int, datetime]]) -> Use:
    user, grant, content, first, last, first_at, last_at, times = tuple(row)
    said: dict[str, Any] = json.loads(content)
    named = said.get("snapshot")
    seen = (
        [named, named]
        if isinstance(named, int)
        else [earliest(moments, at, visible=True) for at in (first_at, last_at)]
    )
    tables = said.get("tables")
    return Use(
        user=user,
        grant=grant,
        tables=frozenset(str(one).rpartition(".")[2].lower() for one in tables)
        if isinstance(tables, list)
        else frozenset(),
        resource=_text(said.get("resource")),
        item=_text(said.get("item")),
        finding=_text(said.get("finding")),
        seen_from=seen[0],
        seen_until=seen[1],
        first_entry=first,
        last_entry=last,
        times=times,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
