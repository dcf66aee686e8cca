"""Measures the catalogue's search and exchange on catalogues of 10,000 entries of 15 items: search against a LIKE scan, import, export;
and how long a command waits for a catalogue of half as many entries to be read.

    python benchmarks/catalogue.py [entries]

Titles are made of words that such catalogues use. The scan it is compared with reads the same texts in one SQLite table, in the
same run, and finds less: neither pinyin nor other names of an element.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import yaml

from catalog.departments import Department
from catalog.documents import load_city
from catalog.interchange.dcat import Portal, graph_of, turtle
from catalog.interchange.names import Providers, standards
from catalog.interchange.plan import ImportPlan, import_catalogue
from catalog.interchange.reading import read_table
from catalog.interchange.sheets import rows, write_csv, write_xlsx
from catalog.interchange.words import Words
from catalog.model import Resource
from catalog.search.finding import CatalogSearch, Filters
from catalog.search.index import Indexed
from standards.code_list import list_ids
from standards.elements import elements

SUBJECTS = [
    "人口",
    "户籍",
    "婚姻",
    "低保",
    "残疾人",
    "企业",
    "个体工商户",
    "社会组织",
    "不动产",
    "地名",
    "道路",
    "桥梁",
    "学校",
    "学生",
    "教师",
    "医院",
    "医师",
    "药店",
    "食品",
    "车辆",
    "驾驶人",
    "出租车",
    "公交",
    "船舶",
    "水库",
    "河流",
    "林地",
    "耕地",
    "农户",
    "渔船",
    "气象",
    "地震",
    "消防",
    "建筑",
    "燃气",
    "供水",
    "供电",
    "税务",
    "社保",
    "医保",
    "公积金",
    "招标",
    "采购",
    "信用",
    "处罚",
    "许可",
    "证照",
    "志愿者",
    "图书馆",
    "文物",
    "景区",
    "酒店",
    "银行",
    "保险",
    "重庆路",
    "长江",
]
ASPECTS = [
    "登记",
    "基本",
    "变更",
    "注销",
    "年报",
    "检查",
    "统计",
    "名录",
    "档案",
    "缴费",
    "待遇",
    "培训",
    "资格",
    "资质",
    "投诉",
    "监测",
    "预警",
    "申请",
    "审批",
    "备案",
    "评价",
    "巡查",
    "维修",
    "合同",
    "补贴",
    "发放",
]
KINDS = ["信息", "记录", "数据", "明细", "汇总", "台账", "目录"]
AREAS = ["全市", "市直", "江岸区", "武昌区", "洪山区", "开发区", "高新区", "东湖"]
ITEMS = [
    "公民身份号码",
    "姓名",
    "性别",
    "出生日期",
    "民族",
    "户籍地址",
    "联系电话",
    "统一社会信用代码",
    "单位名称",
    "法定代表人",
    "注册地址",
    "行业代码",
    "登记日期",
    "有效期止",
    "状态",
    "编号",
    "金额",
    "面积",
    "经度",
    "纬度",
    "备注说明",
    "更新时间",
    "行政区划",
    "主管部门",
    "经办人",
    "证件类型",
    "等级",
    "数量",
    "开始日期",
    "结束日期",
]
QUERIES = (
    "户籍登记",
    "企业 年报",
    "身份证号",
    "教育局 学生",
    "rkdj",
    "shehuizuzhi",
    "重庆路",
    "zql",
    "江岸区低保补贴发放",
    "許可證",
    "不动产",
    "no such words",
)


def catalogue(count: int, seed: int = 7) -> tuple[list[Resource], dict[str, Department]]:
    """Entries of forty departments, each of 15 items."""
    pick = random.Random(seed)
    departments = {f"d{n:02}": Department(id=f"d{n:02}", name=f"市{SUBJECTS[n]}管理局") for n in range(40)}
    found = []
    for number in range(count):
        title = f"{pick.choice(AREAS)}{pick.choice(SUBJECTS)}{pick.choice(ASPECTS)}{pick.choice(KINDS)}{number}"
        items = pick.sample(ITEMS, 15)
        found.append(
            Resource.model_validate(
                {
                    "id": f"r{number}", "title": title, "department": pick.choice(list(departments)), "system": f"{pick.choice(SUBJECTS)}业务系统",
                    "code": f"3{number % 90:02}000/{number:06}", "category": f"主题/{pick.choice(SUBJECTS)}",
                    "abstract": f"{title}，由业务系统产生，按月汇聚。", "storage_format": "database", "provision_mode": "exchange",
                    "share_until": "长期", "sharing": {"class": "unconditional"}, "opening": {"class": "unconditional"},
                    "update_cycle": pick.choice(["daily", "monthly", "yearly"]), "key": ["i0"],
                    "items": [{"id": f"i{place}", "title": one} for place, one in enumerate(items)],
                }
            )
        )  # fmt: skip
    return found, departments


def timed(what: Callable[[], object], times: int = 1) -> list[float]:
    """Seconds of the processor for each run: others may use the machine meanwhile."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        what()
        taken.append(time.process_time() - start)
    return taken


def search(folder: Path, entries: list[Resource], departments: dict[str, Department]) -> None:
    """Search against a scan of the same texts."""
    found = CatalogSearch(folder, "benchmark", lambda: [Indexed(one) for one in entries], departments)
    (built,) = timed(found.refresh)
    size = (folder / "catalogue.sqlite").stat().st_size / 1e6
    print(f"index of {len(entries)} entries: {built:.1f} s, {size:.0f} MB")
    scan = sqlite3.connect(":memory:")
    scan.execute("CREATE TABLE t (id, text)")
    scan.executemany(
        "INSERT INTO t VALUES (?, ?)",
        [(one.id, " ".join([one.title, one.abstract or "", one.system, one.code or "", departments[one.department].name, *(i.title for i in one.items)])) for one in entries],
    )  # fmt: skip
    ours, scanned = [], []
    for query in QUERIES:
        found.search(query)
        mine = timed(lambda query=query: found.search(query), 15)  # type: ignore[misc]
        like = [f"%{word}%" for word in query.split()]
        sql = f"SELECT count(*), min(id) FROM t WHERE {' AND '.join('text LIKE ?' for _ in like)}"
        theirs = timed(lambda sql=sql, like=like: scan.execute(sql, like).fetchone(), 15)  # type: ignore[misc]
        hits = found.search(query)
        ours += mine
        scanned += theirs
        print(
            f"  {query}: {hits.total} hits, {statistics.median(mine) * 1000:.1f} ms; LIKE {scan.execute(sql, like).fetchone()[0]}, {statistics.median(theirs) * 1000:.1f} ms"
        )
    ordered = sorted(ours)
    print(
        f"search: median {statistics.median(ours) * 1000:.1f} ms, p95 {ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms; "
        f"LIKE scan median {statistics.median(scanned) * 1000:.1f} ms; ratio {statistics.median(ours) / statistics.median(scanned):.2f}"
    )
    filtered = timed(lambda: found.search("登记", Filters(department="d01"), limit=20, offset=40), 15)
    print(f"filtered, third page: median {statistics.median(filtered) * 1000:.1f} ms")


def exchange(folder: Path, entries: list[Resource], departments: dict[str, Department]) -> None:
    """Out and in again."""
    words, known = Words(), Providers(tuple(departments.values()))
    sheet, text = folder / "out.xlsx", folder / "out.csv"
    (xlsx,) = timed(lambda: write_xlsx(sheet, rows(entries, departments, words)))
    (as_csv,) = timed(lambda: write_csv(text, rows(entries, departments, words)))
    lines = sum(len(one.items) for one in entries)
    print(f"export of {len(entries)} entries, {lines} rows: XLSX {xlsx:.1f} s, CSV {as_csv:.1f} s")
    for path, existing in ((sheet, []), (sheet, entries), (text, entries)):
        table: list[object] = []
        (reading,) = timed(lambda path=path, table=table: table.append(read_table(path)))  # type: ignore[misc]
        plans: list[ImportPlan] = []
        (planning,) = timed(
            lambda table=table, plans=plans, existing=existing: plans.append(  # type: ignore[misc]
                import_catalogue(table[0], providers=known, words=words, standards=standards(), existing=existing)
            )
        )
        plan = plans[0]
        print(
            f"import {path.suffix}, {len(existing)} entries there: read {reading:.1f} s, planned {planning:.1f} s; "
            f"new {len(plan.new)}, unchanged {len(plan.unchanged)}, faults {len(plan.faults)}"
        )
    small = entries[:1000]
    (linked,) = timed(lambda: turtle(graph_of(Portal("目录", departments["d00"]), small, departments, words)))
    print(f"DCAT-AP of {len(small)} entries in Turtle: {linked:.1f} s")


THINGS = ("水库", "渔港", "码头", "路灯", "公园", "绿地", "井盖", "桥梁", "隧道", "泵站", "粮库", "农机", "兽药", "苗木", "林场", "矿山", "砂石", "烟花", "电梯", "锅炉", "气瓶", "起重机", "幼苗", "茶园", "果园", "湿地", "堤防", "灌渠", "测站", "气象站",)  # fmt: skip
"""What no standard data element is about."""
MEASURES = ["容量", "高度", "深度", "宽度", "等级", "材质", "厂家", "型号", "功率", "流量", "温度", "压力", "产量"]


def declare(city: Path, count: int, seed: int = 7) -> Path:
    """A city's folder of so many entries of nine items, in which no fact is collected twice: the gate lets it pass."""
    pick = random.Random(seed)
    (city / "resources").mkdir(parents=True)
    departments = [{"id": f"d{n:02}", "name": f"市{SUBJECTS[n]}管理局"} for n in range(40)]
    (city / "departments.yaml").write_text(
        yaml.safe_dump({"departments": departments}, allow_unicode=True), encoding="utf-8"
    )
    for number in range(count):
        subject, aspect = THINGS[number % len(THINGS)], ASPECTS[number // len(THINGS) % len(ASPECTS)]
        title = f"{subject}{aspect}第{number}册"
        items = [
            {"id": f"c{n}", "title": f"{subject}{one}指标{number}之{n}"}
            for n, one in enumerate(pick.sample(MEASURES, 8))
        ]
        document = {
            "id": f"r{number}", "title": title, "department": f"d{number % 40:02}", "system": "无", "category": "部门/其他/其他",
            "abstract": title, "scope": "全市", "collection_basis": "三定方案", "gathering": {"mode": "manual"}, "grade": 1,
            "storage_format": "database", "provision_mode": "file", "share_until": "长期", "update_cycle": "monthly",
            "sharing": {"class": "unconditional"}, "opening": {"class": "unconditional"}, "key": ["no"],
            "items": [{"id": "no", "title": f"{subject}编号{number}"}, *items],
        }  # fmt: skip
        (city / "resources" / f"r{number}.yaml").write_text(
            yaml.safe_dump(document, allow_unicode=True), encoding="utf-8"
        )
    return city


def _load(city: Path, kept: Path) -> float:
    """Seconds of the processor for one load."""
    known, lists = frozenset(one.id for one in elements()), frozenset(list_ids())
    return timed(lambda: load_city(city, known_elements=known, known_code_lists=lists, cache=kept))[0]


def loading(folder: Path, count: int) -> None:
    """What a command waits for: nothing remembered, nothing changed, one entry changed; each in a process of its own, as commands are."""
    city, kept = declare(folder / "city", count), folder / "cache" / "catalogue"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as fresh:
        cold = fresh.submit(_load, city, kept).result()
        warm = statistics.median([fresh.submit(_load, city, kept).result() for _ in range(5)])
        one = city / "resources" / "r0.yaml"
        one.write_text(one.read_text(encoding="utf-8").replace("第0册", "第零册"), encoding="utf-8")
        changed = fresh.submit(_load, city, kept).result()
    print(
        f"load of {count} entries: cold {cold:.1f} s, warm {warm:.2f} s (1/{cold / warm:.0f}), after a change of one {changed:.1f} s; "
        f"{kept.stat().st_size / 1e6:.1f} MB are remembered"
    )


def main(count: int) -> None:
    """All of it."""
    entries, departments = catalogue(count)
    with tempfile.TemporaryDirectory() as held:
        search(Path(held), entries, departments)
        loading(Path(held), count // 2)
        exchange(Path(held), entries[: max(1, count // 30)], departments)  # about 5,000 rows


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
