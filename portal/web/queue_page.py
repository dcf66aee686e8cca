"""The first page: tickets by legal due time, narrowed by what somebody looks for, and what stewards do with many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from accounts.model import Role
from ground.errors import UserError
from pipelines.problems.batching import Action, Order
from policy.clock import legal_date
from portal.web.countdown import SOON, Countdown, countdown
from portal.web.desk_route import DeskRoute
from portal.web.pages import led_to, page
from portal.web.visit import Posting, Visit, Visiting, local
from quality.tickets.events import KIND_WORDS, Kind, TicketRow
from quality.tickets.permissions import may
from quality.tickets.policies import can_step
from quality.tickets.queue import QueueFilter
from quality.tickets.states import ENDED, OPEN, STATE_WORDS, Event, State

router = APIRouter(route_class=DeskRoute)

PAGE = 50
FILTERS = ("state", "department", "resource", "rule", "kind", "group", "overdue", "due", "text")
"""What may stand in the address of the queue, besides the place where a page begins."""


@dataclass(frozen=True)
class Row:
    """One ticket in the list."""

    ticket: TicketRow
    title: str
    department: str
    resource: str
    item: str
    left: Countdown


@dataclass(frozen=True)
class Batch:
    """Something done to many tickets at once; ``event`` is what it brings about on each."""

    action: Action
    event: Event
    zh: str
    en: str
    done: str


BATCHES = (
    Batch(Action.ROUTE, Event.ROUTED, "分派所选", "route to the owners", "已分派"),
    Batch(Action.ACCEPT, Event.ACCEPTED, "签收所选", "confirm receipt", "已签收"),
    Batch(Action.REMIND, Event.REMINDED, "催办所选", "remind the departments", "已催办"),
    Batch(Action.GROUP, Event.GROUPED, "归组", "put into a group of one cause", "已归组"),
)


@router.get("/")
def queue(request: Request, visit: Visiting) -> Response:
    """Tickets, the most urgent first."""
    asked = {name: request.query_params.get(name, "").strip() for name in FILTERS}
    wanted = wanted_of(asked, visit.now)
    found = visit.hub.problems.queue(visit.actor, wanted, limit=PAGE, after=request.query_params.get("after") or None)
    tickets = visit.hub.tickets
    counts = tickets.counts(wanted, seen_by=visit.actor)
    return page(
        request, "queue.html", visit=visit,
        asked=asked,
        rows=[_row(visit, one) for one in found.rows],
        tabs=_tabs(counts),
        batches=[one for one in BATCHES if _any_possible(visit, one.event, found.rows)],
        strip=_strip(visit),
        choices=_choices(visit, asked),
        next=found.next,
        first=not request.query_params.get("after"),
        here=lambda **change: address(asked, **change),
    )  # fmt: skip


@router.post("/batch")
def batch(request: Request, posted: Posting) -> Response:
    """Do the same to every ticket that was chosen; each for itself, and what could not be done is told."""
    visit, form = posted.visit, posted.form
    back = local(form.text("back"))
    wanted = next((one for one in BATCHES if one.action.value == form.text("do")), None)
    chosen = form.all("pick")
    if wanted is None or not chosen:
        raise UserError("请先勾选工单，再选择操作。", "Choose tickets first, then what to do with them.")
    order = Order(action=wanted.action, group=form.or_none("name"))
    answers = visit.hub.triage.batch(chosen, order, visit.actor, visit.now)
    refused = [f"{one.ticket}：{one.error['zh']}" for one in answers if one.error]
    summary = f"{wanted.done} {len(answers) - len(refused)} 张。" + (f"未办 {len(refused)} 张：" if refused else "")
    return led_to(back, request, summary, *refused, tone="part" if refused else "done")


def wanted_of(asked: dict[str, str], now: datetime) -> QueueFilter:
    """What the address asks for; a word that is none is left out."""
    state = asked["state"]
    states: tuple[State, ...] = (State(state),) if state in [one.value for one in State] else ()
    ended = any(one in ENDED for one in states)
    return QueueFilter(
        states=states,
        open=None if ended else state != "ended",
        department=asked["department"] or None,
        resource=asked["resource"] or None,
        rule=asked["rule"] or None,
        kind=asked["kind"] or None,
        group=asked["group"] or None,
        overdue_at=now if asked["overdue"] else None,
        due_until=_day(asked["due"]),
        text=asked["text"] or None,
    )


def address(asked: dict[str, str], **change: str) -> str:
    """The queue as it is asked for, with something changed; from its first page unless said."""
    said = {name: value for name, value in {**asked, **change}.items() if value}
    return f"/?{urlencode(said)}" if said else "/"


def _row(visit: Visit, one: TicketRow) -> Row:
    hub = visit.hub
    entry = visit.resources.get(one.resource)
    item = entry.item(one.item).title if entry and one.item in entry.item_ids else one.item or ""
    return Row(
        ticket=one,
        title=visit.problem(one),
        department=visit.department(one.department),
        resource=entry.title if entry else one.resource,
        item=item,
        left=countdown(one, visit.now, hub.clock.of(one.profile)),
    )


def _tabs(counts: dict[State, int]) -> list[tuple[str, str, int]]:
    """State -> its word and number: all that are open, each state that has some, all that ended."""
    single = [(one.value, STATE_WORDS[one][0], counts[one]) for one in OPEN if counts.get(one)]
    ended = sum(counts.get(one, 0) for one in ENDED)
    return [("", "全部在办", sum(counts.get(one, 0) for one in OPEN)), *single, ("ended", "已结束", ended)]


def _strip(visit: Visit) -> dict[str, Any]:
    """How things stand for this person: open, nearly due, late."""
    until = legal_date(visit.now)
    for _ in range(SOON):
        until = visit.hub.calendar.next_workday(until)
    tickets, everything = visit.hub.tickets, QueueFilter()
    late = tickets.overdue(visit.now, everything, seen_by=visit.actor)
    by_then = tickets.counts(replace(everything, due_until=until), seen_by=visit.actor)
    total = tickets.counts(everything, seen_by=visit.actor)
    return {
        "open": _open(total),
        "soon": max(_open(by_then) - late, 0),
        "late": late,
        "until": until.isoformat(),
        "days": SOON,
    }


def _open(counts: dict[State, int]) -> int:
    return sum(counts.get(one, 0) for one in OPEN)


def _choices(visit: Visit, asked: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """What the filters offer this person."""
    city, account = visit.hub.city, visit.account
    resources = [
        (one.id, one.title)
        for one in city.resources
        if (account.role is not Role.PROVIDER or one.department == account.department)
        and asked["department"] in ("", one.department)
    ]
    rules = [(one.id, one.title) for one in visit.hub.rulebook.of(asked["resource"])] if asked["resource"] else []
    return {
        "department": [*visit.departments.items()] if account.role is Role.STEWARD else [],
        "resource": resources,
        "rule": _with(rules, asked["rule"], visit.hub.rule_title),
        "kind": [(one.value, KIND_WORDS[one][0]) for one in Kind],
    }


def _with(offered: list[tuple[str, str]], asked: str, title: Callable[[str], str]) -> list[tuple[str, str]]:
    """What is offered, and what is asked for already."""
    return offered if not asked or asked in dict(offered) else [*offered, (asked, title(asked))]


def _any_possible(visit: Visit, event: Event, rows: Iterable[TicketRow]) -> bool:
    if event is Event.REMINDED:  # by hand it is the steward's, though the clock is who does it otherwise
        return visit.account.role is Role.STEWARD and any(can_step(one, event) for one in rows)
    return any(can_step(one, event) and may(visit.actor, event, one) for one in rows)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
