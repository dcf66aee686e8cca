"""The proofs of a build: why findings are gone, which values were confirmed, and which reported problems are repaired.

Everything is set-based over the few rows in question; the tables behind are read once per resource and item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import reduce

import ibis
import ibis.expr.types as ir

from catalog.city import City
from catalog.feed import Mode
from pipelines.fusion.alias import in_force
from pipelines.fusion.kept_aliases import alias_name
from pipelines.intake import contract
from pipelines.intake.store import Delivery
from pipelines.problems.rows import rows_of
from pipelines.problems.standing import mode_of
from quality.findings import Fingerprint
from quality.repairs import REPAIR_SCHEMA, Repair, repairs
from quality.row_key import row_key_of
from quality.rulebook import Rulebook
from quality.tickets.events import Kind
from warehouse.lake import LakeWriter

REPAIRS = "quality.repair"
"""Lake table of `quality.repairs.REPAIR_SCHEMA`; it only grows."""
_NOT_BY_RULE = ("report", "agreement", "freshness")
"""What stands in the place of a rule and is none of the rulebook."""
_NAMED = ("fingerprint", "resource", "row_key", "item", "rule")


class Prover:
    """Gives the proofs of one build.

    Args:
        writer: the open lake.
        city, rulebook: what is declared.
        before: the snapshot that readers see until now; None before the first.
        gathered: the deliveries taken since then.
        now: the moment of the build.
    """

    def __init__(
        self,
        writer: LakeWriter,
        city: City,
        rulebook: Rulebook,
        *,
        before: int | None,
        gathered: Sequence[Delivery],
        now: datetime,
    ) -> None:
        self._writer = writer
        self._engine = writer.engine
        self._city = city
        self._rulebook = rulebook
        self._before = before
        self._gathered = gathered
        self._now = now

    def confirmed(self, known: ir.Table, suspects: Iterable[ir.Table], fingerprint: Fingerprint) -> ir.Table | None:
        """``fingerprint`` of findings whose value is still the one that was confirmed; None if there is none.

        Args:
            known: ``fingerprint, value`` of what was confirmed.
            suspects: tables with ``fingerprint, resource, row_key, item, rule``: what fails now, and what was found before.
            fingerprint: the keyed digest.
        """
        names = [one.select(*_NAMED).semi_join(known, "fingerprint") for one in suspects]
        asked = self._engine.stage(reduce(lambda one, other: one.union(other), names).distinct(), "_asked_confirmed")
        if self._is_empty(asked):
            return None
        rows = rows_of(self._engine, self._city, self._now_of, asked)
        joined = asked.left_join(rows, ["resource", "row_key", "item"]).select(*_NAMED, "value")
        digested = joined.select("fingerprint", _digest=value_digest(joined["value"], fingerprint))
        same = digested.semi_join(
            known, [digested["fingerprint"] == known["fingerprint"], digested["_digest"] == known["value"]]
        )
        return self._engine.stage(same.select("fingerprint").distinct(), "_confirmed")

    def reported(self, said: ir.Table, fingerprint: Fingerprint) -> ir.Table:
        """The reported problems that are repaired: ``fingerprint, resource, row_key, item, rule``.

        A wrong value is repaired when it is another one, or its record gone; a missing record when it is there; an
        infringement when the value, or the record, is gone.
        """
        asked = said.mutate(rule=ibis.literal("report.") + said["kind"])
        rows = rows_of(self._engine, self._city, self._now_of, asked)
        own = ["resource", "row_key", "item"]
        both = asked.left_join(rows.select(*own, _now="value", _hash="hash"), own).select(
            *asked.columns, "_now", "_hash"
        )
        there = both["_hash"].notnull()
        filled = both["_now"].notnull()
        whole = both["item"] == ""
        repaired = ibis.cases(
            (
                both["kind"] == Kind.WRONG_VALUE.value,
                ~there | (value_digest(both["_now"], fingerprint) != both["value"]),
            ),
            (both["kind"] == Kind.MISSING_RECORD.value, ibis.ifelse(whole, there, filled)),
            else_=ibis.ifelse(whole, ~there, ~filled),
        )
        return self._engine.stage(both.filter(repaired).select(*_NAMED), "_reports_repaired")

    def repairs(self, gone: ir.Table, confirmed: ir.Table | None) -> ir.Table:
        """Why each finding is gone, in `REPAIR_SCHEMA`; ``gone`` is materialised."""
        asked = gone.select(*_NAMED)
        after = self._engine.stage(rows_of(self._engine, self._city, self._now_of, asked), "_rows_after")
        before = self._engine.stage(rows_of(self._engine, self._city, self._before_of, asked), "_rows_before")
        own = ["resource", "row_key", "batch", "hash"]
        found = repairs(
            asked,
            before.select(*own).distinct(),
            after.select(*own).distinct(),
            rekeyed=self._rekeyed(asked),
            removed=self._removed(asked),
            others=self._others(asked),
            confirmed=confirmed if confirmed is not None else _no(("fingerprint",)),
            at=self._now,
        )
        return self._engine.stage(self._without_rule(found), "_repairs")

    def write(self, found: ir.Table) -> None:
        """Keep the proofs; inside the caller's transaction."""
        if not self._writer.has(REPAIRS):
            self._writer.create(REPAIRS, ibis.memtable([], schema=REPAIR_SCHEMA))
        self._writer.append(REPAIRS, found)

    # --- where to look --------------------------------------------------------------------------------------------

    def _now_of(self, resource: str) -> ir.Table | None:
        name = f"standard.{resource}"
        return self._writer.table(name) if self._writer.has(name) else None

    def _before_of(self, resource: str) -> ir.Table | None:
        return self._writer.as_of(f"standard.{resource}", self._before)

    def _rekeyed(self, gone: ir.Table) -> ir.Table:
        """Keys that the alias table of a library leads elsewhere: ``resource, row_key, new_key, batch``."""
        parts = []
        for name, library in self._city.register.libraries.items():
            if not self._writer.has(alias_name(name)):
                continue
            table = self._writer.table(alias_name(name))
            aliases = table.semi_join(in_force(table), ["alias", "key"]).filter(~table["ambiguous"])
            for resource, item in library.key_in.items():
                if self._city.resource(resource).key == [item]:
                    mine = gone.filter(gone["resource"] == resource).select("resource", "row_key").distinct()
                    parts.append(
                        mine.inner_join(aliases, mine["row_key"] == aliases["alias"]).select(
                            "resource", "row_key", new_key="key", batch="batch"
                        )
                    )
        if not parts:
            return _no(("resource", "row_key", "new_key", "batch"))
        return self._engine.stage(
            reduce(lambda one, other: one.union(other), parts).distinct(on=["resource", "row_key"], keep="first"),
            "_rekeyed",
        )

    def _removed(self, gone: ir.Table) -> ir.Table:
        """Batches that took rows out: the tombstone that names the key, else the newest that stated the whole resource."""
        named = [part for one in self._gathered if (part := self._tombstones(one)) is not None]
        full = {one.resource: one.batch for one in self._gathered if mode_of(self._city, one) is Mode.FULL}
        whole = _pairs(("resource", "batch"), full.items())
        mine = gone.select("resource", "row_key").distinct()
        if not named:
            return mine.inner_join(whole, "resource").select("resource", "row_key", "batch")
        tombs = reduce(lambda one, other: one.union(other), named)
        tombs = tombs.group_by("resource", "row_key").agg(_tomb=tombs["batch"].max())
        joined = mine.left_join(tombs, ["resource", "row_key"]).select("resource", "row_key", "_tomb")
        both = joined.left_join(whole, "resource").select("resource", "row_key", "_tomb", _full="batch")
        found = both.select("resource", "row_key", batch=ibis.coalesce(both["_tomb"], both["_full"]))
        return found.filter(found["batch"].notnull())

    def _tombstones(self, one: Delivery) -> ir.Table | None:
        """The keys that a striking-off names: ``resource, row_key, batch``."""
        raw = f"raw.{one.feed}"
        if mode_of(self._city, one) is not Mode.TOMBSTONE or not self._writer.has(raw):
            return None
        resource = self._city.resource(one.resource)
        rows = self._writer.table(raw)
        keys = contract.keys(rows.filter(rows["_batch"] == one.batch), resource)
        return keys.select(
            resource=ibis.literal(resource.id), row_key=row_key_of(keys, resource.key), batch=ibis.literal(one.batch)
        ).distinct()

    def _others(self, gone: ir.Table) -> ir.Table:
        """The newest batch on the other side of each rule: ``rule, resource, batch``; only where one came."""
        newest = {one.resource: one.batch for one in self._gathered}
        asked = self._engine.to_arrow(gone.select("rule", "resource").distinct()).to_pylist()
        found = []
        for one in asked:
            batches = sorted(
                {newest[name] for name in self._other_side(one["rule"], one["resource"]) if name in newest}
            )
            if batches:
                found.append((one["rule"], one["resource"], batches[-1]))
        return _pairs(("rule", "resource", "batch"), found)

    def _other_side(self, rule_id: str, resource: str) -> set[str]:
        rule = self._rulebook.rule(rule_id)
        if rule is not None:
            return {*rule.needs, *([resource] if rule.across_rows else [])}
        kind, _, rest = rule_id.partition(".")
        library, _, item = rest.partition(".")
        if kind == "freshness":
            return {resource}  # what was late has come
        known = self._city.register.libraries
        if kind != "agreement" or library not in known or item not in known[library].items:
            return set()
        entry = known[library].items[item]
        return {*entry.corroborating, *entry.authorities}

    def _without_rule(self, found: ir.Table) -> ir.Table:
        """Proofs, those of withdrawn rules taken back: nobody knows whether the new value would have passed."""
        rules = self._engine.to_arrow(found.select("rule").distinct())["rule"].to_pylist()
        withdrawn = [
            one for one in rules if one.partition(".")[0] not in _NOT_BY_RULE and self._rulebook.rule(one) is None
        ]
        if not withdrawn:
            return found
        passes = [Repair.CHANGED.value, Repair.ARRIVED.value, Repair.OTHER_SIDE.value]
        unproven = found["rule"].isin(withdrawn) & found["kind"].isin(passes)
        return found.mutate(
            kind=ibis.ifelse(unproven, Repair.UNPROVEN.value, found["kind"]),
            batch_after=ibis.ifelse(unproven, ibis.null("string"), found["batch_after"]),
        )

    def _is_empty(self, table: ir.Table) -> bool:
        return not self._engine.to_arrow(table.count()).column(0)[0].as_py()


def value_digest(value: ir.StringValue, fingerprint: Callable[[ir.StringValue], ir.StringValue]) -> ir.StringValue:
    """Keyed digest of a value as text; a missing value has one of its own."""
    return fingerprint(ibis.ifelse(value.notnull(), ibis.literal("=") + value.fill_null(""), ibis.literal("")))


def value_text(value: str | None) -> str:
    """The text that `value_digest` digests, for one value."""
    return "" if value is None else f"={value}"


def _pairs(columns: Sequence[str], rows: Iterable[tuple[str, ...]]) -> ir.Table:
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    return ibis.memtable(named, schema=dict.fromkeys(columns, "string"))


def _no(columns: Sequence[str]) -> ir.Table:
    return ibis.memtable([], schema=dict.fromkeys(columns, "string"))
