"""How a password is kept and tried: scrypt with a salt of its own, its cost written beside it.

The text that is kept is ``scrypt$n$r$p$salt$digest``, so that a later version may ask more of new passwords and still
know the old ones. Cost and why: docs/decisions/0013.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import unicodedata
from dataclasses import dataclass

from ground.errors import InternalFault, UserError

SHORTEST = 8
"""Characters."""
LONGEST = 256
"""Characters; nobody types more, and a megabyte would only cost time."""
_SALT, _DIGEST = 16, 32
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read wrongly from paper: no i, l, o, 0, 1
_TURNS = threading.BoundedSemaphore(4)  # each trial holds 32 MB: forty at once would hold more than a gigabyte


@dataclass(frozen=True, slots=True)
class Cost:
    """What a trial costs: ``n`` steps (a power of two) over blocks of ``r``, ``p`` times; memory is 128 * n * r bytes."""

    n: int = 2**15
    r: int = 8
    p: int = 3


STANDARD = Cost()


def check_is_good(password: str, account_id: str) -> None:
    """``password`` may be chosen by ``account_id``, or UserError says why not."""
    plain = _prepared(password)
    if plain is None or len(plain) < SHORTEST or len(plain) > LONGEST:
        raise UserError(
            f"密码长度须为 {SHORTEST} 至 {LONGEST} 个字符。",
            f"A password has {SHORTEST} to {LONGEST} characters.",
            where="password",
        )
    if plain.casefold() == account_id.casefold():
        raise UserError("密码不能与登录名相同。", "The password must not be the login name.", where="password")


def kept(password: str, cost: Cost = STANDARD) -> str:
    """The text to keep of a good ``password``; every call gives another."""
    salt = secrets.token_bytes(_SALT)
    return _written(cost, salt, _digest(_prepared(password) or "", salt, cost))


def matches(kept_text: str, password: str) -> bool:
    """``password`` is the one that ``kept_text`` was made of; takes as long whether it is or not."""
    cost, salt, digest = _read(kept_text)
    plain = _prepared(password)
    found = _digest(plain if plain is not None and len(plain) <= LONGEST else "", salt, cost)
    return hmac.compare_digest(found, digest) and plain is not None


def decoy(cost: Cost = STANDARD) -> str:
    """A kept text that no password matches: an unknown name costs the same trial as a known one."""
    return _written(cost, secrets.token_bytes(_SALT), secrets.token_bytes(_DIGEST))


def is_outdated(kept_text: str, cost: Cost = STANDARD) -> bool:
    """It was kept at another cost than is asked today."""
    return _read(kept_text)[0] != cost


def generated() -> str:
    """A password from 31 letters and digits in four groups of four: 79 bits, to be read aloud once and then changed."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def _prepared(password: str) -> str | None:
    """The same characters whichever way a keyboard composes them; None for what is no text."""
    try:
        password.encode("utf-8")
    except UnicodeEncodeError:
        return None
    return unicodedata.normalize("NFKC", password)


def _digest(plain: str, salt: bytes, cost: Cost) -> bytes:
    with _TURNS:
        return hashlib.scrypt(
            plain.encode("utf-8"),
            salt=salt,
            n=cost.n,
            r=cost.r,
            p=cost.p,
            dklen=_DIGEST,
            maxmem=128 * cost.r * (cost.n + cost.p + 2) + (1 << 20),
        )


def _written(cost: Cost, salt: bytes, digest: bytes) -> str:
    return f"scrypt${cost.n}${cost.r}${cost.p}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _read(text: str) -> tuple[Cost, bytes, bytes]:
    try:
        kind, n, r, p, salt, digest = text.split("$")
        if kind != "scrypt":
            raise ValueError(kind)
        return Cost(int(n), int(r), int(p)), base64.b64decode(salt), base64.b64decode(digest)
    except ValueError:
        raise InternalFault(
            "库中的密码记录无法识别。",
            "A password in the database is kept in no form we know.",
            where="account_password",
        ) from None
