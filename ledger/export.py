"""The ledger on a medium of its own, for whoever checks it without this software.

A directory of segments ``ledger-<first seq>.jsonl``, ``head.json`` (how many entries, the hash of the last, when it was
exported) and ``verify_ledger.py``, the stand-alone verifier. The head is worth as much as the place it is kept in: noted
outside the hub, it shows even a tail that was written anew with right hashes.
"""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

from ground.errors import UserError
from ledger import store, verify_ledger
from ledger.chain import moment
from ledger.store import Head
from warehouse.operational import OperationalDatabase

SEGMENT = 100_000
"""Entries per file."""


def export(db: OperationalDatabase, directory: Path, now: datetime, *, segment: int = SEGMENT) -> Head:
    """Write the whole ledger, as it stands now, to ``directory``.

    Entries are written out from their fields, not from what was hashed once, so the verifier sees what the database
    says. Entries appended meanwhile are left for the next export.

    Args:
        db: where the ledger is kept.
        directory: made if missing; must be empty.
        now: goes into the head.
        segment: entries per file.

    Returns:
        The head; note it outside the hub.

    Raises:
        UserError: the directory holds something already.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise UserError(
            "导出目录不是空的，请换一个空目录；旧的导出要保留，不能覆盖。",
            "The directory is not empty; choose another. An older export is kept, never overwritten.",
            where=str(directory),
        )
    with db.begin() as connection:
        head = store.head(connection)
    for first in range(1, head.count + 1, segment):
        last = min(first + segment - 1, head.count)
        with (
            db.begin() as connection,
            (directory / f"ledger-{first:012d}.jsonl").open(
                "w", encoding="utf-8", newline="\n", errors="surrogatepass"
            ) as file,
        ):
            file.writelines(
                verify_ledger.line(store.canonical_row(row), row["hash"], row["prev_hash"])
                for row in store.rows(connection, first, last)
            )
    shutil.copyfile(Path(verify_ledger.__file__), directory / "verify_ledger.py")
    facts = {"count": head.count, "last_hash": head.hash, "exported_at": moment(now)}
    (directory / "head.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return head
