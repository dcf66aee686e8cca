"""The desk's own style, script and sign: everything a page needs comes from here."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from ground.errors import NotFound
from portal.web.desk_route import DeskRoute
from portal.web.pages import STATIC

KINDS = {"desk.css": "text/css", "desk.js": "text/javascript", "sign.svg": "image/svg+xml"}

router = APIRouter(route_class=DeskRoute)


@router.get("/static/{name}")
def static(name: str) -> Response:
    """One of the files; its address changes with its content, so that it may be kept for a year."""
    if name not in KINDS:
        raise NotFound("没有这个文件。", "There is no such file.")
    return FileResponse(
        STATIC / name, media_type=KINDS[name], headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )
