"""The compliance statement (合规说明) of a project: what its gates ask, how each check stands, and what follows.

A statement is made from the platform's state at one moment and says so: the version of the catalogue by its digest, the rules
with the status of their instrument. Its own digest stands in the project's trail; a statement that was altered differs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment

from catalog.cases.machine import Words
from catalog.projects.checks import GATE_WORDS, Check, Gate
from catalog.projects.model import Project
from catalog.projects.states import STATES
from policy.clock import SHANGHAI, legal_date
from policy.profile import Profile

CONSEQUENCES: dict[Gate, Words] = {
    "project_opinion": ("不出具同意的审核意见", "the opinion does not agree"),
    "approval": ("不予审批立项", "the project is not approved"),
    "investment": ("不作为安排建设投资的依据", "no basis for money for construction"),
    "acceptance": ("不得通过验收", "the project does not pass acceptance"),
    "operation_funds": ("不予安排运行维护经费", "no funds of operation are granted"),
}
"""Gate -> what follows where it is not passed."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        number: ``<project>-S<n>``.
        project, title, department, state: which project, where it stands.
        issued_at: the moment whose state it tells, aware.
        made_by: who asked for it.
        catalogue: digest of the catalogue in force.
        rules: version of the city's rules that the project keeps.
        rules_zh, rules_en: the city's name with the status of its rules.
        instrument, status_note: title and number of the instrument; its status in a sentence.
        passed: gate -> whether all its checks hold; empty where the city has no gate.
        checks: every check.
    """

    number: str
    project: str
    title: str
    department: str
    state: str
    issued_at: datetime
    made_by: str
    catalogue: str
    rules: str
    rules_zh: str
    rules_en: str
    instrument: str
    status_note: str
    passed: Mapping[Gate, bool]
    checks: Sequence[Check]

    @property
    def complied(self) -> bool | None:
        """Whether every gate is passed; None where the city has none."""
        return all(self.passed.values()) if self.passed else None

    @property
    def conclusion(self) -> Words:
        """The result in a sentence."""
        if not self.passed:
            return (
                "本市规则未对信息化项目规定数据关口，无须核对。",
                "The city's rules set no gate for projects; nothing is asked for.",
            )
        failed = [gate for gate, passed in self.passed.items() if not passed]
        if not failed:
            return (
                "符合数据目录、汇聚与共享要求。",
                "It complies with what is asked of catalogue, gathering and sharing.",
            )
        return (
            f"不符合要求：{'；'.join(CONSEQUENCES[one][0] for one in failed)}。",
            f"It does not comply: {'; '.join(CONSEQUENCES[one][1] for one in failed)}.",
        )

    def content(self) -> dict[str, Any]:
        """The statement as JSON values, without its digest."""
        zh, en = self.conclusion
        return {
            **{name: getattr(self, name) for name in self.__slots__ if name not in ("issued_at", "passed", "checks")},
            "issued_at": self.issued_at.isoformat(),
            "complied": self.complied,
            "conclusion": zh,
            "conclusion_en": en,
            "gates": dict(self.passed),
            "checks": [asdict(one) for one in self.checks],
        }

    @property
    def digest(self) -> str:
        """sha256 (hex) of the content: keys in order, no blanks, UTF-8."""
        text = json.dumps(self.content(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The statement with its digest."""
        return {**self.content(), "digest": self.digest}

    def as_html(self) -> str:
        """The statement as one page that loads nothing."""
        zh, en = self.conclusion
        groups = [
            (GATE_WORDS[gate], passed, [one for one in self.checks if one.gate == gate])
            for gate, passed in self.passed.items()
        ]
        return _TEMPLATE.render(
            one=self, zh=zh, en=en, groups=groups, state=STATES[self.state],
            at=f"{self.issued_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        )  # fmt: skip


def state_of_gates(checks: Sequence[Check], gates: Sequence[Gate]) -> dict[Gate, bool]:
    """Gate -> whether all its checks hold."""
    return {gate: all(one.ok for one in checks if one.gate == gate) for gate in gates}


def statement_of(
    project: Project, checks: Sequence[Check], passed: Mapping[Gate, bool], *, number: str, department: str, made_by: str,
    catalogue: str, profile: Profile, now: datetime,
) -> Statement:  # fmt: skip
    """A statement from the checks of one moment."""
    said, day = profile.instrument, legal_date(now)
    return Statement(
        number=number, project=project.case.id, title=project.case.title, department=department,
        state=project.case.state, issued_at=now, made_by=made_by, catalogue=catalogue, rules=project.case.profile,
        rules_zh=profile.named_zh(day), rules_en=profile.named_en(day), instrument=f"《{said.title_zh}》（{said.number}）",
        status_note=profile.status_note_zh, passed=passed, checks=tuple(checks),
    )  # fmt: skip


_TEMPLATE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>合规说明 {{ one.number }}</title>
<style>
body{font-family:"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",SimSun,sans-serif;margin:0 auto;max-width:900px;padding:1.4rem;color:#1f2a36;line-height:1.6}
h1{font-size:1.45rem;text-align:center;margin:.4rem 0} h2{font-size:1.1rem;margin:1.6rem 0 .4rem;border-bottom:2px solid #2c5f8a}
.en{color:#5b6773;font-size:.85em;font-weight:normal} dl{display:grid;grid-template-columns:9rem 1fr;gap:.2rem .8rem} dt{color:#5b6773} dd{margin:0;overflow-wrap:anywhere}
.result{border:2px solid #2c5f8a;border-radius:6px;padding:.7rem 1rem;margin:1rem 0;font-size:1.05rem} .result.no{border-color:#b30000}
table{border-collapse:collapse;width:100%;font-size:.92rem} th,td{border-bottom:1px solid #d9e0e7;padding:.35rem .5rem;text-align:left;vertical-align:top} th{background:#f4f7fa}
td.ok{color:#1a7f37;white-space:nowrap} td.no{color:#b30000;white-space:nowrap} footer{margin-top:2rem;color:#5b6773;font-size:.85rem}
</style>
</head>
<body>
<h1>信息化项目数据合规说明 <span class="en">Compliance statement</span></h1>
<dl>
<dt>编号</dt><dd>{{ one.number }}</dd>
<dt>项目</dt><dd>{{ one.title }}（{{ one.project }}，{{ state[0] }}）</dd>
<dt>建设单位</dt><dd>{{ one.department }}</dd>
<dt>出具时间</dt><dd>{{ at }}（北京时间）</dd>
<dt>依据</dt><dd>{{ one.instrument }}，{{ one.rules_zh }} <span class="en">{{ one.rules_en }}</span><br>{{ one.status_note }}</dd>
<dt>目录版本</dt><dd><code>{{ one.catalogue }}</code></dd>
</dl>
<p class="result{{ '' if one.complied is not false else ' no' }}">{{ zh }}<br><span class="en">{{ en }}</span></p>
{% for words, passed, checks in groups %}<h2>{{ words[0] }} <span class="en">{{ words[1] }}</span>：{{ '具备' if passed else '不具备' }} <span class="en">{{ 'met' if passed else 'not met' }}</span></h2>
<table><thead><tr><th>结果</th><th>要求 <span class="en">what must hold</span></th><th>平台所见 <span class="en">what the platform sees</span></th><th>条款</th></tr></thead><tbody>
{% for check in checks %}<tr><td class="{{ 'ok' if check.ok else 'no' }}">{{ '✓ 符合' if check.ok else '✗ 不符' }}</td><td>{{ check.zh }}<br><span class="en">{{ check.en }}</span></td><td>{{ check.evidence_zh }}<br><span class="en">{{ check.evidence_en }}</span></td><td>{{ check.article }}</td></tr>
{% endfor %}</tbody></table>
{% endfor %}
<footer>由平台依当时状态生成，未经人工填写。出具人 {{ one.made_by }}；内容摘要 sha256 {{ one.digest }}。
<span class="en">Generated from the platform's state at that moment; nothing in it was filled in by hand.</span></footer>
</body>
</html>
""")
