"""``theme list|show|map``: the theme libraries, what each says of itself, and its picture by street."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ground.errors import Unavailable, UserError
from pipelines.themes.contributors import contributors
from policy.cited import Silence
from policy.clock import legal_date
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, NOT_STATED, Home, Json, Now, Purpose, User, moment, opened, reader

if TYPE_CHECKING:
    from hub.hub import Hub
    from pipelines.serving import Reader
    from pipelines.themes.document import Theme

app = Noun()


@app.command("list")
def list_themes(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """列出主题库 List the theme libraries: grain, lead department, columns."""
    when = moment(now)
    with opened(home) as hub:
        themes = hub.themes
        names = {one.id: one.name for one in hub.city.departments}
        rules = hub.rules_on(when).profile
    if json:
        output.as_json([{"id": one.id, "version": one.digest, **one.header.model_dump(mode="json")} for one in themes])
        return
    output.table(
        "主题库 themes",
        ["主题库 theme", "名称 title", "粒度 grain", "牵头部门 lead", "列 columns"],
        [
            (one.id, one.header.title, one.header.grain, names[one.header.department], len(one.header.columns))
            for one in themes
            if one.header.kind == "theme"
        ],
    )
    special = [one for one in themes if one.header.kind == "special"]
    if not special:
        return
    output.table(
        "专题库 special libraries",
        ["专题库 special", "名称 title", "用途 purpose", "截止 until", "粒度 grain", "牵头部门 lead", "列 columns"],
        [
            (
                one.id, one.header.title, one.header.purpose, _until(one, legal_date(when)), one.header.grain,
                names[one.header.department], len(one.header.columns),
            )
            for one in special
        ],
    )  # fmt: skip
    kinds = rules.base_libraries.kinds
    if not isinstance(kinds, Silence) and "special" not in kinds.value:
        day = legal_date(when)
        output.warn(f"{rules.named_zh(day)}未列专题库。 The rules of {rules.named_en(day)} name no special libraries.")


def _until(theme: Theme, today: date) -> str:
    """The last day of a special library, and whether it is over."""
    last = theme.header.until
    return f"{last}（已到期 over）" if last is not None and last < today else str(last)


@app.command()
def show(
    theme: Annotated[str, typer.Argument(help="主题库编号 id of the theme.")],
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """说明一个主题库 Say what a theme is: every column, what must hold, its query."""
    moment(now)
    with opened(home) as hub:
        one = hub.theme(theme)
        names = {unit.id: unit.name for unit in hub.city.departments}
        others = [name for name in contributors(one, hub.themes, hub.city) if name != one.header.department]
    if json:
        output.as_json({
            "id": one.id, "version": one.digest, "contributors": others, "query": one.query,
            **one.header.model_dump(mode="json"),
        })  # fmt: skip
        return
    output.line(f"[bold]{output.shown(one.header.title)}[/bold]  {one.id}  {output.shown(one.header.grain)}")
    if one.header.kind == "special":
        output.line(f"专题库 special library：{output.shown(one.header.purpose)}，至 until {one.header.until}")
    output.line(
        f"牵头 lead：{output.shown(names[one.header.department])}；"
        f"参与 contributors：{output.shown('、'.join(names[name] for name in others)) or '无 none'}"
    )
    output.table("列 columns", ["列 column", "含义 meaning"], one.header.columns.items())
    output.table("每行须成立 what must hold of every row", ["要求 sentence", "条件 condition"], one.header.hold.items())
    output.raw(one.query + "\n")


@app.command("map")
def map_theme(
    theme: Annotated[str, typer.Argument(help="主题库编号 id of the theme.")],
    home: Home = HOME,
    user: User = None,
    purpose: Purpose = NOT_STATED,
    json: Json = False,
    now: Now = None,
) -> None:
    """按街道制图 Draw a theme's value street by street, as one SVG file under reports/."""
    when = moment(now)
    with opened(home) as hub:
        path = draw(hub, hub.theme(theme), reader(user, purpose), when)
    if json:
        output.as_json({"theme": theme, "file": str(path)})
    else:
        output.line(f"已制图 drawn {path}")


def draw(hub: Hub, theme: Theme, who: Reader, now: datetime) -> Path:
    """The picture of a theme at the published snapshot; the use is in the ledger.

    Raises:
        UserError: the theme declares no map.
        Unavailable: the theme, or the streets' boundaries, are not published.
    """
    from pipelines.places.streets import draw_street_map  # only whoever draws needs shapes

    plan = theme.header.map
    if plan is None:
        raise UserError(
            f"主题库 {theme.id} 的说明中没有 map。请写明 street、value 与 title。",
            f"The header of theme {theme.id} has no map; name street, value and title.",
        )
    rows = hub.serving.sql(
        f"SELECT s.street_code, s.name, s.boundary AS wkt, CAST(t.{plan.value} AS DOUBLE) AS value "  # noqa: S608 - names are checked
        f"FROM place_street s LEFT JOIN {theme.id} t ON t.{plan.street} = s.street_code ORDER BY 1",
        who,
        now,
    )
    if rows.num_rows == 0:
        raise Unavailable("没有已发布的街道界线。", "No boundaries of streets are published.")
    path = hub.home / "reports" / f"{theme.id}.svg"
    draw_street_map(rows, plan.title, path)
    return path
