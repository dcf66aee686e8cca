"""Known attacks on masked files, run against ours: dictionary, linkage between recipients, and the rest of the row."""

import hashlib
import hmac as reference
from datetime import date

import ibis
import numpy as np
import pyarrow as pa
import pytest

from ground.errors import UserError
from masking.plan import MaskingPlan, apply
from masking.risk import as_risk, measure

AS_OF = date(2026, 11, 21)
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])


def keyed(con, name, key):
    """HMAC-SHA256 as two nested digests over bytes, as an engine leaf defines it; the query names only the macro."""
    padded = key.ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded).hex() for pad in (0x36, 0x5C))
    con.raw_sql(f"CREATE MACRO {name}(x) AS sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode(x))))")

    @ibis.udf.scalar.builtin(name=name)
    def call(x: str) -> str: ...

    return call


def citizens(count, seed=1):
    """Citizen ids of one division with right check digits, and their dates of birth."""
    random = np.random.default_rng(seed)
    births = np.datetime64("1940-01-01") + random.integers(0, 29_000, count)
    bodies = [
        f"420106{str(birth).replace('-', '')}{number:03d}"
        for birth, number in zip(births, random.integers(0, 1000, count), strict=True)
    ]
    sums = np.array([[int(digit) for digit in body] for body in bodies]) @ WEIGHTS % 11
    return [body + "10X98765432"[rest] for body, rest in zip(bodies, sums, strict=True)], births


@pytest.fixture(scope="module")
def con():
    return ibis.duckdb.connect()


@pytest.fixture(scope="module")
def people():
    ids, births = citizens(2_000)
    table = ibis.memtable(pa.table({"citizen_id": ids, "born": [str(birth) for birth in births]}))
    return ids, table.mutate(birth_date=table["born"].cast("date"))


def plan(columns, quasi, k=5):
    return MaskingPlan.model_validate({"columns": columns, "quasi_identifiers": quasi, "k": k})


PSEUDONYM = plan({"subject": {"title": "假名", "technique": "pseudonym", "column": "citizen_id"}}, [])


def pseudonyms(con, table, hmac):
    return con.to_pyarrow(apply(PSEUDONYM, table, hmac, as_of=AS_OF))["subject"].to_pylist()


@pytest.mark.duty("R-194")
def test_pseudonyms_are_true_hmac_and_fall_to_no_dictionary(con, people):
    ids, table = people
    hmac = keyed(con, "hmac_one", b"first recipient's secret key 0001")

    given = pseudonyms(con, table, hmac)

    expected = {
        reference.new(b"first recipient's secret key 0001", one.encode(), hashlib.sha256).hexdigest()[:32]
        for one in ids
    }
    assert set(given) == expected
    for plain in (hashlib.sha256, hashlib.md5, hashlib.sha1):
        assert not {plain(one.encode()).hexdigest()[:32] for one in ids} & set(given)


def test_two_recipients_cannot_join_what_they_hold(con, people):
    _, table = people
    one = pseudonyms(con, table, keyed(con, "hmac_a", b"key of a"))
    two = pseudonyms(con, table, keyed(con, "hmac_b", b"key of b"))
    assert len(set(one)) == len(set(two))
    assert not set(one) & set(two)


def test_no_key_stands_in_the_query(con, people):
    _, table = people
    key = b"never to be seen in a log 123456"
    sql = ibis.to_sql(apply(PSEUDONYM, table, keyed(con, "hmac_c", key), as_of=AS_OF), dialect="duckdb")
    padded = key.ljust(64, b"\0")
    for trace in (key.decode(), key.hex(), bytes(byte ^ 0x36 for byte in padded).hex()[:32]):
        assert trace.lower() not in str(sql).lower()
    assert "hmac_c" in str(sql).lower()


def test_a_pseudonym_without_a_key_is_refused(people):
    with pytest.raises(UserError, match="key"):
        apply(PSEUDONYM, people[1], None, as_of=AS_OF)


@pytest.mark.duty("R-194")
def test_one_plus_one_leaves_a_crowd_where_six_plus_four_leaves_the_person(con, people):
    """The attacker knows the mask and the registry: how many people fit each published value."""
    ids, table = people
    masked = plan({"citizen_id": {"title": "号码", "technique": "citizen_id"}}, ["citizen_id"])
    found = as_risk(con.to_pyarrow(measure(apply(masked, table, as_of=AS_OF), ["citizen_id"], k=11)))
    six_four = [one[:6] + one[-4:] for one in ids]

    assert found.k > 100
    assert sum(six_four.count(one) == 1 for one in six_four) > 1_000


@pytest.mark.duty("R-194")
def test_the_mask_is_measured_with_the_rest_of_the_row(con, people):
    """The id's mask alone is safe; beside the date of birth it is the person, and the measure says so."""
    _, table = people
    columns = {
        "citizen_id": {"title": "号码", "technique": "citizen_id"},
        "age": {"title": "年龄", "technique": "age_band", "column": "birth_date", "edges": list(range(0, 90))},
    }
    whole = plan(columns, ["citizen_id", "age"])
    masked = apply(whole, table, as_of=AS_OF)

    alone = as_risk(con.to_pyarrow(measure(masked, ["citizen_id"], k=5)))
    together = as_risk(con.to_pyarrow(measure(masked, ["citizen_id", "age"], k=5)))

    assert alone.k >= 5
    assert together.k == 1
    assert together.below > 0


def test_only_named_columns_leave_and_every_row_does(con, people):
    _, table = people
    masked = con.to_pyarrow(
        apply(
            plan({"year": {"title": "年", "technique": "year", "column": "birth_date"}}, ["year"]), table, as_of=AS_OF
        )
    )
    assert masked.column_names == ["year"]
    assert masked.num_rows == 2_000


def test_a_column_that_is_not_there_or_of_the_wrong_type_is_refused(people):
    _, table = people
    with pytest.raises(UserError, match="现有列：citizen_id、born、birth_date"):
        apply(plan({"sex": {"title": "性别", "technique": "allowed", "values": ["1"]}}, ["sex"]), table, as_of=AS_OF)
    with pytest.raises(UserError, match="needs date"):
        apply(plan({"born": {"title": "年", "technique": "year"}}, ["born"]), table, as_of=AS_OF)
