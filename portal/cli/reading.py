"""``sql``, ``publish`` and ``ledger export``: what leaves, and the record of it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ground.errors import RefusedData, UserError
from ledger.export import export as export_ledger
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, NOT_STATED, Home, Json, Now, Purpose, User, moment, opened, reader

if TYPE_CHECKING:
    from exchange.publication.service import Published
    from hub.hub import Hub

ledger = Noun()


def sql(
    query: Annotated[str, typer.Argument(help="一条 SELECT（DuckDB 方言）one SELECT in DuckDB's dialect.")],
    home: Home = HOME,
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多行数 most rows.")] = 1000,
    as_csv: Annotated[bool, typer.Option("--csv", help="输出 CSV print CSV.")] = False,
    user: User = None,
    purpose: Purpose = NOT_STATED,
    json: Json = False,
    now: Now = None,
) -> None:
    """查询已发布的库，先记台账再给数 Ask the published libraries; the ledger is written before a row is shown.

    可查询 tables: population, legal_person（各项带 __source、__observed、__agreement、__disputed）、各资源、各资源_quarantine（隔离的行号与原因）、finding。
    """
    when = moment(now)
    with opened(home) as hub:
        rows = hub.serving.sql(query, reader(user, purpose), when, limit=limit + 1)
    cut = rows.num_rows > limit
    rows = rows.slice(0, limit)
    if cut:
        output.warn(f"只给出前 {limit} 行，可用 --limit 调整。Only the first {limit} rows are given; see --limit.")
    if json:
        output.as_json(rows.to_pylist())
    elif as_csv:
        target = io.StringIO()
        writer = csv.writer(target)
        writer.writerow(rows.column_names)
        writer.writerows(zip(*rows.to_pydict().values(), strict=True))
        output.raw(target.getvalue())
    else:
        output.records("查询结果 result", rows.column_names, list(zip(*rows.to_pydict().values(), strict=True)))


def publish(
    releases: Annotated[
        list[str] | None, typer.Argument(help="发布文件编号，默认全部 ids of releases; all by default.")
    ] = None,
    home: Home = HOME,
    user: User = None,
    purpose: Purpose = NOT_STATED,
    json: Json = False,
    now: Now = None,
) -> None:
    """发布统计与脱敏数据集 Publish statistics and masked datasets from the published snapshot."""
    when = moment(now)
    with opened(home) as hub:
        made, refused = publish_all(hub, when, releases, user, purpose)
    if json:
        output.as_json(
            {
                "published": [
                    {
                        "release": one.release,
                        "folder": one.folder,
                        "existed": one.existed,
                        "manifest": one.manifest.model_dump(mode="json"),
                    }
                    for one in made
                ],
                "refused": [{"release": name, **fault.as_dict()} for name, fault in refused],
            }
        )
    else:
        show_releases(made, refused)
    if refused:
        raise typer.Exit(RefusedData.exit_code)


def publish_all(
    hub: Hub, now: Any, releases: list[str] | None, user: str | None, purpose: str
) -> tuple[list[Published], list[tuple[str, RefusedData]]]:
    """Publish releases one after another; one that is refused does not keep the others."""
    made, refused = [], []
    for name in releases or hub.releases.declared():
        output.progress(f"发布 publishing {name}")
        try:
            made.append(hub.releases.publish(name, reader(user, purpose), now))
        except RefusedData as fault:
            refused.append((name, fault))
    return made, refused


def show_releases(made: list[Published], refused: list[tuple[str, RefusedData]]) -> None:
    """Print what was published, as measured, and what was refused and why."""
    output.table(
        "发布 releases",
        ["发布 release", "标题 title", "行 rows", "k", "隐去单元格 cells suppressed", "未公布行 rows withheld", "文件 folder"],
        [
            (one.release + ("（已有 existed）" if one.existed else ""), one.manifest.title, one.manifest.rows, one.manifest.k,
             one.manifest.cells_suppressed, one.manifest.rows_withheld, one.folder)
            for one in made
        ],
    )  # fmt: skip
    for name, fault in refused:
        output.line(f"[red]{name} 未发布 refused[/red]\n  {output.shown(fault.zh)}\n  {output.shown(fault.en)}")


@ledger.command()
def export(
    directory: Annotated[Path, typer.Argument(help="写入的目录 folder to write.")],
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """导出台账与独立校验程序 Export the ledger with its stand-alone verifier (python verify_ledger.py DIR)."""
    when = moment(now)
    with opened(home) as hub:
        try:
            head = export_ledger(hub.database, directory, when)
        except OSError as fault:
            raise UserError(
                f"目录无法写入（{fault.strerror}），请换一个目录。",
                f"The folder cannot be written ({fault.strerror}); choose another.",
                where=str(directory),
            ) from fault
    if json:
        output.as_json(head)
    else:
        output.line(
            f"已导出 {head.count} 条到 {directory}；校验 verify: python3 {directory}/verify_ledger.py {directory}"
        )
