"""What somebody was told: the notices to the person and to the department, and what has been read."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from portal.web.desk_route import DeskRoute
from portal.web.pages import led_to, page
from portal.web.visit import Posting, Visiting

router = APIRouter(route_class=DeskRoute)

PAGE = 50


@router.get("/notices")
def notices(request: Request, visit: Visiting, first: int = 0, unread: int = 0) -> Response:
    """Notices, the newest first."""
    offset = max(first, 0)
    found = visit.hub.notices.inbox(*visit.recipients, unread_only=bool(unread), limit=PAGE + 1, offset=offset)
    return page(
        request, "notices.html", visit=visit,
        entries=found[:PAGE], first=offset, more=len(found) > PAGE, page_size=PAGE, unread=bool(unread),
    )  # fmt: skip


@router.post("/notices/read")
def read(request: Request, posted: Posting) -> Response:
    """Note that they have been read: those that were named, or all."""
    visit = posted.visit
    named = posted.form.all("id")
    visit.hub.notices.mark_read(*visit.recipients, now=visit.now, ids=named or None)
    return led_to("/notices", request)
