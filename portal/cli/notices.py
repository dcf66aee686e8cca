"""``notice``: send what waits, see what became of it, try again."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.settings import environment
from notices.channels.making import unset_variables
from notices.model import TOPIC_WORDS
from notices.states import STATE_WORDS, State
from policy.clock import SHANGHAI
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

app = Noun()

KINDS: dict[str, tuple[str, str]] = {
    "unreachable": ("连不上，或证书不可信", "not reached, or its certificate is not trusted"),
    "timeout": ("未在时限内应答", "no answer in time"),
    "rate_limited": ("发送过于频繁", "too many messages at once"),
    "secret_not_set": ("密钥的环境变量未设置", "the environment variable of its secret is not set"),
    "login_refused": ("邮件服务器拒绝登录", "the mail server refused the login"),
    "no_certificates": ("证书文件 ca_file 无法读取", "ca_file cannot be read"),
    "host_forbidden": ("回调地址指向禁止访问的主机", "the callback leads to a host that must not be called"),
    "host_not_allowed": ("回调主机不在 allow_hosts 中", "the callback's host is not in allow_hosts"),
    "host_unknown": ("回调主机名无法解析", "the callback's host is not known"),
    "key_withdrawn": ("密钥已停用，或回调地址已更换", "the key was withdrawn, or has another callback address"),
    "channel_removed": ("通道已从 notices.yaml 中删除", "the channel is no longer in notices.yaml"),
    "no_robot": ("应答不是机器人的格式", "the answer is not a robot's"),
}
"""Kind of failure -> what it means; kinds with a status or error code speak for themselves."""


@app.command("send")
def send(
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多发送的消息数 messages at most.")] = 1000,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """发送到期的通知 Send what is due; what fails is tried again later."""
    when = moment(now)
    with opened(home) as hub:
        settings = hub.notice_settings
        unset = unset_variables(settings, environment())
        report = hub.notices.send_due(when, limit)
    if json:
        output.as_json({"report": report, "unset_variables": unset})
        return
    if unset:
        names = "、".join(unset)
        output.warn(f"环境变量未设置，相关通道暂不能用：{names}。 Not set, so their channels cannot be used: {names}.")
    if not settings.sends:
        output.line(
            "未配置通道（city/notices.yaml），通知只在工作台显示。 No channels are set up; notices stand at the desk."
        )
    output.line(
        f"已发送 sent {report.sent}，失败将重试 failed {report.failed}，放弃 given up {report.given_up}，"
        f"无处可发 nowhere to send {report.nowhere}，尚待发送 left {report.left}"
    )
    if report.failed or report.given_up:
        output.line("详情 details：shuyuan notice list --state failed（或 or given_up）")


@app.command("list")
def list_(
    state: Annotated[State | None, typer.Option("--state", help="只看一种状态 only this state.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多几条 at most.")] = 50,
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """列出通知的投递情况 Show deliveries, newest first."""
    del now  # every command takes it; a list needs no moment
    with opened(home) as hub:
        found = hub.notices.deliveries(state, limit)
        counts = hub.notices.counts()
    if json:
        output.as_json(found)
        return
    output.table(
        "投递 deliveries",
        ["编号 id", "事项 topic", "对象 about", "接收方 recipient", "通道 channel", "状态 state", "次数 tries",
         "下次 next", "原因 reason"],
        [
            (one.id, TOPIC_WORDS[one.topic][0], one.about, one.name or one.recipient, one.channel,
             STATE_WORDS[one.state][0], one.tries, one.next_try_at and f"{one.next_try_at.astimezone(SHANGHAI):%m-%d %H:%M}",
             _explained(one.last_error))
            for one in found
        ],
    )  # fmt: skip
    output.line("，".join(f"{STATE_WORDS[one][0]} {one.value} {number}" for one, number in counts.items()))


@app.command("retry")
def retry(
    delivery: Annotated[int, typer.Argument(help="投递编号 id of the delivery.")],
    home: Home = HOME,
    json: Json = False,
    now: Now = None,
) -> None:
    """让失败或已放弃的投递重新发送 Let a delivery be tried at the next sending."""
    with opened(home) as hub:
        found = hub.notices.retry(delivery, moment(now))
    if json:
        output.as_json(found)
        return
    output.line(
        f"投递 {found.id} 将在下次 shuyuan notice send 时发送。 It will be tried at the next shuyuan notice send."
    )


def _explained(error: str | None) -> str:
    if error is None:
        return ""
    zh, en = KINDS.get(error, ("", ""))
    return f"{zh} {en}（{error}）" if zh else error
