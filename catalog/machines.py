"""Every life there is in the catalogue: who goes through all cases at once (the clock, the page of diagrams) asks here."""

from __future__ import annotations

from catalog.cases.machine import Machine
from catalog.entries.states import ENTRY, REFUSAL
from catalog.filings.states import EXCEPTION, RETURN_FLOW
from catalog.interchange.receipts import RECEIPT
from catalog.interchange.sendings import DOCKING, SENDING
from catalog.lists.states import OPEN_LIST, SUPPLEMENT
from catalog.projects.states import PROJECT
from catalog.purchases.states import PURCHASE
from catalog.tasks.states import TASK

MACHINES: dict[str, Machine] = {
    one.kind: one
    for one in (
        ENTRY, REFUSAL, OPEN_LIST, SUPPLEMENT, TASK, EXCEPTION, RETURN_FLOW, PROJECT, PURCHASE, RECEIPT,
        SENDING, DOCKING,
    )
}  # fmt: skip
"""Kind of case -> its life. Archive packages (`pipelines.archiving`) owe nobody anything, and the clock has no part in them."""
