"""A city small enough to read at a glance, in which the whole loop runs in a second or two: six people and three departments.

Police hold the register and say which codes changed, social insurance corroborates the name, civil affairs register marriages
whose spouses must be in the register. Deliveries are tables with ``|`` between the cells.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from accounts.model import Role
from hub.hub import Hub, init_home
from pipelines.building import BuildReport
from pipelines.intake.store import Delivery
from quality.tickets.events import TicketRow
from quality.tickets.permissions import Actor
from quality.tickets.states import State

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Monday morning."""
DAY = timedelta(days=1)
STEWARD = Actor("person:li", "李工", Role.STEWARD, "bureau")
POLICE = Actor("person:wang", "王芳", Role.PROVIDER, "ga")
CIVIL = Actor("person:zhou", "周洁", Role.PROVIDER, "mz")
CLERK = Actor("person:sun", "孙倩", Role.REPORTER, "sw")

A, B, C, D, E = (
    "330106199001010017", "330106198503070023", "330106197012240035", "330106200006150049", "330106196405200052",
)  # fmt: skip
"""Codes as texts; no rule of this city asks for their check digits."""

_OPEN = {"sharing": {"class": "unconditional"}, "opening": {"class": "unconditional"}}


def _resource(name: str, title: str, department: str, key: list[str], items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": name, "title": title, "department": department, "system": title, "storage_format": "database",
        "provision_mode": "file", "share_until": "长期", **_OPEN,
        "update_cycle": "monthly", "key": key, "items": items, "observed_at": "updated_at",
    }  # fmt: skip


_AT = {"id": "updated_at", "title": "更新时间", "type": "timestamp"}
RESOURCES = [
    _resource(
        "register", "户籍", "ga", ["citizen_id"],
        [{"id": "citizen_id", "title": "公民身份号码"}, {"id": "name", "title": "姓名", "max_length": 20},
         {"id": "sex", "title": "性别"}, {"id": "born", "title": "出生日期", "type": "date"}, _AT],
    ),
    _resource(
        "code_change", "号码变更", "ga", ["former"],
        [{"id": "former", "title": "原号码"}, {"id": "code", "title": "现号码"}, _AT],
    ),
    _resource(
        "insured", "参保", "sw", ["citizen_id"],
        [{"id": "citizen_id", "title": "公民身份号码"}, {"id": "name", "title": "姓名"}, _AT],
    ),
    _resource(
        "marriage", "婚姻", "mz", ["certificate"],
        [{"id": "certificate", "title": "证号"}, {"id": "citizen_id", "title": "本人"},
         {"id": "spouse_id", "title": "配偶"}, _AT],
    ),
]  # fmt: skip
REGISTER = {
    "libraries": {
        "population": {
            "title": "人口库", "key": "citizen_id", "key_in": {"register": "citizen_id", "insured": "citizen_id"},
            "aliases": [{"resource": "code_change", "alias": "former", "key": "code"}],
            "items": {
                "name": {"title": "姓名", "authority": "register", "corroborating": ["insured"]},
                "sex": {"title": "性别", "authority": "register"},
                "born": {"title": "出生日期", "authority": "register", "type": "date"},
            },
        }
    }
}  # fmt: skip


def _rule(name: str, title: str, check: dict[str, Any], dimension: str = "conformity", **more: Any) -> dict[str, Any]:
    return {
        "id": name, "title": title, "item": name.split(".")[1], "check": check, "dimension": dimension, "basis": "约定",
        "message": {"zh": f"{title}，请更正。", "en": "Correct it."}, **more,
    }  # fmt: skip


RULES = {
    "register": [
        _rule("register.sex.code", "性别代码在标准内", {"kind": "one_of", "values": ["1", "2"]}),
        _rule("register.name.given", "姓名已填写", {"kind": "not_null"}, "completeness"),
    ],
    "marriage": [
        _rule(
            "marriage.spouse_id.registered", "配偶有户籍",
            {"kind": "in_reference", "resource": "register", "item": "citizen_id"}, "consistency",
        )
    ],
}  # fmt: skip
HEADS = {
    "register": "citizen_id|name|sex|born|updated_at",
    "register_fix": "citizen_id|name|sex|born|updated_at",
    "register_gone": "citizen_id|reason",
    "code_change": "former|code|updated_at",
    "insured": "citizen_id|name|updated_at",
    "marriage": "certificate|citizen_id|spouse_id|updated_at",
}
THEME = """\
-- title: 成年人
-- grain: 每人一行
-- department: bureau
-- key: [citizen_id]
-- columns: {citizen_id: 公民身份号码, sex: 性别}
SELECT citizen_id, sex FROM population
"""
AT = "2026-10-01 08:00:00"


class LoopCity:
    """A home in a folder, delivered to and built as the test says."""

    def __init__(self, root: Path, settings: str = "") -> None:
        self.root = root
        init_home(root)
        if settings:
            (root / "settings.yaml").write_text(f"profile: haishu\n{settings}\n", encoding="utf-8")
        departments = [
            {"id": "bureau", "name": "大数据局", "kind": "authority"}, {"id": "ga", "name": "公安局"},
            {"id": "sw", "name": "税务局"}, {"id": "mz", "name": "民政局"},
        ]  # fmt: skip
        self._write("departments.yaml", {"departments": departments})
        for one in RESOURCES:
            self._write(f"resources/{one['id']}.yaml", one)
        for name, head in HEADS.items():
            self._write(f"feeds/{name}.yaml", _feed(name, head))
        self._write("register.yaml", REGISTER)
        for name, rules in RULES.items():
            self.rules(name, rules)
        (root / "city" / "themes").mkdir(parents=True, exist_ok=True)
        (root / "city" / "themes" / "adults.sql").write_text(THEME, encoding="utf-8")
        self.now = NOW
        self.number = 0
        self._hub: Hub | None = None

    def copy(self, root: Path) -> LoopCity:
        """The same city in another folder, to be changed there."""
        shutil.copytree(self.root, root)
        made = object.__new__(LoopCity)
        made.root, made.now, made.number, made._hub = root, self.now, self.number, None
        return made

    @property
    def hub(self) -> Hub:
        """The hub under the documents of this moment."""
        if self._hub is None:
            self._hub = Hub(self.root)
            self._hub.upgrade()
        return self._hub

    def close(self) -> None:
        """Let go of the database."""
        if self._hub is not None:
            self._hub.close()
            self._hub = None

    def rules(self, resource: str, rules: Sequence[dict[str, Any]]) -> None:
        """Write the rules of a resource."""
        self._write(f"rules/{resource}.yaml", {"resource": resource, "rules": list(rules)})
        if hasattr(self, "_hub"):
            self.close()

    def deliver(self, feed: str, *rows: str) -> Delivery:
        """Deliver rows to a feed and take them."""
        self.number += 1
        folder = self.root / "inbox" / feed
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{feed}_2026-11_{self.number:03d}.csv"
        lines = [HEADS[feed], *rows]
        path.write_text("\n".join(line.replace("|", ",") for line in lines) + "\n", encoding="utf-8")
        self.now += DAY / 24
        settled = self.hub.intake.run(feed, self.now)
        path.unlink()
        return settled[-1]

    def build(self) -> BuildReport:
        """Build, publish, and let follow what follows."""
        self.now += DAY / 24
        return self.hub.builder.run(self.now)

    def start(self) -> BuildReport:
        """Five people: B's sex is wrong, C's sex and name, D is called otherwise by the insurer; one spouse is unknown."""
        self.deliver(
            "register",
            f"{A}|张伟|1|1990-01-01|{AT}", f"{B}|王芳|X|1985-03-07|{AT}", f"{C}||9|1970-12-24|{AT}",
            f"{D}|赵敏|2|2000-06-15|{AT}",
        )  # fmt: skip
        self.deliver("insured", f"{A}|张伟|{AT}", f"{D}|赵明|{AT}")
        self.deliver("marriage", f"M1|{A}|{B}|{AT}", f"M2|{D}|{E}|{AT}")
        return self.build()

    def ticket(self, rule: str, state: State | None = None) -> TicketRow:
        """The newest ticket of a rule."""
        found = [one for one in self.hub.tickets.list(state) if one.rule == rule]
        assert found, f"no ticket of {rule}"
        return max(found, key=lambda one: one.id)

    def sql(self, query: str) -> list[dict[str, Any]]:
        """What an analyst reads."""
        from pipelines.serving import Reader

        rows: list[dict[str, Any]] = self.hub.serving.sql(query, Reader("li", "核对"), self.now).to_pylist()
        return rows

    def _write(self, name: str, document: dict[str, Any]) -> None:
        path = self.root / "city" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _feed(name: str, head: str) -> dict[str, Any]:
    resource = name.removesuffix("_fix").removesuffix("_gone")
    mode = "correction" if name.endswith("_fix") else "tombstone" if name.endswith("_gone") else "full"
    document: dict[str, Any] = {
        "id": name, "resource": resource, "source": {"kind": "file", "path": f"{name}/{name}_{{period}}*.csv"},
        "format": {"kind": "csv", "encoding": "utf-8"}, "mode": mode,
        "columns": {one: one for one in head.split("|") if one != "reason"},
        "on_breach": {"row": "quarantine", "refuse_above": 1, "refuse_gone_above": 1},
    }  # fmt: skip
    return document | ({"reason_column": "reason"} if mode == "tombstone" else {})
