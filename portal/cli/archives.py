"""``archive``: packages of what was delivered, with receipts; checked by reading them back (Haishu 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ground.errors import RefusedData
from pipelines.archiving import ARCHIVE
from portal.cli import output
from portal.cli.acting import As, OfDepartment, day
from portal.cli.catalog_acting import catalog_person
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.cases.model import Case

app = Noun()


def facts_of(one: Case) -> dict[str, Any]:
    """A receipt for programs."""
    return {
        "package": one.id,
        "state": one.state,
        "packed_at": one.opened_at,
        "checked_at": one.changed_at,
        **one.facts,
    }


@app.command()
def run(
    until: Annotated[
        str | None, typer.Option("--until", help="只归档至此日收到的批次 only what was received up to this day.")
    ] = None,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """归档尚未归档的批次，原件不动 Archive what is in no package yet; originals stay where they are."""
    when = moment(now)
    with opened(home) as hub:
        person = catalog_person(hub, account, when, department=department)
        done = hub.archive.run(person, when, until=day(until, "--until") if until else None)
        path = hub.archive.path_of(done.receipt) if done.receipt is not None else None
    if json:
        output.as_json({
            "receipt": facts_of(done.receipt) if done.receipt else None, "file": path, "missing": done.missing,
            "altered": done.altered,
        })  # fmt: skip
    elif done.receipt is None:
        output.line("没有待归档的批次。 Nothing is to be archived.")
    else:
        facts = done.receipt.facts
        output.line(
            f"[bold]{done.receipt.id}[/bold]  批次 deliveries {len(done.packed)}，行 rows {facts['rows']}，"
            f"{facts['bytes']:,} 字节 bytes，{facts['first']} 至 {facts['last']}\nsha256 {facts['sha256']}\n{path}"
        )
    for zh, en, names in (
        ("原始文件缺失，未归档", "bytes are missing, not archived", done.missing),
        ("原始文件与收到时不符，未归档", "bytes are not those received, not archived", done.altered),
    ):
        if names:
            output.warn(f"{zh} {en}：{'、'.join(names)}")


@app.command()
def verify(
    package: Annotated[str | None, typer.Argument(help="归档包编号，不写则全部 package; all where left out.")] = None,
    department: OfDepartment = None,
    account: As = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """回读核验归档包 Read packages back, and note in their receipts what was found."""
    when = moment(now)
    with opened(home) as hub:
        found = hub.archive.verify(catalog_person(hub, account, when, department=department), when, package)
    if json:
        output.as_json([{**facts_of(one.package), "faults": one.faults.as_json()} for one in found])
    else:
        output.table(
            "核验 verified", ["归档包 package", "结果 result", "损坏 broken", "内容不符 altered", "缺失 missing", "多出 unnamed"],
            [
                (
                    one.package.id, " ".join(ARCHIVE.states[one.package.state]), one.faults.broken,
                    len(one.faults.altered), len(one.faults.missing), len(one.faults.unnamed),
                )
                for one in found
            ],
        )  # fmt: skip
    damaged = [one.package.id for one in found if one.faults.any]
    if damaged:
        raise RefusedData(
            f"归档包已损坏：{'、'.join(damaged)}。再次运行 shuyuan archive run 会重新归档其中的批次。",
            f"Damaged packages: {', '.join(damaged)}. The next shuyuan archive run packs what they held again.",
        )


@app.command("list")
def list_packages(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """列出归档回执 List the receipts."""
    moment(now)
    with opened(home) as hub:
        found = hub.archive.listed()
    if json:
        output.as_json([facts_of(one) for one in found])
        return
    output.table(
        "归档包 packages",
        ["归档包 package", "状态 state", "打包于 packed", "核验于 checked", "批次 deliveries", "行 rows", "字节 bytes", "sha256"],
        [
            (
                one.id, " ".join(ARCHIVE.states[one.state]), output.moment(one.opened_at), output.moment(one.changed_at),
                len(one.facts["deliveries"]), one.facts["rows"], one.facts["bytes"], one.facts["sha256"][:16],
            )
            for one in found
        ],
    )  # fmt: skip
