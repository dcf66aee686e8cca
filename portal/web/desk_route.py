"""What becomes of a request that fails, and what every answer of the desk carries? One route class for all pages."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from ground.errors import (
    Conflict,
    Forbidden,
    InternalFault,
    NotFound,
    RefusedData,
    ShuyuanError,
    Unavailable,
    UserError,
)
from portal.web.pages import is_secure, page
from portal.web.visit import NotSignedIn

LOG = logging.getLogger("shuyuan.desk")

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""What every answer carries: nothing runs that is not a file of ours, nothing is framed, nothing is told to others."""

STATUS: tuple[tuple[type[ShuyuanError], int], ...] = (
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (UserError, 422),
    (RefusedData, 422),
    (Unavailable, 503),
    (ShuyuanError, 500),
)
"""Kind of fault -> status of the answer; the first that fits."""

TITLES = {
    403: "无权办理",
    404: "没有找到",
    405: "此处不能这样操作",
    409: "已有变动",
    422: "未能办理",
    503: "暂时不可用",
}


def status_of(fault: ShuyuanError) -> int:
    """The status of an answer that tells of ``fault``."""
    return next(status for kind, status in STATUS if isinstance(fault, kind))


class DeskRoute(APIRoute):
    """A page: faults become pages in the house's words, and every answer carries `HEADERS`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, guarded."""
        inner = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                answer = await inner(request)
            except NotSignedIn as none:
                answer = _to_entrance(request, none)
            except ShuyuanError as fault:
                answer = told_of(request, fault)
            except RequestValidationError:
                answer = told_of(
                    request,
                    UserError("地址或参数有误，请从菜单重新进入。", "The address is wrong; begin from the menu."),
                )
            except HTTPException as fault:
                answer = told_of(request, _of_http(fault), fault.status_code)
            except Exception as fault:
                answer = told_of(request, _unforeseen(fault))
            return with_headers(request, answer)

        return guarded


def with_headers(request: Request, answer: Response) -> Response:
    """An answer with `HEADERS`; pages are kept by no cache, since they are for one person."""
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", "no-store")
    if is_secure(request):
        answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return answer


def told_of(request: Request, fault: ShuyuanError, status: int | None = None) -> Response:
    """The page that tells of a fault: what was found and what to do."""
    code = status or status_of(fault)
    visit = getattr(request.state, "visit", None)
    return page(
        request, "error.html", status=code, visit=visit, fault=fault, code=code, title=TITLES.get(code, "系统故障" if code >= 500 else "未能办理")
    )  # fmt: skip


def _to_entrance(request: Request, none: NotSignedIn) -> Response:
    if none.back is None:
        return page(request, "expired.html", status=401)
    back = "" if none.back == "/" else f"?next={quote(none.back, safe='')}"
    return RedirectResponse(f"/sign-in{back}", status_code=303)


def _of_http(fault: HTTPException) -> ShuyuanError:
    return UserError("请求无法识别，未执行任何操作。", "The request could not be read; nothing was done.") if fault.status_code < 500 else InternalFault("系统故障。", "A fault of ours.")  # fmt: skip


def _unforeseen(fault: Exception) -> ShuyuanError:
    """What is told of a fault that nobody foresaw; the log gets its kind and place, never its text, which may hold a value."""
    place = traceback.extract_tb(fault.__traceback__)[-1]
    LOG.error("desk: %s at %s:%s", type(fault).__name__, place.filename, place.lineno)
    return InternalFault(
        "系统内部故障，此次操作可能未完成。请刷新查看现状；若再次出现，请告知系统管理员本页时间。",
        "A fault of ours; look whether it was done. If it happens again, tell the administrator the time on this page.",
    )
