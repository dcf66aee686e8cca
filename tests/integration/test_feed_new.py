"""A feed is drafted from each of the real files, loads as written, and takes the file in: one step, no line edited.

Rows were counted apart from this software: lines less the header, features, sheet rows between the headings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from catalog.feed import Feed
from catalog.model import Resource
from hub.hub import Hub, init_home
from pipelines.intake import bundle
from pipelines.intake.drafting.service import DraftingService, Written
from pipelines.intake.store import Delivery, Outcome
from pipelines.intake.uploads import Upload
from portal.cli.app import main

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@dataclass(frozen=True)
class Real:
    """A file and what is expected of its draft: the format, the key's titles, whether they are sure, rows in and quarantined."""

    path: str
    form: dict[str, Any]
    key: list[str]
    rows: int
    bad: int = 0
    sure: bool = True
    crs: str | None = None
    stated: str | None = None
    types: dict[str, str] = field(default_factory=dict)


UTF8 = {"kind": "csv", "encoding": "utf-8"}
FILES = [
    Real("enterprise_daily_increment/2019-08-01.csv", UTF8, ["CreditCode"], 1361, types={"StartDate": "date", "No": "text"}),
    Real("enterprise_registration/武汉_2008.csv", {**UTF8, "null_values": ["N/A"]}, ["统一社会信用代码"], 2966,
         types={"注册日期": "date"}),
    Real("divisions_stats_v2.4.0/areas.csv", UTF8, ["code"], 2994, types={"code": "text", "cityCode": "text"}),
    Real("gb2260_history/200212.tsv", {**UTF8, "delimiter": "\t"}, ["Code"], 3510),
    Real("moe_university_list/university.xls", {"kind": "xls", "header_row": 3, "skip_subheadings": True}, ["学校标识码"], 2631),
    Real("housing_listings_guangzhou/conghua.csv", {"kind": "csv", "encoding": "gb18030", "header_row": 0}, ["1", "14"], 611,
         types={"5": "decimal", "8": "integer"}),
    Real("shapefile_chongqing_shp/qxj_area.shp", {"kind": "shapefile"}, ["ADMINCODE"], 38, crs="wgs84"),
    Real("boundary_shenzhen/sz.geojson", {"kind": "geojson"}, ["qh"], 10),
    Real("boundary_shenzhen/sz.geojson", {"kind": "geojson"}, ["qh"], 10, stated="GCJ-02", crs="gcj02"),
    Real("busstop_sample/busstop.json", {"kind": "geojson"}, ["linename", "stopname"], 49, crs="wgs84"),
    Real("metro_wuhan_gcj02/wuhan-subway.json", {"kind": "json", "records": "l[*].st"}, ["udsi"], 300, types={"sid": "text"}),
    Real("osm_wuhan_buildings/wuhan_guanggu_buildings.geojson", {"kind": "geojson"}, ["id"], 355, bad=93, sure=False),
    Real("dq_hospital/dirty.csv", UTF8, ["index"], 1000),
    Real("hospital_needs_hubei/wuhanshi.csv", UTF8, ["record", "key"], 1553),
    Real("listed_companies/listed_companies_a.jsonl", {"kind": "jsonl"}, ["fullname"], 2327, bad=43, types={"time": "date", "code": "text"}),
    Real("febrl/dataset1.csv", UTF8, ["rec_id"], 1000, bad=3, types={"date_of_birth": "date", "soc_sec_id": "text"}),
    Real("splink_fake_1000/fake_1000.csv", UTF8, ["unique_id"], 1000, types={"dob": "date"}),
    Real("catalogue_tw_portals/data-portal-list.xlsx", {"kind": "xlsx", "sheet": "中央"}, ["dtid"], 66, bad=3, sure=False),
    Real("catalogue_tw_portals/tainan.2018.03.20.OD.csv", {**UTF8, "header_row": 0}, ["1"], 665),
    Real("chinese_surnames/Chinese_Family_Name（1k）.xlsx", {"kind": "xlsx"}, ["NameB"], 1074, types={"TF": "decimal"}),
    Real("ethnic_groups/56_nations.csv", {**UTF8, "header_row": 0}, ["1"], 56),
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("drafts") / "home"
    init_home(home)
    (home / "settings.yaml").write_text("profile: haishu\nthreads: 1\n", encoding="utf-8")
    return home


@pytest.fixture
def taken(
    home: Path, shared_data: Callable[[str], Path], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[Real, Written, Delivery]]:
    """A draft of a real file and the delivery that came of uploading it."""
    real: Real = request.param
    folder, _, name = real.path.partition("/")
    path = shared_data(folder) / name
    given = path
    if path.suffix == ".shp":
        given = bundle.pack(tmp_path / "shape.zip", sorted(path.parent.glob(f"{path.stem}.*")))
    feed_id = f"draft_{FILES.index(real)}"
    written = DraftingService(home, Hub(home).city).new(path, feed_id=feed_id, crs=real.stated)
    hub = Hub(home)
    yield real, written, hub.intake.upload(feed_id, Upload(given, "test", "test"), NOW)
    hub.close()


@pytest.mark.duty("R-022", "R-053", "R-062")
@pytest.mark.parametrize("taken", FILES, indirect=True, ids=[f"{one.path}{one.stated or ''}" for one in FILES])
def test_the_draft_of_a_real_file_takes_it_in_as_it_stands(taken: tuple[Real, Written, Delivery]) -> None:
    real, written, one = taken
    feed, resource = written.feed, written.resource
    form = feed.format.model_dump(exclude_defaults=True)
    assert form | real.form == form, "what was found out about the form"
    titles = {item: title for title, item in feed.columns.items()}
    assert ([titles[name] for name in resource.key], written.drafted.key.sure) == (real.key, real.sure)
    assert (feed.geometry.crs if feed.geometry else None) == real.crs
    types = {titles[item.id]: item.type.value for item in resource.items if item.id in titles}
    assert types | real.types == types
    assert (one.outcome, one.rows_in, one.rows_quarantined) == (Outcome.TAKEN, real.rows, real.bad), one.reasons
    if feed.geometry is not None:
        assert not any(reason.startswith("location") for reason in one.reasons or {})


def test_the_command_drafts_explains_and_says_what_to_do_next(
    tmp_path: Path, shared_data: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    init_home(home)
    path = shared_data("moe_university_list") / "university.xls"

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--home", str(home), "--now", "2026-11-21T15:00"])
        told = capsys.readouterr()
        return int(str(ended.value.code or 0)), told.out + told.err

    code, said = run("feed", "new", str(path))
    assert code == 0 and "shuyuan feed upload university" in said and "inbox/bureau/university.xls" in said
    document = (home / "city" / "feeds" / "university.yaml").read_text(encoding="utf-8")
    assert "header_row: 3  # 第 3 行的各格是列名而不是数据，其上 2 行为标题" in document
    code, said = run("feed", "new", str(path))
    assert code == 2 and "--id" in said, "a draft never replaces a document"
    code, said = run("feed", "new", str(path), "--id", "universities", "--json")
    (facts,) = json.loads(said)
    assert (facts["feed"], facts["reading"]["rows"], facts["reading"]["refusal"]) == ("universities", 2631, None)
    code, said = run("feed", "new", str(path), str(path), "--id", "two")
    assert code == 2 and "for one file" in said
    code, said = run("feed", "new", str(path), "--id", "third", "--department", "nobody")
    assert code == 2 and "bureau" in said
    (home / "city" / "departments.yaml").write_text(
        "departments:\n  - {id: bureau, name: 大数据局}\n  - {id: jy, name: 教育局}\n", encoding="utf-8"
    )
    code, said = run("feed", "new", str(path), "--id", "third")
    assert code == 2 and "--department" in said and "jy" in said
    dropped = home / "inbox" / "jy" / "高校_2026.xls"
    dropped.parent.mkdir()
    dropped.write_bytes(path.read_bytes())
    code, said = run("feed", "new", str(dropped), "--id", "third")
    assert code == 0 and "inbox/jy/高校_{period}.xls" in said, "the folder it lies in says whose it is"
    code, said = run("feed", "run", "third")
    assert code == 0 and "third/2026/0001" in said


def test_a_refused_file_is_explained_by_what_it_looks_like(tmp_path: Path) -> None:
    home = tmp_path / "home"
    init_home(home)
    folder = home / "inbox" / "bureau"
    folder.mkdir()
    (folder / "a_2026.csv").write_text("全市名录,,\n编号;名称;面积\n001;甲;3\n002;乙;4\n003;丙;5\n", encoding="utf-8")
    DraftingService(home, Hub(home).city).new(folder / "a_2026.csv", feed_id="a")
    path = home / "city" / "feeds" / "a.yaml"
    text = path.read_text(encoding="utf-8")
    assert "delimiter: ;" in text and "header_row: 2" in text
    path.write_text(
        text.replace("delimiter: ;", "delimiter: ','").replace("header_row: 2", "header_row: 1"), encoding="utf-8"
    )
    (reading,) = Hub(home).intake.check("a", NOW)
    said = "\n".join(zh for zh, _ in reading.notes)
    assert reading.refusal is not None
    assert "format.delimiter 看来应为 ';'" in said and "format.header_row 看来应为 2" in said


def test_a_draft_holds_its_entry(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "公厕.csv"
    path.write_text("编号,名称\n001,甲\n", encoding="utf-8")
    written = DraftingService(home, Hub(home).city).new(path, feed_id="toilets_here")
    assert isinstance(written.feed, Feed) and isinstance(written.resource, Resource)
    assert (written.resource.sharing.class_, written.resource.opening.class_) == ("conditional", "not"), (
        "strict until decided"
    )
