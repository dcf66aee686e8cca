"""A home: its settings, keys and declared documents, and the stores that hold its state."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from datetime import date, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path

from catalog.city import City
from catalog.documents import load_city
from catalog.problems import Problem, choices
from catalog.store import CatalogStore
from ground.errors import Unavailable, UserError
from hub.home_calendar import calendar_of
from hub.settings import read_settings
from ledger.service import Ledger
from pipelines.intake.store import DeliveryStore
from pipelines.themes.document import Theme, load_themes
from policy.calendar import WorkingCalendar
from policy.clock import legal_date
from policy.profiles import Profiles, Version
from quality.rulebook import Rulebook, load_rulebook
from standards.code_list import list_ids
from standards.elements import elements
from warehouse.lake import Lake, LakeLocation
from warehouse.operational import OperationalDatabase
from warehouse.publication import PublishedPointer

FOLDERS = (
    "city/resources",
    "city/feeds",
    "city/rules",
    "city/themes",
    "city/releases",
    "inbox",
    "landing",
    "lake",
    "keys",
    "published",
    "reports",
)

DEPARTMENTS = """\
# 部门 departments. 每个信息资源都属于其中一个 every resource belongs to one of them.
departments:
  - id: bureau
    name: 大数据局
    kind: authority
"""


DOUBTS = 10
"""So many doubts of a new catalogue are told one by one; finding the place of each reads its document again."""
CACHE = "cache/catalogue"
"""Where a home remembers which documents were read and passed; it may be deleted."""


def make_key(path: Path) -> None:
    """Make 32 random bytes that their owner alone may read; a key that is there stays. Two at once make one."""
    if path.exists():
        return
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_bytes(secrets.token_bytes(32))
    with suppress(FileExistsError):
        path.hardlink_to(fresh)
    fresh.unlink()


class Home:
    """What is declared in a home, and where its state is kept; read and opened when first asked for.

    Args:
        home: the folder of all state.
    """

    doubts: tuple[Problem, ...] = ()
    """What should be looked at in a catalogue that was just brought in, and bars nothing: the first of it."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.settings = read_settings(self.home)

    def close(self) -> None:
        """Close pooled connections."""
        if "database" in self.__dict__:
            self.database.dispose()

    def key(self, name: str) -> bytes:
        """A secret of this home: ``fingerprint``, ``pseudonym``, ``query`` or ``sealing``."""
        path = self.home / "keys" / f"{name}.key"
        if name == "sealing":
            make_key(path)  # a home of an earlier version has none yet
        return path.read_bytes()

    # --- what is declared -----------------------------------------------------------------------------------------

    @cached_property
    def profiles(self) -> Profiles:
        """Every version of every city's rules, with what this home adds (``city/profiles/``, ``city/overlays/``)."""
        return Profiles.standard(self.home / "city")

    def rules_on(self, moment: date | datetime) -> Version:
        """The version of the city's rules that holds at ``moment``."""
        return self.profiles.for_cases(self.settings.profile, legal_date(moment))

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """The official working-day calendar, with the notices that this home has entered (``city/calendar_years.yaml``)."""
        return calendar_of(self.home)

    @cached_property
    def city(self) -> City:
        """The catalogue, read and checked."""
        return load_city(
            self.home / "city",
            known_elements=frozenset(one.id for one in elements()),
            known_code_lists=frozenset(list_ids()),
            cache=self.home / CACHE,
        )

    @cached_property
    def rulebook(self) -> Rulebook:
        """The rules, checked against the catalogue."""
        return load_rulebook(self.home / "city" / "rules", self.city.resources, self.city.register.libraries)

    @cached_property
    def themes(self) -> tuple[Theme, ...]:
        """The theme libraries, checked against the catalogue."""
        taken = [*self.city.register.libraries, *(one.id for one in self.city.resources)]
        return load_themes(self.home / "city" / "themes", (one.id for one in self.city.departments), taken)

    def theme(self, name: str) -> Theme:
        """The theme with this id; UserError with the close match if there is none."""
        found = {one.id: one for one in self.themes}
        if name not in found:
            hint_zh, hint_en = choices(name, found)
            raise UserError(f"没有名为 {name} 的主题库。{hint_zh}", f"There is no theme {name}. {hint_en}")
        return found[name]

    def load_catalogue(self, now: datetime) -> None:
        """Bring the declared catalogue into the operational database; nothing happens where it is known already."""
        for _ in range(10):
            try:
                loaded = self.catalogue.load(self.city, now)
            except Unavailable:  # another process is loading the same catalogue this very moment
                time.sleep(0.2)
            else:
                break
        else:
            loaded = self.catalogue.load(self.city, now)
        if loaded.changed:
            self.doubts = tuple(islice(self.city.warnings(), DOUBTS + 1))

    # --- where things are kept ------------------------------------------------------------------------------------

    @cached_property
    def database(self) -> OperationalDatabase:
        """The operational database."""
        url = self.settings.operational_url or f"sqlite:///{self.home / 'operational.sqlite'}"
        return OperationalDatabase(url)

    @cached_property
    def lake(self) -> Lake:
        """The lake."""
        settings = self.settings
        return Lake(
            LakeLocation(self.home / "lake", settings.lake_catalog),
            threads=settings.threads,
            memory_limit=settings.memory_limit,
            lock_timeout=settings.lock_timeout,
        )

    @cached_property
    def pointer(self) -> PublishedPointer:
        """The published pointer."""
        return PublishedPointer(self.database)

    @cached_property
    def catalogue(self) -> CatalogStore:
        """The catalogue in the operational database."""
        return CatalogStore(self.database)

    @cached_property
    def deliveries(self) -> DeliveryStore:
        """What is known of deliveries."""
        return DeliveryStore(self.database)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of uses."""
        return Ledger(self.database)
