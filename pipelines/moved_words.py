"""The words by which a unit is told that a holiday notice moved the last day of what it has to do."""

from __future__ import annotations

from datetime import datetime

from ledger.chain import Json
from notices.model import Notice, Topic, to_department


def moved_notice(
    *,
    about: str,
    occasion: str,
    department: str,
    now: datetime,
    called: tuple[str, str],
    was: str,
    due: str,
    notice: str,
    payload: dict[str, Json],
) -> Notice:
    """The notice of one case.

    Args:
        about: id of the case.
        occasion: number of the event that moved it.
        department: who has to act.
        now: when it was counted again.
        called: the case, in Chinese and English.
        was: the last day as it was, ISO.
        due: the last day as it is, ISO.
        notice: what the holiday notice calls itself; empty where the calendar came with the software.
        payload: what the case is, for machines.
    """
    by_zh = f"根据{notice}，" if notice else ""
    by_en = f" by {notice}" if notice else ""
    moved = ("提前", "earlier") if due < was else ("推后", "later")
    return Notice(
        topic=Topic.DUE_MOVED,
        about=about,
        recipient=to_department(department),
        occasion=occasion,
        subject_zh=f"{called[0]} 的截止日{moved[0]}为 {due}",
        subject_en=f"{called[1]} is due {moved[1]}, on {due}",
        body_zh=f"{by_zh}期限已重新计算：原截止 {was} 24:00，现截止 {due} 24:00。",
        body_en=f"The limit was counted again{by_en}: due at the end of {due}, no longer of {was}.",
        created_at=now,
        urgent=due < was,
        payload={**payload, "was": was, "due": due, "notice": notice},
    )
