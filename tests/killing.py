"""Work done in a process of its own, so that a test may kill it at any moment.

Processes are forked from a server that has imported the hub already: what is killed is a build, not the loading of
Python. Nothing here opens the lake before the fork.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hub.hub import Hub
from pipelines.intake.store import Outcome
from quality.tickets.tables import ticket, ticket_finding
from warehouse.publication import outbox

CONTEXT = multiprocessing.get_context("forkserver")
# By name of what can be imported from the project's folder; this module itself then takes no time.
CONTEXT.set_forkserver_preload(
    ["pytest", "hub.hub", "ibis.backends.duckdb", "ibis.backends.sql.compilers", "alembic.command", "pandas", "json"]
)
WRONG_SEX = "7"
METADATA = "__ducklake_metadata_lake"
HOUSEHOLD = "inbox/ga/hukou_2026-11.csv"


def run(work: Callable[..., None], *arguments: Any) -> float:
    """Run ``work`` to its end in another process; the seconds it took, start included."""
    started = time.perf_counter()
    process = CONTEXT.Process(target=work, args=arguments)
    process.start()
    process.join(120)
    assert process.exitcode == 0, f"{work.__name__} ended with {process.exitcode}"
    return time.perf_counter() - started


def kill(work: Callable[..., None], delay: float, *arguments: Any) -> bool:
    """Run ``work`` and kill it ``delay`` seconds after its start; whether it was still running."""
    process = CONTEXT.Process(target=work, args=arguments)
    process.start()
    process.join(delay)
    process.kill()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL), f"{work.__name__} ended with {process.exitcode}"
    return process.exitcode != 0


def answer(work: Callable[..., None], *arguments: Any, out: Path) -> dict[str, Any]:
    """Run ``work`` to its end; what it wrote to ``out``."""
    run(work, *arguments, out)
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


# --- what runs in the other process -------------------------------------------------------------------------------


def say_when(started: float, out: Path) -> None:
    """Write how many seconds after ``started`` (`time.time`) the work began."""
    out.write_text(json.dumps({"after": time.time() - started}), encoding="utf-8")


def simulate(home: Path, persons: int) -> None:
    from small_city import simulate_small

    simulate_small(home, persons=persons, seed=11)
    # The test takes two processes' time: more threads would only wait for each other.
    with (home / "settings.yaml").open("a", encoding="utf-8") as settings:
        settings.write("threads: 1\n")


def deliver(home: Path, now: datetime, feeds: list[str] | None = None) -> None:
    hub = Hub(home)
    hub.load_catalogue(now)
    for feed in feeds or [one.id for one in hub.city.feeds]:
        assert all(one.outcome is not Outcome.REFUSED for one in hub.intake.run(feed, now))
    hub.close()


def build(home: Path, now: datetime, *, full: bool = False) -> None:
    hub = Hub(home)
    hub.builder.run(now, full=full)
    hub.close()


def look(home: Path, out: Path) -> None:
    """What a reader sees, how it holds together, and what the operational database says of what follows."""
    hub = Hub(home)
    publication = hub.pointer.current()
    assert publication is not None
    with hub.lake.reading(publication.lake_snapshot) as reader:
        sql = reader.engine.execute
        tables = ["base.population", "base.legal_person", "quality.finding"]
        seen: dict[str, Any] = {
            "publication": publication.id,
            # Every row of every file is read: count(*) alone would answer from the catalogue.
            "content": {name: str(sql(f"SELECT count(*), sum(hash(t)) FROM lake.{name} t")) for name in tables},
            "rows": {name: reader.count(f"base.{name}") for name in ("population", "legal_person")},
            "facts": publication.facts["libraries"],
            "wrong": {name: sql(query)[0][0] for name, query in WHOLE.items()},
        }
        present = {row[0] for row in sql("SELECT fingerprint FROM lake.quality.finding WHERE gone_since IS NULL")}
    with hub.database.begin() as connection:
        seen["waiting"] = connection.execute(
            sa.select(sa.func.count()).select_from(outbox).where(outbox.c.done_at.is_(None))
        ).scalar_one()
        standing = sa.select(ticket_finding.c.fingerprint).join(ticket, ticket.c.id == ticket_finding.c.ticket)
        standing = standing.where(ticket.c.state != "closed", ticket_finding.c.ended_by.is_(None))
        held = connection.execute(standing).scalars().all()
        per_rule = sa.select(ticket.c.snapshot, ticket.c.resource, ticket.c.rule)
        opened = [tuple(row) for row in connection.execute(per_rule)]
    seen["held_twice"] = len(held) - len(set(held))
    seen["not_held"] = len(present - set(held))
    seen["held_though_gone"] = len(set(held) - present)
    seen["tickets_twice"] = len(opened) - len(set(opened))
    hub.close()
    out.write_text(json.dumps(seen), encoding="utf-8")


WHOLE = {
    "keys that the library has and its sources have not, or the other way round": """
        WITH k AS (SELECT citizen_id FROM lake.standard.ga_household UNION
                   SELECT citizen_id FROM lake.standard.sw_social_insurance)
        SELECT count(*) FROM k FULL JOIN lake.base.population p USING (citizen_id)
        WHERE k.citizen_id IS NULL OR p.citizen_id IS NULL""",
    "addresses that are not the authority's": """
        SELECT count(*) FROM lake.base.population p JOIN lake.standard.ga_household g USING (citizen_id)
        WHERE p.address IS DISTINCT FROM g.address""",
    "wrong sex codes without a finding": f"""
        SELECT count(*) FROM lake.standard.ga_household g WHERE sex = '{WRONG_SEX}' AND NOT EXISTS (
            FROM lake.quality.finding f WHERE f.resource = 'ga_household' AND f.item = 'sex' AND f.gone_since IS NULL
            AND f.row_key = g.citizen_id)""",
}
"""What must be 0 in any published state."""


def shown(home: Path, out: Path) -> None:
    """The values of the libraries as readers get them, without the moments at which they were recorded."""
    hub = Hub(home)
    with hub.serving.open() as session:
        found = {}
        for name, library in hub.city.register.libraries.items():
            columns = ", ".join([library.key, *library.items])
            query = f"SELECT count(*), sum(hash(t)) FROM (SELECT {columns} FROM lake.base.{name}) t"
            found[name] = str(session.reader.engine.execute(query))
        sick = "SELECT resource, row_key, item, rule FROM lake.quality.finding WHERE gone_since IS NULL"
        found["findings"] = str(session.reader.engine.execute(f"SELECT count(*), sum(hash(t)) FROM ({sick}) t"))
    hub.close()
    out.write_text(json.dumps(found), encoding="utf-8")


def files(home: Path, out: Path) -> None:
    """Data files that the lake's catalogue knows and those that lie on the disk, by name."""
    hub = Hub(home)
    with hub.lake.reading(None) as reader:
        found = {
            table: [Path(row[0]).name for row in reader.engine.execute(f"SELECT path FROM {METADATA}.ducklake_{table}")]
            for table in ("data_file", "delete_file", "files_scheduled_for_deletion")
        }
    hub.close()
    found["lying"] = [path.name for path in (home / "lake" / "data").rglob("*") if path.is_file()]
    out.write_text(json.dumps(found), encoding="utf-8")


# --- what the department delivers ---------------------------------------------------------------------------------


def redeliver(home: Path, original: bytes, number: int) -> None:
    """The register of households with some people moved, some gone and some with a wrong sex code, by ``number``."""
    header, *lines = original.decode("gbk").splitlines()
    titles = header.split(",")
    address, sex = titles.index("户籍地址"), titles.index("性别")
    kept = [header]
    for place, line in enumerate(lines):
        cells = line.split(",")
        if (place + number) % 97 == 0 or '"' in line or len(cells) != len(titles):
            kept += [line] if (place + number) % 97 else []
            continue
        if (place + number) % 31 == 0:
            cells[address] = f"第{number}次迁居{place}号"
        if (place + number) % 211 == 0:
            cells[sex] = WRONG_SEX
        kept.append(",".join(cells))
    target = home / HOUSEHOLD
    partial = target.with_suffix(".part")
    partial.write_bytes("\n".join([*kept, ""]).encode("gbk"))
    partial.replace(target)
