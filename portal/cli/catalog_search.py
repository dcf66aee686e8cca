"""``catalog search``: words in Chinese or by pinyin, filters, and the places where they were found."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.search.finding import Filters, Hit
from hub.exchanging import search_of, words_of
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.search.snippets import Snippet


def register(app: Noun) -> None:
    """Add the command."""
    app.command()(search)


def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="要找的词：中文、拼音或首字母、代码 what to find: Chinese, pinyin or initials, codes."),
    ] = None,
    department: Annotated[str | None, typer.Option("--department", help="部门 department.")] = None,
    sharing: Annotated[
        str | None, typer.Option("--sharing", help="共享类型 sharing class: unconditional, conditional, not.")
    ] = None,
    opening: Annotated[str | None, typer.Option("--opening", help="开放类型 opening class.")] = None,
    cycle: Annotated[str | None, typer.Option("--cycle", help="更新周期 update cycle, such as monthly.")] = None,
    category: Annotated[
        str | None, typer.Option("--category", help="信息资源分类，如 基础/人口 category, or its beginning.")
    ] = None,
    state: Annotated[str | None, typer.Option("--state", help="状态，如 published、drafted where it stands.")] = None,
    drafts: Annotated[bool, typer.Option("--drafts", help="也找未发布的条目 entries under way as well.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="每页条数 how many.")] = 20,
    offset: Annotated[int, typer.Option("--offset", min=0, help="跳过条数 how many to pass over.")] = 0,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """检索目录 Search the catalogue: titles, items, departments, systems, other names of data elements, codes."""
    text, when = " ".join(words or []), moment(now)
    with opened(home) as hub:
        if department is not None:
            hub.city.department(department)
        finder = search_of(hub, drafts=drafts or state not in (None, "published"))
        filters = Filters(department, sharing, opening, cycle, category, state)
        hits = finder.search(text, filters, limit=limit, offset=offset)
        said = words_of(hub.rules_on(when).profile)
    if json:
        output.as_json(
            {
                "total": hits.total,
                "all_words": hits.all_words,
                "offset": offset,
                "found": [asdict(one) for one in hits.found],
            }
        )
        return
    if not hits.all_words and hits.total:
        output.line("没有条目含全部词语，以下为部分相符的 no entry has every word; these have some")
    last = offset + len(hits.found)
    output.table(
        f"共 {hits.total} 条 found {hits.total}"
        + (f"（{offset + 1}–{last}）" if hits.found and hits.total > len(hits.found) else ""),
        ["标识 id", "名称 title", "部门 department", "共享 sharing", "开放 opening", "见于 where"],
        [
            (
                one.id,
                one.title.marked(),
                one.department_name,
                said.said("sharing", one.sharing),
                said.said("opening", one.opening),
                _where(one),
            )
            for one in hits.found
        ],
    )


def _where(hit: Hit) -> str:
    return "\n".join(_marked(one) for one in hit.snippets)


def _marked(one: Snippet) -> str:
    return f"{_FIELDS.get(one.field, one.field)}：{one.marked()}"


_FIELDS = {
    "items": "信息项", "code": "代码", "category": "分类", "department": "部门", "system": "系统", "abstract": "摘要",
    "elements": "数据元又名",
}  # fmt: skip
