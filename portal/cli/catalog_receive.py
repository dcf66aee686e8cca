"""``catalog receive`` and ``catalog renumber``: what a district sent comes in, and which of its numbers counts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from catalog.interchange.numbering import accept_numbering
from catalog.interchange.package import open_package
from ground.errors import UserError
from hub.exchanging import exchange_of
from portal.cli import output
from portal.cli.acting import As, OfDepartment
from portal.cli.catalog_acting import catalog_person
from portal.cli.catalog_plans import tell_done, tell_held_back, tell_package
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened


def register(app: Noun) -> None:
    """Add the commands."""
    app.command()(receive)
    app.command()(renumber)


def receive(
    file: Annotated[Path, typer.Argument(help="区级报送包 what a district sent.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，不写入 check and tell, write nothing.")] = False,
    basis: Annotated[
        str,
        typer.Option(
            "--basis",
            help="条目在区内部门间划转的依据（职能文件）；不写则以该区报送的目录为据 what moves of entries between the district's departments rest on.",
        ),
    ] = "",
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """接收区级报送的目录，成为待市级校核的草稿与变更；审核中的条目暂缓，再次接收时补收 Receive a district's catalogue: drafts and changes for the city's check; what is under review waits."""
    when = moment(now)
    if not file.is_file():
        raise UserError("找不到文件，请检查路径。", "File not found; check the path.", where=str(file))
    package = open_package(file.read_bytes(), file.name)
    with opened(home) as hub:
        exchange = exchange_of(hub, when)
        plan = exchange.plan_receipt(package)
        if dry_run:
            tell_package(plan, json=json)
            return
        person = catalog_person(hub, account, when, department=department)
        done = exchange.receive(plan, person, when, basis=basis)
    if json:
        output.as_json(
            {
                "digest": package.digest, "received_before": done.before, "drafts": done.drafts, "changes": done.changes,
                "held_back": done.receipt.held_back,
            }
        )  # fmt: skip
        return
    if not done.wrote:
        output.line(
            f"同一报送包已于 {output.moment(done.receipt.received_at)} 接收，未再写入 the very same package was received before; nothing was written"
        )
    else:
        tell_done(len(done.drafts), len(done.changes))
    tell_held_back(done.receipt.held_back)


def renumber(
    district: Annotated[str, typer.Argument(help="报送包所写的区级单位 the unit that its packages name.")],
    version: Annotated[
        int, typer.Option("--version", help="自此版次起接收 the number from which packages are received.")
    ],
    reason: Annotated[
        str, typer.Option("--reason", help="理由，如区级平台重建 why, such as a platform that was rebuilt.")
    ],
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """认可区级目录重新编号：文件与接口均自该版次起接收 Accept another numbering of a district's catalogue, by file and by the interface."""
    when = moment(now)
    with opened(home) as hub:
        person = catalog_person(hub, account, when, department=department)
        unit = hub.city.department(district)
        before = accept_numbering(hub.database, hub.city.organisation, district, version, person, when, reason=reason)
    if json:
        output.as_json({"district": district, "version": version, "reached": before.reached})
        return
    output.line(
        f"{unit.name}的报送包自第 {version} 版起接收（此前已到第 {before.reached} 版）。已接收的不变，理由已记入经过。 "
        f"packages are received from version {version} on (it was at {before.reached}); what was received stays"
    )
