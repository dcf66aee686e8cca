"""One ticket: what is wrong, until when, what was done, and what may be done now."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from ground.errors import Conflict, Forbidden, NotFound, RefusedData, ShuyuanError, UserError
from portal.web.desk_route import DeskRoute, status_of
from portal.web.pages import led_to, page
from portal.web.steps import BY_NAME, Call
from portal.web.ticket_facts import PAGE, facts_of
from portal.web.visit import Form, Posting, Visit, Visiting

router = APIRouter(route_class=DeskRoute)


@router.get("/tickets/{ticket_id}")
def show(request: Request, visit: Visiting, ticket_id: str, first: int = 0) -> Response:
    """The page of a ticket; ``first`` is the number of the first finding shown."""
    return shown_page(request, visit, ticket_id, first=max(first, 0))


@router.get("/tickets/{ticket_id}/{rest:path}")
def back(request: Request, ticket_id: str) -> Response:
    """Where a form was sent to is no page to be loaded again: on to the ticket."""
    return led_to(f"/tickets/{quote(ticket_id)}", request)


@router.post("/tickets/{ticket_id}/do/{name}")
def take(request: Request, posted: Posting, ticket_id: str, name: str) -> Response:
    """Carry out one step; what cannot be done is told on the fresh page, with what was typed still there."""
    visit, form = posted.visit, posted.form
    step = BY_NAME.get(name)
    if step is None:
        raise NotFound("没有这个操作。", "There is no such step.", where=ticket_id)
    try:
        step.run(Call(visit.hub.problems, ticket_id, visit.actor, visit.now, form))
    except (NotFound, Forbidden):
        raise
    except (UserError, RefusedData) as fault:
        return shown_page(request, visit, ticket_id, fault=fault, typed=form, open_step=name)
    return led_to(f"/tickets/{quote(ticket_id)}", request, f"已办理：{step.zh}。")


@router.get("/attachments/{ticket_id}/{attachment_id}")
def download(visit: Visiting, ticket_id: str, attachment_id: str) -> Response:
    """A file attached to a ticket that the visitor may see, or to a report of it that he may see; as a download."""
    hub, actor = visit.hub, visit.actor
    hub.problems.show(ticket_id, actor)
    reports = [one.id for one in hub.problems.reports(ticket_id, actor)]
    found = {one.id: one for one in hub.attachments.of(ticket_id, reports)}
    if attachment_id not in found:
        raise NotFound("没有这个附件。", "There is no such attachment.", where=ticket_id)
    one = found[attachment_id]
    return Response(
        hub.attachments.read(one.id),
        media_type=one.media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(one.name, safe='')}"},
    )


def shown_page(
    request: Request,
    visit: Visit,
    ticket_id: str,
    *,
    first: int = 0,
    fault: ShuyuanError | None = None,
    typed: Form | None = None,
    open_step: str = "",
) -> Response:
    """The page of a ticket as it stands now; with a fault, the form that brought it and what was typed in."""
    facts = facts_of(visit, ticket_id, first=first)
    return page(
        request, "ticket.html", visit=visit,
        status=status_of(fault) if fault else 200,
        facts=facts, one=facts.ticket, fault=fault, typed=typed or Form(), open_step=open_step,
        first_to_act=facts.story[0] if isinstance(fault, Conflict) and facts.story else None,
        page_size=PAGE,
    )  # fmt: skip
