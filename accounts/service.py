"""Accounts of persons: made, changed, closed, entered. Every change is written down with who made it, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from accounts import events, passwords, sessions, store, tries
from accounts.deputies import check_can_stand_in, stand_in
from accounts.events import AccountEventKind, Happening
from accounts.model import Account, Role, check_can_enter
from accounts.passwords import STANDARD, Cost
from accounts.sessions import LIFETIME, Session
from accounts.soundness import LOGIN_NAME, check_is_sound
from ground.errors import Conflict, NotFound, UserError
from policy.clock import SHANGHAI
from warehouse.operational import OperationalDatabase


class Changes(TypedDict, total=False):
    """What may change in an account; what is not named stays."""

    name: str
    email: str | None
    mobile: str | None
    deputy: str | None
    absent_from: date | None
    absent_until: date | None
    agreement: str | None
    expires_on: date | None


_PRIVATE = frozenset({"name", "email", "mobile"})
"""Fields of which the event says that they changed, and not to what: it can never be removed."""


class AccountService:
    """Accounts kept in ``db``.

    Args:
        db: the operational database.
        cost: of a trial of a password; tests ask less.
    """

    def __init__(self, db: OperationalDatabase, *, cost: Cost = STANDARD) -> None:
        self._db = db
        self._cost = cost
        self._decoy = passwords.decoy(cost)

    # --- accounts -------------------------------------------------------------------------------------------------

    def add(self, account: Account, password: str, by: str, now: datetime) -> Account:
        """Write a new account.

        Raises:
            Conflict: the id is taken.
            UserError: the account is not sound, it ended already, or the password is too weak.
        """
        check_is_sound(account)
        check_can_enter(account, now)
        passwords.check_is_good(password, account.id)
        kept = passwords.kept(password, self._cost)
        taken = Conflict(f"登录名 {account.id} 已有人使用。", f"The login name {account.id} is taken.", where="id")
        try:
            with self._db.begin() as connection:
                if store.find(connection, account.id) is not None:
                    raise taken
                if account.deputy is not None:
                    check_can_stand_in(store.find(connection, account.deputy), account)
                store.insert(connection, account, kept, now)
                facts = {
                    name: _said(getattr(account, name))
                    for name in ("role", "department", "firm", "agreement", "expires_on")
                }
                events.note(connection, AccountEventKind.ADDED, account.id, by, now, facts)
        except IntegrityError:
            raise taken from None
        return account

    def list(self, role: Role | None = None, department: str | None = None) -> Sequence[Account]:
        """Accounts by id, disabled ones too."""
        with self._db.begin() as connection:
            return store.rows(connection, role=role, department=department)

    def find(self, account_id: str) -> Account | None:
        """The account with this id, None if there is none."""
        with self._db.begin() as connection:
            return store.find(connection, account_id)

    def get(self, account_id: str) -> Account:
        """The account with this id.

        Raises:
            NotFound: there is none.
        """
        with self._db.begin() as connection:
            return _known(connection, account_id)

    def change(self, account_id: str, by: str, now: datetime, **changes: Unpack[Changes]) -> Account:
        """Change contact, deputy, absence or the term of an agreement; what is not named stays.

        Raises:
            UserError: no such account, or it would not be sound any more.
        """
        with self._db.begin() as connection:
            before = _known(connection, account_id)
            after = replace(before, **changes)
            check_is_sound(after)
            changed: dict[str, Any] = {name: value for name, value in changes.items() if value != getattr(before, name)}
            if changed.get("deputy") is not None:
                check_can_stand_in(store.find(connection, changed["deputy"]), after)
            if changed:
                store.update(connection, account_id, changed)
                facts = {name: None if name in _PRIVATE else _said(value) for name, value in changed.items()}
                events.note(connection, AccountEventKind.CHANGED, account_id, by, now, facts)
        return after

    def disable(self, account_id: str, by: str, now: datetime) -> Account:
        """Close an account for good; its sessions end at once. One that is closed already stays as it is."""
        with self._db.begin() as connection:
            before = _known(connection, account_id)
            if before.disabled_at is not None:
                return before
            store.update(connection, account_id, {"disabled_at": now})
            sessions.end_all(connection, account_id)
            events.note(connection, AccountEventKind.DISABLED, account_id, by, now)
        return replace(before, disabled_at=now)

    def history(self, account_id: str) -> Sequence[Happening]:
        """Everything that happened to an account, in order."""
        with self._db.begin() as connection:
            return events.history(connection, account_id)

    def acting(self, account_id: str, today: date) -> Account:
        """Who acts for an officer on ``today``: the officer, or who stands in (`accounts.deputies`).

        Raises:
            UserError: no such account.
        """
        with self._db.begin() as connection:
            return stand_in(_known(connection, account_id), lambda one: store.find(connection, one), today)

    # --- coming in ------------------------------------------------------------------------------------------------

    def set_password(self, account_id: str, password: str, by: str, now: datetime) -> None:
        """Set a password; every session of the account ends, and a lock is taken away.

        Raises:
            UserError: no such account, or the password is too weak.
        """
        passwords.check_is_good(password, account_id)
        kept = passwords.kept(password, self._cost)
        with self._db.begin() as connection:
            _known(connection, account_id)
            store.keep_password(connection, account_id, kept, now)
            sessions.end_all(connection, account_id)
            tries.forgive(connection, account_id)
            events.note(connection, AccountEventKind.PASSWORD_SET, account_id, by, now)

    def authenticate(self, account_id: str, password: str, now: datetime) -> Account:
        """The account whose name and password these are.

        Raises:
            UserError: one and the same for a wrong name and a wrong password; the name is locked; the account is
                disabled or over (told only to who knows the password).
        """
        name = account_id.strip().lower()
        possible = LOGIN_NAME.fullmatch(name) is not None  # nobody can be called otherwise: nothing to lock
        account, kept, locked = None, None, None
        if possible:
            with self._db.begin() as connection:
                locked = tries.begin(connection, name, now)
                account = store.find(connection, name)
                kept = store.kept_password(connection, name)
        if locked is not None:
            raise _locked(locked)
        right = passwords.matches(kept or self._decoy, password)  # takes its time: no transaction waits for it
        if account is None or kept is None or not right:
            raise self._refused(name, account, now) if possible else _wrong()
        with self._db.begin() as connection:
            tries.forgive(connection, name)
            if passwords.is_outdated(kept, self._cost):
                store.keep_password(connection, name, passwords.kept(password, self._cost), now)
        check_can_enter(account, now)
        with self._db.begin() as connection:
            events.note(connection, AccountEventKind.ENTERED, name, name, now)
        return account

    def _refused(self, name: str, account: Account | None, now: datetime) -> UserError:
        """Take note of a wrong try, and what is said of it."""
        with self._db.begin() as connection:
            locked = tries.failed(connection, name, now)
            if locked is not None and account is not None:
                events.note(connection, AccountEventKind.LOCKED, name, name, now, {"until": locked.isoformat()})
        return _wrong() if locked is None else _locked(locked)

    def open_session(self, account: Account, now: datetime, lifetime: timedelta = LIFETIME) -> str:
        """Begin a session of somebody who was authenticated; its token, to be handed to the browser once."""
        check_can_enter(account, now)
        with self._db.begin() as connection:
            return sessions.begin(connection, account.id, now, lifetime)

    def session(self, token: str, now: datetime) -> Session | None:
        """The session of ``token``, prolonged by this use; None where there is none or its holder may not come in."""
        with self._db.begin() as connection:
            return sessions.use(connection, token, now)

    def close_session(self, token: str) -> None:
        """End a session."""
        with self._db.begin() as connection:
            sessions.end(connection, token)


def _known(connection: Connection, account_id: str) -> Account:
    found = store.find(connection, account_id)
    if found is None:
        raise NotFound("没有这个账号。", "There is no such account.", where="account")
    return found


def _said(value: object) -> str | None:
    return None if value is None else str(value)


def _wrong() -> UserError:
    return UserError("登录名或密码不正确。", "The login name or the password is wrong.", where="sign-in")


def _locked(until: datetime) -> UserError:
    at = until.astimezone(SHANGHAI)
    return UserError(
        f"连续 {tries.MOST} 次登录失败，已锁定至 {at:%Y-%m-%d %H:%M:%S}（北京时间）。届时再试，或请质量管理员重设密码。",
        f"{tries.MOST} tries in a row failed: locked until {at:%Y-%m-%d %H:%M:%S} (Beijing time). Try again then, or ask the steward "
        "to set a new password.",
        where="sign-in",
    )
