"""The conformance page: current, naming only duties and tests that exist, and strict about what counts as a claim."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ground.documents import parse_document
from ground.errors import DocumentError
from policy.duties import DutyReasons, Reason, duties, duty_reasons

ROOT = Path(__file__).resolve().parents[2]


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conformance_page", ROOT / "docs" / "conformance_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


PAGE = _script()


def _claims(source: str) -> list[tuple[str, str]]:
    found, problems = PAGE.claims_in(source, "tests/unit/test_x.py")
    assert problems == []
    return sorted((one.name, one.duty) for one in found)


def _problems(source: str) -> list[str]:
    return list(PAGE.claims_in(source, "tests/unit/test_x.py")[1])


def test_the_duties_are_all_there() -> None:
    assert list(duties()) == [f"R-{number:03}" for number in range(1, 227)]
    assert all(one.zh and one.en and one.source for one in duties().values())


def test_every_claim_in_the_tests_is_right() -> None:
    found, problems = PAGE.claims(ROOT)
    assert problems == []
    assert {one.duty for one in found} <= set(duties())


def test_every_reason_is_for_a_known_duty_that_no_test_proves() -> None:
    found, _ = PAGE.claims(ROOT)
    assert set(duty_reasons()) <= set(duties())
    assert set(duty_reasons()).isdisjoint(one.duty for one in found)


def test_the_page_is_current() -> None:
    found, _ = PAGE.claims(ROOT)
    expected = PAGE.render(found, duties(), duty_reasons())
    assert (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8") == expected, (
        "docs/conformance.md is stale; run: python docs/conformance_page.py"
    )


def test_every_test_the_page_names_exists() -> None:
    text = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    named = re.findall(r"\[([^\]]+?)::([^\]]+)\]\(\.\./(tests/[^)]+)\)", text)
    assert named
    missing = [
        f"{path}::{name}"
        for _, name, path in named
        if not (ROOT / path).exists() or name not in PAGE.tests_in((ROOT / path).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_the_totals_add_up_and_every_duty_has_one_row() -> None:
    claim = PAGE.Claim("tests/unit/test_x.py", "test_x", "R-053")
    reason = {"R-214": Reason(zh="无事可做", en="nothing to do")}
    page = PAGE.render([claim], duties(), reason)
    assert "| 有测试证明 / proved by tests | 1 |" in page
    assert "| 软件无事可做 / nothing for software to do | 1 |" in page
    assert "| 尚未 / not yet | 224 |" in page
    rows = re.findall(r"^\| (R-\d{3}) \|.*\| (.+) \|$", page, flags=re.MULTILINE)
    assert [number for number, _ in rows] == list(duties())
    shown = dict(rows)
    assert shown["R-053"] == "[unit/test_x.py::test_x](../tests/unit/test_x.py)"
    assert shown["R-214"] == "无事可做 / nothing to do"
    assert shown["R-001"] == "尚未 / not yet"


HEAD = "import pytest\n"


def test_claims_are_read_from_functions_classes_modules_and_parameters() -> None:
    assert _claims(HEAD + '@pytest.mark.duty("R-001", "R-002")\ndef test_a(): ...\n') == [
        ("test_a", "R-001"),
        ("test_a", "R-002"),
    ]
    assert _claims(HEAD + 'pytestmark = [pytest.mark.slow, pytest.mark.duty("R-003")]\ndef test_a(): ...\n') == [
        ("test_a", "R-003")
    ]
    in_class = '@pytest.mark.duty("R-004")\nclass TestB:\n    @pytest.mark.duty("R-005")\n    def test_a(self): ...\n'
    assert _claims(HEAD + in_class) == [("TestB::test_a", "R-004"), ("TestB::test_a", "R-005")]
    parameter = (
        '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.duty("R-006"))])\ndef test_a(x): ...\n'
    )
    assert _claims(HEAD + parameter) == [("test_a", "R-006")]


def test_a_mention_in_text_is_no_claim() -> None:
    assert _claims(HEAD + 'def test_a():\n    "pytest.mark.duty(\'R-001\')"\n    # @pytest.mark.duty("R-002")\n') == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('@pytest.mark.duty("R-999")\ndef test_a(): ...\n', "unknown duty R-999"),
        ("@pytest.mark.duty()\ndef test_a(): ...\n", "literal"),
        ("@pytest.mark.duty\ndef test_a(): ...\n", "literal"),
        ('N = "R-001"\n@pytest.mark.duty(N)\ndef test_a(): ...\n', "literal"),
        ('@pytest.mark.duty("R-001")\n@pytest.mark.skip(reason="x")\ndef test_a(): ...\n', "proves nothing"),
        ('pytestmark = pytest.mark.xfail\n@pytest.mark.duty("R-001")\ndef test_a(): ...\n', "proves nothing"),
        ('@pytest.mark.duty("R-001")\ndef helper(): ...\n', "belongs to no test"),
        ('proves = pytest.mark.duty("R-001")\n@proves\ndef test_a(): ...\n', "belongs to no test"),
        ("def test_a(:\n", "not valid Python"),
    ],
)
def test_a_claim_that_proves_nothing_is_a_problem(source: str, message: str) -> None:
    problems = _problems(HEAD + source)
    assert len(problems) >= 1
    assert message in problems[0]


def test_a_stale_page_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(PAGE, "PAGE", tmp_path / "conformance.md")
    assert PAGE.main(["--check"]) == 1
    assert "python docs/conformance_page.py" in capsys.readouterr().err
    assert not (tmp_path / "conformance.md").exists()
    assert PAGE.main([]) == 0
    assert PAGE.main(["--check"]) == 0
    (tmp_path / "conformance.md").write_text("old", encoding="utf-8")
    assert PAGE.main(["--check"]) == 1


def test_a_reason_names_a_duty_by_its_number() -> None:
    with pytest.raises(DocumentError):
        parse_document("reasons:\n  R-1:\n    zh: 无\n    en: none\n", DutyReasons, name="reasons.yaml")
