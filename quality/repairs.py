"""What repairs a finding, by its kind: the proof without which nothing is closed as 完成整改 (Haishu 27).

A value changed and the rule passes; a record is gone by tombstone (a duplicate, somebody dead); a record is under another key
through the alias table; a missing record arrived; or the other side of a comparison was put right. What is gone for none of
these reasons (a rule was withdrawn, a day went by) is no proof, and what was confirmed as right is no repair.
"""

from __future__ import annotations

import datetime
from enum import StrEnum

import ibis
import ibis.expr.types as ir


class Repair(StrEnum):
    """Why a finding is gone."""

    CHANGED = "changed"
    GONE = "gone"
    REKEYED = "rekeyed"
    ARRIVED = "arrived"
    OTHER_SIDE = "other_side"
    UNPROVEN = "unproven"
    CONFIRMED = "confirmed"


REPAIR_WORDS: dict[Repair, tuple[str, str]] = {
    Repair.CHANGED: ("值已更正", "the value was changed"),
    Repair.GONE: ("记录已注销", "the record is gone"),
    Repair.REKEYED: ("记录已换码", "the record is under another key"),
    Repair.ARRIVED: ("缺失记录已补送", "the missing record arrived"),
    Repair.OTHER_SIDE: ("对方来源已更正", "the other source was put right"),
    Repair.UNPROVEN: ("不再发现，但无批次为证", "no longer found, but no batch proves it"),
    Repair.CONFIRMED: ("经核实无误", "confirmed as right"),
}

PROVEN = (Repair.CHANGED, Repair.GONE, Repair.REKEYED, Repair.ARRIVED, Repair.OTHER_SIDE)

REPAIR_SCHEMA = ibis.schema(
    {
        "fingerprint": "string",
        "resource": "string",
        "row_key": "string",
        "item": "string",
        "rule": "string",
        "kind": "string",
        "batch_before": "string",
        "hash_before": "string",
        "batch_after": "string",
        "hash_after": "string",
        "new_key": "string",
        "repaired_at": "timestamp('UTC')",
    }
)
"""One row per finding that is gone, each time it goes. ``hash_…``: digest of the row's items, null where there is no row;
``batch_after``: the batch that put it right, null where nothing proves it."""

ROW_SCHEMA = ibis.schema({"resource": "string", "row_key": "string", "batch": "string", "hash": "string"})
"""The row that a finding is about, as it stood at one moment: batch it came in, digest of its items."""


def repairs(
    gone: ir.Table,
    before: ir.Table,
    after: ir.Table,
    *,
    rekeyed: ir.Table,
    removed: ir.Table,
    others: ir.Table,
    confirmed: ir.Table,
    at: datetime.datetime,
) -> ir.Table:
    """Why each finding is gone, with batches and row hashes.

    Args:
        gone: ``fingerprint, resource, row_key, item, rule`` of the findings that went, each once.
        before, after: `ROW_SCHEMA` of their rows at the last publication and now.
        rekeyed: ``resource, row_key, new_key, batch``: keys that the alias table leads elsewhere.
        removed: ``resource, row_key, batch``: the batch that took a row out, or may have, one row each.
        others: ``rule, resource, batch``: the newest batch of the resources on the other side of a rule, if any came.
        confirmed: ``fingerprint``: findings whose value was confirmed as right.
        at: the moment of the run, aware.

    Returns:
        `REPAIR_SCHEMA`.
    """
    own = ["resource", "row_key"]
    rows = gone
    for table, on, columns in (
        (before, own, {"_was_batch": "batch", "_was_hash": "hash"}),
        (after, own, {"_now_batch": "batch", "_now_hash": "hash"}),
        (rekeyed, own, {"_new_key": "new_key", "_alias_batch": "batch"}),
        (removed, own, {"_removed_batch": "batch"}),
        (others, ["rule", "resource"], {"_other_batch": "batch"}),
    ):
        rows = rows.left_join(table.select(*on, **columns), on).select(*rows.columns, *columns)
    named = confirmed.select(_confirmed="fingerprint").distinct()
    rows = rows.left_join(named, rows["fingerprint"] == named["_confirmed"])
    here, there = rows["_now_hash"].notnull(), rows["_was_hash"].notnull()
    kind = ibis.cases(
        (rows["_confirmed"].notnull(), Repair.CONFIRMED.value),
        (~here & rows["_new_key"].notnull(), Repair.REKEYED.value),
        (~here & there & rows["_removed_batch"].notnull(), Repair.GONE.value),
        (here & ~there, Repair.ARRIVED.value),
        (here & (rows["_now_hash"] != rows["_was_hash"]), Repair.CHANGED.value),
        (rows["_other_batch"].notnull(), Repair.OTHER_SIDE.value),
        else_=Repair.UNPROVEN.value,
    )
    batch = ibis.cases(
        (kind == Repair.REKEYED.value, rows["_alias_batch"]),
        (kind == Repair.GONE.value, rows["_removed_batch"]),
        (kind.isin([Repair.CHANGED.value, Repair.ARRIVED.value]), rows["_now_batch"]),
        (kind == Repair.OTHER_SIDE.value, rows["_other_batch"]),
        else_=ibis.null("string"),
    )
    moment = ibis.literal(at.astimezone(datetime.UTC), type="timestamp('UTC')")
    return rows.select(
        "fingerprint", "resource", "row_key", "item", "rule",
        kind=kind,
        batch_before="_was_batch",
        hash_before="_was_hash",
        batch_after=batch,
        hash_after="_now_hash",
        new_key=ibis.ifelse(kind == Repair.REKEYED.value, rows["_new_key"], ibis.null("string")),
        repaired_at=moment,
    ).cast(REPAIR_SCHEMA)  # fmt: skip
