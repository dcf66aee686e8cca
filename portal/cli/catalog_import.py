"""``catalog import``: entries come in from a sheet, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.interchange.mapping import Mapping
from catalog.interchange.marked import write_marked
from catalog.interchange.reading import Table, read_sheets
from catalog.interchange.service import CatalogueExchange, Why
from ground.documents import read_document
from ground.errors import DocumentError, UserError
from hub.exchanging import exchange_of
from portal.cli import output
from portal.cli.acting import As, OfDepartment
from portal.cli.catalog_acting import catalog_person
from portal.cli.catalog_plans import plan_facts, tell, tell_done, tell_nothing
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.interchange.plan import ImportPlan

DryRun = Annotated[bool, typer.Option("--dry-run", help="只核对，不写入 check and tell, write nothing.")]


def register(app: Noun) -> None:
    """Add the commands."""
    app.command("import")(import_sheet)


def import_sheet(
    file: Annotated[Path, typer.Argument(help="目录表：XLSX 或 CSV the catalogue sheet.")],
    dry_run: DryRun = False,
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="已发布且有差异的条目，提出变更 ask for changes of published entries that differ."
        ),
    ] = False,
    because: Annotated[str, typer.Option("--because", help="变更事由 cause of the changes.")] = "data_changed",
    basis: Annotated[str, typer.Option("--basis", help="变更依据 what the changes rest on.")] = "",
    errors: Annotated[
        Path | None,
        typer.Option(
            "--errors",
            help="有问题时写出标注了问题的表格：.xlsx，交来的是 CSV 也一样 "
            "write a marked copy of the sheet: .xlsx, of a CSV, too.",
        ),
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="工作表名 which sheet.")] = None,
    columns: Annotated[
        Path | None,
        typer.Option("--columns", help="列名不同的表：说明各列含义的 YAML what the columns of a foreign sheet mean."),
    ] = None,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """导入目录表：新条目成为草稿；有一处错误则全部不导入 Import a catalogue sheet: new entries become drafts, all or none."""
    when = moment(now)
    mapping = read_document(columns, Mapping) if columns is not None else None
    with opened(home) as hub:
        exchange = exchange_of(hub, when)
        table = exchange.read(file, sheet=sheet, mapping=mapping)
        plan = exchange.plan(table)
        if errors is not None and (plan.faults or plan.warnings):
            _mark(errors, file, table, plan)
        _show(exchange, plan, dry_run=dry_run, update=update, json=json)
        if dry_run:
            return
        if not plan.secret:  # a secret is refused on the record, below
            plan.check()
        if not plan.faults and not (plan.drafts() or (update and plan.changes())):
            tell_nothing(plan, json=json)
            return
        why = Why(because, basis, f"导入 {file.name}") if update else None
        exchange.carry_out(plan, catalog_person(hub, account, when, department=department), when, why=why)
    if not json:
        tell_done(len(plan.drafts()), len(plan.changes()) if update else 0)


def _show(exchange: CatalogueExchange, plan: ImportPlan, *, dry_run: bool, update: bool, json: bool) -> None:
    """What would be done; a dry run of a sheet with faults ends here, as the import itself would."""
    verdicts = exchange.verdicts(plan) if not plan.faults else []
    if json:
        output.as_json({"dry_run": dry_run, **plan_facts(plan, verdicts)})
    elif dry_run or not plan.faults:  # a refusal tells the faults itself
        tell(plan, verdicts, update=update)
    if dry_run and plan.faults:
        if not json:
            output.line("有问题，实际导入时将不写入任何内容 nothing would be imported")
        raise typer.Exit(DocumentError.exit_code)


def _mark(out: Path, file: Path, table: Table, plan: ImportPlan) -> None:
    if out.suffix.lower() != ".xlsx":
        raise UserError(
            "--errors 的文件应以 .xlsx 结尾，交来的是 CSV 也一样：CSV 不能标色。",
            "The file of --errors ends in .xlsx, of a CSV, too: a CSV cannot be marked in colour.",
            where="--errors",
        )
    chosen = next(one for one in read_sheets(file) if one.name == table.sheet)
    write_marked(out, chosen, table.header_row, [*plan.faults, *plan.warnings])
    output.progress(f"已写出标注了问题的表格 the marked sheet: {out}")
