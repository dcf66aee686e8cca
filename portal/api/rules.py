"""Stewards' systems try rules, and put them behind those there are."""

from __future__ import annotations

import yaml
from fastapi import APIRouter

from ground.errors import UserError
from pipelines.rulemaking import DryRun
from portal.api import models, replies
from portal.api.documentation import faults
from portal.api.security import RuleMaking, RuleReading

router = APIRouter(prefix="/rules", tags=["rules"])
NAME = "document"


@router.post("/check", response_model=replies.DryRunOut, responses=faults(), summary="试运行规则 Try rules")
def check(said: models.RulesIn, asked: RuleReading) -> replies.DryRunOut:
    """多少行不符，不作任何改动 How many rows would fail; nothing is changed."""
    _refuse_aliases(said.document)
    return _shown(asked.hub.rulemaking.dry_run(said.document, name=NAME), adopted=False)


@router.post("", response_model=replies.DryRunOut, status_code=201, responses=faults(), summary="采用规则 Adopt rules")
def adopt(said: models.RulesIn, asked: RuleMaking) -> replies.DryRunOut:
    """写入 city/rules，下次 build 起生效 Written into city/rules, in force from the next build on."""
    _refuse_aliases(said.document)
    done = asked.hub.rulemaking.adopt(
        said.document, f"{asked.key.name} (key:{asked.key.id})", asked.now, name=NAME, even_if_many=said.even_if_many
    )
    asked.hub.forget_rules()
    return _shown(done.tried, adopted=True)


def _refuse_aliases(text: str) -> None:
    """No anchors: a few lines of them unfold into more than any machine holds."""
    try:
        found = any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        return  # the reader of documents says it with line and field
    if found:
        raise UserError("规则文档不得使用 YAML 别名（*）。", "A document of rules has no YAML aliases (*).", where=NAME)


def _shown(one: DryRun, *, adopted: bool) -> replies.DryRunOut:
    return replies.DryRunOut(
        resource=one.resource, snapshot=one.snapshot, rows=one.rows, existing=[*one.existing], adopted=adopted,
        trials=[
            replies.TrialOut(
                rule=trial.rule, title=trial.title, item=trial.item, severity=trial.severity, asked=trial.asked,
                failing=trial.failing, examples=[*trial.examples], not_assessable=trial.not_assessable,
            )
            for trial in one.trials
        ],
    )  # fmt: skip
