"""Many drafts submitted at once, of which some cannot be: those that can go on, and of each other one every reason is told.

What is left out changes what the rest is held against: a draft that corroborates one that is refused has no source any more, and
one that was second to it is first. So the rest is looked at again until nothing more falls out, and what fell out for another's
sake is tried once more beside what passes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.cases.model import Case
from catalog.cases.person import Person
from catalog.entries.drafting import BARRED, EntryDrafting
from catalog.entries.held import draft_of
from catalog.entries.policies import Reason, refuse
from catalog.model import Resource
from ground.errors import DocumentError, UserError
from policy.clock import legal_date


@dataclass(frozen=True)
class Submitted:
    """What became of many drafts.

    Attributes:
        cases: those that were submitted, as they stand now.
        refused: entry -> every reason why it was not.
    """

    cases: tuple[Case, ...]
    refused: dict[str, tuple[Reason, ...]]


class EntrySifting(EntryDrafting):
    """Submit what may be submitted."""

    def submit_passing(self, ids: Sequence[str], by: Person, now: datetime) -> Submitted:
        """Put those drafts to the authority that may be, in one transaction, and tell of the others why not.

        Raises:
            UserError: none of them may be; every reason of every entry.
            DocumentError: the catalogue would not load, and not because of these drafts.
            Forbidden, Conflict, NotFound: as `submit`.
        """
        with self.office.database.begin() as connection:
            cases = self._read(connection, ids)
            self._check_steps(cases, "submitted", by)
            others = self._under_review(connection, ids)
            taken = self._codes_taken(connection, cases)
        refused: dict[str, list[Reason]] = {}
        for name, why in taken:
            refused.setdefault(name, []).append(why)
        passing = self._loading(self._gated(self._stated(cases, refused, now), others, refused, now), refused)
        if not passing:
            refuse([(one.id, why) for one in cases for why in refused.get(one.id, ())], *BARRED)
        done = self.submit([one.id for one in passing], by, now)
        return Submitted(tuple(done), {one.id: tuple(refused[one.id]) for one in cases if one.id in refused})

    def _stated(self, cases: Sequence[Case], refused: dict[str, list[Reason]], now: datetime) -> list[Case]:
        """Those in which nothing lacks, of departments that may submit."""
        standing: dict[str, Reason] = {}
        if self.office.rules.on(now).needs_steward:
            for department in dict.fromkeys(one.department for one in cases):
                try:
                    self.office.check_standing(department, legal_date(now))
                except UserError as fault:
                    standing[department] = (fault.zh, fault.en)
        for case in cases:
            why = [*([standing[case.department]] if case.department in standing else []), *self._lacking(case, now)]
            if why:
                refused.setdefault(case.id, []).extend(why)
        return [one for one in cases if one.id not in refused]

    def _gated(
        self, cases: Sequence[Case], others: Sequence[Resource], refused: dict[str, list[Reason]], now: datetime
    ) -> list[Case]:
        """Those that the gate lets pass beside one another."""
        gate, drafts, barred = self.office.gate_on(now), {one.id: draft_of(one) for one in cases}, set[str]()

        def held(names: Sequence[str]) -> dict[str, list[Reason]]:
            verdicts = gate([drafts[one] for one in names], others)
            said = {one: [(r.zh, r.en) for r in verdict.refusals] for one, verdict in zip(names, verdicts, strict=True)}
            return {one: why for one, why in said.items() if why}

        passing = list(drafts)
        while passing and (found := held(passing)):
            refused |= found
            barred |= found.keys()
            passing = [one for one in passing if one not in found]
        for name in [one for one in drafts if one in barred]:
            found = held([*passing, name])
            if not found:
                passing.append(name)
                del refused[name]
            elif name in found:
                refused[name] = found[name]
        return [one for one in cases if one.id in set(passing)]

    def _loading(self, cases: Sequence[Case], refused: dict[str, list[Reason]]) -> list[Case]:
        """Those with which the catalogue would load."""
        left = list(cases)
        while left:
            try:
                self.office.shelf.check({one.id: one.facts["draft"] for one in left})
            except DocumentError as fault:
                found = _blamed(fault, {one.id for one in left})
                if not found:
                    raise
                for name, why in found.items():
                    refused.setdefault(name, []).extend(why)
                left = [one for one in left if one.id not in found]
            else:
                break
        return left


def _blamed(fault: DocumentError, ids: Collection[str]) -> dict[str, list[Reason]]:
    """Which drafts a problem of the catalogue is about: those in whose document it stands, else those that it names."""
    found: dict[str, list[Reason]] = {}
    for zh, en in zip(fault.zh.splitlines(), fault.en.splitlines(), strict=False):
        own = re.match(r"\S*resources/(\w+)\.yaml\b", zh)
        names = (
            [own[1]] if own is not None and own[1] in ids else sorted(set(re.findall(r"\w+", zh, re.ASCII)) & set(ids))
        )
        for name in names:
            found.setdefault(name, []).append((zh, en))
    return found
