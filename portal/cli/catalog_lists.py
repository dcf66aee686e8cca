"""``catalog open-list`` and ``catalog supplement``: compiled, heard on, reviewed or filed, published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from catalog.cases.model import Case
from catalog.lists.consultation import Window
from catalog.lists.desk import ListDesk
from catalog.lists.lines import Chosen
from catalog.lists.open_lists import OpenLists
from catalog.lists.supplements import Supplements
from ground.errors import UserError
from policy.clock import legal_date
from policy.sections.sharing import ClassName
from portal.cli import output
from portal.cli.acting import As, Document, OfDepartment, Reason, day
from portal.cli.catalog_steps import Desk, acting
from portal.cli.catalog_words import due_of, event_row, state_of
from portal.cli.context import HOME, Home, Json, Now, moment, opened

open_list = typer.Typer(
    help="开放清单 The open list: what is open, compiled from published entries.", no_args_is_help=True
)
supplement = typer.Typer(help="补充目录 A district's supplementary catalogue (Haishu 10).", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="清单编号 id of the list.")]
Title = Annotated[str, typer.Option("--title", help="名称 title.")]
Of = Annotated[str | None, typer.Option("--of", help="编制单位，默认为经办人所属 whose list; of whoever acts.")]
Until = Annotated[str | None, typer.Option("--until", help="提供单位答复的最后一日 last day for providers.")]
Text = Annotated[str, typer.Option("--text", help="内容 text.")]


def _told(at: Desk, desk: ListDesk, case: Case) -> None:
    if at.json:
        output.as_json(_facts(case, at.now))
        return
    due = due_of(case, at.now)
    lines = case.facts.get("lines") or []
    output.line(
        f"[bold]{case.id}[/bold] {output.shown(case.title)}：{state_of(case, desk.machine)}，条目 lines {len(lines)}"
        f"{f'，截止 due {due}' if due else ''}"
    )
    if (event := desk.onward(case)) is not None:
        step = desk.machine.events[event]
        output.line(f"  下一步 next：{step.zh} {step.en}（由 by {step.by}；须有 needs：{step.needs}）")


def _facts(case: Case, when: datetime) -> dict[str, Any]:
    return {
        "id": case.id, "title": case.title, "department": case.department, "state": case.state, "profile": case.profile,
        "due": case.limit.due if case.limit else None, "overdue": case.is_late(when), **dict(case.facts),
    }  # fmt: skip


def _owner(at: Desk, of: str | None) -> str:
    if of is not None:
        return of
    city = at.hub.city.organisation.city_authority
    own = at.person.department or (city.id if city else None)
    if own is None:
        raise UserError("请写明编制单位（--of）。", "Say whose list it is (--of).", where="--of")
    return own


def _common(app: typer.Typer, pick: Callable[[Any], ListDesk], noun: str) -> None:
    """The commands that both lists have."""

    @app.command("list")
    def listed(home: Home = HOME, json: Json = False, now: Now = None) -> None:
        """列出 List them."""
        when = moment(now)
        with opened(home) as hub:
            desk = pick(hub)
            found = desk.listed()
        if json:
            output.as_json([_facts(one, when) for one in found])
            return
        output.table(
            noun, ["编号 id", "名称 title", "编制单位 owner", "状态 state", "条目 lines", "现行 in-force", "截止 due"],
            [
                (
                    one.id, one.title, one.department, state_of(one, desk.machine), len(one.facts.get("lines") or []),
                    len(one.facts.get("published") or []) or "", due_of(one, when),
                )
                for one in found
            ],
        )  # fmt: skip

    @app.command()
    def show(name: Name, home: Home = HOME, json: Json = False, now: Now = None) -> None:
        """一份清单：条目、征求意见情况、经过 One of them: its lines, who said what, its trail."""
        when = moment(now)
        with opened(home) as hub:
            desk = pick(hub)
            case, trail = desk.get(name), desk.trail(name)
            profile = hub.rules_on(when).profile
        if json:
            output.as_json(_facts(case, when))
            return
        output.heading(f"{case.id} {output.shown(case.title)}")
        output.line(f"状态 state：[bold]{state_of(case, desk.machine)}[/bold]，编制单位 owner {case.department}")
        _show_lines(case, profile.open_class)
        _show_consultation(case.facts.get("consultation"))
        output.table(
            "经过 trail",
            ["时间 at", "经办 by", "事项 event", "内容 facts"],
            [event_row(desk.machine, one) for one in trail],
        )

    @app.command()
    def answer(
        name: Name,
        agrees: Annotated[bool, typer.Option("--agree/--disagree", help="同意或不同意 whether it agrees.")],
        of: Of = None,
        text: Text = "",
        document: Document = "",
        account: As = None,
        department: OfDepartment = None,
        home: Home = HOME,
        json: Json = False,
        now: Now = None,
    ) -> None:
        """被征求意见的单位答复；主管部门可凭文号代为登记 The answer of a unit that was asked."""
        with acting(home, now, json, account, department) as at:
            desk = pick(at.hub)
            who = _owner(at, of)
            _told(at, desk, desk.answer(name, who, at.person, at.now, agrees=agrees, opinion=text, document=document))

    @app.command("note-silent")
    def note_silent(
        name: Name,
        account: As = None,
        department: OfDepartment = None,
        home: Home = HOME,
        json: Json = False,
        now: Now = None,
    ) -> None:
        """记逾期未答复的单位；不视为同意 Note who has not answered by the last day; it is no consent."""
        with acting(home, now, json, account, department) as at:
            desk = pick(at.hub)
            _told(at, desk, desk.note_silent(name, at.person, at.now))

    @app.command("close")
    def close(
        name: Name,
        account: As = None,
        department: OfDepartment = None,
        home: Home = HOME,
        json: Json = False,
        now: Now = None,
    ) -> None:
        """征求意见结束 The consultation is over."""
        with acting(home, now, json, account, department) as at:
            desk = pick(at.hub)
            _told(at, desk, desk.close_consultation(name, at.person, at.now))

    @app.command()
    def revise(
        name: Name, reason: Reason = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
        json: Json = False, now: Now = None,
    ) -> None:  # fmt: skip
        """开始更新；现行内容在更新公布前保持有效 Take it up for an update; what is in force stays meanwhile."""
        with acting(home, now, json, account, department) as at:
            desk = pick(at.hub)
            _told(at, desk, _both(desk).revise(name, at.person, at.now, reason=reason))

    @app.command()
    def withdraw(
        name: Name, reason: Reason = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
        json: Json = False, now: Now = None,
    ) -> None:  # fmt: skip
        """撤下 Take it down."""
        with acting(home, now, json, account, department) as at:
            desk = pick(at.hub)
            _told(at, desk, _both(desk).withdraw(name, at.person, at.now, reason=reason))


def _both(desk: ListDesk) -> OpenLists | Supplements:
    assert isinstance(desk, OpenLists | Supplements)  # noqa: S101 - there are no others
    return desk


_common(open_list, lambda hub: hub.open_lists, "开放清单 open lists")
_common(supplement, lambda hub: hub.supplements, "补充目录 supplementary catalogues")


@open_list.command("open")
def open_open_list(
    title: Title = "", of: Of = None, account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """开始编制开放清单 Begin an open list."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.open_lists
        _told(at, desk, desk.open(_owner(at, of), title, at.person, at.now))


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
        _told(at, desk, desk.compile(name, chosen, at.person, at.now))


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
        _told(at, desk, desk.consult(name, at.person, at.now, window))


@open_list.command()
def comment(
    name: Name, text: Text = "", author: Annotated[str, typer.Option("--author", help="意见人 who says so.")] = "",
    account: As = None, department: OfDepartment = None, home: Home = HOME, json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """登记公众意见 Keep a comment of the public."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.open_lists
        _told(at, desk, desk.comment(name, at.person, at.now, author=author, text=text))


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
        _told(at, desk, desk.reply(name, number, at.person, at.now, taken=taken, text=text))


def _step(name: str, help_text: str, take: Callable[[OpenLists, str, Desk, str], Case]) -> None:
    """A command that takes a list and a text."""

    @open_list.command(name, help=help_text)
    def command(
        name: Name, text: Text = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
        json: Json = False, now: Now = None,
    ) -> None:  # fmt: skip
        with acting(home, now, json, account, department) as at:
            desk = at.hub.open_lists
            _told(at, desk, take(desk, name, at, text))


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


@supplement.command("open")
def open_supplement(
    title: Title = "", of: Of = None, account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """开始编制补充目录 Begin a supplementary catalogue."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.supplements
        _told(at, desk, desk.open(_owner(at, of), title, at.person, at.now))


@supplement.command("compile")
def compile_supplement(
    name: Name, entries: Annotated[list[str], typer.Argument(help="条目 entries.")], account: As = None,
    department: OfDepartment = None, home: Home = HOME, json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """列入本区条目，替换原有内容 Put down the district's entries, in place of those it held."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.supplements
        _told(at, desk, desk.compile(name, entries, at.person, at.now))


@supplement.command("consult")
def consult_supplement(
    name: Name, until: Until = None, account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """征求提供单位意见 Hear the providers."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.supplements
        window = Window(day(until, "--until") if until else None)
        _told(at, desk, desk.consult(name, at.person, at.now, window))


@supplement.command("file")
def file_supplement(
    name: Name, document: Document = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """报市备案 File it with the city, under the number of the document."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.supplements
        _told(at, desk, desk.file(name, at.person, at.now, document=document))


@supplement.command("effect")
def effect_supplement(
    name: Name, on: Annotated[str | None, typer.Option("--on", help="生效日，默认今天 first day in effect; today.")] = None,
    account: As = None, department: OfDepartment = None, home: Home = HOME, json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """生效 It is in effect."""
    with acting(home, now, json, account, department) as at:
        desk = at.hub.supplements
        first = day(on, "--on") if on else legal_date(at.now)
        _told(at, desk, desk.take_effect(name, at.person, at.now, on=first))


def register(app: typer.Typer) -> None:
    """Add both groups to ``catalog``."""
    app.add_typer(open_list, name="open-list")
    app.add_typer(supplement, name="supplement")


def _chosen(text: str) -> Chosen:
    entry, colon, items = text.partition(":")
    return Chosen(entry, tuple(one for one in items.split(",") if one) if colon else None)


def _show_lines(case: Case, word: Callable[[ClassName], str]) -> None:
    lines = case.facts.get("lines") or []
    if case.kind == "open_list":
        output.table(
            "条目 lines",
            ["条目 entry", "名称 title", "部门 department", "数据项 items", "格式 format", "更新频度 update-cycle", "开放类型 opening"],
            [
                (
                    one["entry"], one["title"], one["department"], "、".join(one["items"]), one["format"], one["update_cycle"],
                    word(one["opening"]),
                )
                for one in lines
            ],
        )  # fmt: skip
        return
    output.table(
        "条目 entries", ["条目 entry", "名称 title", "部门 department"],
        [(one["entry"], one["title"], one["department"]) for one in lines],
    )  # fmt: skip


def _show_consultation(held: Mapping[str, Any] | None) -> None:
    if held is None:
        return
    providers, public = held["providers"], held["public"]
    if providers["until"]:
        rows = []
        for one in providers["asked"]:
            said = providers["answers"].get(one)
            silent = "逾期未答复 silent" if one in providers["silent"] else "未答复 not yet"
            rows.append((one, silent if said is None else "同意 agrees" if said["agrees"] else "不同意 disagrees",
                         said["opinion"] if said else ""))  # fmt: skip
        output.table(
            f"征求提供单位意见至 providers until {providers['until']}",
            ["单位 unit", "答复 answer", "意见 opinion"],
            rows,
        )
    if public["until"]:
        output.table(
            f"公众意见 the public, {public['from']} – {public['until']}",
            ["第几条 number", "意见 comment", "意见人 author", "答复 answer"],
            [
                (one["number"], one["text"], one["author"], one["answer"] or "未答复 not yet")
                for one in public["comments"]
            ],
        )
