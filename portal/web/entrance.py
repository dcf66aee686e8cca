"""Signing in and out."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from ground.errors import UserError
from portal.web.desk_route import DeskRoute
from portal.web.pages import is_secure, led_to, page
from portal.web.visit import ENTRY, SESSION, Form, Posting, check_token, local, read_form

router = APIRouter(route_class=DeskRoute)


@router.get("/sign-in")
def entrance(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name of the parameter in the address
    """The form; whoever is signed in goes on."""
    token = request.cookies.get(SESSION)
    if token and request.app.state.hub.accounts.session(token, request.app.state.now()):
        return led_to(local(next), request)
    return _form(request, back=local(next))


@router.post("/sign-in")
def sign_in(request: Request, form: Annotated[Form, Depends(read_form)]) -> Response:
    """Sign in; a name that is locked is told until when."""
    back = local(form.text("next"))
    check_token(form.text("csrf"), request.cookies.get(ENTRY, ""))
    hub, now = request.app.state.hub, request.app.state.now()
    try:
        account = hub.accounts.authenticate(form.text("account"), form.texts.get("password", [""])[-1], now)
        token = hub.accounts.open_session(account, now)
    except UserError as fault:
        return _form(request, back=back, account=form.text("account"), fault=fault)
    answer = led_to(back, request)
    _keep(answer, request, SESSION, token)
    answer.delete_cookie(ENTRY, path="/sign-in")
    return answer


@router.post("/sign-out")
def sign_out(posted: Posting) -> Response:
    """End the session."""
    request = posted.visit.request
    posted.visit.hub.accounts.close_session(request.cookies[SESSION])
    answer = led_to("/sign-in", request, "已退出。")
    answer.delete_cookie(SESSION, path="/")
    return answer


def _form(request: Request, *, back: str, account: str = "", fault: UserError | None = None) -> Response:
    # The guard of a form that nobody is signed in for: the same token in a cookie and in the form.
    guard = request.cookies.get(ENTRY) or secrets.token_urlsafe(24)
    answer = page(
        request, "sign_in.html", status=401 if fault else 200, csrf=guard, back=back, account=account, fault=fault
    )
    _keep(answer, request, ENTRY, guard, path="/sign-in")
    return answer


def _keep(answer: Response, request: Request, name: str, value: str, *, path: str = "/") -> None:
    answer.set_cookie(name, value, path=path, httponly=True, samesite="lax", secure=is_secure(request))
