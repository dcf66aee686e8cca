"""``catalog``: the directory of what the departments hold; its commands stand in the files beside this one."""

from __future__ import annotations

from portal.cli import (
    catalog_checks,
    catalog_clock,
    catalog_entries,
    catalog_exchange,
    catalog_gaps,
    catalog_import,
    catalog_open_lists,
    catalog_receive,
    catalog_search,
    catalog_send,
    catalog_steps,
    catalog_supplements,
    catalog_tasks,
)
from portal.cli.commands import Noun

app = Noun()
for part in (
    catalog_entries,
    catalog_steps,
    catalog_open_lists,
    catalog_supplements,
    catalog_gaps,
    catalog_clock,
    catalog_checks,
    catalog_tasks,
    catalog_import,
    catalog_receive,
    catalog_exchange,
    catalog_send,
    catalog_search,
):
    part.register(app)
