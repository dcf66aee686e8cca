"""``catalog export`` and ``catalog template``: the catalogue goes out, as a sheet, as data, as linked data, as a district's package."""

from __future__ import annotations

import json as json_  # the commands have an option of that name
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.departments import Department, DepartmentKind
from catalog.entries.content import meaning_of
from catalog.interchange.dcat import DEFAULT_BASE, Portal, graph_of, json_ld, turtle
from catalog.interchange.package import pack
from catalog.interchange.sheets import rows, write_csv, write_xlsx
from catalog.interchange.template import write_template
from ground.errors import UserError
from hub.exchanging import asked_for, words_of
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.model import Resource
    from hub.hub import Hub


class Form(StrEnum):
    """What an export is."""

    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    JSONLD = "jsonld"
    TURTLE = "turtle"
    PACKAGE = "package"


def register(app: Noun) -> None:
    """Add the commands."""
    app.command()(export)
    app.command()(template)


def export(
    out: Annotated[Path, typer.Argument(help="写到何处 where to.")],
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            help="表格、数据、DCAT-AP 或区级报送包；不写则按扩展名 sheet, data, DCAT-AP, or a district's package; by the file's ending where it is not given.",
        ),
    ] = None,
    department: Annotated[str | None, typer.Option("--department", help="只含此部门 only this department.")] = None,
    district: Annotated[
        str | None, typer.Option("--district", help="只含此单位及其下级 only this unit and those below it.")
    ] = None,
    base: Annotated[
        str, typer.Option("--base", help="DCAT-AP 各名称的前缀 beginning of names in linked data.")
    ] = DEFAULT_BASE,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """导出已发布的目录 Export the published catalogue: XLSX, CSV, JSON, DCAT-AP (JSON-LD, Turtle), or a district's package."""
    when = moment(now)
    form = _form(out, form)
    with opened(home) as hub:
        hub.load_catalogue(when)
        chosen = _chosen(hub, department, district)
        departments = {one.id: one for one in hub.city.departments}
        profile = hub.rules_on(when).profile
        words = words_of(profile)
        if form is Form.XLSX:
            write_xlsx(out, rows(chosen, departments, words))
        elif form is Form.CSV:
            write_csv(out, rows(chosen, departments, words))
        elif form is Form.JSON:
            used = {one.department for one in chosen}
            out.write_text(
                json_.dumps(
                    {
                        "format": "shuyuan.catalogue/1",
                        "catalogue": hub.city.digest,
                        "departments": [one.model_dump(mode="json") for one in hub.city.departments if one.id in used],
                        "resources": [meaning_of(one) for one in chosen],
                    },
                    ensure_ascii=False,
                    indent=1,
                )
                + "\n",
                encoding="utf-8",
            )
        elif form is Form.PACKAGE:
            if district is None:
                raise UserError(
                    "区级报送包须用 --district 指明报送单位。",
                    "A package names its district with --district.",
                    where="--district",
                )
            unit = hub.city.department(district)
            units = [departments[name] for name in hub.city.organisation.below(district)]
            version = hub.catalogue.versions()[0].version
            out.write_text(pack(unit, units, chosen, version=version, now=when), encoding="utf-8")
        else:
            loaded = hub.catalogue.versions()[0].loaded_at
            portal = Portal(f"{profile.title_zh}{profile.vocabulary.data.value}资源目录", _publisher(hub), loaded, base)
            graph = graph_of(portal, chosen, departments, words)
            out.write_text(json_ld(graph) if form is Form.JSONLD else turtle(graph), encoding="utf-8")
    items = sum(len(one.items) for one in chosen)
    if json:
        output.as_json(
            {"file": out, "format": form, "resources": len(chosen), "items": items, "bytes": out.stat().st_size}
        )
        return
    output.line(
        f"已导出 {len(chosen)} 个资源、{items} 个信息项到 {output.shown(out)}  exported {len(chosen)} resources, {items} items ({form.value})"
    )


def template(
    out: Annotated[Path, typer.Argument(help="写到何处，.xlsx where to.")],
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """空白目录表：列、下拉词表与填写说明 An empty sheet: columns, lists to choose from, and what each column means."""
    if out.suffix.lower() != ".xlsx":
        raise UserError(
            "模板是 XLSX，文件名应以 .xlsx 结尾。", "The template is an XLSX; its name ends in .xlsx.", where=str(out)
        )
    when = moment(now)
    with opened(home) as hub:
        profile = hub.rules_on(when).profile
        write_template(out, departments=hub.city.departments, words=words_of(profile), asked_for=asked_for(profile))
    if json:
        output.as_json({"out": out, "rules": profile.version})
        return
    output.line(f"已写出模板 {output.shown(out)}  the template is written")


ENDINGS = {
    ".xlsx": Form.XLSX, ".csv": Form.CSV, ".json": Form.JSON, ".jsonld": Form.JSONLD, ".ttl": Form.TURTLE,
}  # fmt: skip
"""What the ending of a file's name says of its form."""
_ALSO_JSON = (Form.JSONLD, Form.PACKAGE)


def _form(out: Path, form: Form | None) -> Form:
    """The form that is asked for, or that the file's name says.

    Raises:
        UserError: the name says nothing, or something else than what is asked for.
    """
    said = ENDINGS.get(out.suffix.lower())
    if form is None and said is None:
        raise UserError(
            f"不能从文件名判断格式。请用 {'、'.join(ENDINGS)} 之一作扩展名，或写 --format。",
            f"The name does not say which form is meant: end it in {', '.join(ENDINGS)}, or give --format.",
            where=str(out),
        )
    if form is None or said is None or form is said or (said is Form.JSON and form in _ALSO_JSON):
        return form or said or Form.XLSX
    raise UserError(
        f"扩展名 {out.suffix} 与 --format {form.value} 不符，文件会被误认。请改其一。",
        f"The ending {out.suffix} and --format {form.value} do not agree; the file would be taken for something else.",
        where=str(out),
    )


def _chosen(hub: Hub, department: str | None, district: str | None) -> list[Resource]:
    """The published entries that are asked for, in the order of ids."""
    units: set[str] | None = None
    if department is not None:
        units = {hub.city.department(department).id}
    if district is not None:
        below = {hub.city.department(district).id, *hub.city.organisation.below(district)}
        units = below if units is None else units & below
    chosen = [one for one in hub.city.resources if units is None or one.department in units]
    if not chosen:
        raise UserError(
            "没有符合条件的已发布条目，未写出文件。",
            "No published entry is asked for; nothing was written.",
            where="--department",
        )
    return chosen


def _publisher(hub: Hub) -> Department:
    """Who answers for the catalogue: the city's data authority."""
    top = hub.city.organisation.city_authority
    found = top or next((one for one in hub.city.departments if one.kind is DepartmentKind.AUTHORITY), None)
    if found is None:
        raise UserError(
            "没有登记数据主管部门（kind: authority），目录无从署名。请在 departments.yaml 中登记。",
            "No data authority (kind: authority) is registered to publish the catalogue; register one in departments.yaml.",
        )
    return found
