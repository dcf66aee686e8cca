"""``report``: pages on how good the hub's work is."""

from __future__ import annotations

from typing import Any

from pipelines.places.report import AddressReport, Rate, address_report
from pipelines.places.report_page import FORMS, write_page
from portal.cli import output
from portal.cli.commands import Noun
from portal.cli.context import HOME, Home, Json, Now, moment, opened

app = Noun()


@app.callback()
def _group() -> None:
    """Keep ``report`` a group while it has one command."""


@app.command()
def addresses(home: Home = HOME, json: Json = False, now: Now = None) -> None:
    """地址匹配的等级与正误 How addresses were matched, per grade; in the simulated city also how often rightly."""
    from simulation.truth import read_address_truth

    moment(now)
    with opened(home) as hub, hub.serving.open() as session:
        report = address_report(session.reader, hub.city, read_address_truth(hub.home))
        page = write_page(report, hub.home / "reports")
    if json:
        output.as_json(facts(report) | {"page": page})
        return
    show(report)
    output.line(f"报告 report：{page}")


def facts(report: AddressReport) -> dict[str, Any]:
    """The report for machines."""
    return {
        "grades": [
            {"library": library, "item": item, "grade": grade, "rows": rows}
            for (library, item, grade), rows in report.grades.items()
        ],
        "forms": [_rate(one) for one in report.forms],
        "by_grade": [_rate(one) for one in report.by_grade],
        "complete": None if report.complete is None else _rate(report.complete),
    }


def show(report: AddressReport) -> None:
    """Print the report for people."""
    output.table(
        "地址匹配等级 grades of matched addresses",
        ["库 library", "项 item", "等级 grade", "地址 rows"],
        [(*place, rows) for place, rows in report.grades.items()],
    )
    if report.complete is None:
        return
    columns = ["地址 rows", "正确 right", "错误 wrong", "正确率 rate", "错误率 error"]
    output.table(
        "按写法对照真值 against the truth, per form",
        ["写法 form", *columns],
        [(f"{one.kind} {FORMS.get(one.kind, '')}", *_shown(one)) for one in report.forms],
    )
    output.table(
        "按等级对照真值 against the truth, per grade",
        ["等级 grade", *columns],
        [(one.kind, *_shown(one)) for one in report.by_grade],
    )
    output.line(
        f"完整地址正确率 right doors of complete addresses：[bold]{report.complete.right_rate:.2%}[/bold]"
        f"（{report.complete.rows}），错误率 error {report.complete.error_rate:.2%}"
    )


def _shown(one: Rate) -> tuple[object, ...]:
    return one.rows, one.right, one.wrong, f"{one.right_rate:.2%}", f"{one.error_rate:.2%}"


def _rate(one: Rate) -> dict[str, Any]:
    return vars(one) | {"right_rate": round(one.right_rate, 6), "error_rate": round(one.error_rate, 6)}
