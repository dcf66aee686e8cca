"""What a delivery does to the standard stage, mode by mode: tables in, tables out, through the service.

Bytes, rows and outcomes are looked at in test_intake_deliveries.py; broken files in test_bad_input.py.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from intake_home import COLUMNS, Home, csv, feed, resource

from pipelines.intake.store import Outcome

FULL, INC = feed("full"), feed("inc", "increment")
FIX, WHOLE_FIX = (
    feed("fix", "correction", columns={"公民身份号码": "citizen_id", "电话": "phone"}),
    feed("mend", "correction"),
)
GONE = feed("gone", "tombstone")

THREE = csv("""
    公民身份号码 | 姓名 | 电话 | 更新时间
    P1          | 张伟 | 111 | 2026-10-01 08:00:00
    P2          | 李娜 | 222 | 2026-10-01 08:00:00
    P3          | 王芳 | 333 | 2026-10-01 08:00:00
""")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Callable[..., Home]]:
    made = []

    def make(*feeds, **options):
        made.append(Home(tmp_path / f"home{len(made)}", *feeds, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def table(*lines: str) -> str:
    return csv("\n".join(["公民身份号码 | 姓名 | 电话 | 更新时间", *lines]))


# --- full -------------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-062")
def test_a_full_delivery_changes_what_changed_leaves_what_did_not_and_removes_what_is_gone(home):
    h = home(FULL)
    first = h.take("full_202610.csv", THREE)
    assert (first.outcome, first.rows_in, first.rows_taken, first.rows_changed, first.rows_gone) == (
        "taken",
        3,
        3,
        3,
        0,
    )
    second = h.take(
        "full_202611.csv",
        table("P1 | 张伟 | 111 | 2026-10-01 08:00:00", "P2 | 李娜 | 999 | 2026-11-01 08:00:00", "P4 | 赵敏 | 444 |"),
    )
    assert (second.rows_in, second.rows_changed, second.rows_gone) == (3, 2, 1)
    assert h.names() == {"P1": "张伟", "P2": "李娜", "P4": "赵敏"}
    assert h.standard()["P2"]["phone"] == "999"
    # The row that did not change was not touched: it still carries the batch that brought it.
    batches = {row["citizen_id"]: row["_batch"] for row in h.rows("standard.person")}
    assert batches == {"P1": first.batch, "P2": second.batch, "P4": second.batch}


def test_a_row_that_breaks_the_contract_does_not_make_its_key_gone(home):
    h = home(FULL)
    h.take("full_202610.csv", THREE)
    late = h.take("full_202611.csv", table("P1 | 张伟 | 111 |", f"P2 | {'长' * 21} | 222 |"))
    assert (late.rows_gone, late.reasons) == (1, {"name:too_long": 1})
    assert h.names() == {"P1": "张伟", "P2": "李娜"}, "P2 was delivered, broken: what was known of it stays"


def test_where_a_line_is_no_row_nobody_is_taken_for_gone(home):
    h = home(FULL)
    h.take("full_202610.csv", THREE)
    second = h.take(
        "full_202611.csv", table("P1 | 张伟 | 111 |", "P2 | 李娜") + table("P4 | 赵敏 | 444 |").split("\n", 1)[1]
    )
    assert (second.rows_gone, second.reasons) == (0, {"line:broken_line": 1})
    assert set(h.names()) == {"P1", "P2", "P3", "P4"}


def test_a_late_full_delivery_is_kept_and_overwrites_nothing(home):
    h = home(FULL)
    h.take("full_202611.csv", THREE)
    before = h.rows("standard.person")
    late = h.take("full_202610.csv", table("P9 | 旧人 | 999 |"))
    assert (late.outcome, late.rows_in) == (Outcome.LATE, None)
    assert "只存档" in (late.message_zh or "") and "overwrites nothing" in (late.message_en or "")
    assert h.rows("standard.person") == before
    assert h.payload(late) == table("P9 | 旧人 | 999 |").encode()
    assert h.outcome(late)["outcome"] == "late"


# --- increment --------------------------------------------------------------------------------------------------


def test_an_increment_adds_and_changes_and_removes_nothing(home):
    h = home(FULL, INC)
    h.take("full_202610.csv", THREE)
    h.take("inc_20261102.csv", table("P2 | 李娜 | 999 |", "P4 | 赵敏 | 444 |"))
    assert h.names() == {"P1": "张伟", "P2": "李娜", "P3": "王芳", "P4": "赵敏"}
    assert h.standard()["P2"]["phone"] == "999"


def test_an_older_period_of_the_same_feed_does_not_overwrite_a_newer_one(home):
    h = home(INC)
    h.take("inc_20261103.csv", table("P1 | 新名 | 333 |"))
    late = h.take("inc_20261102.csv", table("P1 | 旧名 | 222 |", "P2 | 李娜 | 222 |"))
    assert (late.outcome, late.rows_changed) == (Outcome.TAKEN, 1), "what the newer one does not speak of is taken"
    assert h.names() == {"P1": "新名", "P2": "李娜"}


def test_an_older_period_does_not_overwrite_what_a_newer_one_merely_confirmed(home):
    h = home(INC)
    h.take("inc_20261101.csv", table("P1 | 真名 | 111 |"))
    h.take("inc_20261103.csv", table("P1 | 真名 | 111 |"))  # touches no row: its stamp is not in standard
    h.take("inc_20261102.csv", table("P1 | 误名 | 222 |"))
    assert h.names() == {"P1": "真名"}


def test_a_newer_row_that_broke_the_contract_does_not_shut_out_an_older_one(home):
    h = home(INC)
    h.take("inc_20261103.csv", table("P1 |  | 333 |", *[f"Q{n} | 某人 | 1 |" for n in range(3)]))
    h.take("inc_20261102.csv", table("P1 | 旧名 | 222 |"))
    assert h.names()["P1"] == "旧名"


KEYS, NAMES = st.sampled_from(["P1", "P2"]), st.sampled_from(["甲", "乙"])
CHANGES = st.dictionaries(KEYS, NAMES, min_size=1)


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    base=CHANGES,
    deliveries=st.permutations([1, 2, 3]).flatmap(
        lambda order: st.tuples(*[st.tuples(st.just(n), CHANGES) for n in order])
    ),
)
@example(base={"P1": "甲"}, deliveries=((2, {"P1": "甲"}), (1, {"P1": "乙"})))
def test_increments_of_different_periods_end_the_same_in_whatever_order_they_come(tmp_path, base, deliveries):
    h = Home(tmp_path / f"{len(list(tmp_path.iterdir()))}", FULL, INC)
    h.take("full_202610.csv", table(*[f"{key} | {name} | |" for key, name in base.items()]))
    for period, changes in deliveries:
        h.take(f"inc_2026110{period}.csv", table(*[f"{key} | {name} | |" for key, name in changes.items()]))
    expected = dict(base)
    for _, changes in sorted(deliveries):
        expected |= changes
    assert h.names() == expected
    h.close()


# --- correction -------------------------------------------------------------------------------------------------


@pytest.mark.duty("R-183")
def test_a_correction_changes_some_keys_and_some_items_and_leaves_the_rest(home):
    h = home(FULL, FIX)
    h.take("full_202610.csv", THREE)
    fixed = h.take("fix_20261105.csv", csv("公民身份号码 | 电话\nP2 | 999"))
    assert (fixed.outcome, fixed.rows_changed, fixed.rows_gone) == (Outcome.TAKEN, 1, 0)
    assert h.standard()["P2"] == {**h.standard()["P2"], "name": "李娜", "phone": "999"}
    assert {key: row["phone"] for key, row in h.standard().items()} == {"P1": "111", "P2": "999", "P3": "333"}


def test_a_correction_of_an_unknown_key_is_quarantined(home):
    h = home(FULL, FIX)
    h.take("full_202610.csv", THREE)
    fixed = h.take("fix_20261105.csv", csv("公民身份号码 | 电话\nP9 | 999\nP2 | 888"))
    assert fixed.reasons == {"citizen_id:unknown_key": 1}
    assert h.quarantine() == [(fixed.batch, 2, "citizen_id:unknown_key;")]
    assert set(h.names()) == {"P1", "P2", "P3"}


def test_a_correction_before_any_delivery_waits_in_quarantine_and_comes_in_by_replay(home):
    h = home(FULL, FIX)
    early = h.take("fix_20261105.csv", csv("公民身份号码 | 电话\nP2 | 999"))
    assert (early.outcome, h.standard()) == (Outcome.REFUSED, {}), "every row of it is broken: refused whole"
    h.take("full_202610.csv", THREE)
    assert h.replay(early.id).outcome is Outcome.TAKEN
    assert h.standard()["P2"]["phone"] == "222", "what came after it stays, it is not overwritten by the replay"


def test_a_correction_with_all_required_items_brings_a_missing_record(home):
    h = home(FULL, WHOLE_FIX)
    h.take("full_202610.csv", THREE)
    fixed = h.take("mend_20261105.csv", table("P9 | 补录 | 999 |"))
    assert (fixed.outcome, fixed.reasons) == (Outcome.TAKEN, {})
    assert h.names()["P9"] == "补录"


# --- tombstone --------------------------------------------------------------------------------------------------


def test_a_tombstone_removes_its_keys_and_keeps_the_reason(home):
    h = home(FULL, GONE)
    h.take("full_202610.csv", THREE)
    gone = h.take("gone_20261105.csv", csv("公民身份号码 | 原因\nP2 | 死亡\nP9 | 迁出"))
    assert (gone.rows_gone, gone.reasons) == (1, {"citizen_id:unknown_key": 1})
    assert set(h.names()) == {"P1", "P3"}
    assert {row["citizen_id"]: row["_reason"] for row in h.rows("raw.gone")} == {"P2": "死亡", "P9": "迁出"}


def test_a_replayed_older_delivery_does_not_bring_back_what_a_tombstone_removed(home):
    h = home(INC, GONE)
    first = h.take("inc_20261101.csv", THREE)
    h.take("gone_20261105.csv", csv("公民身份号码 | 原因\nP2 | 死亡"))
    assert h.replay(first.id).outcome is Outcome.TAKEN
    assert set(h.names()) == {"P1", "P3"}


# --- replay -----------------------------------------------------------------------------------------------------


def test_a_refused_delivery_is_taken_by_replay_once_the_document_is_mended(home):
    wrong = feed("full", columns={**COLUMNS, "身份证": "citizen_id"} | {"公民身份号码": "phone", "电话": "name"})
    wrong["columns"] = {"身份证": "citizen_id", "姓名": "name"}
    h = home(wrong)
    refused = h.take("full_202610.csv", THREE)
    assert refused.outcome is Outcome.REFUSED
    assert "身份证" in (refused.message_zh or "") and h.standard() == {}
    h.declare(FULL)
    taken = h.replay(refused.id)
    assert (taken.outcome, taken.attempt, taken.message_zh) == (Outcome.TAKEN, 2, None)
    assert h.names() == {"P1": "张伟", "P2": "李娜", "P3": "王芳"}
    assert {row["_batch"] for row in h.rows("standard.person")} == {"full/2026-10/0001~2"}
    assert h.outcome(taken)["attempt"] == 2


def test_quarantined_rows_come_in_by_replay_and_what_was_taken_stays_as_it_is(home):
    h = home(FULL)
    first = h.take("full_202610.csv", table("P1 | 张伟 | 111 |", f"P2 | {'长' * 21} | 222 |"))
    assert set(h.names()) == {"P1"}
    longer = [dict(item, max_length=40) if item["id"] == "name" else item for item in resource()["items"]]
    h.declare_entry(resource(items=longer))
    again = h.replay(first.id)
    assert (again.rows_quarantined, again.rows_changed) == (0, 1)
    batches = {row["citizen_id"]: row["_batch"] for row in h.rows("standard.person")}
    assert batches == {"P1": first.id, "P2": f"{first.id}~2"}


def test_a_replay_never_overwrites_what_came_later(home):
    h = home(INC, FIX)
    first = h.take("inc_20261101.csv", THREE)
    h.take("fix_20261105.csv", csv("公民身份号码 | 电话\nP2 | 999\nP3 | 333"))
    before = h.standard()
    # As if the mapping had been wrong: under the mended one every row of the first delivery reads otherwise.
    h.declare(feed("inc", "increment", columns={"公民身份号码": "citizen_id", "电话": "name", "姓名": "phone"}))
    h.replay(first.id)
    after = h.standard()
    assert after["P1"]["name"] == "111", "what nobody spoke of since is mended"
    assert {key: after[key] for key in ("P2", "P3")} == {key: before[key] for key in ("P2", "P3")}


@pytest.mark.parametrize("later", ["full_202611.csv", "full_202610b.csv"], ids=["a later period", "the same period"])
def test_replaying_a_full_delivery_that_another_one_overtook_is_refused(home, later):
    from ground.errors import UserError

    h = home(FULL)
    first = h.take("full_202610.csv", THREE)
    second = h.take(later, table("P1 | 张伟 | 111 | 2026-10-01 08:00:00", "P3 | 王芳 | 333 | 2026-10-01 08:00:00"))
    assert second.rows_gone == 1
    with pytest.raises(UserError, match="would change nothing") as refused:
        h.replay(first.id)
    assert second.id in refused.value.zh
    assert set(h.names()) == {"P1", "P3"}, "P2 was gone and stays so"


# --- duplicates, normalisation, what is taken ---------------------------------------------------------------------


def test_rows_that_repeat_word_for_word_collapse(home):
    h = home(FULL)
    one = h.take("full_202610.csv", table("P1 | 张伟 | 111 |", "P1 | 张伟 | 111 |", " P1 | 张伟 | 111 |"))
    assert (one.rows_in, one.rows_taken, one.rows_repeated, one.rows_quarantined) == (3, 1, 2, 0)
    assert h.names() == {"P1": "张伟"}


def test_of_conflicting_rows_the_newest_observed_wins_and_the_others_are_quarantined(home):
    h = home(FULL)
    one = h.take(
        "full_202610.csv",
        table(
            "P1 | 中 | 1 | 2026-10-02 00:00:00",
            "P1 | 新 | 2 | 2026-10-03 00:00:00",
            "P1 | 旧 | 3 | 2026-10-01 00:00:00",
        ),
    )
    assert h.names() == {"P1": "新"}
    assert (one.rows_taken, one.reasons) == (1, {"citizen_id:duplicate_key": 2})
    assert [(row, reason) for _, row, reason in h.quarantine()] == [
        (2, "citizen_id:duplicate_key;"),
        (4, "citizen_id:duplicate_key;"),
    ]


@pytest.mark.duty("R-037")
def test_columns_outside_the_entry_are_not_taken_anywhere(home):
    h = home(feed("full", columns={"公民身份号码": "citizen_id", "姓名": "name"}))
    one = h.take("full_202610.csv", csv("联系电话 | 公民身份号码 | 姓名 | 住址\n13800000000 | P1 | 张伟 | 某地"))
    assert one.outcome is Outcome.TAKEN
    assert h.standard() == {"P1": {"citizen_id": "P1", "name": "张伟", "phone": None, "updated_at": None}}
    (raw,) = h.rows("raw.full")
    assert set(raw) == {"citizen_id", "name", "_row", "_hash", "_batch", "_feed"}
    texts = [str(row) for name in ("raw.full", "standard.person", "raw.batch") for row in h.rows(name)]
    assert not [text for text in texts if "13800000000" in text or "某地" in text]


def test_keys_are_normalised_and_what_was_delivered_stands_in_raw(home):
    h = home(FULL)
    h.take(
        "full_202610.csv",
        table("３３０１０６１９７００１０１００１x | 张伟 | 111 |", "33010619700101002X | 李娜 | 222 |"),
    )
    assert h.names() == {"33010619700101001X": "张伟", "33010619700101002X": "李娜"}
    assert {row["citizen_id"] for row in h.rows("raw.full")} == {
        "３３０１０６１９７００１０１００１x",
        "33010619700101002X",
    }
    again = h.take("full_202611.csv", table("33010619700101001X | 张伟 | 111 |", "33010619700101002x | 李娜 | 222 |"))
    assert (again.rows_changed, again.rows_gone) == (0, 0), "written otherwise, the same: nothing changed"


def test_row_numbers_are_those_of_the_file_with_broken_and_empty_lines_between(home):
    h = home(FULL)
    lines = [
        ",".join(COLUMNS),
        "P1,张伟,1,",
        "no row",
        "",
        "P2,李娜,2,",
        '"P3"x,y,z,w',
        "a,b,c,d,e,f",
        "",
        "",
        "P4,,4,",
        "P5,钱多,5,",
    ]
    one = h.take("full_202610.csv", "\r\n".join(lines) + "\r\n")
    assert {row["citizen_id"]: row["_row"] for row in h.rows("standard.person")} == {"P1": 2, "P2": 5, "P5": 11}
    assert [(row, reasons) for _, row, reasons in h.quarantine()] == [
        (3, "line:broken_line;"),
        (6, "line:broken_line;"),
        (7, "line:broken_line;"),
        (10, "name:missing;"),
    ]
    assert (one.rows_in, one.rows_taken, one.rows_quarantined) == (7, 3, 4)
