"""The loop of problem data: tickets with their whole life, reports, confirmed values.

Tickets opened before are carried over: their events are written anew in the new words, under short ids. What the queues show is a
projection; it is left empty here and made from the events when the hub opens the database (`hub.hub.Hub.upgrade`).
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.engine import Connection

from ledger.guards import install_append_only
from quality.tickets import tables as tickets

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the operational database from the revision before to this one."""
    connection = op.get_bind()
    kept = _kept(connection)
    for name in ("ticket_finding", "ticket_event_finding", "ticket", "ticket_event"):
        op.drop_table(name)
    _make_events()
    _make_projection()
    _make_reports()
    _carry_over(connection, *kept)
    install_append_only(connection, tickets.ticket_event, tickets.ticket_event_finding)


def _make_events() -> None:
    op.create_table(
        "ticket_event",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("snapshot", _BIG, nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), server_default="system", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_event")),
        sa.UniqueConstraint("ticket", "seq", name=op.f("uq_ticket_event_ticket")),
    )
    op.create_index(op.f("ix_ticket_event_snapshot"), "ticket_event", ["snapshot"])
    op.create_table(
        "ticket_event_finding",
        sa.Column("event", _BIG, autoincrement=False, nullable=False),
        sa.Column("fingerprint", _fingerprint(), nullable=False),
        sa.PrimaryKeyConstraint("event", "fingerprint", name=op.f("pk_ticket_event_finding")),
        sqlite_with_rowid=False,
    )


def _make_projection() -> None:
    op.create_table(
        "ticket",
        sa.Column("id", sa.Text(), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "channel")],
        sa.Column("snapshot", _BIG, nullable=True),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("resource", "rule")],
        sa.Column("item", sa.Text(), nullable=True),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("department", "severity", "state")],
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=True),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("limit", "limit_kind")],
        sa.Column("limit_from", sa.DateTime(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in ("findings_total", "findings_open", "unproven")],
        sa.Column("accepted_at", sa.DateTime(), nullable=True),
        *[sa.Column(name, sa.Text(), nullable=True) for name in ("assignee", "asked_until", "answer", "answer_batch")],
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        *[sa.Column(name, sa.DateTime(), nullable=True) for name in ("overdue_at", "rectified_at", "notified_at")],
        sa.Column("reporter", sa.Text(), nullable=True),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in ("reports", "rounds")],
        *[sa.Column(name, sa.Text(), nullable=True) for name in ("group", "merged_into")],
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
    )
    op.create_index("ix_ticket_due", "ticket", ["is_open", "due_at", "id"])
    op.create_index("ix_ticket_queue", "ticket", ["department", "is_open", "due_at", "id"])
    op.create_index("ix_ticket_state", "ticket", ["state", "due_at", "id"])
    op.create_index("ix_ticket_rule", "ticket", ["resource", "rule", "state"])
    op.create_index("ix_ticket_reporter", "ticket", ["reporter"])
    op.create_table(
        "ticket_finding",
        sa.Column("fingerprint", _fingerprint(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("ended_by", _BIG, nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", "ticket", name=op.f("pk_ticket_finding")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_ticket_finding_ticket"), "ticket_finding", ["ticket"])


def _make_reports() -> None:
    op.create_table(
        "problem_report",
        *[sa.Column(name, sa.Text(), nullable=False) for name in ("id", "ticket", "kind", "channel", "reporter", "reporter_name")],
        *[sa.Column(name, sa.Text(), nullable=True) for name in ("reporter_department", "reference")],
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("fingerprint", _fingerprint(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_report")),
        sa.UniqueConstraint("reporter", "reference", name=op.f("uq_problem_report_reporter")),
    )  # fmt: skip
    op.create_index(op.f("ix_problem_report_ticket"), "problem_report", ["ticket"])
    op.create_index(op.f("ix_problem_report_fingerprint"), "problem_report", ["fingerprint"])
    op.create_table(
        "confirmed_value",
        sa.Column("fingerprint", _fingerprint(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", "value", name=op.f("pk_confirmed_value")),
    )
    op.create_index(op.f("ix_confirmed_value_ticket"), "confirmed_value", ["ticket"])


def _fingerprint() -> Any:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


Rows = list[dict[str, Any]]


def _kept(connection: Connection) -> tuple[Rows, Rows]:
    """The events of before, in order, and the findings they are about."""
    events = sa.table("ticket_event", *map(sa.column, ("id", "ticket", "seq", "at", "event", "snapshot", "payload")))
    links = sa.table("ticket_event_finding", sa.column("event"), sa.column("fingerprint"))
    at = sa.type_coerce(events.c.at, sa.DateTime()).label("at")
    columns = [at if one.name == "at" else one for one in events.c]
    return (
        [dict(row) for row in connection.execute(sa.select(*columns).order_by(events.c.id)).mappings()],
        [dict(row) for row in connection.execute(sa.select(links)).mappings()],
    )


def _carry_over(connection: Connection, events: Rows, links: Rows) -> None:
    names: dict[str, str] = {}
    numbers: dict[str, int] = {}
    places: dict[int, int] = {}
    made: Rows = []
    for one in events:
        said = json.loads(one["payload"])
        if one["event"] == "opened":
            day = one["ticket"][:10]
            numbers[day] = numbers.get(day, 0) + 1
            names[one["ticket"]] = f"{day}-{numbers[day]:04d}"
        for event, seq, payload in _in_new_words(one, said):
            made.append(
                {
                    "id": len(made) + 1, "ticket": names[one["ticket"]], "seq": seq, "at": one["at"], "event": event,
                    "snapshot": one["snapshot"], "payload": json.dumps(payload, ensure_ascii=False, sort_keys=True),
                    "actor": f"person:{said['by']}" if "by" in said else "system",
                }
            )  # fmt: skip
            places.setdefault(one["id"], len(made))
    if made:
        target = sa.table(
            "ticket_event",
            *[sa.column(name) for name in ("id", "ticket", "seq", "event", "snapshot", "payload", "actor")],
            sa.column("at", sa.DateTime()),
        )
        op.bulk_insert(target, made)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "SELECT setval(pg_get_serial_sequence('ticket_event', 'id'), max(id)) FROM ticket_event"
            )
    if links:
        target = sa.table("ticket_event_finding", sa.column("event"), sa.column("fingerprint"))
        op.bulk_insert(target, [{"event": places[one["event"]], "fingerprint": one["fingerprint"]} for one in links])


def _in_new_words(one: dict[str, Any], said: dict[str, Any]) -> list[tuple[str, int, dict[str, Any]]]:
    """An event of before as event, place in the stream, and payload: opening is found and routed now."""
    seq = one["seq"] + 1
    if one["event"] == "accepted":
        return [("accepted", seq, {"assignee": f"person:{said['by']}"})]
    if one["event"] != "opened":
        return [(one["event"], seq, {**said, "unproven": 0})]
    limit = {
        "kind": "legal", "text": "5wd", "received_at": said["received_at"], "due": said["due"], "due_at": said["due_at"],
        "provisional": said["due_provisional"],
    }  # fmt: skip
    found = {
        "kind": "findings", "channel": "monitor", "resource": said["resource"], "rule": said["rule"], "item": None,
        "department": said["department"], "severity": said["severity"], "findings": said["findings"],
        "profile": said["profile"], "limit": limit, "former_id": one["ticket"],
    }  # fmt: skip
    return [("found", 1, found), ("routed", 2, {"department": said["department"], "limit": limit})]
