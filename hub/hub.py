"""The hub put together: one object that both doors hold, its parts made when first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy.engine import Connection

from accounts.keys import KeyService
from accounts.service import AccountService
from catalog.cases.model import Case
from catalog.cases.person import Person
from catalog.cases.store import Change
from catalog.city import City
from catalog.entries.journal import settle
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
from exchange.corrections.model import HeldRelease
from exchange.corrections.policies import ground_of_corrections
from exchange.corrections.service import CorrectionService
from exchange.publication.policies import OpeningRules
from ground.errors import ShuyuanError
from hub import schema
from hub.cataloguing import entry_service, open_lists, supplements
from hub.directory import AccountDirectory, known_receivers
from hub.gathering import delay_service, push_door
from hub.home import DEPARTMENTS, FOLDERS, Home, make_key
from hub.settings import FILE, TEMPLATE, environment
from notices.channels.making import make_channels
from notices.service import NoticeService
from notices.settings import NoticeSettings, read_notice_settings
from pipelines.archiving import ArchiveService
from pipelines.building import BuildService
from pipelines.consequences import Consequences
from pipelines.drifting import DriftWatch
from pipelines.entry_telling import EntryTelling
from pipelines.gathering import GatheringService
from pipelines.gathering_delays import DelayService
from pipelines.gathering_tasks import GatheringTasks
from pipelines.intake.landing import Landing
from pipelines.intake.pushing import PushDoor
from pipelines.intake.service import IntakeService
from pipelines.lateness import lateness, overdue
from pipelines.problems.correcting import CorrectionDesk
from pipelines.problems.desk import ProblemDesk
from pipelines.problems.measuring import MeasuringService
from pipelines.problems.sharing import Sharing, held_releases
from pipelines.problems.standing import reported_marks, standing
from pipelines.problems.telling import Telling, authorities
from pipelines.problems.titles import problem_title, rule_title
from pipelines.problems.triage import TicketTriage
from pipelines.problems.viewing import TicketViewer
from pipelines.releasing import ReleaseService
from pipelines.rulemaking import Rulemaking
from pipelines.scoring import ScoringService
from pipelines.serving import ServingService
from pipelines.task_telling import TaskTelling
from policy.profiles import Version
from quality.tickets.attachments import AttachmentStore
from quality.tickets.city_rules import outcome_zh
from quality.tickets.clocks import CityClock
from quality.tickets.escalating import Government
from quality.tickets.events import TicketEvent, TicketRow
from quality.tickets.following import TicketFollower
from quality.tickets.handling import TicketHandling
from quality.tickets.reporting import ProblemReporting
from quality.tickets.reports import Seal
from quality.tickets.service import TicketService
from quality.tickets.states import Outcome
from quality.tickets.timing import TicketTimer
from warehouse.operational import OperationalDatabase


def init_home(home: Path) -> bool:
    """Make a home: folders, settings, keys. An existing home is left as it is; whether anything was made."""
    fresh = not (home / FILE).exists()
    for folder in FOLDERS:
        (home / folder).mkdir(parents=True, exist_ok=True)
    if fresh:
        home.chmod(0o700)  # it holds the city's data and keys: its owner's alone unless the owner says otherwise
        (home / FILE).write_text(TEMPLATE, encoding="utf-8")
    departments = home / "city" / "departments.yaml"
    if not departments.exists():
        departments.write_text(DEPARTMENTS, encoding="utf-8")
    for name in ("fingerprint", "pseudonym", "query", "sealing"):
        make_key(home / "keys" / f"{name}.key")
    with closing(Hub(home)) as hub:
        hub.upgrade()
    return fresh


class Hub(Home):
    """Everything wired together over one home.

    Args:
        home: the folder of all state.
    """

    def upgrade(self) -> None:
        """Bring the operational database to this version's schema."""
        schema.upgrade(self.database)
        # A migration that changes what queues show leaves the projection empty: it is made from the events.
        self.tickets.rebuild_if_empty()

    def forget_rules(self) -> None:
        """Read the rules again when they are next asked for: somebody has adopted new ones."""
        for name in ("rulebook", "rulemaking", "scoring", "builder", "triage"):
            self.__dict__.pop(name, None)

    @cached_property
    def city(self) -> City:
        """The catalogue, read and checked; a step that was killed among its documents is settled first.

        Raises:
            Unavailable: it is read for the first time within a transaction, and such a step stands.
        """
        if self.database.is_writing:
            # A publication under way waits for this very transaction: whoever waited for it here would lock both out.
            refuse_unsettled(self.home / "city")
        else:
            with self.database.preparing():  # what settles it writes, and would ask for the catalogue before that
                settle(self.home / "city", self.database)
        return super().city

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

    # --- services -------------------------------------------------------------------------------------------------

    @cached_property
    def intake(self) -> IntakeService:
        """Takes deliveries."""
        return IntakeService(
            self.home,
            self.city,
            self.lake,
            self.deliveries,
            environment=environment(),
            look=self.drift.look,
            heard=self.gathering_tasks.delivered,
        )

    @cached_property
    def pushes(self) -> PushDoor:
        """Receives what departments' own systems deliver."""
        return push_door(self, self.drift.look)

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

    def _authorities(self) -> tuple[str, ...]:
        return authorities((one.id, one.kind) for one in self.city.organisation.leading)

    @cached_property
    def drift(self) -> DriftWatch:
        """Compares the columns of deliveries with what is declared."""
        return DriftWatch(self.database, lambda: self.catalogue_tasks)

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

    @cached_property
    def seal(self) -> Seal:
        """Keyed digests, and sealing of what people report."""
        return Seal(self.key("fingerprint"), self.key("sealing"))

    @cached_property
    def clock(self) -> CityClock:
        """The legal clock of problem data, under whatever version of the rules a case keeps."""
        return CityClock(self.settings.profile, self.profiles, self.calendar)

    @cached_property
    def tickets(self) -> TicketService:
        """Tickets, on the clock of the profile; whoever has to be told is told."""
        return TicketService(self.database, clock=self.clock, heard=self._heard, government=self._government_of)

    def _government_of(self, department: str) -> Government | None:
        organisation = self.city.organisation
        found = organisation.government_of(department) if organisation.knows(department) else None
        return Government(found.id, found.name) if found else None

    def _heard(self, connection: Connection, ticket: TicketRow, happened: Sequence[TicketEvent]) -> None:
        # Asked only when something happens: opening a home does not need its catalogue.
        self._telling.heard(connection, ticket, happened)

    @cached_property
    def _telling(self) -> Telling:
        return Telling(self.notices.queue, self._authorities(), self.problem_title, self._outcome_word)

    def _outcome_word(self, ticket: TicketRow, outcome: Outcome) -> str:
        return outcome_zh(self.clock.of(ticket.profile), outcome)

    def rule_title(self, rule_id: str) -> str:
        """What a rule is called, those of a library and reports included."""
        return rule_title(self.rulebook, self.city, rule_id)

    def problem_title(self, rule_id: str) -> str:
        """What is wrong where a rule did not hold, in a line."""
        return problem_title(self.rulebook, self.city, rule_id)

    @cached_property
    def follower(self) -> TicketFollower:
        """Opens and closes tickets as snapshots are published."""
        return TicketFollower(self.tickets, route=self.settings.route_findings)

    @cached_property
    def timer(self) -> TicketTimer:
        """Reminds, and notes what is overdue."""
        return TicketTimer(self.tickets)

    @cached_property
    def attachments(self) -> AttachmentStore:
        """What people attach."""
        return AttachmentStore(self.home / "attachments", self.database)

    @cached_property
    def problems(self) -> ProblemDesk:
        """The loop of problem data, as the doors use it."""
        handling = TicketHandling(self.tickets)
        reporting = ProblemReporting(self.tickets, handling, self.seal, route=self.settings.route_reports)
        viewer = TicketViewer(
            city=self.city,
            lake=self.lake,
            pointer=self.pointer,
            tickets=self.tickets,
            reporting=reporting,
            serving=self.serving,
            fingerprint_key=self.key("fingerprint"),
        )
        return ProblemDesk(
            city=self.city,
            tickets=self.tickets,
            handling=handling,
            reporting=reporting,
            viewer=viewer,
            corrections=CorrectionDesk(self.home, self.city, self.intake, self.lake),
            attachments=self.attachments,
            seal=self.seal,
        )

    @cached_property
    def triage(self) -> TicketTriage:
        """Advice on tickets, and many of them at once."""
        return TicketTriage(city=self.city, rulebook=self.rulebook, desk=self.problems)

    @cached_property
    def sharing(self) -> Sharing:
        """Tells whoever used values that were put right."""
        return Sharing(
            city=self.city,
            themes=lambda: self.themes,
            tickets=self.tickets,
            deliveries=self.deliveries,
            releases=self._held_releases,
            known=lambda: known_receivers(self.accounts, self.api_keys, self.city),
            queue=self.notices.queue,
        )

    @cached_property
    def corrections(self) -> CorrectionService:
        """What was put right, and who was told."""
        return CorrectionService(
            self.database, self.lake, self.pointer, self.ledger, self._held_releases, ground=self._ground_of_corrections
        )

    def _ground_of_corrections(self, now: datetime) -> str:
        return ground_of_corrections(self.rules_on(now).profile)

    def _held_releases(self) -> list[HeldRelease]:
        return held_releases(one.manifest for one in self.releases.published())

    @cached_property
    def builder(self) -> BuildService:
        """Builds and publishes."""
        return BuildService(
            city=self.city,
            rulebook=self.rulebook,
            themes=self.themes,
            lake=self.lake,
            pointer=self.pointer,
            deliveries=self.deliveries,
            consequences=Consequences(
                city=self.city,
                lake=self.lake,
                pointer=self.pointer,
                database=self.database,
                deliveries=self.deliveries,
                tickets=self.follower,
                share=self.sharing.share,
            ),
            fingerprint_key=self.key("fingerprint"),
            standing=lambda published: standing(self.database, self.seal, published),
            overdue=lambda now: overdue(self.city, self.deliveries.of(), now, self.calendar, self.filings.excused(now)),
        )

    def _rules_for(self, name: str | None, now: datetime) -> Version:
        """The version of the rules that a case keeps, or the one that holds now."""
        return self.profiles.version(name) if name else self.rules_on(now)

    def load_catalogue(self, now: datetime) -> None:
        """Bring the declared catalogue into the operational database; what was done to documents by hand becomes an event."""
        super().load_catalogue(now)
        self.entries.reconcile(self.city, now)

    @cached_property
    def entries(self) -> EntryService:
        """The life of the catalogue's entries."""
        return entry_service(self, lambda: self.catalogue_tasks, self.entry_heard)

    @cached_property
    def entry_telling(self) -> EntryTelling:
        """Tells the authority, and the department, what changed in the catalogue."""
        return EntryTelling(lambda: self.notices.queue, lambda: self.city.organisation)

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

    def entry_heard(self, connection: Connection, changes: Sequence[Change], after: Sequence[Case]) -> None:
        """What follows from steps of entries: who is told, and whose data are to be gathered."""
        self.entry_telling.heard(connection, changes, after)
        self.gathering_tasks.heard(connection, changes, after)

    @cached_property
    def delays(self) -> DelayService:
        """How long changes take until they are on the platform."""
        return delay_service(self, self.filings.excused)

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

    @cached_property
    def serving(self) -> ServingService:
        """Answers readers."""
        return ServingService(
            city=self.city,
            lake=self.lake,
            pointer=self.pointer,
            database=self.database,
            ledger=self.ledger,
            digest_key=self.key("query"),
            reported=lambda: reported_marks(self.database, self.seal, self.city),
            themes=lambda: self.themes,
        )

    @cached_property
    def rulemaking(self) -> Rulemaking:
        """Tries and adopts rules of stewards."""
        return Rulemaking(self.home / "city" / "rules", self.serving, self.city, self.rulebook)

    @cached_property
    def scoring(self) -> ScoringService:
        """Scores the quality of what is published."""
        return ScoringService(
            self.serving,
            self.city,
            self.rulebook,
            self.deliveries.of,
            lambda now: lateness(self.city, self.deliveries.of(), now, self.calendar, self.filings.excused(now)),
        )

    @cached_property
    def measuring(self) -> MeasuringService:
        """Measures how problem data are handled."""
        return MeasuringService(self.database, self.calendar, self.city, self.rule_title)

    @cached_property
    def releases(self) -> ReleaseService:
        """Publishes statistics and masked datasets."""
        return ReleaseService(
            self.home / "city" / "releases",
            self.home / "published",
            city=self.city,
            serving=self.serving,
            rules=lambda now: OpeningRules.of(self.rules_on(now).profile),
            pseudonym_key=self.key("pseudonym"),
        )
