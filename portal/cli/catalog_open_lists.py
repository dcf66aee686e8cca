"""``catalog open-list``: what is open, compiled from published entries, heard on, reviewed, published."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from catalog.lists.consultation import Window
from catalog.lists.lines import Chosen
from ground.errors import UserError
from policy.clock import legal_date
from portal.cli import output
from portal.cli.acting import As, OfDepartment, day
from portal.cli.catalog_lists import Name, Of, Text, Title, Until, add_common, lines_table, owner_of, told
from portal.cli.catalog_steps import Desk, acting
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.cases.model import Case
    from catalog.lists.open_lists import OpenLists

open_list = Noun("开放清单 The open list: what is open, compiled from published entries.")
add_common(open_list, lambda hub: hub.open_lists, "开放清单 open lists")


@open_list.command("open")
def open_open_list(
    title: Title = "", of: Of = None, account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """开始编制开放清单 Begin an open list."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.open_lists
        told(at, desk, desk.open(owner_of(at, of), title, at.person, at.now))


@open_list.command("public")
def public_open_lists(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """向社会公布的开放清单：现行内容 What the public sees: the published lines of the lists that are made public."""
    when = moment(now)
    with opened(home) as hub:
        found, word = hub.open_lists.public(), hub.rules_on(when).profile.open_class
    if json:
        output.as_json([{"id": one.id, "title": one.title, "lines": one.facts["published"]} for one in found])
        return
    for one in found:
        output.heading(f"{one.id} {output.shown(one.title)} v{one.facts['version']}")
        lines_table(one.facts["published"], word)
    if not found:
        output.line("没有已公布的开放清单 there is no list that is public")


@open_list.command("compile")
def compile_open_list(
    name: Name,
    entries: Annotated[
        list[str] | None,
        typer.Argument(help="条目，可指定信息项：编号:项,项 entries, with items if not all: id:item,item."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="可开放的全部条目 every entry that may be listed.")] = False,
    file_format: Annotated[
        str | None, typer.Option("--format", help="数据格式 format in which they are opened.")
    ] = None,
    account: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """列入条目，替换原有内容 Put down the entries, in place of what the list held."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.open_lists
        chosen = desk.openable(name) if everything else [_chosen(one) for one in entries or ()]
        if not chosen:
            raise UserError("没有要列入的条目。", "There is nothing to list.", where="ENTRIES")
        chosen = [Chosen(one.entry, one.items, file_format) for one in chosen]
        told(at, desk, desk.compile(name, chosen, at.person, at.now))


@open_list.command("consult")
def consult_open_list(
    name: Name,
    until: Until = None,
    public_from: Annotated[
        str | None, typer.Option("--public-from", help="征求公众意见的第一日，默认今天 the public's first day; today.")
    ] = None,
    public_until: Annotated[
        str | None, typer.Option("--public-until", help="征求公众意见的最后一日 the public's last day.")
    ] = None,
    account: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """征求提供单位与公众的意见（海曙第22条） Hear the providers and the public (Haishu 22)."""
    with acting(home, now, json, account, department) as at:
        first = day(public_from, "--public-from") if public_from else legal_date(at.now) if public_until else None
        window = Window(
            day(until, "--until") if until else None,
            first,
            day(public_until, "--public-until") if public_until else None,
        )
        desk = at.hub.open_lists
        told(at, desk, desk.consult(name, at.person, at.now, window))


@open_list.command()
def comment(
    name: Name, text: Text = "", author: Annotated[str, typer.Option("--author", help="意见人 who says so.")] = "",
    account: As = None, department: OfDepartment = None, home: Home = HOME, json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """登记公众意见 Keep a comment of the public."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.open_lists
        told(at, desk, desk.comment(name, at.person, at.now, author=author, text=text))


@open_list.command()
def reply(
    name: Name,
    number: Annotated[int, typer.Argument(help="第几条意见 which comment.")],
    taken: Annotated[bool, typer.Option("--taken/--not-taken", help="是否采纳 whether it is taken.")],
    text: Text = "",
    account: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """答复公众意见 Answer a comment."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.open_lists
        told(at, desk, desk.reply(name, number, at.person, at.now, taken=taken, text=text))


def _step(name: str, help_text: str, take: Callable[[OpenLists, str, Desk, str], Case]) -> None:
    """A command that takes a list and a text."""

    @open_list.command(name, help=help_text)
    def command(
        name: Name, text: Text = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
        json: Json = False, now: Now = None,
    ) -> None:  # fmt: skip
        with acting(home, now, json, account, department) as at:
            desk = at.hub.open_lists
            told(at, desk, take(desk, name, at, text))


_step("submit", "提交审查 Put it to review.", lambda desk, name, at, _: desk.submit(name, at.person, at.now))
_step(
    "opine", "运维机构提出审查意见 The operator's opinion (--text).",
    lambda desk, name, at, text: desk.opine(name, at.person, at.now, opinion=text),
)  # fmt: skip
_step(
    "return", "退回（--text 原因） Return it, with the reason in --text.",
    lambda desk, name, at, text: desk.return_(name, at.person, at.now, reason=text),
)  # fmt: skip
_step(
    "review", "审查通过 Pass it.", lambda desk, name, at, text: desk.review(name, at.person, at.now, note=text)
)  # fmt: skip
_step("publish", "公布 Publish it, or its update.", lambda desk, name, at, _: desk.publish(name, at.person, at.now))


def register(app: Noun) -> None:
    """Add the group to ``catalog``."""
    app.add_typer(open_list, name="open-list")


def _chosen(text: str) -> Chosen:
    entry, colon, items = text.partition(":")
    return Chosen(entry, tuple(one for one in items.split(",") if one) if colon else None)
