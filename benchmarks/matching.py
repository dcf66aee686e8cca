"""How well and how quickly items are recognised: precision and recall on the labels, and a catalogue of 10,000 resources.

The labels are those of tests/labels, by somebody who did not write the matcher; the part ``test`` was not used for tuning.
The catalogue is made up: titles of three words each, so that far more of them are alike than in life. Seconds are those of the
processor, so that others on the machine do not count.
"""

from __future__ import annotations

import argparse
import random
import resource as limits
import statistics
import sys
import time

from matching_labels import element_labels, pair_labels
from matching_scores import GROUPS, Score, element_scores, pair_scores, taken, told

from catalog.departments import Department
from catalog.gate.gate import CatalogueGate
from catalog.matching.index import FactIndex
from catalog.model import Resource
from catalog.register import Register

FIELDS = [
    "城乡",
    "规划",
    "交通",
    "水利",
    "农业",
    "林业",
    "环保",
    "气象",
    "消防",
    "应急",
    "教育",
    "卫生",
    "文化",
    "旅游",
    "体育",
    "养老",
    "就业",
    "市场",
    "药品",
    "特种设备",
    "知识产权",
    "审计",
    "司法",
    "公证",
    "信访",
    "档案",
    "地震",
    "海洋",
    "渔业",
    "畜牧",
    "粮食",
    "能源",
    "电力",
    "通信",
    "邮政",
]
THINGS = [
    "企业",
    "学校",
    "医院",
    "车辆",
    "人员",
    "项目",
    "设施",
    "房屋",
    "道路",
    "桥梁",
    "河道",
    "水库",
    "公园",
    "许可",
    "处罚",
    "检查",
    "补贴",
    "资质",
    "证书",
    "培训",
    "活动",
    "设备",
    "监测点",
    "案件",
    "投诉",
    "合同",
    "招标",
    "工程",
    "样本",
    "指标",
]
SAID = [
    "名称",
    "编号",
    "类型",
    "状态",
    "日期",
    "地址",
    "面积",
    "金额",
    "数量",
    "等级",
    "负责人",
    "联系电话",
    "备注",
    "位置",
    "原因",
    "依据",
    "结果",
    "单位",
    "人数",
    "年度",
    "用途",
    "来源",
    "时长",
    "规格",
    "标准",
    "内容",
    "部门",
    "次数",
    "比例",
    "说明",
]
WHICH = [
    "主要",
    "上级",
    "下级",
    "首次",
    "末次",
    "计划",
    "实际",
    "累计",
    "年度",
    "月度",
    "初始",
    "最终",
    "申报",
    "核定",
    "验收",
    "备案",
    "现场",
    "委托",
    "检测",
    "合格",
    "一级",
    "二级",
    "甲类",
    "乙类",
    "附属",
    "临时",
    "长期",
    "定期",
    "专项",
    "综合",
]


def entry(rng: random.Random, number: int, items: int) -> Resource:
    """A made-up entry."""
    titles = [rng.choice(WHICH) + rng.choice(THINGS) + rng.choice(SAID) for _ in range(items)]
    kind = rng.choice(["登记", "名录", "台账", "信息"])
    return Resource.model_validate(
        {
            "id": f"r{number}",
            "title": f"{rng.choice(FIELDS)}{rng.choice(THINGS)}{kind}{number}",
            "department": f"d{number % 80}",
            "system": "s",
            "sharing": {"class": "unconditional"},
            "opening": {"class": "unconditional"},
            "update_cycle": "daily",
            "key": ["code"],
            "items": [
                {"id": "code", "title": "编号"},
                *({"id": f"i{n}", "title": one} for n, one in enumerate(titles)),
            ],
        }
    )


def accuracy() -> None:
    """Print precision and recall, by part and by where the items come from."""
    print("| what | part | " + " | ".join(f"{one}: precision, recall" for one in GROUPS) + " |")
    print("|---" * (2 + len(GROUPS)) + "|")
    for part in ("tune", "test"):
        elements = [one for one in element_labels() if one.part == part]
        pairs = [one for one in pair_labels() if one.part == part]
        for name, scores in (
            ("element, taken", element_scores(elements, certain=True)),
            ("element, taken, other readings allowed", element_scores(elements, certain=True, lenient=True)),
            ("element, taken or asked about", element_scores(elements, certain=False)),
            ("pair, refused", pair_scores(pairs, taken)),
            ("pair, refused or asked about", pair_scores(pairs, told)),
        ):
            print(f"| {name} | {part} | " + " | ".join(_shown(scores[one]) for one in GROUPS) + " |")


def speed(resources: int, items: int) -> None:
    """Print how long a large catalogue takes."""
    rng = random.Random(3)
    catalogue = [entry(rng, number, items) for number in range(resources)]
    start = time.process_time()
    groups = len(FactIndex(catalogue).groups)
    print(
        f"index of {resources} resources, {resources * items} items, {groups} groups: {time.process_time() - start:.1f} s"
    )
    gate = CatalogueGate(catalogue, Register(libraries={}), [Department(id=f"d{n}", name=f"局{n}") for n in range(80)])
    gate([])  # the index is made once
    gate([entry(rng, resources, items)])
    taken_for_one = []
    for number in range(20):
        candidate = entry(rng, resources + 1 + number, 20)
        start = time.process_time()
        gate([candidate])
        taken_for_one.append(time.process_time() - start)
    print(
        f"a new resource of 20 items: median {statistics.median(taken_for_one) * 1000:.0f} ms, worst {max(taken_for_one) * 1000:.0f} ms"
    )
    start = time.process_time()
    gate.whole(findings_too=False)
    print(f"whole catalogue, refusals: {time.process_time() - start:.1f} s")
    start = time.process_time()
    verdicts = gate.whole().values()
    findings = sum(len(one.findings) for one in verdicts)
    print(f"whole catalogue, refusals and {findings} findings: {time.process_time() - start:.1f} s")
    print(f"peak memory {limits.getrusage(limits.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


def _shown(score: Score) -> str:
    return f"{score.precision:.3f}, {score.recall:.3f} ({score.right}/{score.said}/{score.there})"


def main(arguments: list[str]) -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--items", type=int, default=15)
    parser.add_argument("--no-labels", action="store_true", help="only the large catalogue")
    wanted = parser.parse_args(arguments)
    if not wanted.no_labels:
        accuracy()
    speed(wanted.resources, wanted.items)


if __name__ == "__main__":
    main(sys.argv[1:])
