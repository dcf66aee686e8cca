"""The month after: what is delivered again, what is put right, what is wrong anew, and that its truth says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from ground.errors import UserError
from portal.cli.homes import run_simulation
from simulation.answers import WHOLLY, repaired_share
from simulation.city import CitySummary, simulate
from simulation.declared import declared_keys
from simulation.truth import read_truth, read_wholly_repaired

PERSONS, SEED = 3_000, 2026
KEY = "公民身份号码"
NAMES = {"sex": "性别", "ethnicity": "民族", "birth_date": "出生日期", "name": "姓名", "citizen_id": KEY}


@dataclass(frozen=True)
class Months:
    home: Path
    second: CitySummary
    before: pd.DataFrame
    after: pd.DataFrame
    truth: pd.DataFrame


def _register(home: Path, name: str, encoding: str = "gbk") -> pd.DataFrame:
    return pd.read_csv(home / "inbox" / "ga" / name, encoding=encoding, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Months:
    home = tmp_path_factory.mktemp("months")
    simulate(home, persons=PERSONS, seed=SEED)
    second = simulate(home, persons=PERSONS, seed=SEED, day=2)
    truth = pq.read_table(home / "simulation" / "truth_day2.parquet").to_pandas()
    before, after = _register(home, "hukou_2026-11.csv"), _register(home, "hukou_2026-12.csv")
    return Months(home, second, before, after, truth)


def test_every_full_feed_comes_again_for_the_next_month(months: Months) -> None:
    files = {path.name for path in (months.home / "inbox").rglob("*") if path.is_file()}
    again = {name.replace("2026-12", "2026-11") for name in files if "2026-12" in name}
    assert again - files == {"hukou_correction_2026-11.csv", "hukou_cancelled_2026-11.csv"}
    assert {name for name in files if "2026-11" in name} <= again


def test_little_has_changed_and_all_that_has_says_when(months: Months) -> None:
    old = months.before.drop_duplicates(KEY, keep=False).set_index(KEY)
    new = months.after.drop_duplicates(KEY, keep=False).set_index(KEY)
    shifted = new.index[~new["更新时间"].str.startswith("20")]
    both = old.index.intersection(new.index).difference(shifted)
    assert len(both) > 0.97 * len(old)
    changed = (old.loc[both] != new.loc[both]).any(axis=1)
    assert 0.01 < changed.mean() < 0.1
    assert (new.loc[both, "更新时间"][changed] > "2026-11-01").mean() > 0.97
    assert (new.loc[both, "更新时间"][~changed] < "2026-11-01").all()


def _mended(months: Months, resource: str) -> pd.DataFrame:
    return months.truth[(months.truth["resource"] == resource) & (months.truth["status"] == "repaired")]


def test_what_was_repaired_is_right_now(months: Months) -> None:
    day1 = read_truth(months.home)
    mended = _mended(months, "ga_household")
    mended = mended[mended["repair"].isin(["correction", "rekeyed", "value"])]
    assert len(mended) > 5
    for truth in mended.itertuples():
        row = months.after.iloc[truth.row - 2]
        assert row[NAMES[truth.item]] == truth.right
        assert (day1["wrong"].eq(truth.wrong) & day1["right"].eq(truth.right) & day1["item"].eq(truth.item)).any()
    left = read_truth(months.home, day=2)
    assert list(left.columns) == list(day1.columns)
    assert len(left) == (months.truth["status"] != "repaired").sum()
    assert sum(months.second.repaired.values()) == (months.truth["status"] == "repaired").sum()


def test_some_items_are_repaired_wholly_some_in_part_and_some_not_at_all(months: Months) -> None:
    faults = months.truth[months.truth["is_error"] & months.truth["expected"].isin(["finding", "quarantine"])]
    mended = faults.assign(mended=faults["status"] == "repaired").groupby(["resource", "item"])["mended"].mean()
    assert min((mended == 1).sum(), mended.between(0, 1, inclusive="neither").sum(), (mended == 0).sum()) > 10
    told = read_wholly_repaired(months.home)
    assert set(zip(told["resource"], told["item"], strict=True)) == set(mended.index[mended == 1])
    assert {department for department, _ in told["resource"].str.split("_", n=1)} >= {"ga", "sc", "sp"}
    assert told["resource"].str.split("_").str[0].nunique() >= 5
    ways = dict(zip(zip(told["resource"], told["item"], strict=True), told["by"], strict=True))
    assert {"rekeyed", "tombstone"} <= set(ways["ga_household", "citizen_id"])
    assert ways["sc_company", "credit_code"] == ("rekeyed",)
    assert "arrival" in ways["sp_licence", "holder_code"]
    assert any(way == ("correction",) for (resource, _), way in ways.items() if resource == "ga_household")


def test_nothing_is_wrong_anew_where_all_was_repaired(months: Months) -> None:
    day1, fresh = read_truth(months.home), months.truth[months.truth["status"] == "new"]
    day1 = day1[day1["is_error"] & day1["expected"].isin(["finding", "quarantine"])]
    told = read_wholly_repaired(months.home)
    fresh = fresh[fresh["is_error"] & fresh["expected"].isin(["finding", "quarantine"])]
    merged = told.merge(fresh, on=["resource", "item"])
    assert merged.empty and len(fresh) > 20
    # What a department means to repair wholly is repaired wholly, and every error of day 1 there is among it.
    there, keys = day1.groupby(["resource", "item"]).size(), declared_keys()
    meant = {pair for pair in there.index if repaired_share(SEED, *pair, keys[pair[0]]) == WHOLLY}
    assert meant and meant <= set(zip(told["resource"], told["item"], strict=True))
    assert told.set_index(["resource", "item"])["rows"].to_dict() == {
        pair: there[pair] for pair in zip(told["resource"], told["item"], strict=True)
    }


def test_a_code_given_anew_stands_in_the_register_of_changes(months: Months) -> None:
    for resource, file, now, code in (
        ("ga_household", "ga/code_change_2026-12.csv", months.after[KEY], "现公民身份号码"),
        ("sc_company", "sc/code_change_2026-12.csv", _companies(months)["统一社会信用代码"], "现统一社会信用代码"),
    ):
        changes = pd.read_csv(months.home / "inbox" / file, dtype=str, keep_default_na=False).set_index(
            "原公民身份号码" if resource == "ga_household" else "原代码"
        )
        again = _mended(months, resource)
        again = again[again["repair"] == "rekeyed"]
        assert len(again)
        assert changes.loc[again["wrong"], code].tolist() == again["right"].tolist()
        assert (changes.loc[again["wrong"], "变更日期"] > "2026-11").all()
        assert again["right"].isin(now).all() and not again["wrong"].isin(now).any()


def _companies(months: Months) -> pd.DataFrame:
    return pd.read_csv(months.home / "inbox/sc/company_2026-12.csv", encoding="utf-8-sig", dtype=str)


def test_a_holder_whom_nobody_knew_is_registered_by_now(months: Months) -> None:
    mended = _mended(months, "sp_licence")
    missing = mended.loc[mended["kind"] == "licensed_but_not_registered", "wrong"]
    licences = pd.read_json(months.home / "inbox/sp/licence_2026-12.jsonl", lines=True, dtype=str)
    assert len(missing) and missing.isin(licences["holder_code"]).all()
    names = licences.set_index("holder_code")["holder_name"][missing]
    companies = _companies(months).set_index("统一社会信用代码")
    assert companies.loc[missing, "名称"].tolist() == names.tolist()
    assert (companies.loc[missing, "更新时间"] > "2026-11").all()


def test_a_false_alarm_stands_as_it_was_and_one_value_is_another_that_is_wrong(months: Months) -> None:
    before = read_truth(months.home)
    for kind in ("historic_building", "pupil_back_from_service"):
        first, second = (one[one["kind"] == kind].set_index("key") for one in (before, months.truth))
        assert (first["expected"] == "false_alarm").all() and (first["wrong"] == first["right"]).all()
        assert not first["is_error"].any()
        assert (second["wrong"] == first.loc[second.index, "wrong"]).all() and (second["status"] == "standing").all()
        gone = first.index.difference(second.index)
        anew = months.truth[months.truth["key"].isin(gone) & (months.truth["item"] == first["item"].iloc[0])]
        assert len(gone) == len(anew) == (kind == "historic_building")
        assert (anew["status"] == "new").all() and anew["is_error"].all()
        assert (anew["right"].to_numpy() == first.loc[anew["key"], "right"].to_numpy()).all()
    moved = _moved(months, "jy/school_2026-{month}_1.xls", before[before["kind"] == "pupil_back_from_service"])
    assert moved.any() and not moved.all()


def _moved(months: Months, pattern: str, alarms: pd.DataFrame) -> pd.Series:
    """Which of the rows have another time of update in the second month."""
    one, two = (
        pd.read_excel(months.home / "inbox" / pattern.format(month=month), dtype=str).set_index("学籍号")
        for month in (11, 12)
    )
    keys = alarms["key"]
    assert (one.loc[keys].drop(columns="更新时间") == two.loc[keys].drop(columns="更新时间")).all(axis=None)
    result: pd.Series = one.loc[keys, "更新时间"] != two.loc[keys, "更新时间"]
    return result


def test_what_is_wrong_anew_was_right_before(months: Months) -> None:
    fresh = months.truth[(months.truth["status"] == "new") & (months.truth["resource"] == "ga_household")]
    fresh = fresh[fresh["is_error"] & (fresh["item"] == "sex")]
    assert len(fresh) >= 2
    before = months.before.set_index(KEY)["性别"]
    assert (before.loc[fresh["key"]].to_numpy() == fresh["right"].to_numpy()).all()
    after = months.after.set_index(KEY)["性别"]
    assert (after.loc[fresh["key"]].to_numpy() == fresh["wrong"].to_numpy()).all()


def test_corrections_are_the_repaired_rows_as_they_stand_now(months: Months) -> None:
    batch = _register(months.home, "hukou_correction_2026-12.csv")
    mended = _mended(months, "ga_household")
    mended = mended[mended["repair"] == "correction"]
    assert len(mended) and set(batch[KEY]) == set(months.after[KEY].iloc[mended["row"] - 2])
    assert set(batch[KEY]) >= set(mended.loc[mended["key"] != "", "key"])
    now = months.after.set_index(KEY).loc[batch[KEY], batch.columns.drop(KEY)]
    assert (now.to_numpy() == batch.set_index(KEY).to_numpy()).all()


def test_tombstones_name_who_is_in_the_register_no_more(months: Months) -> None:
    batch = _register(months.home, "hukou_cancelled_2026-12.csv", "utf-8")
    assert list(batch.columns) == [KEY, "注销原因"]
    assert 5 <= len(batch) < 0.05 * PERSONS
    assert set(batch["注销原因"]) <= {"死亡", "迁出"}
    assert batch[KEY].isin(months.before[KEY]).all()
    dead = _mended(months, "ga_household").query("kind == 'dead_still_registered'")["key"]
    assert len(dead) and (batch.set_index(KEY).loc[dead, "注销原因"] == "死亡").all()
    assert not batch[KEY].isin(months.after[KEY]).any()


def test_day_two_is_the_same_twice(months: Months) -> None:
    names = [months.home / name for name in months.second.files]
    before = [path.read_bytes() for path in names]
    simulate(months.home, persons=PERSONS, seed=SEED, day=2)
    assert [path.read_bytes() for path in names] == before


def test_the_command_takes_the_city_that_lives_there(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        run_simulation(tmp_path, persons=None, seed=None, day=2)
    run_simulation(tmp_path, persons=600, seed=3)
    assert run_simulation(tmp_path, persons=None, seed=None, day=2).persons == 600
    with pytest.raises(UserError):
        run_simulation(tmp_path, persons=700, seed=None, day=2)
