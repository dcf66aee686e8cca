"""How each department delivers: the file, its encoding, its headings and its habits.

The same rows give the same bytes: no time of writing gets into a file. A file appears whole or not at all.
Habits: the household register is GBK with Windows line ends; the market register UTF-8 with a byte order mark; the
tax workbook has a title row, its 登记日期 is text and its 更新时间 a real date-and-time cell.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pandas as pd

from simulation.planting import COMPANY, HOUSEHOLD, INSURANCE, TAX

HEADINGS: dict[str, dict[str, str]] = {
    HOUSEHOLD: {
        "citizen_id": "公民身份号码",
        "name": "姓名",
        "former_name": "曾用名",
        "sex": "性别",
        "ethnicity": "民族",
        "birth_date": "出生日期",
        "division": "户籍地区划",
        "address": "户籍地址",
        "household_no": "户号",
        "relation": "与户主关系",
        "contact": "联系电话",
        "updated_at": "更新时间",
    },
    COMPANY: {
        "credit_code": "统一社会信用代码",
        "name": "名称",
        "type": "主体类型",
        "legal_representative": "法定代表人",
        "registered_capital": "注册资本(万元)",
        "established_on": "成立日期",
        "address": "住所",
        "division": "行政区划",
        "industry": "行业门类",
        "state": "登记状态",
        "updated_at": "更新时间",
    },
    TAX: {
        "credit_code": "纳税人识别号",
        "name": "纳税人名称",
        "legal_representative": "法定代表人姓名",
        "address": "注册地址",
        "phone": "联系电话",
        "registered_on": "登记日期",
        "state": "纳税人状态",
        "updated_at": "更新时间",
    },
}
"""Resource -> item -> heading in the delivered file. ``contact`` is in no catalogue entry: it must not be taken."""

INSURANCE_COLUMNS = ["citizen_id", "name", "phone", "employer_code", "insured_from", "insured_state", "updated_at"]
_WIDE_CELL = 24


def write_deliveries(rows: dict[str, pd.DataFrame], inbox: Path, period: str, as_of: datetime) -> dict[str, Path]:
    """Write the four deliveries below ``inbox``; resource -> file.

    Args:
        rows: resource -> rows as delivered.
        inbox: the folder of the departments' folders.
        period: goes into the file names, such as 2026-11.
        as_of: goes into the workbook as its day of making.
    """
    paths = {
        HOUSEHOLD: inbox / "ga" / f"hukou_{period}.csv",
        INSURANCE: inbox / "sw" / "social_insurance.sqlite",
        COMPANY: inbox / "sc" / f"company_{period}.csv",
        TAX: inbox / "sw" / f"tax_{period}.xlsx",
    }
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    _write_csv(rows[HOUSEHOLD], HEADINGS[HOUSEHOLD], paths[HOUSEHOLD], encoding="gbk", line_end="\r\n")
    _write_csv(rows[COMPANY], HEADINGS[COMPANY], paths[COMPANY], encoding="utf-8-sig", line_end="\n")
    _write_sqlite(rows[INSURANCE], paths[INSURANCE])
    _write_workbook(rows[TAX], HEADINGS[TAX], paths[TAX], as_of)
    return paths


def _write_csv(rows: pd.DataFrame, headings: dict[str, str], path: Path, *, encoding: str, line_end: str) -> None:
    part = path.with_name(f".{path.name}.part")
    rows[list(headings)].rename(columns=headings).to_csv(part, index=False, encoding=encoding, lineterminator=line_end)
    part.replace(path)


def _write_sqlite(rows: pd.DataFrame, path: Path) -> None:
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(part)) as connection, connection:
        connection.execute(
            "create table social_insurance (citizen_id text, name text, phone text, employer_code text, "
            "insured_from text, insured_state text, updated_at text)"
        )
        connection.executemany(
            "insert into social_insurance values (?, ?, ?, ?, ?, ?, ?)",
            zip(*(rows[column].tolist() for column in INSURANCE_COLUMNS), strict=True),
        )
    part.replace(path)


def _write_workbook(rows: pd.DataFrame, headings: dict[str, str], path: Path, as_of: datetime) -> None:
    import xlsxwriter  # only whoever makes a city needs it

    part = path.with_name(f".{path.name}.part")
    book = xlsxwriter.Workbook(str(part), {"strings_to_numbers": False, "strings_to_formulas": False})
    book.set_properties({"title": "税务登记", "created": as_of})
    sheet = book.add_worksheet("税务登记")
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.merge_range(0, 0, 0, len(headings) - 1, "税务登记信息（月报）")
    sheet.set_column(0, len(headings) - 1, _WIDE_CELL)
    for place, (item, heading) in enumerate(headings.items()):
        sheet.write_string(1, place, heading)
        if item == "updated_at":
            sheet.write_column(2, place, pd.to_datetime(rows[item]).dt.to_pydatetime().tolist(), moment)
        else:
            sheet.write_column(2, place, rows[item].tolist())
    book.close()
    part.replace(path)
