"""How often a key may ask: a bucket of tokens per key, refilled steadily, a minute's worth when full.

Kept in the memory of one process: a restart forgives, and two processes allow twice as much.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTE = 60_000_000
"""Microseconds. Levels are whole numbers of requests times this, so that nothing is lost to rounding."""
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """The answer to one request.

    Attributes:
        allowed: it may go on.
        left: requests that may follow at once.
        retry_after: whole seconds after which the next is allowed; 0 where this one is.
    """

    allowed: bool
    left: int
    retry_after: int


@dataclass(slots=True)
class _Bucket:
    level: int
    at: datetime


class RateLimiter:
    """Buckets of tokens; one object may serve many threads.

    Args:
        most_keys: buckets kept. Of more keys than that, the one that was silent longest is forgotten, and begins with a
            full bucket when it comes back.
    """

    def __init__(self, most_keys: int = 10_000) -> None:
        self._most = most_keys
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._turn = threading.Lock()

    def take(self, key_id: str, per_minute: int, now: datetime) -> Allowance:
        """Take one token of ``key_id``; nothing is taken where there is none.

        Args:
            key_id: whose bucket.
            per_minute: requests a minute, and at once after a pause.
            now: when. A clock that was set back refills nothing and takes nothing away.
        """
        full = per_minute * _MINUTE
        with self._turn:
            bucket = self._buckets.get(key_id)
            if bucket is None:
                bucket = self._buckets[key_id] = _Bucket(full, now)
                if len(self._buckets) > self._most:
                    self._buckets.popitem(last=False)
            self._buckets.move_to_end(key_id)
            passed = max((now - bucket.at) // _MICROSECOND, 0)
            bucket.level = min(bucket.level + passed * per_minute, full)
            bucket.at = max(now, bucket.at)
            if bucket.level >= _MINUTE:
                bucket.level -= _MINUTE
                return Allowance(True, bucket.level // _MINUTE, 0)
            missing = _MINUTE - bucket.level
            # Counted from the clock that refills: one that was set back has to catch up first.
            wait = -(-missing // per_minute) + (bucket.at - now) // _MICROSECOND
            return Allowance(False, 0, -(-wait // 1_000_000))
