"""The report on problem data: one page, its own text and pictures, nothing asked of other hosts."""

from __future__ import annotations

from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines.problems.measuring import Measures
from pipelines.problems.report_charts import MOST, charts
from pipelines.problems.report_page import days, page_text, score, share, write_report
from quality.tickets.measures import AGES, Measure

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
BASIS = "宁波市海曙区公共数据管理办法第 27 条，5 个工作日"


def a_measure(level: str, name: str, title: str, **changes: object) -> Measure:
    facts: dict[str, object] = {
        "received": 10, "waiting": 0, "open": 4, "overdue": 1, "finished": 6, "due": 8, "on_time": 5,
        "median_working_days": 3.0, "median_days": 4.5, "answered": 6, "came_back": 1,
        "ages": {one[0]: place for place, one in enumerate(AGES)}, "asked": 3, "granted": 2, "refused": 1,
    }  # fmt: skip
    return Measure(level=level, id=name, title=title, **{**facts, **changes})  # type: ignore[arg-type]


FOUND = Measures(
    NOW,
    a_measure("city", "", "全市"),
    [a_measure("department", "ga", "公安局"), a_measure("department", "x", "<script>alert(1)</script>局")],
    [a_measure("rule", "r/r.x", "户籍：性别代码在标准内")],
)


class Page(HTMLParser):
    """Collects the text of a page and everything that a browser would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.scripts = 0
        self.words: list[str] = []
        self.pictures = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag in ("script", "iframe", "object", "embed", "link", "img", "image", "use")
        self.pictures += tag == "svg"
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "data") or (
                value and "url(" in value and "url(#" not in value
            ):
                self.loads.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_asks_nothing_of_anybody(tmp_path: Path) -> None:
    page = write_report(FOUND, [], tmp_path, basis=BASIS)
    assert page == tmp_path / "problem-data" / "index.html"
    assert [one.name for one in page.parent.iterdir()] == ["index.html"]
    text = page.read_text(encoding="utf-8")
    read = Page(text)
    assert read.scripts == 0
    assert [one for one in read.loads if not one.startswith("#")] == []
    assert "@import" not in text
    assert "//" not in text.replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org/1999/xlink", "")


def test_its_pictures_hold_their_words_as_text(tmp_path: Path) -> None:
    read = Page(page_text(FOUND, [], tmp_path, basis=BASIS))
    assert read.pictures == 5
    said = "\n".join(read.words)
    # Once in the tables, and in every picture of departments.
    assert said.count("公安局") >= 4
    assert "户籍：性别代码在标准内" in said
    assert "2026-11-30 09:00" in said
    assert BASIS in said
    assert "62.5%" in said  # 5 of 8
    assert "16.7%" in said  # 1 of 6
    assert "3/2/1" in said


def test_names_from_outside_are_text_and_no_markup(tmp_path: Path) -> None:
    text = page_text(FOUND, [], tmp_path, basis="<b>办法</b>")
    assert "<script" not in text
    assert "<b>办法" not in text
    assert "&lt;script&gt;" in text


def test_links_lead_to_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "quality").mkdir()
    (tmp_path / "quality" / "index.html").write_text("<html></html>", encoding="utf-8")
    read = Page(write_report(FOUND, [], tmp_path, basis=BASIS).read_text(encoding="utf-8"))
    assert read.loads == ["../quality/index.html"]
    assert "shuyuan report addresses" in "".join(read.words)


def test_what_has_nothing_to_show_has_no_picture(tmp_path: Path) -> None:
    none = a_measure(
        "city", "", "全市", received=0, open=0, overdue=0, finished=0, due=0, on_time=0, median_working_days=None,
        median_days=None, answered=0, came_back=0, ages={one[0]: 0 for one in AGES}, asked=0, granted=0, refused=0,
    )  # fmt: skip
    assert charts(Measures(NOW, none, [], []), []) == []
    assert Page(page_text(Measures(NOW, none, [none], []), [], tmp_path, basis=BASIS)).pictures == 0


def test_a_picture_has_at_most_so_many_bars_and_the_table_all() -> None:
    many = [a_measure("rule", f"r/{n}", f"规则{n:03d}") for n in range(MOST + 5)]
    text = page_text(Measures(NOW, FOUND.city, [], many), [], Path("/nowhere"), basis=BASIS)
    assert text.count(f"规则{MOST + 4:03d}") == 1
    assert text.count("规则000") > 1


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (0.0, "0.0%"), (0.9999, "99.9%"), (1.0, "100%"), (0.625, "62.5%")]
)
def test_a_share_is_never_rounded_up_to_the_whole(value: float | None, shown: str) -> None:
    assert share(value) == shown


def test_numbers_as_people_read_them() -> None:
    assert [days(one) for one in (None, 3.0, 4.5)] == ["–", "3", "4.5"]
    assert [score(one) for one in (None, 100.0, 99.999, 51.2)] == ["–", "100", "99.99", "51.20"]
