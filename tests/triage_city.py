"""A city of forty persons whose faults have known causes: codes, one batch, a shifted column, sources that stand alone.

October is delivered first, November after it; each is built. What is wrong and why stands in `FAULTS`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from hub.hub import Hub, init_home
from policy.clock import SHANGHAI
from standards.citizen_id import check_digit

OCTOBER = datetime(2026, 10, 12, 9, tzinfo=SHANGHAI)
NOVEMBER = datetime(2026, 11, 12, 9, tzinfo=SHANGHAI)

FAULTS = {
    "codes": range(12),  # sex 3, all of them in Haishu
    "tax alone": range(12, 15),  # the tax office writes another name than the household register and the insurance
    "even": range(15, 16),  # the tax office writes another name, and nobody else has the person
    "shifted": range(30, 38),  # November: name and telephone changed places
    "orphans": range(4),  # pupils whose guardian no register knows, one and the same number
    "wrong key": range(39, 40),  # a number with a wrong check digit, which the register of changes names
}
SHIFTED_BATCH = "ga_person/2026-11/0001"
NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章"
UNKNOWN = "330203195001010991"


def number_of(person: int) -> str:
    """The identity number of a person: the first twelve of Haishu, the others of Zhenhai."""
    body = f"{'330203' if person < 12 else '330211'}1980{person % 12 + 1:02d}15{person:03d}"
    return body + check_digit(body)


WRONG_KEY = number_of(39)[:-1] + ("0" if number_of(39)[-1] != "0" else "1")


def name_of(person: int) -> str:
    """The right name of a person."""
    return f"{NAMES[person]}文"


def phone_of(person: int) -> str:
    """The telephone of a person."""
    return f"138{person:08d}"


def make(home: Path) -> None:
    """The city with both months delivered and built."""
    init_home(home)
    _declare(home / "city")
    month(home, OCTOBER)
    month(home, NOVEMBER)


def month(home: Path, now: datetime) -> None:
    """Deliver one month and build."""
    period = f"{now:%Y-%m}"
    shifted = FAULTS["shifted"] if now >= NOVEMBER else ()
    _drop(
        home,
        "ga",
        f"person_{period}.csv",
        "citizen_id,name,sex,phone,updated_at",
        [_household(one, shifted) for one in range(40)],
    )
    if now < NOVEMBER:
        _drop(home, "sw", f"person_{period}.csv", "citizen_id,name,updated_at", [_taxpayer(one) for one in range(40)])
        insured = [
            f"{number_of(one)},{name_of(one)},2026-09-02 08:00:00" for one in range(40) if one not in FAULTS["even"]
        ]
        _drop(home, "yb", f"person_{period}.csv", "citizen_id,name,updated_at", insured)
        _drop(home, "jy", f"pupil_{period}.csv", "pupil_no,guardian_id,updated_at", [_pupil(one) for one in range(20)])
        _drop(
            home,
            "ga",
            f"change_{period}.csv",
            "former_code,code,changed_on",
            [f"{WRONG_KEY},{number_of(39)},2026-09-20 08:00:00"],
        )
    hub = Hub(home)
    try:
        hub.upgrade()
        hub.load_catalogue(now)
        for feed in hub.city.feeds:
            hub.intake.run(feed.id, now)
        hub.builder.run(now)
    finally:
        hub.close()


def _household(person: int, shifted: Any) -> str:
    key = WRONG_KEY if person in FAULTS["wrong key"] else number_of(person)
    pair = [name_of(person), phone_of(person)]
    sex = "3" if person in FAULTS["codes"] else str(int(key[16]) % 2 or 2)
    name, phone = reversed(pair) if person in shifted else pair
    day = "2026-11-02" if person in shifted else "2026-10-02"
    return f"{key},{name},{sex},{phone},{day} 08:00:00"


def _taxpayer(person: int) -> str:
    wrong = person in FAULTS["tax alone"] or person in FAULTS["even"]
    return f"{number_of(person)},{name_of(person)}{'凤' if wrong else ''},2026-09-01 08:00:00"


def _pupil(pupil: int) -> str:
    guardian = UNKNOWN if pupil in FAULTS["orphans"] else number_of(20 + pupil % 10)
    return f"P{pupil:04d},{guardian},2026-09-01 08:00:00"


def _drop(home: Path, department: str, name: str, header: str, rows: list[str]) -> None:
    folder = home / "inbox" / department
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def _declare(city: Path) -> None:
    departments = [("bureau", "大数据局"), ("ga", "公安局"), ("sw", "税务局"), ("yb", "医疗保障局"), ("jy", "教育局")]
    _write(
        city / "departments.yaml",
        {"departments": [{"id": one, "name": name} | ({"kind": "authority"} if one == "bureau" else {}) for one, name in departments]},
    )  # fmt: skip
    person = [
        _item("citizen_id", "公民身份号码", element="citizen_id"),
        _item("name", "姓名"),
        _item("updated_at", "更新时间", type="timestamp"),
    ]
    household = [*person[:2], _item("sex", "性别"), _item("phone", "联系电话", element="phone"), person[2]]
    _resource(city, "ga_person", "户籍人口", "ga", household, "ga/person_{period}.csv")
    _resource(city, "sw_person", "自然人纳税人", "sw", person, "sw/person_{period}.csv")
    _resource(city, "yb_person", "参保人", "yb", person, "yb/person_{period}.csv")
    pupil = [_item("pupil_no", "学籍号"), _item("guardian_id", "监护人公民身份号码", element="citizen_id"), person[2]]
    _resource(city, "jy_pupil", "学籍", "jy", pupil, "jy/pupil_{period}.csv")
    change = [
        _item("former_code", "原号码"),
        _item("code", "现号码"),
        _item("changed_on", "变更时间", type="timestamp"),
    ]
    _resource(city, "ga_change", "号码变更", "ga", change, "ga/change_{period}.csv")
    _rules(city, "ga_person", ("sex", "code", {"kind": "one_of", "values": ["1", "2"]}), ("phone", "number", {"kind": "phone"}),
           ("name", "form", {"kind": "matches", "pattern": "[一-龥]{2,4}"}), ("citizen_id", "valid", {"kind": "citizen_id"}))  # fmt: skip
    _rules(
        city,
        "jy_pupil",
        ("guardian_id", "known", {"kind": "in_reference", "resource": "ga_person", "item": "citizen_id"}),
    )
    _write(city / "register.yaml", {"libraries": {"population": {
        "title": "人口基础库", "key": "citizen_id",
        "key_in": dict.fromkeys(("ga_person", "sw_person", "yb_person"), "citizen_id"),
        "aliases": [{"resource": "ga_change", "alias": "former_code", "key": "code"}],
        "items": {
            "name": {"title": "姓名", "authority": "ga_person", "corroborating": ["sw_person", "yb_person"]},
            "phone": {"title": "联系电话", "authority": "ga_person"},
        },
    }}})  # fmt: skip


def _item(name: str, title: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "title": title, **more}


def _resource(city: Path, name: str, title: str, department: str, items: list[dict[str, Any]], path: str) -> None:
    key, observed = items[0]["id"], items[-1]["id"]
    _write(city / "resources" / f"{name}.yaml", {
        "id": name, "title": title, "department": department, "system": title, "share_until": "长期",
        "storage_format": "database", "provision_mode": "file",
        "sharing": {"class": "unconditional"}, "opening": {"class": "unconditional"}, "update_cycle": "monthly",
        "key": [key], "observed_at": observed, "items": items,
    })  # fmt: skip
    _write(city / "feeds" / f"{name}.yaml", {
        "id": name, "resource": name, "source": {"kind": "file", "path": path},
        "format": {"kind": "csv", "encoding": "utf-8"}, "columns": {one["id"]: one["id"] for one in items},
    })  # fmt: skip


def _rules(city: Path, resource: str, *rules: tuple[str, str, dict[str, Any]]) -> None:
    _write(city / "rules" / f"{resource}.yaml", {"resource": resource, "rules": [
        {"id": f"{resource}.{item}.{name}", "title": name, "item": item, "check": check, "dimension": "conformity",
         "basis": "本市规定", "message": {"zh": "请更正。", "en": "Correct it."}}
        for item, name, check in rules
    ]})  # fmt: skip


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
