"""What is written where a law should stand: a citation, something else, or nothing."""

from __future__ import annotations

import pytest

from catalog.gate.bases import Basis, kind_of_basis


@pytest.mark.parametrize(
    "text",
    [
        "个人信息保护法第二十五条", "政务数据共享条例；税收征收管理法第八条", "《中华人民共和国税收征收管理法》第八条", "税法第八条",
        "第十六条", "海政办发〔2021〕47号", "武汉市人民政府令第309号", "国发（2016）51号", "甬政办发[2019] 72 号", "省政府令 354号第 3 条",
        "税收征收管理法实施细则", "无锡市公共数据管理办法", "未成年人保护法", "不动产登记暂行条例", "政务数据管理办法（试行）", "网络安全法",
        "《无障碍环境建设法》", "《暂住证申领办法》第五条", "工作需要，依据《档案法》第二十八条", "依据税收征收管理法第六条", "反间谍法、保守国家秘密法", "缺陷汽车产品召回管理条例", "详见《档案法》第二十八条", "国民经济行业分类标准",
    ],
)  # fmt: skip
def test_a_citation_is_known_by_its_form(text: str) -> None:
    assert kind_of_basis(text) is Basis.CITED


@pytest.mark.parametrize(
    "text",
    [
        None, "", "  ", "无", "暂无", "待定", "待填", "待补充", "N/A", "—", "--", "/", "×", "空", "没有", "未定", "暂缺", "无。", "（无）",
        "【暂无】", "无法律依据", "无相关法律法规规定", "尚未出台办法", "没有明确的法律、法规依据", "同上", "详见附件", "见附件1", "工作需要",
        "《工作需要》", "《暂无法律依据》", "无法律依据，第一条", "工作需要第1号", "N/A 第1号", "暂无（第三条）", "因工作需要", "业务管理需要", "内部管理需求", "出于安全考虑", "不详", "x", "XXX", "TODO", "null", "《》", "无 法", "略",
    ],
)  # fmt: skip
def test_what_says_that_there_is_nothing_is_nothing(text: str | None) -> None:
    assert kind_of_basis(text) is Basis.NONE


@pytest.mark.parametrize(
    "text",
    [
        "含个人隐私", "上级要求", "国家有关规定", "按照相关法律法规规定", "上级部门通知", "档案法", "工作方法", "领导意见", "GDPR Art. 6",
        "依法",
    ],
)  # fmt: skip
def test_what_names_no_law_is_doubtful(text: str) -> None:
    assert kind_of_basis(text) is Basis.DOUBTFUL
