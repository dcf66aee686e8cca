"""Units without a data steward in office, where the city asks for one, as tasks of theirs; settled when one is registered.

Source: the steward is registered on the platform (Longyan 26, Lianyungang 35).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from catalog.remark import Remark, Severity
from catalog.tasks.model import Opening, Task
from catalog.tasks.service import TaskService
from catalog.tasks.states import TaskKind
from warehouse.operational import OperationalDatabase

MISSING = "steward_missing"


def ask(
    database: OperationalDatabase, tasks: TaskService, remarks: Iterable[Remark], now: datetime
) -> tuple[list[Task], list[Task]]:
    """Open a task for every unit that lacks a steward; settle those of units that have one by now.

    Args:
        database: of the tasks.
        tasks: opens them.
        remarks: of the whole city (`catalog.standing.remarks`); what its rules do not ask opens nothing.
        now: when.

    Returns:
        Those opened, and those settled.
    """
    found = {
        one.subject: Opening(
            TaskKind.STEWARD_MISSING, one.subject, one.department, one.zh[:200], {"article": one.article}
        )
        for one in remarks
        if one.kind == MISSING and one.severity is Severity.OVERDUE
    }
    with database.writing() as connection:
        opened = tasks.open_in(connection, list(found.values()), now)
        settled = [
            tasks.change_in(connection, one, "settled", now, gone=True)
            for one in tasks.live_all(connection, TaskKind.STEWARD_MISSING)
            if one.subject not in found
        ]
    return opened, settled
