"""``catalog send``: a district hands its catalogue up to the city's platform, and brings back what was decided there."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import output
from portal.cli.acting import As, OfDepartment
from portal.cli.catalog_acting import catalog_person
from portal.cli.catalog_plans import LISTED
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.hub import Hub
    from pipelines.docking.service import Brought, Prepared, Sent


def register(app: Noun) -> None:
    """Add the command."""
    app.command()(send)


def send(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只说明将报送什么，不连接市级平台 tell what would be sent, ask nobody.")
    ] = False,
    outcome: Annotated[
        bool,
        typer.Option("--outcome", help="取回市级办理结果，记入各条目 bring back what the city decided of each entry."),
    ] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="市级已有的也再次报送；与 --outcome 同用则从头取回，用于市级恢复备份之后 also what the city has; with --outcome from the beginning.",
        ),
    ] = False,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """向市级平台报送本区目录，或取回办理结果 Hand the district's catalogue up to the city's platform, or bring back what it decided."""
    from hub.docking import docking_of, platform_of  # the talk over HTTP is for those who talk

    when = moment(now)
    with opened(home) as hub:
        docking = docking_of(hub, when)
        prepared = docking.prepare(when) if not outcome else []
        if dry_run:
            _tell_prepared(docking.district.name, prepared, json=json)
            return
        person = catalog_person(hub, account, when, department=department)
        docking.check_may(person)
        if outcome:
            with platform_of(hub, lambda zh, en: output.progress(f"{zh} {en}")) as platform:
                brought = docking.bring_back(
                    platform, person, when, from_start=again,
                    told=lambda count: output.progress(f"已取回 {count} 步 {count} steps so far"),
                )  # fmt: skip
            _tell_brought(hub, brought, json=json)
            return
        waiting = [one for one in prepared if again or not one.known]
        sent: list[Sent] = []
        if waiting:
            with platform_of(hub, lambda zh, en: output.progress(f"{zh} {en}")) as platform:
                for one in docking.send(
                    waiting, platform, person, when, told=lambda number, one: _progress(number, len(waiting), one)
                ):
                    sent.append(one)
                    if not json:
                        _tell_sent(one)
    if json:
        output.as_json(
            {"sent": [one.receipt.model_dump(mode="json") for one in sent], "known": len(prepared) - len(sent)}
        )
    elif not waiting:
        output.line("与市级平台已接收的相同，没有需要报送的 the city has all of it; nothing to send")


def _progress(number: int, many: int, one: Prepared) -> None:
    size = len(one.text.encode()) / 1024
    output.progress(
        f"报送第 {number}/{many} 包，{len(one.package.content.resources)} 个条目，{size:.0f} KB  package {number} of {many}"
    )


def _tell_prepared(name: str, prepared: Sequence[Prepared], *, json: bool) -> None:
    facts: list[dict[str, Any]] = [
        {
            "version": one.package.version, "digest": one.package.digest, "entries": len(one.package.content.resources),
            "departments": [unit.id for unit in one.package.content.departments], "bytes": len(one.text.encode()),
            "known": one.known,
        }
        for one in prepared
    ]  # fmt: skip
    if json:
        output.as_json(facts)
        return
    output.table(
        f"{name}将报送 to be sent",
        ["版次 version", "摘要 digest", "条目 entries", "部门 departments", "字节 bytes", "市级已有 known"],
        [
            (one["version"], str(one["digest"])[:12], one["entries"], "、".join(one["departments"]), one["bytes"],
             "是，不报送 yes" if one["known"] else "否 no")
            for one in facts
        ],
    )  # fmt: skip


def _tell_sent(one: Sent) -> None:
    receipt = one.receipt
    before = f"（此前已接收 it came before：{output.moment(receipt.received_at)}）" if receipt.repeated else ""
    output.line(
        f"市级已接收 received：回执 receipt {receipt.receipt}{before}  草稿 drafts {len(receipt.drafts)}，"
        f"变更申请 changes {len(receipt.changes)}，无变化 unchanged {receipt.unchanged}"
    )
    if receipt.held_back:
        output.table(
            "市级暂缓接收，再次报送时补收 held back by the city; taken when sent again",
            ["条目 entry", "原因 why"],
            [(one.entry, f"{one.zh}\n{one.en}") for one in receipt.held_back[:LISTED]],
        )
    if receipt.remarks:
        output.table(
            "市级数据关口的意见 what the city's gate says",
            ["条目 entry", "结论 verdict", "说明 why"],
            [
                (
                    said.entry,
                    "提交审核时将被拒绝 will be refused" if said.bars else "由主管部门核 for the authority",
                    f"{said.zh}\n{said.en}",
                )
                for said in receipt.remarks[:LISTED]
            ],
        )


def _tell_brought(hub: Hub, brought: Brought, *, json: bool) -> None:
    cases = [one for one in hub.entries.reading.listed() if one.id in brought.entries]
    facts: list[dict[str, Any]] = [{"entry": one.id, "title": one.title, **one.facts["above"]} for one in cases]
    if json:
        output.as_json(
            {
                "since": brought.since, "next": brought.next, "noted": brought.noted, "known": brought.known,
                "unknown": sorted(brought.unknown), "entries": facts,
            }
        )  # fmt: skip
        return
    output.line(
        f"已取回市级办理结果：新记 {brought.noted} 步，已有 {brought.known}  noted {brought.noted} steps, known {brought.known}"
    )
    if facts:
        output.table(
            "各条目在市级平台 entries at the city's platform",
            ["标识 id", "名称 title", "状态 state", "代码 code", "理由 reason"],
            [(one["entry"], one["title"], said_above(one), one["code"], one["reason"]) for one in facts[:LISTED]],
        )
    if brought.unknown:
        shown = "、".join(sorted(brought.unknown)[:LISTED])
        output.warn(
            f"本平台没有这些条目，其结果未记入：{shown}。 This platform has no such entries; what the city decided of them is "
            "not noted."
        )


def said_above(above: dict[str, Any]) -> str:
    """The state of an entry at the city in words; a newer city may have states that this version does not know."""
    from catalog.entries.states import STATES

    zh, en = STATES.get(above["state"], (above["state"], ""))
    return f"{zh} {en}".strip()


def told_above(above: dict[str, Any]) -> str:
    """Where an entry stands at the city, since when, why, and under which code."""
    parts = [said_above(above), output.moment(datetime.fromisoformat(above["at"]))]
    parts += [f"代码 code {above['code']}"] if above.get("code") else []
    parts += [f"理由 reason：{above['reason']}"] if above.get("reason") else []
    return "，".join(parts)
