"""The quality scores of what is published: counts rows asked and findings present, and puts them together by `quality.scoring`.

Nothing is scanned for errors again: what is wrong is what discovery found in this very snapshot. Counted anew is only of
how many elements each rule asked, which is one pass over the columns of each standard table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis.expr.types as ir

from catalog.city import City
from catalog.register import Library
from ground.errors import UserError
from pipelines.fusion.shape import AGREED, DIFFERS, agreement_column, item_of, source_column
from pipelines.intake.store import Delivery, Outcome
from pipelines.serving import ServingService, Session
from quality import agreement, freshness
from quality.asked import asked_counts
from quality.rulebook import Rulebook
from quality.rules import Rule
from quality.scoring import INTAKE, Blocked, Counted, Score, score, scores_by
from standards.quality_metrics import STANDARD

AGREEMENT = "0401"
REPEATED, DIRTY, IN_TIME = "0303", "0305", "0502"
"""Metrics that are counted at intake, not by rules: repeated rows, rows refused, deliveries in time."""


@dataclass(frozen=True)
class Scores:
    """The scores of one published snapshot.

    Attributes:
        snapshot: which one.
        published_at: when it was published.
        by: the standard by which 0303 and 0305 are reported.
        city: over everything.
        departments, libraries, resources: each in the order of its id.
    """

    snapshot: int
    published_at: datetime
    by: str
    city: Score
    departments: list[Score]
    libraries: list[Score]
    resources: list[Score]


class ScoringService:
    """Scores what is published.

    Args:
        serving: opens the published snapshot.
        city, rulebook: what is declared.
        deliveries: all deliveries, in order of arrival.
        late: per resource when it was due, for those that are overdue now (`quality.freshness`).
    """

    def __init__(
        self,
        serving: ServingService,
        city: City,
        rulebook: Rulebook,
        deliveries: Callable[[], Sequence[Delivery]],
        late: Callable[[datetime], Sequence[freshness.State]],
    ) -> None:
        self._serving = serving
        self._city = city
        self._rulebook = rulebook
        self._deliveries = deliveries
        self._late = late

    def scores(self, now: datetime, *, by: str = STANDARD) -> Scores:
        """Score everything that is published.

        Args:
            now: decides which deliveries are overdue.
            by: the standard by which 0303 and 0305 are reported.

        Raises:
            Unavailable: nothing is published yet.
        """
        with self._serving.open() as session:
            failing = _failing(session)
            counted, blocked = self._rules(session, failing)
            counted += self._agreements(session, failing)
            snapshot, published_at = session.publication.lake_snapshot, session.publication.published_at
        counted += self._intake(now)
        departments = {one.id: one.department for one in self._city.resources}
        return Scores(
            snapshot=snapshot,
            published_at=published_at,
            by=by,
            city=score("city", "", "全市 the whole city", counted, blocked, by=by),
            departments=scores_by(
                "department",
                [
                    (one.id, one.name, lambda of, mine=one.id: departments[of.resource] == mine)  # type: ignore[misc]
                    for one in self._city.departments
                ],
                counted, blocked, by=by,
            ),
            libraries=scores_by(
                "library",
                [(name, one.title, _feeds(name, one)) for name, one in self._city.register.libraries.items()],
                counted, blocked, by=by,
            ),
            resources=scores_by(
                "resource",
                [
                    (one.id, one.title, lambda of, mine=one.id: of.resource == mine)  # type: ignore[misc]
                    for one in self._city.resources
                ],
                counted, blocked, by=by,
            ),
        )  # fmt: skip

    # --- counting -------------------------------------------------------------------------------------------------

    def _rules(self, session: Session, failing: Mapping[tuple[str, str], int]) -> tuple[list[Counted], list[Blocked]]:
        counted: list[Counted] = []
        blocked: list[Blocked] = []
        there = set(session.tables)
        for resource in self._city.resources:
            rules = self._rulebook.of(resource.id)
            usable = [one for one in rules if {resource.id, *one.needs} <= there]
            blocked += [_blocked(one, resource.id, there) for one in rules if one not in usable]
            if not usable:
                continue
            counts = asked_counts(usable, session.tables[resource.id])
            [row] = session.reader.engine.to_arrow(counts).to_pylist()
            counted += [
                Counted(
                    one.id,
                    one.metric_id,
                    resource.id,
                    one.item,
                    int(row[f"n{place}"]),
                    failing.get((one.id, resource.id), 0),
                )
                for place, one in enumerate(usable)
            ]
        return counted, blocked

    def _agreements(self, session: Session, failing: Mapping[tuple[str, str], int]) -> list[Counted]:
        """Of every corroborated item the keys of which more than one source knows, each with its authority."""
        found = []
        for name, library in self._city.register.libraries.items():
            compared = [(item, one) for item, one in library.items.items() if one.corroborating]
            if not compared or not session.reader.has(f"base.{name}"):
                continue
            base = session.reader.table(f"base.{name}")
            asked = {
                f"{item}|{authority}": _compared(base, library, item, authority).sum().fill_null(0)
                for item, one in compared
                for authority in one.authorities
            }
            [row] = session.reader.engine.to_arrow(
                base.agg(**{f"n{place}": count for place, count in enumerate(asked.values())})
            ).to_pylist()
            for place, one in enumerate(asked):
                item, _, authority = one.partition("|")
                rule = agreement.rule_id(name, item)
                found.append(
                    Counted(
                        rule, AGREEMENT, authority, item_of(authority, item, library.items[item]),
                        int(row[f"n{place}"]), failing.get((rule, authority), 0),
                    )
                )  # fmt: skip
        return found

    def _intake(self, now: datetime) -> list[Counted]:
        """What intake counted of the last delivery of each feed that was taken, and whether each resource is in time."""
        last = {one.feed: one for one in self._deliveries() if one.outcome is Outcome.TAKEN}
        known = {one.id for one in self._city.resources}
        found = []
        for one in last.values():
            if one.resource not in known:
                continue
            for rule, metric, failed in (
                (f"{INTAKE}repeated", REPEATED, one.rows_repeated),
                (f"{INTAKE}quarantined", DIRTY, one.rows_quarantined),
            ):
                found.append(Counted(rule, metric, one.resource, "", one.rows_in or 0, failed or 0))
        return found + [
            Counted(freshness.rule_id(one.resource), IN_TIME, one.resource, "", 1, int(one.late))
            for one in self._late(now)
            if one.assessable and one.resource in known
        ]


def only(scores: Sequence[Score], name: str | None) -> list[Score]:
    """The scores of one id, or all.

    Raises:
        UserError: there is none of that id.
    """
    if name is None:
        return list(scores)
    found = [one for one in scores if one.id == name]
    if not found:
        known = "、".join(one.id for one in scores)
        raise UserError(f"没有 {name}。现有：{known}", f"There is no {name}. There are: {known}")
    return found


def _feeds(name: str, library: Library) -> Callable[[Counted | Blocked], bool]:
    """Whether a count is about an item that the library serves, or about the agreement of its sources."""
    served = {
        (resource, item_of(resource, item, one))
        for item, one in library.items.items()
        for resource in one.origins
    } | {(resource, key) for resource, key in library.key_in.items()}  # fmt: skip

    def belongs(of: Counted | Blocked) -> bool:
        if of.rule.startswith("agreement."):
            return of.rule.startswith(f"agreement.{name}.")
        return (of.resource, of.item) in served or (of.item == "" and of.resource in library.key_in)

    return belongs


def _failing(session: Session) -> dict[tuple[str, str], int]:
    """Findings that are present, by rule and resource: an agreement rule may have several authorities."""
    if "finding" not in session.tables:
        return {}
    findings = session.tables["finding"]
    present = findings.filter(findings["gone_since"].isnull())
    counts = present.group_by(["rule", "resource"]).agg(n=present.count())
    return {(row["rule"], row["resource"]): int(row["n"]) for row in session.reader.engine.to_arrow(counts).to_pylist()}


def _compared(base: ir.Table, library: Library, item: str, authority: str) -> ir.BooleanValue:
    compared = base[agreement_column(item)].isin([AGREED, DIFFERS]).fill_null(False)
    if not library.items[item].co_authorities:
        return compared
    return compared & (base[source_column(item)] == authority).fill_null(False)


def _blocked(rule: Rule, resource: str, there: set[str]) -> Blocked:
    missing = sorted({resource, *rule.needs} - there)
    return Blocked(
        rule.id, rule.metric_id, resource, rule.item,
        f"尚无 {'、'.join(missing)} 的数据", f"there is no data of {', '.join(missing)} yet",
    )  # fmt: skip
