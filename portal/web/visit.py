"""Who is at the desk, and is this form theirs? Sessions, what a form brings, and the guard against forged requests."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from accounts.model import Account, Role
from catalog.model import Resource
from ground.errors import Forbidden, UserError
from hub.hub import Hub
from notices.model import to_department, to_person
from pipelines.problems.telling import authorities
from quality.tickets.events import TicketRow
from quality.tickets.permissions import SYSTEM, Actor

SESSION, FLASH, ENTRY = "shuyuan_session", "shuyuan_flash", "shuyuan_entry"
"""Cookies: the session, what is told once on the next page, and the guard of the sign-in form."""
LARGEST = 20 << 20
"""Bytes of one form with its files; what a file may hold by itself is decided where it is kept."""


class NotSignedIn(Exception):
    """Nobody is signed in; ``back`` is the page to return to, None where a form was sent."""

    def __init__(self, back: str | None) -> None:
        self.back = back
        super().__init__(back)


@dataclass(frozen=True)
class Visit:
    """One request of somebody who is signed in."""

    request: Request
    hub: Hub
    now: datetime
    account: Account
    csrf: str

    @cached_property
    def actor(self) -> Actor:
        """Who acts, as tickets know it."""
        return Actor(f"person:{self.account.id}", self.account.name, self.account.role, self.account.department)

    @cached_property
    def recipients(self) -> tuple[str, ...]:
        """Whose notices are read here: the person's own, an officer's department's, and of a steward the authority's."""
        account = self.account
        departments = (
            [] if account.role in (Role.REPORTER, Role.OPERATOR) or account.department is None else [account.department]
        )
        if account.role is Role.STEWARD:
            departments += authorities((one.id, one.kind) for one in self.hub.city.organisation.leading)
        return (to_person(account.id), *(to_department(one) for one in dict.fromkeys(departments)))

    @cached_property
    def unread(self) -> int:
        """Notices not read yet."""
        return self.hub.notices.unread(*self.recipients)

    @cached_property
    def departments(self) -> dict[str, str]:
        """Department -> its name."""
        return {one.id: one.name for one in self.hub.city.departments}

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """Resource -> its catalogue entry."""
        return {one.id: one for one in self.hub.city.resources}

    def department(self, name: str | None) -> str:
        """What a department is called; its id where the catalogue does not know it."""
        return self.departments.get(name, name) if name else ""

    def problem(self, one: TicketRow) -> str:
        """What is wrong, in a line."""
        return self.hub.problem_title(one.rule)

    def called(self, actor: str) -> str:
        """What whoever acted is called, with the department."""
        if actor not in self._called:
            self._called[actor] = self._name(actor)
        return self._called[actor]

    @cached_property
    def _called(self) -> dict[str, str]:
        return {SYSTEM.id: "系统"}

    def _name(self, actor: str) -> str:
        kind, _, name = actor.partition(":")
        if kind == "person":
            one = self.hub.accounts.find(name)
            return (
                f"{one.name}（{self.department(one.department)}）"
                if one and one.department
                else one.name
                if one
                else name
            )
        return f"业务系统 {name}" if kind == "key" else actor


@dataclass(frozen=True)
class Form:
    """What a form brought: texts by field (the last of several), all texts of a field, and files."""

    texts: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, list[tuple[str, bytes]]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A text without blanks around it; empty where there is none."""
        return self.texts.get(name, [""])[-1].strip()

    def or_none(self, name: str) -> str | None:
        """`text`, None where it is empty."""
        return self.text(name) or None

    def all(self, name: str) -> list[str]:
        """Every text of a field."""
        return list(self.texts.get(name, []))

    def below(self, prefix: str) -> dict[str, str]:
        """Texts of the fields that begin with ``prefix``, by the rest of their name; empty ones left out."""
        return {
            name.removeprefix(prefix): self.text(name)
            for name in self.texts
            if name.startswith(prefix) and self.text(name)
        }

    def day(self, name: str, label: str) -> date | None:
        """A day, None where none is given.

        Raises:
            UserError: it is no day.
        """
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise UserError(f"{label}应为日期，如 2026-12-01。", "Write the day as 2026-12-01.", where=name) from None

    def needed_day(self, name: str, label: str) -> date:
        """A day that must be given.

        Raises:
            UserError: none is, or it is no day.
        """
        found = self.day(name, label)
        if found is None:
            raise UserError(f"请填写{label}。", "Give the day.", where=name)
        return found

    def file(self, name: str) -> tuple[str, bytes] | None:
        """Name and content of a file, None where none was chosen."""
        return next((one for one in self.files.get(name, []) if one[0]), None)

    @property
    def seen(self) -> int | None:
        """``last_seq`` of the ticket as the page showed it."""
        return int(self.text("seen")) if self.text("seen").isdecimal() else None


@dataclass(frozen=True)
class Posted:
    """A form that somebody who is signed in sent from a page of ours."""

    visit: Visit
    form: Form


def visiting(request: Request) -> Visit:
    """Whoever is signed in.

    Raises:
        NotSignedIn: nobody is.
    """
    hub, now = cast("Hub", request.app.state.hub), cast("datetime", request.app.state.now())
    token = request.cookies.get(SESSION)
    session = hub.accounts.session(token, now) if token else None
    if session is None:
        raise NotSignedIn(_here(request) if request.method == "GET" else None)
    visit = Visit(request, hub, now, session.account, session.csrf)
    request.state.visit = visit
    return visit


async def read_form(request: Request) -> Form:
    """What the request's form brought, its files in memory.

    Raises:
        UserError: it is larger than `LARGEST`, or does not say how large it is.
    """
    size = request.headers.get("content-length", "")
    if not size.isdecimal() or int(size) > LARGEST:
        raise UserError(
            f"提交的内容超过 {LARGEST >> 20} MB，未接收。请分开上传，或按本部门的数据源送达。",
            f"More than {LARGEST >> 20} MB; nothing was taken. Send it in parts, or by your department's feed.",
        )
    texts: dict[str, list[str]] = {}
    files: dict[str, list[tuple[str, bytes]]] = {}
    async with request.form(max_files=20, max_fields=5000) as sent:
        for name, value in sent.multi_items():
            if isinstance(value, UploadFile):
                files.setdefault(name, []).append((value.filename or "", await value.read()))
            else:
                # Browsers send CRLF for every line break of a text.
                texts.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return Form(texts, files)


def posting(visit: Annotated[Visit, Depends(visiting)], form: Annotated[Form, Depends(read_form)]) -> Posted:
    """A form of ours: it brings the token of this session.

    Raises:
        Forbidden: it does not.
    """
    check_token(form.text("csrf"), visit.csrf)
    return Posted(visit, form)


def check_token(given: str, expected: str) -> None:
    """A form brings the token that its page was given, or Forbidden says that it is none of ours."""
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forbidden(
            "表单已失效或不是由本页面提交，未执行任何操作。请返回原页面刷新后再提交。",
            "The form has expired or was not sent from this page; nothing was done. Load the page again and send it anew.",
        )


def local(path: str | None, otherwise: str = "/") -> str:
    """``path`` where it leads to a page of this desk, else ``otherwise``: nobody is led away from here."""
    if not path or not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable():
        return otherwise
    parts = urlsplit(path)
    return otherwise if parts.scheme or parts.netloc else path


def _here(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


Visiting = Annotated[Visit, Depends(visiting)]
Posting = Annotated[Posted, Depends(posting)]
