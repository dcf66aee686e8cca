"""The life of entries and lists over one home: which rules hold, where documents stand, and what still uses an entry."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy.engine import Connection

from catalog.city import City
from catalog.documents import load_city
from catalog.entries.content import Document
from catalog.entries.desk import Asks, EntryOffice, Heard, Remark
from catalog.entries.files import Shelf, Shelving
from catalog.entries.rules import EntryRules, RuleVersions
from catalog.entries.service import EntryService
from catalog.gate.gate import CatalogueGate
from catalog.gate.loading import city_gate
from catalog.gate.rules import GateRules
from catalog.gate.verdict import Finding
from catalog.lists.desk import ListOffice
from catalog.lists.open_lists import OpenLists
from catalog.lists.supplements import Supplements
from catalog.standing import check_can_publish
from catalog.tasks import near
from catalog.tasks.service import TaskService
from hub.home import CACHE, Home
from pipelines.themes.marks import tables_read
from quality.rulebook import load_rulebook
from standards.code_list import list_ids
from standards.elements import elements


def load_whole(directory: Path, *, cache: Path | None = None) -> City:
    """A city's folder as every command reads it, its rules held against its entries.

    Args:
        directory: the folder, or a copy of it as it is to be.
        cache: the home's `catalog.document_cache`; None reads everything again.

    Raises:
        DocumentError: it does not hold together.
    """
    city = load_city(
        directory,
        known_elements=frozenset(one.id for one in elements()),
        known_code_lists=frozenset(list_ids()),
        cache=cache,
    )
    load_rulebook(directory / "rules", city.resources, city.register.libraries)
    return city


def city_with(home: Home, documents: Mapping[str, Document]) -> City:
    """The catalogue of a home as it will be with these documents in their places; nothing is written.

    Args:
        home: its documents may not hold together without them.
        documents: id of the entry -> its document.

    Raises:
        DocumentError: it would not hold together.
    """
    cities: list[City] = []
    shelving = Shelving(
        home.home / "city", lambda directory: cities.append(load_whole(directory, cache=home.home / CACHE))
    )
    for name, document in documents.items():
        shelving.draft(name, document, anew=True)
    shelving.check()
    return cities[-1]


def rule_versions(home: Home) -> RuleVersions:
    """The rules of a home, by moment and by version."""
    return RuleVersions(
        lambda now: EntryRules(home.rules_on(now).name, home.rules_on(now).profile),
        lambda name: EntryRules(name, home.profiles.version(name).profile),
    )


def uses_of(home: Home, entry: str) -> list[tuple[str, str]]:
    """What still uses a published entry: feeds, libraries, rules, themes; in Chinese and English."""
    city = home.city
    if entry not in {one.id for one in city.resources}:
        return []
    feeds = [one.id for one in city.feeds_of(entry)]
    themes = [one.id for one in home.themes if entry in tables_read(one)]
    found = [
        *((f"数据源 {one} 送达它", f"the feed {one} delivers it") for one in feeds),
        *((f"来源登记（{one}）引用它", f"the register names it for {one}") for one in city.libraries_of(entry)),
        *((f"主题库 {one} 读取它", f"the theme {one} reads it") for one in themes),
    ]
    if entry in home.rulebook.sets:
        found.append((f"规则文件 rules/{entry}.yaml 检查它", f"rules of {entry} look at it"))
    return found


class CityGates:
    """The gate over the catalogue of a home, for each version of its city's rules; made when first asked for.

    Args:
        home: whose catalogue and rules.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._made: dict[str, tuple[City, CatalogueGate]] = {}

    def on(self, moment: datetime) -> CatalogueGate:
        """The gate under the rules that hold at ``moment``: what is adopted for a later day is not applied before."""
        version, city = self._home.rules_on(moment), self._home.city
        known = self._made.get(version.name)
        if known is None or known[0] is not city:
            known = self._made[version.name] = (city, city_gate(city, GateRules.of(version.profile)))
        return known[1]


def asked_of_authority(home: Home, tasks: Callable[[], TaskService]) -> Asks:
    """Opens tasks of the authority for the near-duplicates that the gate finds in entries, and settles those that are over."""

    def asks(
        connection: Connection, found: Mapping[str, Sequence[Remark]], gone: Collection[str], now: datetime
    ) -> None:
        asked = {name: [one for one in several if isinstance(one, Finding)] for name, several in found.items()}
        near.follow(connection, tasks(), asked, near.decided_by(home.city.organisation), now, gone=gone)

    return asks


def entry_office(home: Home, tasks: Callable[[], TaskService], heard: Heard) -> EntryOffice:
    """What the steps of entries work with in this home.

    Args:
        home: the home.
        tasks: its catalogue tasks; asked for when something goes to the authority.
        heard: told of every step.
    """
    return EntryOffice(
        database=home.database,
        organisation=home.city.organisation,
        rules=rule_versions(home),
        calendar=home.calendar,
        shelf=Shelf(home.home / "city", partial(load_whole, cache=home.home / CACHE)),
        gates=CityGates(home).on,
        check_standing=lambda department, today: check_can_publish(
            home.city, department, today, home.rules_on(today).profile
        ),
        uses=lambda entry: uses_of(home, entry),
        norms=home.city.norms,
        asks=asked_of_authority(home, tasks),
        heard=heard,
    )


def entry_service(home: Home, tasks: Callable[[], TaskService], heard: Heard) -> EntryService:
    """Entries of this home."""
    return EntryService(entry_office(home, tasks, heard))


def open_lists(home: Home) -> OpenLists:
    """Open lists of this home."""
    return OpenLists(_list_office(home))


def supplements(home: Home) -> Supplements:
    """Supplementary catalogues of this home."""
    return Supplements(_list_office(home))


def _list_office(home: Home) -> ListOffice:
    return ListOffice(home.database, home.city.organisation, rule_versions(home))
