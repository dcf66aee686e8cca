"""Entries for tests of the catalogue in and out: a few departments, whole entries, and a strategy that makes any."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from catalog.departments import Department
from catalog.interchange.identifiers import is_valid
from catalog.interchange.names import standards
from catalog.interchange.words import Words
from catalog.model import Resource

DEPARTMENTS = (
    Department(id="bureau", name="大数据局", kind="authority"),
    Department(id="ga", name="公安局", credit_code="11420100000000001A"),
    Department(id="mz", name="民政局", credit_code="11420100000000002B"),
)
HAISHU = Words(
    {"unconditional": "无条件共享", "conditional": "受限共享", "not": "非共享"},
    {"unconditional": "无条件开放", "conditional": "有条件开放", "not": "不得开放"},
)
LONGYAN = Words({"not": "暂不共享"}, {"unconditional": "普遍开放", "conditional": "授权开放"})


def entry(name: str = "ga_household", **over: Any) -> Resource:
    """A complete entry; a keyword replaces a field, None takes it out."""
    said: dict[str, Any] = {
        "id": name, "title": "户籍登记", "department": "ga", "system": "人口信息管理系统", "code": "1001001/000001",
        "category": "基础/人口", "abstract": "全市户籍人口登记信息", "storage_format": "database", "provision_mode": "file",
        "share_until": "长期", "sharing": {"class": "unconditional"}, "opening": {"class": "unconditional"},
        "update_cycle": "monthly", "key": ["citizen_id"], "released": "2026-01-05",
        "items": [
            {"id": "citizen_id", "title": "公民身份号码", "element": "citizen_id", "required": True, "max_length": 18},
            {"id": "name", "title": "姓名"},
        ],
        **over,
    }  # fmt: skip
    return Resource.model_validate({field: value for field, value in said.items() if value is not None})


_WORDS = (
    st.text(alphabet="户籍登记信息企业年报=+-@'ABCdef（）12 ", min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda text: text and not text.startswith("'"))
)
_MAYBE = st.none() | _WORDS
_IDS = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).filter(is_valid)
_CODES = st.from_regex(r"[1-3][0-9]{6}/[0-9]{6}", fullmatch=True)
_DAYS = st.dates().map(lambda day: day.isoformat()).filter(lambda day: day >= "1000")
_GRADES = st.none() | st.integers(1, 4)


@st.composite
def _access(draw: st.DrawFn) -> dict[str, Any]:
    class_ = draw(st.sampled_from(["unconditional", "conditional", "not"]))
    said = {"class": class_, "condition": draw(_MAYBE), "approval": draw(_MAYBE)}
    said["mode"] = draw(st.none() | st.sampled_from(["interface", "exchange", "file", "platform"]))
    needed = _WORDS if class_ != "unconditional" else _MAYBE
    return said | {"reason": draw(needed), "legal_basis": draw(needed)}


@st.composite
def _item(draw: st.DrawFn, name: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(["text", "integer", "decimal", "date", "timestamp", "geometry"]))
    said: dict[str, Any] = {
        "id": name,
        "title": draw(_WORDS),
        "type": kind,
        "required": draw(st.booleans()),
        "grade": draw(_GRADES),
    }
    said["sensitivity"] = draw(st.sampled_from(["general", "personal", "sensitive_personal", "trade_secret"]))
    said["element"] = draw(st.none() | st.sampled_from(sorted(set(standards().elements.values()))))
    said["code_list"] = draw(st.none() | st.sampled_from(sorted(standards().code_lists)))
    if kind == "text":
        said["max_length"] = draw(st.none() | st.integers(1, 4000))
    if kind == "geometry":
        said |= {"srid": 4490, "shape": draw(st.sampled_from(["point", "line", "polygon"]))}
    how = draw(st.none() | st.sampled_from(["own", "corroboration", "exception", "shared"]))
    if how is not None:
        basis = draw(_WORDS if how in ("own", "exception") else _MAYBE)
        said["collection"] = {"as": how, "source": draw(st.none() | st.just("ga_household.name")), "legal_basis": basis}
    return said


@st.composite
def entries(draw: st.DrawFn) -> Resource:
    """Any entry that a sheet can hold."""
    names = draw(st.lists(_IDS, min_size=1, max_size=5, unique=True))
    items = [draw(_item(name)) for name in names]
    dated = [one["id"] for one in items if one["type"] in ("date", "timestamp")]
    gathering = None
    if draw(st.booleans()):
        exception = {"reason": draw(_WORDS), "document": draw(_WORDS), "until": draw(st.none() | _DAYS)}
        gathering = {
            "mode": draw(st.sampled_from(["real_time", "return_flow", "manual"])),
            "target": draw(st.sampled_from(["own_level", "city"])), "exception": draw(st.none() | st.just(exception)),
        }  # fmt: skip
    said = {
        "id": draw(_IDS), "title": draw(_WORDS), "department": draw(st.sampled_from(["bureau", "ga", "mz"])), "system": draw(_WORDS),
        "code": draw(st.none() | _CODES), "category": draw(st.none() | st.sampled_from(["基础/人口", "主题/社会保障", "部门/民政"])),
        "abstract": draw(_MAYBE), "related": draw(st.lists(_CODES, max_size=3)), "scope": draw(_MAYBE),
        "collection_basis": draw(_MAYBE), "table": draw(_MAYBE), "gathering": gathering, "grade": draw(_GRADES),
        "released": draw(st.none() | _DAYS), "storage_format": draw(st.sampled_from(["database", "file", "spreadsheet", "MySQL", "纸质"])),
        "provision_mode": draw(st.sampled_from(["interface", "exchange", "file"])), "share_until": draw(st.just("长期") | _DAYS),
        "sharing": draw(_access()), "opening": draw(_access()),
        "update_cycle": draw(st.sampled_from(["real_time", "daily", "working_day", "weekly", "monthly", "quarterly", "half_yearly", "yearly", "ad_hoc", "once"])),
        "key": draw(st.lists(st.sampled_from(names), min_size=1, unique=True)),
        "observed_at": draw(st.none() | st.sampled_from(dated)) if dated else None, "items": items,
    }  # fmt: skip
    return Resource.model_validate({field: value for field, value in said.items() if value is not None})
