"""The hub put together: one object that both doors hold, its parts made when first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy.engine import Connection

from exchange.corrections.model import HeldRelease
from exchange.corrections.policies import ground_of_corrections
from exchange.corrections.service import CorrectionService
from exchange.publication.policies import OpeningRules
from hub import schema
from hub.catalogue_office import CatalogueOffice
from hub.directory import known_receivers
from hub.gathering import push_door
from hub.home import DEPARTMENTS, FOLDERS, make_key
from hub.settings import FILE, TEMPLATE, environment
from pipelines.building import BuildService
from pipelines.consequences import Consequences
from pipelines.intake.pushing import PushDoor
from pipelines.intake.service import IntakeService
from pipelines.lateness import lateness, overdue
from pipelines.problems.correcting import CorrectionDesk
from pipelines.problems.desk import ProblemDesk
from pipelines.problems.measuring import MeasuringService
from pipelines.problems.sharing import Sharing, held_releases
from pipelines.problems.standing import reported_marks, standing
from pipelines.problems.telling import Telling
from pipelines.problems.titles import problem_title, rule_title
from pipelines.problems.triage import TicketTriage
from pipelines.problems.viewing import TicketViewer
from pipelines.releasing import ReleaseService
from pipelines.rulemaking import Rulemaking
from pipelines.scoring import ScoringService
from pipelines.serving import ServingService
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


class Hub(CatalogueOffice):
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
