"""In which words is somebody told that data he used was put right? No key and no value: a notice leaves the house."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from exchange.corrections.model import Correction, Receiver
from ledger.chain import Json
from notices.model import Notice, Topic
from quality.repairs import REPAIR_WORDS, Repair

SAID = 20
"""Lines of a notice's facts for machines; the feed has all."""


def by_receiver(
    told: Mapping[Receiver, Sequence[Correction]],
) -> Iterator[tuple[list[Receiver], list[Correction]]]:
    """What each known receiver is told of each ticket: all uses and releases of his together, every correction once."""
    together: dict[tuple[str, str], tuple[list[Receiver], dict[int, Correction]]] = {}
    for who, of in told.items():
        if who.known:
            mine, corrections = together.setdefault((who.ticket, who.receiver), ([], {}))
            mine.append(who)
            corrections.update({one.seq: one for one in of})
    for mine, corrections in together.values():
        yield mine, [corrections[seq] for seq in sorted(corrections)]


def correction_notice(
    mine: Sequence[Receiver], of: Sequence[Correction], titles: Mapping[str, str], now: datetime
) -> Notice:
    """The notice of one ticket's corrections to one receiver.

    Args:
        mine: its uses and releases.
        of: the corrections, in the order of the feed.
        titles: of the resources.
        now: when.
    """
    who, first = mine[0], of[0]
    records = sum(one.records for one in of)
    title = titles.get(first.resource, first.resource)
    releases = [one.via.removeprefix("release:") for one in mine if one.via.startswith("release:")]
    zh, en = _used(mine, releases)
    what = "；".join(f"{item} {number} 条（{REPAIR_WORDS[kind][0]}）" for (item, kind), number in _items(of).items())
    said = "; ".join(f"{item}: {number} ({REPAIR_WORDS[kind][1]})" for (item, kind), number in _items(of).items())
    return Notice(
        topic=Topic.CORRECTION,
        about=who.ticket,
        recipient=who.receiver,
        occasion=str(who.publication),
        subject_zh=f"数据更正：{title}，{records} 条",
        subject_en=f"Data corrected: {first.resource}, {records}",
        body_zh=f"工单 {who.ticket} 所涉数据已更正并重新发布：{what}。{zh}逐条清单（原批次、新批次）见更正清单或更正接口。",
        body_en=f"Data of ticket {who.ticket} was put right and published again: {said}. {en}See the list or the feed of corrections.",
        created_at=now,
        payload={
            "ticket": who.ticket,
            "resource": first.resource,
            "records": records,
            "corrections": [_line(one) for one in of[:SAID]],
            "not_listed": max(len(of) - SAID, 0),
            "feed": {"after": of[0].seq - 1, "until": of[-1].seq + of[-1].records - 1},
            "releases": releases,
            "uses": sum(one.uses for one in mine),
        },
    )


def _used(mine: Sequence[Receiver], releases: Sequence[str]) -> tuple[str, str]:
    zh = en = ""
    uses = [one for one in mine if one.first_entry is not None]
    if uses:
        first, last = min(one.first_entry or 0 for one in uses), max(one.last_entry or 0 for one in uses)
        number = sum(one.uses for one in uses)
        zh += f"台账显示更正前曾取用相关数据 {number} 次（第 {first} 至 {last} 条），请以更正后的数据为准。"
        en += f"By the ledger it was used {number} times before (entries {first} to {last}); please use the corrected data. "
    if releases:
        zh += f"已发布的 {'、'.join(releases)} 取自更正前的数据，请重新发布。"
        en += f"Published before the correction, please publish again: {', '.join(releases)}. "
    return zh, en


def _items(of: Sequence[Correction]) -> Counter[tuple[str, Repair]]:
    counted: Counter[tuple[str, Repair]] = Counter()
    for one in of:
        counted[one.item or "整条记录 record", one.kind] += one.records
    return counted


def _line(one: Correction) -> dict[str, Json]:
    return {
        "item": one.item,
        "kind": one.kind.value,
        "records": one.records,
        "batch_before": one.batch_before or None,
        "batch_after": one.batch_after or None,
    }
