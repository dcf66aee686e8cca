"""The life of a catalogue task as data; one life for every kind of task."""

from __future__ import annotations

from enum import StrEnum

from catalog.cases.machine import Machine, Step, Words


class TaskKind(StrEnum):
    """Why the catalogue has to be looked at."""

    DRIFT = "drift"
    """A feed delivers other columns than the entry declares (Longyan 8: 及时更新)."""
    NEAR_DUPLICATE = "near_duplicate"
    """Two items may be one fact: the authority decides."""
    DEMAND = "demand"
    """Somebody needs data that are in no catalogue (Chifeng part 4(二)2: 补充列入目录)."""
    LEGAL_CHANGE = "legal_change"
    """A law changed that entries rest on (Wuhan 11: 动态调整)."""
    STEWARD_MISSING = "steward_missing"
    """A department has no data steward in office (Longyan 26)."""
    GATHERING = "gathering"
    """The data of a published entry have not come to their platform yet (Wuhan 13)."""


KIND_WORDS: dict[TaskKind, Words] = {
    TaskKind.DRIFT: ("数据结构变动", "schema drift"),
    TaskKind.NEAR_DUPLICATE: ("疑似重复采集", "near-duplicate"),
    TaskKind.DEMAND: ("未编目需求", "uncatalogued demand"),
    TaskKind.LEGAL_CHANGE: ("依据变化", "change of law"),
    TaskKind.STEWARD_MISSING: ("缺少专管员", "steward missing"),
    TaskKind.GATHERING: ("待汇聚", "data to be gathered"),
}

PROPOSED = "proposed"
OPEN = "open"
IN_HAND = "in_hand"
DONE = "done"
DISMISSED = "dismissed"

_LIVE = (OPEN, IN_HAND)

TASK = Machine(
    "catalogue_task",
    ("目录任务", "catalogue task"),
    {
        PROPOSED: ("待主管部门确认", "waits for the authority"),
        OPEN: ("待办", "open"),
        IN_HAND: ("办理中", "in hand"),
        DONE: ("已办结", "done"),
        DISMISSED: ("不予办理", "dismissed"),
    },
    frozenset({DONE, DISMISSED}),
    (
        Step("opened", (None,), OPEN, "开立", "opened", "the hub or the authority", "kind, what it is about"),
        Step("demanded", (None,), PROPOSED, "提出需求", "demanded", "any department", "what is needed, for which scenario"),
        Step("approved", (PROPOSED,), OPEN, "审核确认", "approved", "authority", "the department that holds the data"),
        Step("refused", (PROPOSED,), DISMISSED, "不予确认", "refused", "authority", "reason"),
        Step("added", _LIVE, None, "补充新的差异", "more was seen", "hub", "differences"),
        Step("taken", (OPEN,), IN_HAND, "接办", "taken in hand", "its department", ""),
        Step("done", _LIVE, DONE, "办结", "done", "its department", "what was done; of a demand the published entry"),
        Step("decided", _LIVE, DONE, "核定", "decided", "authority", "same or different"),
        Step("settled", _LIVE, DONE, "自行了结", "settled by itself", "hub", "what is no longer there"),
        Step("dismissed", _LIVE, DISMISSED, "不予办理", "dismissed", "its department; the authority", "reason"),
    ),
)  # fmt: skip
