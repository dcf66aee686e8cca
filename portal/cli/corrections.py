"""``correction list`` and ``correction show``: what was put right, who was told, and which releases still hold old values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened
from quality.repairs import REPAIR_WORDS

if TYPE_CHECKING:
    from exchange.corrections.model import Receiver
    from exchange.corrections.service import Shared

app = Noun()


@app.command("list")
def list_corrections(
    home: Home = HOME,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="只看仍有发布含旧值的 only where a release still holds old values.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多几条 at most.")] = 50,
    json: Json = False,
    now: Now = None,
) -> None:
    """更正及已告知者，最新在前 What was put right and who was told, the newest first."""
    moment(now)
    with opened(home) as hub:
        found = hub.corrections.shared(outdated=outdated, limit=limit)
    if json:
        output.as_json([_plain(one) for one in found])
        return
    output.table(
        "更正 corrections",
        ["更正时间 at", "工单 ticket", "资源 resource", "信息项 items", "条数 records", "已告知 told", "未能告知 not reached",
         "仍含旧值的发布 releases still holding old values"],
        [
            (output.moment(one.repaired_at), one.ticket, one.resource,
             "、".join(sorted({of.item or "整条" for of in one.corrections})), one.records,
             len({who.receiver for who in one.receivers if who.known}),
             "\n".join(sorted({who.user for who in one.receivers if not who.known})), "\n".join(one.outdated))
            for one in found
        ],
    )  # fmt: skip
    if any(one.outdated for one in found):
        output.line("请重新发布仍含旧值的数据集：shuyuan publish。 Publish these again: shuyuan publish.")


@app.command("show")
def show_correction(
    ticket: Annotated[str, typer.Argument(help="工单编号 id of a ticket.")],
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """一张工单的更正：原批次、新批次、告知了谁及凭何得知 One ticket's corrections: batches, and who was told by which evidence."""
    moment(now)
    with opened(home) as hub:
        found = hub.corrections.of_ticket(ticket)
        keys = {one.publication: hub.corrections.keys(one, KEYS) for one in found}
    if json:
        output.as_json([_plain(one) | {"keys": keys[one.publication]} for one in found])
        return
    for one in found:
        output.heading(f"{output.shown(one.ticket)}，{output.moment(one.repaired_at)}，{output.shown(one.resource)}")
        output.table(
            "更正 corrections",
            ["信息项 item", "依据 proof", "条数 records", "原批次 batch before", "新批次 batch after", "更正流 feed"],
            [
                (of.item or "整条记录 record", " ".join(REPAIR_WORDS[of.kind]), of.records, of.batch_before, of.batch_after,
                 f"{of.seq}–{of.seq + of.records - 1}")
                for of in sorted(one.corrections, key=lambda of: of.seq)
            ],
        )  # fmt: skip
        _show_receivers(one.receivers, one.outdated)
        output.table(
            f"记录 records（主键已隐去 keys masked，前 first {KEYS}）",
            ["序号 seq", "主键 key", "信息项 item", "原批次 batch before", "新批次 batch after"],
            [(row.seq, row.row_key, row.item, row.batch_before, row.batch_after) for row in keys[one.publication]],
        )


KEYS = 50
"""Records shown with a ticket."""


def _show_receivers(receivers: Sequence[Receiver], outdated: Sequence[str]) -> None:
    output.table(
        "已告知 told",
        ["接收方 receiver", "台账用户 user", "依据 because of", "告知时间 told at", "确认 acknowledged"],
        [
            (one.receiver if one.known else "无对应账号、密钥或部门 nobody known", one.user, _why(one, outdated),
             output.moment(one.told_at), output.moment(one.acknowledged_at))
            for one in receivers
        ],
    )  # fmt: skip


def _why(one: Receiver, outdated: Sequence[str]) -> str:
    if one.via.startswith("release:"):
        name = one.via.removeprefix("release:")
        state = "仍含旧值 still holds old values" if name in outdated else "已更新或已撤下 superseded or withdrawn"
        return f"发布 release {name}（{state}）"
    grant = f"，授权 {one.via.removeprefix('grant:')}" if one.via else ""
    return f"台账 ledger {one.first_entry}–{one.last_entry}，{one.uses} 次 uses{grant}"


def _plain(one: Shared) -> dict[str, Any]:
    return {
        "ticket": one.ticket,
        "publication": one.publication,
        "resource": one.resource,
        "at": one.repaired_at,
        "records": one.records,
        "corrections": one.corrections,
        "receivers": one.receivers,
        "not_reached": sorted({who.user for who in one.receivers if not who.known}),
        "releases_with_old_values": one.outdated,
    }
