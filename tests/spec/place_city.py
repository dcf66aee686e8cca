"""A small city of doors and of people's addresses, written in every way, with the door each one means.

Made set by set in the engine. The traps are deliberate: a road name that stands in every district, roads one character
apart in one district, numbers with 附, streets that were renamed or merged, villages with groups.
"""

from __future__ import annotations

import pyarrow as pa

from warehouse.duckdb_engine import DuckDbEngine

DISTRICTS = {"420102": "江岸区", "420103": "江汉区", "420104": "硚口区", "420116": "黄陂区"}
STREETS = ["一元街道", "大智街道", "劳动街道", "长江街道"]
ROADS = [
    "中山大道", "中山路", "解放大道", "建设一路", "建设二路", "江汉路", "八一路", "工业八号路", "幸福里", "沿江大道",
    "胜利街", "黎黄陂路",
]  # fmt: skip
COMPLETE = ("1", "2", "3", "4", "5", "6")
INCOMPLETE = ("no_door", "street_only", "no_district", "misspelt")


def divisions() -> pa.Table:
    """Districts, streets and their former names; 老沙街道 of each district was merged into its first street."""
    rows = [(code, name, "3", "420100", "established", None, None) for code, name in DISTRICTS.items()]
    for district in DISTRICTS:
        for place, name in enumerate(STREETS):
            code = f"{district}{place + 1:03d}000"
            if place == 1:
                rows.append((code, "旧车站街道", "4", district, "renamed", "2015-06-30", None))
                rows.append((code, name, "4", district, "established", None, None))
            else:
                rows.append((code, name, "4", district, "established", None, None))
        rows.append((f"{district}009000", "老沙街道", "4", district, "merged", "2018-12-31", f"{district}001000"))
    names = ["code", "name", "level", "parent", "change", "valid_to", "successor"]
    columns = {name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(names)}
    starts = ["2015-07-01" if one == "大智街道" else "1990-01-01" for one in columns["name"].to_pylist()]
    return pa.table(columns | {"valid_from": pa.array(starts)})


def build(engine: DuckDbEngine) -> None:
    """Make ``c_division, c_door, c_building`` and ``c_address`` (``key, address, division, form, address_id, building_id``)."""
    engine.load("_c_division", divisions())
    roads = ", ".join(f"('{name}', {place})" for place, name in enumerate(ROADS))
    for statement in f"""
        CREATE OR REPLACE TEMP TABLE c_division AS
            SELECT * REPLACE (CAST(valid_from AS DATE) AS valid_from, CAST(valid_to AS DATE) AS valid_to) FROM _c_division;

        CREATE OR REPLACE TEMP TABLE _c_road AS
            SELECT d.code AS division, d.name AS district_name, r.name AS road, r.place,
                   d.code || lpad(CAST(r.place % {len(STREETS)} + 1 AS VARCHAR), 3, '0') || '000' AS street_code
            FROM c_division d, (VALUES {roads}) r(name, place)
            WHERE d.level = '3' AND (r.place < 4 OR hash(d.code || r.name) % 3 > 0);

        CREATE OR REPLACE TEMP TABLE c_door AS
            SELECT 'A' || row_number() OVER (ORDER BY division, place, n, annex) AS address_id, division, street_code,
                   CAST(1 + n % 3 AS VARCHAR) || '号社区' AS community, road,
                   CASE WHEN annex = 0 THEN CAST(n AS VARCHAR) WHEN n % 2 = 0 THEN n || '-' || annex
                        ELSE n || '号附' || annex END AS door_number,
                   CASE WHEN n % 4 = 0 THEN '' ELSE substr('春夏秋冬阳光金银', 1 + (n + place) % 8, 1) || road[1]
                        || CAST(n // 2 AS VARCHAR) || CASE n % 3 WHEN 0 THEN '花园' WHEN 1 THEN '小区' ELSE '新村' END
                   END AS estate, 'POINT (114 30)' AS location
            FROM _c_road, range(1, 60) t(n), (VALUES (0), (1)) a(annex) WHERE annex = 0 OR n % 7 = 0;
        UPDATE c_door SET community = '扬子社区';

        INSERT INTO c_door
            SELECT 'V' || v || '_' || g || '_' || n, '420116', '420116004000', substr('张李王赵陈', v, 1) || '家村',
                   g || '组', CAST(n AS VARCHAR), '', 'POINT (114 31)'
            FROM range(1, 6) a(v), range(1, 5) b(g), range(1, 20) c(n);

        CREATE OR REPLACE TEMP TABLE c_building AS
            SELECT address_id || 'B' || b AS building_id, address_id, '楼' || b AS name, CAST(b AS VARCHAR) AS building_no,
                   18 AS floors, 3 AS units FROM c_door, range(1, 5) t(b) WHERE address_id[1] = 'A' AND estate <> '';

        CREATE OR REPLACE TEMP TABLE _c_home AS
            SELECT d.*, b.building_id, b.building_no, n.name AS district_name, s.name AS street_name,
                   row_number() OVER (ORDER BY d.address_id, b.building_id) AS i
            FROM c_door d LEFT JOIN c_building b USING (address_id)
            JOIN c_division n ON n.code = d.division AND n.level = '3'
            JOIN c_division s ON s.code = d.street_code AND s.valid_to IS NULL;

        CREATE OR REPLACE TEMP TABLE _c_written AS
            SELECT *, TRY_CAST(door_number AS INTEGER) AS n,
                   road || CASE WHEN door_number LIKE '%附%' THEN door_number ELSE door_number || '号' END AS point,
                   building_no || '栋' || (1 + i % 3) || '单元' || (1 + i % 18) || '0' || (1 + i % 4) || '室' AS household,
                   building_no || '-' || (1 + i % 3) || '-' || (1 + i % 18) || '0' || (1 + i % 4) AS short,
                   CASE WHEN address_id[1] = 'V' THEN community ELSE '' END AS village
            FROM _c_home;

        CREATE OR REPLACE TEMP TABLE c_address AS
            SELECT form || '_' || i AS key, address,
                   CASE WHEN form = 'no_district' THEN NULL ELSE division END AS division, form, address_id, building_id
            FROM (
                SELECT *, '1' AS form, '武汉市' || district_name || street_name || village || point || estate
                    || coalesce(household, '') AS address FROM _c_written
                UNION ALL SELECT *, '2', district_name || village || point || estate || coalesce(household, '') FROM _c_written
                UNION ALL SELECT *, '3', '湖北省武汉市' || district_name || street_name
                    || CASE WHEN village = '' THEN community ELSE village || '村委会' END || point || coalesce(household, '')
                    FROM _c_written
                UNION ALL SELECT *, '4', district_name || village || point || coalesce(short, '') FROM _c_written
                UNION ALL SELECT *, '5', translate(district_name || village || point || coalesce(household, ''),
                    '0123456789-', '０１２３４５６７８９－') FROM _c_written WHERE i % 2 = 0
                UNION ALL SELECT *, '5', district_name || village || CASE WHEN road LIKE '%组' THEN translate(road, '12345', '一二三四五') ELSE road END
                    || CASE WHEN n >= 20 THEN substr('一二三四五六七八九', n // 10, 1) ELSE '' END || CASE WHEN n >= 10 THEN '十' ELSE '' END
                    || CASE WHEN n % 10 > 0 THEN substr('一二三四五六七八九', n % 10, 1) ELSE '' END || '号'
                    || coalesce(translate(building_no, '12345', '一二三四五') || '栋二单元五〇一室', '')
                    FROM _c_written WHERE i % 2 = 1 AND n IS NOT NULL
                UNION ALL SELECT *, '6', district_name || CASE WHEN street_name = '大智街道' THEN '旧车站街道' ELSE '老沙街道' END
                    || point || estate || coalesce(household, '') FROM _c_written
                    WHERE street_name IN ('大智街道', '一元街道') AND village = ''
                UNION ALL SELECT *, 'no_door', district_name || road || estate FROM _c_written WHERE village = ''
                UNION ALL SELECT *, 'street_only', district_name || street_name FROM _c_written
                UNION ALL SELECT *, 'no_district', point || coalesce(household, '') FROM _c_written WHERE village = ''
                UNION ALL SELECT *, 'misspelt', district_name || replace(replace(replace(point, '黎黄陂', '黎黄坡'),
                    '解放大道', '解放路'), '沿江', '延江') || estate || coalesce(household, '')
                    FROM _c_written WHERE village = '' AND road IN ('黎黄陂路', '解放大道', '沿江大道')
            )
    """.split(";"):
        engine.execute(statement)
