"""``account add|list|show|disable|password|absence``: who may sign in, and who stands in for whom."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from accounts import passwords
from accounts.model import ROLE_WORDS, Account, Role, can_enter
from catalog.problems import choices
from ground.errors import UserError
from policy.clock import SHANGHAI, legal_date
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

if TYPE_CHECKING:
    from accounts.service import Changes
    from hub.hub import Hub

app = Noun()

Id = Annotated[str, typer.Argument(help="登录名 login name.")]
By = Annotated[str | None, typer.Option("--by", help="办理人，记入账号记录 who does this, for the record.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file", help="从文件读密码，- 为标准输入 read the password from a file, - for standard input."
    ),
]
Generate = Annotated[
    bool, typer.Option("--generate", help="生成密码，只显示这一次 make a password and print it this once.")
]


@app.command()
def add(
    account: Id,
    name: Annotated[str, typer.Option("--name", help="姓名 name of the person.")],
    role: Annotated[Role, typer.Option("--role", help="角色 role.")],
    department: Annotated[str | None, typer.Option("--department", help="所属部门编号 id of the department.")] = None,
    email: Annotated[str | None, typer.Option("--email", help="电子邮箱 mail address.")] = None,
    mobile: Annotated[str | None, typer.Option("--mobile", help="手机 mobile number.")] = None,
    deputy: Annotated[str | None, typer.Option("--deputy", help="代理人的登录名 who stands in.")] = None,
    firm: Annotated[str | None, typer.Option("--firm", help="外包单位 the contractor who employs the person.")] = None,
    agreement: Annotated[
        str | None, typer.Option("--agreement", help="保密协议编号 number of the confidentiality agreement.")
    ] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="末日，如 2027-06-30 last day.")] = None,
    password_file: PasswordFile = None,
    generate: Generate = False,
    by: By = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """新建账号 Add an account."""
    when = moment(now)
    with opened(home) as hub:
        check_department(hub, department)
        wanted = Account(
            id=account, name=name, role=role, department=department, email=email, mobile=mobile, deputy=deputy,
            firm=firm, agreement=agreement, expires_on=day(expires, "--expires"),
        )  # fmt: skip
        password = _password(password_file, generate)
        made = hub.accounts.add(wanted, password, actor(by), when)
    if json:
        output.as_json(_facts(made, when) | ({"password": password} if generate else {}))
        return
    output.line(f"已新建 added {made.id}  {output.shown(made.name)}  {_role(made.role)}")
    _tell(password, generate)


@app.command("list")
def list_accounts(
    role: Annotated[Role | None, typer.Option("--role", help="只看该角色 this role only.")] = None,
    department: Annotated[str | None, typer.Option("--department", help="只看该部门 this department only.")] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """列出账号 List the accounts."""
    when = moment(now)
    with opened(home) as hub:
        check_department(hub, department)
        found = hub.accounts.list(role, department)
    if json:
        output.as_json([_facts(one, when) for one in found])
        return
    output.table(
        "账号 accounts",
        ["登录名 id", "姓名 name", "角色 role", "部门 department", "代理人 deputy", "末日 last day", "可用 usable"],
        [
            (one.id, one.name, _role(one.role), one.department, one.deputy, one.expires_on, _usable(one, when))
            for one in found
        ],
    )


@app.command()
def show(account: Id, home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """查看一个账号与其记录 One account and everything that happened to it."""
    when = moment(now)
    with opened(home) as hub:
        one = hub.accounts.get(account)
        happened = hub.accounts.history(account)
        acting = hub.accounts.acting(account, legal_date(when))
    if json:
        output.as_json(_facts(one, when) | {"acting": acting.id, "events": happened})
        return
    output.line(f"[bold]{one.id}[/bold]  {output.shown(one.name)}  {_role(one.role)}  {_usable(one, when)}")
    facts = {
        "部门 department": one.department, "电子邮箱 email": one.email, "手机 mobile": one.mobile, "代理人 deputy": one.deputy,
        "外出 absent": f"{one.absent_from} – {one.absent_until or '…'}" if one.absent_from else None,
        "今日由谁办理 acting today": acting.id, "外包单位 firm": one.firm, "保密协议 agreement": one.agreement, "末日 last day": one.expires_on,
    }  # fmt: skip
    output.table("信息 facts", ["项 field", "值 value"], [(key, value) for key, value in facts.items() if value])
    output.table(
        "记录 events",
        ["时间 at", "办理人 by", "事项 event", "内容 facts"],
        [(f"{one.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}", one.by, one.event, _said(one.facts)) for one in happened],
    )


@app.command()
def disable(account: Id, by: By = None, home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """停用账号，立即生效 Disable an account, at once and for good."""
    when = moment(now)
    with opened(home) as hub:
        one = hub.accounts.disable(account, actor(by), when)
    if json:
        output.as_json(_facts(one, when))
    else:
        output.line(f"已停用 disabled {one.id}")


@app.command()
def password(
    account: Id,
    password_file: PasswordFile = None,
    generate: Generate = False,
    by: By = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """重设密码，并解除锁定 Set a password; a lock is taken away, sessions end."""
    when = moment(now)
    with opened(home) as hub:
        hub.accounts.get(account)  # an unknown name is told before a password is asked for
        chosen = _password(password_file, generate)
        hub.accounts.set_password(account, chosen, actor(by), when)
    if json:
        output.as_json({"id": account} | ({"password": chosen} if generate else {}))
        return
    output.line(f"已设密码 password set {account}")
    _tell(chosen, generate)


@app.command()
def absence(
    account: Id,
    since: Annotated[str | None, typer.Option("--from", help="首日，如 2026-12-01 first day away.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="末日；不写则至另行通知 last day away.")] = None,
    deputy: Annotated[str | None, typer.Option("--deputy", help="代理人的登录名 who stands in.")] = None,
    back: Annotated[bool, typer.Option("--back", help="已回 is back: the absence is taken away.")] = False,
    by: By = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """登记外出与代理人 Note when an officer is away and who stands in."""
    when = moment(now)
    if back == (since is not None) or (back and until is not None):
        raise UserError(
            "请写外出首日（--from），或只写 --back 表示已回。",
            "Give the first day away (--from), or --back alone when back.",
        )
    changes: Changes = {"absent_from": day(since, "--from"), "absent_until": day(until, "--until")}
    if deputy is not None:
        changes["deputy"] = deputy
    with opened(home) as hub:
        one = hub.accounts.change(account, actor(by), when, **changes)
        acting = hub.accounts.acting(account, legal_date(when))
    if json:
        output.as_json(_facts(one, when) | {"acting": acting.id})
    else:
        output.line(f"已登记 noted {one.id}；今日由谁办理 acting today: {acting.id}")


def actor(by: str | None) -> str:
    """Who does this: who is named, else the account of the machine."""
    return by or getpass.getuser()


def day(text: str | None, option: str) -> date | None:
    """A day as written, None where none is.

    Raises:
        UserError: it is no day.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} 应形如 2026-12-01。", f"Write {option} as 2026-12-01.", where=option) from None


def check_department(hub: Hub, department: str | None) -> None:
    """The city has this department, or UserError names the close match; None is no department."""
    known = [one.id for one in hub.city.departments]
    if department is not None and department not in known:
        zh, en = choices(department, known)
        raise UserError(
            f"没有编号为 {department} 的部门。{zh}", f"There is no department {department}. {en}", where="department"
        )


def _password(file: Path | None, generate: bool) -> str:
    """The password: made, read, or asked for twice; never an argument, which every user of the machine could see."""
    if file is not None and generate:
        raise UserError(
            "--password-file 与 --generate 只能选一个。",
            "Give --password-file or --generate, not both.",
            where="password",
        )
    if generate:
        return passwords.generated()
    if file is None:
        return str(typer.prompt("密码 password", hide_input=True, confirmation_prompt="再输一次 once more", err=True))
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise UserError(
            f"密码文件无法读取（{type(fault).__name__}）。", f"The password file cannot be read ({type(fault).__name__}).", where=str(file)
        ) from None  # fmt: skip
    return text.removesuffix("\n").removesuffix("\r")


def _tell(password: str, generate: bool) -> None:
    if generate:
        output.line("密码只显示这一次，请当面或电话告知本人 the password, shown this once; tell the person yourself:")
        output.raw(f"{password}\n")


def _facts(one: Account, when: datetime) -> dict[str, object]:
    return {**output.plain(one), "active": can_enter(one, when)}


def _role(role: Role) -> str:
    return f"{ROLE_WORDS[role][0]} {role.value}"


def _usable(one: Account, when: datetime) -> str:
    return "是 yes" if can_enter(one, when) else "否 no"


def _said(facts: Mapping[str, Any]) -> str:
    return "；".join(f"{name}: {'—' if value is None else value}" for name, value in facts.items())
