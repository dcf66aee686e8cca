"""A file nobody has seen before becomes a feed by one YAML document, and a mistake in that document is explained."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ground.errors import DocumentError
from hub.hub import Hub, init_home
from pipelines.intake.store import Outcome
from pipelines.serving import Reader
from portal.cli.app import main

LIBRARIES = """\
全市图书馆名录（内部资料）;;;;;;;;;;;
馆代码;馆名;级别;所属区;地址;邮编;藏书量（万册）;阅览座席;建成日期;开放时间;负责人;负责人电话
0001;市图书馆;一级;江岸区;建设大道1号;430015;"1,520.5";3200;1935-10-01;周二至周日;王某;027-00000001
0002;江夏馆;二级;江夏区;"文化路2号;北楼";430200;45.25;600;2004年6月1日;每天;李某;027-00000002
0003;新洲馆;二级;新洲区;齐安大道;430400;暂无;400;20100915;每天;张某;027-00000003
0004;蔡甸馆;三级;蔡甸区;蔡甸街5号;430100;三十;350;2012/3/18;每天;赵某;027-00000004
;汉南馆;三级;汉南区;纱帽街;430090;18;200;2015-01-01;每天;钱某;027-00000005
0002;江夏馆;二级;江夏区;"文化路2号;北楼";430200;45.25;600;2004年6月1日;每天;李某;027-00000002
"""
DOCUMENT = """\
id: libraries
resource:
  id: libraries
  title: 公共图书馆名录
  department: bureau
  system: 文化设施台账
  storage_format: file
  provision_mode: file
  share_until: 长期
  sharing: {class: unconditional}
  opening: {class: unconditional}
  update_cycle: yearly
  key: [code]
  items:
    - {id: code, title: 馆代码}
    - {id: name, title: 馆名, element: organisation_name, required: true}
    - {id: grade, title: 级别}
    - {id: district, title: 所属区}
    - {id: address, title: 地址, element: address}
    - {id: postcode, title: 邮编}
    - {id: holdings, title: 藏书量（万册）, type: decimal}
    - {id: seats, title: 阅览座席, type: integer}
    - {id: built_on, title: 建成日期, type: date}
    - {id: open_hours, title: 开放时间}
    - {id: head, title: 负责人}
source: {kind: file, path: 'bureau/图书馆_{period}.csv'}
format: {kind: csv, encoding: gbk, delimiter: ';', header_row: 2, null_values: [暂无]}
columns:
  馆代码: code
  馆名: name
  级别: grade
  所属区: district
  地址: address
  邮编: postcode
  藏书量（万册）: holdings
  阅览座席: seats
  建成日期: built_on
  开放时间: open_hours
  负责人: head
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh home with the file in its inbox; nothing else is declared than what ``init`` declares."""
    home = tmp_path / "home"
    init_home(home)
    (home / "inbox" / "bureau").mkdir()
    (home / "inbox" / "bureau" / "图书馆_2026.csv").write_bytes(LIBRARIES.encode("gbk"))
    return home


def declare(home: Path, text: str = DOCUMENT, name: str = "libraries") -> Path:
    path = home / "city" / "feeds" / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.duty("R-022", "R-053")
def test_one_document_makes_a_file_of_twelve_columns_a_feed(home: Path, now: datetime) -> None:
    declared = contents(home / "city")
    path = declare(home)
    assert set(contents(home / "city")) - set(declared) == {"feeds/libraries.yaml"}
    hub = Hub(home)
    try:
        (reading,) = hub.intake.check("libraries", now)
        assert (reading.period, reading.rows, reading.refusal) == ("2026", 6, None)
        assert reading.not_taken == ["负责人电话"]
        assert reading.problems == {"holdings:not_decimal": (1, [6]), "code:missing": (1, [7])}
        assert hub.deliveries.of() == []

        hub.load_catalogue(now)
        (one,) = hub.intake.run("libraries", now)
        assert (one.outcome, one.rows_in, one.rows_taken, one.rows_quarantined, one.rows_repeated) == (
            Outcome.TAKEN, 6, 3, 2, 1,
        )  # fmt: skip
        hub.builder.run(now)
        rows = hub.serving.sql("SELECT * FROM libraries ORDER BY code", Reader("test", "test"), now).to_pylist()
        assert [row["code"] for row in rows] == ["0001", "0002", "0003"]
        assert [row["holdings"] for row in rows] == [Decimal("1520.5"), Decimal("45.25"), None]
        assert [row["built_on"] for row in rows] == [date(1935, 10, 1), date(2004, 6, 1), date(2010, 9, 15)]
        assert rows[1]["address"] == "文化路2号;北楼"
        with hub.serving.open() as session:
            raw = session.reader.engine.to_arrow(session.reader.table("raw.libraries")).to_pylist()
        # The word for no value is gone in standard only: raw keeps what was delivered.
        assert "暂无" in [row["holdings"] for row in raw]
        assert not any("负责人电话" in name or value == "027-00000001" for row in rows for name, value in row.items())
    finally:
        hub.close()
    # What was taken is not touched by taking the document away; only the feed is gone.
    path.unlink()
    assert contents(home / "city") == declared


MISTAKES = [
    # old, new, line and field, Chinese, English
    ("  title: 公共", "  titel: 公共", "4 resource.titel", "是否想写 title？", "Did you mean title?"),
    ("title: 邮编}", "title: 邮编, type: number}", "20 resource.items.5.type", "允许的值：text、integer、decimal、date、timestamp", "Allowed: text, integer"),
    ("  system: 文化设施台账\n", "", "2 resource.system", "缺少必填项", "required and missing"),
    ("  share_until: 长期\n", "", "2 resource.share_until", "缺少目录必填字段 share_until", "mandatory catalogue field share_until"),
    ("department: bureau", "department: burau", "5 resource.department", "是否想写 bureau？", "Did you mean bureau?"),
    ("element: address", "element: adress", "19 resource.items.4.element", "是否想写 address？", "Did you mean address?"),
    ("邮编: postcode", "邮编: postcod", "34 columns.邮编", "是否想写 postcode？", "Did you mean postcode?"),
    ("  馆名: name\n", "", "28 columns", "没有给出必须的信息项：name", "leaves out items that mode full needs: name"),
    ("  馆名: name\n", "  馆名: name\n  馆名: grade\n", "31", "键 馆名 写了两次", "written twice"),
    ("bureau/图书馆", "../图书馆", "26 source.path", "path 必须在 inbox/ 之下", "path must stay below inbox/"),
    ("id: libraries\nresource", "id: library\nresource", "1 id", "请将文件改名为 library.yaml", "rename it to library.yaml"),
    ("class: unconditional}\n  update", "class: open}\n  update", "11 resource.opening.class", "允许的值：unconditional、conditional、not", "Allowed: unconditional"),
    ("delimiter: ';'", "delimiter: ;;", "27 format.delimiter", "至多 1 个字符", "at most 1 character"),
    ("key: [code]", "key: [number]", "2 resource", "number 不在 items 中", "not among the items: code, name"),
]  # fmt: skip


@pytest.mark.duty("R-022", "R-036")
@pytest.mark.parametrize(("old", "new", "place", "zh", "en"), MISTAKES)
def test_a_mistake_in_the_document_is_explained_and_nothing_is_changed(
    home: Path, old: str, new: str, place: str, zh: str, en: str
) -> None:
    assert old in DOCUMENT, "the test replaces nothing"
    declare(home, DOCUMENT.replace(old, new, 1))
    with pytest.raises(DocumentError) as caught:
        _ = Hub(home).city
    (line,) = [one for one in caught.value.zh.splitlines() if one.startswith(f"city/feeds/libraries.yaml:{place}: ")]
    assert zh in line
    assert en in caught.value.en
    assert "function-after" not in str(caught.value)


def test_the_command_says_it_and_exits_with_two(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declare(home, DOCUMENT.replace("kind: csv", "kind: cvs"))
    with pytest.raises(SystemExit) as left:
        main(["feed", "run", "libraries", "--home", str(home)])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert (
        "city/feeds/libraries.yaml:27 format.kind: 值不在允许范围内。是否想写 csv？允许的值：csv、xlsx、xls、json、jsonl、xml、fixed_width、parquet、geojson、shapefile、geopackage、zip、rows"
        in said
    )
    assert not any((home / "landing").iterdir())


@pytest.mark.parametrize(
    ("old", "new", "zh", "en"),
    [
        ("  邮编: postcode", "  邮政编码: postcode", "缺少列：邮政编码", "missing columns: 邮政编码"),
        ("header_row: 2", "header_row: 1", "表头似乎在第 2 行，请把 format.header_row 改为 2", "set format.header_row: 2"),
        ("encoding: gbk", "encoding: utf-8", "请把 format.encoding 改为 gb18030（或 auto）", "Set format.encoding: gb18030 (or auto)"),
    ],
)  # fmt: skip
def test_a_document_that_does_not_fit_the_file_is_told_by_check(
    home: Path, now: datetime, old: str, new: str, zh: str, en: str
) -> None:
    declare(home, DOCUMENT.replace(old, new, 1))
    hub = Hub(home)
    (reading,) = hub.intake.check("libraries", now)
    hub.close()
    assert reading.refusal is not None
    assert zh in reading.refusal[0]
    assert en in reading.refusal[1]
