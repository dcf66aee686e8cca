"""What the closed values of a profile are called in Chinese; in English they are their own names."""

from __future__ import annotations

from datetime import date
from typing import Any

from policy.clock import Period
from policy.profile import STATUS_WORDS, Instrument

WORDS: dict[str, str] = {
    "included": "纳入", "must_connect": "纳入，民生类应当接入", "by_reference": "参照执行",
    "authority_review_and_government_approval": "主管机构审核并报本级政府批准", "filing_with_legal_basis": "有依据并报主管机构备案",
    "state_basis": "明确依据或条件", "reason_with_legal_basis": "说明理由并提供依据",
    "providers": "提供单位", "public": "社会公众", "application_and_review": "申请并复核", "notice": "告知主管机构", "update": "及时更新",
    "authority": "主管机构", "provider": "提供单位", "authority_operator_and_provider": "主管机构会同平台运行方、提供单位",
    "periodically": "定期", "compiled_by_city": "市级汇总", "supplement_filed_with_city": "补充目录报市备案",
    "by_level": "按层级汇聚", "from_exchange_platform": "经共享交换平台", "real_time": "实时汇聚", "return_flow": "回流",
    "manual_upload": "人工上传", "by_need": "因需归集",
    "base": "基础库", "theme": "主题库", "special": "专题库",
    "population": "人口", "legal_person": "法人", "natural_resources_geography": "自然资源和空间地理", "e_licence": "电子证照",
    "citizen_id": "公民身份号码", "uscc": "统一社会信用代码",
    "unconditional": "无条件", "conditional": "有条件", "not": "不予",
    "unconditional_without_legal_basis": "无依据的应无条件共享", "unconditional_as_main_form": "以无条件共享为主",
    "no_refusal_without_legal_basis": "无依据不得拒绝",
    "temporary": "可临时调整", "direct": "直接获取", "application_to_authority": "向主管机构申请",
    "none": "不经审核", "joint": "会同提供单位", "before_provider": "先于提供单位",
    "application": "申请", "consultation": "收到征求意见", "nothing": "不作同意处理", "consent": "视为同意", "platform": "平台",
    "at_once": "立即", "promptly": "及时", "reason": "理由", "legal_basis": "法律、法规或规章依据",
    "use_agreement": "使用协议", "commitment": "合规承诺",
    "need": "需求", "process": "业务流程", "scenario": "应用场景", "compliance_promise": "合规使用承诺",
    "compare_only": "核验比对", "masked_variant": "脱敏后提供", "added_and_shared": "补充列入目录并共享",
    "evaluation": "评判", "problem_list": "问题清单", "leading_group": "领导小组", "same_level_government": "本级政府",
    "not_in_principle": "原则上不批量导出", "needs_city_justification": "数据落地须经市级论证",
    "interface": "接口", "exchange": "交换", "central_analysis": "平台集中分析", "service": "办事应用", "analysis": "决策分析", "landing": "数据落地",
    "forbidden": "不得提供", "forbidden_in_any_form": "不得以任何形式提供", "by_commitment": "依承诺", "by_agreement": "依协议",
    "barred": "不得开放，脱敏后亦不得", "after_masking": "脱敏后可开放",
    "citizen": "公民", "other_organisation": "其他组织", "domestic_controlled_enterprise": "内资控股企业", "university": "高校",
    "research_institute": "科研院所", "purpose": "用途", "safeguards": "安全保障措施",
    "authority_with_provider": "主管机构会同提供单位", "city_authority_and_provider": "市主管部门和提供单位", "demand": "开放需求",
    "reason_or_basis": "理由或依据", "reason_and_legal_basis": "理由及法规依据",
    "public_good_research": "仅限科研教育等公益活动", "competitive_tender": "公开招标等竞争方式", "authorised_operation": "授权运营等",
    "contract_with_consent": "主管机构同意并签书面协议", "access": "访问", "call": "调用", "processing": "处理",
    "using_unit": "使用单位", "data_user": "数据使用主体", "platform_to_operator": "经平台到运行方", "platform_to_provider": "经平台到提供单位",
    "optional": "必要时", "on_leak_or_risk": "泄露或有风险时", "mandatory": "必须立即", "withdraw": "撤回", "resume": "恢复开放",
    "process_and_reopen": "处理后再开放", "verify_and_handle": "核实处理", "correct_or_not": "有问题的纠正",
    "authority_review": "主管机构审核", "set_per_case": "逐案设定", "corrected": "更正", "confirmed": "无误", "talked_through": "沟通",
    "form": "系统填报", "api": "接口", "coordination": "主管机构协调", "coordination_then_government": "协调不成报本级政府",
    "user": "使用人员", "approver": "批准人员", "content": "数据内容", "time": "获取时间", "mode": "获取方式", "medium": "介质类型",
    "required": "须通过", "regularly": "定期", "forbidden_unless_assessed": "不得跨境，经评估的除外",
    "registered_on_platform": "在平台登记", "filed_with_authority": "报主管机构备案", "named": "须明确", "head_of_organisation": "主要负责人",
    "project_opinion": "审核意见", "approval": "审批", "investment": "建设投资", "acceptance": "验收", "operation_funds": "运维经费",
    "catalogue": "编目", "sharing": "共享", "gathering": "归集", "registration": "登记",
    "annual_performance": "年度绩效考核", "published_report": "公布评估报告", "third_party_possible": "可委托第三方", "supervision_check": "监督检查",
    "target_assessment": "目标管理考核", "project_reference": "作为项目审批参考",
    "legal_liability": "追究法律责任", "rectification": "责令整改", "report_to_government": "报送政府", "provincial_rules": "依省级规定处理",
    "handed_over": "移送处理",
}  # fmt: skip
"""Value -> Chinese."""


def said_zh(value: Any) -> str:
    """A value in Chinese: periods, closed values, lists and the words of classes."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Period):
        return value.zh
    if isinstance(value, Instrument):
        return f"《{value.title_zh}》（{value.number}，{value.issuer}，{value.issued} 印发）"
    if isinstance(value, dict):
        return "；".join(f"{WORDS.get(name, name)}：{said_zh(one)}" for name, one in value.items())
    if isinstance(value, list):
        return "、".join(said_zh(one) for one in value)
    if value is None:
        return "未载明"
    return STATUS_WORDS[value][0] if value in STATUS_WORDS else WORDS.get(str(value), str(value))


def said_en(value: Any) -> str:
    """A value in English; the instrument's own words stay as they are."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Period):
        return value.en
    if isinstance(value, Instrument):
        return value.title_en
    if isinstance(value, dict):
        return "; ".join(f"{name.replace('_', ' ')}: {said_en(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(said_en(one) for one in value) or "none"
    if value is None:
        return "not stated"
    if isinstance(value, date):
        return value.isoformat()
    return STATUS_WORDS[value][1] if value in STATUS_WORDS else str(value).replace("_", " ")


def said_plain(value: Any) -> Any:
    """A value for programs."""
    if isinstance(value, Period | date):
        return str(value)
    if isinstance(value, Instrument):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {name: said_plain(one) for name, one in value.items()}
    return [said_plain(one) for one in value] if isinstance(value, list) else value
