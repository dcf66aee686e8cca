"""``status``: the state of the hub at a glance."""

from __future__ import annotations

from typing import Any

from hub.overview import overview
from portal.cli import output
from portal.cli.context import HOME, Home, Json, Now, moment, opened


def status(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """各环节与各数据源的现状 Counts per stage and feed, libraries, findings, tickets, releases."""
    when = moment(now)
    with opened(home) as hub:
        facts = overview(hub, when)
    if json:
        output.as_json(facts)
    else:
        show(facts)


def show(facts: dict[str, Any]) -> None:
    """Print an overview for people."""
    profile, published = facts["profile"], facts["published"]
    output.line(
        f"[bold]{facts['home']}[/bold]  规则 profile：{profile['title']}"
        f"（{profile['status_zh']} {profile['status_en']}：{profile['note']}）"
    )
    output.line(
        "尚未发布 nothing published yet"
        if published is None
        else f"已发布快照 published snapshot {published['snapshot']}，{published['at'][:16]}"
    )
    output.table(
        "数据源 feeds",
        ["数据源 feed", "部门 department", "最近批次 last", "结果 outcome", "采用 taken", "隔离 quarantined", "应报日期 due", "逾期 late"],
        [
            (name, one["department"], one["last"], one["outcome"], one["rows_taken"], one["rows_quarantined"],
             one["next_due"], "是 yes" if one["late"] else "")
            for name, one in facts["feeds"].items()
        ],
    )  # fmt: skip
    stages = facts["stages"]
    rows = [
        (stage, name, number) for stage in ("raw", "quarantine", "standard") for name, number in stages[stage].items()
    ]
    output.table("各环节行数 rows per stage", ["环节 stage", "表 table", "行 rows"], rows)
    output.table("基础库 base libraries", ["库 library", "行 rows"], facts["libraries"].items())
    output.line(
        f"问题数据 findings：{_said(facts['findings'])}；工单 tickets：{_said(facts['tickets'])}，逾期 overdue {facts['overdue']}"
    )
    output.line(f"目录任务 catalogue tasks：{_said(facts['catalogue_tasks'])}")
    output.line(f"发布 releases：{'、'.join(facts['releases']) or '无 none'}")


def _said(counts: dict[str, int]) -> str:
    return "，".join(f"{name} {number}" for name, number in counts.items()) or "无 none"
