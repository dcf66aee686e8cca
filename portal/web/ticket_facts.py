"""What does the page of one ticket show to this person? Put together from the services, values of records left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from accounts.model import Role
from ground.errors import UserError
from pipelines.problems.viewing import FindingView, masked_text
from policy.clock import legal_date
from policy.profile import cited_as
from policy.profiles import Version
from portal.web.countdown import Countdown, countdown
from portal.web.steps import Step, shown
from portal.web.visit import Visit
from portal.wording import Said, in_city_words, outcome_word, prompt_en, rule_said, rules_of, said_payload, warnings_of
from quality.tickets.attachments import Attachment
from quality.tickets.clocks import LIMIT_WORDS, LimitKind
from quality.tickets.events import TicketEvent, TicketRow
from quality.tickets.permissions import may_reveal
from quality.tickets.policies import LONGEST_REVIEW, can_step
from quality.tickets.queue import QueueFilter
from quality.tickets.reports import KeptReport
from quality.tickets.service import TicketHistory
from quality.tickets.states import EVENT_WORDS, Event, State

PAGE = 50
"""Findings on one page."""


@dataclass(frozen=True)
class Told:
    """One line of the story of a ticket."""

    at: datetime
    who: str
    what: str
    en: str
    more: str
    by_hub: bool


@dataclass(frozen=True)
class ReportShown:
    """A report as the page shows it: in clear to who wrote it, its key masked and its values left out for others."""

    report: KeptReport
    mine: bool
    key: str


@dataclass(frozen=True)
class TicketFacts:
    """Everything that the page shows.

    Attributes:
        ticket: as it stands.
        title: what is wrong, in a word.
        resource, department, item: what they are called.
        left: the clock.
        limit: why the limit holds, in Chinese and English.
        rule: what is wrong and what to do.
        findings: one page of them; first: the number of the page's first, counted from 0.
        reports, attachments, story: what was said, brought, done.
        waiting: what a review has to decide on, the extension asked for or the answer; None where nothing waits.
        steps: the forms that are possible now.
        may_reveal: whether the record may be looked at; may_remind: whether the department may be reminded by hand.
        merges: tickets into which this one may go.
        days: field of a form -> first and last day that makes sense.
        rules: the version of the city's rules that the ticket keeps.
        outcome: what these rules call its outcome or answer; empty where there is none.
        warnings: what a higher law may say of its limit.
    """

    ticket: TicketRow
    title: str
    resource: str
    department: str
    item: str
    left: Countdown
    limit: tuple[str, str]
    rule: list[Said]
    findings: Sequence[FindingView]
    first: int
    reports: list[ReportShown]
    attachments: Sequence[Attachment]
    story: list[Told]
    waiting: Told | None
    steps: list[Step]
    may_reveal: bool
    may_remind: bool
    merges: list[tuple[str, str]]
    days: dict[str, tuple[date | None, date | None]]
    items: dict[str, str]
    rules: Version
    outcome: str
    warnings: list[Said]

    def steps_at(self, place: str) -> list[Step]:
        """The forms of one place."""
        return [one for one in self.steps if one.place == place]


def facts_of(visit: Visit, ticket_id: str, *, first: int = 0) -> TicketFacts:
    """What the page of a ticket shows.

    Raises:
        NotFound: there is none, or none that the visitor may see.
    """
    hub, actor = visit.hub, visit.actor
    history = hub.problems.show(ticket_id, actor)
    one = history.ticket
    entry = hub.city.resource(one.resource)
    items = {item.id: item.title for item in entry.items}
    reports = hub.problems.reports(ticket_id, actor)
    rules = rules_of(hub, one)
    steps = [
        replace(step, help=in_city_words(rules.profile, step.help))
        for step in shown(actor, one, visit.now, hub.clock.of(one.profile))
    ]
    names = {step.name for step in steps}
    return TicketFacts(
        ticket=one,
        title=visit.problem(one),
        resource=entry.title,
        department=visit.department(one.department),
        item=items.get(one.item, one.item) if one.item else "",
        left=countdown(one, visit.now, hub.clock.of(one.profile)),
        limit=_limit(visit, one),
        rule=rule_said(hub, one),
        findings=findings_of(visit, one, first),
        first=first,
        reports=[_report(visit, said) for said in reports],
        attachments=hub.attachments.of(ticket_id, [said.id for said in reports]),
        story=[_told(visit, event) for event in reversed(history.events)],
        waiting=_waiting(visit, history),
        steps=steps,
        may_reveal=may_reveal(actor, one) and hub.pointer.current() is not None,
        may_remind=visit.account.role is Role.STEWARD and can_step(one, Event.REMINDED),
        merges=_merges(visit, one) if "merge" in names else [],
        days=_days(visit, one),
        items=items,
        rules=rules,
        outcome=outcome_word(hub, one, ended) if (ended := one.outcome or one.answer) else "",
        warnings=warnings_of(hub, one),
    )


_ASKS = {
    State.EXTENSION_ASKED: {Event.EXTENSION_ASKED},
    State.RESOLVED: {Event.ANSWERED_CONFIRMED, Event.ANSWERED_TALKED},
}
"""State in which somebody has to decide -> the events that say on what."""


def _waiting(visit: Visit, history: TicketHistory) -> Told | None:
    asks = _ASKS.get(history.ticket.state, set())
    return next((_told(visit, event) for event in reversed(history.events) if event.event in asks), None)


def findings_of(visit: Visit, one: TicketRow, first: int) -> Sequence[FindingView]:
    """A page of findings; kept while neither the ticket nor what is published changes, since opening the lake takes time."""
    publication = visit.hub.pointer.current()
    if publication is None:
        return []
    kept = _kept(visit.hub.home.as_posix())
    place = (one.id, one.last_seq, publication.lake_snapshot, first)
    if place not in kept:
        if len(kept) >= _KEPT_MOST:
            kept.pop(next(iter(kept)), None)
        kept[place] = visit.hub.problems.viewer.findings(one, limit=PAGE, offset=first)
    return kept[place]


_KEPT_MOST = 500


@lru_cache(maxsize=4)
def _kept(_home: str) -> dict[tuple[str, int, int, int], Sequence[FindingView]]:
    """Pages of findings by ticket, its last event, snapshot and place: masked keys and evidence, no value."""
    return {}


def _report(visit: Visit, said: KeptReport) -> ReportShown:
    mine = said.reporter == visit.actor.id
    return ReportShown(said, mine, said.said.row_key if mine else masked_text(said.said.row_key))


def _told(visit: Visit, event: TicketEvent) -> Told:
    zh, en = EVENT_WORDS[event.event]
    said = dict(event.payload)
    for part in ("assignee", "reporter"):
        if isinstance(name := said.get(part), str):
            said[part] = None if name == event.actor else visit.called(name)
    who = visit.called(event.actor)
    return Told(
        event.at, who, zh, en, said_payload(said, visit.departments, event=event.event), by_hub=event.actor == "system"
    )


def _limit(visit: Visit, one: TicketRow) -> tuple[str, str]:
    zh, en = LIMIT_WORDS[one.limit_kind]
    rules = visit.hub.clock.of(one.profile).rules
    days = rules.days
    if one.limit_kind is LimitKind.HOUSE and rules.law_says is not None:
        return (f"{zh}，条文称“{rules.law_says.value}”", f"{en}; the text says {prompt_en(rules.law_says.value)}")
    if one.limit_kind is not LimitKind.LEGAL or days.article is None:
        return (zh, en)
    return (f"{zh}（{days.instrument or ''}{cited_as(days.article)}）", f"{en}, article {days.article}")


def _merges(visit: Visit, one: TicketRow) -> list[tuple[str, str]]:
    like = QueueFilter(resource=one.resource, department=one.department)
    found = visit.hub.problems.queue(visit.actor, like, limit=100).rows
    return [
        (other.id, f"{other.id} {visit.hub.problem_title(other.rule)}")
        for other in found
        if other.id != one.id and can_step(other, Event.ABSORBED)
    ]


def _days(visit: Visit, one: TicketRow) -> dict[str, tuple[date | None, date | None]]:
    """First and last day that a field of a form may hold, by form."""
    day, today = timedelta(days=1), legal_date(visit.now)
    try:
        cap: date | None = visit.hub.clock.of(one.profile).extended(one.clock, None).due
    except UserError:
        cap = None  # the rules know none, or it is used up
    return {
        "extension": (one.due + day, cap),
        "grant": (one.due + day, cap),
        "talked": (today + day, today + LONGEST_REVIEW),
        "urgent": (today, one.due),
        "rectify": (today + day, None),
    }
