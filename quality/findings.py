"""Findings across runs: when a failing row was first seen, last seen, and since when it is gone.

A finding is one (resource, row key, item, rule). Rows are never deleted: a finding that is gone keeps its row, and one
that returns keeps its first day. Everything here is one expression over the table as it is and the failures of a run.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

FINDING_SCHEMA = ibis.schema(
    {
        "fingerprint": "string",
        "resource": "string",
        "department": "string",
        "row_key": "string",
        "item": "string",
        "rule": "string",
        "severity": "string",
        "dimension": "string",
        "batch": "string",
        "first_seen": "timestamp('UTC')",
        "last_seen": "timestamp('UTC')",
        "gone_since": "timestamp('UTC')",
        "reappeared": "int64",
    }
)
"""One row per finding, ever. ``batch`` is the batch in which it was last seen; ``reappeared`` counts how often it came
back after it had gone: a correction that did not last."""

Fingerprint = Callable[[ir.StringValue], ir.StringValue]
"""Text ``resource|row_key|item|rule`` to a keyed digest; a plain hash of it could be guessed."""

_FACTS = ("resource", "department", "row_key", "item", "rule", "severity", "dimension", "batch")


@dataclass(frozen=True)
class Scope:
    """What a run looked at, so that what it did not look at is not taken for mended.

    Attributes:
        rules: ids of the rules that were evaluated. A rule that could not be assessed is not among them. A rule that
            was withdrawn may be named here once, and its findings are closed.
        rows: for a run over some rows only, a table with ``resource`` and ``row_key`` of every row looked at,
            including those that were deleted; None for all rows.
    """

    rules: frozenset[str]
    rows: ir.Table | None = None


def next_findings(
    current: ir.Table | None,
    failures: ir.Table,
    *,
    seen_at: datetime.datetime,
    fingerprint: Fingerprint,
    scope: Scope,
    confirmed: ir.Table | None = None,
) -> ir.Table:
    """The findings after a run.

    * failing now and known: ``last_seen`` moves, ``gone_since`` is null; if it had gone, ``reappeared`` rises by one;
    * failing now and new: first and last seen now;
    * not failing, within the scope: ``gone_since`` becomes ``seen_at``, or stays what it was;
    * not failing, out of the scope: untouched;
    * failing, but its value was confirmed as right: not failing.

    The same run given again changes nothing, so it may be repeated after a crash.

    Args:
        current: the findings so far, in `FINDING_SCHEMA`; None at the first run.
        failures: the failures of this run, in `quality.mask.FAILURE_SCHEMA`, of all resources together.
        seen_at: the moment of the run, aware.
        fingerprint: keyed digest, for example an HMAC; the same key at every run.
        scope: what this run evaluated.
        confirmed: ``fingerprint`` of the findings whose present value was confirmed as right.

    Returns:
        All findings, in `FINDING_SCHEMA`.
    """
    moment = ibis.literal(seen_at.astimezone(datetime.UTC), type="timestamp('UTC')")
    seen = fingerprinted(failures, fingerprint)
    if confirmed is not None:
        seen = seen.anti_join(confirmed, "fingerprint")
    if current is None:
        return _ordered(
            seen.mutate(first_seen=moment, last_seen=moment, gone_since=_never(), reappeared=ibis.literal(0, "int64"))
        )
    known = current.rename({f"was_{name}": name for name in FINDING_SCHEMA.names})
    both = known.outer_join(seen, known["was_fingerprint"] == seen["fingerprint"])
    both = both.select(known, seen)
    both = _in_scope(both, scope)
    failing = both["fingerprint"].notnull()
    returned = failing & both["was_gone_since"].notnull()
    gone = ibis.ifelse(both["in_scope"], ibis.coalesce(both["was_gone_since"], moment), both["was_gone_since"])
    return _ordered(
        both.select(
            fingerprint=ibis.coalesce(both["fingerprint"], both["was_fingerprint"]),
            **{name: ibis.ifelse(failing, both[name], both[f"was_{name}"]) for name in _FACTS},
            first_seen=ibis.coalesce(both["was_first_seen"], moment),
            last_seen=ibis.ifelse(failing, moment, both["was_last_seen"]),
            gone_since=ibis.ifelse(failing, _never(), gone),
            reappeared=both["was_reappeared"].fill_null(0) + ibis.ifelse(returned, 1, 0),
        )
    )


def without_confirmed(findings: ir.Table, confirmed: ir.Table, seen_at: datetime.datetime) -> ir.Table:
    """The findings, those gone whose present value was confirmed as right, wherever the run looked.

    Args:
        findings: in `FINDING_SCHEMA`.
        confirmed: ``fingerprint`` of what was confirmed.
        seen_at: the moment of the run, aware.
    """
    named = confirmed.select(_confirmed="fingerprint").distinct()
    joined = findings.left_join(named, findings["fingerprint"] == named["_confirmed"])
    moment = ibis.literal(seen_at.astimezone(datetime.UTC), type="timestamp('UTC')")
    gone = ibis.ifelse(
        joined["_confirmed"].notnull(), ibis.coalesce(joined["gone_since"], moment), joined["gone_since"]
    )
    return _ordered(joined.mutate(gone_since=gone))


def summary(findings: ir.Table) -> ir.Table:
    """Counts by resource, department, rule, severity and dimension: ``present``, ``gone``, ``reappeared``, first seen.

    ``oldest`` is the earliest first sight among those still present, null if none is.
    """
    present = findings["gone_since"].isnull()
    return findings.group_by(["resource", "department", "rule", "severity", "dimension"]).agg(
        present=present.sum().cast("int64"),
        gone=(~present).sum().cast("int64"),
        reappeared=(present & (findings["reappeared"] > 0)).sum().cast("int64"),
        oldest=findings["first_seen"].min(where=present),
    )


def fingerprinted(failures: ir.Table, fingerprint: Fingerprint) -> ir.Table:
    """Failures under their fingerprints, each once."""
    # Resource, item and rule never hold the separator, so that the text can be read in one way only.
    text = failures["resource"] + "|" + failures["row_key"] + "|" + failures["item"] + "|" + failures["rule"]
    marked = failures.select(fingerprint=fingerprint(text), **{name: failures[name] for name in _FACTS})
    # One row per fingerprint, also where a caller unites overlapping scans.
    return marked.group_by("fingerprint").agg(**{name: marked[name].max() for name in _FACTS})


def _in_scope(both: ir.Table, scope: Scope) -> ir.Table:
    evaluated = both["was_rule"].isin(sorted(scope.rules)) if scope.rules else ibis.literal(False)
    if scope.rows is None:
        return both.mutate(in_scope=evaluated.fill_null(False))
    rows = scope.rows.select(looked_resource="resource", looked_key="row_key").distinct()
    joined = both.left_join(
        rows,
        [both["was_resource"] == rows["looked_resource"], both["was_row_key"] == rows["looked_key"]],
    )
    return joined.select(both, in_scope=evaluated.fill_null(False) & rows["looked_key"].notnull())


def _ordered(findings: ir.Table) -> ir.Table:
    return findings.select(*FINDING_SCHEMA.names).cast(FINDING_SCHEMA)


def _never() -> ir.TimestampScalar:
    return ibis.null("timestamp('UTC')")
