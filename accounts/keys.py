"""Keys of departments' systems: issued once, verified at every request, taken back."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from accounts import events
from accounts.api_key import ApiKey, KeyRefused, Refusal, Scope, check_can_use, check_is_sound
from accounts.events import Happening, KeyEventKind
from accounts.sealing import Seal
from accounts.tables import api_key
from ground.errors import NotFound
from ledger.chain import Json
from warehouse.operational import OperationalDatabase

_SECRET = re.compile(r"shuyuan_(k_[0-9a-f]{8})_[A-Za-z0-9_-]{43}")


class KeyService:
    """Keys kept in ``db``.

    Args:
        db: the operational database.
        sealing_key: 32 bytes of the home that seal the secrets which sign callbacks.
    """

    def __init__(self, db: OperationalDatabase, sealing_key: bytes) -> None:
        self._db = db
        self._seal = Seal(sealing_key)

    def issue(
        self,
        name: str,
        department: str,
        scopes: Collection[Scope],
        by: str,
        now: datetime,
        *,
        per_minute: int = 60,
        callback_url: str | None = None,
        expires_on: date | None = None,
    ) -> tuple[ApiKey, str]:
        """Issue a key; the key and its secret, which is told this once and kept nowhere.

        Raises:
            UserError: something in it is not as it must be.
        """
        check_is_sound(name, scopes, per_minute, callback_url, expires_on, now)
        key = ApiKey(
            id=f"k_{secrets.token_hex(4)}",
            name=name,
            department=department,
            scopes=frozenset(scopes),
            per_minute=per_minute,
            callback_url=callback_url,
            expires_on=expires_on,
            created_at=now,
        )
        secret = f"shuyuan_{key.id}_{secrets.token_urlsafe(32)}"
        with self._db.begin() as connection:
            connection.execute(
                sa.insert(api_key).values(
                    id=key.id,
                    name=name,
                    department=department,
                    scopes=_written(key.scopes),
                    per_minute=per_minute,
                    callback_url=callback_url,
                    expires_on=expires_on,
                    created_at=now,
                    digest=_digest(secret),
                    sealed=self._seal.sealed(secrets.token_urlsafe(32), key.id),
                )
            )
            facts: dict[str, Json] = {
                "name": name,
                "department": department,
                "scopes": _written(key.scopes),
                "per_minute": per_minute,
            }
            events.note(connection, KeyEventKind.ISSUED, key.id, by, now, facts)
        return key, secret

    def verify(self, secret: str, now: datetime) -> ApiKey:
        """The key whose secret this is.

        Raises:
            KeyRefused: malformed, unknown, revoked or expired; the last two are told only to who has the secret.
        """
        form = _SECRET.fullmatch(secret)
        if form is None:
            raise KeyRefused(
                Refusal.MALFORMED,
                "密钥格式不正确，应以 shuyuan_k_ 开头，请完整复制。",
                "This is no key; it begins with shuyuan_k_, and must be copied whole.",
            )
        with self._db.begin() as connection:
            row = _row(connection, form[1])
        # The digest of 32 random bytes needs no salt and no slow hash: nobody can go through them.
        if row is None or not hmac.compare_digest(row["digest"], _digest(secret)):
            raise KeyRefused(
                Refusal.UNKNOWN,
                "没有这个密钥。请核对是否完整复制，或向质量管理员申请。",
                "There is no such key. Check that it was copied whole, or ask the steward for one.",
            )
        key = _as_key(row)
        check_can_use(key, now)
        return key

    def revoke(self, key_id: str, by: str, now: datetime) -> ApiKey:
        """Take a key back, at once; one that was taken back already stays as it is.

        Raises:
            NotFound: no such key.
        """
        with self._db.begin() as connection:
            _known(connection, key_id)
            gone = sa.update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None))
            if connection.execute(gone.values(revoked_at=now)).rowcount:
                events.note(connection, KeyEventKind.REVOKED, key_id, by, now)
            return _as_key(_known(connection, key_id))

    def list(self, department: str | None = None) -> Sequence[ApiKey]:
        """Keys in the order they were issued in, revoked ones too."""
        found = sa.select(api_key).order_by(api_key.c.created_at, api_key.c.id)
        if department is not None:
            found = found.where(api_key.c.department == department)
        with self._db.begin() as connection:
            return [_as_key(row) for row in connection.execute(found).mappings()]

    def get(self, key_id: str) -> ApiKey:
        """The key with this id.

        Raises:
            NotFound: there is none.
        """
        with self._db.begin() as connection:
            return _as_key(_known(connection, key_id))

    def signing_secret(self, key_id: str) -> str:
        """The secret that signs what is sent to the callback of a key; its system knows it too.

        Raises:
            NotFound: no such key.
            UserError: the home's sealing key is another one.
        """
        with self._db.begin() as connection:
            return self._seal.opened(_known(connection, key_id)["sealed"], key_id)

    def history(self, key_id: str) -> Sequence[Happening]:
        """Everything that happened to a key, in order."""
        with self._db.begin() as connection:
            return events.history(connection, key_id, of_key=True)


def _row(connection: Connection, key_id: str) -> RowMapping | None:
    return connection.execute(sa.select(api_key).where(api_key.c.id == key_id)).mappings().first()


def _known(connection: Connection, key_id: str) -> RowMapping:
    found = _row(connection, key_id) if "\x00" not in key_id else None
    if found is None:
        raise NotFound(
            "没有这个密钥。用 shuyuan key list 查看已有的。",
            "There is no such key; shuyuan key list shows those there are.",
            where="api_key",
        )
    return found


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _written(scopes: Collection[Scope]) -> str:
    return " ".join(sorted(one.value for one in scopes))


def _as_key(row: RowMapping) -> ApiKey:
    return ApiKey(
        id=row["id"],
        name=row["name"],
        department=row["department"],
        scopes=frozenset(Scope(one) for one in row["scopes"].split()),
        per_minute=row["per_minute"],
        callback_url=row["callback_url"],
        expires_on=row["expires_on"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )
