"""``key issue|list|revoke``: keys of departments' systems."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from accounts.api_key import SCOPE_WORDS, ApiKey, Scope, can_use
from portal.cli import output
from portal.cli.accounts import By, actor, check_department, day
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

app = Noun()

SCOPES = "；".join(f"{scope.value} {zh}" for scope, (zh, _) in SCOPE_WORDS.items())


@app.command()
def issue(
    system: Annotated[str, typer.Argument(help="使用密钥的系统 name of the system that uses it.")],
    department: Annotated[str, typer.Option("--department", help="部门编号 id of the department it speaks for.")],
    scope: Annotated[list[Scope], typer.Option("--scope", help=f"权限，可多次 what it may do, repeatable: {SCOPES}")],
    per_minute: Annotated[int, typer.Option("--per-minute", help="每分钟次数 requests a minute.")] = 60,
    callback: Annotated[
        str | None, typer.Option("--callback", help="通知的回调地址 where its notices are sent.")
    ] = None,
    expires: Annotated[str | None, typer.Option("--expires", help="末日，如 2027-06-30 last day.")] = None,
    by: By = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """发放密钥，只显示这一次 Issue a key; its secrets are shown this once."""
    when = moment(now)
    with opened(home) as hub:
        check_department(hub, department)
        key, secret = hub.api_keys.issue(
            system, department, scope, actor(by), when,
            per_minute=per_minute, callback_url=callback, expires_on=day(expires, "--expires"),
        )  # fmt: skip
        signing = hub.api_keys.signing_secret(key.id)
    if json:
        output.as_json(_facts(key, when) | {"secret": secret, "signing_secret": signing})
        return
    output.line(f"已发放 issued {key.id}  {output.shown(key.name)}  {_scopes(key)}")
    output.line("密钥只显示这一次，请妥善交给系统负责人 the secrets, shown this once; hand them over with care:")
    output.raw(f"密钥 key: {secret}\n签名密钥 signing secret: {signing}\n")


@app.command("list")
def list_keys(
    department: Annotated[str | None, typer.Option("--department", help="只看该部门 this department only.")] = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """列出密钥（不含密文）List the keys, without their secrets."""
    when = moment(now)
    with opened(home) as hub:
        check_department(hub, department)
        found = hub.api_keys.list(department)
    if json:
        output.as_json([_facts(one, when) for one in found])
        return
    output.table(
        "接口密钥 keys",
        ["编号 id", "系统 system", "部门 department", "权限 scopes", "每分钟 per minute", "回调 callback", "末日 last day", "可用 usable"],
        [
            (one.id, one.name, one.department, _scopes(one), one.per_minute, one.callback_url, one.expires_on,
             "是 yes" if can_use(one, when) else "否 no")
            for one in found
        ],
    )  # fmt: skip


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="密钥编号，如 k_1a2b3c4d id of the key.")],
    by: By = None,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """收回密钥，立即生效 Take a key back, at once."""
    when = moment(now)
    with opened(home) as hub:
        gone = hub.api_keys.revoke(key, actor(by), when)
    if json:
        output.as_json(_facts(gone, when))
    else:
        output.line(f"已收回 revoked {gone.id}")


def _facts(key: ApiKey, when: datetime) -> dict[str, object]:
    return {**output.plain(key), "scopes": _scopes(key).split(), "active": can_use(key, when)}


def _scopes(key: ApiKey) -> str:
    return " ".join(sorted(key.scopes))
