"""A small city whose deliveries are taken and built, with accounts: what tests of the desk begin from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
from small_city import simulate_small

from accounts.model import Account, Role
from hub.hub import Hub
from pipelines.serving import Reader
from policy.clock import SHANGHAI
from portal.cli.feeds import run_feeds

BUILT = datetime(2026, 11, 21, 15, 0, tzinfo=SHANGHAI)
"""A Saturday: what is found then is due on Friday the 27th."""
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=SHANGHAI)
PASSWORD = "lantern-river-42"
PEOPLE = (
    Account(id="steward", name="王质量", role=Role.STEWARD),
    Account(id="ga", name="李警官", role=Role.PROVIDER, department="ga"),
    Account(id="ga2", name="赵警官", role=Role.PROVIDER, department="ga"),
    Account(id="sw", name="陈税务", role=Role.PROVIDER, department="sw"),
    Account(id="counter", name="孙窗口", role=Role.REPORTER, department="sc"),
)


def make_desk_city(home: Path) -> None:
    """Simulate, take, build, and make the accounts."""
    simulate_small(home, persons=600, seed=7)
    build_desk_city(home)


def build_desk_city(home: Path) -> None:
    """Take and build what a home's departments have delivered, and make the accounts."""
    hub = Hub(home)
    hub.upgrade()
    try:
        for one in PEOPLE:
            hub.accounts.add(one, PASSWORD, "test", BUILT)
        run_feeds(hub, BUILT, None)
        hub.builder.run(BUILT)
    finally:
        hub.close()


def sound_person(hub: Hub, now: datetime) -> dict[str, str]:
    """A registered person about whom nothing was found: the items of the record as text."""
    query = (
        "SELECT * FROM ga_household WHERE citizen_id NOT IN (SELECT row_key FROM finding WHERE row_key IS NOT NULL) "
        "AND address IS NOT NULL ORDER BY citizen_id LIMIT 1"
    )
    table: pa.Table = hub.serving.sql(query, Reader("test", "the desk is tested"), now)
    return {name: str(value) for name, value in table.to_pylist()[0].items() if value is not None}


def ticket_on(hub: Hub, rule: str) -> str:
    """The ticket on the findings of a rule."""
    return next(one.id for one in hub.tickets.list() if one.rule == rule)
