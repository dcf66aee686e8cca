"""No ledger, no data: the entry is written first, then the data is produced.

An entry says that a use was about to happen. Its outcome follows as an entry of its own (`Phase.SERVED` with the number
of rows, `Phase.FAILED` with the kind of fault), because an entry never changes. A use without an outcome, after a power
cut say, counts as served: whoever asks who saw a value is told too much rather than too little.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from ground.errors import Unavailable
from ledger import store
from ledger.chain import Json
from ledger.entry import Entry, Phase, Use
from warehouse.operational import OperationalDatabase

T = TypeVar("T")


class Ledger:
    """The ledger kept in ``db``; one object may serve many threads.

    ``db`` may be a database of its own: on SQLite that keeps a long write elsewhere from holding up what is served.
    """

    def __init__(self, db: OperationalDatabase) -> None:
        self._db = db
        self._turn = threading.Lock()  # threads of one process queue here, in turn; SQLite's own waiting is by sleeping

    def record(self, entry: Use, now: datetime) -> Entry:
        """Write ``entry``; when this returns it is committed.

        Raises:
            Unavailable: the ledger cannot be written; serve nothing.
        """
        return self._append(entry, now, Phase.USE, None)

    def outcome(self, written: Entry, entry: Use, now: datetime, *, phase: Phase, content: Mapping[str, Json]) -> Entry:
        """Write what became of ``written``, for those who stream and cannot use `serve`.

        Raises:
            Unavailable: the ledger cannot be written.
        """
        return self._append(replace(entry, content=content), now, phase, written.seq)

    def serve(
        self, entry: Use, now: datetime, produce: Callable[[], T], *, rows: Callable[[T], int] | None = None
    ) -> T:
        """Write ``entry``, then hand out what ``produce`` makes.

        Args:
            entry: the use.
            now: the time of the use, which its outcome carries too.
            produce: makes the data, whole; it is not called unless the entry is committed. Not a lazy iterator: what
                fails later would not be seen here.
            rows: counts what was made; with it a ``served`` entry follows before the data is handed out.

        Raises:
            Unavailable: the ledger cannot be written; nothing is handed out.
            BaseException: whatever ``produce`` raised, after a ``failed`` entry.
        """
        written = self.record(entry, now)
        try:
            made = produce()
        except BaseException as fault:
            try:
                self.outcome(written, entry, now, phase=Phase.FAILED, content={"error": type(fault).__name__})
            except Unavailable:
                fault.add_note(f"ledger: the outcome of entry {written.seq} could not be written")
            raise
        if rows is not None:
            self.outcome(written, entry, now, phase=Phase.SERVED, content={"rows": rows(made)})
        return made

    def _append(self, use: Use, now: datetime, phase: Phase, about: int | None) -> Entry:
        try:
            with self._turn, self._db.begin() as connection:
                return store.append(connection, [use], now, phase=phase, about=about)[0]
        except DBAPIError as fault:
            # The driver's message may quote the row; its class is enough.
            kind = type(fault.orig).__name__
            raise Unavailable(
                f"台账写入失败（{kind}），未提供任何数据。请检查业务数据库后重试。",
                f"The ledger could not be written ({kind}); no data was served. Check the operational database and try again.",
                where="ledger_entry",
            ) from None
