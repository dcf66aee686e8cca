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
from portal.cli import (
    accounts,
    api_keys,
    archives,
    building,
    calendars,
    catalog,
    catalog_checks,
    catalog_clock,
    catalog_entries,
    catalog_exchange,
    catalog_gaps,
    catalog_import,
    catalog_open_lists,
    catalog_search,
    catalog_send,
    catalog_send,
    catalog_steps,
    catalog_supplements,
    catalog_tasks,
    clocking,
    corrections,
    data_assets,
    demo,
    feeds,
    gathering,
    homes,
    notices,
    policies,
    problems,
    projects,
    purchases,
    quality,
    reading,
    registers,
    reporting,
    serving,
    statuses,
    themes,
    tickets,
)
from portal.cli.output import err, silence_progress

app = typer.Typer(
    name="shuyuan",
    help="数源：城市公共数据平台 Shuyuan, the data hub of a city.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="退出码 exit codes：0 完成；2 请求或文件有误；3 数据被退回；4 外部暂不可用；70 内部故障",
)
homes.register(app)
demo.register(app)
app.add_typer(feeds.app, name="feed")
building.register(app)
app.add_typer(tickets.app, name="ticket")
app.add_typer(problems.app, name="problem")
reading.register(app)
app.add_typer(reading.ledger, name="ledger")
statuses.register(app)
clocking.register(app)
app.add_typer(calendars.app, name="calendar")
serving.register(app)
app.add_typer(catalog.app, name="catalog")
catalog_entries.register(catalog.app)
catalog_steps.register(catalog.app)
catalog_open_lists.register(catalog.app)
catalog_supplements.register(catalog.app)
catalog_gaps.register(catalog.app)
catalog_clock.register(catalog.app)
catalog_checks.register(catalog.app)
catalog_tasks.register(catalog.app)
catalog_import.register(catalog.app)
catalog_exchange.register(catalog.app)
catalog_send.register(catalog.app)
catalog_send.register(catalog.app)
catalog_search.register(catalog.app)
app.add_typer(gathering.app, name="gathering")
app.add_typer(projects.app, name="project")
app.add_typer(purchases.app, name="purchase")
app.add_typer(data_assets.app, name="asset")
app.add_typer(archives.app, name="archive")
registers.register(app)
app.add_typer(themes.app, name="theme")
app.add_typer(reporting.app, name="report")
app.add_typer(accounts.app, name="account")
app.add_typer(api_keys.app, name="key")
app.add_typer(notices.app, name="notice")
app.add_typer(policies.app, name="policy")
app.add_typer(quality.app, name="quality")
app.add_typer(corrections.app, name="correction")


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
