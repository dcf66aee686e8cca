"""The system that approves projects asks whether a project passes the gate of the catalogue (Wuhan 34, Haishu 9)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from catalog.cases.person import Part, Person
from catalog.projects.checks import GATE_WORDS
from catalog.projects.statement import CONSEQUENCES
from catalog.projects.states import PROJECT
from policy.clock import legal_date
from portal.api.documentation import faults
from portal.api.models import Model
from portal.api.security import ProjectReading

router = APIRouter(prefix="/projects", tags=["projects"])
ProjectId = Annotated[
    str, Path(pattern=r"^P-[0-9]{8}-[0-9]{4,}$", description="项目编号 id of the project", examples=["P-20261125-0001"])
]


class CheckOut(Model):
    """一项核对 One check."""

    ok: bool = Field(description="是否符合 whether it holds")
    zh: str = Field(description="要求 what must hold (Chinese)", examples=["条目“户籍登记”已发布"])
    en: str
    evidence_zh: str = Field(description="平台所见 by what it is seen (Chinese)", examples=["ga_household：已发布"])
    evidence_en: str
    article: str = Field(description="条款 city and article", examples=["武汉市第34条"])


class GateOut(Model):
    """一道关口 One gate, with its checks."""

    gate: str = Field(description="关口 which decision", examples=["approval"])
    zh: str
    en: str
    passed: bool = Field(description="是否具备 whether every check holds")
    consequence_zh: str | None = Field(description="不具备时的后果 what follows where it is not passed (Chinese)")
    consequence_en: str | None
    checks: list[CheckOut]


class ProjectGate(Model):
    """项目的数据关口 The gates of a project, computed when it is asked."""

    project: str
    title: str
    department: str
    state: str
    state_zh: str
    passed: bool | None = Field(
        description="各关口是否均具备；本市规则无关口时为 null whether all gates are passed; null where the city has none"
    )
    gates: list[GateOut]
    rules: str = Field(
        description="项目适用的规则版本 version of the rules that the project keeps", examples=["wuhan@2021-11-15"]
    )
    rules_zh: str = Field(description="城市与规则的状态 the city, and the status of its rules (Chinese)")
    rules_en: str
    asked_at: datetime


@router.get(
    "/{project}/gate", response_model=ProjectGate, responses=faults(404), summary="项目的数据关口 A project's gate"
)
def gate(project: ProjectId, asked: ProjectReading) -> ProjectGate:
    """目录是否已编制、数据是否已汇聚共享 Whether catalogue, gathering and sharing are as the city asks."""
    # Whoever approves reads every project; the scope is issued to nobody else.
    reader = Person(f"key:{asked.key.id}", Part.OPERATOR, asked.key.department)
    seen = asked.hub.projects.show(project, reader, asked.now)
    case = seen.project.case
    profile, day = asked.hub.profiles.version(case.profile).profile, legal_date(asked.now)
    return ProjectGate(
        project=case.id, title=case.title, department=case.department, state=case.state,
        state_zh=PROJECT.states[case.state][0], passed=all(seen.passed.values()) if seen.passed else None,
        gates=[
            GateOut(
                gate=name, zh=GATE_WORDS[name][0], en=GATE_WORDS[name][1], passed=passed,
                consequence_zh=None if passed else CONSEQUENCES[name][0],
                consequence_en=None if passed else CONSEQUENCES[name][1],
                checks=[
                    CheckOut(
                        ok=one.ok, zh=one.zh, en=one.en, evidence_zh=one.evidence_zh, evidence_en=one.evidence_en,
                        article=one.article,
                    )
                    for one in seen.checks
                    if one.gate == name
                ],
            )
            for name, passed in seen.passed.items()
        ],
        rules=case.profile, rules_zh=profile.named_zh(day), rules_en=profile.named_en(day), asked_at=asked.now,
    )  # fmt: skip
