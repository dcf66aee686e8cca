"""Why a finding is gone: tables in, proofs out (`quality.repairs`)."""

from datetime import UTC, datetime

import ibis
import pytest

from quality.repairs import PROVEN, REPAIR_SCHEMA, Repair, repairs

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
RULE = "r.x.code"


def table(columns, *rows):
    names = columns.split()
    return ibis.memtable([dict(zip(names, row, strict=True)) for row in rows], schema=dict.fromkeys(names, "string"))


def proven(engine, *, before=(), after=(), rekeyed=(), removed=(), others=(), confirmed=(), key="1", rule=RULE):
    found = repairs(
        table("fingerprint resource row_key item rule", ("f", "r", key, "x", rule)),
        table("resource row_key batch hash", *before),
        table("resource row_key batch hash", *after),
        rekeyed=table("resource row_key new_key batch", *rekeyed),
        removed=table("resource row_key batch", *removed),
        others=table("rule resource batch", *others),
        confirmed=table("fingerprint", *confirmed),
        at=NOW,
    )
    assert found.schema() == REPAIR_SCHEMA
    (plain,) = engine.to_arrow(found).to_pylist()
    return plain["kind"], plain["batch_after"], plain["hash_before"], plain["hash_after"], plain["new_key"]


WAS = [("r", "1", "b1", "h1")]


@pytest.mark.duty("R-183")
@pytest.mark.parametrize(
    ("facts", "meant"),
    [
        ({"before": WAS, "after": [("r", "1", "b2", "h2")]}, ("changed", "b2", "h1", "h2", None)),
        ({"before": WAS, "removed": [("r", "1", "b2")]}, ("gone", "b2", "h1", None, None)),
        ({"before": WAS, "rekeyed": [("r", "1", "9", "b3")], "removed": [("r", "1", "b2")]}, ("rekeyed", "b3", "h1", None, "9")),
        ({"after": [("r", "1", "b2", "h2")]}, ("arrived", "b2", None, "h2", None)),
        ({"before": WAS, "after": WAS, "others": [(RULE, "r", "c7")]}, ("other_side", "c7", "h1", "h1", None)),
        ({"before": WAS, "after": WAS}, ("unproven", None, "h1", "h1", None)),
        ({"before": WAS}, ("unproven", None, "h1", None, None)),
        ({}, ("unproven", None, None, None, None)),
        ({"before": WAS, "after": [("r", "1", "b2", "h2")], "confirmed": [("f",)]}, ("confirmed", None, "h1", "h2", None)),
    ],
)  # fmt: skip
def test_every_kind_of_repair_has_its_own_proof(engine, facts, meant):
    assert proven(engine, **facts) == meant


def test_what_concerns_another_row_rule_or_resource_proves_nothing(engine):
    assert proven(
        engine,
        before=WAS, after=WAS, others=[("r.x.other", "r", "c7"), (RULE, "s", "c8")], removed=[("r", "2", "b2")],
        rekeyed=[("s", "1", "9", "b3")],
    )[0] == "unproven"  # fmt: skip


def test_a_changed_row_is_said_to_be_changed_whatever_came_on_the_other_side(engine):
    assert proven(engine, before=WAS, after=[("r", "1", "b2", "h2")], others=[(RULE, "r", "c7")])[:2] == (
        "changed",
        "b2",
    )


def test_what_was_confirmed_or_has_no_batch_is_no_proof():
    assert set(Repair) - set(PROVEN) == {Repair.UNPROVEN, Repair.CONFIRMED}
