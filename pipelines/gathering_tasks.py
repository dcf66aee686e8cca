"""One task for every published entry whose data are to be gathered: to which platform, by which norm; over when they come.

Source: the authority issues a norm of gathering, and departments gather what can be shared or opened to the platform of their
level by it (Wuhan 13); everything catalogued in Haishu 13 and Longyan 9. It opens in the transaction that publishes the entry
and settles itself with the first delivery that is taken, or when the entry goes out of force. What was dismissed, with a
reason, is not asked again.

An exception on file (Longyan 9) leaves the task as it is: it excuses from real time, not from gathering, and is taken only with
word of how the need is met meanwhile, so data of that entry come too. Were none to come, the task running out is how it is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from catalog.cases.model import Case
from catalog.cases.store import Change
from catalog.city import City
from catalog.entries.content import resource_of
from catalog.entries.held import in_force
from catalog.model import Resource
from catalog.norms import NormDomain, NormKind, Norms
from catalog.organisation import Organisation
from catalog.tasks.model import Opening, Task
from catalog.tasks.service import TaskService
from catalog.tasks.states import DISMISSED, TaskKind
from pipelines.gathering import is_wanted, target_of
from pipelines.intake.store import DeliveryStore
from policy.cited import Silence
from policy.clock import legal_date
from policy.profile import Gathering, cited_as
from warehouse.operational import OperationalDatabase

BEGINS = frozenset({"published", "confirmed", "confirmed_merged"})
ENDS = frozenset({"withdrawn", "undeclared"})
"""Events of an entry after which its data are wanted, or are not any more. What a home is set up with is caught up."""


class GatheringTasks:
    """Opens and settles tasks of gathering.

    Args:
        database: of the tasks and deliveries.
        city: the catalogue in force.
        tasks: opens them.
        rules: the city's rules at a moment.
    """

    def __init__(
        self,
        database: OperationalDatabase,
        city: Callable[[], City],
        tasks: Callable[[], TaskService],
        rules: Callable[[datetime], Gathering],
    ) -> None:
        self._db = database
        self._city = city
        self._tasks = tasks
        self._rules = rules
        self._deliveries = DeliveryStore(database)

    def heard(self, connection: Connection, changes: Sequence[Change], after: Sequence[Case]) -> None:
        """What follows from entries that came into force or went out of it, in the transaction of the step."""
        moved = [(change.event, case) for change, case in zip(changes, after, strict=True)]
        begun = [in_force(case.facts) for event, case in moved if event in BEGINS]
        over = {case.id for event, case in moved if event in ENDS}
        if begun:
            self._open(connection, [resource_of(one) for one in begun if one is not None], changes[0].now)
        if over:
            self._settle(connection, over, changes[0].now)

    def delivered(self, resource: str, now: datetime) -> None:
        """Settle the task of a resource of which something was taken."""
        with self._db.writing() as connection:
            self._settle(connection, {resource}, now)

    def catch_up(self, published: Collection[str], now: datetime) -> tuple[list[Task], list[Task]]:
        """Bring tasks up to what is published and delivered: for entries declared in documents, and after a killed run.

        Args:
            published: ids of the entries that are published.
            now: when.

        Returns:
            Those opened, and those settled.
        """
        resources = self._city().resources
        there = {one.id for one in resources}
        with self._db.writing() as connection:
            opened = self._open(connection, [one for one in resources if one.id in published], now)
            live = {one.subject for one in self._tasks().live_all(connection, TaskKind.GATHERING)}
            over = (live - there) | self._deliveries.taken_of(connection, live)
            settled = self._settle(connection, over, now)
        return opened, settled

    def _open(self, connection: Connection, entries: Iterable[Resource], now: datetime) -> list[Task]:
        rules = self._rules(now)
        if isinstance(rules.modes, Silence):
            return []
        tasks, city = self._tasks(), self._city()
        wanted = [one for one in entries if is_wanted(one, rules)]
        if not wanted:
            return []
        known = self._deliveries.taken_of(connection, [one.id for one in wanted])
        known |= {one.subject for one in tasks.ended(connection, TaskKind.GATHERING) if one.case.state == DISMISSED}
        norm = norm_of(city.norms, now)
        openings = [opening(one, city.organisation, norm, article_of(rules)) for one in wanted if one.id not in known]
        return tasks.open_in(connection, openings, now)

    def _settle(self, connection: Connection, subjects: set[str], now: datetime) -> list[Task]:
        if not subjects:
            return []
        tasks = self._tasks()
        return [
            tasks.change_in(connection, one, "settled", now)
            for one in tasks.live_all(connection, TaskKind.GATHERING)
            if one.subject in subjects
        ]


def norm_of(norms: Norms, now: datetime) -> str | None:
    """The city's own norm of gathering (汇聚规范) that holds now, as it is cited; None where none is registered."""
    day = legal_date(now)
    own = (NormKind.CITY, NormKind.LOCAL)
    found = [one for one in norms if NormDomain.GATHERING in one.domains and one.kind in own and one.in_force(day)]
    return found[-1].cited if found else None


def article_of(rules: Gathering) -> str | None:
    """The article by which data go to the platform of their unit's level (Wuhan 13); None where the city's rules name none."""
    modes = rules.modes
    return None if isinstance(modes, Silence) or "by_level" not in modes.value else modes.article


def opening(resource: Resource, organisation: Organisation, norm: str | None, article: str | None) -> Opening:
    """The task of one entry.

    It is that of whoever gathers: of a unit managed vertically, the department that manages it (Wuhan 13).
    """
    target = target_of(resource, organisation)
    by = f"（{cited_as(article)}）" if article else ""
    platform = organisation.unit(target.authority).name if target.authority is not None else "本级"
    return Opening(
        TaskKind.GATHERING, resource.id, organisation.catalogue_owner(resource.department).id,
        f"《{resource.title}》向{platform}的平台汇聚"[:200],
        {
            "platform": target.authority, "level": target.level.value, "why_zh": f"{target.zh}{by}", "why_en": target.en,
            "system": resource.system, "norm": norm,
        },
    )  # fmt: skip
