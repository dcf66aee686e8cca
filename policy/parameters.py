"""Every parameter of a profile: how it is called, where it counts, and what of the seed's table it is.

One line for each. ``use`` says where the hub *acts* on the parameter now, that it is met *always*, whatever the value, or for
which part of the hub it *waits*; a test fails where a parameter is in none, and where nothing proves one that acts
(``@pytest.mark.parameter("problem_data.days")`` on a test that drives a case to where the value shows).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from policy.cited import Cited, Silence
from policy.profile import Profile

Use = tuple[Literal["acts", "always", "waits"], str]
"""How a parameter counts, and where: a module, or the part of the hub that is to come."""


def _acts(where: str) -> Use:
    return "acts", where


def _always(where: str) -> Use:
    return "always", where


def _waits(what: str) -> Use:
    return "waits", what


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter.

    Attributes:
        path: section and field (``sharing.answer_within``), or a field of the profile itself (``status``).
        zh, en: how it is called.
        seed: its names in the table of 62 parameters; none for what that table leaves out.
        use: where it counts.
        acting: of a list of values, those that act; the others of the list wait for supervision. Empty where all act alike.
    """

    path: str
    zh: str
    en: str
    seed: tuple[str, ...]
    use: Use
    acting: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        """Its section, ``instrument`` for what stands in none."""
        return self.path.partition(".")[0] if "." in self.path else "instrument"

    def of(self, profile: Profile) -> Any:
        """What a profile says of it: a `Cited`, `SILENT`, or a plain value of the head."""
        found: Any = profile
        for name in self.path.split("."):
            found = getattr(found, name)
        return found


SECTIONS: dict[str, tuple[str, str]] = {
    "instrument": ("制度", "instrument"),
    "scope": ("适用范围", "scope"),
    "vocabulary": ("用语", "vocabulary"),
    "catalogue": ("目录", "catalogue"),
    "gathering": ("归集", "gathering"),
    "base_libraries": ("基础库", "base libraries"),
    "sharing": ("共享", "sharing"),
    "opening": ("开放", "opening"),
    "objection": ("异议", "objection"),
    "problem_data": ("问题数据", "problem data"),
    "statistics": ("统计公布", "published statistics"),
    "logs": ("使用记录", "records of use"),
    "security": ("安全", "security"),
    "organisation": ("组织", "organisation"),
    "projects": ("信息化项目", "projects"),
    "supervision": ("监督考核", "supervision"),
}

_CATALOGUE, _SHARING, _OPENING, _SUPERVISION = (
    _waits("catalogue"), _waits("sharing"), _waits("opening"), _waits("supervision"),
)  # fmt: skip
_LOOP = _acts("quality.tickets.clocks")
_KNOWN = _acts("quality.tickets.city_rules")

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("instrument", "制度", "instrument", ("instrument",), _acts("quality.tickets.clocks")),
    Parameter("effective_from", "施行日期", "in force from", ("effective_from",), _acts("policy.profiles")),
    Parameter("effective_to", "失效日期", "in force to", (), _acts("policy.profiles")),
    Parameter("status", "效力状态", "status", ("status_in_seed",), _acts("hub.overview")),
    Parameter("scope.public_utilities", "公用企业", "public utilities", ("scope_public_utilities",), _acts("catalog.standing_units")),
    Parameter("scope.other_organs", "其他机关单位", "organs that are not named", (), _acts("catalog.entries.rules")),
    Parameter("scope.sharing", "规定部门间共享", "rules sharing", ("sharing_in_scope",), _acts("catalog.gate.rules")),
    Parameter("vocabulary.data", "数据的称谓", "word for the data", ("object_name",), _acts("portal.wording")),
    Parameter("vocabulary.authority", "主管机构的称谓", "word for the authority", ("authority_term",), _acts("portal.wording")),
    Parameter("vocabulary.provider", "提供方的称谓", "word for the provider", ("provider_term",), _acts("portal.wording")),
    Parameter("vocabulary.operator", "平台运行方的称谓", "word for the operator", ("operator_term",), _acts("catalog.standing_units")),
    Parameter("vocabulary.contractor", "技术服务方的称谓", "word for the contractor", ("operator_term",), _SUPERVISION),
    Parameter("catalogue.norm", "编制规范", "norm of compilation", (), _acts("catalog.entries.rules")),
    Parameter("catalogue.required_fields", "目录必填内容", "what an entry states", ("catalogue_fields_min",), _acts("catalog.entries.rules")),
    Parameter("catalogue.excludes_shared_in", "共享取得的数据不编入", "what is shared in is not entered", ("catalogue_exclude_shared_in",), _acts("catalog.gate.rules")),
    Parameter("catalogue.consultation", "编制征求意见", "consultation", (), _acts("catalog.lists.rules")),
    Parameter("catalogue.change", "目录变更", "how a change comes about", (), _acts("catalog.entries.rules")),
    Parameter("catalogue.review_by", "目录审核主体", "who reviews", (), _acts("catalog.entries.rules")),
    Parameter("catalogue.review_within", "目录变更复核期限", "review of a change within", ("catalogue_review_days",), _acts("catalog.entries.rules")),
    Parameter("catalogue.not_shared_needs", "列入不共享类的条件", "what the class not shared needs", ("not_shared_approval",), _acts("catalog.entries.rules")),
    Parameter("catalogue.conditional_needs", "列入有条件共享类的条件", "what the class conditional needs", (), _acts("catalog.entries.rules")),
    Parameter("catalogue.reassessed", "共享类型的评估调整", "classes reassessed", (), _acts("catalog.entries.rules")),
    Parameter("catalogue.filed_upward", "目录报市", "filed with the city", ("catalogue_filed_upward",), _acts("catalog.entries.rules")),
    Parameter("catalogue.open_list_owner", "开放目录编制主体", "who compiles the open list", (), _acts("catalog.lists.rules")),
    Parameter("catalogue.open_list_fields", "开放清单内容", "what the open list states", ("catalogue_fields_min",), _acts("catalog.lists.rules")),
    Parameter("catalogue.open_list_consultation", "开放目录征求意见", "who is heard on the open list", (), _acts("catalog.lists.rules")),
    Parameter("catalogue.open_list_review", "开放清单审查", "review of the open list", (), _acts("catalog.lists.rules")),
    Parameter("catalogue.open_list_published", "开放目录公布", "the open list is published", (), _acts("catalog.lists.rules")),
    Parameter("catalogue.open_list_priority", "优先开放", "opened first", (), _acts("catalog.lists.rules")),
    Parameter("gathering.modes", "归集方式", "ways of gathering", ("gathering_mode",), _acts("pipelines.gathering")),
    Parameter("gathering.exceptions_filed", "不能实时汇聚的备案", "exceptions filed", ("gathering_mode",), _acts("catalog.filings.policies")),
    Parameter("gathering.return_flow_by", "回流申请主体", "who applies for return flow", ("gathering_mode",), _acts("catalog.filings.policies")),
    Parameter("gathering.recollection_barred", "不得重复采集", "no collecting twice", (), _acts("catalog.gate.rules")),
    Parameter("base_libraries.kinds", "数据库种类", "kinds of libraries", ("base_libraries",), _acts("portal.cli.themes")),
    Parameter("base_libraries.base", "基础数据库", "base libraries", ("base_libraries",), _acts("pipelines.gaps")),
    Parameter("base_libraries.person_key", "自然人标识", "key of a person", ("person_key",), _CATALOGUE),
    Parameter("base_libraries.legal_person_key", "法人标识", "key of an organisation", ("legal_person_key",), _CATALOGUE),
    Parameter("sharing.classes", "共享类型", "classes of sharing", ("share_types",), _acts("policy.profile")),
    Parameter("sharing.default", "共享的原则", "what holds by default", ("share_default",), _SHARING),
    Parameter("sharing.free_of_charge", "无偿共享", "free of charge", (), _SHARING),
    Parameter("sharing.emergency_override", "应急调整共享类型", "change in an emergency", ("share_type_emergency_override",), _acts("catalog.entries.rules")),
    Parameter("sharing.unconditional_route", "无条件共享的获取", "how unconditional data are had", ("unconditional_share_route",), _acts("catalog.purchases.policies")),
    Parameter("sharing.unconditional_answer_within", "无条件共享答复期限", "unconditional: answered within", (), _SHARING),
    Parameter("sharing.authority_review", "主管机构先行审核", "review by the authority", ("cond_share_pre_review_by_authority",), _SHARING),
    Parameter("sharing.answer_within", "有条件共享答复期限", "conditional: answered within", ("cond_share_answer_days",), _acts("catalog.gate.rules")),
    Parameter("sharing.answer_at_once", "能立即答复的立即答复", "answered at once where possible", ("cond_share_answer_days",), _SHARING),
    Parameter("sharing.clock_starts", "答复期限起算", "the limit starts with", ("cond_share_clock_start",), _SHARING),
    Parameter("sharing.answer_extension", "答复延期", "the answer put off by", (), _SHARING),
    Parameter("sharing.silence", "逾期不答复的后果", "what silence means", ("cond_share_silence",), _SHARING),
    Parameter("sharing.silence_provided_by", "视为同意后的提供", "who provides upon silence", ("cond_share_silence",), _SHARING),
    Parameter("sharing.deliver_within", "同意后提供期限", "delivered within", ("cond_share_delivery_days",), _SHARING),
    Parameter("sharing.refusal_needs", "不同意共享须说明", "what a refusal states", ("cond_share_refusal",), _SHARING),
    Parameter("sharing.agreement", "使用协议或承诺", "agreement of use", ("use_agreement_for_sharing",), _SHARING),
    Parameter("sharing.application_fields", "共享申请内容", "what an application states", ("application_fields_sharing",), _SHARING),
    Parameter("sharing.not_shared_service", "不共享数据的变通", "what may be had of data not shared", ("verification_only_service",), _acts("catalog.gate.rules")),
    Parameter("sharing.compare_answer_within", "核验比对答复期限", "compare-only: answered within", ("verification_only_service",), _SHARING),
    Parameter("sharing.uncatalogued_demand", "目录外需求", "demand for what is in no catalogue", ("uncatalogued_demand",), _acts("catalog.tasks.rules")),
    Parameter("sharing.dispute_path", "共享争议处理", "path of a dispute", ("share_dispute_path",), _SHARING),
    Parameter("sharing.bulk_export", "批量导出", "bulk export", ("bulk_export",), _SHARING),
    Parameter("sharing.free_query", "自由查询", "free query", ("bulk_export",), _SHARING),
    Parameter("sharing.delivery_modes", "提供方式", "ways of providing", ("delivery_modes",), _SHARING),
    Parameter("sharing.mode_by_use", "按用途定方式", "way by use", ("delivery_modes",), _SHARING),
    Parameter("sharing.onward_transfer", "向第三方提供", "passing on to others", ("third_party_reuse",), _SHARING),
    Parameter("opening.classes", "开放类型", "classes of opening", ("open_types",), _acts("policy.profile")),
    Parameter("opening.personal_privacy", "涉及个人隐私的数据", "personal privacy", ("desensitise_then_open",), _acts("exchange.publication.policies")),
    Parameter("opening.assessment_first", "开放前安全评估", "assessment before opening", (), _acts("exchange.publication.policies")),
    Parameter("opening.single_platform", "统一平台开放", "one platform only", (), _OPENING),
    Parameter("opening.applicants", "可申请者", "who may apply", ("open_applicant_restriction",), _OPENING),
    Parameter("opening.application_fields", "开放申请内容", "what an application states", ("open_application_fields",), _OPENING),
    Parameter("opening.conditions_by", "开放条件制定", "who sets the conditions", (), _OPENING),
    Parameter("opening.decided_by", "开放申请决定", "who decides", ("open_decider",), _OPENING),
    Parameter("opening.answer_within", "开放答复期限", "answered within", ("open_answer_days",), _OPENING),
    Parameter("opening.answer_concerns", "答复期限适用于", "what the limit concerns", ("open_answer_days",), _OPENING),
    Parameter("opening.silence", "逾期不答复的后果", "what silence means", ("open_silence",), _OPENING),
    Parameter("opening.refusal_needs", "不同意开放须说明", "what a refusal states", ("open_refusal",), _OPENING),
    Parameter("opening.agreement_for_conditional", "签订利用协议", "agreement for conditional data", ("open_agreement",), _OPENING),
    Parameter("opening.model_agreement", "协议示范文本", "model agreement", ("open_agreement",), _OPENING),
    Parameter("opening.university_purpose", "高校科研用途限制", "purpose of universities", ("university_purpose_limit",), _OPENING),
    Parameter("opening.commercial_use", "商业开发", "commercial use", ("commercial_use_rule",), _OPENING),
    Parameter("opening.use_logged", "利用记录", "record of use", ("use_log_fields",), _OPENING),
    Parameter("opening.reassessed", "开放范围评估", "scope reassessed", (), _OPENING),
    Parameter("objection.who", "异议提出者", "who may object", ("objection_who",), _OPENING),
    Parameter("objection.receiver", "异议受理", "who receives it", ("objection_receiver",), _OPENING),
    Parameter("objection.suspend", "中止开放", "suspension", ("objection_suspend",), _OPENING),
    Parameter("objection.handle_within", "异议核实期限", "verified within", (), _OPENING),
    Parameter("objection.outcomes", "异议处理结果", "how it ends", ("objection_outcomes",), _OPENING),
    Parameter("objection.result_told", "反馈结果", "the result is told", (), _OPENING),
    Parameter("problem_data.days", "问题数据处理期限", "handled within", ("problem_data_days",), _LOOP),
    Parameter("problem_data.law_says", "条文原词", "the instrument's word", ("problem_data_days",), _acts("portal.wording")),
    Parameter("problem_data.triage", "分派期限", "routed within", (), _LOOP),
    Parameter("problem_data.remind_before", "催办提前", "reminded before", (), _LOOP),
    Parameter("problem_data.rectify_after", "逾期后列入整改", "put forward for rectification after", (), _LOOP),
    Parameter("problem_data.extension_cap", "延期上限", "extended to at most", ("problem_data_extension",), _LOOP),
    Parameter("problem_data.extension_needs", "延期审核", "who grants an extension", ("problem_data_extension",), _always("quality.tickets.permissions")),
    Parameter("problem_data.roll_past_holidays", "末日遇节假日顺延", "rolls past holidays", (), _LOOP),
    Parameter("problem_data.urgent", "限时处理", "urgent limits", (), _LOOP),
    Parameter("problem_data.outcomes", "答复方式", "answers", ("problem_data_outcomes",), _KNOWN),
    Parameter("problem_data.channels", "反馈方式", "ways of reporting", ("problem_data_channels",), _KNOWN),
    Parameter("problem_data.dispute", "答复争议", "disputed answers", (), _KNOWN),
    Parameter("statistics.min_cell", "最小单元格", "smallest cell", (), _acts("exchange.publication.policies")),
    Parameter("statistics.complementary", "互补隐去", "complementary suppression", (), _always("masking.suppression")),
    Parameter("logs.retention_months", "记录保存月数", "kept for months", ("log_retention_min",), _always("ledger.store")),
    Parameter("logs.use_fields", "使用记录内容", "what is recorded of a use", ("use_log_fields",), _always("ledger.entry")),
    Parameter("logs.pushed_to_providers", "记录推送提供方", "pushed to providers", (), _SHARING),
    Parameter("security.mlps_to_connect", "等级保护测评", "graded protection to connect", ("mlps_required_to_connect",), _acts("catalog.standing_systems")),
    Parameter("security.assessed", "安全测评评估", "security assessed", ("mlps_required_to_connect",), _SUPERVISION),
    Parameter("security.cross_border", "跨境流通", "across the border", ("cross_border",), _OPENING),
    Parameter("organisation.steward", "数据专管员", "data steward", (), _acts("catalog.standing_units")),
    Parameter("organisation.unit_in_charge", "负责科室", "unit in charge", (), _acts("catalog.standing_units")),
    Parameter("organisation.first_responsible", "第一责任人", "first responsible person", (), _acts("catalog.standing_units")),
    Parameter("organisation.security_officer", "安全责任人", "security officer", (), _acts("catalog.standing_units")),
    Parameter("projects.gate", "项目环节", "decisions on a project", ("project_gate",), _acts("catalog.projects.checks")),
    Parameter("projects.gate_rests_on", "项目须先完成", "what must have been done", ("project_gate",), _acts("catalog.projects.checks")),
    Parameter("projects.opinion_by", "审核意见出具", "who gives the opinion", ("project_gate",), _acts("catalog.projects.policies")),
    Parameter("projects.systems_filed", "系统报备", "systems reported", (), _acts("catalog.standing_systems")),
    Parameter("projects.purchases_told", "购买数据告知", "purchases told", (), _acts("catalog.purchases.policies")),
    Parameter("supervision.assessment", "考核评估", "assessment", ("assessment",), _SUPERVISION),
    Parameter("supervision.breach", "逾期或违规的后果", "what follows a breach", ("breach_overdue_consequence",), _LOOP, acting=("report_to_government",)),
)  # fmt: skip
"""Every parameter, in the order in which they are shown."""

BY_PATH = {one.path: one for one in PARAMETERS}


def labelled(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a profile with every parameter called as people call it."""
    for one in PARAMETERS:
        section, _, name = one.path.partition(".")
        kind = Profile.model_fields[section].annotation
        holder = schema["$defs"][kind.__name__] if name and kind is not None else schema
        holder["properties"][name or section]["title"] = f"{one.zh} {one.en}"
    return schema


@dataclass(frozen=True, slots=True)
class Told:
    """What one profile says of one parameter.

    Attributes:
        parameter: which.
        value: as data; None where the instrument is silent.
        article: of the instrument (or of ``instrument``, a higher law), None for a house rule and the head.
        house: why the house sets it.
        note: what the value cannot hold.
        instrument: the higher law whose article it is.
        silent: the instrument says nothing.
    """

    parameter: Parameter
    value: Any = None
    article: str | None = None
    house: str | None = None
    note: str | None = None
    instrument: str | None = None
    silent: bool = False


def told(profile: Profile) -> Iterator[Told]:
    """What a profile says of every parameter, in the order of `PARAMETERS`."""
    for one in PARAMETERS:
        said = one.of(profile)
        if isinstance(said, Silence):
            yield Told(one, silent=True)
        elif isinstance(said, Cited):
            yield Told(
                one, said.value, article=said.article, house=said.house, note=said.note, instrument=said.instrument
            )
        else:
            yield Told(one, said)
