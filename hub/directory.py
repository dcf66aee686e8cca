"""Where people and systems are reached: the accounts and the API keys, as the directory of notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from accounts.api_key import ApiKey
from accounts.keys import KeyService
from accounts.model import Account, Role
from accounts.service import AccountService
from catalog.city import City
from exchange.corrections.policies import Known
from ground.errors import UserError
from notices.model import Address, To, parts


def known_receivers(accounts: AccountService, keys: KeyService, city: City) -> Known:
    """Who can be told of corrections; who has left is represented by the department."""
    persons, systems = accounts.list(), keys.list()
    here = [one for one in persons if one.disabled_at is None]
    times = Counter(one.name for one in here)
    return Known(
        accounts={one.id: one.department for one in here},
        former={one.id: one.department for one in persons if one.disabled_at is not None}
        | {one.id: one.department for one in systems if one.revoked_at is not None},
        keys={one.id: one.department for one in systems if one.revoked_at is None},
        departments={one.id: one.name for one in city.departments},
        names={one.name: one.id for one in here if times[one.name] == 1},
    )


class AccountDirectory:
    """Resolves recipients of notices.

    Args:
        accounts: persons.
        keys: systems.
    """

    def __init__(self, accounts: AccountService, keys: KeyService) -> None:
        self._accounts = accounts
        self._keys = keys

    def resolve(self, recipient: str, today: date) -> Sequence[Address]:
        """Addresses on a day; none for who is unknown, has left, or has no address.

        A person is represented by who stands in today. Of a department every officer who is there is told, and all where
        nobody is: a notice that waits for somebody is better than one that reaches nobody.
        """
        kind, name = parts(recipient)
        match kind:
            case To.PERSON:
                return self._of_person(name, today)
            case To.DEPARTMENT:
                return self._of_department(name, today)
            case To.KEY:
                return self._of_key(name, today)

    def _of_person(self, account_id: str, today: date) -> list[Address]:
        try:
            officer = self._accounts.get(account_id)
            acting = self._accounts.acting(account_id, today)
        except UserError:
            return []
        name = acting.name if acting.id == officer.id else f"{acting.name}（代{officer.name}）"
        return _mailbox(acting, name, today)

    def _of_department(self, department: str, today: date) -> list[Address]:
        officers = [
            one for one in self._accounts.list(department=department) if one.role in (Role.STEWARD, Role.PROVIDER)
        ]
        there = [one for one in officers if _in_force(one, today) and not one.absent(today)]
        return [address for one in there or officers for address in _mailbox(one, one.name, today)]

    def _of_key(self, key_id: str, today: date) -> list[Address]:
        try:
            key = self._keys.get(key_id)
        except UserError:
            return []
        if key.callback_url is None or not _usable(key, today):
            return []
        secret = self._keys.signing_secret(key.id)
        return [Address("webhook", key.callback_url, key.name, secret=secret, department=key.department)]


def _mailbox(account: Account, name: str, today: date) -> list[Address]:
    if account.email is None or not _in_force(account, today):
        return []
    return [Address("smtp", account.email, name, department=account.department)]


def _in_force(account: Account, today: date) -> bool:
    return account.disabled_at is None and (account.expires_on is None or today <= account.expires_on)


def _usable(key: ApiKey, today: date) -> bool:
    return key.revoked_at is None and (key.expires_on is None or today <= key.expires_on)
