"""Every real file becomes a running feed: drafted in one step, at most a few lines edited, read on trial, taken in.

Files lie in the department's folder under the names they have; `EDITS` is all that a person changes in the drafts. Rows were
counted apart from this software, as the modules beside this one say.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from real_home import NOW, counts

from ground.errors import RefusedData
from hub.hub import Hub, init_home
from pipelines.intake.drafting.service import DraftingService
from pipelines.intake.store import Delivery

INCREMENTS = ["2019-07-26.csv", "2019-07-29.csv", "2019-08-01.csv"]
YEARS = ["武汉_2008.csv", "武汉_2012.csv", "武汉_2019.csv"]


@dataclass(frozen=True)
class File:
    """A real file, or several of one feed; the first is the one that the draft is made from.

    Attributes:
        folder: below ../shared/data.
        names: its files that are put into the inbox.
        rows: rows in and rows quarantined, a pair for each delivery.
        crs: the reference system, where the person who drafts states it.
        edits: lines of the draft that are taken out or written otherwise: (old, new).
    """

    folder: str
    names: list[str]
    rows: list[tuple[int, int]]
    crs: str | None = None
    edits: list[tuple[str, str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Of the feed."""
        return f"f{FILES.index(self)}"


FILES = [
    # The third day has no such column.
    File(
        "enterprise_daily_increment",
        INCREMENTS,
        [(1346, 0), (1109, 0), (1361, 0)],
        edits=[("  StockInfo: ", "  # StockInfo: ")],
    ),
    # Every year holds the companies of that year alone.
    File(
        "enterprise_registration", YEARS, [(2966, 0), (2971, 0), (1372, 0)], edits=[("mode: full", "mode: increment")]
    ),
    File("divisions_stats_v2.0.0", ["areas.csv"], [(2856, 0)]),
    File("divisions_stats_v2.2.0", ["cities.csv"], [(343, 0)]),
    File("divisions_stats_v2.4.0", ["streets.csv"], [(41614, 0)]),
    File("villages_v2.4.0", ["villages_wuhan_lianyungang.csv"], [(5246, 0)]),
    File("moe_university_list", ["university.xls"], [(2631, 0)]),
    File("housing_listings_guangzhou", ["conghua.csv"], [(611, 0)]),
    File("shapefile_chongqing_shp", ["qxj_area.shp", "qxj_area.dbf", "qxj_area.shx", "qxj_area.prj"], [(38, 0)]),
    File("boundary_shenzhen", ["sz.geojson"], [(10, 0)], crs="wgs84"),
    File("busstop_sample", ["busstop.json"], [(49, 0)]),
    File("busstop_sample", ["busline.json"], [(2, 0)]),
    File("metro_wuhan_gcj02", ["wuhan-subway.json"], [(300, 0)], crs="gcj02"),
    File("osm_wuhan_buildings", ["wuhan_guanggu_buildings.geojson"], [(355, 94)], crs="wgs84"),
    File("boundary_districts_osm_wgs84", ["wuhan.geojson"], [(13, 0)], crs="wgs84"),
    File("boundary_districts_osm_wgs84", ["lianyungang.geojson"], [(6, 0)], crs="wgs84"),
    File("hospital_needs_hubei", ["wuhanshi.csv"], [(1553, 0)]),
    File("listed_companies", ["listed_companies_a.jsonl"], [(2327, 43)]),
    File("dq_hospital", ["dirty.csv"], [(1000, 0)]),
    File("febrl", ["dataset1.csv"], [(1000, 3)]),
    File("febrl", ["dataset3.csv"], [(5000, 35)]),
    File("splink_fake_1000", ["fake_1000.csv"], [(1000, 0)]),
]


@dataclass(frozen=True)
class Drafts:
    """The home with a feed for every file, and what became of them."""

    hub: Hub
    settled: dict[str, list[Delivery]]


@pytest.fixture(scope="module")
def drafts(shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drafts]:
    home = tmp_path_factory.mktemp("drafts") / "home"
    init_home(home)
    city = Hub(home).city
    for file in FILES:
        inbox = home / "inbox" / "bureau"
        inbox.mkdir(exist_ok=True)
        for name in file.names:
            shutil.copyfile(shared_data(file.folder) / name, inbox / name)
        written = DraftingService(home, city).new(inbox / file.names[0], feed_id=file.id, crs=file.crs)
        text = written.document.read_text(encoding="utf-8")
        for old, new in file.edits:
            assert text.count(old) == 1, (file.id, old)
            text = text.replace(old, new)
        written.document.write_text(text, encoding="utf-8")
    hub = Hub(home)
    hub.load_catalogue(NOW)
    yield Drafts(hub, {})
    hub.close()


@pytest.mark.duty("R-022", "R-062")
@pytest.mark.parametrize("file", FILES, ids=lambda one: f"{one.folder}/{one.names[0]}")
def test_drafted_edited_checked_and_run(drafts: Drafts, file: File) -> None:
    assert len(file.edits) <= 3, "a few lines"
    readings = drafts.hub.intake.check(file.id, NOW)
    assert [reading.refusal for reading in readings] == [None] * len(file.rows)
    settled = drafts.hub.intake.run(file.id, NOW)
    assert [counts(one)[:2] + counts(one)[3:4] for one in settled] == [("taken", *rows) for rows in file.rows]


def test_a_shapefile_without_its_index_is_no_feed(drafts: Drafts, shared_data: Callable[[str], Path]) -> None:
    with pytest.raises(RefusedData, match=r"\.shx"):
        DraftingService(drafts.hub.home, drafts.hub.city).new(
            shared_data("shapefile_metroline") / "metroline2.shp", feed_id="metro"
        )
