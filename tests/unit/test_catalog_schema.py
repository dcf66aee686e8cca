"""The JSON Schemas say what the models say, and the committed files are not stale."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from catalog.schema import KINDS, main, schema_of, stale, write
from policy.overlays import OVERLAYS
from policy.profile import PROFILES

DAY = re.compile(r": (\d{4}-\d\d-\d\d)")
"""A day, which YAML reads as such and a schema knows as text."""
DOCUMENTS = {
    "profile": DAY.sub(r": '\1'", (PROFILES / "haishu.yaml").read_text(encoding="utf-8")),
    "overlay": DAY.sub(r": '\1'", (OVERLAYS / "order_809.yaml").read_text(encoding="utf-8")),
    "collectors": """
functions: [{id: public_security, title: 公安}]
subjects: [{id: person, title: 自然人, base: population, key_element: citizen_id}]
classes: [{id: household, title: 户籍登记, subject: person, collector: public_security, source: 通行做法}]
""",
    "norms": """
norms:
  - {id: local_norm, number: 目录编制规范, title: 本市目录编制规范, version: 2026, kind: city, compilation: {fields: [title, system]}}
""",
    "systems": "systems: [{id: hukou, name: 户籍管理系统, department: ga, hosting: government_cloud}]",
    "departments": "departments: [{id: ga, name: 公安局, kind: government}]",
    "resource": """
id: ga_household
title: 户籍登记
department: ga
system: 户籍管理系统
storage_format: database
provision_mode: file
share_until: 长期
sharing: {class: conditional, reason: 含个人信息, legal_basis: 第十六条}
opening: {class: unconditional}
update_cycle: monthly
secret: false
key: [citizen_id]
items: [{id: citizen_id, title: 公民身份号码, type: text, required: true}]
""",
    "feed": """
id: hukou
resource: ga_household
source: {kind: file, path: 'ga/hukou_{period}.csv'}
format: {kind: csv, encoding: gbk}
columns: {公民身份号码: citizen_id}
on_breach: {row: quarantine, refuse_above: 0.1}
""",
    "register": """
libraries:
  population:
    title: 人口库
    key: citizen_id
    key_in: {ga_household: citizen_id}
    items: {name: {title: 姓名, authority: ga_household}}
""",
}


@cache
def validator(kind: str) -> Any:
    schema = schema_of(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.duty("R-022")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_valid_document_is_accepted_by_schema_and_model(kind: str) -> None:
    document = yaml.safe_load(DOCUMENTS[kind])
    validator(kind).validate(document)
    KINDS[kind].model_validate(document)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_unknown_key_is_refused_at_every_depth(kind: str) -> None:
    document = yaml.safe_load(DOCUMENTS[kind])
    checked = 0
    for mapping in _mappings(document):
        mapping["Unknown"] = "x"
        valid, modelled = validator(kind).is_valid(document), _accepted(kind, document)
        assert valid == modelled
        checked += not valid
        del mapping["Unknown"]
    assert checked >= 2


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("resource", "secret", True),
        ("resource", "update_cycle", "sometimes"),
        ("resource", "key", []),
        ("feed", "mode", "partial"),
        ("feed", "source", {"kind": "ftp", "path": "x"}),
        ("feed", "columns", {}),
        ("register", "libraries", {"Population": {}}),
        ("departments", "departments", []),
        ("profile", "status", "abolished"),
        ("profile", "statistics", {"min_cell": "silent", "complementary": "silent"}),
        ("profile", "logs", "silent"),
        ("overlay", "numbers", [{"parameter": "sharing"}]),
    ],
)
def test_a_wrong_value_is_refused_by_schema_and_model(kind: str, key: str, value: object) -> None:
    document = yaml.safe_load(DOCUMENTS[kind]) | {key: value}
    assert not validator(kind).is_valid(document)
    assert not _accepted(kind, document)


@pytest.mark.duty("R-036", "R-039")
@pytest.mark.parametrize(
    "field",
    [
        "title",
        "system",
        "items",
        "sharing",
        "opening",
        "provision_mode",
        "update_cycle",
        "department",
    ],
)
def test_the_schema_of_a_resource_requires_every_mandatory_field(field: str) -> None:
    document = yaml.safe_load(DOCUMENTS["resource"])
    del document[field]
    assert not validator("resource").is_valid(document)
    inline = yaml.safe_load(DOCUMENTS["feed"]) | {"resource": document}
    assert not validator("feed").is_valid(inline)


@pytest.mark.parametrize("field", ["storage_format", "share_until"])
def test_what_depends_on_the_kind_of_the_unit_is_left_to_loading(field: str) -> None:
    """A public enterprise may leave it out (Wuhan 10): tests/unit/test_catalog_norms.py, test_catalog_documents.py."""
    document = yaml.safe_load(DOCUMENTS["resource"])
    del document[field]
    assert validator("resource").is_valid(document)


def test_the_committed_schemas_are_current() -> None:
    assert stale() == [], "run python -m catalog.schema"


def test_check_fails_when_a_file_is_missing_or_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--check", "--directory", str(tmp_path)]
    assert main(arguments) == 1
    assert "feed.schema.json" in capsys.readouterr().err
    assert main(["--directory", str(tmp_path)]) == 0
    assert main(arguments) == 0
    (tmp_path / "feed.schema.json").write_text(json.dumps({}), encoding="utf-8")
    assert main(arguments) == 1
    write(tmp_path)
    assert stale(tmp_path) == []


def _mappings(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        return [node, *(one for value in node.values() for one in _mappings(value))]
    if isinstance(node, list):
        return [one for value in node for one in _mappings(value)]
    return []


def _accepted(kind: str, document: object) -> bool:
    try:
        KINDS[kind].model_validate(document)
    except ValidationError:
        return False
    return True
