"""``catalog gaps``: what is missing between duties, entries, feeds and deliveries; the worst department first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.gaps import KIND_WORDS, Gap, Kind, find_gaps, named_libraries
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

MOST = 40
"""Gaps on a screen; --all, --json and --html have every one."""


def gaps(
    department: Annotated[str | None, typer.Option("--department", help="只看此部门 only this department.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="另存为网页 write a page with pictures.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="列出全部缺口 list every gap.")] = False,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """目录与归集缺口 Gaps: duties without entry, tables not catalogued, entries without feed, feeds that are late."""
    when = moment(now)
    with opened(home) as hub:
        if department is not None:
            hub.city.department(department)
        named = named_libraries(hub.rules_on(when).profile.base_libraries)
        found = find_gaps(hub.city, hub.gathering.statuses(when), named)
        names = {one.id: one.name for one in hub.city.departments}
        if html is not None:
            from pipelines.gaps_page import page  # only whoever wants pictures needs altair

            html.write_text(page(found, hub.gathering.rates(when), names, when), encoding="utf-8")
    shown = [one for one in found.gaps if department in (None, one.department)]
    rows = [one for one in found.departments if department in (None, one.department)]
    if json:
        output.as_json({"city": found.city, "departments": rows, "gaps": shown, "page": html})
        return
    kinds = [kind for kind in Kind if found.city.gaps.get(kind)]
    output.table(
        "覆盖与缺口 coverage and gaps",
        ["部门 department", "表已编目 tables", "条目 entries", "已送达 delivered", "按期 in-time",
         *(" ".join((KIND_WORDS[kind][0], kind.value)) for kind in kinds)],
        [
            (
                one.name, f"{one.catalogued}/{one.tables}", one.resources, one.delivered, one.in_time,
                *(one.gaps.get(kind, "") for kind in kinds),
            )
            for one in [*rows, *([found.city] if department is None else [])]
        ],
    )  # fmt: skip
    listed = shown if everything else shown[:MOST]
    output.table("缺口 gaps", ["部门 department", "缺什么 what", "对象 of what", "编号 id", "应于 due"],
                 [_row(one, names) for one in listed])  # fmt: skip
    if len(shown) > len(listed):
        output.line(f"另有 {len(shown) - len(listed)} 项，用 --all 或 --json 列出 more are listed by --all or --json")
    if html is not None:
        output.line(f"网页 page {html}")


def _row(one: Gap, names: dict[str, str]) -> tuple[object, ...]:
    zh, en = KIND_WORDS[one.kind]
    return (names.get(one.department or "", "（未定 nobody）"), f"{zh} {en}", one.zh, one.subject, one.since)


def register(app: Noun) -> None:
    """Add the command to ``catalog``."""
    app.command()(gaps)
