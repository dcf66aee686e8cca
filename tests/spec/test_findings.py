"""Findings across runs, and disagreement between sources as findings."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

import ibis
import ibis.expr.types as ir
import pytest

from catalog.register import Library
from quality.agreement import disagreements, rule_ids
from quality.findings import FINDING_SCHEMA, Scope, next_findings, summary
from quality.mask import FAILURE_SCHEMA


def day(number: int) -> datetime.datetime:
    return datetime.datetime(2026, 11, number, 8, tzinfo=datetime.UTC)


def digest(text: ir.StringValue) -> ir.StringValue:
    """Stands for the keyed digest: what matters here is that it is given the right text."""
    return text.hexdigest("md5")


def failures(*rows: tuple[str, str], batch: str = "b1") -> ir.Table:
    """Failures as (row key, rule); the resource and the item stand in the rule's name."""
    return ibis.memtable(
        [
            {
                "resource": rule.split(".")[0],
                "department": "ga",
                "row_key": key,
                "item": rule.split(".")[1],
                "rule": rule,
                "severity": "error",
                "dimension": "accuracy",
                "batch": batch,
            }
            for key, rule in rows
        ],
        schema=FAILURE_SCHEMA,
    )


A, B = "people.name.given", "people.sex.code"
ALL = Scope(rules=frozenset({A, B}))


class Runs:
    """Runs one after another over the findings so far, each evaluated and kept as a table."""

    def __init__(self) -> None:
        self.connection = ibis.duckdb.connect()
        self.current: ir.Table | None = None

    def run(self, number: int, found: ir.Table, scope: Scope = ALL) -> dict[tuple[str, str], dict[str, Any]]:
        after = next_findings(self.current, found, seen_at=day(number), fingerprint=digest, scope=scope)
        assert after.schema() == FINDING_SCHEMA
        rows = self.connection.to_pyarrow(after)
        self.current = ibis.memtable(rows)
        return {(row["row_key"], row["rule"]): row for row in rows.to_pylist()}


def test_first_run_sees_everything_for_the_first_time() -> None:
    found = Runs().run(1, failures(("1", A), ("2", B)))
    assert {(row["first_seen"], row["last_seen"], row["gone_since"]) for row in found.values()} == {
        (day(1), day(1), None)
    }
    text = "people|1|name|" + A
    assert found["1", A]["fingerprint"] == hashlib.md5(text.encode()).hexdigest()


@pytest.mark.duty("R-077")
def test_still_failing_keeps_its_first_day_and_names_the_newest_batch() -> None:
    runs = Runs()
    runs.run(1, failures(("1", A), batch="b1"))
    found = runs.run(2, failures(("1", A), ("2", A), batch="b2"))
    assert (found["1", A]["first_seen"], found["1", A]["last_seen"]) == (day(1), day(2))
    assert found["1", A]["batch"] == "b2"
    assert found["2", A]["first_seen"] == day(2)


def test_what_is_mended_is_gone_and_stays_on_record() -> None:
    runs = Runs()
    runs.run(1, failures(("1", A), ("2", A)))
    found = runs.run(2, failures(("2", A)))
    assert (found["1", A]["gone_since"], found["1", A]["last_seen"]) == (day(2), day(1))
    later = runs.run(3, failures(("2", A)))
    assert later["1", A]["gone_since"] == day(2)
    assert len(later) == 2


def test_what_returns_is_the_same_finding_and_is_counted() -> None:
    runs = Runs()
    runs.run(1, failures(("1", A)))
    runs.run(2, failures())
    found = runs.run(3, failures(("1", A)))
    assert found["1", A]["first_seen"] == day(1)
    assert found["1", A]["last_seen"] == day(3)
    assert (found["1", A]["gone_since"], found["1", A]["reappeared"]) == (None, 1)
    assert runs.run(4, failures(("1", A)))["1", A]["reappeared"] == 1


def test_a_rule_that_was_not_evaluated_leaves_its_findings_untouched() -> None:
    runs = Runs()
    runs.run(1, failures(("1", A), ("1", B)))
    found = runs.run(2, failures(), Scope(rules=frozenset({A})))
    assert found["1", A]["gone_since"] == day(2)
    assert (found["1", B]["gone_since"], found["1", B]["last_seen"]) == (None, day(1))
    untouched = runs.run(3, failures(), Scope(rules=frozenset()))
    assert untouched["1", B]["gone_since"] is None


def test_a_run_over_some_rows_closes_only_those() -> None:
    runs = Runs()
    runs.run(1, failures(("1", A), ("2", A), ("3", A)))
    looked = ibis.memtable(
        [{"resource": "people", "row_key": "1"}, {"resource": "others", "row_key": "2"}],
        schema={"resource": "string", "row_key": "string"},
    )
    found = runs.run(2, failures(("4", A)), Scope(rules=ALL.rules, rows=looked.union(looked)))
    assert [found[key, A]["gone_since"] for key in "1234"] == [day(2), None, None, None]


def test_the_same_run_again_changes_nothing() -> None:
    runs = Runs()
    runs.run(1, failures(("1", A), ("2", A)))
    runs.run(2, failures())
    once = runs.run(3, failures(("1", A)))
    assert runs.run(3, failures(("1", A))) == once


def test_a_failure_given_twice_is_one_finding() -> None:
    runs = Runs()
    assert len(runs.run(1, failures(("1", A), ("1", A)))) == 1
    assert len(runs.run(2, failures(("1", A), ("1", A)))) == 1
    assert runs.connection.to_pyarrow(runs.current.count()).as_py() == 1  # type: ignore[union-attr]


def test_summary_counts_by_resource_rule_and_severity() -> None:
    runs = Runs()
    runs.run(1, failures(("1", A), ("2", A), ("1", B)))
    runs.run(2, failures(("2", A)))
    runs.run(3, failures(("1", A), ("2", A)))
    rows = runs.connection.to_pyarrow(summary(runs.current)).to_pylist()
    counts = {row["rule"]: (row["present"], row["gone"], row["reappeared"], row["oldest"]) for row in rows}
    assert counts == {A: (2, 0, 1, day(1)), B: (0, 1, 0, None)}
    assert {(row["resource"], row["severity"]) for row in rows} == {("people", "error")}


LIBRARY = Library.model_validate(
    {
        "title": "人口库",
        "key": "citizen_id",
        "key_in": {"ga_household": "citizen_id", "sw_insurance": "id_no"},
        "items": {
            "name": {
                "title": "姓名",
                "authority": "ga_household",
                "corroborating": ["sw_insurance"],
                "from_item": {"ga_household": "full_name"},
            },
            "sex": {"title": "性别", "authority": "ga_household"},
            "phone": {"title": "电话", "authority": "sw_insurance", "corroborating": ["ga_household"]},
        },
    }
)
DEPARTMENTS = {"ga_household": "ga", "sw_insurance": "sw"}


def base() -> ir.Table:
    return ibis.memtable(
        [
            {"citizen_id": "1", "name__agreement": "differs", "phone__agreement": "agreed"},
            {"citizen_id": "2", "name__agreement": "agreed", "phone__agreement": "differs"},
            {"citizen_id": "3", "name__agreement": "differs", "phone__agreement": "differs"},
            {"citizen_id": "4", "name__agreement": "sole", "phone__agreement": None},
        ],
        schema={"citizen_id": "string", "name__agreement": "string", "phone__agreement": "string"},
    )


@pytest.mark.duty("R-071", "R-076")
def test_sources_that_differ_become_findings_of_the_authority() -> None:
    connection = ibis.duckdb.connect()
    found = disagreements(base(), "population", LIBRARY, departments=DEPARTMENTS)
    assert found.schema() == FAILURE_SCHEMA
    rows = connection.to_pyarrow(found).to_pylist()
    name = ("ga_household", "ga", "full_name", "agreement.population.name")
    phone = ("sw_insurance", "sw", "phone", "agreement.population.phone")
    assert sorted((row["row_key"], row["resource"], row["department"], row["item"], row["rule"]) for row in rows) == [
        ("1", *name),
        ("2", *phone),
        ("3", *name),
        ("3", *phone),
    ]
    assert {(row["dimension"], row["batch"]) for row in rows} == {("consistency", None)}


def test_a_disagreement_names_the_batch_of_the_authority() -> None:
    standard = ibis.memtable(
        [{"citizen_id": "1", "_batch": "b7"}, {"citizen_id": "3", "_batch": "b8"}],
        schema={"citizen_id": "string", "_batch": "string"},
    )
    found = disagreements(base(), "population", LIBRARY, departments=DEPARTMENTS, batches={"ga_household": standard})
    rows = ibis.duckdb.connect().to_pyarrow(found).to_pylist()
    assert {(row["row_key"], row["resource"], row["batch"]) for row in rows} == {
        ("1", "ga_household", "b7"),
        ("3", "ga_household", "b8"),
        ("2", "sw_insurance", None),
        ("3", "sw_insurance", None),
    }


def test_only_corroborated_items_have_a_rule() -> None:
    assert rule_ids("population", LIBRARY) == ("agreement.population.name", "agreement.population.phone")


def test_a_library_without_corroboration_has_no_disagreements() -> None:
    alone = LIBRARY.model_copy(update={"items": {"sex": LIBRARY.items["sex"]}})
    found = disagreements(base(), "population", alone, departments=DEPARTMENTS)
    assert ibis.duckdb.connect().to_pyarrow(found).num_rows == 0
