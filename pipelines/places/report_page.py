"""The report on addresses as a page for people: Markdown with its picture beside it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from pipelines.places.grades import GRADES
from pipelines.places.report import AddressReport, Rate

FORMS = {
    "1": "市区街路门栋单元室俱全 all parts",
    "2": "不写市与街道 no city, no street",
    "3": "带省与社区、不写小区 province and community",
    "4": "短横线写法 12号3-2-501",
    "5": "全角或汉字数字 other digits",
    "6": "旧街道名 a former street name",
    "no_door": "无门牌号 no number",
    "street_only": "只到街道 street only",
    "no_district": "不写区 no district",
    "misspelt": "道路名写错 misspelt road",
}
"""What each form of the simulated city is (`simulation.places.address_text`)."""
_COLOURS = {"right": "#2b8a5b", "open": "#d9dde3", "wrong": "#c2432f"}
_BAR, _ROW, _LEFT = 460, 26, 270


def write_page(report: AddressReport, directory: Path) -> Path:
    """Write ``addresses.md``, and ``addresses.svg`` where a truth is known; the page.

    Args:
        report: `report.address_report`.
        directory: where; made if need be.
    """
    directory.mkdir(parents=True, exist_ok=True)
    page = directory / "addresses.md"
    if report.forms:
        (directory / "addresses.svg").write_text(_picture(report.forms), encoding="utf-8")
    page.write_text(_text(report), encoding="utf-8")
    return page


def _text(report: AddressReport) -> str:
    meanings = {one.id: one for one in GRADES}
    lines = ["# 地址匹配 Matching of addresses", ""]
    totals: dict[tuple[str, str], int] = {}
    for (library, item, _), rows in report.grades.items():
        totals[library, item] = totals.get((library, item), 0) + rows
    lines += [
        "## 各库等级 Grades per library",
        "",
        "| 库 library | 项 item | 等级 grade | 地址 rows | 占比 share | 含义 meaning |",
    ]
    lines += ["|---|---|---|---:|---:|---|"]
    lines += [
        f"| {library} | {item} | {grade} | {rows} | {rows / totals[library, item]:.1%} "
        f"| {meanings[grade].zh} {meanings[grade].en} |"
        for (library, item, grade), rows in report.grades.items()
    ]
    if report.complete is not None:
        lines += [
            "",
            "## 与模拟真值对照 Against the simulated truth",
            "",
            f"完整地址中匹配到正确门牌的占 **{report.complete.right_rate:.2%}**，匹配到错误门牌的占 "
            f"{report.complete.error_rate:.2%}（{report.complete.rows} 条）。",
            f"Of the complete addresses {report.complete.right_rate:.2%} are at the right door, "
            f"{report.complete.error_rate:.2%} at a wrong one.",
            "",
            "![各写法的匹配率 rates per form](addresses.svg)",
            "",
        ]
        lines += ["### 按写法 Per form", "", *_rates("写法 form", report.forms, FORMS), ""]
        titles = {one.id: f"{one.zh} {one.en}" for one in GRADES}
        lines += ["### 按等级 Per grade", "", *_rates("等级 grade", report.by_grade, titles)]
    return "\n".join(lines) + "\n"


def _rates(what: str, rates: Sequence[Rate], titles: dict[str, str]) -> list[str]:
    head = f"| {what} | 含义 meaning | 地址 rows | 正确 right | 错误 wrong | 正确率 rate | 错误率 error | 楼栋正确 building |"
    return [
        head,
        "|---|---|---:|---:|---:|---:|---:|---:|",
        *(
            f"| {one.kind} | {titles.get(one.kind, '')} | {one.rows} | {one.right} | {one.wrong} | {one.right_rate:.2%} "
            f"| {one.error_rate:.2%} | {f'{one.building_right / one.buildings:.2%}' if one.buildings else ''} |"
            for one in rates
        ),
    ]


def _picture(forms: Sequence[Rate]) -> str:
    """A bar per form: right, open and wrong, side by side."""
    height = _ROW * len(forms) + 50
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _BAR + 80}" height="{height}" '
        'font-family="Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif" font-size="12">',
        f'<rect width="100%" height="{height}" fill="#ffffff"/>',
    ]
    for place, (name, title) in enumerate((("right", "正确 right"), ("open", "未指认 open"), ("wrong", "错误 wrong"))):
        parts.append(f'<rect x="{_LEFT + place * 120}" y="10" width="12" height="12" fill="{_COLOURS[name]}"/>')
        parts.append(f'<text x="{_LEFT + place * 120 + 18}" y="20">{title}</text>')
    for place, one in enumerate(forms):
        top = 36 + place * _ROW
        label = escape(f"{one.kind} {FORMS.get(one.kind, '')}".strip())
        parts.append(f'<text x="{_LEFT - 8}" y="{top + 14}" text-anchor="end">{label}</text>')
        left = float(_LEFT)
        for name, share in (
            ("right", one.right_rate), ("open", 1 - one.right_rate - one.error_rate), ("wrong", one.error_rate)
        ):  # fmt: skip
            width = _BAR * share
            parts.append(f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="18" fill="{_COLOURS[name]}"/>')
            left += width
        parts.append(f'<text x="{_LEFT + _BAR + 6}" y="{top + 14}">{one.right_rate:.1%}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
