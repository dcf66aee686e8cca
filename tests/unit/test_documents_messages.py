"""What is wrong in a document is told with its line, its field as written, and what is allowed, in both languages."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog.feed import Feed
from catalog.model import Resource
from catalog.register import Register
from catalog.schema import KINDS, schema_of
from ground import documents
from ground.document_words import PATTERNS, WORDS
from ground.documents import Declared, parse_document, read_document
from ground.errors import DocumentError
from quality.rules import RuleSet

FEED = """\
id: parks
resource:
  id: parks
  title: 公园
  department: bureau
  system: 城市管理系统
  sharing: {class: unconditional}
  opening: {class: unconditional}
  update_cycle: yearly
  key: [code]
  items:
    - {id: code, title: 编号}
    - {id: name, title: 名称}
source: {kind: file, path: 'bureau/parks.csv'}
format: {kind: csv, delimiter: ","}
columns:
  编号: code
  名称: name
"""
REGISTER = """\
libraries:
  population:
    title: 人口库
    key: citizen_id
    key_in: {ga: citizen_id}
    items:
      name: {title: 姓名, authority: ga, type: text}
"""
RULES = """\
resource: parks
rules:
  - id: parks.name.given
    title: 名称已填写
    item: name
    check: {kind: date_not_after, limit: as_of}
    dimension: accuracy
    basis: 本市规定
    message: {zh: 请补录。, en: Add it.}
"""


def told(model: type[Declared], text: str) -> list[tuple[str, str, str]]:
    """Place, Chinese, English of every problem; both languages name the same places."""
    with pytest.raises(DocumentError) as caught:
        parse_document(text, model, name="f.yaml")
    zh, en = caught.value.zh.splitlines(), caught.value.en.splitlines()
    assert [line.split(": ", 1)[0] for line in zh] == [line.split(": ", 1)[0] for line in en]
    parts = [(*first.partition(": "), second.partition(": ")[2]) for first, second in zip(zh, en, strict=True)]
    return [(place, chinese, english) for place, _, chinese, english in parts]


def replaced(text: str, old: str, new: str) -> str:
    assert old in text, "the test replaces nothing"
    return text.replace(old, new, 1)


NAME_ZH = "应为小写英文字母、数字和下划线，以字母开头，至多 63 个字符。"
CYCLES = "real_time、daily、working_day、weekly、monthly、quarterly、half_yearly、yearly、ad_hoc、once"
ONE = [
    # within an inline resource, where pydantic tries both branches of a union
    (Feed, FEED, "update_cycle: yearly", "update_cycle: monthl", "f.yaml:9 resource.update_cycle", f"是否想写 monthly？允许的值：{CYCLES}", "Did you mean monthly? Allowed: real_time, daily, working_day"),
    (Feed, FEED, "  update_cycle: yearly\n", "", "f.yaml:2 resource.update_cycle", f"缺少必填项，请补上。允许的值：{CYCLES}", "required and missing; add it. Allowed: real_time"),
    (Feed, FEED, "title: 编号", "title: 编号, type: txt", "f.yaml:12 resource.items.0.type", "是否想写 text？允许的值：text、integer、decimal、date、timestamp", "Did you mean text?"),
    (Feed, FEED, "title: 编号", "titel: 编号, title: 编号", "f.yaml:12 resource.items.0.titel", "是否想写 title？允许的键：code_list、collection、element、grade、id、max_length、required、sensitivity、shape、srid、title、type", "Did you mean title? Allowed: code_list"),
    (Feed, FEED, "department: bureau", "department: [bureau]", "f.yaml:5 resource.department", "应为文本，现为列表。", "must be text and is a list."),
    (Feed, FEED, "key: [code]", "key: code", "f.yaml:10 resource.key", "应为列表", "must be a list"),
    (Feed, FEED, "key: [code]", "key: []", "f.yaml:10 resource.key", "不能为空，请填写。", "must not be empty"),
    (Feed, FEED, "key: [code]", "key: [coed]", "f.yaml:2 resource", "引用的项 coed 不在 items 中", "item coed is not among the items: code, name"),
    (Feed, FEED, "sharing: {class: unconditional}", "sharing: {class: not}", "f.yaml:7 resource.sharing", "必须写明 reason 与 legal_basis", "a conditional or not-shared class needs reason"),
    # values that YAML does not read as text
    (Feed, FEED, "title: 公园", "title: 5", "f.yaml:4 resource.title", "应为文本，YAML 读成了整数，请加引号。", "put it in quotes"),
    (Feed, FEED, "title: 公园", "title: 2026-11-21", "f.yaml:4 resource.title", "YAML 读成了日期，请加引号。", "reads it as a date"),
    (Feed, FEED, "title: 公园", "title: no", "f.yaml:4 resource.title", "YAML 读成了是/否值，请加引号。", "true or false"),
    (Feed, FEED, "title: 公园", "title:", "f.yaml:4 resource.title", "值为空，请填写。", "has no value"),
    (Feed, FEED, "title: 公园", "title: ''", "f.yaml:4 resource.title", "不能为空，请填写。", "must not be empty"),
    # unions told apart by kind
    (Feed, FEED, "kind: csv", "kind: cvs", "f.yaml:15 format.kind", "是否想写 csv？允许的值：csv、xlsx、xls、json、jsonl、xml、fixed_width、parquet、geojson、shapefile、geopackage、zip、rows", "Did you mean csv? Allowed: csv, xlsx, xls, json, jsonl, xml, fixed_width, parquet, geojson, shapefile, geopackage, zip, rows"),
    (Feed, FEED, "kind: csv, ", "", "f.yaml:15 format", "缺少 kind", "kind is missing"),
    (Feed, FEED, "delimiter: ", "delimeter: ", "f.yaml:15 format.delimeter", "是否想写 delimiter？允许的键：delimiter、encoding、header_row、kind、null_values、quote", "Did you mean delimiter?"),
    (Feed, FEED, 'delimiter: ","', 'delimiter: ",,"', "f.yaml:15 format.delimiter", "至多 1 个字符。", "at most 1 character"),
    (Feed, FEED, 'delimiter: ","', "header_row: -1", "f.yaml:15 format.header_row", "应不小于 0。", "must be at least 0."),
    (Feed, FEED, 'delimiter: ","', "header_row: first", "f.yaml:15 format.header_row", "应为整数。", "whole number"),
    (Feed, FEED, "columns:", "on_breach: {refuse_above: 1.5}\ncolumns:", "f.yaml:16 on_breach.refuse_above", "应不大于 1。", "must be at most 1."),
    (Feed, FEED, "columns:", "on_breach: {refuse_above: 0}\ncolumns:", "f.yaml:16 on_breach.refuse_above", "应大于 0。", "must be greater than 0."),
    (Feed, FEED, "columns:", "on_breach: half\ncolumns:", "f.yaml:16 on_breach", "应为“键: 值”的映射。", "must be a mapping"),
    (Feed, FEED, "id: code, title", "id: code, required: maybe, title", "f.yaml:12 resource.items.0.required", "应为 true 或 false。", "true or false"),
    (Feed, FEED, "名称: name", "名称: Name", "f.yaml:18 columns.名称", NAME_ZH, "lower-case letters"),
    (Feed, FEED, "id: parks\nresource", "id: Parks\nresource", "f.yaml:1 id", NAME_ZH, "lower-case letters"),
    # below a mapping whose keys are names
    (Register, REGISTER, "authority: ga", "autority: ga, authority: ga", "f.yaml:7 libraries.population.items.name.autority", "是否想写 authority？允许的键：agreed、also_agrees_with、authority、", "Did you mean authority? Allowed: agreed, also_agrees_with"),
    (Register, REGISTER, "type: text", "type: txt", "f.yaml:7 libraries.population.items.name.type", "是否想写 text？", "Did you mean text?"),
    (Register, REGISTER, "population:", "Population:", "f.yaml:2 libraries.Population", NAME_ZH, "lower-case letters"),
    # rules
    (RuleSet, RULES, "limit: as_of", "limits: as_of", "f.yaml:6 rules.0.check.limits", "是否想写 limit？允许的键：kind、limit", "Did you mean limit? Allowed: kind, limit"),
    (RuleSet, RULES, "limit: as_of", "limit: tomorrow", "f.yaml:6 rules.0.check.limit", "允许的值：as_of；或应为日期，写作 2026-11-21。", "Allowed: as_of; or must be a date"),
    # A union's branch has the name of a key within it: the key is the one that is wrong.
    (RuleSet, RULES, "{kind: date_not_after, limit: as_of}", "{kind: birth_date_of, citizen_id: X}", "f.yaml:6 rules.0.check.citizen_id", NAME_ZH, "lower-case"),
    (RuleSet, RULES, "id: parks.name.given", "id: given", "f.yaml:3 rules.0.id", "应为资源.信息项.内容", "must be resource.item.what"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "text", "old", "new", "place", "zh", "en"), ONE)
def test_each_mistake_is_told_once_in_both_languages(
    model: type[Declared], text: str, old: str, new: str, place: str, zh: str, en: str
) -> None:
    ((found_place, found_zh, found_en),) = told(model, replaced(text, old, new))
    assert found_place == place
    assert zh in found_zh
    assert en in found_en
    # No word of the machinery, and no English sentence in the Chinese one.
    assert not re.search(r"function-after|constrained|Input should|Value error|\[key\]", found_zh + found_en)
    assert "；" not in found_en and not re.search("[\u4e00-\u9fff]", found_en.replace("甲", ""))


@pytest.mark.parametrize(
    ("given", "zh"),
    [
        ("resource: [a]", "应为文本，现为列表；或应为“键: 值”的映射。"),
        ("resource:", "值为空，请填写；或应为“键: 值”的映射。"),
        ("resource: Parks", NAME_ZH),
    ],
)
def test_a_value_that_is_no_branch_of_a_union_is_told_what_it_may_be(given: str, zh: str) -> None:
    text = re.sub(r"^resource:.*?(?=^source)", given + "\n", FEED, flags=re.DOTALL | re.MULTILINE)
    assert [(place, said) for place, said, _ in told(Feed, text)] == [("f.yaml:2 resource", zh)]


def test_all_problems_are_told_at_once_in_the_order_of_lines() -> None:
    text = replaced(
        replaced(replaced(FEED, "title: 公园", "titel: 公园"), "kind: csv", "kind: cvs"), "id: parks", "id: P"
    )
    assert [place for place, _, _ in told(Feed, text)] == [
        "f.yaml:1 id",
        "f.yaml:2 resource.title",
        "f.yaml:4 resource.titel",
        "f.yaml:15 format.kind",
    ]


def test_every_pattern_of_a_declared_model_is_put_into_words() -> None:
    def patterns(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["pattern"]} if isinstance(node.get("pattern"), str) else set()
            return own.union(node.get("patternProperties", {}), *map(patterns, node.values()))
        return set().union(*map(patterns, node)) if isinstance(node, list) else set()

    used = set().union(*(patterns(schema_of(kind)) for kind in KINDS), patterns(RuleSet.model_json_schema()))
    assert used and used <= set(PATTERNS)
    assert all(re.search("[\u4e00-\u9fff]", zh) and en.isascii() for zh, en in [*PATTERNS.values(), *WORDS.values()])


class Keyed(Declared):
    by_name: dict[str, str]
    by_day: dict[date, int] | None = None


def test_keys_are_taken_as_written() -> None:
    found = parse_document(
        "by_name: {No: a, 01: b, 1.0: c, ~: d, 2026-11-21: e}\nby_day: {2026-11-21: 1}", Keyed, name="f.yaml"
    )
    assert found.by_name == {"No": "a", "01": "b", "1.0": "c", "~": "d", "2026-11-21": "e"}
    assert found.by_day == {date(2026, 11, 21): 1}


def test_a_merged_mapping_gives_way_to_what_is_written_beside_it() -> None:
    text = "by_name: {<<: &base {a: x, b: y}, b: z}\n"
    assert parse_document(text, Keyed, name="f.yaml").by_name == {"a": "x", "b": "z"}


class PythonLoader(yaml.SafeLoader):
    """What reads documents where PyYAML was built without libyaml."""


PythonLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, documents._mapping)

SYNTAX = [
    ("id: a\nid: b", 2, "键 id 写了两次", "key written twice: id"),
    ("id: a: b", 1, "请检查缩进", "align the indentation"),
    ("id: a\nsource:\n\tkind: file", 3, "缩进请用空格而不是制表符", "not tabs"),
    ("id: a\nkey: [b, c\nmode: full", 2, "没有闭合", "not closed"),
    ("id: a\ntitle: '公园\nmode: full\n", 2, "引号没有闭合", "quote is not closed"),
    ("id: *a", 1, "别名", "alias"),
    ('id: "a\\q"', 1, "反斜杠", "backslash"),
    ("- a\nid: b", 2, "结构有误", "structure"),
    ("? [a]\n: b", 1, "键应为普通文本", "plain text"),
]


@pytest.mark.parametrize("loader", ["native", "python"])
@pytest.mark.parametrize(("text", "line", "zh", "en"), SYNTAX)
def test_what_is_no_yaml_is_told_with_its_line_by_either_parser(
    text: str, line: int, zh: str, en: str, loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if loader == "python":
        monkeypatch.setattr(documents, "_Loader", PythonLoader)
    with pytest.raises(DocumentError) as caught:
        parse_document(text, Feed, name="f.yaml")
    assert caught.value.where == f"f.yaml:{line}"
    assert zh in caught.value.zh
    assert en in caught.value.en and caught.value.en.isascii()


@pytest.mark.parametrize(("content", "zh"), [(b"", "内容为空"), (b"- a", "不是映射"), (b"id: \x01", "控制字符"), ("id: 公园".encode("gbk"), "UTF-8")])  # fmt: skip
def test_a_file_that_is_no_document_at_all(tmp_path: Path, content: bytes, zh: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=zh):
        read_document(path, Resource, name="a.yaml")
    with pytest.raises(DocumentError, match="找不到文件"):
        read_document(tmp_path / "b.yaml", Resource)


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml here")
def test_documents_are_read_by_libyaml_where_it_is_there() -> None:
    assert issubclass(documents._Loader, yaml.CSafeLoader)
