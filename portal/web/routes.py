"""The pages of the desk, put together."""

from __future__ import annotations

from fastapi import APIRouter, Response

from ground.errors import NotFound
from portal.web import (
    advice_page,
    entrance,
    notices_page,
    queue_page,
    record_page,
    report_page,
    static_files,
    ticket_page,
)
from portal.web.desk_route import DeskRoute

router = APIRouter(route_class=DeskRoute, include_in_schema=False)
for _part in (static_files, entrance, queue_page, report_page, notices_page, record_page, advice_page, ticket_page):
    router.include_router(_part.router, include_in_schema=False)


@router.get("/{path:path}")
def nowhere() -> Response:
    """A page that there is none of."""
    raise NotFound("没有这个页面，请检查地址或从菜单进入。", "There is no such page.")
