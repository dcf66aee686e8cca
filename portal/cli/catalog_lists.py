"""What ``catalog open-list`` and ``catalog supplement`` have in common: lists shown, consultations, updates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog.lists.open_lists import OpenLists
from catalog.lists.supplements import Supplements
from ground.errors import UserError
from policy.sections.sharing import ClassName
from portal.cli import output
from portal.cli.acting import As, Document, OfDepartment, Reason
from portal.cli.catalog_steps import Desk, acting
from portal.cli.catalog_words import due_of, event_row, state_of
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.cases.model import Case
    from catalog.lists.desk import ListDesk

Name = Annotated[str, typer.Argument(help="清单编号 id of the list.")]
Title = Annotated[str, typer.Option("--title", help="名称 title.")]
Of = Annotated[str | None, typer.Option("--of", help="编制单位，默认为经办人所属 whose list; of whoever acts.")]
Until = Annotated[str | None, typer.Option("--until", help="提供单位答复的最后一日 last day for providers.")]
Text = Annotated[str, typer.Option("--text", help="内容 text.")]


def told(at: Desk, desk: ListDesk, case: Case) -> None:
    """Tell where a list stands, and what comes next."""
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


def owner_of(at: Desk, of: str | None) -> str:
    """Whose list it is: who is named, else of whoever acts."""
    if of is not None:
        return of
    city = at.hub.city.organisation.city_authority
    own = at.person.department or (city.id if city else None)
    if own is None:
        raise UserError("请写明编制单位（--of）。", "Say whose list it is (--of).", where="--of")
    return own


def add_common(app: Noun, pick: Callable[[Any], ListDesk], noun: str) -> None:
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
            who = owner_of(at, of)
            told(at, desk, desk.answer(name, who, at.person, at.now, agrees=agrees, opinion=text, document=document))

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
            told(at, desk, desk.note_silent(name, at.person, at.now))

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
            told(at, desk, desk.close_consultation(name, at.person, at.now))

    @app.command()
    def revise(
        name: Name, reason: Reason = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
        json: Json = False, now: Now = None,
    ) -> None:  # fmt: skip
        """开始更新；现行内容在更新公布前保持有效 Take it up for an update; what is in force stays meanwhile."""
        with acting(home, now, json, account, department) as at:
            desk = pick(at.hub)
            told(at, desk, _both(desk).revise(name, at.person, at.now, reason=reason))

    @app.command()
    def withdraw(
        name: Name, reason: Reason = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
        json: Json = False, now: Now = None,
    ) -> None:  # fmt: skip
        """撤下 Take it down."""
        with acting(home, now, json, account, department) as at:
            desk = pick(at.hub)
            told(at, desk, _both(desk).withdraw(name, at.person, at.now, reason=reason))


def _both(desk: ListDesk) -> OpenLists | Supplements:
    assert isinstance(desk, OpenLists | Supplements)  # noqa: S101 - there are no others
    return desk


def _show_lines(case: Case, word: Callable[[ClassName], str]) -> None:
    lines = case.facts.get("lines") or []
    if case.kind == "open_list":
        lines_table(lines, word)
        return
    output.table(
        "条目 entries", ["条目 entry", "名称 title", "部门 department"],
        [(one["entry"], one["title"], one["department"]) for one in lines],
    )  # fmt: skip


def lines_table(lines: Sequence[Mapping[str, Any]], word: Callable[[ClassName], str]) -> None:
    """The lines of an open list, with the city's words for their classes."""
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
