"""What the clock does to entries beside reminders: temporary classes end, share terms end. Safe to repeat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalog.cases.model import Case
from catalog.cases.person import HUB
from catalog.cases.store import Change
from catalog.entries.changing import EntryChanging
from catalog.entries.reading import with_day
from policy.clock import legal_date


@dataclass(frozen=True, slots=True)
class Ticked:
    """What the clock brought about.

    Attributes:
        overrides: entries whose temporary class ended.
        terms: entries whose share term ended; their departments are to be told, once for each term.
    """

    overrides: list[Case]
    terms: list[Case]


class EntryTiming(EntryChanging):
    """What a day brings."""

    def tick(self, now: datetime) -> Ticked:
        """End what was for a time, and note share terms that have ended (共享期限, Haishu 10); an entry once for each term."""
        today = legal_date(now)
        overrides = self.end_overrides(today, now)
        with self.office.database.writing() as connection:
            ended = with_day(connection, "term", today, inclusive=False)
            fresh = [one for one in ended if one.facts.get("term_told") != one.facts["term"]]
            terms = self._happen(
                connection,
                [
                    Change(
                        case=one, event="term_ended", by=HUB, now=now, facts={"term": one.facts["term"]},
                        sets={"term_told": one.facts["term"]},
                    )
                    for one in fresh
                ],
            )  # fmt: skip
        return Ticked(overrides, terms)
