"""``asset list``: the ledger of data assets, generated and never filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import xlsxwriter

from catalog.assets import KIND_WORDS, Asset
from hub.data_assets import asset_ledger
from policy.clock import SHANGHAI
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

app = Noun()

COLUMNS = (
    "部门 department", "类别 kind", "编号 id", "名称 title", "登记于 since", "状态 state", "版本 version", "行 rows",
    "末次送达 last", "变动 changes", "最近变动 latest",
)  # fmt: skip


@app.callback()
def ledger() -> None:
    """数据资产台账 The ledger of data assets."""


@app.command("list")
def list_assets(
    department: Annotated[str | None, typer.Option("--department", help="只看此部门 only this department.")] = None,
    changes: Annotated[bool, typer.Option("--changes", help="列出每项的变动 list what happened to each.")] = False,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="另存为 XLSX write a workbook.")] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """列出数据资产 List resources, systems, purchases and libraries per department, with what changed."""
    when = moment(now)
    with opened(home) as hub:
        if department is not None:
            hub.city.department(department)
        names = {one.id: one.name for one in hub.city.departments}
        found = [one for one in asset_ledger(hub, when) if department in (None, one.department)]
    if xlsx is not None:
        _workbook(xlsx, found, names)
    if json:
        output.as_json(found)
        return
    # A long id folds badly beside its title on a screen: below it, it stays whole.
    output.table("数据资产 data assets", [*COLUMNS[:2], *COLUMNS[3:]], [_on_screen(_row(one, names)) for one in found])
    if changes:
        output.table(
            "变动 changes", ["编号 id", "时间 at", "事项 what"],
            [(one.id, output.moment(change.at), f"{change.zh} {change.en}") for one in found for change in one.changes],
        )  # fmt: skip
    if xlsx is not None:
        output.line(f"已写入 written {xlsx}")


def _row(one: Asset, names: dict[str, str]) -> tuple[object, ...]:
    latest = one.changes[-1] if one.changes else None
    return (
        names.get(one.department, one.department), KIND_WORDS[one.kind][0], one.id, one.title, one.since, one.state[0],
        one.version, one.rows, output.moment(one.last), len(one.changes),
        f"{latest.at.astimezone(SHANGHAI):%Y-%m-%d} {latest.zh}" if latest else "",
    )  # fmt: skip


def _on_screen(row: tuple[object, ...]) -> tuple[object, ...]:
    return (*row[:2], f"{row[3]}\n{row[2]}", *row[4:])


def _workbook(path: Path, found: list[Asset], names: dict[str, str]) -> None:
    """One sheet of assets, one of their changes; text stays text."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True})
        sheets = (
            ("数据资产", COLUMNS, [_row(one, names) for one in found]),
            ("变动", ("编号 id", "时间 at", "事项 what"),
             [(one.id, output.moment(change.at), change.zh) for one in found for change in one.changes]),
        )  # fmt: skip
        for title, columns, rows in sheets:
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, columns, bold)
            sheet.set_column(0, len(columns) - 1, 18)
            for number, row in enumerate(rows, start=1):
                sheet.write_row(
                    number, 0, ["" if cell is None else cell if isinstance(cell, int) else str(cell) for cell in row]
                )
