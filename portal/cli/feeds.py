"""``feed list|new|check|run|upload|replay``: what departments deliver."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.listing import feed_rows
from ground.errors import RefusedData, Unavailable, UserError
from pipelines.intake.store import Delivery, Outcome
from pipelines.intake.uploads import Upload
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, NOT_STATED, Home, Json, Now, User, moment, opened
from portal.cli.readings import explained, show_reading

if TYPE_CHECKING:
    from hub.hub import Hub

app = Noun()

OUTCOMES = {
    Outcome.LANDED: "已落地 landed",
    Outcome.TAKEN: "已采用 taken",
    Outcome.UNCHANGED: "无变化 unchanged",
    Outcome.REFUSED: "已退回 refused",
    Outcome.LATE: "迟到仅存档 late, kept only",
}


@app.command("list")
def list_feeds(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """列出数据源 List the feeds: whose, which resource, how, where."""
    moment(now)
    with opened(home) as hub:
        rows = feed_rows(hub.city)
    if json:
        output.as_json(rows)
    else:
        output.table(
            "数据源 feeds",
            ["数据源 feed", "资源 resource", "部门 department", "方式 mode", "周期 cycle", "来源 source"],
            [(one.id, one.resource, one.department, one.mode, one.cycle, one.source) for one in rows],
        )


@app.command()
def check(
    feed: Annotated[str, typer.Argument(help="数据源编号 id of the feed.")],
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help="试读该文件而不是收件目录 read this file instead.",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """试读，不采用任何数据 Show encoding, mapping and first problems, taking nothing."""
    when = moment(now)
    with opened(home) as hub:
        readings = hub.intake.check(feed, when, file)
    if json:
        output.as_json(readings)
    else:
        for reading in readings:
            show_reading(reading)
        if not readings:
            output.line(f"收件目录中没有符合 {feed} 的文件。Nothing in the inbox matches this feed.")
    if any(reading.refusal for reading in readings):
        raise typer.Exit(RefusedData.exit_code)


@app.command()
def run(
    feeds: Annotated[list[str] | None, typer.Argument(help="数据源编号，可多个 ids of feeds.")] = None,
    every: Annotated[bool, typer.Option("--all", help="全部数据源 all feeds.")] = False,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """采集送达的数据 Take what was delivered (all feeds where none is named)."""
    when = moment(now)
    with opened(home) as hub:
        settled, failed = run_feeds(hub, when, feeds if feeds and not every else None)
    if json:
        output.as_json([_facts(one) for one in settled])
    else:
        show_deliveries(settled)
    if failed:
        raise failed[0]
    if any(one.outcome is Outcome.REFUSED for one in settled):
        raise typer.Exit(RefusedData.exit_code)


@app.command()
def upload(
    feed: Annotated[str, typer.Argument(help="数据源编号 id of the feed.")],
    file: Annotated[Path, typer.Argument(help="要上传的文件 the file.", exists=True, dir_okay=False, readable=True)],
    reason: Annotated[
        str, typer.Option("--reason", help="为何人工上传，随批次保存 why by hand; kept with it.")
    ] = NOT_STATED,
    period: Annotated[
        str | None, typer.Option("--period", help="周期，如 2026-11；默认按文件名或当天 the period.")
    ] = None,
    user: User = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """人工上传一个文件，落地与检查同其他送达 Take a file brought by hand, with the same checks."""
    when = moment(now)
    with opened(home) as hub:
        hub.load_catalogue(when)
        one = hub.intake.upload(feed, Upload(file, user or getpass.getuser(), reason, period), when)
    if json:
        output.as_json(_facts(one))
    else:
        show_deliveries([one])
        output.line(
            f"  上传人 uploaded by {output.shown(one.uploaded_by)}  事由 reason {output.shown(one.upload_reason)}"
        )
    if one.outcome is Outcome.REFUSED:
        raise typer.Exit(RefusedData.exit_code)


@app.command("new")
def draft_feeds(
    files: Annotated[
        list[Path],
        typer.Argument(help="部门送来的文件，可多个 delivered files.", exists=True, dir_okay=False, readable=True),
    ],
    feed: Annotated[
        str | None,
        typer.Option("--id", help="数据源编号，限一个文件；默认取自文件名 id, for one file; by default from its name."),
    ] = None,
    department: Annotated[str | None, typer.Option("--department", "-d", help="部门编号 id of the department.")] = None,
    crs: Annotated[
        str | None,
        typer.Option(
            "--crs", help="已核实的坐标系 the reference system, where known: cgcs2000, wgs84, gcj02, bd09, EPSG:4513…"
        ),
    ] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """依据文件起草数据源 Draft the feed and catalogue entry of each file, every guess with its reason."""
    from pipelines.intake.drafting.document import UNDECIDED
    from pipelines.intake.drafting.service import DraftingService

    when = moment(now)
    if feed is not None and len(files) > 1:
        raise UserError("--id 只用于一个文件。", "--id is for one file.")
    drafts = []
    for file in files:
        with opened(home) as hub:
            written = DraftingService(hub.home, hub.city).new(file, feed_id=feed, department=department, crs=crs)
        with opened(home) as hub:  # with the new document in its catalogue
            (reading,) = hub.intake.check(written.feed.id, when, file)
        document = written.document.relative_to(hub.home)
        drafts.append({"feed": written.feed.id, "document": document, "reading": reading})
        if not json:
            show_reading(reading)
            output.line(f"已起草 drafted：{output.shown(document)}")
            output.line(
                f"  核对 # 之后的依据，填写“{UNDECIDED}”处，然后 check what stands after #, fill in {UNDECIDED}, then:"
            )
            output.line(f"  shuyuan feed upload {written.feed.id} {output.shown(file)} --home {output.shown(home)}")
            output.line(f"  以后的文件放到 later files go to：inbox/{output.shown(written.drafted.path)}")
    if json:
        output.as_json(drafts)


@app.command()
def replay(
    delivery: Annotated[str, typer.Argument(help="批次，形如 feed/2026-11/0001 a delivery.")],
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """按现行约定重读一个已落地的批次 Read a landed delivery again under today's documents."""
    when = moment(now)
    with opened(home) as hub:
        settled = hub.intake.replay(delivery, when)
    if json:
        output.as_json(_facts(settled))
    else:
        show_deliveries([settled])
    if settled.outcome is Outcome.REFUSED:
        raise typer.Exit(RefusedData.exit_code)


def run_feeds(hub: Hub, now: datetime, names: Sequence[str] | None) -> tuple[list[Delivery], list[Unavailable]]:
    """Run feeds one after another; one whose source is away does not keep the others from being taken."""
    settled: list[Delivery] = []
    failed: list[Unavailable] = []
    hub.load_catalogue(now)
    for name in names if names is not None else [feed.id for feed in hub.city.feeds]:
        try:
            settled += hub.intake.run(name, now, output.progress)
        except Unavailable as fault:
            failed.append(fault)
            output.err.print(str(fault), markup=False, style="red")
    return settled, failed


def show_deliveries(settled: Sequence[Delivery]) -> None:
    """Print what became of deliveries, reasons included."""
    output.table(
        "采集结果 deliveries",
        ["批次 delivery", "结果 outcome", "行 rows", "采用 taken", "隔离 quarantined", "重复 repeated", "变更 changed", "注销 gone"],
        [
            (
                one.id, OUTCOMES[one.outcome], one.rows_in,
                # What an unchanged delivery did, it did when it first came.
                *([None] * 5 if one.outcome is Outcome.UNCHANGED else
                  [one.rows_taken, one.rows_quarantined, one.rows_repeated, one.rows_changed, one.rows_gone]),
            )
            for one in settled
        ],
    )  # fmt: skip
    reasons = [
        (one.id, *explained(reason), number)
        for one in settled
        if one.outcome is not Outcome.UNCHANGED
        for reason, number in (one.reasons or {}).items()
    ]
    if reasons:
        output.table(
            "隔离原因 why rows were quarantined", ["批次 delivery", "项 item", "原因 reason", "行 rows"], reasons
        )
        output.line('  全部行号（构建后）every row number, once built：shuyuan sql "SELECT * FROM <资源>_quarantine"')
    for one in settled:
        if one.outcome in (Outcome.REFUSED, Outcome.LATE):
            output.line(
                f"[red]{one.id}[/red] {output.shown(one.name)}\n  {output.shown(one.message_zh)}\n  {output.shown(one.message_en)}"
            )
        if one.outcome is Outcome.REFUSED:
            output.line(f"  改好数据源约定后重放：shuyuan feed replay {one.id}；重新送达的文件会自动采集。")
            output.line(
                "  [dim]When the feed document is mended, replay it; a file delivered anew is taken by itself.[/dim]"
            )


def _facts(one: Delivery) -> dict[str, object]:
    return {
        "id": one.id,
        **{name: value for name, value in vars(one).items() if name != "sha256"},
        "sha256": one.sha256,
    }
