"""The command ``shuyuan``: all commands in one place, and how faults become exit codes.

Exit codes: 0 done; 2 the request or a document is wrong; 3 data was refused; 4 something outside did not answer;
70 a fault of ours.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence

import typer

from ground.errors import InternalFault, ShuyuanError
from portal.cli.commands import Door, Listed
from portal.cli.output import err, silence_progress

COMMANDS = {
    "开始与总览 Start and overview": (
        ("init", "homes:init", "新建工作目录 Make a home: folders, settings, keys, the operational database."),
        (
            "simulate",
            "homes:simulate",
            "生成模拟城市的目录与送达文件 Make a simulated city: its catalogue and its departments' deliveries.",
        ),
        ("demo", "demo:demo", "从送达到发布走一遍全流程 Run the whole flow on a simulated city and sum it up."),
        (
            "status",
            "statuses:status",
            "各环节与各数据源的现状 Counts per stage and feed, libraries, findings, tickets, releases.",
        ),
        ("serve", "serving:serve", "办理台与接口 Serve the desk and the interface (Ctrl+C ends it)."),
    ),
    "数据与服务 Data and what is served": (
        (
            "feed",
            "feeds:app",
            "数据源：列出、起草、试读、采集、上传、重放 feeds: list, new, check, run, upload, replay.",
        ),
        (
            "build",
            "building:build",
            "融合基础库、检查、发布、派单 Build the libraries, look for problem data, publish, open tickets.",
        ),
        (
            "sql",
            "reading:sql",
            "查询已发布的库，先记台账再给数 Ask the published libraries; the ledger is written before a row is shown.",
        ),
        (
            "publish",
            "reading:publish",
            "发布统计与脱敏数据集 Publish statistics and masked datasets from the published snapshot.",
        ),
        ("theme", "themes:app", "主题库：列出、说明、按街道制图 themes: list, show, map."),
        ("report", "reporting:app", "报告 reports: addresses."),
        ("ledger", "reading:ledger", "使用台账 the ledger of uses: export."),
    ),
    "质量与问题数据 Quality and problem data": (
        ("quality", "quality:app", "质量 quality: score, report, rules, rule."),
        (
            "findings",
            "building:findings",
            "已发现的问题数据 What is wrong in the published data, by rule, or row by row.",
        ),
        ("ticket", "tickets:app", "问题数据工单 tickets on problem data."),
        ("problem", "problems:app", "报告问题数据与送达更正 problem data: report it, put it right."),
        ("correction", "corrections:app", "更正再共享 corrections shared again: list, show."),
    ),
    "目录与项目 Catalogue and projects": (
        ("catalog", "catalog:app", "数据目录 The catalogue: entries, lists, checks, exchange, search."),
        (
            "gathering",
            "gathering:app",
            "汇聚：方式与状态、归集率、例外备案、回流申请 gathering: modes, rate, exceptions, return flow.",
        ),
        (
            "project",
            "projects:app",
            "信息化项目：登记、目录前置、验收清单与合规说明 projects of information systems and their gate.",
        ),
        (
            "purchase",
            "purchases:app",
            "购买数据：事先告知、查重、购后编目共享 purchases of data, told beforehand and shared afterwards.",
        ),
        ("asset", "data_assets:app", "数据资产台账 the ledger of data assets."),
        ("archive", "archives:app", "归档：打包、核验、列出 archive: pack what was delivered, verify, list."),
        ("department", "registers:departments", "部门 Departments: their order, stewards, remarks."),
        ("system", "registers:systems", "信息系统 Information systems: hosting, protection, migration."),
        ("norm", "norms:norms", "标准规范 Norms: versions in force, and what cites them."),
        ("collector", "norms:collectors", "采集责任清单 Lawful collectors: which function collects what."),
    ),
    "规则与期限 Rules and deadlines": (
        ("policy", "policies:app", "城市规则：查看、比较、选用 City rules: show, compare, use."),
        (
            "clock",
            "clocking:clock",
            "计算法定期限，可逐日说明 Compute a deadline on the official calendar; --explain says why each day counts or does not.",
        ),
        ("calendar", "calendars:app", "工作日历与放假通知 the working-day calendar and its holiday notices."),
    ),
    "账号与通知 Accounts and notices": (
        (
            "account",
            "accounts:app",
            "人员账号：新建、列出、查看、停用、密码、外出 accounts of persons: add, list, show, disable, password, absence.",
        ),
        (
            "key",
            "api_keys:app",
            "部门业务系统的接口密钥：发放、列出、收回 keys of departments' systems: issue, list, revoke.",
        ),
        ("notice", "notices:app", "通知 notices to persons and systems."),
    ),
}
"""Part of the help -> name, ``module:name`` in this folder, and what it is for."""


class Shuyuan(Door):
    """Every command there is."""

    listed = tuple(
        Listed(name, f"portal.cli.{place}", words, panel)
        for panel, part in COMMANDS.items()
        for name, place, words in part
    )


app = typer.Typer(
    name="shuyuan",
    cls=Shuyuan,
    help="数源：城市公共数据平台 Shuyuan, the data hub of a city.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="退出码 exit codes：0 完成；2 请求或文件有误；3 数据被退回；4 外部暂不可用；70 内部故障",
)


@app.callback()
def shuyuan() -> None:
    """Without a command there is nothing to do."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    silence_progress("--json" in given)
    try:
        app(given, standalone_mode=True)
    except ShuyuanError as fault:
        _say(fault, "--json" in given)
        sys.exit(fault.exit_code)
    except Exception as fault:
        # The message of a foreign error may quote a value: only its kind and place are shown.
        last = traceback.extract_tb(fault.__traceback__)[-1]
        kind, place = type(fault).__name__, f"{last.name}:{last.lineno}"
        ours = InternalFault(
            f"内部故障（{kind}，{place}）。数据未受影响；请附上本行信息反馈。",
            f"A fault of ours ({kind} at {place}). No data was harmed; please report it with this line.",
        )
        _say(ours, "--json" in given)
        sys.exit(ours.exit_code)


def _say(fault: ShuyuanError, as_json: bool) -> None:
    if as_json:
        err.print(json.dumps(fault.as_dict(), ensure_ascii=False), markup=False)
    else:
        err.print(str(fault), markup=False, style="red")
