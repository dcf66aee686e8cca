"""``catalog draft|submit|review|publish|change …``: the steps of entries, several at once in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
import yaml

from catalog.entries.policies import CHANGE_CAUSES
from catalog.entries.states import ENTRY
from catalog.model import Resource
from ground.documents import parse_document
from ground.errors import DocumentError, RefusedData, UserError
from policy.clock import legal_date
from portal.cli import output
from portal.cli.acting import As, Document, OfDepartment, Reason, content_of, day
from portal.cli.catalog_acting import catalog_person
from portal.cli.catalog_words import facts_of, told
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from catalog.cases.model import Case
    from catalog.cases.person import Person
    from catalog.entries.sifting import Submitted
    from hub.hub import Hub

Ids = Annotated[
    list[str] | None, typer.Argument(help="条目编号，可多个，一并办理 ids of entries, all in one transaction.")
]
All = Annotated[bool, typer.Option("--all", help="可由我办理此步骤的全部条目 every entry on which this step is mine.")]
Files = Annotated[list[Path], typer.Argument(help="条目文件（YAML），可多个 documents of entries.")]
Note = Annotated[str, typer.Option("--note", help="说明 a note.")]


@dataclass
class Desk:
    """One step by command.

    Attributes:
        hub, person, now: where, who, when.
        json: how it is told.
    """

    hub: Hub
    person: Person
    now: datetime
    json: bool

    def chosen(self, ids: Sequence[str] | None, *events: str, everything: bool = False) -> list[str]:
        """The entries that are meant: those named, or all on which one of ``events`` is this person's to take.

        Raises:
            UserError: none is named.
        """
        if ids:
            return list(ids)
        if not everything:
            raise UserError(
                "请写明条目编号，或用 --all 办理全部。", "Name the entries, or take all of them by --all.", where="IDS"
            )
        states = {state for state, event in ENTRY.next if event in events and state is not None}
        found = [one for one in self.hub.entries.reading.listed(states=states) if self._is_mine(one, events)]
        if not found:
            raise UserError(
                "没有可由您办理此步骤的条目。", "There is no entry on which this step is yours.", where="--all"
            )
        return [one.id for one in found]

    def tell(self, cases: Sequence[Case], *, reload: bool = False) -> None:
        """Tell where the entries stand; after documents have changed the catalogue is loaded anew."""
        told(self.hub, cases, self.now, json=self.json)
        if reload:
            with opened(self.hub.home) as again:
                again.load_catalogue(self.now)
                again.doubts = ()  # what was reviewed is not doubted anew

    def _is_mine(self, case: Case, events: Sequence[str]) -> bool:
        allowed = [one for one in events if (case.state, one) in ENTRY.next]
        if "confirmed" in allowed:
            allowed = [self.hub.entries.confirmation_of(case)]
        return any(self.hub.entries.may(self.person, one, case.department) for one in allowed)


@contextmanager
def acting(
    home: Path,
    now: str | None,
    json: bool,
    account: str | None,
    department: str | None,
    *,
    putting_back: Sequence[str] = (),
) -> Iterator[Desk]:
    """Open the home for one step; what was done to documents by hand is noted first.

    Args:
        putting_back: the entries whose published documents the step puts back; the home need not load without them.
    """
    when = moment(now)
    with opened(home) as hub:
        try:
            hub.load_catalogue(when)
        except DocumentError:
            if not putting_back:
                raise
            hub.read_with_published(putting_back)
            hub.entries.note_spoilt(putting_back, when)
        yield Desk(hub, catalog_person(hub, account, when, department=department), when, json)


def read_entries(files: Sequence[Path], at: Desk) -> list[Resource]:
    """The documents of entries; one that says it is secret is refused before anything of it is kept (Wuhan 2).

    Raises:
        DocumentError: a document is no entry, with file, line and field.
        UserError: one is secret; a file cannot be read.
    """
    texts = [(str(path), content_of(path).decode("utf-8-sig", errors="replace")) for path in files]
    at.hub.entries.refuse_secret(_raw(text for _, text in texts), at.person, at.now)
    return [parse_document(text, Resource, name=name) for name, text in texts]


def draft(
    files: Files,
    account: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """起草或修改条目 Draft entries, or change drafts, from documents."""
    with acting(home, now, json, account, department) as at:
        ids = at.hub.entries.draft_many(
            read_entries(files, at), at.person, at.now, origin="、".join(one.name for one in files)
        )
        at.tell([at.hub.entries.reading.get(one) for one in ids])


def submit(
    ids: Ids = None,
    everything: All = False,
    passing: Annotated[
        bool | None,
        typer.Option(
            "--passing/--whole",
            help="能提交的先提交，其余逐条说明，退出码 3；或一条不能提交则全部不提交。写明编号时默认 --whole，否则 --passing "
            "submit those that pass and tell of the others (exit code 3), or all or none; --whole where entries are named.",
            show_default=False,
        ),
    ] = None,
    account: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """提交审核；只写 --department 即该部门全部草稿 Submit drafts; --department alone submits all of its drafts that pass."""
    with acting(home, now, json, account, department) as at:
        chosen = at.chosen(ids, "submitted", everything=everything or department is not None)
        if passing if passing is not None else not ids:
            _tell_submitted(at, at.hub.entries.submit_passing(chosen, at.person, at.now))
        else:
            at.tell(at.hub.entries.submit(chosen, at.person, at.now))


def _tell_submitted(at: Desk, done: Submitted) -> None:
    """What was submitted, and of each other entry why not."""
    if at.json:
        refused = [
            {"id": name, "reasons": [{"zh": zh, "en": en} for zh, en in why]} for name, why in done.refused.items()
        ]
        output.as_json({"submitted": [facts_of(one, at.now) for one in done.cases], "refused": refused})
    else:
        at.tell(done.cases)
        for name, why in done.refused.items():
            for zh, en in why:
                output.line(f"[red]未提交 not submitted[/red] [bold]{name}[/bold]：{output.shown(zh)}")
                output.line(f"  [dim]{output.shown(en)}[/dim]")
    if done.refused:
        raise RefusedData(
            f"已提交 {len(done.cases)} 个条目，{len(done.refused)} 个未提交：{_first(done.refused)}。请按提示修改后再提交。",
            f"{len(done.cases)} entries were submitted, {len(done.refused)} were not; mend those and submit them again.",
        )


def _first(names: Iterable[str]) -> str:
    shown = list(names)
    return "、".join(shown[:10]) + (" 等" if len(shown) > 10 else "")


def discard(
    ids: Ids = None, reason: Reason = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """放弃从未发布的条目 Give up entries that were never published."""
    with acting(home, now, json, account, department) as at:
        at.tell(at.hub.entries.discard(at.chosen(ids), at.person, at.now, reason=reason))


def return_(
    ids: Ids = None, reason: Reason = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """退回条目或变更 Return entries or changes to their department."""
    with acting(home, now, json, account, department) as at:
        at.tell(at.hub.entries.return_(at.chosen(ids), at.person, at.now, reason=reason))


def review(
    ids: Ids = None, everything: All = False, document: Document = "", note: Note = "", account: As = None,
    department: OfDepartment = None, home: Home = HOME, json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """审核通过条目或变更；--document 为备案号 Pass entries or changes; --document is the number of a filing."""
    events = [
        f"{prefix}{one}" for prefix in ("", "change_") for one in ("reviewed", "passed_to_city", "passed_to_government")
    ]
    with acting(home, now, json, account, department) as at:
        chosen = at.chosen(ids, *events, everything=everything)
        at.tell(at.hub.entries.review(chosen, at.person, at.now, document=document, note=note))


def approve(
    ids: Ids = None, document: Document = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """登记本级人民政府的批准 Note the approval of the government of the level, with the number of its document."""
    with acting(home, now, json, account, department) as at:
        at.tell(at.hub.entries.approve(at.chosen(ids), at.person, at.now, document=document))


def merge(
    ids: Ids = None, everything: All = False, note: Note = "", account: As = None, department: OfDepartment = None,
    home: Home = HOME, json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """市级校核汇总 The city checks and merges what districts reviewed."""
    with acting(home, now, json, account, department) as at:
        chosen = at.chosen(ids, "merged", "change_merged", everything=everything)
        at.tell(at.hub.entries.merge(chosen, at.person, at.now, note=note))


def publish(
    ids: Ids = None, everything: All = False, account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """发布已审核的条目或变更：写入 city/resources Publish what was reviewed: it is written into city/resources."""
    with acting(home, now, json, account, department) as at:
        chosen = at.chosen(ids, "published", "change_published", everything=everything)
        at.tell(at.hub.entries.publish(chosen, at.person, at.now), reload=True)


def change(
    files: Files,
    because: Annotated[str, typer.Option("--because", help=f"事由 cause: {', '.join(CHANGE_CAUSES)}.")] = "",
    basis: Annotated[str, typer.Option("--basis", help="依据：条款或文件 the law or document it rests on.")] = "",
    note: Note = "",
    account: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """申请变更已发布的条目 Ask that published entries be changed; what is published stays in force meanwhile."""
    with acting(home, now, json, account, department) as at:
        documents = read_entries(files, at)
        at.tell(at.hub.entries.request_change(documents, at.person, at.now, cause=because, basis=basis, note=note))


def cancel_change(
    ids: Ids = None, reason: Reason = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """撤回变更申请 Give up a change."""
    with acting(home, now, json, account, department) as at:
        at.tell(at.hub.entries.cancel_change(at.chosen(ids), at.person, at.now, reason=reason))


def confirm(
    ids: Ids = None, everything: All = False, document: Document = "", account: As = None, department: OfDepartment = None,
    home: Home = HOME, json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """确认对文件的直接改动 Confirm what was changed in documents by hand."""
    with acting(home, now, json, account, department) as at:
        chosen = at.chosen(ids, "confirmed", "confirmed_for_city", "confirmed_merged", everything=everything)
        at.tell(at.hub.entries.confirm(chosen, at.person, at.now, document=document), reload=True)


def restore(
    ids: Ids = None, reason: Reason = "", account: As = None, department: OfDepartment = None, home: Home = HOME,
    json: Json = False, now: Now = None,
) -> None:  # fmt: skip
    """恢复已发布的条目文件 Put published documents back that were changed or removed by hand."""
    with acting(home, now, json, account, department, putting_back=ids or ()) as at:
        at.tell(at.hub.entries.restore(at.chosen(ids), at.person, at.now, reason=reason), reload=True)


def withdraw(
    ids: Ids = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="不同意撤销 refuse the withdrawal.")] = False,
    reason: Reason = "",
    account: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """撤销条目：提供部门申请，主管部门决定 Withdraw entries: the department asks, the authority decides."""
    with acting(home, now, json, account, department) as at:
        chosen, service = at.chosen(ids), at.hub.entries
        states = {service.reading.get(one).state for one in chosen}
        if refuse:
            at.tell(service.refuse_withdrawal(chosen, at.person, at.now, reason=reason))
        elif states <= {"withdrawal_requested", "undeclared"}:
            at.tell(service.withdraw(chosen, at.person, at.now, reason=reason), reload=True)
        else:
            at.tell(service.request_withdrawal(chosen, at.person, at.now, reason=reason))


def override(
    ids: Ids = None,
    to: Annotated[
        Literal["unconditional", "conditional", "not"] | None,
        typer.Option("--class", help="临时共享类型 class meanwhile."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="最后一日，次日自动恢复 last day; undone on the next.")
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="提前终止 end it before its day.")] = False,
    reason: Reason = "",
    account: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """应急时临时调整共享类型（武汉第16条） Change the class of sharing for a time in an emergency (Wuhan 16)."""
    with acting(home, now, json, account, department) as at:
        if end:
            at.tell(at.hub.entries.end_override(at.chosen(ids), at.person, at.now, reason=reason), reload=True)
            return
        at.hub.entries.office.rules.on(at.now).check_can_override()
        if to is None or until is None:
            raise UserError(
                "请写明 --class 与 --until。",
                "Give --class and --until.",
                where="--until" if to is not None else "--class",
            )
        last = day(until, "--until")
        at.tell(
            at.hub.entries.override(at.chosen(ids), at.person, at.now, to=to, until=last, reason=reason), reload=True
        )


def reassess(
    ids: Ids = None,
    everything: Annotated[
        bool, typer.Option("--due", help="已到评估日的全部条目 every entry whose day has come.")
    ] = False,
    reason: Reason = "",
    next_on: Annotated[str | None, typer.Option("--next", help="下次评估日 day of the next assessment.")] = None,
    account: As = None,
    department: OfDepartment = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """定期评估共享类型，结论为维持 Assess classes again and keep them; another class: catalog change --because class_reassessed."""
    with acting(home, now, json, account, department) as at:
        due = at.hub.entries.reading.due(legal_date(at.now), at.now) if everything else []
        chosen = [one.entry for one in due if one.what == "assessment"] if everything else at.chosen(ids)
        following: date | None = day(next_on, "--next") if next_on else None
        at.tell(at.hub.entries.reassess(chosen, at.person, at.now, reason=reason, next_on=following))


def register(app: Noun) -> None:
    """Add the commands to ``catalog``."""
    for command in (
        draft, submit, discard, review, approve, merge, publish, change, confirm, restore, withdraw, override, reassess,
    ):  # fmt: skip
        app.command()(command)
    app.command("return")(return_)
    app.command("cancel-change")(cancel_change)


def _raw(texts: Iterable[str]) -> list[dict[str, Any]]:
    """The values of documents before they are read as entries; what is no YAML is told later, with its line."""
    found = []
    for text in texts:
        try:
            said = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError):
            continue
        if isinstance(said, dict):
            found.append(said)
    return found
