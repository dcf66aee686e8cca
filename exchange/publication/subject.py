"""What a release is published from: a served library at one snapshot, and the key of its pseudonyms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis.expr.types as ir

from masking.techniques import Hmac


@dataclass(frozen=True)
class Key:
    """The key of a release's pseudonyms: its id, which is published, and the function that uses it."""

    id: str
    hmac: Hmac


@dataclass(frozen=True)
class Subject:
    """What is published from: the served library as it stands in one snapshot.

    ``as_of`` is the day ages are counted on, ``publisher`` the lead department's name, ``sources`` the departments that
    contribute (`policies.sources_of`).
    """

    table: ir.Table
    snapshot: str
    as_of: date
    publisher: str
    sources: frozenset[str]
