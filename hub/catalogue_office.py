"""The hub's part for the catalogue: what the city declared, the life of its entries, who is told, and what is gathered."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property

from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from accounts.keys import KeyService
from accounts.service import AccountService
from catalog.cases.model import Case
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.city import City
from catalog.entries.journal import settle
from catalog.entries.lost import with_remedy
from catalog.entries.publishing import published_again
from catalog.entries.reading import EntryReading
from catalog.entries.service import EntryService
from catalog.entries.unsettled import refuse_unsettled
from catalog.filings.service import FilingService
from catalog.jurisdiction import governs
from catalog.lists.open_lists import OpenLists
from catalog.lists.supplements import Supplements
from catalog.projects.service import ProjectService
from catalog.purchases.duplicates import search_in
from catalog.purchases.service import PurchaseService
from catalog.tasks.model import TaskRules
from catalog.tasks.rules import task_rules
from catalog.tasks.service import TaskService
from ground.errors import DocumentError, ShuyuanError
from hub.cataloguing import city_with, entry_service, open_lists, supplements
from hub.directory import AccountDirectory
from hub.gathering import delay_service
from hub.home import Home
from hub.settings import environment
from notices.channels.making import make_channels
from notices.service import NoticeService
from notices.settings import NoticeSettings, read_notice_settings
from pipelines.archiving import ArchiveService
from pipelines.drifting import DriftWatch
from pipelines.entry_telling import EntryTelling
from pipelines.gathering import GatheringService
from pipelines.gathering_delays import DelayService
from pipelines.gathering_tasks import GatheringTasks
from pipelines.intake.landing import Landing
from pipelines.problems.telling import authorities
from pipelines.task_telling import TaskTelling
from policy.profiles import Version
from warehouse.operational import OperationalDatabase


class CatalogueOffice(Home):
    """A home with its catalogue and everybody who works on it.

    Args:
        home: the folder of all state.
    """

    @cached_property
    def city(self) -> City:
        """The catalogue, read and checked; a step that was killed among its documents is settled first.

        Raises:
            DocumentError: it does not hold together; where published entries have lost their documents, that is said first.
            Unavailable: it is read for the first time within a transaction, and such a step stands.
        """
        if self.database.is_writing:
            # A publication under way waits for this very transaction: whoever waited for it here would lock both out.
            refuse_unsettled(self.home / "city")
        else:
            with self.database.preparing():  # what settles it writes, and would ask for the catalogue before that
                settle(self.home / "city", self.database)
        with self.remedies():
            return super().city

    def read_with_published(self, ids: Sequence[str]) -> None:
        """Read the catalogue as it will be once the published documents of these entries are put back.

        For a home that does not load without them: who may put them back is asked of the city as it will be.

        Raises:
            DocumentError: it would not hold together even then.
            NotFound, UserError: there is no such entry, or it was never published.
        """
        documents = {one: published_again(EntryReading(self.database).get(one)) for one in ids}
        with self.remedies(documents):
            vars(self)["city"] = city_with(self, documents)

    @contextmanager
    def remedies(self, put_back: Collection[str] = ()) -> Iterator[None]:
        """Loading within says what was published and can be put back, where the database is there to tell."""
        try:
            yield
        except DocumentError as fault:
            said = fault
            if not self.database.is_writing:
                with suppress(ShuyuanError, SQLAlchemyError, OSError):
                    said = with_remedy(fault, self.home / "city", self.database, put_back)
            raise said from fault.__cause__

    @cached_property
    def database(self) -> OperationalDatabase:
        """The operational database; before anything is written the catalogue is read, for what is told of in a transaction."""
        made = super().database
        made.before_writing = self.read_first
        return made

    def read_first(self) -> None:
        """Read the catalogue, if it has not been; where it does not hold together, the step that needs it says so."""
        with suppress(ShuyuanError, OSError):
            _ = self.city

    def load_catalogue(self, now: datetime) -> None:
        """Bring the declared catalogue into the operational database; what was done to documents by hand becomes an event."""
        super().load_catalogue(now)
        self.entries.reconcile(self.city, now)

    def _rules_for(self, name: str | None, now: datetime) -> Version:
        """The version of the rules that a case keeps, or the one that holds now."""
        return self.profiles.version(name) if name else self.rules_on(now)

    @cached_property
    def accounts(self) -> AccountService:
        """Accounts of persons."""
        return AccountService(self.database)

    @cached_property
    def api_keys(self) -> KeyService:
        """Keys of departments' systems."""
        return KeyService(self.database, self.key("sealing"))

    @cached_property
    def notice_settings(self) -> NoticeSettings:
        """Channels and hours of notices."""
        return read_notice_settings(self.home / "city")

    @cached_property
    def notices(self) -> NoticeService:
        """Tells persons and systems what happened."""
        return NoticeService(
            self.database,
            self.notice_settings,
            AccountDirectory(self.accounts, self.api_keys),
            make_channels(self.notice_settings, environment()),
            self.calendar,
        )

    def _authorities(self) -> tuple[str, ...]:
        return authorities((one.id, one.kind) for one in self.city.organisation.leading)

    @cached_property
    def catalogue_tasks(self) -> TaskService:
        """What departments and the authority have to do so that the catalogue stays true."""
        telling = TaskTelling(lambda: self.notices.queue, self._authorities)
        return TaskService(self.database, self.calendar, self._task_rules, self._in_jurisdiction, telling.heard)

    def _in_jurisdiction(self, person: Person, department: str) -> bool:
        return governs(person, department, self.city.organisation)

    def _task_rules(self, now: datetime) -> TaskRules:
        held = self.rules_on(now)
        return task_rules(held.profile, held.name)

    @cached_property
    def drift(self) -> DriftWatch:
        """Compares the columns of deliveries with what is declared."""
        return DriftWatch(self.database, lambda: self.catalogue_tasks)

    @cached_property
    def entries(self) -> EntryService:
        """The life of the catalogue's entries."""
        return entry_service(self, lambda: self.catalogue_tasks, self.entry_heard)

    @cached_property
    def entry_telling(self) -> EntryTelling:
        """Tells the authority, and the department, what changed in the catalogue."""
        return EntryTelling(lambda: self.notices.queue, lambda: self.city.organisation)

    def entry_heard(self, connection: Connection, changes: Sequence[Change], after: Sequence[Case]) -> None:
        """What follows from steps of entries: who is told, and whose data are to be gathered."""
        self.entry_telling.heard(connection, changes, after)
        self.gathering_tasks.heard(connection, changes, after)

    @cached_property
    def open_lists(self) -> OpenLists:
        """Lists of what is open."""
        return open_lists(self)

    @cached_property
    def supplements(self) -> Supplements:
        """Supplementary catalogues of districts."""
        return supplements(self)

    @cached_property
    def filings(self) -> FilingService:
        """Exceptions from real time, and requests for return flow."""
        return FilingService(self.database, lambda: self.city, self._rules_for)

    @cached_property
    def projects(self) -> ProjectService:
        """Projects of information systems and their gate."""
        return ProjectService(self.database, lambda: self.city, self._rules_for, self.gathering.data_of)

    @cached_property
    def purchases(self) -> PurchaseService:
        """Purchases of data, held against the catalogue."""
        return PurchaseService(
            self.database, lambda: self.city, self._rules_for, lambda wanted: search_in(self.city.resources, wanted)
        )

    @cached_property
    def gathering(self) -> GatheringService:
        """How every resource is gathered."""
        return GatheringService(
            city=lambda: self.city,
            deliveries=self.deliveries.of,
            rules=lambda now: self.rules_on(now).profile.gathering,
            calendar=self.calendar,
            excused=self.filings.excused,
        )

    @cached_property
    def gathering_tasks(self) -> GatheringTasks:
        """What is published and has not come yet."""
        return GatheringTasks(
            self.database,
            lambda: self.city,
            lambda: self.catalogue_tasks,
            lambda now: self.rules_on(now).profile.gathering,
        )

    @cached_property
    def delays(self) -> DelayService:
        """How long changes take until they are on the platform."""
        return delay_service(self, self.filings.excused)

    @cached_property
    def archive(self) -> ArchiveService:
        """Archives what was delivered."""
        return ArchiveService(
            self.home / "archive",
            self.database,
            Landing(self.home / "landing"),
            deliveries=self.deliveries.of,
            city=lambda: self.city,
            rules=self.rules_on,
        )
