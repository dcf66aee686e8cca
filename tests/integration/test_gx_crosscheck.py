"""Great Expectations on DuckDB: it evaluates itself, counts what was planted, and its documents need no network."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import ibis
import pytest

from ground.errors import InternalFault
from quality.crosscheck import CrossCheckResult, Verdict, crosscheck, write_documents
from quality.gx_names import table_name
from quality.offline_html import make_offline
from quality.rules import Rule
from quality.scan import scan

# Ibis reads a table's columns by a call that DuckDB has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

AS_OF = datetime.date(2026, 11, 21)
NOW = datetime.datetime(2026, 11, 21, 9, tzinfo=datetime.UTC)
ROWS = 2000
ODD_VALUE = "外人不得见其值"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def right_code(body: str) -> str:
    """A credit code by the definition of GB 32100, so that no code of ours judges itself."""
    return body + ALPHABET[-sum(ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(body)) % 31]


CODES = [
    right_code(body) for body in ("91420102MA0000001", "N2420102MA000000X", "12420102Y00000000", "A142010200000000W")
]


@dataclass(frozen=True)
class Owned:
    id: str = "people"
    department: str = "ga"


def rule(number: int, item: str, /, **check: Any) -> Rule:
    return Rule.model_validate(
        {
            "id": f"people.{item}.r{number}",
            "title": "规则 <b>",
            "item": item,
            "check": check,
            "dimension": "accuracy",
            "basis": "GB $x",
            "message": {"zh": "有误", "en": "wrong"},
        }
    )


@pytest.fixture(scope="module")
def backend() -> Iterator[Any]:
    """A table of 2,000 people with planted errors: every hundredth row, at a place of its own for each kind."""
    codes = ", ".join(f"'{code}'" for code in CODES)
    wrong = ", ".join(f"'{code[:-1]}{ALPHABET[(ALPHABET.index(code[-1]) + 1) % 31]}'" for code in CODES)
    backend = ibis.duckdb.connect()
    backend.raw_sql(f"""
        CREATE TABLE people AS
        WITH numbered AS (
            SELECT range AS i, '420102' || strftime(DATE '1950-01-01' + CAST(range * 11 AS INTEGER), '%Y%m%d')
                || lpad(CAST(range % 1000 AS VARCHAR), 3, '0') AS body
            FROM range({ROWS})
        ), weighed AS (
            SELECT *, list_sum([w * CAST(body[j] AS INTEGER) FOR w, j IN [7,9,10,5,8,4,2,1,6,3,7,9,10,5,8,4,2]]) AS total
            FROM numbered
        ), righted AS (
            SELECT i, body, body || '10X98765432'[CAST(total % 11 AS INTEGER) + 1] AS id FROM weighed
        )
        SELECT
            CASE WHEN i % 100 = 1 THEN body || CASE WHEN id[18] = '0' THEN '1' ELSE '0' END
                 WHEN i % 100 = 2 THEN NULL ELSE id END AS id,
            CASE WHEN i % 100 = 3 THEN NULL WHEN i % 200 = 4 THEN '' ELSE '张' || i END AS name,
            CASE WHEN i % 100 = 5 THEN CASE WHEN i % 2 = 0 THEN '1' ELSE '2' END
                 WHEN i % 100 = 6 THEN '7' WHEN i % 100 = 7 THEN '9' WHEN i % 2 = 0 THEN '2' ELSE '1' END AS sex,
            DATE '1950-01-01' + CAST(i * 11 AS INTEGER) + CASE WHEN i % 100 IN (1, 8) THEN 1 ELSE 0 END AS birth,
            CASE WHEN i % 100 = 9 THEN '{ODD_VALUE}' WHEN i % 100 = 10 THEN NULL
                 WHEN i % 3 = 0 THEN '027-8' || lpad(CAST(i AS VARCHAR), 7, '0') ELSE '1380000' || lpad(CAST(i AS VARCHAR), 4, '0') END AS phone,
            CASE WHEN i % 100 = 11 THEN '91X' WHEN i % 100 = 12 THEN '12X' ELSE '91' || (i % 7) END AS employer,
            CASE WHEN i % 100 = 13 THEN -1 ELSE i END AS amount,
            CASE WHEN i % 7 = 3 THEN '01' ELSE '02' END AS state,
            CASE WHEN i % 100 = 14 THEN [{wrong}][1 + i // 100 % 4] WHEN i % 100 = 15 THEN NULL
                 ELSE [{codes}][1 + i % 4] END AS credit,
            substr(id, 1, i % 19) || ['0', '9', 'X', 'x', '', '３', ' '][1 + i % 7] || substr(id, 2 + i % 19) AS spoilt_id,
            substr([{codes}][1 + i % 4], 1, i % 19) || ['0', 'I', 'Z', 'a', '', 'A', ' '][1 + i % 7]
                || substr([{codes}][1 + i % 4], 2 + i % 19) AS spoilt_credit,
            'b1' AS _batch, CAST(i AS VARCHAR) AS row_no
        FROM righted""")
    backend.raw_sql("""
        CREATE TABLE company AS SELECT '91' || range AS code, CASE WHEN range = 3 THEN 'cancelled' ELSE 'active' END AS state
        FROM range(7)""")
    backend.raw_sql("CREATE TEMP VIEW checked AS SELECT * FROM people")
    yield backend
    backend.disconnect()


RULES = [
    rule(0, "id", kind="citizen_id"),
    rule(1, "id", kind="not_null"),
    rule(2, "name", kind="not_null"),
    rule(3, "sex", kind="code_list", list="sex"),
    rule(4, "sex", kind="sex_of", citizen_id="id"),
    rule(5, "birth", kind="birth_date_of", citizen_id="id"),
    rule(6, "phone", kind="phone"),
    rule(7, "phone", kind="matches", pattern=r"1[3-9]\d{9}|027-\d{8}"),
    rule(8, "employer", kind="in_reference", resource="company", item="code"),
    rule(9, "employer", kind="in_reference", resource="company", item="code", starting=["9"]),
    rule(10, "amount", kind="between", min=0, max=1989),
    rule(11, "birth", kind="date_not_after", limit="2010-01-01"),
    rule(
        12,
        "state",
        kind="cross",
        other="company",
        key="employer",
        other_key="code",
        when={"state": "01"},
        other_when={"state": "cancelled"},
    ),
    rule(13, "name", kind="length", min=1, max=4),
    rule(14, "sex", kind="one_of", values=["1", "2"]),
    rule(15, "employer", kind="credit_code"),
    rule(16, "employer", kind="division_in", divisions=["91", "1201"]),
    rule(17, "name", kind="not_equals_item", other="phone"),
    rule(18, "sex", kind="equals_item", other="state"),
    rule(19, "birth", kind="date_not_before", limit="as_of"),
    rule(20, "phone", kind="matches", pattern=r"1[3-9]\d{9}|027-\d{8}"),
    rule(21, "employer", kind="in_reference", resource="company", item="code", part={"from": 1, "to": 3}),
    rule(23, "credit", kind="credit_code"),
    rule(24, "spoilt_id", kind="citizen_id"),
    rule(25, "spoilt_credit", kind="credit_code"),
    rule(22, "employer", kind="in_reference", resource="nowhere", item="code"),
]
PLANTED = {0: 20, 1: 20, 2: 30, 3: 20, 4: 20, 5: 20, 6: 20, 7: 20, 8: 40, 9: 20, 20: 20, 22: 20}
"""Place of a rule -> errors planted for it, where the number follows from the table by counting."""


@pytest.fixture(scope="module")
def scanned(backend: Any) -> dict[str, int]:
    plan = scan(
        backend.table("people"),
        RULES,
        key=["row_no"],
        references={"company": backend.table("company")},
        as_of=AS_OF,
        resource=Owned(),
    )
    return {row["rule"]: row["failed"] for row in backend.to_pyarrow(plan.counts).to_pylist()}


def checked(backend: Any, counts: dict[str, int], rules: list[Rule] = RULES) -> CrossCheckResult:
    return crosscheck(
        backend.con,
        "checked",
        rules,
        scan_counts=counts,
        references={"company": "main.company"},
        as_of=AS_OF,
        now=NOW,
        name="people",
    )


@pytest.fixture(scope="module")
def result(backend: Any, scanned: dict[str, int]) -> CrossCheckResult:
    return checked(backend, scanned)


@pytest.mark.duty("R-058")
def test_both_evaluators_count_the_same(result: CrossCheckResult) -> None:
    assert [(one.rule, one.gx_count, one.scan_count) for one in result.differing] == []
    assert result.rows == ROWS
    assert [one.rule for one in result.checks] == [one.id for one in RULES]
    assert sum(one.gx_count or 0 for one in result.checks) > 0


def test_codes_spoilt_at_any_place_are_judged_alike(result: CrossCheckResult) -> None:
    """Any character at any place: the two readings of the check digits share no code."""
    spoilt = [one for one in result.checks if ".spoilt_" in one.rule]
    assert [one.verdict for one in spoilt] == [Verdict.AGREES, Verdict.AGREES]
    assert all(ROWS * 0.8 < (one.gx_count or 0) < ROWS for one in spoilt)


def test_great_expectations_finds_exactly_what_was_planted(result: CrossCheckResult) -> None:
    found = {number: result.checks[number].gx_count for number in PLANTED}
    assert found == PLANTED


def test_what_cannot_be_counted_twice_is_said_to_be_not_covered(result: CrossCheckResult) -> None:
    assert [one.rule for one in result.not_covered] == ["people.employer.r22"]
    assert "nowhere" in result.not_covered[0].reason


def test_great_expectations_is_not_told_our_counts(backend: Any, scanned: dict[str, int]) -> None:
    rules = RULES[:4]
    lying = checked(backend, {one.id: scanned[one.id] + 1 for one in rules}, rules)
    assert {one.verdict for one in lying.checks} == {Verdict.DIFFERS}
    silent = checked(backend, {}, rules)
    assert {one.verdict for one in silent.checks} == {Verdict.NOT_COVERED}
    assert [one.gx_count for one in silent.checks] == [scanned[one.id] for one in rules]


def test_an_open_transaction_of_the_caller_stays_his(backend: Any) -> None:
    backend.con.begin()
    backend.raw_sql("CREATE TABLE unfinished AS SELECT 1 AS x")
    checked(backend, {}, RULES[:2])
    assert backend.con.execute("SELECT count(*) FROM unfinished").fetchone() == (1,)
    backend.con.rollback()
    assert "unfinished" not in backend.list_tables()


def test_a_rule_it_cannot_evaluate_is_a_fault_without_a_value(backend: Any) -> None:
    with pytest.raises(InternalFault, match=r"people\.nothing\.r0") as fault:
        checked(backend, {}, [rule(0, "nothing", kind="phone")])
    assert "SELECT" not in str(fault.value)


@pytest.mark.parametrize("name", ["people; DROP TABLE people", 'a"b', "a.b.c.d", "", "1a"])
def test_a_table_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InternalFault):
        table_name(name)


class _Loads(HTMLParser):
    """Everything a browser would fetch for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe", "embed", "object", "source", "base"}:
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name, value in attrs if name in {"src", "srcset", "data", "background"}]
        self.found += [f"{tag} {name}" for name, value in attrs if "://" in (value or "")]


def test_documents_are_readable_offline_and_hold_no_value(result: CrossCheckResult, tmp_path: Path) -> None:
    written = write_documents([result], tmp_path / "documents")
    assert sorted(path.name for path in written) == ["index.html", "people.html"]
    for path in written:
        page = path.read_text(encoding="utf-8")
        loads = _Loads()
        loads.feed(page)
        assert loads.found == []
        assert "url(" not in page
        assert "@import" not in page
        assert ODD_VALUE not in page
        assert "people.phone.r6" in page
    index = (tmp_path / "documents" / "index.html").read_text(encoding="utf-8")
    assert "未覆盖" in index
    assert "<b>" not in index
    body = (tmp_path / "documents" / "people.html").read_text(encoding="utf-8")
    assert "Overview" in body
    assert "规则 &lt;b&gt;" in body
    assert "newsletter" not in body
    assert "1%" in body or "1.0" in body or "≈1" in body


def test_offline_pages_lose_what_loads_and_keep_what_is_said() -> None:
    page = (
        '<!DOCTYPE html><html><head><link href="https://x/y.css"><script src="https://x/y.js">a<b</script>'
        '<style>p{background:url(https://x/y.png)} @import "https://x/z.css";</style></head>'
        '<body onload="go()"><img src="https://x/i.png"><p style="background:url(\'//x\')">1 &lt; 2 &#20013;</p>'
        '<a href="../../index.html">up</a><a href="#here">here</a></body></html>'
    )
    clean = make_offline(page, home="index.html")
    assert "https" not in clean
    assert "onload" not in clean
    assert "a<b" not in clean
    assert "1 &lt; 2 &#20013;" in clean
    assert '<a href="index.html">up</a><a href="#here">here</a>' in clean


def test_the_door_is_light() -> None:
    """Whoever imports the cross-check does not pay for Great Expectations before asking it."""
    code = "import sys, quality.crosscheck; sys.exit('great_expectations' in sys.modules)"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, check=False
    )
    assert done.returncode == 0
