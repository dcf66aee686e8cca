"""Use cases of purchases: told beforehand and held against the catalogue; afterwards a task that ends by proof.

The task to catalogue and share is the case itself in the state ``bought``: it ends when an entry that is named is in the
published catalogue and may be shared, which the hub sees by itself (`settle`), and not because somebody says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.engine import Connection

from catalog.cases import store
from catalog.cases.machine import Words
from catalog.cases.model import Case, Happening
from catalog.cases.person import HUB, Person
from catalog.cases.store import Change
from catalog.city import City
from catalog.jurisdiction import sees
from catalog.projects.entries import LinkedEntry, find_entries
from catalog.purchases import policies
from catalog.purchases.duplicates import Match, Search, Wanted
from catalog.purchases.permissions import check_may
from catalog.purchases.states import BOUGHT, PURCHASE
from ground.errors import NotFound, UserError
from policy.clock import legal_date
from policy.profiles import Version
from warehouse.operational import OperationalDatabase

RulesFor = Callable[[str | None, datetime], Version]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a notice.

    Attributes:
        case: the purchase.
        matches: what the platform has of it, each with how it is obtained; none where it may be bought.
    """

    case: Case
    matches: list[tuple[Match, Words]]


class PurchaseService:
    """Purchases of data.

    Args:
        database: where cases are kept.
        city: the catalogue in force.
        rules: the city's rules.
        search: finds what the platform has.
    """

    def __init__(
        self, database: OperationalDatabase, city: Callable[[], City], rules: RulesFor, search: Search
    ) -> None:
        self._db = database
        self._city = city
        self._rules = rules
        self._search = search

    def tell(self, wanted: Wanted, seller: str, department: str, by: Person, now: datetime) -> Told:
        """Tell the authority what is about to be bought; it is refused where the platform has it and can share it."""
        self._city().department(department)
        version = self._rules(None, now)
        policies.check_told_here(version.profile.projects, (version.profile.title_zh, version.profile.title_en))
        policies.check_is_sound(wanted.title, seller)
        found = [(one, policies.how_to_obtain(one, version.profile)) for one in self._search(wanted)]
        event = "refused_as_duplicate" if found else "told"
        check_may(by, event, department, self._city().organisation)
        matches = [{**one.as_json(), "obtain": zh, "obtain_en": en} for one, (zh, en) in found]
        with self._db.writing() as connection:
            change = Change(
                case=None, event=event, by=by, now=now, id=store.new_id(connection, PURCHASE, "G", legal_date(now)),
                title=wanted.title.strip(), department=department, profile=version.name, facts={"matches": matches},
                sets={"items": list(wanted.items), "seller": seller, "matches": matches, "entries": []},
            )  # fmt: skip
            return Told(store.happen(connection, PURCHASE, change), found)

    def clear(self, purchase_id: str, reason: str, by: Person, now: datetime) -> Case:
        """The authority finds that what was found is something else."""
        policies.check_clearing(reason)
        return self._step(purchase_id, "cleared", by, now, facts={"reason": reason})

    def buy(self, purchase_id: str, contract: str, day: date, by: Person, now: datetime) -> Case:
        """Note the purchase; what was bought before it was told is kept as a fact, since it has happened."""
        policies.check_bought(contract, day, now)

        def bought(case: Case) -> Mapping[str, Any]:
            late = day < legal_date(case.opened_at)
            return {"contract": contract, "bought_on": day.isoformat(), "told_late": late}

        return self._step(purchase_id, "bought", by, now, sets=bought)

    def name_entry(self, purchase_id: str, entries: Sequence[str], by: Person, now: datetime) -> Case:
        """Name the entries under which it is catalogued; the task ends at once where one is published already.

        Raises:
            UserError: an entry that nobody has drafted, or one of another department.
        """

        def check(connection: Connection, case: Case) -> None:
            there = find_entries(connection, entries, self._declared)
            wrong = [name for name, one in there.items() if not one.compiled or one.department != case.department]
            if wrong or not entries:
                raise UserError(
                    f"本部门没有这些目录条目：{'、'.join(wrong) or '（未写）'}。请先编制草稿。",
                    f"The department has no entries {', '.join(wrong) or '(none named)'}; draft them first.",
                    where=purchase_id,
                )

        named = self._step(
            purchase_id, "entry_named", by, now, check, facts={"entries": list(entries)},
            sets=lambda case: {"entries": list(dict.fromkeys([*case.facts["entries"], *entries]))},
        )  # fmt: skip
        return next((one for one in self.settle(now) if one.id == purchase_id), named)

    def withdraw(self, purchase_id: str, reason: str, by: Person, now: datetime) -> Case:
        """Nothing is bought after all."""
        return self._step(purchase_id, "withdrawn", by, now, facts={"reason": reason})

    def settle(self, now: datetime) -> list[Case]:
        """End every task whose named entry is published and may be shared; safe to repeat. The cases that ended."""
        with self._db.writing() as connection:
            bought = store.listed(connection, kind=PURCHASE.kind, states=[BOUGHT])
            named = {name for case in bought for name in case.facts["entries"]}
            there = find_entries(connection, named, self._declared)
            changes = []
            for case in bought:
                shared = [name for name in case.facts["entries"] if _is_shared(there[name])]
                if shared:
                    changes.append(Change(case=case, event="shared", by=HUB, now=now, facts={"entries": shared}))
            return store.happen_all(connection, PURCHASE, changes)

    def show(self, purchase_id: str, by: Person) -> tuple[Case, list[Happening]]:
        """A purchase and its trail; NotFound where ``by`` may not see it."""
        with self._db.begin() as connection:
            case = self._get(connection, purchase_id, by)
            return case, store.events(connection, PURCHASE.kind, purchase_id)

    def listed(self, by: Person, *, states: Collection[str] | None = None) -> list[Case]:
        """The purchases that ``by`` may see, in the order of ids."""
        with self._db.begin() as connection:
            cases = store.listed(connection, kind=PURCHASE.kind, states=states)
        return [one for one in cases if sees(by, one.department, self._city().organisation)]

    def _step(
        self,
        purchase_id: str,
        event: str,
        by: Person,
        now: datetime,
        check: Callable[[Connection, Case], None] | None = None,
        *,
        facts: Mapping[str, Any] | None = None,
        sets: Callable[[Case], Mapping[str, Any]] | None = None,
    ) -> Case:
        with self._db.writing() as connection:
            case = self._get(connection, purchase_id, by)
            check_may(by, event, case.department, self._city().organisation)
            policies.check_can(case, event, purchase_id)
            if check is not None:
                check(connection, case)
            changed = sets(case) if sets else {}
            told = {**(facts or {}), **({} if facts else changed)}
            change = Change(case=case, event=event, by=by, now=now, facts=told, sets=changed)
            return store.happen(connection, PURCHASE, change)

    def _get(self, connection: Connection, purchase_id: str, by: Person) -> Case:
        case = store.get(connection, PURCHASE, purchase_id)
        if not sees(by, case.department, self._city().organisation):
            raise NotFound(
                f"没有编号为 {purchase_id} 的数据购买，请核对编号。",
                f"There is no purchase {purchase_id}; check the id.",
            )
        return case

    @property
    def _declared(self) -> dict[str, Any]:
        return {one.id: one for one in self._city().resources}


def _is_shared(entry: LinkedEntry) -> bool:
    return entry.published and entry.resource is not None and entry.resource.sharing.class_ != "not"
