"""How is a page made? Templates, what every page shows, what is told once, and the answer that leads on."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from accounts.model import ROLE_WORDS
from hub.hub import Hub
from policy.clock import SHANGHAI, legal_date
from portal.web.visit import FLASH, Visit
from portal.wording import in_city_words
from quality.repairs import REPAIR_WORDS
from quality.tickets.states import STATE_WORDS

HERE = Path(__file__).parent
STATIC = HERE / "static"
_TOLD_MOST = 1500  # characters: a cookie holds four thousand bytes


@cache
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["moment"] = moment
    found.filters["weekday"] = weekday
    found.filters["spoken"] = lambda text, profile: in_city_words(profile, text)
    found.globals.update(
        repair_words={one.value: words for one, words in REPAIR_WORDS.items()},
        asset=asset,
        state_words=STATE_WORDS,
        role_words=ROLE_WORDS,
    )
    return found


def page(
    request: Request, template: str, *, status: int = 200, visit: Visit | None = None, **facts: Any
) -> HTMLResponse:
    """A page.

    Args:
        request: what is answered.
        template: file below ``templates``.
        status: of the answer.
        visit: who is signed in, None at the entrance.
        facts: what the template shows.
    """
    hub: Hub = request.app.state.hub
    told, now = read_told(request), request.app.state.now()
    rules = hub.rules_on(now)
    shared = {
        "visit": visit,
        "rules": rules,
        "profile": rules.profile,
        "told": told,
        "now": now,
        "day": legal_date(now),
        "path": request.url.path,
    }
    answer = HTMLResponse(_environment().get_template(template).render(**shared, **facts), status_code=status)
    if told:
        answer.delete_cookie(FLASH, path="/")
    return answer


def led_to(path: str, request: Request, *told: str, tone: str = "done") -> Response:
    """The answer after a form was carried out: the browser gets the next page, which tells once what was done.

    Args:
        path: of the next page.
        request: what is answered.
        told: lines; no value of any record.
        tone: ``done``, or ``part`` where not everything was.
    """
    answer = RedirectResponse(path, status_code=303)
    if told:
        text = json.dumps({"tone": tone, "lines": _shortened(told)}, ensure_ascii=False)
        kept = base64.urlsafe_b64encode(text.encode()).decode()
        answer.set_cookie(FLASH, kept, max_age=60, path="/", httponly=True, samesite="lax", secure=is_secure(request))
    return answer


def read_told(request: Request) -> dict[str, Any] | None:
    """What the page before had to tell."""
    try:
        found = json.loads(base64.urlsafe_b64decode(request.cookies.get(FLASH, "")))
        return {"tone": str(found["tone"]), "lines": [str(one) for one in found["lines"]]}
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None


def is_secure(request: Request) -> bool:
    """Whether the browser speaks to us by https: then cookies go by nothing else."""
    return request.url.scheme == "https"


def moment(at: datetime | None) -> str:
    """A moment in Beijing, to the minute."""
    if at is None:
        return ""
    return f"{at.astimezone(SHANGHAI) if at.tzinfo else at:%Y-%m-%d %H:%M}"


def weekday(day: date) -> str:
    """The day of the week."""
    return f"周{'一二三四五六日'[day.weekday()]}"


@cache
def asset(name: str) -> str:
    """The address of a file of ``static``; it changes with the content, so that browsers may keep it for long."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _shortened(lines: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    left = _TOLD_MOST
    for one in lines:
        if len(one.encode()) > left:
            return [*found, "……"]
        found.append(one)
        left -= len(one.encode())
    return found
