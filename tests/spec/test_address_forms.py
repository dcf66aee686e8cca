"""The scalar and the set-based way to cut an address give the same parts, on every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from standards import chinese_number
from standards.address import PARTS, Address, parse, parse_text

quick = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
_names = count()


def keeper(engine: Any) -> Callable[[ir.Table], ir.Table]:
    """Evaluates a table once, on any engine."""
    if hasattr(engine, "stage"):
        return engine.stage
    return lambda table: engine.load(f"kept_{next(_names)}", engine.to_arrow(table))


def parsed(engine: Any, written: Sequence[str]) -> list[Address]:
    table = engine.load("written", pa.table({"place": range(len(written)), "address": pa.array(written, pa.string())}))
    cut = engine.to_arrow(parse(table, "address", keeper(engine))).sort_by("place")
    assert cut.column_names == ["place", "address", *PARTS]
    return [Address(**row) for row in cut.select(PARTS).to_pylist()]


NUMBER = st.integers(1, 3999).map(str) | st.sampled_from(["十二", "一百零三", "二十", "１２", "007"])
SIGNS = st.sampled_from(["栋", "幢", "座", "#楼", "号楼"])


@st.composite
def addresses(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """An address and the parts it was written from."""
    parts = {
        "province": draw(st.sampled_from(["", "湖北省"])),
        "city": draw(st.sampled_from(["", "武汉市"])),
        "district": draw(st.sampled_from(["", "江岸区", "东西湖区", "嘉鱼县"])),
        "street": draw(st.sampled_from(["", "一元街道", "木兰乡", "五里界镇"])),
        "community": draw(st.sampled_from(["", "扬子社区", "中山路社区"])),
        "road": draw(st.sampled_from(["中山大道", "三阳路", "解放大道", "八一路", "沿江一路", "胜利街"])),
        "door": draw(NUMBER),
        "estate": draw(st.sampled_from(["", "阳光花园", "八一小区", "万科城"])),
    }
    annex = draw(st.sampled_from(["", "1", "3"]))
    written = "".join(parts[name] for name in PARTS[: PARTS.index("door")])
    written += parts["door"] + (draw(st.sampled_from(["-{}号", "之{}号", "号附{}号"])).format(annex) if annex else "号")
    written += parts["estate"]
    building, unit, room = draw(NUMBER), draw(st.integers(1, 9)), draw(st.integers(101, 2999))
    style = draw(st.sampled_from(["none", "signed", "dashed"]))
    if style == "signed":
        written += f"{building}{draw(SIGNS)}{unit}单元{room}室"
    elif style == "dashed":
        building = str(draw(st.integers(1, 99)))
        written += f"{building}-{unit}-{room}"
    plain = {name: chinese_number.to_digits(value.translate(WIDE)) for name, value in [("door", parts["door"])]}
    parts["door"] = plain["door"] + (f"-{annex}" if annex else "")
    if style != "none":
        parts |= {
            "building": chinese_number.to_digits(building.translate(WIDE)), "unit": str(unit), "room": str(room),
        }  # fmt: skip
    return written, parts


WIDE = str.maketrans("０１２３４５６７８９", "0123456789")
NOISE = st.text(
    st.sampled_from("省市区县镇街道路大里村组社号附之-栋单元室门0129A（）#江岸中山　十百零〇一二\n"), max_size=20
)


@quick
@given(given_parts=st.lists(addresses(), min_size=30, max_size=80))
def test_an_address_comes_apart_into_what_it_was_written_from(
    duckdb_engine: Any, given_parts: list[tuple[str, dict[str, str]]]
) -> None:
    expected = [Address(**parts) for _, parts in given_parts]
    assert [parse_text(written) for written, _ in given_parts] == expected
    assert parsed(duckdb_engine, [written for written, _ in given_parts]) == expected


@quick
@given(written=st.lists(NOISE | addresses().map(lambda one: one[0]), min_size=60, max_size=200))
def test_both_forms_agree_on_anything(duckdb_engine: Any, written: list[str]) -> None:
    assert parsed(duckdb_engine, written) == [parse_text(one) for one in written]


def test_engines_agree(engine: Any) -> None:
    written = [
        "武汉市江岸区一元街道中山大道12号阳光花园3栋2单元501室",
        "湖北省武汉市江岸区一元街道扬子社区中山大道12号3栋2单元501室",
        "江岸区中山大道12号附33-2-501",
        "江岸区中山大道一百零三号三栋二单元五〇一室",
        "江岸区　中山大道１２号（原３２号）３＃楼",
        "黄陂区木兰乡张家村三组十二号",
        "江岸区中山大道阳光花园",
        "街道口路5号",
        "",
    ]
    assert parsed(engine, written) == [parse_text(one) for one in written]
