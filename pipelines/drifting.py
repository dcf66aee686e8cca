"""Schema drift becomes a task of the department that owns the resource: one for each resource, however many deliveries come.

A difference that was seen before adds nothing; a new one is added to the open task; when the declaration catches up, or the
columns are as they were, the task settles itself. What the department dismissed is not brought up again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from rapidfuzz import fuzz

from catalog.city import City
from catalog.feed import Feed
from catalog.matching.recognise import ALIKE
from catalog.matching.titles import read
from catalog.model import Resource
from catalog.tasks.model import Difference, Opening, Task, differences, shown_differences
from catalog.tasks.service import TaskService
from catalog.tasks.states import DISMISSED, TaskKind
from pipelines.intake.drift import Seen
from pipelines.intake.staged import header_name, wanted
from warehouse.operational import OperationalDatabase


class DriftWatch:
    """Opens, adds to and settles tasks of drift.

    Args:
        database: of the tasks.
        tasks: opens them; asked for when something differs first.
    """

    def __init__(self, database: OperationalDatabase, tasks: Callable[[], TaskService]) -> None:
        self._db = database
        self._tasks = tasks

    def look(self, feed: Feed, resource: Resource, seen: Seen, now: datetime) -> None:
        """Compare what one delivery brought with what is declared."""
        found = _found(feed, resource, seen)
        tasks = self._tasks()
        with self._db.writing() as connection:
            task = tasks.live(connection, TaskKind.DRIFT, resource.department, resource.id)
            known = differences(task.facts) if task is not None else ()
            dismissed = {
                _sort(one)
                for ended in tasks.ended(connection, TaskKind.DRIFT, resource.department)
                if ended.subject == resource.id and ended.case.state == DISMISSED
                for one in differences(ended.facts)
            }
            fresh = [one for one in found if _sort(one) not in dismissed and _sort(one) not in map(_sort, known)]
            left = [one for one in known if one.feed != feed.id or _still(one, feed, resource, seen)]
            whole = (*left, *fresh)
            if task is None and whole:
                opening = Opening(
                    TaskKind.DRIFT, resource.id, resource.department, _title(resource, whole), _facts(whole)
                )
                tasks.open_in(connection, [opening], now)
            elif task is not None and not whole:
                tasks.change_in(connection, task, "settled", now, **_facts(()))
            elif task is not None and (fresh or len(left) < len(known)):
                tasks.change_in(connection, task, "added", now, **_facts(whole))

    def catch_up(self, city: City, now: datetime) -> list[Task]:
        """Settle the tasks whose differences are all declared by now; those that were."""
        tasks, settled = self._tasks(), []
        resources, feeds = {one.id: one for one in city.resources}, {one.id: one for one in city.feeds}
        with self._db.writing() as connection:
            for task in tasks.live_all(connection, TaskKind.DRIFT):
                resource, known = resources.get(task.subject), differences(task.facts)
                left = [
                    one
                    for one in known
                    if resource is not None and not _declared(one, feeds.get(one.feed or ""), resource)
                ]
                if not left:
                    settled.append(tasks.change_in(connection, task, "settled", now, **_facts(())))
                elif len(left) < len(known):
                    tasks.change_in(connection, task, "added", now, **_facts(left))
        return settled


def _found(feed: Feed, resource: Resource, seen: Seen) -> list[Difference]:
    """The differences of one delivery: a column that went and one that came and says the same are one that was renamed."""
    new = [one for one in seen.new if not _catalogued(one, resource)]
    items = {column: item for column, item in wanted(feed).items() if item in resource.item_ids}
    found: list[Difference] = []
    for gone in seen.gone:
        item = items.get(gone)
        other = next((one for one in new if item is not None and _alike(one, gone, resource.item(item).title)), None)
        if other is not None:
            new.remove(other)
            found.append(Difference("renamed", other, item, feed.id))
        else:
            found.append(Difference("gone", gone, item, feed.id))
    return [*found, *(Difference("new", one, None, feed.id) for one in new)]


def _alike(column: str, *titles: str) -> bool:
    reading = read(column)
    return any(
        reading.meaning == read(title).meaning or fuzz.ratio(reading.bare, read(title).bare) >= ALIKE
        for title in titles
    )


def _still(one: Difference, feed: Feed, resource: Resource, seen: Seen) -> bool:
    """Whether a difference that is known holds after this delivery. A new column that is not there today may come again."""
    if _declared(one, feed, resource):
        return False
    if one.kind == "gone":
        return one.column not in seen.there
    return one.kind != "renamed" or one.column in seen.new


def _declared(one: Difference, feed: Feed | None, resource: Resource) -> bool:
    """Whether the declaration says by now what was seen."""
    if feed is None:
        return True
    columns = wanted(feed)
    if one.kind == "gone":
        return one.column not in columns or one.column in {header_name(name) for name in feed.may_be_missing}
    return one.column in columns or (one.kind == "new" and _catalogued(one.column, resource))


def _catalogued(column: str, resource: Resource) -> bool:
    return any(header_name(column) in (header_name(item.title), item.id) for item in resource.items)


def _sort(one: Difference) -> tuple[str, str, str | None]:
    return one.kind, one.column, one.feed


def _title(resource: Resource, found: Sequence[Difference]) -> str:
    return f"《{resource.title}》{shown_differences(found)[0]}"[:200]


def _facts(found: Iterable[Difference]) -> dict[str, object]:
    return {"differences": [one.as_json() for one in found]}
