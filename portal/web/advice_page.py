"""What one cause would explain, whom to ask first, and how many findings other sources have an answer to: advice, with its numbers."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from pipelines.problems.diagnosing import CAUSE_WORDS
from portal.web.desk_route import DeskRoute
from portal.web.pages import page
from portal.web.visit import Visiting
from quality.tickets.permissions import check_may_reveal

router = APIRouter(route_class=DeskRoute)


@router.get("/tickets/{ticket_id}/advice")
def advice(request: Request, visit: Visiting, ticket_id: str) -> Response:
    """Advice on a ticket; numbers and names of sources, no value."""
    hub, actor = visit.hub, visit.actor
    one = hub.problems.show(ticket_id, actor).ticket
    check_may_reveal(actor, one)
    return page(
        request, "advice.html", visit=visit,
        one=one, title=visit.problem(one),
        causes=hub.triage.causes(ticket_id, actor, visit.now), cause_words=CAUSE_WORDS,
        owner=hub.triage.owner(ticket_id, actor), answerable=hub.triage.answerable(ticket_id, actor),
        resources={each.id: each.title for each in hub.city.resources},
    )  # fmt: skip
